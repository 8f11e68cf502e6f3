"""When a delivery is tried again: a fixed schedule with jitter, and no sooner than the receiver asks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

JITTER = 0.2  # ±20 %, so that many deliveries that failed together do not come back together
RETRY_AFTER_LONGEST = 86_400.0  # seconds; no header may park an alert for longer than the schedule's longest step


def next_attempt(
    attempts: int, now: datetime, retry_after: float | None, delays: Sequence[float], jitter: float
) -> datetime | None:
    """When to try again after ``attempts`` of them failed, the last one ``now``; None when the schedule is exhausted.

    ``delays`` in seconds, the first is the wait before the first attempt; ``jitter`` is a factor from 0.8 to 1.2;
    ``retry_after`` is what the receiver asked for, in seconds.
    """
    if attempts >= len(delays):
        return None
    wait = delays[attempts] * jitter
    if retry_after is not None:
        wait = max(wait, min(retry_after, RETRY_AFTER_LONGEST))
    return now + timedelta(seconds=wait)


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, as a number or an HTTP date; None where it says nothing readable."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), RETRY_AFTER_LONGEST)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return min(max((until - now).total_seconds(), 0.0), RETRY_AFTER_LONGEST)
