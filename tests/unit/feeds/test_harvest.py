from datetime import timedelta

import pytest

from config.schema import Feed
from streams.feeds import harvest as module
from streams.feeds.harvest import harvest
from streams.feeds.identity import identify
from streams.feeds.items import Item
from streams.feeds.seen import Seen, alias_owner
from streams.records import ARTICLE_BYTES, encode
from tests.builders import NOW

FEED = Feed(id="wire", url="http://feed.example/rss", outlet="The Wire", tier=2, language="en")


def some(*items: Item) -> list[Item]:
    identify(items, FEED.id)
    return list(items)


def gather(items, known=None, owners=None, *, cutoff=None, first=False):
    return harvest(FEED, items, known or {}, owners or {}, now=NOW, cutoff=cutoff, first=first)


def known_from(result) -> dict[str, Seen]:
    return {key.hex(): Seen.decode(value) for key, value in result.seen.items() if len(key) == 32}


def test_a_new_item_is_an_article_with_what_the_feed_says_of_it():
    (article,) = gather(
        some(Item(guid="g", link="http://a.example/x?utm_source=r", title="T", summary="S", published=NOW))
    ).articles
    assert (article.feed, article.outlet, article.tier, article.language) == ("wire", "The Wire", 2, "en")
    assert (article.url, article.canonical_url) == ("http://a.example/x?utm_source=r", "http://a.example/x")
    assert (article.revision, article.backfill, article.truncated, article.fetched) == (0, False, False, NOW)


def test_a_seen_item_is_not_sent_again_and_an_edit_is_a_revision():
    items = some(Item(guid="g", title="T"))
    before = known_from(gather(items))
    assert gather(items, before).articles == []
    edited = gather(some(Item(guid="g", title="T, corrected")), before)
    assert [(a.id, a.revision) for a in edited.articles] == [(items[0].id, 1)]
    assert gather(some(Item(guid="g", title="T, corrected")), known_from(edited)).articles == []


def test_a_text_that_changes_for_ever_is_sent_24_times():
    known, sent = {}, 0
    for number in range(40):
        result = gather(some(Item(guid="g", title=f"{number} comments")), known)
        known, sent = known_from(result), sent + len(result.articles)
    assert sent == 1 + 24


def test_an_item_dated_before_the_cutoff_is_seen_but_not_sent():
    cutoff = NOW - timedelta(hours=48)
    items = some(
        Item(guid="old", published=cutoff - timedelta(seconds=1)),
        Item(guid="new", published=cutoff),
        Item(guid="undated"),
    )
    result = gather(items, cutoff=cutoff, first=True)
    assert [a.guid for a in result.articles] == ["new", "undated"]
    assert all(a.backfill for a in result.articles)
    assert set(known_from(result)) == {item.id for item in items}


def test_an_item_known_by_a_second_key_keeps_its_first_id():
    text = "The committee met on Tuesday to hear the report of its chair"
    (first,) = some(Item(guid="session-a", title="T", summary=text))
    result = gather([first])
    owners = {key: alias_owner(value) for key, value in result.seen.items() if len(key) != 32}
    (again,) = some(Item(guid="session-b", title="T", summary=text))
    repeated = gather([again], known_from(result), owners)
    assert repeated.articles == []
    assert list(known_from(repeated)) == [first.id]


def test_a_second_item_that_reads_the_same_is_an_item_while_the_first_stands_beside_it():
    text = "The committee met on Tuesday to hear the report of its chair"
    one, two = some(Item(guid="a", title="T", summary=text), Item(guid="b", title="T", summary=text))
    result = gather([one])
    owners = {key: alias_owner(value) for key, value in result.seen.items() if len(key) != 32}
    assert [a.guid for a in gather([one, two], known_from(result), owners).articles] == ["b"]


def test_more_than_2000_items_wait_for_the_next_poll_unseen():
    items = some(*(Item(guid=str(n), title=str(n)) for n in range(2010)))
    result = gather(items)
    assert (len(result.articles), result.more, len(known_from(result))) == (2000, True, 2000)
    rest = gather(items, known_from(result))
    assert (len(rest.articles), rest.more) == (10, False)


@pytest.mark.parametrize("letter", ["x", '"', "\n", "ß", "字"])
def test_an_article_always_fits_the_wire_and_says_that_it_was_cut(letter):
    huge = Item(guid="g" * 9000, title="T" * 5000, summary=letter * 100_000, published_raw="x" * 500, language="y" * 99)
    (article,) = gather(some(huge)).articles
    assert len(encode(article)) <= ARTICLE_BYTES
    assert len(article.title.encode()) == module.TITLE_BYTES
    assert len(article.summary.encode()) <= module.SUMMARY_BYTES
    assert article.truncated


def test_a_date_far_in_the_future_is_none_and_its_words_are_kept():
    far = Item(guid="g", published=NOW + timedelta(hours=25), published_raw="next week")
    near = Item(guid="h", published=NOW + timedelta(hours=23))
    first, second = gather(some(far, near)).articles
    assert (first.published, first.published_raw) == (None, "next week")
    assert second.published == near.published
