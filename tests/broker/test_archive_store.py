"""The archive on a real database, and the way of a dead letter back to its topic on a real broker."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agents.archive.dead_letter import DeadLetter, dead_letter_of
from agents.archive.ledger import Wanted, find_dead_letters, find_events, replay
from agents.archive.store import Stored, forget, store_dead_letter, store_event
from streams import journal
from streams.database import alerts, attempts, dead_letters, deliveries, events, reading, transaction
from streams.dead_letters import Inbound, headers_of
from streams.records import Event, Poison, decode, encode
from streams.topics import make_topics
from tests.builders import NOW, an_article, an_event


async def put(engine: AsyncEngine, event: Event, now: datetime = NOW) -> Stored:
    return await store_event(engine, event, encode(event), now, journaled=True)


def refused(value: bytes, stage: str = "classify", topic: str = "articles.deduplicated", offset: int = 1) -> DeadLetter:
    inbound = Inbound(topic, 0, offset, b"key", value, {})
    return dead_letter_of(Inbound("dead-letters", 0, 0, b"key", value, headers_of(stage, inbound, Poison("no"))))


async def rows(engine: AsyncEngine, table: Any) -> list[Any]:
    async with reading(engine) as connection:
        return list((await connection.execute(select(table).order_by(table.c.stored))).all())


async def test_a_relevant_event_is_kept_whole(engine: AsyncEngine) -> None:
    event = an_event(suppliers=["DE"], recipients=["UA"], systems=["Taurus"])
    assert await put(engine, event) is Stored.NEW
    (row,) = await rows(engine, events)
    assert decode(Event, row.record) == event


async def test_of_an_irrelevant_article_only_id_verdict_and_reason_are_kept(engine: AsyncEngine) -> None:
    await put(engine, an_event(relevant=False, reason="vetoed: video game"))
    (row,) = await rows(engine, events)
    assert (row.verdict, row.reason) == ("new", "vetoed: video game")
    assert (row.record, row.title, row.outlet, row.suppliers) == (None, None, None, None)


async def test_a_repeat_is_stored_once(engine: AsyncEngine) -> None:
    event = an_event()
    assert [await put(engine, event) for _ in range(2)] == [Stored.NEW, Stored.REPEAT]
    assert len(await rows(engine, events)) == 1


async def test_a_text_with_a_zero_character_is_stored_on_every_database(engine: AsyncEngine) -> None:
    await put(engine, an_event(an_article(title="Tanks\0 for Kyiv", outlet="The\0Wire")))
    await store_dead_letter(engine, refused(b"a\0b", stage="class\0ify"), NOW)
    assert len(await rows(engine, events)) == len(await rows(engine, dead_letters)) == 1


async def test_what_is_older_than_its_limit_is_forgotten_in_batches(engine: AsyncEngine) -> None:
    for _ in range(5):
        await put(engine, an_event(relevant=False), NOW)
    await put(engine, an_event(relevant=False), NOW + timedelta(days=6))
    await put(engine, an_event(), NOW)
    await store_dead_letter(engine, refused(b"x"), NOW)
    assert [await forget(engine, NOW + timedelta(days=8), batch=2) for _ in range(4)] == [2, 2, 1, 0]
    assert [row.relevant for row in await rows(engine, events)] == [True, False]
    await forget(engine, NOW + timedelta(days=91))
    assert [row.relevant for row in await rows(engine, events)] == [True]
    assert await rows(engine, dead_letters) == []
    await forget(engine, NOW + timedelta(days=401))
    assert await rows(engine, events) == []


async def test_alerts_and_deliveries_are_forgotten_after_400_days_but_not_what_still_waits(engine: AsyncEngine) -> None:
    alert = {"created": "a", "kind": "created", "raised": NOW, "body": b"{}"}
    delivery = {"kind": "created", "body": b"{}", "content_type": "text/plain", "attempts": 1, "created": NOW}
    attempt = {"receiver": "desk", "at": NOW, "reason": "ok", "duration": 0.1}
    async with transaction(engine) as connection:
        for name, taken, finished in (("told", NOW, NOW), ("waits", NOW, None), ("untaken", None, None)):
            await connection.execute(insert(alerts).values(alert | {"id": name, "taken": taken}))
            if taken:
                state = {"state": "delivered" if finished else "pending", "finished": finished}
                await connection.execute(
                    insert(deliveries).values(delivery | state | {"alert": name, "receiver": "desk"})
                )
                await connection.execute(insert(attempts).values(attempt | {"alert": name}))
    assert await forget(engine, NOW + timedelta(days=399)) == 0
    assert await forget(engine, NOW + timedelta(days=401)) == 3
    async with reading(engine) as connection:
        assert list((await connection.execute(select(alerts.c.id))).scalars()) == ["untaken"]
        for table in (deliveries, attempts):
            assert list((await connection.execute(select(table.c.alert))).scalars()) == ["waits"]


class TestFinding:
    @pytest.fixture
    async def archive(self, engine: AsyncEngine) -> AsyncEngine:
        await put(
            engine, an_event(types=["delivery", "aid"], suppliers=["DE", "DK"], recipients=["UA"], systems=["Taurus"])
        )
        later = NOW + timedelta(hours=1)
        await put(
            engine, an_event(types=["refusal"], suppliers=["DE"], recipients=["SA"], systems=["Leopard 2"]), later
        )
        await put(engine, an_event(relevant=False, reason="gate"), later)
        return engine

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            (Wanted(), ["refusal", "delivery"]),
            (Wanted(type="aid"), ["delivery"]),
            (Wanted(supplier="DE"), ["refusal", "delivery"]),
            (Wanted(supplier="DE", recipient="UA"), ["delivery"]),
            (Wanted(system="leopard-2"), ["refusal"]),
            (Wanted(system="leopard"), []),
            (Wanted(supplier="%"), []),
            (Wanted(since=NOW + timedelta(minutes=1)), ["refusal"]),
            (Wanted(limit=1), ["refusal"]),
        ],
    )
    async def test_events_are_found_by_what_they_say(
        self, archive: AsyncEngine, wanted: Wanted, found: list[str]
    ) -> None:
        assert [row["type"] for row in await find_events(archive, wanted)] == found

    async def test_irrelevant_articles_are_shown_where_all_are_asked_for(self, archive: AsyncEngine) -> None:
        shown = await find_events(archive, Wanted(relevant=False))
        assert {row["reason"] for row in shown} == {"", "gate"}
        assert len(shown) == 3


class TestJournal:
    async def outstanding(self, engine: AsyncEngine) -> int:
        return len(await journal.outstanding(engine))

    async def test_an_event_that_is_stored_and_watched_is_struck_out(self, engine: AsyncEngine) -> None:
        event = an_event()
        await journal.write(engine, [event.article])
        async with transaction(engine) as connection:
            await journal.mark_watched(connection, event.id)
        assert await self.outstanding(engine) == 1
        await put(engine, event)
        assert await self.outstanding(engine) == 0

    async def test_an_article_that_classify_refused_is_done(self, engine: AsyncEngine) -> None:
        article = an_article()
        await journal.write(engine, [article])
        await store_dead_letter(engine, refused(encode(article)), NOW)
        assert await self.outstanding(engine) == 0

    async def test_an_event_that_watch_refused_still_waits_for_the_archive(self, engine: AsyncEngine) -> None:
        event = an_event()
        await journal.write(engine, [event.article])
        await store_dead_letter(engine, refused(encode(event), "watch", "events.classified"), NOW)
        assert await self.outstanding(engine) == 1
        await put(engine, event)
        assert await self.outstanding(engine) == 0


async def test_a_dead_letter_that_is_told_twice_is_kept_once(engine: AsyncEngine) -> None:
    assert await store_dead_letter(engine, refused(b"x"), NOW) is Stored.NEW
    assert await store_dead_letter(engine, refused(b"x"), NOW) is Stored.REPEAT
    assert [row["offset"] for row in await find_dead_letters(engine, None, 10)] == [1]


async def test_a_replayed_dead_letter_comes_back_untouched_to_its_topic(engine: AsyncEngine, broker: str) -> None:
    await make_topics(broker, 1)
    value = b'{"not": "an article"}' + bytes(range(256))
    letter = refused(value)
    await store_dead_letter(engine, letter, NOW)
    await store_dead_letter(engine, refused(b"x", topic="elsewhere"), NOW + timedelta(seconds=1))
    done = await replay(engine, broker, [letter.id[:12], "no-such-id", refused(b"x", topic="elsewhere").id])
    assert [each.problem is None for each in done] == [True, False, False]
    consumer = AIOKafkaConsumer("articles.deduplicated", bootstrap_servers=broker, auto_offset_reset="earliest")
    async with asyncio.timeout(30), consumer:
        found = [await consumer.getone()]
        while found[-1].value != value:
            found.append(await consumer.getone())
    assert found[-1].key == b"key"
    kept = await rows(engine, dead_letters)
    assert [row.replayed is not None for row in kept] == [True, False]


@pytest.mark.parametrize("topic", ["articles.collected", "articles.deduplicated", "events.classified"])
async def test_an_article_that_is_replayed_on_a_broker_that_forgets_is_in_the_journal_again(
    engine: AsyncEngine, broker: str, topic: str
) -> None:
    await make_topics(broker, 1)
    event = an_event()
    letter = refused(encode(event if topic == "events.classified" else event.article), topic=topic)
    await store_dead_letter(engine, letter, NOW)
    assert await journal.outstanding(engine) == []
    await replay(engine, broker, [letter.id], journaled=True)
    assert await journal.outstanding(engine) == [(event.article.id.encode(), encode(event.article))]
    await store_dead_letter(engine, refused(letter.value, topic=topic, offset=2), NOW)  # refused once more
    assert await journal.outstanding(engine) == []
