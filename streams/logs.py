"""Logs: JSON lines or text on stderr; a library's message that repeats is held back and counted."""

import json
import logging
import sys
import time
from datetime import UTC, datetime

LIBRARIES = ("aiokafka", "faust", "mode", "kafka", "asyncio", "aiohttp", "alembic")
REPEATS, WINDOW_SECONDS = 5, 60.0  # an outage of 45 s gave 34,500 lines; five a minute and message tell the same


class Throttle(logging.Filter):
    """Lets the same message of a library through five times a minute, then says how many were held back."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(LIBRARIES):
            return True
        key = (record.name, str(record.msg)[:80])
        now = time.monotonic()
        start, count = self._seen.get(key, (now, 0))
        if now - start > WINDOW_SECONDS:
            if count > REPEATS:
                record.msg, record.args = f"{record.getMessage()} (and {count - REPEATS} more like it)", ()
            start, count = now, 0
        self._seen[key] = (start, count + 1)
        if len(self._seen) > 1000:
            self._seen.clear()
        return count < REPEATS


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, stage, and a traceback where there is one."""

    def __init__(self, stage: str | None) -> None:
        super().__init__()
        self._stage = stage

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if self._stage:
            line["stage"] = self._stage
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def start_logging(level: str, form: str, stage: str | None = None) -> None:
    """Send every log line to stderr as ``form`` (json or text)."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
    handler.setFormatter(JsonLines(stage) if form == "json" else text)
    handler.addFilter(Throttle())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in LIBRARIES:
        # Never below INFO: aiokafka and Faust build a record for each message at DEBUG.
        logging.getLogger(name).setLevel(max(logging.getLevelName(level), logging.WARNING))
