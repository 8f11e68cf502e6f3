import pytest

from agents.classify.inflection import inflect, verb_forms


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("deliver", {"deliver", "delivers", "delivered", "delivering"}),
        ("donate", {"donate", "donates", "donated", "donating"}),
        ("supply", {"supply", "supplies", "supplied", "supplying"}),
        ("dispatch", {"dispatch", "dispatches", "dispatched", "dispatching"}),
    ],
)
def test_a_regular_verb_has_four_forms(verb, forms):
    assert inflect(verb, {}, verb=True) == forms


def test_irregular_forms_come_from_the_lexicon():
    assert {"sent", "sends", "sending"} <= inflect("send", {"send": ["sent"]}, verb=True)


def test_a_noun_has_a_plural_only():
    assert inflect("delivery", {}, verb=False) == {"delivery", "deliveries"}


def test_phrases_are_left_to_those_who_find_them():
    assert verb_forms(["hand over", "sell"], {"sell": ["sold"]}) == inflect("sell", {"sell": ["sold"]}, verb=True)
