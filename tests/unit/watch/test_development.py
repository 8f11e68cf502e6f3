"""Which reports are one development."""

from datetime import timedelta
from typing import Any

import pytest

from agents.watch.development import (
    GROUPS,
    Development,
    Group,
    Member,
    Relation,
    choose,
    independent_outlets,
    join,
    relation,
    report,
    reported_at,
)
from streams.records import EventType, Realis
from tests.builders import NOW, a_system, an_article, an_event

TAURUS = {"suppliers": ["DE"], "recipients": ["UA"], "systems": ["Taurus"], "types": ["authorization"]}
SECOND = timedelta(seconds=1)


def told(hours: float = 0.0, **values: Any) -> Development:
    """A report, ``hours`` after noon."""
    at = NOW + timedelta(hours=hours)
    return report(an_event(an_article(published=at, fetched=at), **{**TAURUS, **values}))


def test_every_type_has_its_group() -> None:
    assert set(GROUPS) == set(EventType)
    assert Group.OTHER not in GROUPS.values()


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["agreement"], Relation.SAME),
        (["aid", "delivery"], Relation.SAME),
        (["production"], Relation.SAME),
        (["delivery", "authorization"], Relation.OTHER_GROUP),
        (["offer"], Relation.OTHER_GROUP),
        (["offer", "aid"], Relation.SAME),
        (["negotiation", "delivery", "agreement"], Relation.SAME),
        (["refusal", "authorization"], Relation.OTHER_GROUP),
        (["policy", "aid"], Relation.OTHER_GROUP),
        (["refusal"], Relation.OTHER_GROUP),
        (["policy"], Relation.OTHER_GROUP),
        ([], Relation.OTHER_GROUP),
    ],
)
def test_the_primary_type_decides_the_group_and_between_talks_and_deal_the_others_too(
    types: list[str], expected: Relation
) -> None:
    assert relation(told(types=types), told()) is expected


def test_a_delivery_that_is_only_planned_is_a_decision_and_one_that_happened_is_not() -> None:
    decision = told(types=["authorization", "delivery"])
    planned = told(types=["delivery"], realis=Realis.PLANNED)
    arrived = told(types=["delivery"], realis=Realis.ACTUAL)
    assert relation(planned, decision) is Relation.SAME
    assert relation(arrived, planned) is Relation.SAME
    assert relation(arrived, decision) is Relation.OTHER_GROUP


def test_a_denial_is_apart_from_what_it_denies() -> None:
    assert relation(told(assertion="denied"), told()) is Relation.OTHER_POLARITY
    assert relation(told(assertion="alleged"), told()) is Relation.SAME
    assert relation(told(assertion="denied"), told(assertion="denied")) is Relation.SAME


