import json
from datetime import UTC, datetime

import pytest

from streams.feeds.items import Form, NotAFeed
from streams.feeds.parse import parse


def read(body, *, url="http://feed.example/rss", complete=True, content_type=""):
    return parse(
        body.encode() if isinstance(body, str) else body,
        content_type=content_type,
        url=url,
        feed="wire",
        complete=complete,
    )


def rss(*items: str, root: str = "<rss version='2.0'>") -> str:
    return f"{root}<channel><title>The Wire</title>{''.join(items)}</channel></rss>"


def only(*items: str):
    (item,) = read(rss(*items)).items
    return item


def test_an_rss_item_is_read_whole():
    item = only(
        "<item><guid isPermaLink='false'>g1</guid><link> http://feed.example/1 </link><title>Oslo orders 54 tanks</title>"
        "<description>&lt;p&gt;The contract is worth NOK 20bn.&lt;/p&gt;</description>"
        "<pubDate>Mon, 02 Mar 2026 13:04:05 +0100</pubDate></item>"
    )
    assert (item.guid, item.link, item.title) == ("g1", "http://feed.example/1", "Oslo orders 54 tanks")
    assert item.summary == "The contract is worth NOK 20bn."
    assert item.published == datetime(2026, 3, 2, 12, 4, 5, tzinfo=UTC)
    assert item.published_raw == "Mon, 02 Mar 2026 13:04:05 +0100"


def test_an_atom_entry_is_read_whole_and_its_links_follow_the_base():
    document = read(
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://base.example/news/' xml:lang='en'><title>A</title>"
        "<entry><id>rel-id</id><title type='html'>Arms &amp;amp; men</title><link rel='enclosure' href='http://e.example/x.mp3'/>"
        "<link href='one'/><published>2026-03-02T10:00:00Z</published><updated>2026-03-03T10:00:00Z</updated>"
        "<summary>short</summary><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>The whole text</p></div></content>"
        "</entry></feed>"
    )
    (item,) = document.items
    assert document.form is Form.ATOM
    assert (item.guid, item.link, item.title) == ("rel-id", "http://base.example/news/one", "Arms & men")
    assert (item.summary, item.language) == ("The whole text", "en")
    assert item.published == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_rdf_is_read():
    (item,) = read(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'"
        " xmlns:dc='http://purl.org/dc/elements/1.1/'><channel rdf:about='http://x.example'><title>R</title></channel>"
        "<item rdf:about='http://x.example/1'><title>One</title><link>http://x.example/1</link>"
        "<dc:date>2026-03-02T10:00+01:00</dc:date></item></rdf:RDF>"
    ).items
    assert (item.title, item.link, item.published) == ("One", "http://x.example/1", datetime(2026, 3, 2, 9, tzinfo=UTC))


def test_json_feed_is_read_whatever_the_types_of_its_fields():
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "title": "J", "language": "de",
        "items": [
            {"id": 7, "url": "/one", "content_html": "<p>Hallo</p>", "date_published": "2026-03-02T10:00:00+01:00"},
            {"id": None, "external_url": "http://e.example/2", "title": ["no"], "content_text": "a < b"},
            "no item", None,
        ],
    }  # fmt: skip
    document = read("\ufeff" + json.dumps(feed))
    first, second = document.items
    assert document.form is Form.JSON
    assert (first.guid, first.link, first.summary, first.language) == ("7", "http://feed.example/one", "Hallo", "de")
    assert first.published == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert (second.guid, second.link, second.title, second.summary) == (None, "http://e.example/2", "", "a < b")


def test_guids_stay_as_they_are_written_whatever_the_base():
    body = "<item><guid>abc</guid><title>T</title></item>"
    plain = read(rss(body)).items[0]
    moved = read(
        rss(body, root="<rss version='2.0' xml:base='http://elsewhere.example/'>"), url="https://new.example/feed"
    ).items[0]
    assert plain.guid == moved.guid == "abc"
    assert plain.id == moved.id


