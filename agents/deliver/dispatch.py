"""Takes due deliveries to their receivers: receivers in parallel, one request in flight for each."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from agents.deliver.outbox import Outbox, Waiting
from agents.deliver.receivers import Answer, Reason, Send, apprise_last_hop, console
from agents.deliver.receivers.webhook import Webhooks
from agents.deliver.retry import JITTER
from agents.deliver.settlement import Attempt, Due, Settled, State
from config.load import Configuration
from config.schema import Receiver
from streams import metrics
from streams.database import TRANSIENT

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # between looks for what other workers took and people replayed
GRACE_SECONDS = 2.0  # for requests under way when the stage is told to stop: a quick answer spares a repeat
FAULT_SECONDS = 1.0  # before the database is asked again after a fault that may pass

OUTCOMES: Mapping[Reason, tuple[State, ...]] = {
    Reason.OK: (State.DELIVERED,),
    Reason.GONE: (State.REFUSED,),
    **{reason: (State.PENDING, State.EXHAUSTED) for reason in Reason if reason not in (Reason.OK, Reason.GONE)},
}
WORDS = {State.PENDING: "failed"}  # of an attempt, where the state is of the delivery


class Bell:
    """Rung when alerts were taken: their receivers are served at once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._receivers: set[str] = set()

    def ring(self, receivers: Iterable[str] = ()) -> None:
        self._receivers.update(receivers)
        self._rung.set()

    async def wait(self, seconds: float) -> set[str]:
        """The receivers that were rung for, at once or as soon as one is; none after ``seconds``."""
        try:
            async with asyncio.timeout(seconds):  # not wait_for: on Python 3.11 that may swallow a cancellation
                await self._rung.wait()
        except TimeoutError:
            return set()
        self._rung.clear()
        rung, self._receivers = self._receivers, set()
        return rung


