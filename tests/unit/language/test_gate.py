"""What the first look lets through, and why not."""

from functools import cache
from pathlib import Path

import pytest

from config.lexicons import load_lexicon
from streams.language.gate import Gate, GateReason

NEWS = Path(__file__).parents[2] / "data" / "general_news.txt"
FEW = 0.06  # of general news, much of it of war, may pass on to the classifier


@cache
def gate() -> Gate:
    return Gate(load_lexicon())


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Oslo hands over air defence battery", "Norway has given Ukraine a battery from its own stocks."),
        ("", "Warsaw signs for 180 K2 tanks from South Korea."),
        ("", "Three F-16s for Argentina have left Denmark."),
        ("", "Sudan accuses the Emirates of arming the RSF."),
        ("Arms imports of Asian states up a fifth", "SIPRI sees India in first place."),
        ("UN renews arms embargo on Haiti", ""),
        ("", "Athens is in talks with Paris on a fourth frigate."),
        ("", "Parliament in Bern eases re-export of Swiss ammunition."),
        ("", "Customs in Hamburg found pistols from Turkey on their way to Libya."),
        ("SWEDES OFFER FIGHTERS TO BRAZIL", "SAAB PROPOSES 36 GRIPEN JETS"),
    ],
)
def test_a_transfer_passes(title, text):
    verdict = gate().judge(title, text)
    assert verdict.passes
    assert verdict.reason is GateReason.EVIDENCE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The council will vote on the library budget on Tuesday.", GateReason.NO_WEAPON),
        ("Think tanks in Washington sell their papers to China.", GateReason.NO_WEAPON),
        ("A leopard was sold by a zoo in Berlin to one in Paris.", GateReason.NO_WEAPON),
        ("Howitzers thundered near Kharkiv in Ukraine.", GateReason.NO_TRIGGER),
        ("The shop sold pistols and a rifle to the boy.", GateReason.NO_FOREIGN_PARTY),
        (
            "Overnight strike: rockets sent into the town killed two, jets hit back and drones struck.",
            GateReason.OFF_TOPIC,
        ),
    ],
)
def test_what_does_not_pass_has_a_reason(text, reason):
    verdict = gate().judge("", text)
    assert not verdict.passes
    assert verdict.reason is reason


def test_few_items_of_general_news_pass():
    items = [line.split(" | ") for line in NEWS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    passed = [title for title, text in items if gate().judge(title, text).passes]
    assert len(passed) <= FEW * len(items), passed


def test_an_empty_item_does_not_pass():
    assert gate().judge("", "").reason is GateReason.NO_WEAPON


def test_a_system_counts_only_with_its_capital():
    assert not gate().judge("", "An eagle of Spain was sold to France.").passes
    assert gate().judge("", "Eagle armoured vehicles were sold by Spain to France.").passes
