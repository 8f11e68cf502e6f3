"""Rows of developments and reports, read and written inside the caller's transaction."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from agents.watch.development import WINDOW, Development, Group, Member
from streams.database import developments, reports
from streams.records import AlertArticle, decode

LOCK = 0x61726D73  # one number for all workers: placing reports in developments is done by one at a time


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


class Reports:
    """Developments and their reports behind one open transaction."""

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
        """Developments of the polarity of the report ``new``, near it in time."""
        table = developments.c
        query = select(developments).where(
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


def _development(row: RowMapping) -> Development:
    sets = {name: frozenset(json.loads(row[name])) for name in ("suppliers", "recipients", "systems")}
    return Development(
        id=row["id"],
        groups=frozenset(map(Group, row["groups"].split())),
        denied=row["denied"],
        first_reported=row["first_reported"],
        last_reported=row["last_reported"],
        types=tuple(json.loads(row["types"])),
        **sets,
    )


def _columns(development: Development) -> dict[str, Any]:
    return {
        "groups": " ".join(sorted(development.groups)),
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