class Dispatch:
    """The scheduler of deliver; ``run`` it for the life of the stage."""

    def __init__(
        self,
        outbox: Outbox,
        configuration: Callable[[], Configuration],
        senders: Mapping[str, Send],
        bell: Bell,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._grace = grace
        self._outbox = outbox
        self._configuration = configuration
        self._senders = senders
        self._bell = bell
        self._busy: dict[str, bool] = {}  # receiver in hand -> whether more was rung for meanwhile
        self._shown: set[str] = set()

    async def run(self) -> None:
        """Serve receivers until cancelled; raises what is no fault of a receiver and does not pass by itself."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    pause = self._look(await self._outbox.waiting(), tasks)
                except TRANSIENT as error:
                    log.warning("looking for due deliveries: %s", error)
                    pause = FAULT_SECONDS
                await self._listen(pause, tasks)

    async def _listen(self, seconds: float, tasks: asyncio.TaskGroup) -> None:
        """Start at once on the receivers that are rung for, until it is time for the next look."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while (left := end - clock()) > 0:
            for receiver in await self._bell.wait(left):
                self._start(receiver, tasks)

    def _look(self, waiting: Mapping[str, Waiting], tasks: asyncio.TaskGroup) -> float:
        """Start on every receiver with something due; seconds until the next look."""
        now = datetime.now(UTC)
        receivers = {receiver.id for receiver in self._configuration().receivers}
        self._show(receivers, waiting, now)
        pause = LOOK_SECONDS
        for receiver in receivers & waiting.keys():
            due = waiting[receiver].due
            if due is None:
                continue
            if due <= now:
                self._start(receiver, tasks)
            else:
                pause = min(pause, (due - now).total_seconds())
        return pause

    def _start(self, receiver: str, tasks: asyncio.TaskGroup) -> None:
        if receiver in self._busy:
            self._busy[receiver] = True
            return
        self._busy[receiver] = False
        tasks.create_task(self._serve(receiver))

    async def _serve(self, receiver: str) -> None:
        """Send to one receiver until nothing more is due for it."""
        try:
            while True:
                self._busy[receiver] = False
                configured = next((r for r in self._configuration().receivers if r.id == receiver), None)
                due = await self._outbox.claim(receiver, datetime.now(UTC)) if configured else None
                if due is not None and configured is not None:
                    await self._finished(asyncio.ensure_future(self._attempt(configured, due)))
                elif not self._busy[receiver]:
                    return
        except TRANSIENT as error:
            log.warning("reading what is due for receiver %r: %s", receiver, error)  # the next look starts on it again
        finally:
            del self._busy[receiver]

    async def _finished(self, attempt: asyncio.Future[None]) -> None:
        """Wait for an attempt; when the stage is told to stop, for a moment longer, so that its answer is not lost."""
        try:
            await asyncio.shield(attempt)
        except asyncio.CancelledError:
            await asyncio.wait([attempt], timeout=self._grace)
            attempt.cancel()
            await asyncio.gather(attempt, return_exceptions=True)
            raise

    async def _attempt(self, receiver: Receiver, due: Due) -> None:
        began = datetime.now(UTC)
        try:
            answer = await self._senders[receiver.type](receiver, due.message)
        except Exception as error:
            log.exception("sending %s to receiver %r", due.message.id, receiver.id)
            answer = Answer(Reason.ERROR, error=f"{type(error).__name__}: {error}")
        attempt = Attempt(due, answer, began, datetime.now(UTC), random.uniform(1 - JITTER, 1 + JITTER))
        settled = await self._settle(attempt)
        tell(attempt, settled)
        if settled.alert is not None:
            self._bell.ring(r.id for r in self._configuration().receivers)

    async def _settle(self, attempt: Attempt) -> Settled:
        """What was sent was sent: its outcome is kept, however long the database takes to come back."""
        while True:
            try:
                return await self._outbox.settle(attempt)
            except TRANSIENT as error:
                log.warning("keeping what came of %s to receiver %r: %s", *_names(attempt), error)
                await asyncio.sleep(FAULT_SECONDS)

    def _show(self, receivers: set[str], waiting: Mapping[str, Waiting], now: datetime) -> None:
        for receiver in receivers - self._shown:
            for reason, states in OUTCOMES.items():
                for state in states:
                    metrics.DELIVERIES.labels(receiver, WORDS.get(state, state), reason)
        for receiver in self._shown - receivers:
            metrics.OLDEST_PENDING.remove(receiver)
        self._shown = receivers
        for receiver in receivers:
            age = (now - waiting[receiver].oldest).total_seconds() if receiver in waiting else 0.0
            metrics.OLDEST_PENDING.labels(receiver).set(max(age, 0.0))


def tell(attempt: Attempt, settled: Settled) -> None:
    """One attempt in the metrics and in the log."""
    due, (alert, receiver) = attempt.due, _names(attempt)
    metrics.DELIVERIES.labels(receiver, WORDS.get(settled.state, settled.state), attempt.answer.reason).inc()
    if settled.first and settled.state is State.DELIVERED:
        for name, start in (("published", due.published), ("fetched", due.fetched)):
            if start is not None:
                metrics.ALERT_LATENCY.labels(name).observe(max((attempt.now - start).total_seconds(), 0.0))
    if settled.state is State.DELIVERED:
        log.info("delivered %s to receiver %r", alert, receiver)
        return
    after = {
        State.PENDING: f"next attempt {settled.next_at:%Y-%m-%d %H:%M:%S} UTC" if settled.next_at else "",
        State.EXHAUSTED: "no attempts are left; it stays listed: armswire deliveries list --state exhausted",
        State.REFUSED: f"the receiver is disabled; armswire receivers enable {receiver}",
    }
    log.warning("delivering %s to receiver %r: %s; %s", alert, receiver, attempt.answer.error, after[settled.state])


def _names(attempt: Attempt) -> tuple[str, str]:
    return attempt.due.message.id, attempt.due.receiver


async def serve(outbox: Outbox, configuration: Callable[[], Configuration], bell: Bell) -> None:
    """Deliver until cancelled, with every kind of sender."""
    async with Webhooks() as webhooks:
        await Dispatch(outbox, configuration, senders_of(webhooks), bell).run()


def senders_of(webhooks: Webhooks) -> dict[str, Send]:
    """How each type of receiver is sent to."""
    return {"webhook": webhooks.send, "apprise": apprise_last_hop.send, "console": console.send}
