"""Where the embedded broker and store of a running service are: written by `armswire run`, read by commands on its state."""

import fcntl
import json
import os
from dataclasses import replace
from pathlib import Path

from config.settings import Settings

NAME, LOCK = "addresses.json", "run.lock"


def write_addresses(state: Path, *, broker: str, redis: str, embedded: bool) -> None:
    """Say where broker and store are, to this user only; ``embedded``: the broker forgets."""
    path = state / NAME
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump({"broker": broker, "redis": redis, "embedded": embedded}, file)
    fresh.replace(path)


def remove_addresses(state: Path) -> None:
    (state / NAME).unlink(missing_ok=True)


def of_the_running_service(settings: Settings) -> Settings:
    """The settings with broker and store of the service that runs on this state, where the environment names none."""
    if settings.broker and settings.redis:
        return settings
    if not _runs(settings.state):
        return settings
    try:
        known = json.loads((settings.state / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return settings  # it is just starting
    if settings.broker is None:
        settings = replace(settings, broker=known["broker"], embedded=known["embedded"], replication=1)
    return replace(settings, redis=settings.redis or known["redis"])


def _runs(state: Path) -> bool:
    """Whether a service holds the state folder's lock; what one that was killed left behind counts for nothing."""
    try:
        with (state / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
