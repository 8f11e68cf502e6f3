"""The newest events, alerts and attempts to deliver, read from the database for a person who looks on."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.database import alerts, attempts, deliveries, events
from streams.records import Alert, Event, System
from streams.run.evidence import because
from streams.run.lines import AlertLine, AttemptLine, EventLine

_events = msgspec.json.Decoder(Event)
_alerts = msgspec.json.Decoder(Alert)


async def funnel(connection: AsyncConnection, since: datetime) -> dict[str, int]:
    """Articles, different texts, relevant ones and alerts since a time."""
    unique = events.c.verdict == "new"
    counted = await connection.execute(
        select(func.count(), func.count().filter(unique), func.count().filter(and_(unique, events.c.relevant))).where(
            events.c.stored >= since
        )
    )
    collected, new, relevant = counted.one()
    raised = (
        select(func.count())
        .select_from(alerts)
        .where(alerts.c.raised >= since, alerts.c.kind == "created", alerts.c.held.is_(None))
    )
    return {"collected": collected, "unique": new, "relevant": relevant, "alerts": await connection.scalar(raised) or 0}


async def waiting(connection: AsyncConnection) -> int:
    """Deliveries that a receiver still has to get."""
    query = select(func.count()).select_from(deliveries).where(deliveries.c.state == "pending")
    return await connection.scalar(query) or 0


async def latest_events(connection: AsyncConnection, rows: int, after: datetime | None = None) -> list[EventLine]:
    """The newest relevant events, newest first; those stored later than ``after``."""
    query = select(events.c.stored, events.c.record).where(events.c.relevant, events.c.record.is_not(None))
    if after is not None:
        query = query.where(events.c.stored > after)
    found = await connection.execute(query.order_by(events.c.stored.desc()).limit(rows))
    return [event_line(row.stored, _events.decode(row.record)) for row in found]


def event_line(stored: datetime, event: Event) -> EventLine:
    """An event in short."""
    return EventLine(
        id=event.id,
        at=stored,
        type=str(event.types[0]) if event.types else "",
        assertion=str(event.assertion),
        suppliers=tuple(event.suppliers),
        recipients=tuple(event.recipients),
        systems=tuple(_named(system) for system in event.systems),
        outlet=event.article.outlet,
        title=event.article.title,
        verdict=str(event.article.verdict or ""),
        because=because(msgspec.to_builtins(event.evidence), event.article.title, event.article.summary),
    )


def _named(system: System) -> str:
    variant = system.variant or ""
    if not variant or variant == system.name:
        return system.name
    return variant if variant.startswith(system.name) else f"{system.name} {variant}"


async def latest_alerts(connection: AsyncConnection, rows: int, after: datetime | None = None) -> list[AlertLine]:
    """The newest alerts with the state of their deliveries, newest first; those raised later than ``after``."""
    states = (
        select(
            deliveries.c.alert,
            func.count().label("receivers"),
            func.count().filter(deliveries.c.state == "delivered").label("delivered"),
            func.count().filter(and_(deliveries.c.state != "delivered", deliveries.c.attempts > 0)).label("failing"),
        )
        .group_by(deliveries.c.alert)
        .subquery()
    )
    query = select(
        alerts.c.raised,
        alerts.c.body,
        alerts.c.held,
        states.c.receivers,
        states.c.delivered,
        states.c.failing,
        events.c.record,
    ).select_from(
        alerts.outerjoin(states, states.c.alert == alerts.c.id).outerjoin(events, events.c.id == alerts.c.event)
    )
    if after is not None:
        query = query.where(alerts.c.raised > after)
    found = await connection.execute(query.order_by(alerts.c.raised.desc()).limit(rows))
    return [alert_line(row) for row in found]


def alert_line(row: Any) -> AlertLine:
    """An alert in short, with the sentence of its article where the event is stored already."""
    alert = _alerts.decode(row.body)
    event = alert.event or {}
    stored = _events.decode(row.record) if row.record else None
    newest = alert.articles[0].title if alert.articles else ""
    title = stored.article.title if stored else event.get("title") or newest
    return AlertLine(
        id=alert.id,
        at=row.raised,
        kind=str(alert.kind),
        level=alert.watch.level if alert.watch else "",
        watch=alert.watch.id if alert.watch else alert.subject or "",
        watch_title=alert.watch.title if alert.watch else alert.detail or "",
        title=title,
        reasons=tuple(alert.reasons),
        because=because(event.get("evidence", []), title, stored.article.summary if stored else ""),
        outlets=alert.outlets,
        independent=alert.independent_outlets,
        delivered=row.delivered or 0,
        receivers=row.receivers or 0,
        failing=row.failing or 0,
        held=row.held or "",
    )


async def last_attempt(connection: AsyncConnection) -> int:
    """The newest attempt's number; 0 where there is none."""
    return await connection.scalar(select(func.max(attempts.c.id))) or 0


async def new_attempts(connection: AsyncConnection, after: int, rows: int = 100) -> list[AttemptLine]:
    """Attempts to deliver made after the one with id ``after``, oldest first."""
    query = (
        select(attempts, alerts.c.kind, alerts.c.watch)
        .select_from(attempts.outerjoin(alerts, alerts.c.id == attempts.c.alert))
        .where(attempts.c.id > after)
        .order_by(attempts.c.id)
        .limit(rows)
    )
    return [
        AttemptLine(
            row.id, row.at, row.alert, row.kind or "", row.watch or "", row.receiver, row.status, row.error or ""
        )
        for row in await connection.execute(query)
    ]
