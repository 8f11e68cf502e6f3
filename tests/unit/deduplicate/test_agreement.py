"""Near copies must agree."""

import pytest

from agents.deduplicate.agreement import BINDING, Disagreement, Facts, disagreement
from agents.deduplicate.decisions import shipped_decisions

WORDS: frozenset[int] = frozenset()


def facts(**said: int) -> Facts:
    return Facts({fact.replace("__", ":"): place for fact, place in said.items()}, length=60)


def differ(one: Facts, other: Facts, words: frozenset[int] = WORDS) -> Disagreement | None:
    found = disagreement(one, words, other, words, shipped_decisions())
    assert found == disagreement(other, words, one, words, shipped_decisions())
    return found


@pytest.mark.parametrize("kind", ["country", "system", "variant", "weapon", "firm", "number"])
def test_each_claiming_what_the_other_lacks_is_a_disagreement(kind: str) -> None:
    assert differ(facts(**{f"{kind}__a": 0}), facts(**{f"{kind}__b": 0})) == kind


def test_a_fact_that_only_one_has_is_none_because_texts_are_cut_and_extended() -> None:
    assert differ(facts(country__BG=0, number__8=3), facts(country__BG=0)) is None


def test_different_kinds_of_facts_do_not_meet() -> None:
    assert differ(facts(country__BG=0), facts(number__8=0)) is None


def test_a_fact_that_the_other_names_further_on_is_none() -> None:
    assert differ(facts(country__BG=0, country__US=0), facts(country__GR=0, country__BG=50, country__US=0)) is None


def test_facts_behind_the_binding_words_are_not_compared() -> None:
    assert differ(facts(number__8=BINDING + 1), facts(number__9=BINDING + 1)) is None


def test_facts_behind_the_end_of_the_shorter_text_are_not_compared() -> None:
    """The cut text's headline was edited and names Sweden; the whole one names Brazil where the cut one has ended."""
    whole = facts(country__PE=0, country__BR=30)
    cut = Facts({"country:PE": 0, "country:SE": 0}, length=20)
    assert differ(whole, cut) is None
    assert differ(whole, Facts(cut.said, length=60)) is Disagreement.COUNTRY


def test_unknown_names_that_each_has_alone_are_a_disagreement() -> None:
    one, other = Facts(length=20, names=frozenset({1})), Facts(length=20, names=frozenset({2}))
    assert differ(one, other) is Disagreement.NAME
    assert differ(one, other, frozenset({1, 2})) is None  # each name stands somewhere in the other text


def test_opposite_headlines_disagree_whatever_the_texts_say() -> None:
    one = Facts(length=20, title_decisions=frozenset({"grant"}), text_decisions=frozenset({"grant", "refuse"}))
    other = Facts(length=20, title_decisions=frozenset({"refuse"}), text_decisions=frozenset({"grant", "refuse"}))
    assert differ(one, other) is Disagreement.DECISION


def test_only_one_text_reporting_that_something_does_not_happen_is_a_disagreement() -> None:
    orders, cancels = Facts(length=20), Facts(length=20, text_decisions=frozenset({"cancel"}))
    assert differ(orders, cancels) is Disagreement.DECISION


def test_an_edited_headline_may_leave_the_decision_to_the_text() -> None:
    plain = Facts(length=20, text_decisions=frozenset({"cancel"}))
    sharp = Facts(length=20, title_decisions=frozenset({"cancel"}), text_decisions=frozenset({"cancel"}))
    assert differ(plain, sharp) is None


def test_a_headline_alone_is_compared_with_the_headline() -> None:
    alone = Facts(length=0, title_decisions=frozenset())
    assert differ(alone, Facts(length=20, text_decisions=frozenset({"stop"}))) is None
    assert differ(alone, Facts(length=20, title_decisions=frozenset({"stop"}))) is Disagreement.DECISION
