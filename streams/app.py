"""A stage's Faust app with the settings that lose nothing, and ``consume``: guard, handle, acknowledge — the only loop."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from typing import Any, TypeVar

import faust
from aiokafka.errors import KafkaError
from faust.exceptions import ProducerSendError
from faust.types import TP

from config.settings import Settings, read_settings
from streams import faust_guards, metrics
from streams.configuration import LiveConfiguration
from streams.dead_letters import Inbound, headers_of, reason_of, too_big
from streams.faust_guards import ALL_GUARDS, Guard, OffsetJump
from streams.records import Poison
from streams.topics import DEAD_LETTERS, REQUEST_BYTES, SOURCES, Stage, Topic

log = logging.getLogger(__name__)

TRANSIENT: tuple[type[Exception], ...] = (KafkaError, ProducerSendError, TimeoutError)
TRIES = 5  # of a fault that is neither transient nor poison, before the record goes to the dead letters
PAUSE_LONGEST = 5.0  # seconds between tries

Function = TypeVar("Function", bound=Callable[[], Awaitable[None]])


class Progress:
    """How far a stage has come: what the watchdog, the readiness page and the metrics look at."""

    def __init__(self) -> None:
        self.expected: dict[TP, int | None] = {}
        self.handled: dict[TP, int] = {}  # next offset to handle
        self.last_progress = time.monotonic()
        self.held_since: float | None = None
        self.held_reason = ""

    def seek(self, positions: dict[TP, int | None]) -> None:
        """Faust has sought: each partition goes on from its committed offset, or from wherever its log starts."""
        self.expected = dict(positions)
        self.handled = {tp: offset for tp, offset in positions.items() if offset is not None}

    def arrive(self, tp: TP, offset: int) -> None:
        """Raise OffsetJump where records before ``offset`` never arrived."""
        expected = self.expected.get(tp)
        if expected is not None and offset > expected:
            raise OffsetJump(f"reading {tp.topic}/{tp.partition}: offsets {expected} to {offset - 1} never arrived")
        self.expected[tp] = offset + 1

    def done(self, tp: TP, offset: int) -> None:
        self.handled[tp] = offset + 1
        self.last_progress = time.monotonic()

    def hold(self, reason: str) -> None:
        """A try failed: that is a sign of life too, while a try that never ends gives none."""
        self.last_progress = time.monotonic()
        if self.held_since is None:
            self.held_since = self.last_progress
        self.held_reason = reason

    def release(self) -> None:
        self.held_since = None


class StageApp(faust.App):
    """One stage: its own Faust app, so its own consumer group, process and fate."""

    def __init__(self, stage: Stage, topics: Iterable[Topic], guards: frozenset[Guard], **options: Any) -> None:
        self.stage = stage
        self.guards = guards
        self.progress = Progress()
        self._source_topics = tuple(topics)
        super().__init__(**options)

    @cached_property
    def settings(self) -> Settings:
        return read_settings()

    @cached_property
    def configuration(self) -> LiveConfiguration:
        return LiveConfiguration.of(self.settings)

    @cached_property
    def source(self) -> Any:
        """The stage's input as bytes: Faust never decodes, so it never drops what it cannot read."""
        return self._bytes_topic(
            *(topic.name for topic in self._source_topics), partitions=self._source_topics[0].partitions
        )

    async def publish(
        self, topic: Topic, key: str | bytes | None, value: bytes, headers: dict[str, bytes] | None = None
    ) -> None:
        """Send one record and return after the broker's acknowledgement."""
        channel = self._channels.get(topic.name) or self._channels.setdefault(
            topic.name, self._bytes_topic(topic.name, partitions=topic.partitions)
        )
        raw = key.encode() if isinstance(key, str) else key
        await (await channel.send(key=raw, value=value, headers=headers))

    @cached_property
    def _channels(self) -> dict[str, Any]:
        return {}

    def _bytes_topic(self, *names: str, partitions: int) -> Any:
        return self.topic(
            *names,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
            partitions=partitions,
        )

    def beside(self, function: Function) -> Function:
        """Run ``function`` for the life of the stage beside its agent; if it ends or raises, the stage crashes."""

        async def kept() -> None:
            try:
                await function()
            except asyncio.CancelledError:
                if self.should_stop:
                    raise
                # Something it waited for was cancelled: Faust would note that, and go on without the task.
            if not self.should_stop:
                raise RuntimeError(f"stage {self.stage}: {getattr(function, '__name__', 'a task')} ended by itself")

        self.task(kept)
        return function

    def on_seek(self, positions: dict[TP, int | None]) -> None:
        self.progress.seek(positions)

    def _create_directories(self) -> None:
        """No folder is needed: they belong to tables, which no stage has."""

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        if Guard.STILL_ASSIGNMENT in self.guards and not self.should_stop:
            faust_guards.still_assignment(self)
        await super()._on_partitions_assigned(assigned, generation_id)


