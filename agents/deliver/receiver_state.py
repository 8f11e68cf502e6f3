"""How a receiver is doing: failing since when, held until when, disabled, and which worker sends to it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Exists, Table, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.database import receiver_states as states

ERROR_CHARACTERS = 1_000


def insert_into(connection: AsyncConnection, table: Table) -> Any:
    """An insert that knows ``on_conflict``, in the database's own words."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def closed(receiver: str, now: datetime) -> Exists:
    """Condition: nothing may be sent to the receiver now, for it is disabled or asked for a pause."""
    barred = or_(states.c.disabled.is_not(None), states.c.held_until > now)
    return select(states.c.id).where(states.c.id == receiver, barred).exists()


async def lease(connection: AsyncConnection, receiver: str, owner: str, now: datetime, until: datetime) -> bool:
    """Whether the receiver is the owner's ``until`` then: no other worker is sending to it."""
    await connection.execute(insert_into(connection, states).values(id=receiver).on_conflict_do_nothing())
    free = or_(states.c.leased_by == owner, states.c.leased_until.is_(None), states.c.leased_until < now)
    taken = await connection.execute(
        update(states).where(states.c.id == receiver, free).values(leased_by=owner, leased_until=until)
    )
    return bool(taken.rowcount)


async def release(connection: AsyncConnection, receiver: str, owner: str) -> None:
    """Any worker may send to the receiver again."""
    mine = (states.c.id == receiver, states.c.leased_by == owner)
    await connection.execute(update(states).where(*mine).values(leased_by=None, leased_until=None))


async def failed(
    connection: AsyncConnection, receiver: str, now: datetime, reason: str | None, pause: float | None
) -> None:
    """The receiver did not take a message; ``pause`` is what it asked for, in seconds: from everything, not this message."""
    since = (await connection.execute(select(states.c.failing_since).where(states.c.id == receiver))).scalar()
    changes: dict[str, Any] = {"failing_since": since or now, "reason": (reason or "")[:ERROR_CHARACTERS]}
    if pause:
        changes["held_until"] = now + timedelta(seconds=pause)
    await _change(connection, receiver, changes)


async def recovered(connection: AsyncConnection, receiver: str) -> bool:
    """Whether the receiver, which has just taken a message, had been failing."""
    failing = (states.c.id == receiver, states.c.failing_since.is_not(None))
    changed = await connection.execute(
        update(states).where(*failing).values(failing_since=None, held_until=None, reason=None)
    )
    return bool(changed.rowcount)


async def disable(connection: AsyncConnection, receiver: str, now: datetime, reason: str | None) -> None:
    """Send nothing to the receiver until a person enables it."""
    await _change(connection, receiver, {"disabled": now, "reason": (reason or "")[:ERROR_CHARACTERS]})


async def enable(connection: AsyncConnection, receiver: str) -> bool:
    """Whether the receiver was disabled or held; from now on it is sent to."""
    barred = or_(states.c.disabled.is_not(None), states.c.held_until.is_not(None))
    changed = await connection.execute(
        update(states).where(states.c.id == receiver, barred).values(disabled=None, held_until=None, reason=None)
    )
    return bool(changed.rowcount)


async def _change(connection: AsyncConnection, receiver: str, changes: dict[str, Any]) -> None:
    insert = insert_into(connection, states).values(id=receiver, **changes)
    await connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=changes))
