"""What is due without an event: collected reports, digests of first polls, alerts that deliver has not taken."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from agents.watch.alert import ARTICLES, compose
from agents.watch.counting import count_alerts
from agents.watch.development import independent_outlets
from agents.watch.grouping import Outcome, batch_id, changes, created_id, headline, says_all
from agents.watch.ledger import Ledger, Outgoing
from agents.watch.reports import Placed
from agents.watch.telling import History, Place, held, tell
from config.load import Configuration
from config.schema import Watch
from streams import app, database
from streams.database import reading, transaction
from streams.records import AlertKind

TRANSIENT: tuple[type[Exception], ...] = (*database.TRANSIENT, *app.TRANSIENT)

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # a digest or update may be this late
UNTAKEN_LOOK = timedelta(seconds=10)
PAUSE_SECONDS = 5.0  # after an outage
PUT_OFF = timedelta(hours=1)  # of what cannot be told for a fault of our own
KEPT = timedelta(days=35)  # the topic keeps events for 30 days: whatever it may still repeat must be recognised
FORGET_LOOK = timedelta(hours=1)
FORGET_BATCH = 200  # developments a transaction: other stages write too


async def keep_sending(
    engine: AsyncEngine,
    configuration: Callable[[], Configuration],
    publish: Callable[[list[Outgoing]], Awaitable[None]],
) -> None:
    """Look every second for what is due, until cancelled; an outage of database or broker is waited out.

    What was stored but not published when the broker failed is untaken, and so published again.
    """
    started: datetime | None = datetime.now(UTC)
    looked = tidied = datetime.min.replace(tzinfo=UTC)
    while True:
        now = datetime.now(UTC)
        try:
            alerts = await send_due(engine, configuration(), now)
            count_alerts(alerts)
            await publish(alerts)
            if now - looked >= UNTAKEN_LOOK:
                await publish(await untaken(engine, now, started))
                started, looked = None, now
            if now - tidied >= FORGET_LOOK and await forget(engine, now) < FORGET_BATCH:
                tidied = now
        except TRANSIENT as error:
            log.warning("sending what is due: %s: %s; trying again", type(error).__name__, error)
            await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.sleep(LOOK_SECONDS)


async def send_due(engine: AsyncEngine, configuration: Configuration, now: datetime) -> list[Outgoing]:
    """Turn what is due into alerts, stored, each in a transaction of its own; the caller publishes them.

    One that cannot be told for a reason of its own is put off, and stops no other.
    """
    async with reading(engine) as connection:
        waiting = await Ledger(connection).due(now)
    raised = []
    for key in waiting:
        try:
            async with transaction(engine) as connection:
                alert = await _send(Ledger(connection), configuration, *key, now=now)
        except TRANSIENT:
            raise
        except Exception:
            log.exception("telling watch %s (%s of %r): put off by %s", *key, PUT_OFF)
            async with transaction(engine) as connection:
                await Ledger(connection).put_off(*key, due=now + PUT_OFF)
            continue
        if alert is not None:
            raised.append(alert)
    return raised


async def _send(
    ledger: Ledger, configuration: Configuration, watch_id: str, kind: str, development: str, *, now: datetime
) -> Outgoing | None:
    await ledger.lock()
    gathered = await ledger.gathering(watch_id, kind, development)
    if gathered is None or gathered[2] > now:  # another worker was faster
        return None
    watch = configuration.watch(watch_id)
    if watch is None:  # gone from the configuration: nobody is to be told any more
        await ledger.drop(watch_id, kind, development)
        return None
    if kind == Outcome.DIGEST:
        return await _digest(ledger, watch, gathered[0], now)
    return await _updated(ledger, watch, development, gathered[0], now)


async def untaken(engine: AsyncEngine, now: datetime, started: datetime | None = None) -> list[Outgoing]:
    """Alerts to publish again, because deliver has not taken them; all of before ``started``, where that is given."""
    async with transaction(engine) as connection:
        ledger = Ledger(connection)
        await ledger.lock()
        return await ledger.untaken(now, started)


async def forget(engine: AsyncEngine, now: datetime) -> int:
    """Delete a batch of developments that nobody reported on for 35 days; how many. Their alerts are kept."""
    async with transaction(engine) as connection:
        ledger = Ledger(connection)
        await ledger.lock()
        return await ledger.forget(now - KEPT, FORGET_BATCH)


async def _place(ledger: Ledger, development_id: str) -> Place | None:
    development = await ledger.development(development_id)
    return Place(development, await ledger.reports_of(development_id)) if development else None


async def _updated(ledger: Ledger, watch: Watch, development: str, events: list[str], now: datetime) -> Outgoing | None:
    place = await _place(ledger, development)
    assert place is not None
    history = History.of(watch, await ledger.said_of(development), await ledger.decided_of(development), place)
    await ledger.drop(watch.id, Outcome.UPDATED, development)
    last = {one.member.article: one for one in place.reports}
    fresh = [
        one for one in place.reports if one.member.event in events and not last[one.member.article].member.retracted
    ]
    if not fresh or history.last is None:
        return None
    told = _fullest(fresh, history.last)
    outlets = list(dict.fromkeys(one.member.outlet for one in fresh))
    reports = f"{len(fresh)} more report{'s' if len(fresh) > 1 else ''}: {', '.join(outlets)}"
    why = await ledger.match_of(watch.id, told.member.event)
    reasons = [reports, *changes(history.last.facts, told.facts), *(why.reasons if why else ())]
    created = history.created or created_id(watch.id, development)
    alert_id = batch_id(created, AlertKind.UPDATED, events)
    alert = tell(
        place,
        watch,
        AlertKind.UPDATED,
        alert_id=alert_id,
        level=history.level,
        facts=told.facts,
        match=why,
        reasons=reasons,
        now=now,
    )
    await ledger.told_by(watch.id, events, alert_id)
    return await ledger.raise_alert(
        alert, created=created, event=None, told=told.member.event, held=held(watch), now=now
    )


def _fullest(fresh: list[Placed], last: Placed) -> Placed:
    """The report to tell: a fresh one that says all the last message said and more, else the same again."""
    for one in fresh:
        if says_all(one.facts, last.facts) and changes(last.facts, one.facts):
            last = one
    return last


async def _digest(ledger: Ledger, watch: Watch, events: list[str], now: datetime) -> Outgoing | None:
    """One message on everything that a first poll brought, a line for each development."""
    await ledger.drop(watch.id, Outcome.DIGEST, "")
    places: dict[str, Place] = {}
    first: dict[str, Placed] = {}
    for event in events:
        development = await ledger.development_of_event(event)
        if development is None:
            continue
        place = places.get(development) or await _place(ledger, development)
        report = place.report(event) if place else None
        if place is None or report is None:
            continue
        latest = [one for one in place.reports if one.member.article == report.member.article][-1]
        if not latest.member.retracted:
            places[development] = place
            first.setdefault(development, latest)
    if not first:
        return None
    alert_id = batch_id(watch.id, AlertKind.DIGEST, events)
    only = next(iter(first)) if len(first) == 1 else None
    articles = [one for place in places.values() for one in place.newest_first]
    articles.sort(key=lambda one: one.member.reported, reverse=True)
    why = await ledger.match_of(watch.id, events[0]) if only else None
    reasons = [headline(first[development].facts, len(places[development].newest_first)) for development in first]
    alert = compose(
        alert_id=alert_id,
        kind=AlertKind.DIGEST,
        watch=watch,
        level=watch.level,
        development=only,
        match=why,
        reasons=reasons + (list(why.reasons) if why else []),
        event=first[only].facts if only else None,
        articles=[one.article for one in articles[:ARTICLES]],
        articles_total=len(articles),
        outlets=len({one.member.outlet.casefold() for one in articles}),
        independent_outlets=len(frozenset().union(*(independent_outlets(place.members) for place in places.values()))),
        raised=now,
    )
    await ledger.told_by(watch.id, events, alert_id)
    told = first[only].member.event if only else None
    return await ledger.raise_alert(alert, created=alert_id, event=None, told=told, held=held(watch), now=now)
