"""The collector against real servers: what it publishes, when, and what it remembers of it."""

import asyncio
import contextlib
import itertools
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from config.schema import Feed
from streams.feeds.collect import Collector
from streams.feeds.fetch import Fetcher
from streams.feeds.ledger import FeedLedger
from streams.feeds.memory import PollMemory
from streams.feeds.parser_pool import ParserPool
from streams.feeds.state import Condition
from streams.records import Article, decode
from streams.topics import ARTICLES_COLLECTED
from tests.broker.feed_server import FeedServer, a_feed, an_item, until
from tests.builders import a_configuration


class Wire:
    """Stands for the broker: keeps what it acknowledged, and can be told to refuse."""

    def __init__(self) -> None:
        self.articles: list[Article] = []
        self.down = False

    async def publish(self, topic, key, value):
        if self.down:
            raise ConnectionError("the broker is down")
        await asyncio.sleep(0)
        if topic is ARTICLES_COLLECTED:
            article = decode(Article, value)
            assert key == article.id
            self.articles.append(article)

    @property
    def titles(self) -> list[str]:
        return [article.title for article in self.articles]


class Desk:
    """A collector with everything it needs, started and stopped as a test wants."""

    def __init__(self, store, engine, pool) -> None:
        self.server, self.wire, self.journal = FeedServer(), Wire(), []
        self.memory, self.engine, self.pool = PollMemory(store), engine, pool
        self.feeds: list[Feed] = []
        self._task = None

    def feed(self, name="wire", **values):
        values = {"every": "5s", "since": "all", "allow_private": True, **values}
        self.feeds.append(Feed(id=name, url=f"{self.server.url}/{name}", outlet="The Wire", **values))
        return self.feeds[-1]

    @contextlib.asynccontextmanager
    async def running(self, **options):
        async def journal(articles):
            self.journal.append([article.id for article in articles])

        configuration = a_configuration(feeds=self.feeds)
        async with Fetcher(whole_seconds=5.0) as fetcher:
            collector = Collector(
                configuration=lambda: configuration, memory=self.memory, ledger=FeedLedger(self.engine), fetcher=fetcher,
                pool=self.pool, publish=self.wire.publish, journal=journal, **options,
            )  # fmt: skip
            task = asyncio.create_task(collector.run())
            try:
                yield collector
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def poll_now(self, name="wire"):
        """Have the feed polled once more, and wait for its end."""
        for _ in range(200):
            before = (await self.memory.state(name)).polled_at
            if before and await self.memory.request(name, time.time() - 1):
                break
            await asyncio.sleep(0.05)
        for _ in range(200):
            if (await self.memory.state(name)).polled_at > before:
                return await self.memory.state(name)
            await asyncio.sleep(0.05)
        raise AssertionError("the feed was not polled")


@pytest.fixture
async def desk(store, engine):
    async with ParserPool(1) as pool:
        desk = Desk(store, engine, pool)
        async with desk.server:
            yield desk


async def test_each_item_is_published_once_whatever_the_order_and_however_often_it_is_polled(desk):
    desk.feed()
    desk.server.serve("/wire", a_feed(an_item(1), an_item(2), an_item(3)))
    async with desk.running():
        await until(lambda: len(desk.wire.articles) == 3)
        desk.server.serve("/wire", a_feed(an_item(4), an_item(3), an_item(1), an_item(2)))
        await desk.poll_now()
        await desk.poll_now()
    assert sorted(desk.wire.titles) == [f"Parliament debates budget item {n}" for n in (1, 2, 3, 4)]
    assert desk.journal[0] == [article.id for article in desk.wire.articles[:3]]


async def test_an_edit_keeps_the_id_and_raises_the_revision(desk):
    desk.feed()
    desk.server.serve("/wire", a_feed(an_item(1, text="Ministers meet")))
    async with desk.running():
        await until(lambda: len(desk.wire.articles) == 1)
        desk.server.serve("/wire", a_feed(an_item(1, text="Ministers meet in Vilnius")))
        await desk.poll_now()
    first, second = desk.wire.articles
    assert (first.id, first.revision, second.revision) == (second.id, 0, 1)
    assert first.content_hash != second.content_hash


async def test_an_item_that_leaves_and_returns_is_published_once(desk):
    desk.feed()
    desk.server.serve("/wire", a_feed(an_item(1), an_item(2)))
    async with desk.running():
        await until(lambda: len(desk.wire.articles) == 2)
        desk.server.serve("/wire", a_feed(an_item(2)))
        await desk.poll_now()
        desk.server.serve("/wire", a_feed(an_item(1), an_item(2)))
        await desk.poll_now()
    assert len(desk.wire.articles) == 2


