"""What the words of watches.yaml mean, one truth table a key."""

from typing import Any

import pytest

from agents.watch.match import CHECKS, match
from agents.watch.rules import CONDITIONS, NEAR, Match, Miss, Reason
from config.schema import Clause, Level
from streams.records import Confidence, Event, Evidence
from tests.builders import a_system, a_watch, an_article, an_event


def outcome(when: dict[str, Any], event: Event, **watch: Any) -> str:
    """``match``, or the reason of the miss."""
    found = match(a_watch(when, **watch), event)
    return "match" if isinstance(found, Match) else str(found.reason)


DE_UA = {"pair": {"supplier": "DE", "recipient": "UA"}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"suppliers": ["DE"], "recipients": ["UA"]}, "match"),
        ({"suppliers": ["DK", "DE"], "recipients": ["PL", "UA"]}, "match"),
        ({"suppliers": ["DK"], "authorizers": ["DE"], "recipients": ["UA"]}, "match"),
        ({"suppliers": ["NL"], "financiers": ["DE"], "recipients": ["UA"]}, "match"),
        ({"suppliers": ["UA"], "recipients": ["DE"]}, "direction_reversed"),
        ({"suppliers": ["PL"], "via": ["DE"], "recipients": ["UA"]}, "role_not_watched"),
        ({"suppliers": ["DE"], "recipients": [], "countries": ["DE", "UA"]}, "country_unresolved"),
        ({"suppliers": [], "recipients": ["UA"], "countries": ["DE", "UA"]}, "country_unresolved"),
        ({"suppliers": ["DE"], "recipients": ["IL"], "countries": ["DE", "IL", "UA"]}, "other_pair"),
        ({"suppliers": ["DE"], "recipients": ["IL"]}, "other_pair"),
        ({"suppliers": [], "recipients": [], "countries": ["DE", "UA"], "roles": "unresolved"}, "roles_unresolved"),
        ({"suppliers": [], "recipients": [], "countries": ["DE"], "roles": "unresolved"}, "other_pair"),
        ({"suppliers": ["DE"], "recipients": ["UA"], "assertion": "denied"}, "match"),
    ],
)
def test_a_pair_is_directed_and_needs_resolved_roles(event: dict[str, Any], expected: str) -> None:
    assert outcome(DE_UA, an_event(**event)) == expected


@pytest.mark.parametrize(
    ("roles", "expected"),
    [(["supplier"], "role_not_watched"), (["authorizer"], "match"), (["supplier", "via"], "role_not_watched")],
)
def test_roles_narrow_in_which_capacity_the_first_country_may_act(roles: list[str], expected: str) -> None:
    when = {"pair": {"supplier": "DE", "recipient": "UA", "roles": roles}}
    assert outcome(when, an_event(suppliers=["DK"], authorizers=["DE"], recipients=["UA"])) == expected


def test_a_pair_of_lists_never_matches_a_country_with_itself() -> None:
    when = {"pair": {"supplier": ["DE", "UA"], "recipient": ["UA"]}}
    assert outcome(when, an_event(suppliers=["UA"], recipients=["UA"])) == "other_pair"
    assert outcome(when, an_event(suppliers=["UA", "DE"], recipients=["UA"])) == "match"


def test_the_match_says_that_germany_only_allows_what_denmark_sends() -> None:
    found = match(a_watch(DE_UA), an_event(suppliers=["DK"], authorizers=["DE"], recipients=["UA"]))
    assert isinstance(found, Match)
    assert found.reasons == ("DE as authorizer → UA",)


def test_a_match_shows_the_spans_that_decided_and_no_others() -> None:
    spans = [
        Evidence(field=field, value=value, source="title", start=start, end=start + 2, text="xx", rule="r")
        for field, value, start in [
            ("suppliers", "DE", 0),
            ("suppliers", "FR", 5),
            ("recipients", "UA", 9),
            ("systems", "taurus", 20),
        ]
    ]
    found = match(a_watch(DE_UA), an_event(suppliers=["DE", "FR"], recipients=["UA"], evidence=spans))
    assert isinstance(found, Match)
    assert [span.start for span in found.evidence] == [0, 9]
    assert found.reasons == ('DE ("xx") → UA ("xx")',)


