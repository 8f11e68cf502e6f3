"""Events and dead letters in the database: stored once, struck from the journal in the same transaction, forgotten in time."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from agents.archive.dead_letter import DeadLetter, event_of
from streams import journal
from streams.database import alerts, at_once, attempts, dead_letters, deliveries, events, transaction
from streams.records import Event
from streams.topics import Stage

IRRELEVANT_KEPT = timedelta(days=7)  # id, verdict and reason only: long enough to see why something was not seen
RELEVANT_KEPT = timedelta(days=400)  # a year and a month, alerts too: the same season of last year can be compared
DEAD_LETTERS_KEPT = timedelta(days=90)
BATCH = 500  # rows a transaction: others write to the same database meanwhile


class Stored(StrEnum):
    """What storing came to."""

    NEW = "new"
    REPEAT = "repeat"


async def store_event(engine: AsyncEngine, event: Event, value: bytes, now: datetime, *, journaled: bool) -> Stored:
    """Keep an event; ``value`` is its record, kept as it came where the event is relevant.

    ``journaled``: the broker is the embedded one, so articles stand in the journal; elsewhere the look-up would be for nothing.
    """

    def work(connection: Connection) -> Stored:
        stored = _insert(connection, events, _row(event, value, now))
        if journaled:
            journal.archived(connection, event.id)
        return stored

    return await at_once(engine, work)


async def store_dead_letter(engine: AsyncEngine, letter: DeadLetter, now: datetime) -> Stored:
    """Keep a dead letter; its article is done for the stages that will not see it any more."""

    def work(connection: Connection) -> Stored:
        stored = _insert(connection, dead_letters, asdict(letter) | {"stored": now})
        event = event_of(letter)
        if event is not None:
            _strike(connection, letter.stage, event)
        return stored

    return await at_once(engine, work)


def _strike(connection: Connection, stage: str, event: str) -> None:
    """Watch and archive read the same topic: what one refuses the other may still have to see."""
    if stage == Stage.WATCH:
        journal.watched(connection, event)
    elif stage == Stage.ARCHIVE:
        journal.archived(connection, event)
    else:
        journal.refused(connection, event)


async def forget(engine: AsyncEngine, now: datetime, batch: int = BATCH) -> int:
    """Delete at most ``batch`` rows of each table that are older than their limit; how many there were."""
    old_event = or_(
        (events.c.relevant.is_(False)) & (events.c.stored < now - IRRELEVANT_KEPT),
        (events.c.relevant.is_(True)) & (events.c.stored < now - RELEVANT_KEPT),
    )
    async with transaction(engine) as connection:
        gone = await _delete(connection, events, old_event, batch)
        gone += await _delete(connection, dead_letters, dead_letters.c.stored < now - DEAD_LETTERS_KEPT, batch)
        gone += await _delete(connection, alerts, alerts.c.taken < now - RELEVANT_KEPT, batch)
        return gone + await _forget_deliveries(connection, now - RELEVANT_KEPT, batch)


async def _delete(connection: AsyncConnection, table: Table, old: ColumnElement[bool], batch: int) -> int:
    some = select(table.c.id).where(old).limit(batch)
    return (await connection.execute(delete(table).where(table.c.id.in_(some)))).rowcount


async def _forget_deliveries(connection: AsyncConnection, before: datetime, batch: int) -> int:
    """Delete deliveries, with their attempts, that were made ``before``; not one that still waits for its receiver."""
    old = (deliveries.c.created < before, deliveries.c.finished.is_not(None))
    rows = await connection.execute(select(deliveries.c.alert, deliveries.c.receiver).where(*old).limit(batch))
    keys = [(row.alert, row.receiver) for row in rows]
    if keys:
        for table in (attempts, deliveries):
            await connection.execute(delete(table).where(tuple_(table.c.alert, table.c.receiver).in_(keys)))
    return len(keys)


def _insert(connection: Connection, table: Table, row: dict[str, Any]) -> Stored:
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
    result = connection.execute(insert.on_conflict_do_nothing(), row)
    return Stored.NEW if result.rowcount else Stored.REPEAT


def _row(event: Event, value: bytes, now: datetime) -> dict[str, Any]:
    article = event.article
    row: dict[str, Any] = {
        "id": event.id,
        "article": article.id,
        "story": event.story,
        "relevant": event.relevant,
        "verdict": article.verdict,
        "reason": _plain(event.reason),
        "stored": now,
    }
    if not event.relevant:
        return row
    return row | {
        "types": codes(event.types),
        "suppliers": codes(event.suppliers),
        "recipients": codes(event.recipients),
        "systems": codes(system.id for system in event.systems),
        "assertion": event.assertion,
        "outlet": _plain(article.outlet),
        "title": _plain(article.title),
        "published": article.published,
        "record": value,
    }


def codes(values: Iterable[str]) -> str:
    """``|a|b|``: a list in which one value can be looked for with LIKE; empty where there is none."""
    joined = "|".join(str(value) for value in values)
    return f"|{joined}|" if joined else ""


def _plain(text: str) -> str:
    """PostgreSQL refuses the zero character in a text."""
    return text.replace("\0", "�")
