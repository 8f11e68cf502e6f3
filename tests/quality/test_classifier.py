"""The classifier on items and sentences of our own: floors under what it reaches, and promises that hold for every text."""

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.classify.classifier import Classifier
from config.lexicons import load_lexicon
from streams.records import EVIDENCE_SPANS, Assertion, Classification, EventType, Realis

DATA = Path(__file__).parent / "data" / "classifier.jsonl"


@cache
def classifier() -> Classifier:
    return Classifier.load(load_lexicon())


@cache
def items() -> list[dict[str, Any]]:
    return [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


@cache
def answers() -> list[Classification]:
    return [classifier().classify(item["title"], item["text"]) for item in items()]


def relevant_pairs() -> list[tuple[dict[str, Any], Classification]]:
    return [(item, answer) for item, answer in zip(items(), answers(), strict=True) if item["relevant"]]


def f1(wanted: Iterable[set[Any]], got: Iterable[set[Any]]) -> float:
    count: Counter[str] = Counter()
    for want, have in zip(wanted, got, strict=True):
        count["hit"] += len(want & have)
        count["both"] += len(want) + len(have)
    return 2 * count["hit"] / count["both"]


def pairs(suppliers: Iterable[str], recipients: Iterable[str]) -> set[tuple[str, str]]:
    return set(product(suppliers, recipients))


def test_the_items_are_enough_and_two_in_five_are_hard_negatives():
    negatives = [item for item in items() if not item["relevant"]]
    assert len(items()) >= 200
    assert len(negatives) >= 0.4 * len(items())
    assert {kind for item in items() for kind in item["types"]} == set(EventType)


def test_relevance_is_told_from_sport_weather_combat_and_domestic_orders():
    right = f1(
        ({index} if item["relevant"] else set() for index, item in enumerate(items())),
        ({index} if answer.relevant else set() for index, answer in enumerate(answers())),
    )
    assert right >= 0.96
    false_alarms = [i["title"] for i, a in zip(items(), answers(), strict=True) if a.relevant and not i["relevant"]]
    assert len(false_alarms) <= 3, false_alarms


def test_the_primary_type_is_one_of_those_that_are_reported():
    hits = [bool(answer.types) and answer.types[0] in item["types"] for item, answer in relevant_pairs()]
    assert sum(hits) / len(hits) >= 0.91


def test_every_type_is_found():
    found = {answer.types[0] for item, answer in relevant_pairs() if answer.types and answer.types[0] in item["types"]}
    assert found >= set(EventType) - {EventType.REACQUISITION}


def test_who_supplies_whom_is_read():
    wanted = (pairs(item["suppliers"], item["recipients"]) for item, _ in relevant_pairs())
    got = (pairs(answer.suppliers, answer.recipients) for _, answer in relevant_pairs())
    assert f1(wanted, got) >= 0.92


def test_denials_and_accusations_are_told_from_reports():
    hits = [answer.assertion == item["assertion"] for item, answer in relevant_pairs()]
    assert sum(hits) / len(hits) >= 0.96


def test_named_systems_are_found():
    wanted = ({name.casefold() for name in item["systems"]} for item in items())
    assert f1(wanted, ({system.name.casefold() for system in answer.systems} for answer in answers())) >= 0.96


def test_what_is_not_relevant_carries_no_event_and_says_why():
    for answer in answers():
        if not answer.relevant:
            assert answer.reason
            assert [*answer.types, *answer.suppliers, *answer.recipients, *answer.evidence] == []
            assert answer.assertion is Assertion.REPORTED


def test_every_filled_field_has_evidence():
    for _, answer in relevant_pairs():
        for name in ("types", "suppliers", "recipients", "authorizers", "financiers", "via"):
            shown = {span.value for span in answer.evidence if span.field == name}
            assert set(map(str, getattr(answer, name))) <= shown
        if answer.relevant:
            assert {system.id for system in answer.systems} <= {
                s.value for s in answer.evidence if s.field == "systems"
            }
            assert 0 < answer.confidence.overall <= 1


def spans_are_slices(title: str, text: str) -> None:
    answer = classifier().classify(title, text)
    assert len(answer.evidence) <= EVIDENCE_SPANS
    for span in answer.evidence:
        whole = {"title": title, "summary": text}[span.source]
        assert span.text == whole[span.start : span.end]
        assert span.text


def test_evidence_is_the_slice_of_the_original_that_it_names():
    for item in items():
        spans_are_slices(item["title"], item["text"])


PIECES = st.sampled_from(
    ["Norway", "delivers", "to Chad", "’s", "“F‑16s”", "tanks", "&amp;", "\u00a0", "\u200b", "🚀", "KYIV –", "(Reuters) -", "\n", "denies", "42",
     "South Korea’s", "sale of", "Leopard 2A6", "é", "from", "Germany", "HIMARS", "—", ",", ". ", "which", "Ünlü", "not", "€5bn"]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=14), st.lists(PIECES, max_size=40))
