"""What a report means for a watch, and under which id it is told."""

from datetime import timedelta

import pytest

from agents.watch.alert import flat
from agents.watch.grouping import (
    Arrival,
    Outcome,
    Standing,
    batch_id,
    changes,
    created_id,
    digest_due,
    follow_up_id,
    headline,
    outcome,
    says_all,
    withdraws,
)
from agents.watch.rules import Match, Miss, Reason
from config.schema import Backfill, Level
from streams.records import AlertKind, Verdict
from tests.builders import NOW, a_system, a_watch, an_article, an_event

HIT, MISS = Match(level=Level.HIGH), Miss(Reason.OTHER_PAIR)
REPORTED, PENDING = Standing(reported=True), Standing(reported=True, pending=True)


@pytest.mark.parametrize(
    ("found", "standing", "arrival", "expected"),
    [
        (HIT, Standing(), Arrival(), Outcome.CREATED),
        (MISS, Standing(), Arrival(), None),
        (HIT, Standing(), Arrival(backfill=Backfill.DIGEST), Outcome.DIGEST),
        (HIT, Standing(), Arrival(backfill=Backfill.ALERT), Outcome.CREATED),
        (HIT, Standing(), Arrival(backfill=Backfill.NOTHING), Outcome.NOTHING),
        (MISS, Standing(), Arrival(backfill=Backfill.NOTHING), None),
        (HIT, Standing(), Arrival(withdrawn=True), Outcome.WITHDRAWN),
        (MISS, Standing(), Arrival(withdrawn=True), None),
        (HIT, REPORTED, Arrival(), Outcome.UPDATED),
        (MISS, REPORTED, Arrival(), Outcome.UPDATED),
        (HIT, REPORTED, Arrival(backfill=Backfill.DIGEST), Outcome.UPDATED),
        (HIT, REPORTED, Arrival(backfill=Backfill.NOTHING), Outcome.NOTHING),
        (HIT, REPORTED, Arrival(known_article=True), Outcome.UNCHANGED),
        (HIT, REPORTED, Arrival(known_article=True, changes=["type: aid, was delivery"]), Outcome.AMENDED),
        (MISS, REPORTED, Arrival(known_article=True, changes=["type: aid, was delivery"]), Outcome.AMENDED),
        (MISS, REPORTED, Arrival(known_article=True, withdrawn=True), Outcome.RETRACTED),
        (HIT, PENDING, Arrival(), Outcome.DIGEST),
        (HIT, PENDING, Arrival(known_article=True, changes=["type: aid, was delivery"]), Outcome.UNCHANGED),
        (MISS, PENDING, Arrival(known_article=True, withdrawn=True), Outcome.WITHDRAWN),
    ],
)
def test_a_report_has_one_outcome_for_a_watch(
    found: Match | Miss, standing: Standing, arrival: Arrival, expected: Outcome | None
) -> None:
    assert outcome(a_watch({"country": "UA"}), found, standing, arrival) is expected


@pytest.mark.parametrize(
    ("found", "standing", "independent", "expected"),
    [
        (HIT, Standing(), 1, Outcome.WAITING),
        (HIT, Standing(waiting=True), 1, Outcome.WAITING),
        (MISS, Standing(waiting=True), 1, None),
        (HIT, Standing(waiting=True), 2, Outcome.CREATED),
        (MISS, Standing(waiting=True), 2, Outcome.CREATED),
        (MISS, Standing(), 2, None),
    ],
)
def test_a_watch_may_wait_for_a_second_independent_outlet(
    found: Match | Miss, standing: Standing, independent: int, expected: Outcome | None
) -> None:
    watch = a_watch({"country": "UA"}, independent_outlets=2)
    assert outcome(watch, found, standing, Arrival(independent=independent)) is expected


