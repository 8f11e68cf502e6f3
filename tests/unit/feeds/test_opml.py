import pytest

from config.schema import Feed
from streams.feeds.opml import NotAnOutline, Outline, as_entries, read_opml, write_opml


def test_feeds_are_found_at_any_depth_in_any_case_and_each_once():
    body = b"""<?xml version="1.0" encoding="UTF-8"?><OPML version="1.1"><body><outline text="Folder">
      <outline text="Deep"><outline TYPE="rss" title="Naval &amp; News" XMLURL="https://a.example/feed/"/></outline></outline>
      <outline xmlUrl="http://www.a.example/feed" text="the same"/><outline xmlurl="feed://b.example/rss"/>
      <outline xmlUrl="javascript:alert(1)"/><outline text="no feed"/></body></OPML>"""
    assert read_opml(body) == [
        Outline("https://a.example/feed/", "Naval & News"),
        Outline("http://b.example/rss", "b.example"),
    ]


def test_what_is_written_is_read_again():
    feeds = [
        Feed(id="a", url="https://me:secret@a.example/f?x=1&y=2", outlet='A "quoted" <name>'),
        Feed(id="b", url="http://b.example/", outlet="Ümläut"),
    ]
    text = write_opml(feeds)
    assert "secret" not in text
    outlines = read_opml(text.encode())
    assert outlines == [
        Outline("https://a.example/f?x=1&y=2", 'A "quoted" <name>'),
        Outline("http://b.example/", "Ümläut"),
    ]
    assert as_entries(outlines, [Feed(id="x", url="https://a.example/f?x=1&y=2", outlet="X")]) == [
        {"id": "umlaut", "url": "http://b.example/", "outlet": "Ümläut"}
    ]


def test_ids_are_new_valid_and_made_from_titles():
    outlines = [Outline(f"http://{n}.example/", "Straße & Łódź: News") for n in range(3)] + [
        Outline("http://www.z.example/", "防衛")
    ]
    entries = as_entries(outlines, [Feed(id="strasse-lodz-news", url="http://other.example/", outlet="O")])
    assert [entry["id"] for entry in entries] == [
        "strasse-lodz-news-2",
        "strasse-lodz-news-3",
        "strasse-lodz-news-4",
        "z-example",
    ]
    long = as_entries([Outline(f"http://{n}.example/", "x" * 200) for n in range(2)], [])
    assert [len(entry["id"]) for entry in long] == [64, 64]
    assert all(Feed(**entry) for entry in entries + long)


@pytest.mark.parametrize(
    ("body", "what"),
    [(b"<rss/>", "root is <rss>"), (b"not xml", "no XML"), (b"<!DOCTYPE o [<!ENTITY a 'b'>]><opml/>", "entities"), (b"x" * 6_000_000, "too many")],
)  # fmt: skip
def test_what_is_no_list_of_feeds_is_refused_by_name(body, what):
    with pytest.raises(NotAnOutline, match=what):
        read_opml(body)