async def test_guids_that_churn_publish_nothing_again(desk):
    desk.feed()
    text = "The committee met on Tuesday to hear the report of its chair"
    desk.server.serve("/wire", a_feed(an_item(1, guid="session-a", text=text)))
    async with desk.running():
        await until(lambda: len(desk.wire.articles) == 1)
        desk.server.serve("/wire", a_feed(an_item(1, guid="session-b", text=text)))
        await desk.poll_now()
    assert len(desk.wire.articles) == 1


async def test_later_polls_are_conditional_and_an_unchanged_feed_publishes_nothing(desk):
    desk.feed()
    desk.server.serve("/wire", a_feed(an_item(1)), ETag='"one"')
    async with desk.running():
        await until(lambda: len(desk.wire.articles) == 1)
        state = await desk.poll_now()
    assert "If-None-Match" not in desk.server.headers("/wire")[0]
    assert desk.server.headers("/wire")[1]["If-None-Match"] == '"one"'
    assert state.condition is Condition.NOT_MODIFIED


async def test_nothing_is_marked_done_while_the_broker_is_down(desk, monkeypatch):
    monkeypatch.setattr("streams.feeds.collect.HELD_SECONDS", 0.2)
    desk.feed()
    desk.server.serve("/wire", a_feed(an_item(1)), ETag='"one"')
    desk.wire.down = True
    async with desk.running():
        await until(lambda: len(desk.server.asked) >= 2)
        assert (await desk.memory.state("wire")).etag is None
        desk.wire.down = False
        await until(lambda: len(desk.wire.articles) == 1)
    assert all("If-None-Match" not in headers for headers in desk.server.headers("/wire"))


async def test_a_restart_asks_no_feed_before_its_time(desk):
    desk.feed(every="30s")
    desk.server.serve("/wire", a_feed(an_item(1)))
    async with desk.running():
        await until(lambda: len(desk.wire.articles) == 1)
        await asyncio.sleep(0.1)
    async with desk.running():
        await asyncio.sleep(1.5)
    assert len(desk.server.asked) == 1


async def test_a_feed_with_a_pace_of_its_own_is_asked_at_that_pace(desk):
    desk.feed(every="5s")
    desk.server.serve("/wire", a_feed(an_item(1)), Cache_Control="max-age=3600")
    async with desk.running():
        await until(lambda: len(desk.server.asked) == 2, 7)
    first, second = desk.server.times("/wire")
    assert 4.9 < second - first < 5.6


async def test_the_very_first_poll_is_backfill_and_leaves_old_items_alone_for_ever(desk, store):
    desk.feed(since="48h")
    now = datetime.now(UTC)
    old, recent = (format_datetime(now - timedelta(hours=hours)) for hours in (72, 2))
    desk.server.serve("/wire", a_feed(an_item(1, published=old), an_item(2, published=recent), an_item(3)))
    async with desk.running():
        await until(lambda: len(desk.wire.articles) == 2)
        assert all(article.backfill for article in desk.wire.articles)
        desk.server.serve("/wire", a_feed(an_item(1, published=old), an_item(4, published=recent)))
        await desk.poll_now()
        assert [article.backfill for article in desk.wire.articles] == [True, True, False]
    await store.flushall()
    desk.wire.articles.clear()
    async with desk.running():
        await until(lambda: len(desk.wire.articles) == 1)
        await asyncio.sleep(0.2)
    assert desk.wire.titles == ["Parliament debates budget item 4"]
    assert not desk.wire.articles[0].backfill
    assert "If-None-Match" not in desk.server.headers("/wire")[-1]


async def test_an_emptied_store_is_noticed_by_a_running_collector(desk, store, monkeypatch):
    monkeypatch.setattr("streams.feeds.collect.ENLIST_SECONDS", 0.3)
    desk.feed(every="60s")
    desk.server.serve("/wire", a_feed(an_item(1)))
    async with desk.running():
        await until(lambda: len(desk.wire.articles) == 1)
        await asyncio.sleep(0.1)
        await store.flushall()
        await until(lambda: len(desk.wire.articles) == 2)
    first, second = desk.wire.articles
    assert first.id == second.id


