"""One process a stage: its environment, its port, when it is started again."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.settings import PREFIX, Settings
from streams.run.child import Child
from streams.topics import Stage

PAUSE_LEAST, PAUSE_MOST = 1.0, 30.0  # seconds before a stage that ended is started again; doubles while it keeps ending
STEADY_SECONDS = 60.0  # a stage that ran this long has earned the shortest pause again


def stage_environment(
    outer: Mapping[str, str],
    settings: Settings,
    *,
    broker: str,
    redis: str,
    embedded: bool,
    replication: int,
    port: int,
) -> dict[str, str]:
    """What a stage's process reads: everything of ours, secrets of receivers included, but where *it* runs.

    ``embedded``: on a broker that forgets.
    """
    ours = {
        "BROKER": broker,
        "REDIS": redis,
        "DATABASE": settings.database,
        "CONFIG": str(settings.config.absolute()),
        "STATE": str(settings.state.absolute()),
        "HOST": "127.0.0.1",  # the pages of all stages are gathered on the service's own port
        "PORT": str(port),
        "EMBEDDED": "1" if embedded else "0",
        "REPLICATION": str(replication),
    }
    environment = {
        name: value
        for name, value in outer.items()
        if name.removeprefix(PREFIX).removesuffix("_FILE") not in ours or not name.startswith(PREFIX)
    }
    if embedded:
        environment.pop(f"{PREFIX}PLACE", None)  # static membership gains nothing on the embedded broker
    return environment | {f"{PREFIX}{name}": value for name, value in ours.items()}


@dataclass(slots=True)
class StageProcess:
    """A stage's process as the supervisor sees it; times on the monotonic clock."""

    stage: Stage
    child: Child | None = None
    port: int = 0
    ready: bool = False
    restarts: int = 0
    due: float = 0.0
    pause: float = PAUSE_LEAST

    @property
    def up(self) -> bool:
        return self.child is not None and self.child.running

    async def start(self, logs: Path, environment: Mapping[str, str], keep: tuple[int, ...]) -> None:
        """Start the stage on the port that its environment names."""
        command = [sys.executable, "-m", "streams.cli", "worker", str(self.stage)]
        self.child = Child(str(self.stage), command, logs / f"{self.stage}.log", environment, keep)
        self.port = int(environment[f"{PREFIX}PORT"])
        self.ready = False
        await self.child.start()

    def ended(self, now: float) -> float:
        """Note that the process ended; seconds until it is due again."""
        assert self.child is not None
        if now - self.child.started > STEADY_SECONDS:
            self.pause = PAUSE_LEAST
        pause = self.pause
        self.due = now + pause
        self.pause = min(PAUSE_MOST, self.pause * 2)
        self.restarts += 1
        self.ready = False
        self.child = None
        return pause

    async def stop(self, grace: float) -> None:
        if self.child is not None:
            await self.child.stop(grace)
        self.child, self.ready = None, False
        self.due, self.pause = time.monotonic(), PAUSE_LEAST
