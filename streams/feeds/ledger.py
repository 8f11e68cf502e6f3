"""The database's row of a feed: when it was first polled, before which date its items are never sent on, whether it rests."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from streams.database import feeds, reading, transaction


@dataclass(frozen=True, slots=True)
class KnownFeed:
    """A feed that was polled before; ``cutoff`` None: none of its items is too old."""

    first_polled: datetime
    cutoff: datetime | None


class FeedLedger:
    """Rows of `feeds`; what was found is kept, because a row never changes once it is written."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: dict[str, KnownFeed] = {}

    async def known(self, feed: str) -> KnownFeed | None:
        """The feed's row, or None where this is its very first poll."""
        if feed not in self._known:
            async with reading(self._engine) as connection:
                row = (await connection.execute(select(feeds).where(feeds.c.id == feed))).first()
            if row is None or row.first_polled is None:
                return None
            self._known[feed] = KnownFeed(row.first_polled, row.cutoff)
        return self._known[feed]

    async def remember(self, feed: str, first_polled: datetime, cutoff: datetime | None) -> None:
        """Write the row of a feed's first poll; a row of another collector's stays."""
        insert = (sqlite if self._engine.dialect.name == "sqlite" else postgresql).insert(feeds)
        values = {"id": feed, "first_polled": first_polled, "cutoff": cutoff, "paused": False}
        statement = insert.values(values).on_conflict_do_update(
            index_elements=[feeds.c.id],
            set_={"first_polled": first_polled, "cutoff": cutoff},
            where=feeds.c.first_polled.is_(None),  # a row that only says the feed rests
        )
        async with transaction(self._engine) as connection:
            await connection.execute(statement)

    async def paused(self) -> frozenset[str]:
        """Feeds that a person told to rest."""
        async with reading(self._engine) as connection:
            rows = await connection.execute(select(feeds.c.id).where(feeds.c.paused))
            return frozenset(row.id for row in rows)

    async def pause(self, feed: str, *, rests: bool) -> None:
        """Let a feed rest, or be asked again."""
        insert = (sqlite if self._engine.dialect.name == "sqlite" else postgresql).insert(feeds)
        statement = insert.values(id=feed, paused=rests).on_conflict_do_update(
            index_elements=[feeds.c.id], set_={"paused": rests}
        )
        async with transaction(self._engine) as connection:
            await connection.execute(statement)
