"""One service on one state folder: the lock is held until the last of its processes is gone."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.addresses import LOCK

WAIT_SECONDS = 3.0  # processes of a service that was just killed end within a moment


class StateInUse(RuntimeError):
    """Another service works on this state folder."""


@contextmanager
def hold(state: Path, wait: float = WAIT_SECONDS) -> Iterator[int]:
    """Hold the state folder's lock; yields its file descriptor, to be passed on to children. Raises StateInUse."""
    state.mkdir(parents=True, exist_ok=True)
    path = state / LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        end = time.monotonic() + wait
        while not _take(descriptor):
            if time.monotonic() >= end:
                holder = path.read_text(encoding="ascii", errors="replace").strip() or "unknown"
                raise StateInUse(
                    f"another armswire run (process {holder}) works on the state folder {state}; "
                    "end it, or set ARMSWIRE_STATE to another folder"
                )
            time.sleep(0.1)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
