"""What a watch has told of a development so far, and what it tells now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agents.watch.alert import ARTICLES, compose
from agents.watch.development import Development, Member, current, independent_outlets
from agents.watch.grouping import Arrival, Outcome, Standing, changes, created_id, digest_due, follow_up_id
from agents.watch.ledger import Decided, Ledger, Outgoing, Said
from agents.watch.reports import Placed
from agents.watch.rules import Match, Miss
from config.schema import Backfill, Level, Status, Watch
from config.settings import Settings
from streams.records import Alert, AlertKind, Event

EXPERIMENTAL = "experimental"  # why an alert is held: stored and shown, never sent


def held(watch: Watch) -> str | None:
    """Why the watch's alerts are not sent, if they are not."""
    return EXPERIMENTAL if watch.status is Status.EXPERIMENTAL else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a report stands: its development with every report in it, the new one last."""

    development: Development
    reports: list[Placed]
    withdrawn: bool = False

    @property
    def members(self) -> list[Member]:
        return [one.member for one in self.reports]

    @property
    def newest_first(self) -> list[Placed]:
        """Every article once, in its last state, without those withdrawn unless all were."""
        last = {one.member.article: one for one in self.reports}
        standing = [one for one in last.values() if not one.member.retracted] or list(last.values())
        return sorted(standing, key=lambda one: (one.member.reported, one.member.event), reverse=True)

    @property
    def before(self) -> Placed | None:
        """The state before of the article whose report is new."""
        article = self.reports[-1].member.article
        return next((one for one in reversed(self.reports[:-1]) if one.member.article == article), None)

    def report(self, event: str | None) -> Placed | None:
        return next((one for one in self.reports if one.member.event == event), None)

    def article_of(self, event: str) -> str | None:
        found = self.report(event)
        return found.member.article if found else None


@dataclass(frozen=True, slots=True)
class History:
    """What one watch has told of one development; ``created`` is the key of its alerts, None until the first is sent."""

    standing: Standing
    created: str | None
    level: Level
    last: Placed | None  # the report whose facts the last message told
    articles: frozenset[str]  # that messages rested on
    waiting: Sequence[Decided]

    @classmethod
    def of(cls, watch: Watch, said: Iterable[Said], decided: Iterable[Decided], place: Place) -> "History":
        """From the watch's alerts and first words; what was held counts no more once the watch is not experimental."""
        mine = [one for one in said if one.watch == watch.id and (one.held is None or held(watch))]
        words = [one for one in decided if one.watch == watch.id]
        digest = next((one for one in words if one.outcome == Outcome.DIGEST), None)
        told = ([digest.event] if digest else []) + [one.told for one in mine if one.told]
        reports = [one for one in map(place.report, told) if one is not None]
        standing_articles = {member.article for member in current(place.members)}
        waiting = [
            one for one in words if one.outcome == Outcome.WAITING and place.article_of(one.event) in standing_articles
        ]
        created = mine[0].created if mine else digest.alert if digest else None
        return cls(
            Standing(bool(mine or digest), bool(digest) and created is None, bool(waiting)),
            created,
            Level(mine[0].level) if mine else watch.level,
            reports[-1] if reports else None,
            frozenset(one.member.article for one in reports),
            waiting,
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """A report that has just been placed, and what each watch does about it."""

    ledger: Ledger
    event: Event
    place: Place
    backfill: Backfill | None
    settings: Settings
    now: datetime

    @property
    def new(self) -> Placed:
        return self.place.reports[-1]

    def arrival(self, history: History) -> Arrival:
        before = self.place.before
        return Arrival(
            withdrawn=self.place.withdrawn and not (before and before.member.retracted),
            known_article=before is not None,
            changes=self._changes(history),
            backfill=self.backfill,
            independent=len(independent_outlets(self.place.members)),
        )

    def _changes(self, history: History) -> list[str]:
        """What an article that messages rested on now says otherwise than itself before and than the last message."""
        before, now = self.place.before, self.new.facts
        if (
            before is None
            or history.last is None
            or before.member.article not in history.articles
            or self.place.withdrawn
        ):
            return []
        return changes(history.last.facts, now) if changes(before.facts, now) else []

    async def act(self, watch: Watch, found: Match | Miss, history: History, result: Outcome) -> Outgoing | None:
        """Store what the outcome asks for; the alert it raised, if any."""
        match = found if isinstance(found, Match) else None
        raised = None
        if result is Outcome.CREATED:
            raised = await self._create(watch, match, history)
        elif result in (Outcome.AMENDED, Outcome.RETRACTED):
            raised = await self._follow_up(watch, found, history, AlertKind(result))
        elif result is Outcome.DIGEST:
            events, first, _ = await self._gathered(watch, Outcome.DIGEST, "")
            due = digest_due(first, self.now, self.settings.digest_wait)
            events = [*events, self.new.member.event]
            await self.ledger.gather(watch.id, Outcome.DIGEST, "", events=events, first=first, due=due)
        elif result is Outcome.UPDATED:
            development = self.place.development.id
            events, first, _ = await self._gathered(watch, Outcome.UPDATED, development)
            due = first + timedelta(seconds=self.settings.group_interval)
            events = [*events, self.new.member.event]
            await self.ledger.gather(watch.id, Outcome.UPDATED, development, events=events, first=first, due=due)
        self.ledger.decide(
            watch.id,
            self.new.member.event,
            self.place.development.id,
            outcome=result,
            alert=raised.id if raised else None,
            match=match,
            now=self.now,
        )
        return raised

    async def _gathered(self, watch: Watch, kind: Outcome, development: str) -> tuple[list[str], datetime, datetime]:
        return await self.ledger.gathering(watch.id, kind, development) or ([], self.now, self.now)

    async def _create(self, watch: Watch, match: Match | None, history: History) -> Outgoing:
        """The first word, with the first report that matched, also where a later one made it enough."""
        first, why = self.new, match
        if history.waiting:
            oldest = history.waiting[0]
            states = [
                one
                for one in history.waiting
                if self.place.article_of(one.event) == self.place.article_of(oldest.event)
            ]
            first, why = self.place.report(states[-1].event) or self.new, states[-1].match
        alert_id = created_id(watch.id, self.place.development.id)
        reasons = list(why.reasons) if why else []
        if watch.independent_outlets > 1:
            outlets = len(independent_outlets(self.place.members))
            reasons.append(f"{outlets} independent outlets, needs {watch.independent_outlets}")
        level = why.level if why else watch.level
        alert = self._tell(watch, AlertKind.CREATED, alert_id, level=level, told=first, match=why, reasons=reasons)
        return await self._raise(watch, alert, alert_id, first.member.event)

    async def _follow_up(self, watch: Watch, found: Match | Miss, history: History, kind: AlertKind) -> Outgoing:
        article = self.event.article
        created = history.created or created_id(watch.id, self.place.development.id)
        match = found if isinstance(found, Match) else None
        told, level = self.new, match.level if match else history.level
        if kind is AlertKind.RETRACTED:
            told, level = history.last or self.new, history.level
            left = len(independent_outlets(self.place.members))
            reasons = [f"{self.new.member.outlet} withdrew its report", f"{left} independent outlets still report it"]
        else:
            reasons = [f"{self.new.member.outlet} changed its report", *self._changes(history)]
            reasons += list(match.reasons) if match else ["as it now stands it does not match the watch"]
        alert_id = follow_up_id(created, kind, article.id, article.content_hash)
        alert = self._tell(watch, kind, alert_id, level=level, told=told, match=match, reasons=reasons)
        return await self._raise(watch, alert, created, told.member.event)

    def _tell(
        self,
        watch: Watch,
        kind: AlertKind,
        alert_id: str,
        *,
        level: Level,
        told: Placed,
        match: Match | None,
        reasons: Sequence[str],
    ) -> Alert:
        return tell(
            self.place,
            watch,
            kind,
            alert_id=alert_id,
            level=level,
            facts=told.facts,
            match=match,
            reasons=reasons,
            now=self.now,
        )

    async def _raise(self, watch: Watch, alert: Alert, created: str, told: str) -> Outgoing:
        event = self.new.member.event
        return await self.ledger.raise_alert(
            alert, created=created, event=event, told=told, held=held(watch), now=self.now
        )


def tell(
    place: Place,
    watch: Watch,
    kind: AlertKind,
    *,
    alert_id: str,
    level: Level,
    facts: dict[str, Any] | None,
    match: Match | None,
    reasons: Sequence[str],
    now: datetime,
) -> Alert:
    """An alert on a development as it stands."""
    articles = place.newest_first
    return compose(
        alert_id=alert_id,
        kind=kind,
        watch=watch,
        level=level,
        development=place.development.id,
        match=match,
        reasons=reasons,
        event=facts,
        articles=[one.article for one in articles[:ARTICLES]],
        articles_total=len(articles),
        outlets=len({one.member.outlet.casefold() for one in articles}),
        independent_outlets=len(independent_outlets(place.members)),
        raised=now,
    )
