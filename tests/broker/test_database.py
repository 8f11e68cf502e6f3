"""The database keeps its promises on SQLite and on PostgreSQL."""

import asyncio
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from agents.deliver.receivers import Answer, Message, Reason
from agents.deliver.settlement import Attempt, Due, settle
from agents.watch.due import untaken
from agents.watch.ledger import Ledger
from streams import journal
from streams.database import (
    TRANSIENT,
    Outage,
    alerts,
    feeds,
    metadata,
    migration_config,
    newest_migration,
    open_engine,
    opened,
    reading,
    transaction,
    upgrade,
)
from streams.local_kafka import free_port
from streams.records import Alert, AlertKind, Article, decode, encode
from tests.builders import NOW, an_article
from tests.conftest import _execute as execute


async def test_the_migrations_make_exactly_the_tables_that_the_code_knows(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), metadata)
        )
    assert not differences


async def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    await asyncio.to_thread(upgrade, database_url)
    await asyncio.to_thread(upgrade, database_url)


def test_a_start_on_the_newest_tables_needs_no_alembic(database_url: str) -> None:
    says = "import sys; from streams.database import upgrade; upgrade(sys.argv[1]); print('alembic' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", says, database_url], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\n"


def test_the_newest_migration_by_its_file_is_the_one_that_alembic_would_end_at() -> None:
    assert ScriptDirectory.from_config(migration_config("sqlite+aiosqlite://")).get_current_head() == newest_migration()


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


class TestOutages:
    """What passes by itself must be told from what stays: the one holds a stage, the other refuses a record."""

    def _only_postgresql(self, engine: AsyncEngine) -> None:
        if engine.dialect.name != "postgresql":
            pytest.skip("SQLite has no server that may be away")

    async def test_a_server_that_is_away_is_an_outage(self) -> None:
        engine = open_engine(f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/nothing")
        for use in (transaction, reading):
            with pytest.raises(Outage, match="connecting to the database"):
                async with use(engine):
                    pass
        await engine.dispose()
        assert issubclass(Outage, TRANSIENT)

    async def test_a_connection_that_the_server_ends_is_an_outage(self, engine: AsyncEngine) -> None:
        self._only_postgresql(engine)
        with pytest.raises(Outage):
            async with transaction(engine) as connection:
                await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        async with reading(engine) as connection:
            assert (await connection.execute(text("SELECT 1"))).scalar() == 1

    async def test_a_deadlock_is_an_outage_for_the_one_that_is_ended(self, engine: AsyncEngine) -> None:
        self._only_postgresql(engine)
        async with transaction(engine) as connection:
            await connection.execute(insert(feeds), [{"id": name, "paused": False} for name in ("one", "two")])
        both_hold_one = asyncio.Barrier(2)

        async def rest(*names: str) -> None:
            async with transaction(engine) as connection:
                for name in names:
                    await connection.execute(feeds.update().where(feeds.c.id == name).values(paused=True))
                    if name == names[0]:
                        await both_hold_one.wait()

        ended = await asyncio.gather(rest("one", "two"), rest("two", "one"), return_exceptions=True)
        assert [type(one) for one in ended if one is not None] == [Outage]

    async def test_a_server_that_never_answers_is_an_outage(self, engine: AsyncEngine) -> None:
        self._only_postgresql(engine)
        impatient = open_engine(engine.url.render_as_string(hide_password=False), answer_seconds=0.3)
        with pytest.raises(Outage, match="no answer in time"):
            async with transaction(impatient) as connection:
                await connection.execute(text("SELECT pg_sleep(20)"))
        await impatient.dispose()

    async def test_a_row_that_is_there_already_is_no_outage(self, engine: AsyncEngine) -> None:
        with pytest.raises(IntegrityError) as raised:
            async with transaction(engine) as connection:
                await connection.execute(insert(feeds), [{"id": "one", "paused": False}] * 2)
        assert not isinstance(raised.value, TRANSIENT)


def test_workers_that_start_at_once_migrate_an_empty_database_once(postgres: str) -> None:
    name = f"test_{uuid.uuid4().hex[:12]}"
    asyncio.run(execute(f"{postgres}/postgres", f"CREATE DATABASE {name}"))
    command = [sys.executable, "-c", "import sys; from streams.database import upgrade; upgrade(sys.argv[1])"]
    workers = [subprocess.Popen([*command, f"{postgres}/{name}"], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = [worker.communicate(timeout=60)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0], "\n".join(told)


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


async def test_what_every_event_asks_is_found_by_an_index_however_much_was_kept(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/armswire.db"
    await asyncio.to_thread(upgrade, url)
    engine = open_engine(url)
    asked: list[tuple[str, Any]] = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    due = Due("desk", Message("msg_1", b"{}", "application/json"), "created", 0, None, None, None)
    async with transaction(engine) as connection:
        ledger = Ledger(connection)
        await ledger.said_of("development")
        await ledger.decided_of("development")
        await ledger.raised_by("event")
        await ledger.is_placed("event")
        await settle(connection, Attempt(due, Answer(Reason.OK, 200), NOW, NOW, 1.0), (0.0,))
        plans = {}
        for statement, values in list(asked):
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                plans[statement] = [row.detail for row in rows]
    await engine.dispose()
    # A state is no key: nearly every delivery ends in the same one.
    slow = ("SCAN", "deliveries_due (state=?)")
    assert not {s: plan for s, plan in plans.items() if any(word in step for step in plan for word in slow)}
    assert len(plans) >= 7


async def test_what_a_feed_has_to_tell_is_published_again_until_it_is_taken(engine: AsyncEngine) -> None:
    """The embedded broker may die before deliver has read it, and the feed's state says that it was told."""
    notice = Alert(id="msg_feed", kind=AlertKind.SOURCE_FAILING, subject="desk-feed", raised=NOW)
    for _ in range(2):
        await journal.keep_notice(engine, "desk-feed", encode(notice))
    now = datetime.now(UTC)
    (again,) = await untaken(engine, now, now)
    assert (again.created, again.body, again.held) == ("desk-feed", encode(notice), None)
    async with transaction(engine) as connection:
        await connection.execute(alerts.update().values(taken=now))
    assert await untaken(engine, now, now) == []


async def test_a_task_that_is_cancelled_again_while_it_closes_the_database_closes_it(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Faust cancels a stage's tasks more than once; a connection half closed is a traceback in the log of every stop."""
    asked = asyncio.Event()

    async def stage() -> None:
        async with opened(database_url) as engine:
            async with reading(engine) as connection:
                await connection.execute(select(feeds))
            asked.set()
            await asyncio.sleep(60)

    running = asyncio.create_task(stage())
    await asked.wait()
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert caplog.messages == []