def test_a_report_joins_until_72_hours_after_the_last_one() -> None:
    assert relation(told(72), told()) is Relation.SAME
    late = report(an_event(an_article(published=None, fetched=NOW + timedelta(hours=72) + SECOND), **TAURUS))
    assert relation(late, told()) is Relation.OTHER_TIME
    assert relation(late, join(told(1), told())) is Relation.SAME
    assert relation(told(-72), told()) is Relation.SAME
    assert relation(told(-73), told()) is Relation.OTHER_TIME


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"suppliers": []}, Relation.SAME),
        ({"suppliers": ["DE", "GB"]}, Relation.SAME),
        ({"suppliers": ["GB"]}, Relation.OTHER_SUPPLIERS),
        ({"recipients": []}, Relation.SAME),
        ({"recipients": ["PL", "UA"]}, Relation.SAME),
        ({"recipients": ["PL"]}, Relation.OTHER_RECIPIENTS),
        ({"systems": []}, Relation.SAME),
        ({"systems": ["Taurus", "Storm Shadow"]}, Relation.SAME),
        ({"systems": ["Storm Shadow"]}, Relation.OTHER_SYSTEMS),
        ({"systems": [a_system("Storm Shadow", of_event=False)]}, Relation.SAME),
        ({"recipients": [], "systems": []}, Relation.NOTHING_SHARED),
    ],
)
def test_one_sides_set_contains_the_others_or_is_empty_and_a_recipient_or_system_is_shared(
    values: dict[str, Any], expected: Relation
) -> None:
    assert relation(told(**values), told()) is expected
    assert relation(told(), told(**values)) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"suppliers": ["DE"]}, {"suppliers": ["DE"]}, Relation.SAME),
        ({"suppliers": ["DE"]}, {"suppliers": ["DE", "FR"]}, Relation.NOTHING_SHARED),
        ({"suppliers": ["DE"]}, {"suppliers": ["DE"], "types": ["agreement"]}, Relation.NOTHING_SHARED),
        ({"suppliers": []}, {"suppliers": []}, Relation.NOTHING_SHARED),
        ({"suppliers": ["DE"]}, {"suppliers": ["DE"], "recipients": ["UA"]}, Relation.NOTHING_SHARED),
    ],
)
def test_where_neither_names_recipient_or_system_supplier_and_type_must_agree(
    one: dict[str, Any], other: dict[str, Any], expected: Relation
) -> None:
    bare: dict[str, Any] = {"recipients": [], "systems": []}
    assert relation(told(**bare | one), told(**bare | other)) is expected


def test_of_several_developments_the_one_reported_last_is_joined() -> None:
    early, late, other = told(0, systems=[]), told(5), told(9, recipients=["PL"])
    assert choose(told(10), [early, late, other]) == late
    assert choose(told(10, recipients=["IL"]), [early, late, other]) is None


def test_a_development_takes_what_its_founder_left_open_and_grows_no_further() -> None:
    founded = told(0, systems=[])
    filled = join(told(1, systems=["Taurus"]), founded)
    assert filled.systems == {"taurus"}
    wide = join(told(2, recipients=["UA", "IL", "TW"]), filled)
    assert wide.recipients == {"UA"}
    assert relation(told(3, recipients=["TW"], systems=[]), wide) is Relation.OTHER_RECIPIENTS
    assert (wide.id, wide.last_reported, wide.first_reported) == (founded.id, NOW + timedelta(hours=2), NOW)


def test_a_date_in_the_future_or_no_date_is_the_time_it_was_fetched() -> None:
    assert reported_at(an_article(published=NOW + timedelta(days=9), fetched=NOW)) == NOW
    assert reported_at(an_article(published=None, fetched=NOW)) == NOW
    assert reported_at(an_article(published=NOW - timedelta(days=9), fetched=NOW)) == NOW - timedelta(days=9)


def a_member(outlet: str, story: str, article: str | None = None, **values: Any) -> Member:
    article = article or f"{outlet}/{story}"
    return Member(event=f"{article}-{values}", article=article, story=story, outlet=outlet, reported=NOW, **values)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([a_member("A", "1")], {"a"}),
        ([a_member("A", "1"), a_member("B", "1"), a_member("C", "1")], {"a"}),
        ([a_member("A", "1"), a_member("B", "2"), a_member("C", "3")], {"a", "b", "c"}),
        ([a_member("A", "1"), a_member("A", "2")], {"a"}),
        ([a_member("A", "1"), a_member("a", "2")], {"a"}),
        ([a_member("A", "1"), a_member("B", "1"), a_member("B", "2")], {"a", "b"}),
        ([a_member("A", "1"), a_member("A", "2"), a_member("B", "1")], {"a"}),
        ([a_member("B", "1"), a_member("A", "1", article="1")], {"a"}),
        ([a_member("A", "1"), a_member("B", "2"), a_member("B", "2", retracted=True)], {"a"}),
    ],
)
def test_an_outlet_is_independent_if_it_brought_a_story_of_its_own_that_stands(
    members: list[Member], expected: set[str]
) -> None:
    assert independent_outlets(members) == expected
