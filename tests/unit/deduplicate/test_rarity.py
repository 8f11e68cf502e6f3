"""How rare words are."""

import pytest

from agents.deduplicate.rarity import NAMED, NUMERAL, UNLISTED, plain, shipped_rarity

rarity = shipped_rarity()


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("missiles", "missile"),
        ("batteries", "battery"),
        ("defense", "defence"),
        ("licenses", "licence"),
        ("authorized", "authorised"),
        ("glass", "glass"),
        ("gas", "gas"),
        ("status", "status"),
        ("patches", "patch"),
    ],
)
def test_two_spellings_of_a_word_are_one(word: str, expected: str) -> None:
    assert plain(word) == expected


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    assert (
        rarity.weight("the")
        < rarity.weight("missile")
        < rarity.weight("harbour")
        < rarity.weight("zaragoza")
        == UNLISTED
    )


def test_the_words_of_the_trade_are_common_in_it_although_they_are_rare_in_english() -> None:
    assert rarity.weight("howitzer") < rarity.weight("kitchen")


def test_names_of_the_lexicon_and_figures_have_weights_of_their_own() -> None:
    assert (rarity.weight("@BG"), rarity.weight("12")) == (NAMED, NUMERAL)