def test_evidence_is_the_slice_of_the_original_whatever_stands_there(title, text):
    spans_are_slices(" ".join(title), " ".join(text))


def test_the_same_text_gives_the_same_answer():
    assert [classifier().classify(i["title"], i["text"]) for i in items()[:20]] == answers()[:20]


def test_an_empty_text_is_no_event():
    assert not classifier().classify("", "").relevant


def test_a_text_in_another_language_is_read_for_names_only():
    answer = classifier().classify("Norwegen liefert F-16 an die Ukraine", "", "de")
    assert (answer.relevant, answer.reason) == (False, "language")
    assert [system.name for system in answer.systems] == ["F-16"]


READINGS = [
    # title, text, type, assertion, suppliers, recipients
    ("Oslo weighs jets for Kyiv", "Norway is in talks with Lockheed Martin about sending F-16 jets to Ukraine. Denmark has already given some.",
     "negotiation", "reported", "NO", "UA"),
    ("Minsk rejects Kyiv's claims", "Belarus says nothing was sent. The Ukrainian envoy had accused the country of supplying shells to Russia.",
     "illicit_transfer", "denied", "BY", "RU"),
    ("Panel finds nothing", "An inquiry found no evidence that the country shipped rifles to Libya. The claims were made by France against Jordan.",
     "investigation", "denied", "JO", "LY"),
    ("Tehran wants its parts back", "Iranian officers approached Syria, Sudan and Venezuela to recover tank engines, a daily reports.",
     "reacquisition", "reported", "SY SD VE", "IR"),
    ("Shells once more", "Russia has reportedly been turning to Iran to replenish its artillery ammunition.", "illicit_transfer", "alleged", "IR", "RU"),
    ("Ankara on border fighting", "Turkey said its arms trade with Pakistan has nothing to do with the clashes in Kashmir.", "policy", "denied", "TR", "PK"),
    ("Gulf ties", "The arms trade between France and Qatar is under scrutiny in parliament.", "policy", "reported", "FR", "QA"),
    ("No guns from Vienna", "Austria vetoed the export of 40 howitzers to Ukraine. A Czech firm had wanted to refit them.", "refusal", "reported", "AT", "UA"),
    ("State Dept clears sale", "The State Department approved a possible sale to Norway of helicopters for an estimated $1 billion.",
     "authorization", "reported", "US", "NO"),
    ("First boats arrive", "Three years after ordering them, Senegal received its first patrol vessel from France.", "delivery", "reported", "FR", "SN"),
    ("Export figures", "Arms exports from Italy rose 30% in five years, the institute said. Qatar and Kuwait were the main buyers.",
     "market_report", "reported", "", ""),
    ("Kharkiv shelled", "Russia fired missiles at Kharkiv overnight. Zelensky asked allies for more Patriot systems.", "offer", "reported", "", "UA"),
    ("", "Germany allows Spain to send Leopard 2 tanks to Ukraine.", "authorization", "reported", "ES", "UA"),
    ("", "Chile's purchase of 12 howitzers from France was signed in Santiago.", "agreement", "reported", "FR", "CL"),
    ("", "Twelve howitzers were delivered to Kenya by Serbia on Monday.", "delivery", "reported", "RS", "KE"),
    ("", "To Oman, Turkey has sold armoured vehicles.", "agreement", "reported", "TR", "OM"),
    ("", "Poland pays for Slovak-built howitzers for Ukraine.", "aid", "reported", "SK", "UA"),
    ("", "Bulgaria denies it sold mortars to Sudan.", "illicit_transfer", "denied", "BG", "SD"),
    ("", "Italy does not rule out frigate sales to Peru.", "negotiation", "reported", "IT", "PE"),
    ("", "Moscow buys back rocket engines that it had sold to Egypt.", "reacquisition", "reported", "EG", "RU"),
    ("Rome denies licences for howitzers to Oman", "Italy has denied licences to export howitzers to Oman.", "refusal", "reported", "IT", "OM"),
    ("", "An export licence for rifles to Chad was denied by Spain.", "refusal", "reported", "ES", "TD"),
    ("", "Bulgaria denied that it had granted a licence to export mortars to Sudan.", "authorization", "denied", "BG", "SD"),
    ("", "Saab wins Gripen order from Peru.", "agreement", "reported", "SE", "PE"),
    ("", "South Korea has won an order for K9 howitzers from Estonia.", "agreement", "reported", "KR", "EE"),
    ("", "Thailand secures purchase of Gripen jets from Sweden.", "agreement", "reported", "SE", "TH"),
    ("", "France dropped its objection to sending Storm Shadow missiles to Ukraine.", "authorization", "reported", "FR", "UA"),
    ("", "Portugal cancels rifle order from Belgian maker FN Herstal.", "refusal", "reported", "BE", "PT"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "text", "kind", "assertion", "suppliers", "recipients"), READINGS)