@pytest.mark.parametrize(
    ("title", "summary", "verdict", "expected"),
    [
        ("RETRACTED: Berlin clears Taurus", "", Verdict.REVISION, True),
        ("Berlin clears Taurus", "This story has been withdrawn by the agency.", Verdict.REVISION, True),
        ("Berlin clears Taurus", "This story has been withdrawn by the agency.", Verdict.NEW, False),
        ("Berlin withdraws its Taurus offer", "The offer was withdrawn on Monday.", Verdict.REVISION, False),
        ("Berlin clears Taurus", "x" * 400 + " This story has been withdrawn.", Verdict.REVISION, False),
    ],
)
def test_a_revision_that_says_so_in_title_or_lead_withdraws_the_report(
    title: str, summary: str, verdict: Verdict, expected: bool
) -> None:
    assert withdraws(an_article(title=title, summary=summary, verdict=verdict)) is expected


def test_changes_are_told_in_type_assertion_parties_and_systems_and_in_nothing_else() -> None:
    one = flat(an_event(suppliers=["DE"], recipients=["UA"], systems=["Taurus"], types=["authorization"]))
    same = flat(an_event(suppliers=["DE"], recipients=["UA"], systems=["Taurus"], types=["authorization", "aid"]))
    assert changes(one, same) == []
    other = flat(
        an_event(suppliers=["GB"], recipients=["UA"], systems=[a_system("Taurus", of_event=False)], assertion="alleged")
    )
    assert changes(one, other) == [
        "type: delivery, was authorization",
        "assertion: alleged, was reported",
        "suppliers: GB, was DE",
        "systems: none, was Taurus",
    ]


def test_a_richer_report_says_all_that_was_told() -> None:
    one = flat(an_event(suppliers=["DE"], recipients=["UA"]))
    richer = flat(an_event(suppliers=["DE"], recipients=["UA"], systems=["Taurus"], financiers=["NO"]))
    assert says_all(richer, one)
    assert not says_all(one, richer)
    assert not says_all(flat(an_event(suppliers=["DE"], recipients=["UA"], types=["resale"])), one)


def test_ids_are_the_same_on_every_repeat_and_differ_by_watch_development_kind_and_text() -> None:
    created = created_id("taurus", "d" * 64)
    assert created == created_id("taurus", "d" * 64)
    assert created.startswith("msg_")
    assert len(created) == 36
    ids = {
        created,
        created_id("leopard", "d" * 64),
        created_id("taurus", "e" * 64),
        follow_up_id(created, AlertKind.AMENDED, "a", "h"),
        follow_up_id(created, AlertKind.RETRACTED, "a", "h"),
        follow_up_id(created, AlertKind.AMENDED, "a", "i"),
        batch_id(created, AlertKind.UPDATED, ["1", "2"]),
        batch_id(created, AlertKind.UPDATED, ["1", "3"]),
    }
    assert len(ids) == 8
    assert batch_id(created, AlertKind.UPDATED, ["2", "1"]) == batch_id(created, AlertKind.UPDATED, ["1", "2"])


def test_a_digest_waits_two_minutes_after_its_last_match_and_fifteen_after_its_first() -> None:
    assert digest_due(NOW, NOW, 120) == NOW + timedelta(minutes=2)
    assert digest_due(NOW, NOW + timedelta(minutes=5), 120) == NOW + timedelta(minutes=7)
    assert digest_due(NOW, NOW + timedelta(minutes=14), 120) == NOW + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"suppliers": ["DE"], "recipients": ["UA"], "systems": ["Taurus"]},
            "DE → UA: delivery, Taurus (reported, 3 articles)",
        ),
        ({"recipients": ["UA"]}, "? → UA: delivery (reported, 3 articles)"),
        ({"countries": ["DE", "UA"]}, "DE, UA: delivery (reported, 3 articles)"),
        ({"types": []}, "A parade (reported, 3 articles)"),
    ],
)
def test_a_headline_says_who_whom_and_what(values: dict[str, list[str]], expected: str) -> None:
    assert headline(flat(an_event(an_article(title="A parade"), **values)), 3) == expected
