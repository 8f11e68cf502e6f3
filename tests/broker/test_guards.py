"""Each guard around Faust holds where Faust alone loses events: the same forced order of calls, with and without it."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from aiokafka.consumer.fetcher import Fetcher
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer
from faust.types import TP

from streams import faust_guards
from streams.app import Progress, stage_app
from streams.faust_guards import Guard, OffsetJump, UncheckedVersion
from streams.topics import Stage

PARTITION = TP("articles", 0)


def test_another_version_of_faust_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(faust_guards.CHECKED_ON, "faust-streaming", "0.15.2")
    with pytest.raises(UncheckedVersion, match=r"0\.15\.3 is installed; .* checked on 0\.15\.2 only"):
        faust_guards.check_versions()


def test_faust_without_its_cython_streams_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faust.streams._CStreamIterator", None)
    with pytest.raises(UncheckedVersion, match="Cython"):
        stage_app(Stage.CLASSIFY)


@pytest.fixture
def plain() -> Iterator[dict[str, Any]]:
    """Faust's own methods while a test runs, the guarded ones for whoever comes next."""
    faust_guards.install()
    names = [
        (Consumer, "_new_offset"),
        (Consumer, "_add_gap"),
        (Consumer, "perform_seek"),
        (Recovery, "_resume_streams"),
    ]
    guarded = {name: (owner, getattr(owner, name)) for owner, name in names}
    for name, (owner, method) in guarded.items():
        setattr(owner, name, method.__armswire_guard__)
    yield {}
    for name, (owner, method) in guarded.items():
        setattr(owner, name, method)


def a_consumer() -> Any:
    app = faust.App("guards-test", broker="kafka://127.0.0.1:1", web_enabled=False)
    return app.transport.Consumer(
        app.transport, callback=print, on_partitions_revoked=print, on_partitions_assigned=print
    )


def with_one_in_hand(consumer: Any, in_hand: int, acked: list[int]) -> Any:
    message = SimpleNamespace(offset=in_hand, tp=PARTITION, acked=False)
    consumer._unacked_messages = [message]
    consumer._committed_offset[PARTITION] = in_hand
    consumer._acked[PARTITION] = list(acked)
    consumer._acked_index[PARTITION] = set(acked)
    return message


class TestCommitBelowUnacked:
    """3a: with an event in hand, nothing at or above it is committed."""

    async def test_faust_alone_commits_past_the_event_in_hand(self, plain: Any) -> None:
        consumer = a_consumer()
        with_one_in_hand(consumer, 5, [6, 7, 8])
        assert consumer._new_offset(PARTITION) == 9

    async def test_the_guard_commits_nothing_above_the_event_in_hand(self, plain: Any) -> None:
        faust_guards.install([Guard.COMMIT_BELOW_UNACKED])
        consumer = a_consumer()
        message = with_one_in_hand(consumer, 5, [6, 7, 8])
        assert consumer._new_offset(PARTITION) is None
        assert sorted(consumer._acked[PARTITION]) == [6, 7, 8]
        message.acked = True
        consumer._acked[PARTITION].append(5)
        assert consumer._new_offset(PARTITION) == 9

    async def test_what_lies_below_the_event_in_hand_is_committed_all_the_same(self, plain: Any) -> None:
        faust_guards.install([Guard.COMMIT_BELOW_UNACKED])
        consumer = a_consumer()
        with_one_in_hand(consumer, 5, [3, 4, 6])
        consumer._committed_offset[PARTITION] = 3
        assert consumer._new_offset(PARTITION) == 5


class TestStillAssignment:
    """3b: an assignment is worked in while the flow stands still and the queues are empty."""

    async def flow_at_assignment(self, guards: frozenset[Guard]) -> tuple[bool, bool]:
        app = stage_app(Stage.CLASSIFY, name="still", guards=guards)
        consumer = app.consumer
        consumer.resume_flow()
        app.flow_control.resume()
        seen: list[tuple[bool, bool]] = []

        async def look(*_: Any, **__: Any) -> None:
            seen.append((consumer.flow_active, app.flow_control.is_active()))
            raise asyncio.CancelledError  # enough was seen

        app.agents.on_rebalance = look
        with pytest.raises(asyncio.CancelledError):
            await app._on_partitions_assigned({PARTITION}, 1)
        return seen[0]

    async def test_faust_alone_lets_records_run_into_the_queue_meanwhile(self) -> None:
        assert await self.flow_at_assignment(frozenset()) == (True, True)

    async def test_the_guard_stops_the_flow_first(self) -> None:
        assert await self.flow_at_assignment(frozenset({Guard.STILL_ASSIGNMENT})) == (False, False)


