"""Looking into the outbox: deliveries, how receivers are doing, and what a person may change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from agents.deliver import receiver_state
from agents.deliver.settlement import State
from streams.database import alerts, attempts, deliveries, reading, receiver_states, transaction


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries are asked for; what is None or empty does not matter."""

    alerts: Sequence[str] = ()
    receiver: str | None = None
    state: str | None = None
    since: datetime | None = None
    limit: int = 50


async def find_deliveries(engine: AsyncEngine, wanted: Wanted) -> list[dict[str, Any]]:
    """The newest deliveries that match with their last attempt, newest first."""
    made = attempts.alias()
    same = (made.c.alert == deliveries.c.alert, made.c.receiver == deliveries.c.receiver)
    last = select(func.max(made.c.id)).where(*same).correlate(deliveries).scalar_subquery()
    tried = select(func.count()).select_from(made).where(*same).correlate(deliveries).scalar_subquery()
    query = (
        select(
            *(deliveries.c[name] for name in ("alert", "receiver", "kind", "state", "next_at", "created", "finished")),
            alerts.c.watch,
            alerts.c.level,
            tried.label("attempts"),
            *(attempts.c[name] for name in ("reason", "status", "error", "duration")),
            attempts.c.at.label("last_attempt"),
        )
        .join(alerts, alerts.c.id == deliveries.c.alert, isouter=True)
        .join(attempts, attempts.c.id == last, isouter=True)
        .where(*_conditions(wanted))
        .order_by(deliveries.c.created.desc(), deliveries.c.receiver)
        .limit(wanted.limit)
    )
    async with reading(engine) as connection:
        return [dict(row) for row in (await connection.execute(query)).mappings()]


async def replay(engine: AsyncEngine, wanted: Wanted, now: datetime) -> int:
    """Send deliveries again from the start of the schedule, with the bytes and the id they had; how many."""
    async with transaction(engine) as connection:
        fresh = {"state": State.PENDING, "attempts": 0, "next_at": now, "hurried_from": None, "finished": None}
        changed = await connection.execute(update(deliveries).where(*_conditions(wanted)).values(fresh))
        return changed.rowcount


def _conditions(wanted: Wanted) -> list[Any]:
    conditions: list[Any] = []
    if wanted.alerts:
        conditions.append(deliveries.c.alert.in_(wanted.alerts))
    if wanted.receiver:
        conditions.append(deliveries.c.receiver == wanted.receiver)
    if wanted.state:
        conditions.append(deliveries.c.state == wanted.state)
    if wanted.since:
        conditions.append(deliveries.c.created >= wanted.since)
    return conditions


async def find_alerts(engine: AsyncEngine, prefix: str) -> list[str]:
    """Alerts with deliveries whose id starts with ``prefix``: at most two, for two are too many already."""
    query = select(deliveries.c.alert).where(deliveries.c.alert.startswith(prefix, autoescape=True)).distinct().limit(2)
    async with reading(engine) as connection:
        return list((await connection.execute(query)).scalars())


async def receiver_rows(engine: AsyncEngine) -> dict[str, dict[str, Any]]:
    """What the database knows of each receiver: its state, and what waits for it or was given up."""
    counts = select(
        deliveries.c.receiver,
        func.count().filter(deliveries.c.state == State.PENDING).label("waiting"),
        func.count().filter(deliveries.c.state == State.EXHAUSTED).label("exhausted"),
        func.count().filter(deliveries.c.state == State.DELIVERED).label("delivered"),
    ).group_by(deliveries.c.receiver)
    found: dict[str, dict[str, Any]] = {}
    async with reading(engine) as connection:
        for row in (await connection.execute(counts)).mappings():
            found.setdefault(row["receiver"], {}).update(row)
        for row in (await connection.execute(select(receiver_states))).mappings():
            found.setdefault(row["id"], {}).update(row)
    return found


async def enable(engine: AsyncEngine, receiver: str) -> bool:
    """Send to a receiver again that was disabled or held; whether it was."""
    async with transaction(engine) as connection:
        return await receiver_state.enable(connection, receiver)
