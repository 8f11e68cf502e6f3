import pytest

from streams.feeds.identity import canonical_url, content_hash, identify
from streams.feeds.items import Item

LONG = "The committee met on Tuesday to hear the report of its chair"


def ids(*items: Item, feed: str = "wire") -> list[str]:
    identify(items, feed)
    return [item.id for item in items]


def test_an_id_follows_from_feed_and_guid_and_nothing_else():
    (first,) = ids(Item(guid="g1", title="A", link="http://a.example/1"))
    (same,) = ids(Item(guid=" g1 ", title="B", link="http://a.example/2"))
    assert first == same
    assert ids(Item(guid="g1"), feed="other") != [first]


def test_a_guid_and_a_link_that_are_written_alike_are_two_keys():
    assert ids(Item(guid="http://a.example/1")) != ids(Item(link="http://a.example/1"))


def test_without_a_guid_the_link_and_then_the_text_says_who_it_is():
    link = Item(link="http://a.example/1", title="A")
    assert ids(link) == ids(Item(link="http://a.example/1", title="B"))
    assert ids(Item(title="A")) != ids(Item(title="B"))


def test_items_that_share_a_guid_in_one_document_are_told_apart_by_link_then_by_number():
    items = [Item(guid="g", link=f"http://a.example/{n}") for n in (1, 2, 2)]
    found = ids(*items)
    assert len(set(found)) == 3
    assert found == ids(*[Item(guid="g", link=f"http://a.example/{n}") for n in (1, 2, 2)])
    assert found[0] == ids(Item(guid="g"))[0]


def test_order_does_not_change_ids():
    items = [Item(guid=f"g{n}") for n in range(5)]
    assert sorted(ids(*items)) == sorted(ids(*[Item(guid=f"g{n}") for n in reversed(range(5))]))


def test_the_content_hash_ignores_case_punctuation_and_spaces_and_nothing_more():
    assert content_hash("Berlin clears: tanks!", "To  Kyiv") == content_hash("berlin clears tanks", "to Kyiv.")
    assert content_hash("Berlin clears 12 tanks", "") != content_hash("Berlin clears 13 tanks", "")
    assert content_hash("a", "b") != content_hash("ab", "")


def shared(one: Item, other: Item) -> bool:
    identify([one], "f")
    identify([other], "f")
    return bool(set(one.aliases) & set(other.aliases))


def test_a_moved_scheme_or_host_in_the_guid_is_known_by_a_second_key():
    assert shared(Item(guid="http://a.example/?p=1"), Item(guid="https://www.b.example/?p=1"))
    assert not shared(Item(guid="http://a.example/?p=1"), Item(guid="http://a.example/?p=2"))
    assert not shared(Item(guid="http://a.example/"), Item(guid="http://b.example/"))


def test_a_churning_guid_is_known_by_link_and_title_or_by_the_text():
    assert shared(
        Item(guid="1", link="http://a.example/x?utm_source=r", title="T"),
        Item(guid="2", link="https://a.example/x", title="T"),
    )
    assert shared(Item(guid="1", title="T", summary=LONG), Item(guid="2", title="T", summary=LONG))


def test_items_that_share_only_a_link_or_a_short_title_are_different_items():
    assert not shared(
        Item(guid="1", link="http://a.example/", title="One"), Item(guid="2", link="http://a.example/", title="Two")
    )
    assert not shared(Item(guid="1", title="Daily briefing"), Item(guid="2", title="Daily briefing"))


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://A.example:80/x?b=2&a=1&utm_source=rss&fbclid=z#top", "http://a.example/x?a=1&b=2"),
        ("https://m.a.example/x", "https://a.example/x"),
        ("https://mobile.a.example/x", "https://a.example/x"),
        ("https://amp.a.example/x/amp/", "https://a.example/x"),
        ("https://www.google.com/url?sa=t&url=https%3A%2F%2Fa.example%2Fx%3Fat_medium%3DRSS", "https://a.example/x"),
        ("https://a.example/x?ref=home&source=2", "https://a.example/x?ref=home&source=2"),
        ("https://m.example/x", "https://m.example/x"),
        ("https://a.example:8443", "https://a.example:8443/"),
        ("https://news.google.com/rss/articles/CBMi", "https://news.google.com/rss/articles/CBMi"),
    ],
)  # fmt: skip
def test_the_canonical_address_is_what_copies_of_a_page_share(url, canonical):
    assert canonical_url(url) == canonical


def test_there_is_no_canonical_address_of_nothing():
    assert canonical_url(None) is None
    assert canonical_url("http://a.example/" + "x" * 5000) is None
