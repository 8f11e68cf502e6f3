"""Starts everything on one machine, starts again what ends, and makes good what a forgetful broker forgot."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping

from aiohttp import ClientError, ClientSession, ClientTimeout
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from config.settings import Settings
from streams import journal
from streams.addresses import remove_addresses, write_addresses
from streams.database import TRANSIENT, open_engine, upgrade
from streams.local import LocalServerError
from streams.local_kafka import free_port
from streams.run.child import Child, how_it_ended
from streams.run.servers import Servers, StartRefused, Tell
from streams.run.stages import StageProcess, stage_environment
from streams.run.under_way import UnderWay
from streams.topics import Stage, await_broker

TICK_SECONDS = 0.25
LOOK_SECONDS = 10.0  # between looks at memory and log sizes
OVERDUE_LOOK_SECONDS = 120.0
OWING_PAUSE_SECONDS = 5.0  # after an outage of the database
# A broker of ours that hangs does not die by itself: after so many questions in a row without an answer it is ended.
ASK_SECONDS, ANSWER_SECONDS, UNANSWERED = 10.0, 5.0, 3
BROKER_BYTES = 400 * 1024 * 1024  # the embedded broker never frees memory: above this it is drained and replaced
DRAIN_SECONDS = 60.0
GRACE_SECONDS = 2.8  # for a stage to finish what it holds; with the servers it must fit into five seconds
PAGE_TIMEOUT = ClientTimeout(total=2.0)
# The slowest starts first: classify loads its model while the others import.
ORDER = (Stage.CLASSIFY, Stage.COLLECT, Stage.DEDUPLICATE, Stage.WATCH, Stage.DELIVER, Stage.ARCHIVE)


class Supervisor:
    """One service: broker, store, stages. ``tell`` gets a sentence, and its log level, for all that a person should know."""

    def __init__(
        self, settings: Settings, lock: int, environment: Mapping[str, str], tell: Tell, *, durable: bool = False
    ) -> None:
        self.settings = settings
        self.steps: dict[str, str] = {}
        self.servers = Servers(settings, lock, tell, self.steps, durable=durable)
        self.stages = {stage: StageProcess(stage) for stage in Stage}
        self.started = time.monotonic()
        self.migrated = asyncio.Event()
        self.all_ready = asyncio.Event()
        self.engine: AsyncEngine = open_engine(settings.database)
        self.under_way = UnderWay(self.engine)
        self.ask_seconds = ASK_SECONDS
        self.overdue_look_seconds = OVERDUE_LOOK_SECONDS
        self.broker_bytes = BROKER_BYTES
        self.ending = False
        self._session: ClientSession | None = None
        self._environment = environment
        self._keep = (lock,)
        self._tell = tell
        self._logs = settings.state / "logs"
        self._looked = self._looked_for_overdue = 0.0
        self._owing_until: float | None = None  # when to publish again what the database did not tell

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set, then end everything; raises StartRefused where it cannot start."""
        async with ClientSession(timeout=PAGE_TIMEOUT) as self._session:
            work = (self._work(), self._watch_pages(), self._watch_broker(), _until(stop))
            tasks = [asyncio.create_task(task) for task in work]
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
            await asyncio.gather(self.servers.open_broker(), self.servers.open_store(), self._migrate())
        except LocalServerError as error:
            raise StartRefused(str(error)) from error
        await self.servers.make_topics()
        await self._start_stages()
        await self._publish_outstanding()

    async def _migrate(self) -> None:
        self.steps["database"] = "migrating"
        try:
            await asyncio.to_thread(upgrade, self.settings.database)
        except TRANSIENT as error:
            raise StartRefused(str(error)) from error
        self.steps["database"] = "up to date"
        self.migrated.set()

    async def _start_stages(self) -> None:
        servers = self.servers
        write_addresses(self.settings.state, broker=servers.address, redis=servers.redis, embedded=servers.forgetful)
        for stage in ORDER:
            await self._start_stage(self.stages[stage])

    async def _start_stage(self, process: StageProcess) -> None:
        environment = stage_environment(
            self._environment,
            self.settings,
            broker=self.servers.address,
            redis=self.servers.redis,
            embedded=self.servers.forgetful,
            replication=self.servers.replication,
            port=free_port(),
        )
        await process.start(self._logs, environment, self._keep)

    async def _tick(self, now: float) -> None:
        broker = self.servers.broker
        if broker and not broker.child.running and self.servers.forgetful:
            await self._replace_broker(f"the embedded broker ended ({how_it_ended(broker.child.exit_code)})")
            return
        await self.servers.restart_ended()
        if self._owing_until is not None and self._owing_until <= now:
            await self._publish_outstanding()
        for process in self.stages.values():
            if process.child is not None and not process.child.running:
                self._note_end(process, now)
            elif process.child is None and process.due <= now:
                await self._start_stage(process)
        if now - self._looked > LOOK_SECONDS:
            self._looked = now
            await self._look()
        if self.servers.forgetful and now - self._looked_for_overdue > self.overdue_look_seconds:
            self._looked_for_overdue = now
            await self._publish_overdue()

    def _note_end(self, process: StageProcess, now: float) -> None:
        assert process.child is not None
        words = process.child.last_words(3)
        how = how_it_ended(process.child.exit_code)
        pause = process.ended(now)
        self._tell(
            f"stage {process.stage} ended ({how}); it is started again in {pause:g} s. Its last words:\n{words}",
            logging.WARNING,
        )

    async def _look(self) -> None:
        for child in self.children():
            child.cap_log()
        broker = self.servers.broker
        if broker and self.servers.forgetful and broker.child.resident() > self.broker_bytes:
            await self._drain(broker.child)
            await self._replace_broker("the embedded broker is replaced by an empty one, for it never frees memory")

    async def _drain(self, broker: Child) -> None:
        """Stop collecting and wait until nothing is under way, a minute at most: what is left is published again."""
        await self.stages[Stage.COLLECT].stop(GRACE_SECONDS)
        end = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < end and broker.running:
            with contextlib.suppress(*TRANSIENT):  # what is not known is under way
                if not await journal.outstanding(self.engine):
                    return
            await asyncio.sleep(0.5)

    async def _replace_broker(self, why: str) -> None:
        """End every stage, start an empty broker, make the topics, start the stages, publish what is not struck out."""
        self._tell(f"{why}; every stage is ended, and what was under way is published again", logging.WARNING)
        await asyncio.gather(*(process.stop(GRACE_SECONDS) for process in self.stages.values()))
        await self.servers.renew_broker()
        await self._start_stages()
        await self._publish_outstanding()

    async def _publish_outstanding(self) -> None:
        """Publish the articles that a forgetful broker had and that are not struck out."""
        self._owing_until = None
        address = self.servers.address
        try:
            count = await self.under_way.publish_all(address, remembers=not self.servers.forgetful)
        except TRANSIENT as error:
            self._owing_until = time.monotonic() + OWING_PAUSE_SECONDS
            self._tell(
                f"reading what was under way: {error}; tried again in {OWING_PAUSE_SECONDS:g} s", logging.WARNING
            )
            return
        except KafkaError as error:
            why = f"publishing to {address} what was under way: {type(error).__name__}: {error}"
            if not self.servers.forgetful or not self.servers.broker:
                raise StartRefused(why) from error
            # A broker that takes nothing is no broker: the next tick replaces it, and everything is published again.
            self._tell(why, logging.WARNING)
            self.servers.broker.child.kill()
            return
        if count:
            self._tell(f"{count} articles that were under way are published again", logging.INFO)

    async def _publish_overdue(self) -> None:
        """Publish what collect may have written down and never published; what cannot be now, at the next look."""
        try:
            count = await self.under_way.publish_overdue(self.servers.address)
        except (*TRANSIENT, KafkaError) as error:
            self._tell(f"publishing again what is under way for long: {type(error).__name__}: {error}", logging.WARNING)
            return
        if count:
            self._tell(f"{count} articles that are under way for long are published again", logging.INFO)

    async def _watch_broker(self) -> None:
        """Ask a broker of ours every ten seconds; one that does not answer three times in a row is ended, and so replaced."""
        asked, unanswered = None, 0
        while True:
            await asyncio.sleep(self.ask_seconds)
            broker = self.servers.broker
            if broker is None or not broker.child.running:
                continue
            if broker is not asked:
                asked, unanswered = broker, 0
            try:
                await await_broker(broker.address, ANSWER_SECONDS)
                unanswered = 0
            except TimeoutError:
                unanswered += 1
            if unanswered == UNANSWERED:
                self._tell(
                    f"the broker at {broker.address} did not answer {UNANSWERED} times in a row; it is ended",
                    logging.WARNING,
                )
                broker.child.kill()

    async def _watch_pages(self) -> None:
        """Ask each stage every second whether it is ready."""
        while True:
            await asyncio.gather(*(self._ask(process) for process in self.stages.values()))
            if all(process.ready for process in self.stages.values()) and not self.all_ready.is_set():
                self.all_ready.set()
                self._tell(f"every stage is ready after {time.monotonic() - self.started:.1f} s", logging.INFO)
            await asyncio.sleep(1.0 if self.all_ready.is_set() else 0.3)

    async def _ask(self, process: StageProcess) -> None:
        child = process.child
        answer = await self.page(process, "readyz")
        if process.child is child:  # not one that was started while we asked
            process.ready = answer is not None

    async def page(self, process: StageProcess, name: str) -> str | None:
        """The text of a stage's page; None where it gives none."""
        if not process.up or self._session is None:
            return None
        try:
            async with self._session.get(f"http://127.0.0.1:{process.port}/{name}") as answer:
                return await answer.text() if answer.status == 200 else None
        except (ClientError, TimeoutError, OSError):
            return None

    def children(self) -> list[Child]:
        """Every process of the service that was started."""
        return self.servers.children() + [process.child for process in self.stages.values() if process.child]

    @property
    def ready(self) -> bool:
        """Every stage, and broker and store where they are ours, do their work."""
        return self.servers.running and all(process.ready for process in self.stages.values())

    async def _end(self) -> None:
        """Stages first, so that they can finish."""
        self.ending = True
        remove_addresses(self.settings.state)
        await asyncio.gather(*(process.stop(GRACE_SECONDS) for process in self.stages.values()))
        await self.servers.stop()
        await self.engine.dispose()


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()
