"""Watch decides in one transaction of a real database: SQLite, and PostgreSQL where ARMSWIRE_TEST_POSTGRES gives one."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from agents.watch.due import forget, send_due, untaken
from agents.watch.ledger import Outgoing
from agents.watch.store import Decision, decide
from config.load import Configuration
from config.schema import Feed, Watch
from config.settings import Settings, database_url
from streams import journal
from streams.database import (
    alerts,
    decisions,
    developments,
    gatherings,
    metadata,
    open_engine,
    reading,
    reports,
    transaction,
    upgrade,
)
from streams.records import Alert, AlertKind, Article, Event, Verdict, decode
from tests.builders import NOW, a_configuration, a_watch, an_article, an_event

POSTGRES = os.environ.get("ARMSWIRE_TEST_POSTGRES")
SETTINGS = Settings(group_interval=900.0, digest_wait=120.0)
DE_UA = a_watch({"pair": {"supplier": "DE", "recipient": "UA"}}, id="de-ua", level="high")
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRES else [])])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An empty database with the newest tables."""
    url = f"sqlite+aiosqlite:///{tmp_path}/armswire.db" if request.param == "sqlite" else database_url(str(POSTGRES))
    await asyncio.to_thread(upgrade, url)
    opened = open_engine(url)
    if request.param == "postgresql":
        async with transaction(opened) as connection:
            await connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} CASCADE"))
    yield opened
    await opened.dispose()


def a_report(
    outlet: str = "The Wire", minutes: float = 0, article: dict[str, Any] | None = None, **values: Any
) -> Event:
    """A report on Taurus for Ukraine by an outlet, some minutes after noon."""
    at = NOW + minutes * MINUTE
    made = an_article(**{"outlet": outlet, "published": at, "fetched": at, "verdict": Verdict.NEW} | (article or {}))
    defaults: dict[str, Any] = {
        "suppliers": ["DE"],
        "recipients": ["UA"],
        "systems": ["Taurus"],
        "types": ["authorization"],
    }
    return an_event(made, **defaults | values)


def a_copy(event: Event, outlet: str, minutes: float = 0) -> Event:
    return a_report(outlet, minutes, {"title": event.article.title, "verdict": Verdict.COPY}, story=event.story)


def a_revision(
    event: Event, minutes: float, summary: str = "changed", title: str | None = None, **values: Any
) -> Event:
    old = event.article
    article = {
        "id": old.id,
        "feed": old.feed,
        "title": title or old.title,
        "summary": summary,
        "verdict": Verdict.REVISION,
        "revision": 1,
    }
    return a_report(old.outlet, minutes, article, story=event.story, **values)


class Watcher:
    """The watch stage without its stream: what it decides and sends, by kind."""

    def __init__(self, engine: AsyncEngine, *watches: Watch, feeds: tuple[Feed, ...] = ()) -> None:
        self.engine = engine
        self.configuration: Configuration = a_configuration(*(watches or (DE_UA,)), feeds=feeds)
        self.now: datetime = NOW

    async def read(self, *events: Event) -> list[Alert]:
        """Decide on events as they come in; the alerts they raised."""
        raised: list[Outgoing] = []
        for event in events:
            raised += (await self.decide(event)).alerts
        return self._alerts(raised)

    async def decide(self, event: Event) -> Decision:
        self.now = max(self.now, event.article.fetched)
        return await decide(self.engine, event, self.configuration, SETTINGS, now=self.now)

    async def wait(self, minutes: float) -> list[Alert]:
        """Let time pass; the alerts that were due."""
        self.now += minutes * MINUTE
        return self._alerts(await send_due(self.engine, self.configuration, self.now))

    def _alerts(self, raised: list[Outgoing]) -> list[Alert]:
        return [decode(Alert, one.body) for one in raised if one.held is None]


def kinds(raised: list[Alert]) -> list[str]:
    return [str(alert.kind) for alert in raised]