def test_of_several_alternatives_all_are_told_and_the_surest_is_compared() -> None:
    event = an_event(
        an_article(title="Leopard 1A5 tanks"), systems=["Leopard 1"], confidence=Confidence(systems=0.3, overall=0.5)
    )
    when = {"any": [{"systems": ["leopard-1"]}, {"text": "Leopard 1A5", "country": "UA"}, {"text": "tanks"}]}
    found = match(a_watch(when, min_confidence=0.4), event)
    assert isinstance(found, Match)
    assert found.reasons == ("names Leopard 1", 'says "tanks"', "confidence 0.50, needs 0.40")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"suppliers": ["RU"], "recipients": ["KP"]}, "match"),
        ({"suppliers": ["KP"], "recipients": ["RU"]}, "match"),
        ({"suppliers": ["KP"], "via": ["RU"], "recipients": ["SY"]}, "match"),
        ({"suppliers": ["RU", "KP"], "recipients": ["SY"]}, "match"),
        ({"suppliers": ["CN"], "financiers": ["RU"], "recipients": ["KP"]}, "match"),
        ({"suppliers": ["RU"], "recipients": [], "countries": ["KP", "RU"]}, "country_unresolved"),
        ({"suppliers": ["RU"], "recipients": ["IR"], "countries": ["IR", "KP", "RU"]}, "other_parties"),
        ({"suppliers": ["RU"], "recipients": ["IR"]}, "other_parties"),
        ({"countries": ["KP", "RU"], "roles": "unresolved"}, "roles_unresolved"),
    ],
)
def test_parties_are_all_of_them_in_any_role(event: dict[str, Any], expected: str) -> None:
    assert outcome({"parties": ["RU", "KP"]}, an_event(**event)) == expected


@pytest.mark.parametrize(
    ("when", "event", "expected"),
    [
        ({"supplier": ["DE", "FR"]}, {"suppliers": ["FR"]}, "match"),
        ({"supplier": "DE"}, {"suppliers": ["DK"], "authorizers": ["DE"]}, "other_supplier"),
        ({"supplier": "DE"}, {"suppliers": [], "countries": ["DE"]}, "country_unresolved"),
        ({"supplier": "DE"}, {"countries": ["DE"], "roles": "unresolved"}, "roles_unresolved"),
        ({"recipient": "SA"}, {"recipients": ["SA"]}, "match"),
        ({"recipient": "SA"}, {"suppliers": ["SA"], "recipients": ["YE"]}, "other_recipient"),
        ({"country": "SA"}, {"countries": ["SA"]}, "match"),
        ({"country": "SA"}, {"suppliers": ["SA"], "countries": []}, "match"),
        ({"country": ["SA", "AE"]}, {"countries": ["YE"]}, "other_country"),
        ({"systems": ["taurus", "leopard-1"]}, {"systems": ["Leopard 1"]}, "match"),
        ({"systems": ["taurus"]}, {"systems": ["Leopard 1"]}, "other_system"),
        ({"systems": ["taurus"]}, {"systems": [a_system("Taurus", of_event=False)]}, "match"),
        (
            {"systems": ["taurus"], "of_event": True},
            {"systems": [a_system("Taurus", of_event=False)]},
            "system_only_mentioned",
        ),
        ({"systems": ["taurus"], "of_event": True}, {"systems": ["Taurus"]}, "match"),
        ({"types": ["refusal", "embargo"]}, {"types": ["delivery", "embargo"]}, "match"),
        ({"types": ["refusal"]}, {"types": ["delivery"]}, "other_type"),
        ({"types": ["refusal"]}, {"types": ["delivery"], "alternatives": ["refusal"]}, "type_uncertain"),
        ({"assertion": ["alleged", "denied"]}, {"assertion": "alleged"}, "match"),
        ({"assertion": "reported"}, {"assertion": "denied"}, "other_assertion"),
    ],
)
def test_values_of_one_key_are_alternatives(when: dict[str, Any], event: dict[str, Any], expected: str) -> None:
    assert outcome(when, an_event(**event)) == expected


