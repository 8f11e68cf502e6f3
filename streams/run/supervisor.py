"""Starts everything on one machine, starts again what ends, and makes good what a forgetful broker forgot."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from aiohttp import ClientError, ClientSession, ClientTimeout
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from config.settings import Settings
from streams import journal
from streams.database import open_engine, upgrade
from streams.local import Broker, LocalServerError, Store, start_broker, start_kafka, start_store
from streams.local_kafka import free_port
from streams.run.child import Child
from streams.run.stages import StageProcess, stage_environment
from streams.topics import ARTICLES_COLLECTED, REQUEST_BYTES, Stage, await_broker, make_topics

TICK_SECONDS = 0.25
LOOK_SECONDS = 10.0  # between looks at memory and log sizes
BROKER_BYTES = 400 * 1024 * 1024  # the embedded broker never frees memory: above this it is drained and replaced
DRAIN_SECONDS = 60.0
GRACE_SECONDS = 3.0  # for a stage to finish what it holds; all of it must fit into five seconds
BROKER_WAIT_SECONDS = 30.0
KAFKA_GRACE_SECONDS = 2.0  # to close its log; ended sooner it reads the log at the next start
PAGE_TIMEOUT = ClientTimeout(total=2.0)
# The slowest starts first: classify loads its model while the others import.
ORDER = (Stage.CLASSIFY, Stage.COLLECT, Stage.DEDUPLICATE, Stage.WATCH, Stage.DELIVER, Stage.ARCHIVE)


class StartRefused(RuntimeError):
    """Why the service cannot start, and what to do."""


class Supervisor:
    """One service: broker, store, stages. ``tell`` gets a sentence, and its log level, for all that a person should know."""

    def __init__(
        self,
        settings: Settings,
        lock: int,
        environment: Mapping[str, str],
        tell: Callable[[str, int], None],
        *,
        durable: bool = False,
        broker_bytes: int = BROKER_BYTES,
    ) -> None:
        self.settings = settings
        self._tell = tell
        self.forgetful = settings.broker is None and not durable
        self._replication = settings.replication if settings.broker else 1
        self.broker: Broker | None = None
        self.store: Store | None = None
        self.stages = {stage: StageProcess(stage) for stage in Stage}
        self.steps: dict[str, str] = {}
        self.started = time.monotonic()
        self.migrated = asyncio.Event()
        self.all_ready = asyncio.Event()
        self.engine: AsyncEngine = open_engine(settings.database)
        self.session: ClientSession | None = None
        self._environment = environment
        self._keep = (lock,)
        self._logs = settings.state / "logs"
        self._broker_bytes = broker_bytes
        self._looked = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set, then end everything; raises StartRefused where it cannot start."""
        async with ClientSession(timeout=PAGE_TIMEOUT) as self.session:
            tasks = [asyncio.create_task(task) for task in (self._work(), self._watch_pages(), _until(stop))]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await self._end()

    async def _work(self) -> None:
        await self._start()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await self._tick(time.monotonic())

    async def _start(self) -> None:
        try:
            await asyncio.gather(self._open_broker(), self._open_store(), self._open_database())
        except LocalServerError as error:
            raise StartRefused(str(error)) from error
        await self._make_topics()
        await self._start_stages()
        await self._publish_outstanding()

    async def _open_broker(self) -> None:
        if self.settings.broker is not None:
            self.steps["broker"] = f"waiting for {self.settings.broker}"
            try:
                await await_broker(self.settings.broker, BROKER_WAIT_SECONDS)
            except TimeoutError:
                reason = f"the broker at {self.settings.broker} (ARMSWIRE_BROKER) did not answer for {BROKER_WAIT_SECONDS:g} s"
                raise StartRefused(reason) from None
            self.steps["broker"] = self.settings.broker
            return
        self.steps["broker"] = "starting"
        if self.forgetful:
            self.broker = await start_broker(self._logs, self._keep)
            self.steps["broker"] = f"embedded at {self.broker.address}"
        else:
            self.broker = await start_kafka(self.settings.state, self._logs, self._keep)
            self.steps["broker"] = f"Apache Kafka at {self.broker.address}"

    async def _open_store(self) -> None:
        if self.settings.redis is not None:
            self.steps["store"] = "external (ARMSWIRE_REDIS)"
            return
        self.steps["store"] = "starting"
        self.store = await start_store(self.settings.state, self._logs, self._keep)
        self.steps["store"] = "embedded"

    async def _open_database(self) -> None:
        self.steps["database"] = "migrating"
        await asyncio.to_thread(upgrade, self.settings.database)
        self.steps["database"] = "up to date"
        self.migrated.set()

    async def _make_topics(self) -> None:
        self.steps["topics"] = "making"
        try:
            made = await make_topics(self.address, self._replication)
        except KafkaError as error:
            if self.forgetful:
                raise
            raise StartRefused(f"making the topics on {self.address}: {error}") from error
        self.steps["topics"] = f"{len(made)} made" if made else "there"

    @property
    def address(self) -> str:
        """The broker's address."""
        return self.broker.address if self.broker else self.settings.broker or ""

    async def _start_stages(self) -> None:
        for stage in ORDER:
            await self._start_stage(self.stages[stage])

    async def _start_stage(self, process: StageProcess) -> None:
        redis = self.store.url if self.store else self.settings.redis or ""
        environment = stage_environment(
            self._environment,
            self.settings,
            broker=self.address,
            redis=redis,
            embedded=self.forgetful,
            replication=self._replication,
            port=free_port(),
        )
        await process.start(self._logs, environment, self._keep)

    async def _tick(self, now: float) -> None:
        if self.broker and not self.broker.child.running:
            how = _how(self.broker.child.exit_code)
            if self.forgetful:
                await self._replace_broker(f"the embedded broker ended ({how})")
                return
            self._tell(f"Apache Kafka ended ({how}); it is started again on its log", logging.WARNING)
            await self._restart_kafka(self.broker)
        if self.store and not self.store.child.running:
            how = _how(self.store.child.exit_code)
            self._tell(f"the embedded store ended ({how}); it is started again on its files", logging.WARNING)
            await self._restart_store()
        for process in self.stages.values():
            if process.child is not None and not process.child.running:
                self._note_end(process, now)
            elif process.child is None and process.due <= now:
                await self._start_stage(process)
        if now - self._looked > LOOK_SECONDS:
            self._looked = now
            await self._look()

    def _note_end(self, process: StageProcess, now: float) -> None:
        assert process.child is not None
        words = process.child.last_words(3)
        how = _how(process.child.exit_code)
        pause = process.ended(now)
        self._tell(
            f"stage {process.stage} ended ({how}); it is started again in {pause:g} s. Its last words:\n{words}",
            logging.WARNING,
        )

    async def _look(self) -> None:
        for child in self.children():
            child.cap_log()
        if self.forgetful and self.broker and self.broker.child.resident() > self._broker_bytes:
            await self._drain()
            await self._replace_broker("the embedded broker is replaced by an empty one, for it never frees memory")

    async def _drain(self) -> None:
        """Stop collecting and wait until nothing is under way, a minute at most: what is left is published again."""
        await self.stages[Stage.COLLECT].stop(GRACE_SECONDS)
        end = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < end and self.broker and self.broker.child.running:
            if not await journal.outstanding(self.engine):
                return
            await asyncio.sleep(0.5)

    async def _replace_broker(self, why: str) -> None:
        """End every stage, start an empty broker, make the topics, start the stages, publish what is not struck out."""
        self._tell(f"{why}; every stage is ended, and what was under way is published again", logging.WARNING)
        await asyncio.gather(*(process.stop(GRACE_SECONDS) for process in self.stages.values()))
        if self.broker:
            await self.broker.child.stop(1.0)
        pause = 1.0
        while True:
            try:
                self.broker = await start_broker(self._logs, self._keep)
                await self._make_topics()
                break
            except (LocalServerError, KafkaError) as error:
                self._tell(f"{error}; tried again in {pause:g} s", logging.ERROR)
                await asyncio.sleep(pause)
                pause = min(30.0, pause * 2)
        self.steps["broker"] = f"embedded at {self.broker.address}"
        await self._start_stages()
        await self._publish_outstanding()

    async def _publish_outstanding(self) -> None:
        """Publish the articles that a forgetful broker had and that are not struck out."""
        under_way = await journal.outstanding(self.engine)
        if not under_way:
            return
        producer = AIOKafkaProducer(bootstrap_servers=self.address, max_request_size=REQUEST_BYTES)
        try:
            await producer.start()
            for key, value in under_way:
                await producer.send_and_wait(ARTICLES_COLLECTED.name, key=key, value=value)
        except KafkaError as error:
            self._tell(f"publishing what was under way: {type(error).__name__}: {error}", logging.WARNING)
            if not self.forgetful or not self.broker:
                raise StartRefused(f"publishing what was under way to {self.address}: {error}") from error
            # A broker that takes nothing is no broker: the next tick replaces it, and everything is published again.
            self.broker.child.kill()
            return
        finally:
            await producer.stop()
        if not self.forgetful:  # this broker remembers: what an embedded one before it owed is paid
            await journal.clear(self.engine)
        self._tell(f"{len(under_way)} articles that were under way are published again", logging.INFO)

    async def _restart_store(self) -> None:
        try:
            self.store = await start_store(self.settings.state, self._logs, self._keep)
        except LocalServerError as error:
            self._tell(f"{error}; tried again", logging.ERROR)
            await asyncio.sleep(1.0)

    async def _restart_kafka(self, kafka: Broker) -> None:
        """The same address: the stages are held meanwhile, and go on."""
        port = int(kafka.address.rpartition(":")[2])
        try:
            self.broker = await start_kafka(self.settings.state, self._logs, self._keep, port)
        except LocalServerError as error:
            self._tell(f"{error}; tried again", logging.ERROR)
            await asyncio.sleep(1.0)

    async def _watch_pages(self) -> None:
        """Ask each stage every second whether it is ready."""
        while True:
            await asyncio.gather(*(self._ask(process) for process in self.stages.values()))
            if all(process.ready for process in self.stages.values()) and not self.all_ready.is_set():
                self.all_ready.set()
                self._tell(f"every stage is ready after {time.monotonic() - self.started:.1f} s", logging.INFO)
            await asyncio.sleep(1.0 if self.all_ready.is_set() else 0.3)

    async def _ask(self, process: StageProcess) -> None:
        page = await self.page(process, "readyz")
        process.ready = page is not None

    async def page(self, process: StageProcess, name: str) -> str | None:
        """The text of a stage's page; None where it gives none."""
        if not process.up or self.session is None:
            return None
        try:
            async with self.session.get(f"http://127.0.0.1:{process.port}/{name}") as answer:
                return await answer.text() if answer.status == 200 else None
        except (ClientError, TimeoutError, OSError):
            return None

    def children(self) -> list[Child]:
        """Every process of the service that runs."""
        servers = [server.child for server in (self.broker, self.store) if server]
        return servers + [process.child for process in self.stages.values() if process.child]

    @property
    def ready(self) -> bool:
        """Every stage, and the embedded broker and store where they are ours, do their work."""
        servers = all(server.child.running for server in (self.broker, self.store) if server)
        return servers and all(process.ready for process in self.stages.values())

    async def _end(self) -> None:
        """Stages first, so that they can finish; then the store, which syncs its file; the broker has nothing to keep."""
        await asyncio.gather(*(process.stop(GRACE_SECONDS) for process in self.stages.values()))
        if self.store:
            await self.store.child.stop(1.0)
        if self.broker:
            await self.broker.child.stop(0.5 if self.forgetful else KAFKA_GRACE_SECONDS)
        await self.engine.dispose()


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()


def _how(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit {code}"
