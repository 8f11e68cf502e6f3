"""Rows of developments, reports, decisions, alerts and gatherings, read and written inside the caller's transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import RowMapping, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from agents.watch.development import WINDOW, Development, Group, Member
from agents.watch.grouping import Outcome
from agents.watch.rules import Match
from streams.database import alerts, decisions, developments, gatherings, reports
from streams.records import Alert, AlertArticle, decode, encode

LOCK = 0x61726D73  # one number for all workers: placing reports in developments is done by one at a time
PAUSE_SHORTEST, PAUSE_LONGEST = timedelta(minutes=1), timedelta(minutes=15)  # until an untaken alert is published again


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An alert for the topic, whose key is the id of the ``created`` alert; one that is ``held`` is never published."""

    id: str
    created: str
    kind: str
    watch: str | None
    level: str | None
    body: bytes
    held: str | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A report as it stands in its development, with what alerts say of its article and event."""

    member: Member
    article_json: bytes
    event_json: bytes

    @property
    def article(self) -> AlertArticle:
        return decode(AlertArticle, self.article_json)

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = msgspec.json.decode(self.event_json)
        return facts


@dataclass(frozen=True, slots=True)
class Said:
    """An alert that a watch raised on a development."""

    watch: str
    id: str
    created: str
    level: str
    told: str | None
    held: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What a watch decided on a report that matters later: the first word, or that it waits."""

    watch: str
    event: str
    outcome: str
    alert: str | None
    match: Match | None


