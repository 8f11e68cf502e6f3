"""What of an article tells whether it is a copy."""

import pytest

from agents.deduplicate.deduplicator import Deduplicator
from agents.deduplicate.fingerprint import EXACT_BYTES
from tests.builders import an_article

TITLE = "Denmark ships thirty Leopard 1 tanks to Ukraine"
TEXT = "Thirty refurbished Leopard 1 tanks from Danish stocks crossed the Polish border on their way to Ukraine, the ministry in Copenhagen announced."


def test_near_copies_are_looked_for_only_where_an_arms_transfer_may_be_the_subject(deduplicator: Deduplicator) -> None:
    assert deduplicator.fingerprint(an_article(title=TITLE, summary=TEXT)).story
    assert not deduplicator.fingerprint(
        an_article(title="Lakers win again in overtime", summary="A late basket decided the game.")
    ).story


def test_an_exact_key_is_one_digest_of_sixteen_bytes(deduplicator: Deduplicator) -> None:
    taken = deduplicator.fingerprint(an_article(title=TITLE, summary=TEXT, canonical_url="http://127.0.0.1/a"))
    assert {len(key) for key in (taken.item_key, taken.text_key or b"", taken.url_key or b"")} == {EXACT_BYTES}


def test_the_text_key_ignores_markup_of_agencies_case_and_punctuation(deduplicator: Deduplicator) -> None:
    plain = deduplicator.fingerprint(an_article(title=TITLE, summary=TEXT))
    dressed = deduplicator.fingerprint(
        an_article(title=TITLE.upper() + " - Reuters", summary="COPENHAGEN (Reuters) – " + TEXT.replace(",", " —"))
    )
    assert plain.text_key == dressed.text_key


def test_words_do_not_wander_between_headline_and_text(deduplicator: Deduplicator) -> None:
    one = deduplicator.fingerprint(an_article(title="Leopard tanks for Ukraine", summary="arrive today"))
    other = deduplicator.fingerprint(an_article(title="Leopard tanks for", summary="Ukraine arrive today"))
    assert one.text_key != other.text_key


def test_a_text_of_four_words_has_no_text_key(deduplicator: Deduplicator) -> None:
    assert deduplicator.fingerprint(an_article(title="Press release", summary="Read more")).text_key is None


@pytest.mark.parametrize("url", [None, "", "http://127.0.0.1", "http://127.0.0.1/"])
def test_the_front_page_of_a_site_is_no_address_of_an_article(deduplicator: Deduplicator, url: str | None) -> None:
    assert deduplicator.fingerprint(an_article(title=TITLE, canonical_url=url)).url_key is None


@pytest.mark.parametrize("url", ["http://127.0.0.1/a", "http://127.0.0.1/?id=7", "http://[broken/a"])
def test_any_other_address_is_one_however_odd(deduplicator: Deduplicator, url: str) -> None:
    assert deduplicator.fingerprint(an_article(title=TITLE, canonical_url=url)).url_key


def test_a_story_has_at_most_28_pairs_and_a_copy_with_another_dateline_has_the_same(deduplicator: Deduplicator) -> None:
    plain = deduplicator.fingerprint(an_article(title=TITLE, summary=TEXT)).story
    dressed = deduplicator.fingerprint(an_article(title=TITLE, summary="(AFP) - " + TEXT)).story
    assert plain
    assert dressed
    assert 0 < len(plain.pairs) <= 28
    assert plain.pairs == dressed.pairs


def test_a_state_counts_as_the_same_whatever_it_is_called(deduplicator: Deduplicator) -> None:
    by_name = deduplicator.fingerprint(an_article(title="Germany sends tanks to Ukraine")).story
    by_capital = deduplicator.fingerprint(an_article(title="Berlin sends tanks to Kyiv")).story
    assert by_name
    assert by_capital
    assert by_name.headline == by_capital.headline
    assert by_name.facts.said.keys() == by_capital.facts.said.keys() >= {"country:DE", "country:UA"}


def test_figures_in_names_of_systems_are_no_counts(deduplicator: Deduplicator) -> None:
    story = deduplicator.fingerprint(
        an_article(title="Sweden gives eight Leopard 2 tanks and F-16 jets to Ukraine")
    ).story
    assert story
    assert {fact for fact in story.facts.said if fact.startswith("number:")} == {"number:8"}


def test_an_article_without_words_has_a_fingerprint_too(deduplicator: Deduplicator) -> None:
    taken = deduplicator.fingerprint(an_article(title="", summary=""))
    assert (taken.text_key, taken.story, taken.sketch) == (None, None, frozenset())
