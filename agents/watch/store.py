"""One transaction decides what every watch makes of a report; a repeat finds the decision and the same alerts again."""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from agents.watch.alert import alert_article, flat
from agents.watch.development import Member, choose, join, report, reported_at
from agents.watch.grouping import Outcome, outcome, withdraws
from agents.watch.ledger import Ledger, Outgoing
from agents.watch.match import match
from agents.watch.reports import Placed
from agents.watch.rules import Match, Miss, Reason
from agents.watch.telling import History, Place, Scene
from config.load import Configuration
from config.schema import Backfill
from config.settings import Settings
from streams import journal
from streams.database import at_once, transaction
from streams.records import Article, Event, Verdict, encode


@dataclass(slots=True)
class Decision:
    """What came of a report: alerts to publish, and by watch what it did or how nearly it missed."""

    alerts: list[Outgoing] = field(default_factory=list)
    matches: list[str] = field(default_factory=list)
    near: dict[str, Reason] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    repeat: bool = False


async def decide(
    engine: AsyncEngine, event: Event, configuration: Configuration, settings: Settings, *, now: datetime
) -> Decision:
    """Place ``event`` in a development and decide for every watch; all of it or nothing is stored."""
    found = {watch.id: match(watch, event) for watch in configuration.watches}
    matched = [name for name, one in found.items() if isinstance(one, Match)]
    wanted = event.relevant or bool(matched)
    if not wanted and event.article.verdict is not Verdict.REVISION:
        # Nothing to remember: the next time the answer is the same.
        if settings.embedded:
            await at_once(engine, lambda connection: journal.watched(connection, event.article.event_id))
        return Decision()
    async with transaction(engine) as connection:
        decision = await _decide(Ledger(connection), event, found, configuration, settings, now=now)
        await journal.mark_watched(connection, event.article.event_id)
    return decision


async def _decide(
    ledger: Ledger,
    event: Event,
    found: dict[str, Match | Miss],
    configuration: Configuration,
    settings: Settings,
    *,
    now: datetime,
) -> Decision:
    await ledger.lock()
    event_id = event.article.event_id
    if await ledger.is_placed(event_id):
        return Decision(alerts=await ledger.raised_by(event_id), repeat=True)
    wanted = event.relevant or any(isinstance(one, Match) for one in found.values())
    place = await _place(ledger, event, now, wanted=wanted)
    if place is None:
        return Decision()
    decision = Decision()
    scene = Scene(ledger, event, place, _policy(event.article, configuration), settings, now)
    said, decided = await ledger.said_of(place.development.id), await ledger.decided_of(place.development.id)
    for watch in configuration.watches:
        one = found[watch.id]
        if isinstance(one, Match):
            decision.matches.append(watch.id)
        elif one.near:
            decision.near[watch.id] = one.reason
        history = History.of(watch, said, decided, place)
        result = outcome(watch, one, history.standing, scene.arrival(history))
        if result is not None:
            decision.outcomes[watch.id] = result
            raised = await scene.act(watch, one, history, result)
            if raised is not None:
                decision.alerts.append(raised)
        elif isinstance(one, Miss) and one.near:
            ledger.decide(watch.id, event_id, place.development.id, outcome=one.reason, now=now)
    await ledger.settle()
    return decision


def _policy(article: Article, configuration: Configuration) -> Backfill | None:
    """What the feed wants of its first poll's items; a feed that is gone from the configuration gets a digest."""
    if not article.backfill:
        return None
    feed = configuration.feed(article.feed)
    return feed.backfill if feed else Backfill.DIGEST


async def _place(ledger: Ledger, event: Event, now: datetime, *, wanted: bool) -> Place | None:
    """Put the report where it belongs; None where nobody wants it and its article stands nowhere."""
    article, new = event.article, report(event)
    development = await ledger.development_of(article.id, event.story)
    if development is None and not wanted:
        return None
    development = development or choose(new, await ledger.candidates(new))
    if development is None:
        development = new
        await ledger.found(development)
    else:
        development = join(new, development)
        await ledger.save(development)
    known = await ledger.reports_of(development.id)
    withdrawn = withdraws(article)
    member = Member(
        event=article.event_id,
        article=article.id,
        story=event.story,
        outlet=article.outlet or article.feed,
        reported=reported_at(article),
        retracted=withdrawn,
    )
    placed = Placed(member, encode(alert_article(article)), msgspec.json.encode(flat(event)))
    await ledger.add_report(placed, development.id, article.feed, now)
    return Place(development, [*known, placed], withdrawn)
