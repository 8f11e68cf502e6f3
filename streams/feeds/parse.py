"""Bytes of a response → items. feedparser does the tolerant reading of XML and nothing else: no fetching, no ids, no dates."""

import io
import re
from typing import Any

import feedparser
import feedparser.mixin

from streams.feeds.charset import decode
from streams.feeds.dates import parse_date
from streams.feeds.identity import identify
from streams.feeds.items import Document, Form, Item, NotAFeed
from streams.feeds.json_feed import read_json_feed
from streams.feeds.links import web_address
from streams.feeds.plain_text import from_html, is_markup, lines, one_line, title_from

# feedparser would join guids with xml:base: a feed that moves would then publish everything again.
feedparser.mixin._FeedParserMixin.can_be_relative_uri -= {"id"}  # noqa: SLF001
# Authors are not read, and its search for their addresses takes seconds on a crafted name.
feedparser.mixin._FeedParserMixin._sync_author_detail = lambda *_: None  # noqa: SLF001

ITEMS_MOST = 20_000
_LOOK = 64 * 1024  # characters in which the root element must begin
_ROOT = re.compile(
    r"<(?:[A-Za-z][\w.-]*:)?(rss|feed|rdf|html|channel|svg|opml|urlset|sitemapindex|error)\b", re.IGNORECASE
)
_FEEDS = {"rss": Form.RSS, "rdf": Form.RSS, "channel": Form.RSS, "feed": Form.ATOM}
_COMMENTS = re.compile(r"<!--.*?-->", re.DOTALL)
_ENTITY = re.compile(r"<!ENTITY\s+([A-Za-z][\w.-]{0,40})\s+[\"']([^\"'&<%]{0,64})[\"']")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|(\d+));?")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LAST_END = re.compile(r"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_ROOT_END = re.compile(r"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>\s*(?:<!--.*)?$", re.IGNORECASE | re.DOTALL)
_TAIL = 4096
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"\x89PNG", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"%PDF", "a PDF"),
          (b"PK\x03\x04", "a ZIP archive"), (b"GIF8", "a GIF image"), (b"\x00\x00\x00\x20ftyp", "a video"))  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def parse(body: bytes, *, content_type: str, url: str, feed: str, complete: bool = True) -> Document:
    """Items of the document in ``body`` with their ids; raises NotAFeed, and whatever feedparser trips over.

    ``url`` joins relative links (the configured address, so that a redirect changes nothing); ``feed`` is the feed's id;
    ``complete`` is False where the transfer broke off.
    """
    for magic, name in _MAGIC:
        if body.startswith(magic):
            raise NotAFeed(f"{name}, not a feed")
    text, _ = decode(body, content_type)
    text = text.lstrip("\ufeff \t\r\n\x00")
    if not text:
        raise NotAFeed("an empty body")
    document = read_json_feed(text, url) if text[0] in "{[" else _read_xml(text, url, complete=complete)
    identify(document.items, feed)
    return document


def _read_xml(text: str, url: str, *, complete: bool) -> Document:
    head = _COMMENTS.sub("", text[:_LOOK])
    found = _ROOT.search(head)
    form = _FEEDS.get(found[1].lower()) if found else None
    if found is None or form is None:
        raise NotAFeed(_what_else(found[1].lower() if found else "", head))
    start = text.find(found[0])
    text = _with_entities(text[start:], text[:start])
    whole = complete and bool(_ROOT_END.search(text[-_TAIL:]))
    if not whole:
        text = _without_the_cut_item(text)
    text = _REFERENCE.sub(_sane_reference, _UNREADABLE.sub("", text))
    source = io.BytesIO(b'<?xml version="1.0" encoding="utf-8"?>\n' + text.encode("utf-8", "replace"))
    parsed = feedparser.parse(source, sanitize_html=False, resolve_relative_uris=False)
    if parsed.version:
        form = Form.ATOM if parsed.version.startswith("atom") else Form.RSS
    language = parsed.feed.get("language") or None
    items = [_item(entry, form, url, language) for entry in parsed.entries[:ITEMS_MOST]]
    return Document(
        form=form,
        title=_title(parsed.feed, form),
        items=[item for item in items if item.guid or item.link or item.title or item.summary],
        complete=whole,
        flawed=bool(parsed.bozo),
        ttl=_ttl(parsed.feed),
        skip_hours=[int(hour) % 24 for hour in re.findall(r"<hour>\s*(\d{1,2})\s*</hour>", head, re.IGNORECASE)],
        skip_days=[
            _DAYS.index(day.lower())
            for day in re.findall(r"<day>\s*([A-Za-z]+)\s*</day>", head, re.IGNORECASE)
            if day.lower() in _DAYS
        ],
    )