async def test_a_feed_of_thousands_comes_in_parts_and_keeps_no_validators_before_the_last(desk):
    desk.feed(since="48h")
    desk.server.serve("/wire", a_feed(*(an_item(n) for n in range(2100))), ETag='"big"')
    async with desk.running():
        await until(lambda: len(desk.wire.articles) == 2100, 30)
        await until(lambda: len(desk.server.asked) == 2)
        await asyncio.sleep(0.3)
        assert (await desk.memory.state("wire")).etag == '"big"'
    assert len({article.id for article in desk.wire.articles}) == 2100
    assert all(article.backfill for article in desk.wire.articles)
    assert "If-None-Match" not in desk.server.headers("/wire")[1]


async def test_one_bad_feed_does_not_stop_the_others(desk):
    for name in ("page", "bomb", "gone", "wire"):
        desk.feed(name)
    desk.server.serve("/page", "<!DOCTYPE html><html><body>Please prove that you are human</body></html>")
    desk.server.serve("/bomb", "<!DOCTYPE r [<!ENTITY a 'ha'>" + "".join(
        f"<!ENTITY {chr(98 + n)} '{('&' + chr(97 + n) + ';') * 10}'>" for n in range(9)) + "]>"
        "<rss version='2.0'><channel><item><title>&j;</title></item></channel></rss>")  # fmt: skip
    desk.server.serve("/wire", a_feed(an_item(1)))
    async with desk.running():
        await until(lambda: "Parliament debates budget item 1" in desk.wire.titles)
        for _ in range(100):
            states = await desk.memory.states()
            if len(states) == 4:
                break
            await asyncio.sleep(0.1)
    assert states["page"].fault == "not_a_feed"
    assert "HTML page" in states["page"].message
    assert states["gone"].message == "404 Not Found"
    assert states["wire"].condition is Condition.OK


async def test_a_host_gets_one_question_at_a_time_with_a_pause_after_it(desk):
    for number in range(3):
        desk.feed(f"f{number}")

        async def slow(request):
            await asyncio.sleep(0.2)
            return web.Response(text=a_feed(an_item(request.path)))

        desk.server.handle(f"/f{number}", slow)
    async with desk.running(private_host_gap=1.0):
        await until(lambda: len(desk.wire.articles) == 3)
    times = sorted(at for at, _, _ in desk.server.asked)[:3]
    assert desk.server.most_in_flight == 1
    assert all(later - earlier >= 1.1 for earlier, later in itertools.pairwise(times))


async def test_a_hanging_host_holds_up_nobody_else(desk):
    async with FeedServer() as other:
        desk.feed("slow")
        desk.feeds.append(
            Feed(id="wire", url=f"{other.url}/wire", outlet="W", every="5s", since="all", allow_private=True)
        )

        async def hang(request):
            await asyncio.sleep(10)

        desk.server.handle("/slow", hang)
        other.serve("/wire", a_feed(an_item(1)))
        began = time.monotonic()
        async with desk.running():
            await until(lambda: len(desk.wire.articles) == 1)
            assert time.monotonic() - began < 3


async def test_two_collectors_share_the_feeds(desk):
    for number in range(20):
        desk.feed(f"f{number}", every="60s")
        desk.server.serve(f"/f{number}", a_feed(an_item(number)))
    async with desk.running(), desk.running():
        await until(lambda: len(desk.wire.articles) == 20, 20)
    assert len(desk.server.asked) == 20


async def test_a_cut_document_gives_its_whole_items_and_no_validators(desk):
    desk.feed()
    body = a_feed(an_item(1), an_item(2), an_item(3))
    desk.server.serve("/wire", body[: body.index("item-3")], ETag='"cut"')
    async with desk.running():
        await until(lambda: len(desk.wire.articles) == 2)
        await asyncio.sleep(0.2)
        state = await desk.memory.state("wire")
        assert (state.etag, state.condition) == (None, Condition.DEGRADED)
        desk.server.serve("/wire", body)
        await desk.poll_now()
    assert len(desk.wire.articles) == 3


async def test_failures_wait_longer_each_time_and_one_success_ends_it(desk):
    feed = desk.feed(every="30s")
    desk.server.serve("/wire", status=500)
    async with desk.running():
        await until(lambda: len(desk.server.asked) == 1)
        await asyncio.sleep(0.2)
        waits = []
        for _ in range(3):
            state = await desk.poll_now()
            waits.append(round(state.next_at - state.polled_at))
        assert waits == [60, 120, 240]
        assert state.condition is Condition.FAILING
        desk.server.serve("/wire", a_feed(an_item(1)))
        state = await desk.poll_now()
        assert (state.failures, state.condition) == (0, Condition.OK)
        assert state.next_at - state.polled_at == pytest.approx(feed.every)
