"""What a person sees of the service: read from the database, the stages' metrics and the supervisor."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from prometheus_client.metrics_core import Metric
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from config.schema import Feed
from streams.database import alerts, attempts, deliveries, events, reading
from streams.records import Alert, Event
from streams.run.child import memory_share
from streams.run.evidence import because
from streams.run.http import Pages
from streams.run.supervisor import Supervisor

MEMORY_SECONDS = 5.0  # reading a process's share of memory takes some milliseconds
_events = msgspec.json.Decoder(Event)
_alerts = msgspec.json.Decoder(Alert)


@dataclass(frozen=True, slots=True)
class EventLine:
    """A relevant event in short; ``because`` is the sentence that decided."""

    id: str
    at: datetime
    type: str
    assertion: str
    suppliers: tuple[str, ...]
    recipients: tuple[str, ...]
    systems: tuple[str, ...]
    outlet: str
    title: str
    verdict: str
    because: str


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert in short; ``delivered`` of ``receivers`` have it, ``failing`` are still tried."""

    id: str
    at: datetime
    kind: str
    level: str
    watch: str
    watch_title: str
    title: str
    reasons: tuple[str, ...]
    because: str
    outlets: int
    independent: int
    delivered: int = 0
    receivers: int = 0
    failing: int = 0


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt to deliver an alert; ``error`` empty where it was taken."""

    id: int
    at: datetime
    alert: str
    kind: str
    watch: str
    receiver: str
    status: int | None
    error: str


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed's health; times in unix seconds, 0: never."""

    id: str
    outlet: str
    state: str
    last_success: float
    last_new: float
    polls: int


@dataclass(frozen=True, slots=True)
class ProcessLine:
    """A process; memory in bytes (PSS)."""

    name: str
    state: str
    pid: int | None
    memory: int
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the live view shows at one moment."""

    address: str
    uptime: float
    ready: bool
    steps: Mapping[str, str]
    processes: Sequence[ProcessLine]
    own_memory: int
    funnel: Mapping[str, int]
    feeds: Sequence[FeedLine]
    events: Sequence[EventLine]
    alerts: Sequence[AlertLine]
    pending: int
    notes: Sequence[str]
    desk: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


class Status:
    """Reads the service's state; ``since`` is when it started."""

    def __init__(self, supervisor: Supervisor, pages: Pages, feeds: Iterable[Feed]) -> None:
        self._supervisor = supervisor
        self._pages = pages
        self._outlets = {feed.id: feed.outlet for feed in feeds}
        self._since = datetime.now(UTC)
        self._memory: dict[str, int] = {}
        self._own = 0
        self._measured = 0.0

    async def snapshot(self, notes: Sequence[str], *, rows: int, desk: str = "") -> Snapshot:
        """The state now, with up to ``rows`` events and alerts."""
        supervisor = self._supervisor
        found: Mapping[str, Any] = await self._stored(rows) if supervisor.migrated.is_set() else EMPTY
        await self._measure()
        return Snapshot(
            address=self._pages.address,
            uptime=time.monotonic() - supervisor.started,
            ready=supervisor.ready,
            steps=dict(supervisor.steps),
            processes=self._processes(),
            own_memory=self._own,
            feeds=feed_lines(await self._pages.gather(), self._outlets),
            notes=tuple(notes),
            desk=desk,
            **found,
        )

    async def _stored(self, rows: int) -> Mapping[str, Any]:
        async with reading(self._supervisor.engine) as connection:
            return {
                "funnel": await self._funnel(connection),
                "events": await latest_events(connection, rows),
                "alerts": await latest_alerts(connection, rows),
                "pending": await connection.scalar(
                    select(func.count()).select_from(deliveries).where(deliveries.c.state == "pending")
                )
                or 0,
            }

    async def _funnel(self, connection: AsyncConnection) -> dict[str, int]:
        since = events.c.stored >= self._since
        unique = events.c.verdict == "new"
        counted = await connection.execute(
            select(
                func.count(),
                func.count().filter(unique),
                func.count().filter(and_(unique, events.c.relevant)),
            ).where(since)
        )
        collected, new, relevant = counted.one()
        raised = (
            select(func.count()).select_from(alerts).where(alerts.c.raised >= self._since, alerts.c.kind == "created")
        )
        return {
            "collected": collected,
            "unique": new,
            "relevant": relevant,
            "alerts": await connection.scalar(raised) or 0,
        }

    async def _measure(self) -> None:
        if time.monotonic() - self._measured < MEMORY_SECONDS:
            return
        self._measured = time.monotonic()
        children = self._supervisor.children()
        shares = await asyncio.to_thread(lambda: {child.name: child.share() for child in children})
        self._memory = shares
        self._own = await asyncio.to_thread(memory_share)

    def _processes(self) -> list[ProcessLine]:
        lines = []
        for name, server in (("broker", self._supervisor.broker), ("store", self._supervisor.store)):
            if server:
                state = "up" if server.child.running else "down"
                lines.append(ProcessLine(name, state, server.child.pid, self._memory.get(name, 0)))
            else:
                lines.append(ProcessLine(name, self._supervisor.steps.get(name, ""), None, 0))
        for stage, process in self._supervisor.stages.items():
            state = "up" if process.ready else "starting" if process.up else "down"
            pid = process.child.pid if process.child else None
            lines.append(ProcessLine(str(stage), state, pid, self._memory.get(str(stage), 0), process.restarts))
        return lines


EMPTY: Mapping[str, Any] = {
    "funnel": dict.fromkeys(("collected", "unique", "relevant", "alerts"), 0), "events": (), "alerts": (), "pending": 0
}  # fmt: skip


def feed_lines(families: Iterable[Metric], outlets: Mapping[str, str]) -> list[FeedLine]:
    """Health of the feeds from collect's metrics: those in trouble first, then those that brought something last."""
    values: dict[str, dict[str, Any]] = {feed: {} for feed in outlets}
    for family in families:
        for sample in family.samples:
            row = values.get(sample.labels.get("feed", ""))
            if row is None:
                continue
            match sample.name:
                case "armswire_feed_state" if sample.value:
                    row["state"] = sample.labels["state"]
                case "armswire_feed_last_success_timestamp_seconds":
                    row["success"] = sample.value
                case "armswire_feed_last_new_article_timestamp_seconds":
                    row["new"] = sample.value
                case "armswire_feed_fetches_total":
                    row["polls"] = row.get("polls", 0) + int(sample.value)
    lines = [
        FeedLine(
            feed,
            outlets[feed],
            row.get("state", "waiting"),
            row.get("success", 0.0),
            row.get("new", 0.0),
            row.get("polls", 0),
        )
        for feed, row in values.items()
    ]
    healthy = ("ok", "not_modified", "empty", "waiting", "paused")
    return sorted(lines, key=lambda line: (line.state in healthy, -line.last_new, line.id))


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
        systems=tuple(system.variant or system.name for system in event.systems),
        outlet=event.article.outlet,
        title=event.article.title,
        verdict=str(event.article.verdict or ""),
        because=because(msgspec.to_builtins(event.evidence), event.article.title, event.article.summary),
    )


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
        alerts.c.raised, alerts.c.body, states.c.receivers, states.c.delivered, states.c.failing, events.c.record
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