def stage_app(
    stage: Stage,
    *,
    settings: Settings | None = None,
    name: str | None = None,
    sources: Iterable[Topic] | None = None,
    guards: frozenset[Guard] = ALL_GUARDS,
) -> StageApp:
    """The app of ``stage``; raises UncheckedVersion on a Faust that the guards were not checked on.

    ``name``, ``sources`` and ``guards`` are for the toy stages that the tests build from the same parts.
    """
    faust_guards.check_versions()
    faust_guards.install(guards)
    known = settings or read_settings()
    if known.embedded:
        faust_guards.shorten_fetch_wait()
        faust_guards.space_fetches()
    if not known.broker:
        broker = "kafka://127.0.0.1:9092"
    else:
        broker = ";".join(f"kafka://{host.strip().removeprefix('kafka://')}" for host in known.broker.split(","))
    app = StageApp(
        stage,
        sources or SOURCES[stage],
        guards,
        id=f"armswire-{name or stage}",
        broker=broker,
        web_enabled=False,
        stream_wait_empty=False,
        broker_max_poll_interval=604_800.0,
        broker_commit_interval=1.0,
        broker_session_timeout=known.session_timeout,
        broker_heartbeat_interval=1.0 if known.embedded else 3.0,
        broker_request_timeout=30.0,
        agent_supervisor="mode.CrashingSupervisor",
        topic_replication_factor=known.replication,
        table_standby_replicas=0,
        topic_disable_leader=True,
        topic_allow_declare=False,
        worker_redirect_stdouts=False,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=10_000,
        producer_metadata_max_age_ms=10_000,
        consumer_max_fetch_size=REQUEST_BYTES,
        producer_max_request_size=REQUEST_BYTES,
        consumer_group_instance_id=None if known.embedded or not known.place else f"{stage}-{known.place}",
    )
    if settings:
        app.settings = settings
    return app


async def consume(
    app: StageApp,
    stream: Any,
    handle: Callable[[Inbound], Awaitable[None]],
    transient: tuple[type[Exception], ...] = (),
) -> None:
    """The body of every agent: handle each record until it is done or refused, then acknowledge it.

    Transient faults are retried for ever, Poison and records that are too big go to the dead letters at once, anything
    else after five tries. Raises OffsetJump, which ends the process, where records are missing.
    """
    stream = stream.noack()
    async for event in stream.events():
        message = event.message
        tp = message.tp
        if Guard.JUMP_IS_LOSS in app.guards:
            app.progress.arrive(tp, message.offset)
        inbound = Inbound(
            tp.topic,
            tp.partition,
            message.offset,
            message.key,
            message.value,
            _headers(getattr(message, "headers", None)),
        )
        await _handle_or_refuse(app, inbound, handle, TRANSIENT + transient)
        await stream.ack(event)
        app.progress.done(tp, message.offset)


async def _handle_or_refuse(
    app: StageApp,
    inbound: Inbound,
    handle: Callable[[Inbound], Awaitable[None]],
    transient: tuple[type[Exception], ...],
) -> None:
    tries, faults, refusal = 0, 0, None
    while True:
        try:
            if refusal is None:
                await handle(inbound)
            else:
                await app.publish(
                    DEAD_LETTERS, inbound.key, inbound.value or b"", headers_of(app.stage, inbound, refusal)
                )
                metrics.DEAD_LETTERS.labels(app.stage, reason_of(refusal)).inc()
            _release(app)
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the record is kept: retried, or among the dead letters
            tries += 1
            passing = isinstance(error, transient) and not too_big(error)
            # Counted apart: tries that an outage cost must not make the first fault after it the last one.
            faults += not passing
            if refusal is None and not passing and (isinstance(error, Poison) or too_big(error) or faults >= TRIES):
                refusal = error
                where = f"{inbound.topic}/{inbound.partition}/{inbound.offset}"
                log.error("handling %s: %s: %s; it goes to the dead letters", where, type(error).__name__, error)
                tries = 0
                continue
            _hold(app, error, tries)
            await asyncio.sleep(min(PAUSE_LONGEST, 0.2 * 2 ** min(tries, 8)) * random.uniform(0.5, 1))


def _hold(app: StageApp, error: Exception, tries: int) -> None:
    reason, before = type(error).__name__, app.progress.held_reason
    app.progress.hold(reason)
    since = app.progress.held_since or time.monotonic()
    if before and before != reason:
        metrics.STAGE_WAITING.labels(app.stage, before).set(0)
    metrics.STAGE_WAITING.labels(app.stage, reason).set(time.monotonic() - since)
    if tries in (1, 5, 20) or tries % 60 == 0:
        log.warning("stage %s is held: %s: %s (try %d)", app.stage, reason, error, tries)


def _release(app: StageApp) -> None:
    if app.progress.held_since is not None:
        log.info("stage %s goes on after %.1f s", app.stage, time.monotonic() - app.progress.held_since)
        metrics.STAGE_WAITING.labels(app.stage, app.progress.held_reason).set(0)
        app.progress.release()


def _headers(raw: Any) -> dict[str, bytes]:
    return dict(raw.items() if hasattr(raw, "items") else raw or ())
