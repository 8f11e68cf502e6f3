"""Records: what is written can be read, what cannot be read is poison, old records stay readable."""

import msgspec
import pytest

from streams.records import Article, Event, EventType, Poison, System, decode, encode
from tests.builders import an_article, an_event


def test_an_event_comes_back_as_it_was() -> None:
    event = an_event(suppliers=["DE"], recipients=["UA"], systems=["Taurus"])
    assert decode(Event, encode(event)) == event


def test_a_system_is_written_with_the_key_class() -> None:
    assert b'"class":"tank"' in encode(System(id="k2", name="K2", class_="tank"))


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b'{"id": 1}', b"\xff\xfe", b"null"])
def test_what_is_no_article_is_poison(value: bytes | None) -> None:
    with pytest.raises(Poison, match="reading a Article"):
        decode(Article, value)


def test_an_unknown_event_type_is_poison() -> None:
    broken = encode(an_event()).replace(b'"delivery"', b'"present"')
    with pytest.raises(Poison):
        decode(Event, broken)


def test_a_field_that_a_newer_version_added_is_no_obstacle() -> None:
    record = msgspec.json.decode(encode(an_article())) | {"added_later": 1}
    assert decode(Article, msgspec.json.encode(record)).feed == "wire"


def test_times_are_written_in_utc() -> None:
    assert b'"fetched":"2026-03-02T12:00:00Z"' in encode(an_article())


def test_every_type_of_the_configuration_is_a_type_of_the_records() -> None:
    from config.schema import TYPES

    assert set(TYPES) == {str(kind) for kind in EventType}