def test_a_guid_is_a_link_only_where_it_is_a_whole_address():
    assert only("<item><guid>123</guid><title>T</title></item>").link is None
    assert only("<item><guid>http://x.example/1</guid><title>T</title></item>").link == "http://x.example/1"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "urn:x:1", "mailto:a@b.example", "tag:x,2026:1", "ftp://x.example/1", "http://"]
)
def test_a_link_that_is_no_web_address_is_none(link):
    assert only(f"<item><title>T</title><link>{link}</link></item>").link is None


def test_a_link_loses_its_credentials_and_takes_the_original_address_first():
    assert only("<item><title>T</title><link>http://me:secret@x.example/1</link></item>").link == "http://x.example/1"
    (item,) = read(
        rss("<item><title>T</title><link>http://proxy.example/~r/1</link><fb:origLink>http://x.example/1</fb:origLink></item>",
            root="<rss version='2.0' xmlns:fb='http://rssnamespace.org/feedburner/ext/1.0'>")
    ).items  # fmt: skip
    assert item.link == "http://x.example/1"


def test_a_document_that_is_not_well_formed_still_gives_every_item():
    document = read(
        rss(
            "<item><title>Fish & chips &eacute; &nope;</title><guid>1</guid></item>",
            "<item><title>B</title><guid>2</guid></item>",
        )
    )
    assert document.flawed
    assert [item.title for item in document.items] == ["Fish & chips é &nope;", "B"]


def test_a_document_that_is_cut_off_loses_only_its_half_item():
    whole = rss(*(f"<item><guid>{n}</guid><title>Title {n}</title></item>" for n in range(3)))
    document = read(whole[: whole.index("Title 2") + 3])
    assert [item.guid for item in document.items] == ["0", "1"]
    assert not document.complete
    assert read(whole).complete
    assert not read(whole, complete=False).complete


@pytest.mark.parametrize("reference", ["&#99999999999999;", "&#xD800;", "&#0;", "&#x1F;", "\x00", "\x0b"])
def test_impossible_characters_vanish_and_the_item_stays(reference):
    assert only(f"<item><title>A{reference}B</title></item>").title == "AB"


def test_what_servers_print_before_the_document_is_passed_over():
    assert (
        read("\n Warning: x in y.php<br />\n<?xml version='1.0'?>\n" + rss("<item><title>T</title></item>"))
        .items[0]
        .title
        == "T"
    )


def test_plain_entities_of_the_document_type_are_known_and_others_are_not_read():
    kinds = "<!DOCTYPE rss [<!ENTITY co 'Company'><!ENTITY f SYSTEM 'file:///etc/hostname'><!ENTITY n '&co;&co;'>]>"
    assert read(kinds + rss("<item><title>&co; &f; &n;</title></item>")).items[0].title == "Company &f; &n;"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("<!DOCTYPE html><html><body>captcha</body></html>", "HTML page"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"\x1f\x8bxx", "gzip"),
        ("", "empty"), ("  \n", "empty"), ("hello", "plain text"), ("<svg xmlns='x'/>", "<svg>"), ("<opml version='2.0'/>", "<opml>"),
        ('{"error": "no"}', "without a list"), ("[1, 2]", "without a list"), ('{"items": [1]}', "does not say"), ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("<html><body><rss>not really</rss></body></html>", "HTML page"), ("<opml><body/></opml>", "<opml>"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_refused_by_name(body, what):
    with pytest.raises(NotAFeed, match=what):
        read(body, content_type="application/rss+xml")


def test_a_body_that_is_a_path_is_not_opened(tmp_path):
    (tmp_path / "feed.xml").write_text(rss("<item><title>T</title></item>"))
    with pytest.raises(NotAFeed):
        read(str(tmp_path / "feed.xml"))


def test_the_pace_that_a_feed_asks_for_is_read():
    extra = "<ttl>90</ttl><skipHours><hour>3</hour><hour>24</hour></skipHours><skipDays><day>Sunday</day></skipDays>"
    document = read(rss(extra, "<item><title>T</title></item>"))
    assert (document.ttl, document.skip_hours, document.skip_days) == (5400.0, [3, 0], [6])
    assert read(rss("<ttl>nonsense</ttl>")).ttl is None


def test_items_without_anything_to_say_are_none():
    assert read(rss("<item></item>", "<item><title>T</title></item>")).items[0].title == "T"
