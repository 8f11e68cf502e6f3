"""Guards around faults of Faust 0.15.3 that lose events without a word; each one has a test that fails without it.

They reach into private parts, so the versions they were checked on are the only ones that may start.
"""

import asyncio
import functools
import importlib.metadata
import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

import faust.streams
from aiokafka.consumer.fetcher import Fetcher
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

CHECKED_ON = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14.0"}
# Seconds between fetches: what one that finds nothing takes, so nothing waits longer while a stage is idle.
EMBEDDED_FETCH_GAP = 0.025
EMBEDDED_FETCH_WAIT_MS = (
    50  # the embedded broker answers a waiting fetch only after half of its wait; Faust asks for 1,500
)

JumpListener = Callable[[dict[TP, int | None]], None]


class Guard(StrEnum):
    """What goes wrong without it, in a few words."""

    COMMIT_BELOW_UNACKED = "commits jump past an event that is still in hand (#606)"
    STILL_ASSIGNMENT = "records run into the queue while an assignment is being made, and are emptied out of it"
    OVERTAKEN_RECOVERY = "the recovery of an older assignment resumes the flow under a newer one"
    JUMP_IS_LOSS = "a jump in offsets counts as acknowledged"
    SEEK_TO_START = (
        "a partition without a commit is not sought at all: what a rebalance dropped of it is not read again"
    )


ALL_GUARDS = frozenset(Guard)


class OffsetJump(RuntimeError):
    """Records between two offsets never reached the handler; the restart reads them again."""


class UncheckedVersion(RuntimeError):
    """A version of Faust or its parts that the guards were not checked on."""


def check_versions() -> None:
    """Raise UncheckedVersion unless exactly the checked versions run, with Faust's Cython streams."""
    wrong = [
        f"{name} {found} is installed; Armswire's guards against lost events were checked on {wanted} only"
        for name, wanted in CHECKED_ON.items()
        if (found := importlib.metadata.version(name)) != wanted
    ]
    if getattr(faust.streams, "_CStreamIterator", None) is None:
        # The pure Python stream acknowledges events that it skips as stale after a rebalance.
        wrong.append(
            "Faust runs without its Cython streams, which lose no event; install its wheel and unset NO_CYTHON"
        )
    if wrong:
        raise UncheckedVersion("; ".join(wrong) + ". Install from requirements.lock.")


def install(guards: Iterable[Guard] = ALL_GUARDS) -> None:
    """Put the guards in place, once a process, before an app is made."""
    wanted = set(guards)
    if Guard.COMMIT_BELOW_UNACKED in wanted:
        _wrap(BaseConsumer, "_new_offset", _commit_below_unacked)
    if Guard.OVERTAKEN_RECOVERY in wanted:
        _wrap(Recovery, "_resume_streams", _stay_still_when_overtaken)
    if Guard.JUMP_IS_LOSS in wanted:
        _wrap(BaseConsumer, "_add_gap", _crash_on_gap)
    if wanted & {Guard.JUMP_IS_LOSS, Guard.SEEK_TO_START}:
        _wrap(BaseConsumer, "perform_seek", functools.partial(_tell_of_seeks, to_start=Guard.SEEK_TO_START in wanted))


def _wrap(owner: type, name: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    original = getattr(owner, name)
    if not hasattr(original, "__armswire_guard__"):
        guarded = wrapper(original)
        guarded.__armswire_guard__ = original  # type: ignore[attr-defined]
        setattr(owner, name, guarded)


def _commit_below_unacked(original: Callable[..., int | None]) -> Callable[..., int | None]:
    """Offsets above an event that is still in hand are held back from the commit."""

    @functools.wraps(original)
    def new_offset(self: BaseConsumer, tp: TP) -> int | None:
        floor = min((m.offset for m in list(self._unacked_messages) if m.tp == tp and not m.acked), default=None)
        acked = self._acked[tp]
        if floor is None or not acked:
            return original(self, tp)
        held = [offset for offset in acked if offset > floor]
        acked[:] = [offset for offset in acked if offset < floor]
        try:
            return original(self, tp) if acked else None
        finally:
            acked.extend(held)

    return new_offset


def still_assignment(app: Any) -> None:
    """Stop and empty the flow before an assignment is worked in; called by StageApp at each one."""
    app.consumer.stop_flow()
    app.flow_control.suspend()
    app.flow_control.clear()


def _stay_still_when_overtaken(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def resume_streams(self: Recovery, generation_id: int = 0) -> None:
        app = self.app
        before = app.rebalancing_count, app.consumer_generation_id
        await original(self, generation_id)
        if (app.rebalancing_count, app.consumer_generation_id) != before:
            # Nothing ran in between: the wrapped method does not yield after it resumed.
            app.consumer.stop_flow()
            app.flow_control.suspend()

    return resume_streams


def _crash_on_gap(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def add_gap(_self: BaseConsumer, tp: TP, offset_from: int, offset_to: int) -> None:
        raise OffsetJump(f"reading {tp.topic}/{tp.partition}: offsets {offset_from} to {offset_to - 1} never arrived")

    return add_gap


def _tell_of_seeks(original: Callable[..., Any], *, to_start: bool) -> Callable[..., Any]:
    """After a seek every partition stands at a known offset, also one of which nothing was ever committed."""

    @functools.wraps(original)
    async def perform_seek(self: BaseConsumer) -> None:
        await original(self)
        unknown = [tp for tp in self.assignment() if self._read_offset.get(tp) is None] if to_start else []
        if unknown:
            starts = await self.earliest_offsets(*unknown)
            for tp in unknown:
                await self._seek(tp, starts[tp])
                self._read_offset[tp] = starts[tp]
        positions = {tp: offset for tp, offset in self._read_offset.items()}  # noqa: C416 - a defaultdict, copied
        listener: JumpListener | None = getattr(self.app, "on_seek", None)
        if listener:
            listener(positions)

    return perform_seek


def shorten_fetch_wait() -> None:
    """Ask the embedded broker to answer a waiting fetch after 50 ms; Apache Kafka wakes waiting fetches by itself."""

    def wrapper(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def create(self: Any, transport: Any) -> Any:
            consumer = original(self, transport)
            consumer._fetch_max_wait_ms = EMBEDDED_FETCH_WAIT_MS
            return consumer

        return create

    _wrap(driver.AIOKafkaConsumerThread, "_create_worker_consumer", wrapper)


def space_fetches() -> None:
    """Ask the embedded broker at most forty times a second: what came meanwhile comes together.

    A fetch that finds a record costs it as much as the partition holds batches (4 ms at 30,000), and costs the stage a fifth of
    what handling an article takes.
    """

    def wrapper(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        async def fetch(self: Fetcher, *arguments: Any) -> Any:
            pause = getattr(self, "_armswire_next_fetch", 0.0) - time.monotonic()
            if pause > 0:
                try:
                    await asyncio.sleep(pause)
                except asyncio.CancelledError:
                    return False  # as the wrapped method answers when it is closed; a raise would break the shutdown
            self._armswire_next_fetch = time.monotonic() + EMBEDDED_FETCH_GAP
            return await original(self, *arguments)

        return fetch

    _wrap(Fetcher, "_proc_fetch_request", wrapper)
