"""The collector: takes due feeds, asks them, publishes what is new, and only then marks it done."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine

from config.load import Configuration
from config.schema import Feed
from config.settings import Settings
from streams import metrics
from streams.database import TRANSIENT
from streams.feeds import outcome, schedule
from streams.feeds.answer import Answer, Fault, Validators
from streams.feeds.fetch import IN_FLIGHT, Fetcher, redacted
from streams.feeds.harvest import Harvest, harvest
from streams.feeds.items import Document, NotAFeed
from streams.feeds.ledger import FeedLedger
from streams.feeds.memory import Lease, PollMemory, body_digest, host_key
from streams.feeds.parse_worker import Job
from streams.feeds.parser_pool import ParserPool
from streams.feeds.state import Condition, FeedState
from streams.records import Article, encode
from streams.store import STORE_TRANSIENT, open_store
from streams.topics import ALERTS_RAISED, ARTICLES_COLLECTED, Stage, Topic

log = logging.getLogger(__name__)

LEASE_SECONDS = 30.0  # how long a killed collector's feeds wait; one that lives renews its leases
HOST_GAP = 1.0  # seconds between the questions to one host
HELD_SECONDS = 5.0  # until a poll that broker, store or database held up is tried again
ENLIST_SECONDS = 10.0  # how often the schedule is compared with the configuration; an emptied store is noticed by it
LONGEST_SLEEP = 1.0  # polls asked for through another collector are seen at the latest then
PUBLISHED_AT_ONCE = 50
CANCELLED_TIMES = 3  # a second apart, before polls are left to end with the process
KEPT = (
    40 * 86400
)  # seconds a seen item is kept: 30 days, and the 8 days that "not modified" may hide that it is still carried
PRUNED_EVERY = 86400.0
READ_AGAIN_AFTER = 86400.0  # an unchanged body is read again after a day, so that its items' stamps stay fresh

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

Publish = Callable[[Topic, str, bytes], Awaitable[None]]
Journal = Callable[[Sequence[Article]], Awaitable[None]]


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
        self._fetcher = fetcher
        self._pool = pool
        self._publish = publish
        self._journal = journal
        self._gaps = {False: host_gap, True: private_host_gap}
        self._polls: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._enlisted_at = 0.0
        self._enlisted: Configuration | None = None
        self._shown: dict[str, Condition] = {}

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
        if configuration is not self._enlisted:
            await self._reconsider(active, now)
            self._show_resting(configuration, active)

    async def _reconsider(self, active: list[Feed], now: float) -> None:
        """Feeds whose address was changed are due now."""
        states = await self._memory.states()
        for feed in active:
            state = states.get(feed.id)
            if state and state.url and state.url != feed.url:
                await self._memory.request(feed.id, now)
            if state:
                self._show(feed, state)

    async def _poll(self, lease: Lease) -> None:
        feed = self._configuration().feed(lease.feed)
        renewing = asyncio.create_task(self._renew(lease))
        gap = self._gaps[bool(feed and feed.allow_private)]
        try:
            if feed is not None:
                await self._poll_feed(lease, feed)
        except asyncio.CancelledError:
            await self._give_back(lease, time.time(), gap)
            raise
        except UNEXPECTED as error:
            log.exception('polling feed "%s"', lease.feed)
            await self._fail(lease, feed, error)
        except Exception as error:
            log.warning(
                'polling feed "%s": %s: %s; again in %g s', lease.feed, type(error).__name__, error, HELD_SECONDS,
                exc_info=not isinstance(error, (*STORE_TRANSIENT, *TRANSIENT, OSError)),
            )  # fmt: skip
            await self._give_back(lease, time.time() + HELD_SECONDS, gap)
        finally:
            renewing.cancel()

    async def _fail(self, lease: Lease, feed: Feed | None, error: Exception) -> None:
        if feed is None:
            return
        answer = Answer(fault=Fault.INTERNAL, message=f"{type(error).__name__}: {error}"[:200])
        try:
            before = outcome.fitted(await self._memory.state(feed.id), feed)
            after = outcome.after_fault(feed, before, answer, now=time.time(), chance=random.random())
            await self._mark_done(lease, feed, answer, after, Harvest())
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

    async def _poll_feed(self, lease: Lease, feed: Feed) -> None:
        now = time.time()
        before = outcome.fitted(await self._memory.state(feed.id), feed)
        known = await self._ledger.known(feed.id)
        validators = outcome.validators_of(before, now) if known else Validators()
        answer = await self._fetcher.fetch(
            before.moved or feed.url, allow_private=feed.allow_private, validators=validators
        )
        metrics.FEED_FETCH_SECONDS.observe(answer.seconds)
        document, digest, parse_ms = None, "", 0
        if answer.fault is None and not answer.not_modified:
            digest = body_digest(answer.body)
            if digest != before.body_hash or now - before.generation >= READ_AGAIN_AFTER or known is None:
                began = time.monotonic()
                answer, document = await self._read(feed, answer)
                parse_ms = round((time.monotonic() - began) * 1000)
        chance = random.random()
        gathered = Harvest()
        if answer.fault is not None:
            after = outcome.after_fault(feed, before, answer, now=now, chance=chance)
        elif document is None:
            after = outcome.after_unchanged(feed, before, answer, now=now, chance=chance)
        else:
            gathered = await self._gather(feed, document, first=known is None, cutoff=known.cutoff if known else None)
            after = outcome.after_document(
                feed, before, answer, document, body_hash=digest, fresh=gathered.fresh, more=gathered.more,
                overlap=gathered.overlap, now=now, chance=chance,
            )  # fmt: skip
            after.parse_ms = parse_ms
            await self._send(gathered.articles)
            if known is None and not gathered.more:
                await self._ledger.remember(feed.id, _moment(now), _cutoff(feed, now))
        await self._tell(feed, before, after)
        await self._mark_done(lease, feed, answer, after, gathered, emptied=bool(before.items))

    async def _read(self, feed: Feed, answer: Answer) -> tuple[Answer, Document | None]:
        job = Job(answer.body, answer.content_type, redacted(feed.url), feed.id, answer.complete)
        try:
            return answer, await self._pool.parse(job)
        except NotAFeed as error:
            return Answer(
                status=answer.status, fault=Fault.NOT_A_FEED, message=str(error), retry_after=answer.retry_after
            ), None

    async def _gather(self, feed: Feed, document: Document, *, first: bool, cutoff: datetime | None) -> Harvest:
        now = datetime.now(UTC)
        ids = [item.id for item in document.items]
        aliases = [alias for item in document.items for alias in item.aliases]
        seen, owners = await self._memory.known(feed.id, ids, aliases)
        limit = _cutoff(feed, now.timestamp()) if first else cutoff
        return harvest(feed, document.items, seen, owners, now=now, cutoff=limit, first=first)

    async def _send(self, articles: Sequence[Article]) -> None:
        await self._journal(articles)
        for start in range(0, len(articles), PUBLISHED_AT_ONCE):
            batch = articles[start : start + PUBLISHED_AT_ONCE]
            await asyncio.gather(*(self._publish(ARTICLES_COLLECTED, a.id, encode(a)) for a in batch))
            metrics.ARTICLES.labels(Stage.COLLECT).inc(len(batch))

    async def _tell(self, feed: Feed, before: FeedState, after: FeedState) -> None:
        alert = outcome.notice(feed, before, after, datetime.now(UTC))
        if alert:
            await self._publish(ALERTS_RAISED, feed.id, encode(alert))

    async def _mark_done(
        self,
        lease: Lease,
        feed: Feed,
        answer: Answer,
        after: FeedState,
        gathered: Harvest,
        *,
        emptied: bool = False,
    ) -> None:
        now = time.time()
        forget: list[bytes] = []
        if now - after.pruned_at >= PRUNED_EVERY:
            stale = await self._memory.stale(feed.id, now - KEPT)
            forget, after.pruned_at = [field for field in stale if field not in gathered.seen], now
        gap = self._gaps[feed.allow_private]
        # "Too many questions" is said by the whole host, "come back later" by the one feed.
        hold = (answer.retry_after or 0.0) if answer.status == 429 else 0.0
        done = await self._memory.done(
            lease, after, host_free_at=now + max(gap, hold), seen=gathered.seen, forget=forget
        )
        if not done:
            log.info('polling feed "%s": the lease ran out meanwhile; what was published may come again', feed.id)
        metrics.FEED_FETCHES.labels(feed.id, answer.fault or ("not_modified" if answer.not_modified else "ok")).inc()
        self._show(feed, after)
        if answer.fault is not None:
            log.warning('fetching feed "%s": %s', feed.id, answer.message)
        elif after.condition is Condition.EMPTY and emptied:
            log.warning('feed "%s" had items and has none any more', feed.id)
        elif gathered.articles:
            log.info('feed "%s": %d articles', feed.id, len(gathered.articles))

    def _show(self, feed: Feed, state: FeedState) -> None:
        if state.last_success:
            metrics.FEED_LAST_SUCCESS.labels(feed.id).set(state.last_success)
        if state.last_new:
            metrics.FEED_LAST_NEW.labels(feed.id).set(state.last_new)
        self._show_condition(feed.id, state.condition)

    def _show_condition(self, feed_id: str, condition: Condition) -> None:
        if self._shown.get(feed_id) is not condition:
            for name in metrics.FEED_STATES:
                metrics.FEED_STATE.labels(feed_id, name).set(name == condition)
            self._shown[feed_id] = condition

    def _show_resting(self, configuration: Configuration, active: list[Feed]) -> None:
        names = {feed.id for feed in active}
        for feed in configuration.feeds:
            for result in ("ok", "not_modified"):
                metrics.FEED_FETCHES.labels(feed.id, result)
            if feed.id not in names:
                self._show_condition(feed.id, Condition.PAUSED)


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


def _moment(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)


def _cutoff(feed: Feed, now: float) -> datetime | None:
    return None if feed.since == float("inf") else _moment(now) - timedelta(seconds=feed.since)
