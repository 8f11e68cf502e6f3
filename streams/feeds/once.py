"""One poll by hand: asks, reads and prints, and leaves schedule, store and database alone."""

from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from config.schema import Feed
from streams.feeds.answer import Fault
from streams.feeds.fetch import Fetcher, redacted
from streams.feeds.harvest import article_of
from streams.feeds.items import Document, NotAFeed
from streams.feeds.parse_worker import Job
from streams.feeds.parser_pool import ParserPool
from streams.records import Article


class FeedFailed(Exception):
    """A feed that did not answer with a feed; ``fault`` says which kind of failure it was."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class PollOnce:
    """Fetcher and parser for polls by hand; use with ``async with``."""

    def __init__(self, contact: str | None) -> None:
        self._fetcher = Fetcher(contact)
        self._pool = ParserPool()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()
        await self._fetcher.__aexit__(kind, error, trace)

    async def document(self, feed: Feed) -> Document:
        """What the feed holds; raises FeedFailed."""
        answer = await self._fetcher.fetch(feed.url, allow_private=feed.allow_private)
        if answer.fault is not None:
            raise FeedFailed(answer.fault, answer.message)
        job = Job(answer.body, answer.content_type, redacted(feed.url), feed.id, answer.complete)
        try:
            return await self._pool.parse(job)
        except NotAFeed as error:
            raise FeedFailed(Fault.NOT_A_FEED, str(error)) from error

    async def articles(self, feed: Feed) -> list[Article]:
        """The feed's items as they would be published; raises FeedFailed."""
        document = await self.document(feed)
        now = datetime.now(UTC)
        return [article_of(feed, item, item.id, revision=0, now=now, backfill=False) for item in document.items]
