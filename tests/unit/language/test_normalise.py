"""Text as the rules see it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.language.normalise import clean, fold, plural, sentences, words


def test_entities_are_resolved_even_when_a_feed_escaped_them_twice_or_lost_the_ampersand():
    assert clean("Berlin&amp;#39;s tanks &amp; guns") == "Berlin's tanks & guns"
    assert clean("Oslo#39;s order") == "Oslo's order"


def test_quotes_dashes_and_blanks_become_plain_and_invisible_characters_go():
    assert clean("“Leopard‑2”\u00a0–\u200b  Kiew’s\nwish") == '"Leopard-2" - Kiew\'s wish'


def test_decomposed_letters_are_composed():
    assert clean("Re\u0301publique") == "République"


@given(st.text())
def test_folding_keeps_every_offset(text):
    assert len(fold(text)) == len(text)


@given(st.text())
def test_clean_text_stays_as_it_is(text):
    assert clean(clean(text)) == clean(clean(clean(text)))


def test_folding_takes_case_accents_quotes_and_hyphens_away():
    assert fold("ÉLYSÉE’s Air‑Defence\tUnit") == "elysee's air defence unit"


def test_a_letter_whose_lower_case_is_longer_keeps_its_place():
    assert fold("İstanbul")[1:] == "stanbul"


def test_words_are_lower_case_and_lose_their_possessive():
    assert words("Poland’s F-16s, re-exported") == ["poland", "f-16s", "re-exported"]


def test_a_sentence_ends_at_a_stop_before_a_capital():
    text = "Oslo sent guns. Kyiv thanked. But when?"
    assert [text[a:b] for a, b in sentences(text)] == ["Oslo sent guns.", "Kyiv thanked.", "But when?"]


@pytest.mark.parametrize(
    "text",
    [
        "The U.S. Navy bought one.",
        "Gen. Smith and Sen. Jones met.",
        "Raytheon Co. Ltd said so.",
        "It costs 3.5 billion, says J. Doe.",
        "He met the U.K. Minister.",
    ],
)
def test_an_abbreviation_does_not_end_a_sentence(text):
    assert sentences(text) == [(0, len(text))]


def test_an_empty_line_ends_a_sentence():
    text = "Swiss tanks\n\nthe army said"
    assert [text[a:b] for a, b in sentences(text)] == ["Swiss tanks", "the army said"]


@given(st.text(alphabet=st.sampled_from(list("aA.!? \n\"'5é")), max_size=60))
def test_sentences_lie_in_order_within_the_text_and_lose_no_letter(text):
    spans = sentences(text)
    assert all(a < b for a, b in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    inside = "".join(text[a:b] for a, b in spans)
    assert sorted("".join(inside.split())) == sorted("".join(text.split()))


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("battle tank", "battle tanks"),
        ("battery", "batteries"),
        ("infantry fighting vehicle", "infantry fighting vehicles"),
        ("torpedo boat", "torpedo boats"),
        ("aircraft", "aircraft"),
        ("weaponry", "weaponry"),
        ("arms", "arms"),
        ("ammunition", "ammunition"),
        ("military equipment", "military equipment"),
        ("convoy", "convoys"),
    ],
)
def test_nouns_have_their_english_plural(one, many):
    assert plural(one) == many
