"""The collector: keeps the schedule, takes what is due, and has each feed polled under a lease."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine

from config.load import Configuration
from config.schema import Feed
from config.settings import Settings
from streams.database import TRANSIENT
from streams.feeds import schedule
from streams.feeds.board import Board
from streams.feeds.fetch import IN_FLIGHT, Fetcher
from streams.feeds.ledger import FeedLedger
from streams.feeds.memory import Lease, PollMemory, body_digest, host_key
from streams.feeds.parser_pool import ParserPool
from streams.feeds.poll import Journal, Poller, Publish
from streams.store import STORE_TRANSIENT, open_store

log = logging.getLogger(__name__)

LEASE_SECONDS = 30.0  # how long a killed collector's feeds wait; one that lives renews its leases
HOST_GAP = 1.0  # seconds between the questions to one host
HELD_SECONDS = 5.0  # until a poll that broker, store or database held up is tried again
ENLIST_SECONDS = 10.0  # how often the schedule is compared with the configuration; an emptied store is noticed by it
LOOK_SECONDS = 60.0  # how often the states that other collectors wrote are looked at
LONGEST_SLEEP = 1.0  # polls asked for through another collector are seen at the latest then
CANCELLED_TIMES = 3  # a second apart, before polls are left to end with the process

# What a document nobody thought of makes our own code raise: a failed poll of that feed, not one to repeat at once.
UNEXPECTED = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    MemoryError,
    RecursionError,
)


class Collector:
    """Polls feeds until cancelled; ``publish`` returns after the broker's acknowledgement, ``journal`` writes first."""

    def __init__(
        self,
        *,
        configuration: Callable[[], Configuration],
        memory: PollMemory,
        ledger: FeedLedger,
        fetcher: Fetcher,
        pool: ParserPool,
        publish: Publish,
        journal: Journal,
        host_gap: float = HOST_GAP,
        private_host_gap: float = 0.0,
    ) -> None:
        self._configuration = configuration
        self._memory = memory
        self._ledger = ledger
        self._board = Board()
        self._poller = Poller(
            memory=memory,
            ledger=ledger,
            fetcher=fetcher,
            pool=pool,
            publish=publish,
            journal=journal,
            board=self._board,
        )
        self._gaps = {False: host_gap, True: private_host_gap}
        self._polls: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._enlisted_at = self._looked_at = 0.0
        self._enlisted: Configuration | None = None

    async def run(self) -> None:
        """Take what is due, for ever; gives leases back when cancelled."""
        held = 0
        task = asyncio.current_task()
        try:
            # The store's client waits with wait_for, which on Python 3.11 may swallow a cancellation: so it is looked at.
            while not (task and task.cancelling()):
                self._wake.clear()
                try:
                    pause, held = await self._step(), 0
                except (*STORE_TRANSIENT, *TRANSIENT) as error:
                    held += 1
                    pause = min(HELD_SECONDS, 0.2 * 2 ** min(held, 6))
                    if held in (1, 5) or held % 60 == 0:
                        log.warning("taking due feeds: %s: %s (try %d)", type(error).__name__, error, held)
                try:
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                except TimeoutError:
                    pass
            raise asyncio.CancelledError
        finally:
            await self._end_polls()

    async def _end_polls(self) -> None:
        """Cancel what is under way, again where a cancellation was swallowed."""
        for _ in range(CANCELLED_TIMES):
            if not self._polls:
                return
            for poll in self._polls:
                poll.cancel()
            await asyncio.wait(self._polls, timeout=1.0)

    async def _step(self) -> float:
        now = time.time()
        configuration = self._configuration()
        if configuration is not self._enlisted or now - self._enlisted_at >= ENLIST_SECONDS:
            await self._enlist(configuration, now)
            self._enlisted, self._enlisted_at = configuration, now
        free = IN_FLIGHT - len(self._polls)
        for lease in await self._memory.lease(now, LEASE_SECONDS, free) if free else []:
            poll = asyncio.create_task(self._poll(lease), name=f"poll {lease.feed}")
            self._polls.add(poll)
            poll.add_done_callback(self._ended)
        if len(self._polls) >= IN_FLIGHT:
            return LONGEST_SLEEP
        due = await self._memory.next_due()
        return LONGEST_SLEEP if due is None else min(LONGEST_SLEEP, max(0.01, due - time.time()))

    def _ended(self, poll: asyncio.Task[None]) -> None:
        self._polls.discard(poll)
        self._wake.set()

    async def _enlist(self, configuration: Configuration, now: float) -> None:
        """Make the schedule hold the configured feeds: new ones spread out, moved ones now, resting ones not at all."""
        paused = await self._ledger.paused()
        active = [feed for feed in configuration.feeds if not feed.pause and feed.id not in paused]
        listed = await self._memory.listed()
        new = sorted((feed.id for feed in active if feed.id not in listed and not feed.allow_private), key=_scatter)
        first = {feed_id: now + schedule.first_offset(rank, len(new)) for rank, feed_id in enumerate(new)}
        first |= {feed.id: now for feed in active if feed.id not in listed and feed.allow_private}
        if first:
            # The schedule may have been emptied by an unpause or a removal while the state was kept.
            states = await self._memory.states()
            first = {f: max(at, states[f].next_at) if f in states else at for f, at in first.items()}
        await self._memory.enlist(first, {feed.id: _host(feed) for feed in active})
        if configuration is not self._enlisted or now - self._looked_at >= LOOK_SECONDS:
            await self._reconsider(active, now)
            self._looked_at = now
        self._board.enlist(configuration.feeds, {f.id for f in configuration.feeds} - {f.id for f in active})

    async def _reconsider(self, active: list[Feed], now: float) -> None:
        """Feeds whose address was changed are due now; what other collectors found of a feed is shown here too."""
        states = await self._memory.states()
        for feed in active:
            state = states.get(feed.id)
            if state and state.url and state.url != feed.url:
                await self._memory.request(feed.id, now)
            if state:
                self._board.show(feed, state)

    async def _poll(self, lease: Lease) -> None:
        feed = self._configuration().feed(lease.feed)
        renewing = asyncio.create_task(self._renew(lease))
        gap = self._gaps[bool(feed and feed.allow_private)]
        try:
            if feed is not None:
                await self._poller.poll(lease, feed, gap)
        except asyncio.CancelledError:
            await self._give_back(lease, time.time(), gap)
            raise
        except UNEXPECTED as error:
            log.exception('polling feed "%s"', lease.feed)
            if feed is not None:
                await self._fail(lease, feed, gap, error)
        except Exception as error:
            log.warning(
                'polling feed "%s": %s: %s; again in %g s', lease.feed, type(error).__name__, error, HELD_SECONDS,
                exc_info=not isinstance(error, (*STORE_TRANSIENT, *TRANSIENT, OSError)),
            )  # fmt: skip
            await self._give_back(lease, time.time() + HELD_SECONDS, gap)
        finally:
            renewing.cancel()

    async def _fail(self, lease: Lease, feed: Feed, gap: float, error: Exception) -> None:
        try:
            await self._poller.fail(lease, feed, gap, error)
        except STORE_TRANSIENT:
            pass  # the lease runs out by itself

    async def _renew(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            try:
                if not await self._memory.renew(lease, time.time() + LEASE_SECONDS):
                    return
            except STORE_TRANSIENT:
                continue  # the fence holds, whatever becomes of the lease

    async def _give_back(self, lease: Lease, at: float, gap: float) -> None:
        try:
            await self._memory.release(lease, at, time.time() + gap)
        except STORE_TRANSIENT:
            pass  # the lease runs out by itself


@asynccontextmanager
async def running_collector(
    settings: Settings,
    configuration: Callable[[], Configuration],
    engine: AsyncEngine,
    publish: Publish,
    journal: Journal,
) -> AsyncIterator[Collector]:
    """A collector with a store, a fetcher and parser processes of its own."""
    async with open_store(settings) as store, Fetcher(settings.contact) as fetcher, ParserPool() as pool:
        yield Collector(
            configuration=configuration,
            memory=PollMemory(store),
            ledger=FeedLedger(engine),
            fetcher=fetcher,
            pool=pool,
            publish=publish,
            journal=journal,
        )


def _host(feed: Feed) -> str:
    parts = urlsplit(feed.url)
    return host_key(parts.hostname or "", parts.port)


def _scatter(feed_id: str) -> str:
    """An order that has nothing to do with names: feeds of one publisher stand together in the file."""
    return body_digest(feed_id.encode())
