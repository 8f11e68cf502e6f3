"""Looking into the archive: events by what they say, dead letters by age, and their way back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from streams import journal
from streams.database import dead_letters, events, reading, transaction
from streams.records import Article, Event, Poison, decode
from streams.topics import (
    ARTICLES_COLLECTED,
    ARTICLES_DEDUPLICATED,
    EVENTS_CLASSIFIED,
    REQUEST_BYTES,
    TOPICS,
)

EVENT_COLUMNS = (
    "stored", "id", "type", "types", "assertion", "suppliers", "recipients", "systems", "verdict", "outlet", "published",
    "title", "relevant", "reason", "story",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are asked for; what is None does not matter."""

    since: datetime | None = None
    type: str | None = None
    supplier: str | None = None
    recipient: str | None = None
    system: str | None = None
    relevant: bool = True
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one wish to replay a dead letter."""

    id: str
    topic: str | None
    problem: str | None = None


async def find_events(engine: AsyncEngine, wanted: Wanted) -> list[dict[str, Any]]:
    """The newest events that match, newest first."""
    query = select(*(column for column in events.c if column.name not in ("record", "article")))
    if wanted.relevant:
        query = query.where(events.c.relevant)
    if wanted.since:
        query = query.where(events.c.stored >= wanted.since)
    for column, value in (
        (events.c.types, wanted.type),
        (events.c.suppliers, wanted.supplier),
        (events.c.recipients, wanted.recipient),
        (events.c.systems, wanted.system),
    ):
        if value is not None:
            query = query.where(column.contains(f"|{value}|", autoescape=True))
    async with reading(engine) as connection:
        rows = (await connection.execute(query.order_by(events.c.stored.desc()).limit(wanted.limit))).mappings().all()
    return [_event(dict(row)) for row in rows]


def _event(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("types", "suppliers", "recipients", "systems"):
        row[name] = [part for part in (row[name] or "").split("|") if part]
    return row | {"type": row["types"][0] if row["types"] else None}


async def find_dead_letters(engine: AsyncEngine, since: datetime | None, limit: int) -> list[dict[str, Any]]:
    """The newest dead letters, newest first; ``id`` is cut to what tells it from others."""
    columns = [column for column in dead_letters.c if column.name not in ("value", "key")]
    query = select(*columns).order_by(dead_letters.c.stored.desc()).limit(limit)
    if since:
        query = query.where(dead_letters.c.stored >= since)
    async with reading(engine) as connection:
        return [dict(row) for row in (await connection.execute(query)).mappings()]


async def read_dead_letter(engine: AsyncEngine, prefix: str) -> dict[str, Any] | None:
    """The one dead letter whose id starts with ``prefix``; None where there is none, or more than one."""
    query = select(dead_letters).where(dead_letters.c.id.startswith(prefix, autoescape=True)).limit(2)
    async with reading(engine) as connection:
        rows = (await connection.execute(query)).mappings().all()
    return dict(rows[0]) if len(rows) == 1 else None


async def replay(
    engine: AsyncEngine, broker: str, prefixes: Sequence[str], *, journaled: bool = False
) -> list[Replayed]:
    """Publish untouched values to the topics they came from, each marked after the broker's acknowledgement.

    ``journaled``: the broker is the embedded one, which forgets, so articles are written to the journal before. Raises
    KafkaError where the broker does not take one; those before it stay marked.
    """
    known = {topic.name for topic in TOPICS}
    done = []
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", max_request_size=REQUEST_BYTES)
    try:
        await producer.start()
        for prefix in prefixes:
            letter = await read_dead_letter(engine, prefix)
            if letter is None:
                done.append(Replayed(prefix, None, "no dead letter, or more than one, has an id that starts so"))
            elif letter["topic"] not in known:
                done.append(Replayed(letter["id"], letter["topic"], f"{letter['topic']!r} is none of our topics"))
            else:
                if journaled and (article := _article(letter["topic"], letter["value"])):
                    await journal.write(engine, [article])  # its line was struck out when it was refused
                await producer.send_and_wait(letter["topic"], value=letter["value"], key=letter["key"])
                await _mark(engine, letter["id"])
                done.append(Replayed(letter["id"], letter["topic"]))
    finally:
        await producer.stop()  # also where it never started: it has opened what must be closed
    return done


def _article(topic: str, value: bytes) -> Article | None:
    """The article in a record, or None: what cannot be read is refused again, and stays among the dead letters."""
    try:
        if topic == EVENTS_CLASSIFIED.name:
            return decode(Event, value).article
        return decode(Article, value) if topic in (ARTICLES_COLLECTED.name, ARTICLES_DEDUPLICATED.name) else None
    except Poison:
        return None


async def _mark(engine: AsyncEngine, letter: str) -> None:
    async with transaction(engine) as connection:
        marked = update(dead_letters).where(dead_letters.c.id == letter)
        await connection.execute(marked.values(replayed=datetime.now(UTC)))