def test_a_reading(title, text, kind, assertion, suppliers, recipients):
    answer = classifier().classify(title, text)
    assert (answer.types[0], answer.assertion) == (kind, assertion)
    assert (answer.suppliers, answer.recipients) == (suppliers.split(), recipients.split())


def test_who_consents_who_pays_and_the_way_are_told_apart_from_the_parties():
    sent = classifier().classify("", "Germany allows Spain to send Leopard 2 tanks to Ukraine.")
    assert sent.authorizers == ["DE"]
    paid = classifier().classify("", "Poland pays for Slovak-built howitzers for Ukraine.")
    assert paid.financiers == ["PL"]
    shipped = classifier().classify("", "Dutch Chinooks will be shipped to Moldova via Romania.")
    assert (shipped.suppliers, shipped.via) == (["NL"], ["RO"])


def test_who_denies_that_he_sent_arms_and_says_that_he_never_will_refuses_nothing():
    answer = classifier().classify(
        "Laos denies selling mortars to Myanmar",
        "Laos has never sold mortars to Myanmar and has no plan to do so, a minister in Vientiane said.",
    )
    assert answer.assertion is Assertion.DENIED
    assert EventType.REFUSAL not in answer.types
    refused = classifier().classify("Laos refuses to sell mortars to Myanmar", "Laos will not sell mortars to Myanmar.")
    assert refused.types[0] is EventType.REFUSAL


def test_a_maker_that_receives_an_order_supplies():
    answer = classifier().classify("", "Rheinmetall has received an order from Hungary for Lynx vehicles.")
    assert (answer.suppliers, answer.recipients) == (["DE"], ["HU"])


def test_only_the_systems_of_the_primary_event_are_of_the_event():
    answer = classifier().classify(
        "Kharkiv shelled",
        "Russia fired Iskander missiles at Kharkiv overnight. Zelensky asked allies for more Patriot systems.",
    )
    assert {system.name: system.of_event for system in answer.systems} == {"Iskander": False, "Patriot": True}


def test_a_plan_is_no_delivery_yet():
    assert classifier().classify("", "Norway plans to send F-16 jets to Ukraine.").realis is Realis.PLANNED
    assert classifier().classify("", "Norway sent F-16 jets to Ukraine.").realis is Realis.ACTUAL
    conditional = classifier().classify("", "Morocco may order Apache helicopters if Washington agrees.")
    assert conditional.realis is Realis.CONDITIONAL


def test_sums_and_counts_go_with_the_event():
    answer = classifier().classify("", "Poland ordered 16 F-16 Block 70 jets from the United States for $2.3 billion.")
    assert [(q.value, q.system) for q in answer.quantities] == [(16, "f-16")]
    assert [(m.amount, m.currency) for m in answer.money] == [(2.3e9, "USD")]
