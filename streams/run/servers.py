"""Broker and store of the service: embedded ones that are started again when they end, or those the settings name."""

import asyncio
import logging
from collections.abc import Callable

from aiokafka.errors import KafkaError

from config.settings import Settings
from streams.local import Broker, LocalServerError, Store, start_broker, start_kafka, start_store
from streams.run.child import Child, how_it_ended
from streams.topics import EMBEDDED_PARTITIONS, await_broker, make_topics

BROKER_WAIT_SECONDS = 30.0
PAUSE_LEAST, PAUSE_MOST = 1.0, 30.0  # seconds between tries to start a broker
# To close files; what is ended sooner reads them at its next start. Stages and these must end within five seconds.
KEEPING_GRACE_SECONDS, FORGETFUL_GRACE_SECONDS = 1.3, 0.3

Tell = Callable[[str, int], None]


class StartRefused(RuntimeError):
    """Why the service cannot start, and what to do."""


class Servers:
    """``forgetful``: the broker keeps its records in memory only. ``steps`` says how far each is, for a person."""

    def __init__(self, settings: Settings, lock: int, tell: Tell, steps: dict[str, str], *, durable: bool) -> None:
        self.broker: Broker | None = None
        self.store: Store | None = None
        self.forgetful = settings.broker is None and not durable
        self.replication = settings.replication if settings.broker else 1
        self._settings = settings
        self._keep = (lock,)
        self._tell = tell
        self._steps = steps
        self._logs = settings.state / "logs"

    @property
    def address(self) -> str:
        """The broker's address."""
        return self.broker.address if self.broker else self._settings.broker or ""

    @property
    def redis(self) -> str:
        """The store's URL."""
        return self.store.url if self.store else self._settings.redis or ""

    @property
    def running(self) -> bool:
        return all(child.running for child in self.children())

    def children(self) -> list[Child]:
        return [server.child for server in (self.broker, self.store) if server]

    async def open_broker(self) -> None:
        """Start the broker, or wait for the one that is named; raises StartRefused or LocalServerError."""
        named = self._settings.broker
        if named is not None:
            self._steps["broker"] = f"waiting for {named}"
            try:
                await await_broker(named, BROKER_WAIT_SECONDS)
            except TimeoutError:
                reason = f"the broker at {named} (ARMSWIRE_BROKER) did not answer for {BROKER_WAIT_SECONDS:g} s"
                raise StartRefused(reason) from None
            self._steps["broker"] = named
            return
        self._steps["broker"] = "starting"
        if self.forgetful:
            self.broker = await start_broker(self._logs, self._keep)
            self._steps["broker"] = f"embedded at {self.broker.address}"
        else:
            self.broker = await start_kafka(self._settings.state, self._logs, self._keep)
            self._steps["broker"] = f"Apache Kafka at {self.broker.address}"

    async def open_store(self) -> None:
        """Start the store where none is named; raises LocalServerError."""
        if self._settings.redis is not None:
            self._steps["store"] = "external (ARMSWIRE_REDIS)"
            return
        self._steps["store"] = "starting"
        self.store = await start_store(self._settings.state, self._logs, self._keep)
        self._steps["store"] = "embedded"

    async def make_topics(self) -> None:
        """Make what is missing; raises StartRefused where the broker refuses, KafkaError where it went away."""
        self._steps["topics"] = "making"
        try:
            made = await make_topics(self.address, self.replication, EMBEDDED_PARTITIONS if self.forgetful else None)
        except KafkaError as error:
            if self.forgetful:
                raise
            raise StartRefused(f"making the topics on {self.address}: {type(error).__name__}: {error}") from error
        self._steps["topics"] = f"{len(made)} made" if made else "there"

    async def renew_broker(self) -> None:
        """End the forgetful broker and start an empty one with our topics, however long that takes."""
        pause = PAUSE_LEAST
        while True:
            if self.broker:  # also one that came up but did not take the topics
                await self.broker.child.stop(1.0)
            try:
                await self.open_broker()
                await self.make_topics()
                return
            except (LocalServerError, KafkaError) as error:
                self._tell(f"{error}; tried again in {pause:g} s", logging.ERROR)
                await asyncio.sleep(pause)
                pause = min(PAUSE_MOST, pause * 2)

    async def restart_ended(self) -> None:
        """Start those again that keep what they had, at the same address: the stages are held meanwhile, and go on."""
        if self.broker and not self.broker.child.running and not self.forgetful:
            how = how_it_ended(self.broker.child.exit_code)
            self._tell(f"Apache Kafka ended ({how}); it is started again on its log", logging.WARNING)
            port = int(self.broker.address.rpartition(":")[2])
            try:
                self.broker = await start_kafka(self._settings.state, self._logs, self._keep, port)
            except LocalServerError as error:
                await self._wait(error)
        if self.store and not self.store.child.running:
            how = how_it_ended(self.store.child.exit_code)
            self._tell(f"the embedded store ended ({how}); it is started again on its files", logging.WARNING)
            try:
                self.store = await start_store(self._settings.state, self._logs, self._keep)
            except LocalServerError as error:
                await self._wait(error)

    async def _wait(self, error: LocalServerError) -> None:
        self._tell(f"{error}; tried again in {PAUSE_LEAST:g} s", logging.ERROR)
        await asyncio.sleep(PAUSE_LEAST)

    async def stop(self) -> None:
        """Both at once: the store syncs its file, Apache Kafka closes its log, the embedded broker keeps nothing."""
        grace = FORGETFUL_GRACE_SECONDS if self.forgetful else KEEPING_GRACE_SECONDS
        servers = [(self.store, KEEPING_GRACE_SECONDS), (self.broker, grace)]
        await asyncio.gather(*(server.child.stop(seconds) for server, seconds in servers if server))