@pytest.mark.parametrize(
    ("text", "title", "summary", "expected"),
    [
        ("Leopard 1A5", "Kyiv gets LEOPARD 1A5 tanks", "", "match"),
        ("Leopard 1A5", "", "the leopard\u00a01a5 again", "match"),
        ("Leopard 1A5", "The Leopard 1A5s", "", "other_text"),
        ("Leopard 1A5", "The Leopard 1", "A5 paper", "other_text"),
        ("art", "A party", "smart art", "match"),
        ("art", "A party", "smart", "other_text"),
        ("C-130", "Five C\u2011130 aircraft", "", "match"),
        ("Heckler & Koch", "heckler  & koch rifles", "", "match"),
        ("O'Brien", "O\u2019Brien Defence", "", "match"),
        (".50 cal", "two .50 cal guns", "", "match"),
        ("", "anything", "", "other_text"),
    ],
)
def test_text_is_a_whole_phrase_in_title_or_summary_whatever_its_case(
    text: str, title: str, summary: str, expected: str
) -> None:
    assert outcome({"text": text}, an_event(an_article(title=title, summary=summary), relevant=False)) == expected


def test_a_phrase_is_shown_as_the_article_writes_it_with_its_place() -> None:
    article = an_article(title="Rifles", summary="From Heckler & Koch, twice: HECKLER & KOCH")
    found = match(a_watch({"text": ["heckler & koch"]}), an_event(article))
    assert isinstance(found, Match)
    assert [article.summary[span.start : span.end] for span in found.evidence] == ["Heckler & Koch", "HECKLER & KOCH"]
    assert found.reasons == ('says "Heckler & Koch"', 'says "HECKLER & KOCH"')


def test_feeds_and_tier_look_at_the_article() -> None:
    event = an_event(an_article(feed="sipri", tier=1))
    assert outcome({"feeds": ["sipri", "un"]}, event) == "match"
    assert outcome({"feeds": "un"}, event) == "other_feed"
    assert outcome({"tier": [1, 2]}, event) == "match"
    assert outcome({"tier": 3}, event) == "other_tier"


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"text": "parade"}, "match"),
        ({"text": "parade", "feeds": "wire"}, "match"),
        ({"any": [{"text": "parade"}, {"feeds": "wire"}]}, "match"),
        ({"text": "parade", "country": "FR"}, "irrelevant"),
        ({"text": "parade", "country": "FR", "relevant": "any"}, "match"),
        ({"text": "parade", "relevant": True}, "irrelevant"),
        ({"text": "parade", "tier": 4}, "irrelevant"),
        ({"any": [{"text": "parade"}, {"country": "FR"}]}, "irrelevant"),
        ({"any": [{"text": "parade", "relevant": "any"}, {"country": "FR"}]}, "match"),
        ({"text": "parade", "not": {"systems": ["taurus"]}}, "irrelevant"),
        ({"country": "FR", "relevant": False}, "match"),
    ],
)
def test_a_rule_wants_relevant_events_unless_it_says_any_or_is_of_text_and_feeds_alone(
    when: dict[str, Any], expected: str
) -> None:
    assert outcome(when, an_event(an_article(title="A parade"), relevant=False, types=[], countries=["FR"])) == expected


def test_a_rule_for_irrelevant_events_does_not_match_a_relevant_one() -> None:
    assert outcome({"country": "FR", "relevant": False}, an_event(countries=["FR"])) == "relevant"


def test_keys_are_anded_and_groups_nest() -> None:
    event = an_event(suppliers=["DE"], recipients=["UA"], systems=["Taurus"])
    assert outcome({**DE_UA, "systems": ["taurus"], "types": "delivery"}, event) == "match"
    assert outcome({**DE_UA, "systems": ["leopard-1"]}, event) == "other_system"
    assert outcome({"any": [{"systems": ["leopard-1"]}, {"recipient": "UA"}]}, event) == "match"
    assert outcome({"any": [{"systems": ["leopard-1"]}, {"recipient": "IL"}]}, event) == "other_system"
    assert outcome({"all": [{"systems": ["taurus"]}, {"recipient": "IL"}]}, event) == "other_recipient"
    assert (
        outcome({"all": [{"systems": ["taurus"]}, {"any": [{"recipient": "UA"}, {"recipient": "IL"}]}]}, event)
        == "match"
    )
    assert outcome({**DE_UA, "not": {"systems": ["taurus"]}}, event) == "excluded"
    assert outcome({**DE_UA, "not": {"systems": ["leopard-1"]}}, event) == "match"