class Ledger:
    """The tables behind one open transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self) -> None:
        """Wait for our turn: two workers that place two reports of one event at once must not found two developments.

        SQLite's BEGIN IMMEDIATE has done that already. One lock for all, because a story may join any group; a
        transaction takes a few milliseconds and only relevant events need one, about one in thirty.
        """
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})

    async def is_placed(self, event: str) -> bool:
        return (
            await self._connection.execute(select(reports.c.event).where(reports.c.event == event))
        ).first() is not None

    async def raised_by(self, event: str) -> list[Outgoing]:
        """The alerts that ``event`` raised and that are to be sent."""
        rows = await self._connection.execute(
            select(alerts).where(alerts.c.event == event, alerts.c.held.is_(None)).order_by(alerts.c.watch)
        )
        return [outgoing(row) for row in rows.mappings()]

    async def development_of(self, article: str, story: str) -> Development | None:
        """Where the article or its story stands already: copies and revisions join through their story."""
        for column, value in ((reports.c.article, article), (reports.c.story, story)):
            query = (
                select(developments)
                .join(reports, reports.c.development == developments.c.id)
                .where(column == value)
                .order_by(reports.c.placed.desc())
                .limit(1)
            )
            row = (await self._connection.execute(query)).mappings().first()
            if row:
                return _development(row)
        return None

    async def development(self, development_id: str) -> Development | None:
        query = select(developments).where(developments.c.id == development_id)
        row = (await self._connection.execute(query)).mappings().first()
        return _development(row) if row else None

    async def candidates(self, new: Development) -> list[Development]:
        """Developments of the group and polarity of the report ``new``, near it in time."""
        table = developments.c
        query = select(developments).where(
            table.group == new.group,
            table.denied == new.denied,
            table.last_reported >= new.first_reported - WINDOW,
            table.first_reported <= new.last_reported + WINDOW,
        )
        return [_development(row) for row in (await self._connection.execute(query)).mappings()]

    async def found(self, development: Development) -> None:
        await self._connection.execute(insert(developments).values(id=development.id, **_columns(development)))

    async def save(self, development: Development) -> None:
        where = developments.c.id == development.id
        await self._connection.execute(update(developments).where(where).values(_columns(development)))

    async def add_report(self, placed: Placed, development: str, feed: str, now: datetime) -> None:
        member = placed.member
        await self._connection.execute(
            insert(reports).values(
                event=member.event,
                article=member.article,
                development=development,
                story=member.story,
                feed=feed,
                outlet=member.outlet,
                reported=member.reported,
                article_json=placed.article_json,
                event_json=placed.event_json,
                retracted=member.retracted,
                placed=now,
            )
        )

    async def reports_of(self, development: str) -> list[Placed]:
        """Every report of the development, in the order they came."""
        query = select(reports).where(reports.c.development == development).order_by(reports.c.placed, reports.c.event)
        return [_placed(row) for row in (await self._connection.execute(query)).mappings()]

    async def development_of_event(self, event: str) -> str | None:
        query = select(reports.c.development).where(reports.c.event == event)
        found: str | None = (await self._connection.execute(query)).scalar()
        return found

    async def said_of(self, development: str) -> list[Said]:
        """Every alert on the development, oldest first."""
        query = select(alerts).where(alerts.c.development == development).order_by(alerts.c.raised, alerts.c.id)
        rows = (await self._connection.execute(query)).mappings()
        return [Said(r["watch"], r["id"], r["created"], r["level"], r["told"], r["held"]) for r in rows]

    async def decided_of(self, development: str) -> list[Decided]:
        """First words and waiting reports on the development, in the order they came."""
        kinds = (Outcome.CREATED, Outcome.DIGEST, Outcome.WAITING)
        query = (
            select(decisions)
            .where(decisions.c.development == development, decisions.c.outcome.in_(kinds))
            .order_by(decisions.c.decided, decisions.c.event)
        )
        return [_decided(row) for row in (await self._connection.execute(query)).mappings()]

    async def match_of(self, watch: str, event: str) -> Match | None:
        query = select(decisions).where(decisions.c.watch == watch, decisions.c.event == event)
        row = (await self._connection.execute(query)).mappings().first()
        return _decided(row).match if row else None

    async def decide(
        self,
        watch: str,
        event: str,
        development: str | None,
        *,
        outcome: str,
        alert: str | None = None,
        match: Match | None = None,
        now: datetime,
    ) -> None:
        """Remember what the watch did with the event, or by what it nearly matched."""
        await self._connection.execute(
            insert(decisions).values(
                watch=watch,
                event=event,
                development=development,
                outcome=outcome,
                alert=alert,
                match=encode(match) if match else None,
                decided=now,
            )
        )

    async def told_by(self, watch: str, events: Iterable[str], alert: str) -> None:
        """Note which message told what was collected."""
        where = (decisions.c.watch == watch, decisions.c.event.in_(list(events)))
        await self._connection.execute(update(decisions).where(*where).values(alert=alert))

    async def raise_alert(
        self, alert: Alert, *, created: str, event: str | None, told: str | None, held: str | None, now: datetime
    ) -> Outgoing:
        """Store an alert; one that is held is never sent, so nothing waits for it to be taken."""
        assert alert.watch is not None
        await self._connection.execute(delete(alerts).where(alerts.c.id == alert.id, alerts.c.held.is_not(None)))
        values = {
            "id": alert.id,
            "created": created,
            "kind": str(alert.kind),
            "watch": alert.watch.id,
            "level": alert.watch.level,
            "development": alert.development,
            "event": event,
            "told": told,
            "held": held,
            "raised": now,
            "body": encode(alert),
            "published": None if held else now,
            "taken": now if held else None,
        }
        await self._connection.execute(insert(alerts).values(values))
        return outgoing(values)

    async def gather(
        self, watch: str, kind: str, development: str, *, events: Sequence[str], first: datetime, due: datetime
    ) -> None:
        """Keep what is collected; ``events`` are all of it."""
        await self.drop(watch, kind, development)
        values = {"watch": watch, "kind": kind, "development": development, "first": first, "due": due}
        await self._connection.execute(insert(gatherings).values(**values, events=json.dumps(list(events))))

    async def gathering(self, watch: str, kind: str, development: str) -> tuple[list[str], datetime, datetime] | None:
        """Events that are collected, when the first came, when they are due."""
        row = (
            (await self._connection.execute(select(gatherings).where(*_key(watch, kind, development))))
            .mappings()
            .first()
        )
        return (json.loads(row["events"]), row["first"], row["due"]) if row else None

    async def drop(self, watch: str, kind: str, development: str) -> None:
        await self._connection.execute(delete(gatherings).where(*_key(watch, kind, development)))

    async def due(self, now: datetime) -> list[tuple[str, str, str]]:
        """Watch, kind and development of what is due; digests first, for updates speak of what they told."""
        query = select(gatherings).where(gatherings.c.due <= now).order_by(gatherings.c.kind, gatherings.c.due)
        rows = (await self._connection.execute(query)).mappings()
        return [(row["watch"], row["kind"], row["development"]) for row in rows]

    async def untaken(self, now: datetime, started: datetime | None = None) -> list[Outgoing]:
        """Alerts that deliver has not taken since they went to the topic; they count as published ``now``.

        With ``started`` all that were published before it, for the broker may have died with them; else it is patient:
        the pause between two publications doubles from one to fifteen minutes: while deliver is down for hours, the
        topic must not fill with repeats.
        """
        query = select(alerts).where(alerts.c.taken.is_(None)).order_by(alerts.c.raised)
        rows = (await self._connection.execute(query)).mappings().all()
        found = [
            row for row in rows if (_published(row) < started if started else now - _published(row) >= _pause(row))
        ]
        if found:
            where = alerts.c.id.in_([row["id"] for row in found])
            await self._connection.execute(update(alerts).where(where).values(published=now))
        return [outgoing(row) for row in found]


def _published(row: RowMapping) -> datetime:
    published: datetime = row["published"] or row["raised"]
    return published


def _pause(row: RowMapping) -> timedelta:
    age: timedelta = _published(row) - row["raised"]
    return min(PAUSE_LONGEST, max(PAUSE_SHORTEST, age))


def outgoing(row: Any) -> Outgoing:
    """The alert in a row, ready for the topic."""
    return Outgoing(*(row[name] for name in ("id", "created", "kind", "watch", "level", "body", "held")))


def _key(watch: str, kind: str, development: str) -> tuple[Any, ...]:
    return gatherings.c.watch == watch, gatherings.c.kind == kind, gatherings.c.development == development


def _development(row: RowMapping) -> Development:
    sets = {name: frozenset(json.loads(row[name])) for name in ("suppliers", "recipients", "systems")}
    return Development(
        id=row["id"],
        group=Group(row["group"]),
        denied=row["denied"],
        first_reported=row["first_reported"],
        last_reported=row["last_reported"],
        types=tuple(json.loads(row["types"])),
        **sets,
    )


def _columns(development: Development) -> dict[str, Any]:
    return {
        "group": str(development.group),
        "denied": development.denied,
        "first_reported": development.first_reported,
        "last_reported": development.last_reported,
        "suppliers": json.dumps(sorted(development.suppliers)),
        "recipients": json.dumps(sorted(development.recipients)),
        "systems": json.dumps(sorted(development.systems)),
        "types": json.dumps(development.types),
    }


def _placed(row: RowMapping) -> Placed:
    names = ("event", "article", "story", "outlet", "reported", "retracted")
    return Placed(Member(**{name: row[name] for name in names}), row["article_json"], row["event_json"])


def _decided(row: RowMapping) -> Decided:
    match = decode(Match, row["match"]) if row["match"] else None
    return Decided(row["watch"], row["event"], row["outcome"], row["alert"], match)
