"""What is measured of processes: a row of work with its CPU, and memory by name."""

from collections.abc import Iterable
from dataclasses import dataclass

import psutil

NAMES = {
    "tansu": "broker",
    "valkey-server": "store",
    "redis-server": "store",
    "streams.feeds.parse_worker": "parse workers",
}
HEAD = f"{'':42}{'items':>8}{'items/s':>10}{'CPU µs/item':>14}{'+ broker, store':>17}"


@dataclass(frozen=True, slots=True)
class Row:
    """So many items in so many seconds; seconds of CPU that the worker, and beside it broker and store, spent on them."""

    what: str
    items: int
    seconds: float
    cpu: float
    servers: float = 0.0

    @property
    def micros(self) -> float:
        """CPU of the worker an item, µs."""
        return self.cpu / self.items * 1e6

    @property
    def micros_in_all(self) -> float:
        """CPU of worker, broker and store an item, µs."""
        return (self.cpu + self.servers) / self.items * 1e6

    def __str__(self) -> str:
        beside = f"{self.servers / self.items * 1e6:17,.0f}" if self.servers else ""
        return f"{self.what:42}{self.items:8,}{self.items / self.seconds:10,.0f}{self.micros:14,.0f}{beside}"


def cpu_of(pids: Iterable[int]) -> float:
    """Seconds of CPU that the processes and all below them have spent."""
    tops = [psutil.Process(pid) for pid in pids]
    return sum(own_cpu(process.pid) for top in tops for process in (top, *top.children(recursive=True)))


def own_cpu(pid: int) -> float:
    """Seconds of CPU that one process has spent."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def members(pid: int) -> dict[str, list[int]]:
    """The processes of ``armswire run`` by name: stages, parse workers, broker, store, and the supervisor itself."""
    found: dict[str, list[int]] = {"supervisor": [pid]}
    for child in psutil.Process(pid).children(recursive=True):
        found.setdefault(_name(child.cmdline()), []).append(child.pid)
    return found


def _name(command: list[str]) -> str:
    if "worker" in command:
        return command[-1]
    text = " ".join(command)
    return next((name for part, name in NAMES.items() if part in text), text[:30])


def memory(processes: dict[str, list[int]]) -> dict[str, float]:
    """Proportional set size in MB: what several processes share is divided between them, so that the sum is right."""
    return {name: sum(_own(pid) for pid in pids) / 1e6 for name, pids in processes.items()}


def _own(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0.0
