"""What the embedded broker must not forget: articles under way, written before they are published, struck out when done."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from streams.database import alerts, journal, reading, transaction
from streams.records import Alert, Article, decode, encode

# Made once, for they run for every article: building a statement costs more than SQLite takes to run it.
_HERE = journal.c.id == bindparam("event")
ARCHIVED = update(journal).where(_HERE).values(archived=bindparam("now"))
WATCHED = update(journal).where(_HERE).values(watched=bindparam("now"))
STRIKE = delete(journal).where(
    _HERE,
    journal.c.archived.is_not(None),
    journal.c.watched.is_not(None),
    ~exists().where(alerts.c.event == bindparam("event"), alerts.c.taken.is_(None)),
)


async def write(engine: AsyncEngine, articles: Sequence[Article]) -> None:
    """Remember articles before they are published; one that stands there already stays as it is."""
    if not articles:
        return
    now = datetime.now(UTC)
    rows = [
        {"id": article.event_id, "key": article.id.encode(), "value": encode(article), "written": now}
        for article in articles
    ]
    insert = (sqlite if engine.dialect.name == "sqlite" else postgresql).insert(journal)
    async with transaction(engine) as connection:
        await connection.execute(insert.on_conflict_do_nothing(), rows)


async def keep_notice(engine: AsyncEngine, key: str, value: bytes) -> None:
    """Remember what a feed has to tell before it is published: like any alert it is published again until it is taken."""
    notice = decode(Alert, value)
    now = datetime.now(UTC)
    row = {"id": notice.id, "created": key, "kind": notice.kind, "raised": now, "body": value, "published": now}
    insert = (sqlite if engine.dialect.name == "sqlite" else postgresql).insert(alerts)
    async with transaction(engine) as connection:
        await connection.execute(insert.on_conflict_do_nothing(), row)


def archived(connection: Connection, event_id: str) -> None:
    """Archive has stored the article's event."""
    connection.execute(ARCHIVED, {"event": event_id, "now": datetime.now(UTC)})
    connection.execute(STRIKE, {"event": event_id})


def watched(connection: Connection, event_id: str) -> None:
    """Watch has committed its decision on the article's event."""
    connection.execute(WATCHED, {"event": event_id, "now": datetime.now(UTC)})
    connection.execute(STRIKE, {"event": event_id})


def refused(connection: Connection, event_id: str) -> None:
    """Delete the line of an article that a stage refused and that stands among the dead letters."""
    connection.execute(delete(journal).where(journal.c.id == event_id))


async def mark_archived(connection: AsyncConnection, event_id: str) -> None:
    """Archive has stored the article's event."""
    await connection.run_sync(archived, event_id)


async def mark_watched(connection: AsyncConnection, event_id: str) -> None:
    """Watch has committed its decision on the article's event."""
    await connection.run_sync(watched, event_id)


async def strike(connection: AsyncConnection, event_id: str) -> None:
    """Delete the line if the event is stored, watched, and deliver has taken each alert raised from it."""
    await connection.execute(STRIKE, {"event": event_id})


async def strike_refused(connection: AsyncConnection, event_id: str) -> None:
    """Delete the line of an article that a stage refused and that stands among the dead letters."""
    await connection.run_sync(refused, event_id)


async def outstanding(
    engine: AsyncEngine, *, after: datetime | None = None, until: datetime | None = None
) -> list[tuple[bytes, bytes]]:
    """Key and value of every article that is not struck out, oldest first; of those written after and up to a time."""
    query = select(journal.c.key, journal.c.value).order_by(journal.c.written)
    if after is not None:
        query = query.where(journal.c.written > after)
    if until is not None:
        query = query.where(journal.c.written <= until)
    async with reading(engine) as connection:
        rows = await connection.execute(query)
        return [(row.key, row.value) for row in rows]


async def clear(engine: AsyncEngine) -> None:
    """Delete every line: its article was published to a broker that remembers."""
    async with transaction(engine) as connection:
        await connection.execute(delete(journal))
