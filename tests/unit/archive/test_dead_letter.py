"""Dead letters as the archive keeps them."""

import pytest

from agents.archive.dead_letter import dead_letter_of, event_of
from agents.archive.store import codes
from streams.dead_letters import Inbound, headers_of
from streams.records import Article, Poison, encode
from tests.builders import an_article, an_event


def told(value: bytes, stage: str = "classify", topic: str = "articles.deduplicated", offset: int = 41) -> Inbound:
    refused = Inbound(topic, 3, offset, b"key", value, {})
    return Inbound("dead-letters", 0, 7, b"key", value, headers_of(stage, refused, Poison("no article")))


def test_a_dead_letter_keeps_value_key_place_and_reason() -> None:
    letter = dead_letter_of(told(b"\x00\xffrubbish"))
    assert (letter.value, letter.key) == (b"\x00\xffrubbish", b"key")
    assert (letter.stage, letter.topic, letter.partition, letter.offset) == ("classify", "articles.deduplicated", 3, 41)
    assert letter.reason == "Poison: no article"
    assert "Poison" in (letter.traceback or "")


def test_a_repeat_is_recognised_and_another_offset_is_another_letter() -> None:
    one, again, other = (dead_letter_of(told(b"x", offset=offset)).id for offset in (1, 1, 2))
    assert one == again != other


def test_an_alert_that_is_published_again_and_refused_again_is_one_letter() -> None:
    one, again = (dead_letter_of(told(b"x", "deliver", "alerts.raised", offset)).id for offset in (1, 2))
    other = dead_letter_of(told(b"y", "deliver", "alerts.raised", 1)).id
    assert one == again != other


def test_a_broker_that_starts_anew_counts_from_zero_and_its_letters_are_others() -> None:
    assert dead_letter_of(told(b"x", offset=1)).id != dead_letter_of(told(b"y", offset=1)).id


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"stage": b"\xff\x00" * 40, "topic": b"t" * 500, "partition": b"-1", "offset": b"9" * 40, "reason": b"a\x00b"},
    ],
)
def test_whatever_a_stranger_writes_to_the_topic_is_kept_not_refused(headers: dict[str, bytes]) -> None:
    letter = dead_letter_of(Inbound("dead-letters", 0, 7, None, None, headers))
    assert len(letter.stage) <= 16
    assert len(letter.topic) <= 64
    assert letter.partition is letter.offset is None
    assert letter.value == b""
    assert "\0" not in letter.stage + letter.reason


def test_letters_of_strangers_at_different_places_are_different() -> None:
    one, other = (dead_letter_of(Inbound("dead-letters", 0, offset, None, b"x", {})).id for offset in (1, 2))
    assert one != other


def test_the_article_behind_a_letter_is_known_where_it_can_be_read() -> None:
    article: Article = an_article()
    assert event_of(dead_letter_of(told(encode(article)))) == article.event_id
    event = an_event(article)
    assert event_of(dead_letter_of(told(encode(event), "watch", "events.classified"))) == article.event_id


def test_an_article_that_lacks_a_field_is_still_known_by_its_id() -> None:
    assert event_of(dead_letter_of(told(b'{"id":"a","content_hash":"h"}'))) == "a-h"


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"id":3}', b'{"id":"a"}', b"\xff"])
def test_what_cannot_be_read_belongs_to_no_article(value: bytes) -> None:
    assert event_of(dead_letter_of(told(value))) is None


def test_an_alert_that_was_refused_strikes_nothing_from_the_journal() -> None:
    assert event_of(dead_letter_of(told(b'{"id":"msg_1","content_hash":"h"}', "deliver", "alerts.raised"))) is None


def test_lists_are_kept_so_that_one_value_can_be_looked_for() -> None:
    assert codes(["DE", "UA"]) == "|DE|UA|"
    assert codes([]) == ""
