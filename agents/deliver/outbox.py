"""The outbox: one row an alert and receiver with its bytes, what came of each attempt, and when the next one is due."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from agents.deliver import receiver_state
from agents.deliver.receivers import Message
from agents.deliver.settlement import Attempt, Due, Settled, State, settle
from streams import journal
from streams.database import alerts, deliveries, reading, receiver_states, transaction
from streams.records import Alert, AlertKind, encode

LEASE = timedelta(seconds=60)  # of a receiver by a worker: longer than any request takes, chat and mail included
LEASE_LEFT = timedelta(seconds=40)  # a lease with less left is renewed before the next request


@dataclass(frozen=True, slots=True)
class Letter:
    """An alert's bytes for one receiver."""

    receiver: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a receiver still has to get: since when, and when something of it is due (None while it is disabled)."""

    oldest: datetime
    due: datetime | None


class Outbox:
    """The deliveries in the database.

    ``delays`` is the retry schedule in seconds, ``letters`` gives an alert's letters under the configuration in use,
    ``owner`` names this worker in the leases that several workers need.
    """

    def __init__(
        self, engine: AsyncEngine, delays: Sequence[float], letters: Callable[[Alert], Sequence[Letter]], owner: str
    ) -> None:
        self._engine = engine
        self._delays = delays
        self._letters = letters
        self._owner = owner
        # On SQLite there is one worker (architecture.md): it needs no lease, and saves a commit before each request.
        self._alone = engine.dialect.name == "sqlite"
        self._leases: dict[str, datetime] = {}

    async def take(self, alert: Alert, now: datetime) -> list[str]:
        """Make the alert's deliveries and mark it taken, also where it has no receiver; the receivers that are to be told.

        A repeat changes nothing. An alert of a feed may have no row of its own: then its deliveries tell the repeat.
        """
        letters = self._letters(alert)
        async with transaction(self._engine) as connection:
            known = select(alerts.c.event, alerts.c.taken).where(alerts.c.id == alert.id).with_for_update()
            row = (await connection.execute(known)).first()
            if row is not None and row.taken is not None:
                return []
            made = await self._insert(connection, alert, letters, now)
            if row is not None:
                await connection.execute(update(alerts).where(alerts.c.id == alert.id).values(taken=now))
                if row.event is not None:
                    await journal.strike(connection, row.event)
        return made

    async def waiting(self) -> dict[str, Waiting]:
        """Every receiver with pending deliveries."""
        time = deliveries.c.created.type
        pending = (
            select(
                deliveries.c.receiver,
                func.min(deliveries.c.created, type_=time).label("oldest"),
                func.min(deliveries.c.next_at, type_=time).label("due"),
            )
            .where(deliveries.c.state == State.PENDING)
            .group_by(deliveries.c.receiver)
            .subquery()
        )
        same = receiver_states.c.id == pending.c.receiver
        query = select(pending, receiver_states.c.disabled, receiver_states.c.held_until).join(
            receiver_states, same, isouter=True
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return {
            row.receiver: Waiting(row.oldest, None if row.disabled else max(row.due, row.held_until or row.due))
            for row in rows
        }

    async def claim(self, receiver: str, now: datetime) -> Due | None:
        """The delivery that ``receiver`` is to get next, if one is due and no other worker is sending to it."""
        if self._alone or self._leases.get(receiver, now) - now > LEASE_LEFT:
            async with reading(self._engine) as connection:
                return await _first_due(connection, receiver, now)
        async with transaction(self._engine) as connection:
            if not await receiver_state.lease(connection, receiver, self._owner, now, now + LEASE):
                return None
            due = await _first_due(connection, receiver, now)
            if due is None:
                await receiver_state.release(connection, receiver, self._owner)
        if due is not None:
            self._leases[receiver] = now + LEASE
        return due

    async def settle(self, attempt: Attempt) -> Settled:
        """Keep what came of an attempt, and when the next one is due, in one transaction."""
        due, now = attempt.due, attempt.now
        async with transaction(self._engine) as connection:
            settled = await settle(connection, attempt, self._delays)
            if settled.alert is not None:
                await _ledger(connection, settled.alert, now)
                await self._insert(connection, settled.alert, self._letters(settled.alert), now)
            idle = not self._alone and await _first_due(connection, due.receiver, now) is None
            if idle:
                await receiver_state.release(connection, due.receiver, self._owner)
        if idle:
            self._leases.pop(due.receiver, None)
        return settled

    async def _insert(
        self, connection: AsyncConnection, alert: Alert, letters: Sequence[Letter], now: datetime
    ) -> list[str]:
        published, fetched = origin(alert)
        made = []
        for letter in letters:
            insert = receiver_state.insert_into(connection, deliveries).values(
                alert=alert.id,
                receiver=letter.receiver,
                kind=alert.kind,
                body=letter.body,
                content_type=letter.content_type,
                state=State.PENDING,
                attempts=0,
                next_at=now + timedelta(seconds=self._delays[0]),
                published=published,
                fetched=fetched,
                created=now,
            )
            result = await connection.execute(insert.on_conflict_do_nothing())
            made += [letter.receiver] if result.rowcount else []
        return made


def origin(alert: Alert) -> tuple[datetime | None, datetime | None]:
    """When the article that raised a ``created`` alert was published and fetched, where the alert says so."""
    if alert.kind is not AlertKind.CREATED or alert.event is None:
        return None, None
    return _time(alert.event.get("published")), _time(alert.event.get("fetched"))


def _time(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


async def _ledger(connection: AsyncConnection, alert: Alert, now: datetime) -> None:
    """An alert that deliver raises itself stands among the others, and is taken at once."""
    insert = receiver_state.insert_into(connection, alerts).values(
        id=alert.id,
        created=alert.id,
        kind=alert.kind,
        raised=alert.raised,
        body=encode(alert),
        published=now,
        taken=now,
    )
    await connection.execute(insert.on_conflict_do_nothing())


async def _first_due(connection: AsyncConnection, receiver: str, now: datetime) -> Due | None:
    row = (await connection.execute(_due(receiver, now))).first()
    if row is None:
        return None
    message = Message(row.alert, row.body, row.content_type)
    return Due(row.receiver, message, row.kind, row.attempts, row.hurried_from, row.published, row.fetched)


def _due(receiver: str, now: datetime) -> Select[Any]:
    return (
        select(deliveries)
        .where(deliveries.c.state == State.PENDING, deliveries.c.receiver == receiver, deliveries.c.next_at <= now)
        .where(~receiver_state.closed(receiver, now))
        .order_by(deliveries.c.next_at, deliveries.c.created, deliveries.c.alert)
        .limit(1)
    )