async def test_five_independent_reports_are_one_development_one_alert_and_five_independent_outlets(
    engine: AsyncEngine,
) -> None:
    watcher = Watcher(engine)
    raised = await watcher.read(*(a_report(f"Outlet {n}", n) for n in range(5)))
    assert kinds(raised) == ["created"]
    (updated,) = await watcher.wait(16)
    assert (updated.kind, updated.independent_outlets, updated.outlets, updated.articles_total) == ("updated", 5, 5, 5)
    assert updated.reasons[0] == "4 more reports: Outlet 1, Outlet 2, Outlet 3, Outlet 4"
    async with reading(engine) as connection:
        assert len((await connection.execute(select(developments.c.id))).all()) == 1
    assert await watcher.wait(60) == []


async def test_copies_of_a_wire_story_are_counted_once(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    first = a_report("Agency")
    raised = await watcher.read(first, *(a_copy(first, f"Paper {n}", n) for n in range(4)))
    assert kinds(raised) == ["created"]
    (updated,) = await watcher.wait(20)
    assert (updated.articles_total, updated.outlets, updated.independent_outlets) == (5, 5, 1)


async def test_a_copy_that_names_less_joins_through_its_story(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    short = a_report("Agency", systems=[], suppliers=[], recipients=[])
    assert await watcher.read(short) == []
    full = a_report("Paper", 1, {"verdict": Verdict.COPY}, story=short.story)
    (alert,) = await watcher.read(full)
    assert (alert.development, alert.articles_total, alert.independent_outlets) == (short.article.id, 2, 1)


async def test_a_repeat_of_an_event_gives_the_same_alert_again(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    event = a_report()
    first, repeat = await watcher.decide(event), await watcher.decide(event)
    assert [one.body for one in repeat.alerts] == [one.body for one in first.alerts]
    assert repeat.repeat
    assert not first.repeat
    assert first.alerts[0].created == first.alerts[0].id


async def test_a_created_alert_carries_what_decided(engine: AsyncEngine) -> None:
    (alert,) = await Watcher(engine).read(a_report())
    assert alert.watch is not None
    assert alert.event is not None
    assert (alert.watch.id, alert.watch.level, alert.reasons) == ("de-ua", "high", ["DE → UA"])
    assert (alert.event["suppliers"], alert.event["systems"][0]["id"]) == (["DE"], "taurus")
    assert alert.link == alert.articles[0].url


async def test_every_relevant_event_is_placed_whatever_watches_say(engine: AsyncEngine) -> None:
    watcher = Watcher(engine, a_watch({"systems": ["leopard-1"]}))
    early = a_report("Outlet 1", recipients=["UA"], systems=[])
    assert await watcher.read(early) == []
    (alert,) = await watcher.read(a_report("Outlet 2", 5, recipients=["UA"], systems=["Leopard 1"]))
    assert (alert.development, alert.independent_outlets) == (early.article.id, 2)


async def test_each_watch_gets_its_own_alert_with_the_first_report_that_matches_it(engine: AsyncEngine) -> None:
    watcher = Watcher(engine, DE_UA, a_watch({"systems": ["taurus"]}, id="taurus"))
    first = await watcher.read(a_report("Outlet 1", systems=[]))
    second = await watcher.read(a_report("Outlet 2", 1))
    assert [(alert.kind, alert.watch.id) for alert in first + second if alert.watch] == [
        ("created", "de-ua"),
        ("created", "taurus"),
    ]
    assert first[0].id != second[0].id
    assert first[0].development == second[0].development


async def test_other_reports_that_say_less_or_more_amend_nothing(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    await watcher.read(a_report("Outlet 1", systems=[]))
    others = [
        a_report("Outlet 2", 1, suppliers=[]),
        a_report("Outlet 3", 2, systems=["Taurus"]),
        a_report("Outlet 4", 3, types=["agreement"]),
        a_report("Outlet 5", 4, assertion="alleged"),
    ]
    assert await watcher.read(*others) == []
    (updated,) = await watcher.wait(20)
    assert updated.event is not None
    assert updated.event["systems"][0]["id"] == "taurus"
    assert "systems: Taurus, was none" in updated.reasons


async def test_an_article_that_changes_its_statement_amends_the_alert_at_once(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    first = a_report()
    (created,) = await watcher.read(first)
    (amended,) = await watcher.read(a_revision(first, 30, recipients=["PL"]))
    assert amended.kind == "amended"
    assert amended.reasons == [
        "The Wire changed its report",
        "recipients: PL, was UA",
        "as it now stands it does not match the watch",
    ]
    assert (amended.development, amended.articles_total) == (created.development, 1)
    assert amended.id != created.id
    assert await watcher.read(a_revision(first, 40, summary="only a comma", recipients=["PL"])) == []
    (again,) = await watcher.read(a_revision(first, 50, summary="as at first"))
    assert again.reasons[1] == "recipients: UA, was PL"


async def test_a_follow_up_has_the_created_alert_as_its_key(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    first = a_report()
    created = (await watcher.decide(first)).alerts[0]
    amended = (await watcher.decide(a_revision(first, 5, systems=["Patriot"]))).alerts[0]
    await watcher.decide(a_report("Outlet 2", 6))
    (updated,) = await send_due(engine, watcher.configuration, NOW + 30 * MINUTE)
    assert [one.created for one in (created, amended, updated)] == [created.id] * 3
    assert len({created.id, amended.id, updated.id}) == 3


async def test_a_revision_with_the_same_statement_is_told_to_nobody(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    first = a_report()
    await watcher.read(first)
    assert await watcher.read(a_revision(first, 5)) == []
    assert await watcher.wait(60) == []


async def test_a_denial_is_a_development_of_its_own(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    raised = await watcher.read(a_report("Outlet 1"), a_report("Outlet 2", 5, assertion="denied"))
    assert kinds(raised) == ["created", "created"]
    assert raised[0].development != raised[1].development


async def test_a_withdrawn_report_retracts_its_alert_and_counts_no_more(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    first, second = a_report("Outlet 1"), a_report("Outlet 2", 1)
    await watcher.read(first, second)
    (retracted,) = await watcher.read(
        a_revision(first, 10, summary="This story has been withdrawn.", relevant=False, types=[])
    )
    assert retracted.kind == "retracted"
    assert retracted.reasons == ["Outlet 1 withdrew its report", "1 independent outlets still report it"]
    assert (retracted.independent_outlets, retracted.articles_total) == (1, 1)
    assert (
        await watcher.read(
            a_revision(first, 20, summary="This story has been withdrawn, sorry.", relevant=False, types=[])
        )
        == []
    )


async def test_a_watch_that_wants_two_outlets_waits_for_the_second_and_tells_the_first_report(
    engine: AsyncEngine,
) -> None:
    watcher = Watcher(engine, a_watch({"systems": ["taurus"]}, id="taurus", independent_outlets=2))
    first = a_report("Outlet 1")
    assert await watcher.read(first, a_copy(first, "Outlet 2", 1)) == []
    (alert,) = await watcher.read(a_report("Outlet 3", 2, systems=[]))
    assert alert.kind == "created"
    assert alert.event is not None
    assert (alert.event["id"], alert.independent_outlets, alert.articles_total) == (first.id, 2, 3)
    assert alert.reasons == ["names Taurus", "2 independent outlets, needs 2"]


async def test_a_first_poll_raises_one_digest_a_watch_and_later_reports_update(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    old: dict[str, Any] = {"backfill": True, "feed": "wire"}
    assert (
        await watcher.read(
            a_report("Outlet 1", 0, old),
            a_report("Outlet 1", 1, old, systems=["Leopard 1"]),
            a_report("Outlet 1", 1, old, recipients=["IL"]),
        )
        == []
    )
    assert await watcher.wait(1) == []
    (digest,) = await watcher.wait(1)
    assert (digest.kind, digest.articles_total, digest.development, digest.event) == ("digest", 2, None, None)
    assert digest.reasons == [
        "DE → UA: authorization, Taurus (reported, 1 article)",
        "DE → UA: authorization, Leopard 1 (reported, 1 article)",
    ]
    assert await watcher.read(a_report("Outlet 2", 5)) == []
    (updated,) = await watcher.wait(15)
    assert updated.kind == "updated"
    async with reading(engine) as connection:
        key = (await connection.execute(select(alerts.c.created).where(alerts.c.id == updated.id))).scalar()
    assert key == digest.id


async def test_a_digest_goes_out_fifteen_minutes_after_its_first_match_at_the_latest(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    for minute in range(15):
        assert await watcher.read(a_report("Outlet", minute, {"backfill": True}, systems=[f"System {minute}"])) == []
        assert await watcher.wait(0) == []
    (digest,) = await watcher.wait(1)
    assert (digest.kind, digest.articles_total) == ("digest", 15)


async def test_a_digest_of_one_development_tells_it_in_full(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    await watcher.read(a_report("Outlet 1", 0, {"backfill": True}), a_report("Outlet 2", 1, {"backfill": True}))
    (digest,) = await watcher.wait(5)
    assert digest.event is not None
    assert digest.reasons == ["DE → UA: authorization, Taurus (reported, 2 articles)", "DE → UA"]
    assert (digest.independent_outlets, digest.event["suppliers"]) == (2, ["DE"])


@pytest.mark.parametrize(("policy", "expected"), [("alert", ["created"]), ("nothing", []), ("digest", [])])
async def test_the_feed_says_what_its_first_poll_raises(engine: AsyncEngine, policy: str, expected: list[str]) -> None:
    feed = Feed.model_validate({"id": "wire", "url": "http://127.0.0.1/", "outlet": "The Wire", "backfill": policy})
    watcher = Watcher(engine, feeds=(feed,))
    assert kinds(await watcher.read(a_report(article={"backfill": True, "feed": "wire"}))) == expected
    assert kinds(await watcher.wait(20)) == (["digest"] if policy == "digest" else [])


async def test_what_a_first_poll_passed_over_in_silence_is_told_when_it_is_reported_anew(engine: AsyncEngine) -> None:
    feed = Feed.model_validate({"id": "wire", "url": "http://127.0.0.1/", "outlet": "The Wire", "backfill": "nothing"})
    watcher = Watcher(engine, feeds=(feed,))
    assert await watcher.read(a_report(article={"backfill": True, "feed": "wire"})) == []
    (alert,) = await watcher.read(a_report("Outlet 2", 5))
    assert (alert.kind, alert.articles_total) == ("created", 2)


async def test_an_experimental_watch_is_stored_and_not_sent_until_it_is_made_active(engine: AsyncEngine) -> None:
    trial = a_watch({"systems": ["taurus"]}, id="trial", status="experimental")
    watcher = Watcher(engine, trial)
    decision = await watcher.decide(a_report("Outlet 1"))
    assert [one.held for one in decision.alerts] == ["experimental"]
    assert (await watcher.decide(a_report("Outlet 1"))).alerts == []
    assert await untaken(engine, NOW + 60 * MINUTE, NOW + 60 * MINUTE) == []
    watcher.configuration = a_configuration(trial.model_copy(update={"status": "active"}))
    (alert,) = await watcher.read(a_report("Outlet 2", 5))
    assert (alert.kind, alert.id, alert.articles_total) == ("created", decision.alerts[0].id, 3)


async def test_a_text_watch_is_told_of_an_irrelevant_article_and_of_its_copies(engine: AsyncEngine) -> None:
    watcher = Watcher(engine, a_watch({"text": "arms fair"}, id="fair"))
    first = an_event(an_article(title="An arms fair opens", verdict=Verdict.NEW), relevant=False, types=[])
    other = an_event(an_article(title="Another arms fair opens", verdict=Verdict.NEW), relevant=False, types=[])
    copy = an_event(
        an_article(title="An arms fair opens", verdict=Verdict.COPY), relevant=False, types=[], story=first.story
    )
    raised = await watcher.read(first, other, copy)
    assert kinds(raised) == ["created", "created"]
    assert raised[0].development == first.article.id


async def test_a_near_miss_is_counted_and_kept(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    event = a_report(suppliers=["UA"], recipients=["DE"])
    decision = await watcher.decide(event)
    assert decision.near == {"de-ua": "direction_reversed"}
    async with reading(engine) as connection:
        row = (await connection.execute(select(decisions))).one()
    assert (row.watch, row.event, row.outcome, row.alert) == (
        "de-ua",
        event.article.event_id,
        "direction_reversed",
        None,
    )


async def test_a_watch_gone_from_the_configuration_sends_nothing_of_what_it_collected(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    await watcher.read(a_report("Outlet 1"), a_report("Outlet 2", 1))
    watcher.configuration = a_configuration()
    assert await watcher.wait(20) == []


async def test_an_alert_that_deliver_has_not_taken_is_published_again_ever_more_rarely(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    (created,) = await watcher.read(a_report())

    async def again(seconds: float, **values: Any) -> list[str]:
        return [one.id for one in await untaken(engine, NOW + timedelta(seconds=seconds), **values)]

    assert await again(59) == []
    assert await again(60) == [created.id]
    assert await again(119) == []
    assert await again(120) == [created.id]
    assert await again(181) == []
    assert await again(182, started=NOW + timedelta(seconds=182)) == [created.id]
    async with transaction(engine) as connection:
        await connection.execute(update(alerts).values(taken=NOW))
    assert await again(9999, started=NOW + timedelta(seconds=9999)) == []


async def test_a_development_is_forgotten_after_35_days_without_a_report_and_its_alerts_are_not(
    engine: AsyncEngine,
) -> None:
    watcher = Watcher(engine)
    old, other = a_report("Outlet 1"), a_report("Outlet 1", recipients=["PL"])
    await watcher.read(old, other)
    watcher.now += timedelta(days=34)
    assert await forget(engine, watcher.now) == 0
    await watcher.read(a_copy(old, "Outlet 2", 34 * 24 * 60))
    watcher.now += timedelta(days=2)
    assert await forget(engine, watcher.now) == 1
    async with reading(engine) as connection:
        assert (await connection.execute(select(developments.c.id))).scalars().all() == [old.article.id]
        assert {row.development for row in await connection.execute(select(reports))} == {old.article.id}
        assert len((await connection.execute(select(alerts.c.id))).all()) == 1
    assert (await watcher.decide(old)).repeat
    assert not (await watcher.decide(other)).repeat


async def test_the_journal_is_marked_in_the_same_transaction(engine: AsyncEngine) -> None:
    article: Article = an_article(title="noise")
    await journal.write(engine, [article])
    settings = Settings(embedded=True)
    noise = an_event(article, relevant=False, types=[])
    await decide(engine, noise, a_configuration(DE_UA), settings, now=NOW)
    async with transaction(engine) as connection:
        await journal.mark_archived(connection, article.event_id)
    assert await journal.outstanding(engine) == []


async def test_two_reports_of_one_event_at_once_found_one_development(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    decisions_made = await asyncio.gather(*(watcher.decide(a_report(f"Outlet {n}")) for n in range(8)))
    assert sum(len(one.alerts) for one in decisions_made) == 1
    async with reading(engine) as connection:
        assert len((await connection.execute(select(developments.c.id))).all()) == 1


async def test_one_update_that_cannot_be_told_stops_no_other_and_is_put_off(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    broken = [
        a_report("Outlet 1", recipients=["UA", "PL"], systems=["HIMARS"]),
        a_report("Outlet 2", 1, systems=["HIMARS"]),
    ]
    await watcher.read(*broken, a_report("Outlet 1", 2), a_report("Outlet 2", 3))
    async with transaction(engine) as connection:
        where = reports.c.event == broken[1].article.event_id
        await connection.execute(update(reports).where(where).values(event_json=b"{"))
    (updated,) = await watcher.wait(30)
    assert updated.event is not None
    assert updated.event["systems"][0]["id"] == "taurus"
    assert await watcher.wait(30) == []
    async with reading(engine) as connection:
        (due,) = (await connection.execute(select(gatherings.c.due))).scalars()
    assert due == NOW + 93 * MINUTE


async def test_two_workers_may_look_for_what_is_due_at_once(engine: AsyncEngine) -> None:
    watcher = Watcher(engine)
    await watcher.read(a_report("Outlet 1"), a_report("Outlet 2", 1))
    found = await asyncio.gather(*(send_due(engine, watcher.configuration, NOW + 20 * MINUTE) for _ in range(4)))
    assert [one.kind for batch in found for one in batch] == [AlertKind.UPDATED]