class TestOvertakenRecovery:
    """3c: a recovery that a newer rebalance overtook resumes nothing."""

    async def flow_after_overtaken_recovery(self) -> bool:
        app = stage_app(Stage.CLASSIFY, name="overtaken", guards=frozenset())
        app.consumer_generation_id = 1
        app.rebalancing_count = 1
        consumer = app.consumer

        async def seek_while_the_next_rebalance_begins() -> None:
            app.rebalancing_count = 2
            consumer.stop_flow()
            app.flow_control.suspend()

        class Fetcher:
            async def maybe_start(self) -> None: ...

        consumer.assignment = lambda: {PARTITION}
        consumer.perform_seek = seek_while_the_next_rebalance_begins
        app.__dict__["_fetcher"] = Fetcher()
        app.on_rebalance_end = lambda: None
        await app.tables.recovery._resume_streams(1)
        return bool(consumer.flow_active or app.flow_control.is_active())

    async def test_faust_alone_resumes_the_flow_under_the_newer_assignment(self, plain: Any) -> None:
        assert await self.flow_after_overtaken_recovery()

    async def test_the_guard_keeps_the_flow_still(self, plain: Any) -> None:
        faust_guards.install([Guard.OVERTAKEN_RECOVERY])
        assert not await self.flow_after_overtaken_recovery()


class TestJumpIsLoss:
    """3d: a jump in offsets is a loss, never an acknowledgement."""

    async def test_faust_alone_takes_a_jump_for_compaction_and_commits_past_it(self, plain: Any) -> None:
        consumer = a_consumer()
        consumer._committed_offset[PARTITION] = 5
        await consumer._add_gap(PARTITION, 6, 8)
        consumer._acked[PARTITION] = [5, 9]
        assert consumer._new_offset(PARTITION) == 10

    async def test_the_guard_ends_the_process_instead(self, plain: Any) -> None:
        faust_guards.install([Guard.JUMP_IS_LOSS])
        consumer = a_consumer()
        with pytest.raises(OffsetJump, match="articles/0: offsets 6 to 7 never arrived"):
            await consumer._add_gap(PARTITION, 6, 8)

    def test_a_record_beyond_the_expected_one_ends_the_process_before_anything_is_acknowledged(self) -> None:
        progress = Progress()
        progress.seek({PARTITION: 5})
        progress.arrive(PARTITION, 5)
        progress.arrive(PARTITION, 6)
        with pytest.raises(OffsetJump, match="offsets 7 to 8 never arrived"):
            progress.arrive(PARTITION, 9)

    def test_after_a_seek_reading_goes_on_from_the_committed_offset(self) -> None:
        progress = Progress()
        progress.seek({PARTITION: 5})
        progress.arrive(PARTITION, 5)
        progress.seek({PARTITION: 3})
        progress.arrive(PARTITION, 3)

    async def test_seeks_are_told_to_the_app(self, plain: Any) -> None:
        faust_guards.install([Guard.JUMP_IS_LOSS])
        app = stage_app(Stage.CLASSIFY, name="seeks", guards=frozenset({Guard.JUMP_IS_LOSS}))

        async def committed() -> dict[TP, int]:
            return {PARTITION: 7}

        app.consumer.seek_to_committed = committed
        await app.consumer.perform_seek()
        assert app.progress.expected == {PARTITION: 7}


class TestSeekToStart:
    """3e: a partition of which nothing was committed is sought too, to the start of its log."""

    async def sought(self, guards: frozenset[Guard]) -> tuple[list[tuple[TP, int]], dict[TP, int | None]]:
        faust_guards.install(guards)
        app = stage_app(Stage.CLASSIFY, name="start", guards=guards)
        consumer, seeks = app.consumer, []

        async def nothing_committed() -> dict[TP, int | None]:
            return {PARTITION: None}

        async def earliest(*partitions: TP) -> dict[TP, int]:
            return dict.fromkeys(partitions, 2)

        async def seek(partition: TP, offset: int) -> None:
            seeks.append((partition, offset))

        consumer.seek_to_committed, consumer.earliest_offsets, consumer._seek = nothing_committed, earliest, seek
        consumer.assignment = lambda: {PARTITION}
        await consumer.perform_seek()
        return seeks, app.progress.expected

    async def test_faust_alone_leaves_the_partition_where_a_rebalance_dropped_its_records(self, plain: Any) -> None:
        assert await self.sought(frozenset({Guard.JUMP_IS_LOSS})) == ([], {PARTITION: None})

    async def test_the_guard_reads_it_from_the_start_of_its_log(self, plain: Any) -> None:
        seeks, expected = await self.sought(frozenset({Guard.JUMP_IS_LOSS, Guard.SEEK_TO_START}))
        assert (seeks, expected) == ([(PARTITION, 2)], {PARTITION: 2})


async def test_the_embedded_broker_is_asked_at_most_forty_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    async def request(_fetcher: Any) -> None:
        asked.append(time.monotonic())

    monkeypatch.setattr(Fetcher, "_proc_fetch_request", request)
    faust_guards.space_fetches()
    fetcher = Fetcher.__new__(Fetcher)
    for _ in range(5):
        await Fetcher._proc_fetch_request(fetcher)
    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert min(gaps) >= 0.9 / 40


async def test_a_fetch_that_waits_for_its_turn_ends_quietly_when_the_consumer_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def request(_fetcher: Any) -> bool:
        return True

    monkeypatch.setattr(Fetcher, "_proc_fetch_request", request)
    faust_guards.space_fetches()
    fetcher = Fetcher.__new__(Fetcher)
    assert await Fetcher._proc_fetch_request(fetcher)
    waiting = asyncio.create_task(Fetcher._proc_fetch_request(fetcher))
    await asyncio.sleep(0)
    waiting.cancel()
    assert await waiting is False
