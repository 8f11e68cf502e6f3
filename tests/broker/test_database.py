"""The database keeps its promises on SQLite and on PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from streams import journal
from streams.database import alerts, feeds, metadata, open_engine, reading, transaction, upgrade
from streams.records import Article, decode
from tests.builders import NOW, an_article


async def test_the_migrations_make_exactly_the_tables_that_the_code_knows(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), metadata)
        )
    assert not differences


async def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    await asyncio.to_thread(upgrade, database_url)
    await asyncio.to_thread(upgrade, database_url)


async def test_a_time_comes_back_aware_and_in_utc(engine: AsyncEngine) -> None:
    noon_in_berlin = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=1)))
    async with transaction(engine) as connection:
        await connection.execute(insert(feeds).values(id="one", cutoff=noon_in_berlin, paused=False))
    async with reading(engine) as connection:
        cutoff = (await connection.execute(select(feeds.c.cutoff))).scalar_one()
    assert cutoff == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert cutoff.utcoffset() == timedelta(0)


async def test_two_processes_that_read_and_then_write_wait_for_each_other(database_url: str) -> None:
    """On SQLite a transaction that read first would fail at once where another wrote in between."""

    async def count_up(engine: AsyncEngine) -> None:
        for _ in range(20):
            async with transaction(engine) as connection:
                await connection.execute(select(feeds).with_for_update())
                await connection.execute(insert(feeds).values(id=f"feed-{id(engine)}-{_}", paused=False))

    engines = [open_engine(database_url), open_engine(database_url)]
    await asyncio.gather(*map(count_up, engines))
    async with reading(engines[0]) as connection:
        assert len((await connection.execute(select(feeds.c.id))).all()) == 40
    for engine in engines:
        await engine.dispose()


class TestJournal:
    async def lines(self, engine: AsyncEngine) -> list[str]:
        return [decode(Article, value).id for _, value in await journal.outstanding(engine)]

    async def test_an_article_stands_until_it_is_archived_and_watched(self, engine: AsyncEngine) -> None:
        article = an_article()
        await journal.write(engine, [article])
        await journal.write(engine, [article])
        assert await self.lines(engine) == [article.id]
        async with transaction(engine) as connection:
            await journal.mark_archived(connection, article.event_id)
        assert await self.lines(engine) == [article.id]
        async with transaction(engine) as connection:
            await journal.mark_watched(connection, article.event_id)
        assert await self.lines(engine) == []

    async def test_an_article_stands_until_each_alert_raised_from_it_is_taken(self, engine: AsyncEngine) -> None:
        article = an_article()
        await journal.write(engine, [article])
        async with transaction(engine) as connection:
            row = {
                "id": "msg_1",
                "created": "msg_1",
                "kind": "created",
                "event": article.event_id,
                "raised": NOW,
                "body": b"{}",
            }
            await connection.execute(insert(alerts).values(row))
            await journal.mark_archived(connection, article.event_id)
            await journal.mark_watched(connection, article.event_id)
        assert await self.lines(engine) == [article.id]
        async with transaction(engine) as connection:
            await connection.execute(alerts.update().values(taken=NOW))
            await journal.strike(connection, article.event_id)
        assert await self.lines(engine) == []

    async def test_a_refused_article_is_struck_out(self, engine: AsyncEngine) -> None:
        article = an_article()
        await journal.write(engine, [article])
        async with transaction(engine) as connection:
            await journal.strike_refused(connection, article.event_id)
        assert await self.lines(engine) == []