def _with_entities(text: str, before: str) -> str:
    """``text`` with the entities that its document type defines, where they are plain text; others stay unread.

    What stands before the root is dropped with them: servers print warnings there, and nested entities are bombs.
    """
    names = dict(_ENTITY.findall(before))
    if not names:
        return text
    return re.sub(r"&(" + "|".join(map(re.escape, names)) + r");", lambda found: names[found[1]], text)


def _what_else(root: str, head: str) -> str:
    if root and root != "html":
        return f"an XML document <{root}>, not a feed"
    if root or "<!doctype html" in head.lower() or "<body" in head.lower():
        return "an HTML page, not a feed"
    return "neither RSS, Atom nor JSON Feed" if head.startswith("<") else "plain text or binary, not a feed"


def _without_the_cut_item(text: str) -> str:
    ends = list(_LAST_END.finditer(text))
    return text[: ends[-1].end()] if ends else text[: max(text.find("<item"), text.find("<entry"), 0) or len(text)]


def _sane_reference(found: re.Match[str]) -> str:
    digits = found[1] or found[2]
    number = int(digits, 16 if found[1] else 10) if len(digits) <= 8 else 0x110000
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF or (number < 0x20 and number not in (9, 10, 13)):
        return ""
    return found[0]


def _title(node: Any, form: Form) -> str:
    detail = node.get("title_detail") or {}
    literal = form is Form.ATOM and detail.get("type") == "text/plain"
    return title_from(node.get("title") or "", literal=literal)


def _item(entry: Any, form: Form, base: str, language: str | None) -> Item:
    guid = (entry.get("id") or "").strip() or None
    published_raw = next((entry[key] for key in ("published", "updated", "created") if entry.get(key)), None)
    detail = entry.get("title_detail") or {}
    source = entry.get("source") or {}
    return Item(
        guid=one_line(guid) if guid else None,
        link=_link(entry, guid, base),
        title=_title(entry, form),
        summary=_summary(entry, form),
        published=parse_date(published_raw),
        published_raw=one_line(published_raw)[:200] if published_raw else None,
        language=detail.get("language") or language,
        origin=web_address(source.get("href") or source.get("url"), base),
    )


def _link(entry: Any, guid: str | None, base: str) -> str | None:
    link = entry.get("link")
    if link and link.strip() == guid and entry.get("guidislink"):
        link = None  # feedparser's guess from the guid: good only where that is a whole address, see below
    candidates = [entry.get("feedburner_origlink"), link]
    others = [other for other in entry.get("links") or [] if other.get("rel", "alternate") == "alternate"]
    candidates += [other.get("href") for other in others if other.get("href") != guid]
    addresses = (web_address(raw, base) for raw in candidates if raw)
    found = next((address for address in addresses if address), None)
    # A guid is a link only where it is a whole address by itself.
    return found or (web_address(guid, "") if guid else None)


def _summary(entry: Any, form: Form) -> str:
    """The longest text of the item: the whole article where the feed carries it."""
    texts = [
        _plain(content.get("value") or "", content.get("type") or "", form) for content in entry.get("content") or []
    ]
    summary = entry.get("summary") or ""
    texts.append(_plain(summary, (entry.get("summary_detail") or {}).get("type") or "", form))
    return max(texts, key=len)


def _plain(value: str, kind: str, form: Form) -> str:
    literal = kind == "text/plain" and form is Form.ATOM and not is_markup(value)
    return lines(value) if literal else from_html(value)


def _ttl(feed: Any) -> float | None:
    """Seconds from <ttl> (minutes) or the syndication module; None where absent or absurd."""
    raw = str(feed.get("ttl") or "").strip()
    if raw.isdecimal() and 0 < int(raw) <= 7 * 24 * 60:
        return int(raw) * 60.0
    period = {"hourly": 3600, "daily": 86400, "weekly": 7 * 86400}.get(str(feed.get("sy_updateperiod") or "").strip())
    frequency = str(feed.get("sy_updatefrequency") or "1").strip()
    if period and frequency.isdecimal() and int(frequency):
        return period / int(frequency)
    return None
