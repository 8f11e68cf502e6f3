"""A process of the service: it dies with us, writes a log file of its own, and is ended in time."""

import asyncio
import ctypes
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

LOG_BYTES = 5 * 1024 * 1024  # two files of this size a process: months of quiet, hours of a storm
PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


# The terminal sends Ctrl-C to the whole group. Were the broker to obey it too, the stages would lose it while they finish
# their work: so no child hears it, and all get SIGTERM in the right order instead. A stage reads its configuration again on
# SIGHUP; a server would end.
STAGE_DEAF = frozenset({signal.SIGINT})
SERVER_DEAF = frozenset({signal.SIGINT, signal.SIGHUP})


def _tied_to(parent: int, deaf: frozenset[signal.Signals]) -> Callable[[], None]:
    """What a child does before it becomes its program: stop hearing what is not for it, and die with ``parent``."""

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, deaf)
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)

    return prepare


@dataclass(slots=True)
class Child:
    """One process; ``keep`` are file descriptors that it holds open as long as it lives."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    keep: tuple[int, ...] = ()
    deaf: frozenset[signal.Signals] = STAGE_DEAF
    process: asyncio.subprocess.Process | None = None
    started: float = 0.0

    async def start(self) -> None:
        """Start the process; raises OSError where the program cannot be run."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environment),
                pass_fds=self.keep,
                preexec_fn=_tied_to(os.getpid(), self.deaf),
            )
        self.started = time.monotonic()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    @property
    def exit_code(self) -> int | None:
        return self.process.returncode if self.process else None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    async def stop(self, grace: float) -> None:
        """Ask the process to end, and end it after ``grace`` seconds; returns when it is gone."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(grace):
                await self.process.wait()
        except TimeoutError:
            self.kill()
            await self.process.wait()

    def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()

    def resident(self) -> int:
        """Bytes of memory that the process occupies; 0 when it is gone."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss) if self.running else 0
        except psutil.Error:
            return 0

    def share(self) -> int:
        """Bytes of the process and its own children, what several share divided between them (PSS); 0 when gone."""
        return memory_share(self.pid) if self.running and self.pid else 0

    def last_words(self, lines: int = 8) -> str:
        """The end of the log: why it ended, most often."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, self.log.stat().st_size - 16_384))
                return b"\n".join(log.read().splitlines()[-lines:]).decode(errors="replace")
        except OSError:
            return ""

    def cap_log(self, limit: int = LOG_BYTES) -> bool:
        """Move a log that grew past ``limit`` bytes aside; the process goes on writing into the emptied file."""
        try:
            if self.log.stat().st_size <= limit:
                return False
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)  # opened for appending, so the next line lands at the start
        except OSError:
            return False
        return True


def how_it_ended(code: int | None) -> str:
    """An exit code in words."""
    return f"signal {-code}" if code is not None and code < 0 else f"exit {code}"


def memory_share(pid: int | None = None) -> int:
    """PSS of a process and all below it, or of this process alone, in bytes; resident memory where no PSS is told."""
    try:
        top = psutil.Process(pid)
        family = [top, *top.children(recursive=True)] if pid is not None else [top]
    except psutil.Error:
        return 0
    total = 0
    for process in family:
        try:
            full = process.memory_full_info()
            total += getattr(full, "pss", 0) or full.rss
        except psutil.Error:
            continue
    return total