def test_any_clause_of_unless_excludes() -> None:
    event = an_event(an_article(title="World of Tanks adds the Leopard 1"), systems=["Leopard 1"])
    unless = [{"text": "War Thunder"}, {"text": "World of Tanks"}]
    assert outcome({"systems": ["leopard-1"]}, event, unless=unless) == "excluded"
    assert outcome({"systems": ["leopard-1"]}, event, unless=unless[:1]) == "match"


def test_confidence_is_the_lowest_of_the_fields_that_the_rule_uses() -> None:
    sure = Confidence(overall=0.1, relevant=0.1, types=0.5, assertion=0.1, suppliers=0.9, recipients=0.7, systems=0.8)
    event = an_event(suppliers=["DE"], recipients=["UA"], systems=["Taurus"], confidence=sure)
    assert outcome(DE_UA, event, min_confidence=0.7) == "match"
    assert outcome(DE_UA, event, min_confidence=0.71) == "confidence_too_low"
    assert outcome({"systems": ["taurus"]}, event, min_confidence=0.8) == "match"
    assert outcome({**DE_UA, "types": "delivery"}, event, min_confidence=0.6) == "confidence_too_low"
    assert outcome({"any": [{"types": "delivery"}, {"systems": ["taurus"]}]}, event, min_confidence=0.75) == "match"
    assert outcome({**DE_UA, "relevant": True}, event, min_confidence=0.6) == "confidence_too_low"


def test_a_rule_that_uses_no_judged_field_is_compared_with_the_overall_confidence_of_a_relevant_event() -> None:
    event = an_event(countries=["UA"], confidence=Confidence(overall=0.4))
    assert outcome({"country": "UA"}, event, min_confidence=0.5) == "confidence_too_low"
    noise = an_event(an_article(title="parade"), relevant=False, confidence=Confidence())
    assert outcome({"text": "parade"}, noise, min_confidence=0.5) == "match"


def test_an_event_with_unresolved_roles_alerts_at_level_informational_where_the_rule_asks_for_it() -> None:
    event = an_event(countries=["DE", "UA"], roles="unresolved", confidence=Confidence())
    found = match(a_watch({**DE_UA, "unresolved": "alert"}, level="critical", min_confidence=0.0), event)
    assert isinstance(found, Match)
    assert found.level is Level.INFORMATIONAL
    assert found.reasons == ("DE and UA named, roles unresolved",)


def test_a_resolved_branch_is_preferred_to_an_unresolved_one() -> None:
    event = an_event(countries=["DE", "UA"], roles="unresolved", systems=["Taurus"])
    when = {"any": [{**DE_UA, "unresolved": "alert"}, {"systems": ["taurus"]}]}
    found = match(a_watch(when, level="high"), event)
    assert isinstance(found, Match)
    assert found.level is Level.HIGH


def test_a_miss_is_near_only_when_nothing_but_doubt_or_a_role_stood_between() -> None:
    reversed_pair = an_event(suppliers=["UA"], recipients=["DE"], systems=["Taurus"])
    assert match(a_watch({**DE_UA, "systems": ["taurus"]}), reversed_pair) == Miss(Reason.DIRECTION_REVERSED)
    assert Miss(Reason.DIRECTION_REVERSED).near
    assert match(a_watch({**DE_UA, "systems": ["leopard-1"]}), reversed_pair) == Miss(Reason.OTHER_SYSTEM)
    assert not Miss(Reason.OTHER_SYSTEM).near
    assert len(NEAR) == 7


def test_every_key_of_a_clause_is_a_condition_with_a_check_a_group_or_a_setting() -> None:
    others = {"all", "any", "not_", "relevant", "unresolved", "of_event"}
    assert set(CONDITIONS) | others == set(Clause.model_fields)
    assert set(CHECKS) == set(CONDITIONS)
