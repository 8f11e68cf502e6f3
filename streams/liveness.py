"""The watchdog of every stage: one that makes no progress says what is known and ends, so that it is started again."""

import asyncio
import faulthandler
import logging
import os
import sys
import threading
import time
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from streams import metrics
from streams.app import StageApp

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
STUCK_SECONDS = 90.0  # more than the slowest try: a database that is silent for 30 s, and once more at the roll-back
UNASSIGNED_SECONDS = 300.0
ASK_SECONDS = 30.0  # for all questions of one look: brokers that hang must not look like a loop that does not turn
BLOCKED_SECONDS = 120.0  # a loop that does not turn cannot watch itself: a thread does


class Watchdog:
    """Looks every five seconds; ``ready`` feeds the health pages. A stage that is stuck ends."""

    def __init__(self, app: StageApp) -> None:
        self._app = app
        self._unassigned_since: float | None = time.monotonic()
        self._shortened_since: float | None = None
        self._beat = time.monotonic()
        self._asker: AIOKafkaConsumer | None = None

    @property
    def ready(self) -> bool:
        return self._unassigned_since is None and not self._app.should_stop

    async def watch(self) -> None:
        """Look until cancelled; ends the process where the stage is stuck."""
        self.start_thread()
        try:
            while True:
                self._beat = time.monotonic()
                await self._look()
                metrics.STAGE_UP.labels(self._app.stage).set(1 if self.ready else 0)
                await asyncio.sleep(LOOK_SECONDS if self.ready else 0.2)
        finally:
            await self._close()

    def start_thread(self) -> None:
        threading.Thread(target=self._watch_the_loop, name="watchdog", daemon=True).start()

    async def _look(self) -> None:
        now = time.monotonic()
        if self._app.progress.held_since is not None:
            reason = self._app.progress.held_reason
            metrics.STAGE_WAITING.labels(self._app.stage, reason).set(now - self._app.progress.held_since)
        assigned = self._assigned()
        if assigned is None:
            self._unassigned_since = self._unassigned_since or now
            if now - self._unassigned_since > UNASSIGNED_SECONDS:
                self._end(f"no assignment for {UNASSIGNED_SECONDS:.0f} s")
            return
        self._unassigned_since = None
        handled = self._app.progress.handled
        behind, shortened = {}, {}
        for tp, (start, end) in (await self._extents(assigned)).items():
            # A partition of which nothing was handled and nothing committed is read from its log's start.
            lag = max(0, end - max(start, handled.get(tp, 0)))
            metrics.CONSUMER_LAG.labels(tp.topic, str(tp.partition)).set(lag)
            if lag:
                behind[tp] = lag
            if end < handled.get(tp, 0):
                shortened[tp] = end
        # A new leader may tell an older end for a moment.
        self._shortened_since = (self._shortened_since or now) if shortened else None
        if self._shortened_since is not None and now - self._shortened_since > STUCK_SECONDS:
            # Faust would drop every record up to the offset that it remembers; the start looks at this first.
            self._end(f"the log was shortened below what was handled: {shortened}")
        if not behind:
            self._app.progress.last_progress = now
        elif now - self._app.progress.last_progress > STUCK_SECONDS:
            self._end(f"nothing handled for {STUCK_SECONDS:.0f} s although records wait: {behind}")

    def _assigned(self) -> set[TP] | None:
        """The partitions this worker has; an empty set is an assignment too (a spare worker), None is none yet."""
        if self._app.rebalancing or not self._app.started:
            return None
        try:
            assignment: set[TP] = set(self._app.consumer.assignment())
        except ConsumerNotStarted:
            return None
        return assignment if assignment or self._app.unassigned else None

    async def _extents(self, assigned: set[TP]) -> Mapping[TP, tuple[int, int]]:
        """Of each partition the first offset of its log and the one after its last, as far as the broker tells."""
        if self._app.settings.embedded:  # its ListOffsets lies; the high water mark of a fetch does not
            return {tp: (0, mark) for tp in assigned if (mark := self._mark(tp))}
        partitions = {TopicPartition(tp.topic, tp.partition): tp for tp in assigned}
        try:
            async with asyncio.timeout(ASK_SECONDS):
                if self._asker is None:
                    self._asker = AIOKafkaConsumer(
                        bootstrap_servers=self._app.settings.broker, enable_auto_commit=False
                    )
                    await self._asker.start()
                ends = await self._asker.end_offsets(list(partitions))
                starts = await self._asker.beginning_offsets(list(partitions))
        except (KafkaError, OSError) as error:
            log.warning("asking the broker for the ends of the topics: %s: %s", type(error).__name__, error)
            await self._close()
            return {}
        return {tp: (starts[p], ends[p]) for p, tp in partitions.items()}

    def _mark(self, tp: TP) -> int | None:
        """High water mark of the last fetch; None where the partition was taken away since, or nothing was fetched yet."""
        try:
            mark: int | None = self._app.consumer.highwater(tp)
        except (AssertionError, AttributeError, ConsumerNotStarted):
            # The client's own thread rebalances while we look; it asserts that the partition is ours.
            return None
        return mark

    async def _close(self) -> None:
        asker, self._asker = self._asker, None
        if asker is not None:
            await asker.stop()

    def _end(self, why: str) -> None:
        log.critical(
            "stage %s is stuck and ends, to be started again: %s; handled up to %s",
            self._app.stage,
            why,
            self._app.progress.handled,
        )
        faulthandler.dump_traceback(sys.stderr)
        os._exit(1)

    def _watch_the_loop(self) -> None:
        while not self._app.should_stop:
            time.sleep(LOOK_SECONDS)
            if time.monotonic() - self._beat > BLOCKED_SECONDS and not self._app.should_stop:
                self._end(f"its event loop has not turned for {BLOCKED_SECONDS:.0f} s")
