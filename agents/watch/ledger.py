"""Rows of decisions, alerts and gatherings, read and written inside the caller's transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Insert, RowMapping, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from agents.watch.grouping import Outcome
from agents.watch.reports import Reports
from agents.watch.rules import Match
from streams.database import alerts, decisions, developments, gatherings, reports
from streams.records import Alert, decode, encode

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


class Ledger(Reports):
    """All that watch remembers, behind one open transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self._decisions: list[dict[str, Any]] = []

    def _upsert(self, table: Table, values: dict[str, Any], where: ColumnElement[bool] | None = None) -> Insert:
        """Insert a row, or replace the one with its key (only where ``where`` holds of it)."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        insertion = dialect.insert(table).values(values)
        statement: Insert = insertion.on_conflict_do_update(
            index_elements=list(table.primary_key), set_=values, where=where
        )
        return statement

    async def raised_by(self, event: str) -> list[Outgoing]:
        """The alerts that ``event`` raised and that are to be sent."""
        rows = await self._connection.execute(
            select(alerts).where(alerts.c.event == event, alerts.c.held.is_(None)).order_by(alerts.c.watch)
        )
        return [outgoing(row) for row in rows.mappings()]

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

    def decide(
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
        """Remember what the watch did with the event, or by what it nearly matched; ``settle`` writes it."""
        self._decisions.append(
            {
                "watch": watch,
                "event": event,
                "development": development,
                "outcome": str(outcome),
                "alert": alert,
                "match": encode(match) if match else None,
                "decided": now,
            }
        )

    async def settle(self) -> None:
        """Write all decisions on the event at once."""
        if self._decisions:
            await self._connection.execute(insert(decisions), self._decisions)

    async def told_by(self, watch: str, events: Iterable[str], alert: str) -> None:
        """Note which message told what was collected."""
        where = (decisions.c.watch == watch, decisions.c.event.in_(list(events)))
        await self._connection.execute(update(decisions).where(*where).values(alert=alert))

    async def raise_alert(
        self, alert: Alert, *, created: str, event: str | None, told: str | None, held: str | None, now: datetime
    ) -> Outgoing:
        """Store an alert, in the place of one that was held; one that is held is never sent, so nothing waits for it."""
        assert alert.watch is not None
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
        await self._connection.execute(self._upsert(alerts, values, where=alerts.c.held.is_not(None)))
        return outgoing(values)

    async def gather(
        self, watch: str, kind: str, development: str, *, events: Sequence[str], first: datetime, due: datetime
    ) -> None:
        """Keep what is collected; ``events`` are all of it."""
        key = {"watch": watch, "kind": kind, "development": development}
        values = {"first": first, "due": due, "events": json.dumps(list(events))}
        await self._connection.execute(self._upsert(gatherings, key | values))

    async def gathering(self, watch: str, kind: str, development: str) -> tuple[list[str], datetime, datetime] | None:
        """Events that are collected, when the first came, when they are due."""
        row = (
            (await self._connection.execute(select(gatherings).where(*_key(watch, kind, development))))
            .mappings()
            .first()
        )
        return (json.loads(row["events"]), row["first"], row["due"]) if row else None

    async def put_off(self, watch: str, kind: str, development: str, due: datetime) -> None:
        await self._connection.execute(update(gatherings).where(*_key(watch, kind, development)).values(due=due))

    async def drop(self, watch: str, kind: str, development: str) -> None:
        await self._connection.execute(delete(gatherings).where(*_key(watch, kind, development)))

    async def due(self, now: datetime) -> list[tuple[str, str, str]]:
        """Watch, kind and development of what is due; digests first, for updates speak of what they told."""
        query = select(gatherings).where(gatherings.c.due <= now).order_by(gatherings.c.kind, gatherings.c.due)
        rows = (await self._connection.execute(query)).mappings()
        return [(row["watch"], row["kind"], row["development"]) for row in rows]

    async def forget(self, before: datetime, limit: int) -> int:
        """Delete up to ``limit`` developments without a report since ``before``, and their decisions; alerts stay."""
        later = select(reports.c.development).where(reports.c.placed >= before)
        query = select(reports.c.development).where(reports.c.placed < before, reports.c.development.not_in(later))
        old = list((await self._connection.execute(query.distinct().limit(limit))).scalars())
        if old:
            for column in (decisions.c.development, gatherings.c.development, reports.c.development, developments.c.id):
                await self._connection.execute(delete(column.table).where(column.in_(old)))
        return len(old)

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


def outgoing(row: Any) -> Outgoing:
    """The alert in a row, ready for the topic."""
    return Outgoing(*(row[name] for name in ("id", "created", "kind", "watch", "level", "body", "held")))


def _published(row: RowMapping) -> datetime:
    published: datetime = row["published"] or row["raised"]
    return published


def _pause(row: RowMapping) -> timedelta:
    age: timedelta = _published(row) - row["raised"]
    return min(PAUSE_LONGEST, max(PAUSE_SHORTEST, age))


def _key(watch: str, kind: str, development: str) -> tuple[Any, ...]:
    return gatherings.c.watch == watch, gatherings.c.kind == kind, gatherings.c.development == development


def _decided(row: RowMapping) -> Decided:
    match = decode(Match, row["match"]) if row["match"] else None
    return Decided(row["watch"], row["event"], row["outcome"], row["alert"], match)
