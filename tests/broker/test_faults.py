"""What consume makes of a fault, and the watchdog of a stage that is held: no broker is needed to see it."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from faust.types import TP

from config.settings import Settings
from streams import app as streams_app
from streams import liveness, metrics
from streams.app import TRIES, StageApp, stage_app
from streams.dead_letters import Inbound
from streams.liveness import Watchdog
from streams.records import Poison
from streams.topics import DEAD_LETTERS, Stage, Topic

PARTITION = TP("articles.deduplicated", 0)
RECORD = Inbound(PARTITION.topic, 0, 7, b"key", b"value", {})


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> StageApp:
    """A stage that is never started, with pauses too short to wait for."""
    monkeypatch.setattr(streams_app, "PAUSE_LONGEST", 0.0)
    return stage_app(Stage.CLASSIFY, name="faults")


async def refused(stage: StageApp, *faults: Exception) -> list[Topic]:
    """Where the record was published to after a handler that raises ``faults`` one after another, and then succeeds."""
    published: list[Topic] = []
    left = list(faults)

    async def handle(_: Inbound) -> None:
        if left:
            raise left.pop(0)

    async def publish(topic: Topic, *_: Any) -> None:
        published.append(topic)

    stage.publish = publish  # type: ignore[method-assign, assignment]
    await streams_app._handle_or_refuse(stage, RECORD, handle, streams_app.TRANSIENT)
    return published


async def test_an_outage_of_any_length_refuses_nothing(stage: StageApp) -> None:
    assert await refused(stage, *[TimeoutError("away")] * 50) == []


async def test_a_fault_that_stays_is_refused_at_the_fifth_try(stage: StageApp) -> None:
    assert await refused(stage, *[KeyError("ours")] * (TRIES - 1)) == []
    assert await refused(stage, *[KeyError("ours")] * TRIES) == [DEAD_LETTERS]


async def test_poison_is_refused_at_once(stage: StageApp) -> None:
    assert await refused(stage, Poison("no JSON")) == [DEAD_LETTERS]


async def test_a_fault_after_a_long_outage_has_its_five_tries_too(stage: StageApp) -> None:
    assert await refused(stage, *[TimeoutError("away")] * 10, KeyError("while it came back")) == []


async def test_of_two_reasons_to_wait_only_the_one_that_lasts_is_shown(stage: StageApp) -> None:
    def waiting(reason: str) -> float:
        return float(metrics.STAGE_WAITING.labels(stage.stage, reason)._value.get())

    metrics.STAGE_WAITING.labels(stage.stage, "TimeoutError").set(30)
    stage.progress.hold("TimeoutError")
    await refused(stage, ConnectionError("another one"))
    assert waiting("TimeoutError") == waiting("ConnectionError") == 0


@pytest.mark.parametrize("end", [None, asyncio.CancelledError()])
async def test_a_task_beside_the_agent_that_ends_or_is_cancelled_crashes_the_stage(
    stage: StageApp, end: BaseException | None
) -> None:
    @stage.beside
    async def timers() -> None:
        if end is not None:
            raise end

    with pytest.raises(RuntimeError, match="timers ended by itself"):
        await stage._app_tasks[-1]()


class Ended(Exception):
    pass


class AnsweredWatchdog(Watchdog):
    """A watchdog whose broker says that ten records are there."""

    def _assigned(self) -> set[TP]:
        return {PARTITION}

    async def _extents(self, assigned: set[TP]) -> dict[TP, tuple[int, int]]:
        return dict.fromkeys(assigned, (3, 10))

    def _end(self, why: str) -> None:
        raise Ended(why)


async def test_a_partition_that_a_rebalance_takes_away_while_the_watchdog_looks_is_passed_over() -> None:
    consumer = AIOKafkaConsumer()  # the client itself, to which nothing is assigned any more
    stage: Any = SimpleNamespace(settings=Settings(embedded=True), consumer=consumer)
    assert await Watchdog(stage)._extents({PARTITION}) == {}
    await consumer.stop()


class TestHeldStage:
    async def test_one_whose_tries_fail_goes_on_waiting(self, stage: StageApp) -> None:
        stage.progress.last_progress = time.monotonic() - 2 * liveness.STUCK_SECONDS
        stage.progress.hold("TimeoutError")
        await AnsweredWatchdog(stage)._look()

    async def test_one_whose_next_try_never_ends_is_stuck(self, stage: StageApp) -> None:
        stage.progress.hold("TimeoutError")
        stage.progress.last_progress = time.monotonic() - 2 * liveness.STUCK_SECONDS
        with pytest.raises(Ended, match="although records wait"):
            await AnsweredWatchdog(stage)._look()


class TestLog:
    async def test_an_empty_log_whose_records_are_all_handled_is_no_fault(self, stage: StageApp) -> None:
        stage.progress.handled[PARTITION] = 10
        stage.progress.last_progress = time.monotonic() - 2 * liveness.STUCK_SECONDS
        await AnsweredWatchdog(stage)._look()

    async def test_one_that_lost_its_end_for_long_ends_the_stage(self, stage: StageApp) -> None:
        stage.progress.handled[PARTITION] = 11
        watchdog = AnsweredWatchdog(stage)
        await watchdog._look()  # a new leader may tell an older end for a moment
        watchdog._shortened_since = time.monotonic() - 2 * liveness.STUCK_SECONDS
        with pytest.raises(Ended, match="shortened below what was handled"):
            await watchdog._look()
        stage.progress.handled[PARTITION] = 10
        await watchdog._look()
