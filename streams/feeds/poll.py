"""One poll of a feed: asked, read, what is new published, and only then marked done."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from config.schema import Feed
from streams import metrics
from streams.feeds import notices, outcome
from streams.feeds.answer import Answer, Fault, Validators
from streams.feeds.board import Board
from streams.feeds.fetch import Fetcher, redacted
from streams.feeds.harvest import Harvest, harvest
from streams.feeds.items import Document, NotAFeed
from streams.feeds.ledger import FeedLedger
from streams.feeds.memory import Lease, PollMemory, body_digest
from streams.feeds.parse_worker import Job
from streams.feeds.parser_pool import ParserPool
from streams.feeds.state import FeedState
from streams.records import Article, encode
from streams.topics import ALERTS_RAISED, ARTICLES_COLLECTED, Stage, Topic

PUBLISHED_AT_ONCE = 50
# Seconds a seen item is kept: 30 days, and the 8 days that "not modified" may hide that it is still carried.
KEPT = 40 * 86400
PRUNED_EVERY = 86400.0
READ_AGAIN_AFTER = 86400.0  # an unchanged body is read again after a day, so that its items' stamps stay fresh

Publish = Callable[[Topic, str, bytes], Awaitable[None]]
Journal = Callable[[Sequence[Article]], Awaitable[None]]


class Poller:
    """Polls one feed at a time under its lease; ``publish`` and ``journal`` as Collector has them."""

    def __init__(
        self,
        *,
        memory: PollMemory,
        ledger: FeedLedger,
        fetcher: Fetcher,
        pool: ParserPool,
        publish: Publish,
        journal: Journal,
        board: Board,
    ) -> None:
        self._memory = memory
        self._ledger = ledger
        self._fetcher = fetcher
        self._pool = pool
        self._publish = publish
        self._journal = journal
        self._board = board

    async def poll(self, lease: Lease, feed: Feed, gap: float) -> None:
        """Poll ``feed``; ``gap``: seconds before its host may be asked again. Raises what store, database and broker raise."""
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
        await self._mark_done(lease, feed, answer, after, gathered, gap=gap, emptied=bool(before.items))

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
        if not notices.wanted(before, after):
            return
        listed, states = await self._memory.listed(), await self._memory.states()
        others = {name: state for name, state in states.items() if name in listed and name != feed.id}
        alert = notices.notice(feed, before, after, others, datetime.now(UTC))
        if alert is not None and alert.subject is not None:
            await self._publish(ALERTS_RAISED, alert.subject, encode(alert))

    async def _mark_done(
        self,
        lease: Lease,
        feed: Feed,
        answer: Answer,
        after: FeedState,
        gathered: Harvest,
        *,
        gap: float,
        emptied: bool = False,
    ) -> None:
        now = time.time()
        forget: list[bytes] = []
        if now - after.pruned_at >= PRUNED_EVERY:
            stale = await self._memory.stale(feed.id, now - KEPT)
            forget, after.pruned_at = [field for field in stale if field not in gathered.seen], now
        # "Too many questions" is said by the whole host, "come back later" by the one feed.
        hold = (answer.retry_after or 0.0) if answer.status == 429 else 0.0
        done = await self._memory.done(
            lease, after, host_free_at=now + max(gap, hold), seen=gathered.seen, forget=forget
        )
        self._board.polled(
            feed, answer, after, articles=len(gathered.articles), emptied=emptied and not after.items, fenced=not done
        )

    async def fail(self, lease: Lease, feed: Feed, gap: float, error: Exception) -> None:
        """Mark a poll done that our own code could not end: a failed one, not one to repeat at once."""
        answer = Answer(fault=Fault.INTERNAL, message=f"{type(error).__name__}: {error}"[:200])
        before = outcome.fitted(await self._memory.state(feed.id), feed)
        after = outcome.after_fault(feed, before, answer, now=time.time(), chance=random.random())
        await self._mark_done(lease, feed, answer, after, Harvest(), gap=gap)


def _moment(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)


def _cutoff(feed: Feed, now: float) -> datetime | None:
    return None if feed.since == float("inf") else _moment(now) - timedelta(seconds=feed.since)
