"""Lists of feeds as other readers write them: OPML in and out. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from config.schema import Feed
from streams.feeds.charset import decode

MOST_BYTES = 5 * 1024**2
MOST_FEEDS = 20_000
ID_LETTERS = 64
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")
# Letters that stand for themselves: the accents of most others go when they are taken apart.
_SPELLED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})


class NotAnOutline(ValueError):
    """A file that is no OPML."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list."""

    url: str
    title: str


def read_opml(body: bytes) -> list[Outline]:
    """The feeds in ``body``, however deep, each address once; raises NotAnOutline."""
    if len(body) > MOST_BYTES:
        raise NotAnOutline(f"{len(body)} bytes are too many for a list of feeds")
    text, _ = decode(body)
    text = _PROLOG.sub("", _UNWANTED.sub("", text))
    if "<!ENTITY" in text:
        raise NotAnOutline("it defines entities, which no list of feeds needs")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no entities, and not large
    except ET.ParseError as error:
        raise NotAnOutline(f"it is no XML: {error}") from error
    if root.tag.lower() != "opml":
        raise NotAnOutline(f"its root is <{root.tag[:40]}>, not <opml>")
    found: dict[str, Outline] = {}
    for element in root.iter():
        if element.tag.lower() != "outline" or len(found) >= MOST_FEEDS:
            continue
        values = {name.lower(): value.strip() for name, value in element.attrib.items()}
        url = re.sub(r"^feed:(?://)?(?=https?://)", "", values.get("xmlurl", ""))
        url = re.sub(r"^feed://", "http://", url)
        host = _host(url)
        if host:
            found.setdefault(_same(url), Outline(url, values.get("title") or values.get("text") or host))
    return list(found.values())


def write_opml(feeds: Iterable[Feed]) -> str:
    """The feeds as OPML 2.0; credentials stay at home."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "  <head><title>Armswire</title></head>",
        "  <body>",
    ]
    for feed in feeds:
        parts = urlsplit(feed.url)
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        name = quoteattr(feed.outlet)
        lines.append(f'    <outline type="rss" text={name} title={name} xmlUrl={quoteattr(url)}/>')
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def as_entries(outlines: Sequence[Outline], there: Sequence[Feed]) -> list[dict[str, str]]:
    """Entries for feeds.yaml, of those whose address is not there yet; ids are new and made from titles."""
    taken = {feed.id for feed in there}
    addresses = {_same(feed.url) for feed in there}
    entries = []
    for outline in outlines:
        if _same(outline.url) in addresses:
            continue
        feed_id = _new_id(outline, taken)
        taken.add(feed_id)
        entries.append({"id": feed_id, "url": outline.url, "outlet": " ".join(outline.title.split())[:200]})
    return entries


def _new_id(outline: Outline, taken: set[str]) -> str:
    stem = _slug(outline.title) or _slug(_host(outline.url).removeprefix("www.")) or "feed"
    feed_id, number = stem, 2
    while feed_id in taken:
        ending = f"-{number}"
        feed_id, number = stem[: ID_LETTERS - len(ending)].rstrip("-") + ending, number + 1
    return feed_id


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title.casefold().translate(_SPELLED)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:ID_LETTERS].rstrip("-")


def _same(url: str) -> str:
    """Addresses that differ in scheme, www or a last slash are one feed."""
    parts = urlsplit(url)
    return f"{(parts.hostname or '').removeprefix('www.')}:{parts.port or ''}{parts.path.rstrip('/')}?{parts.query}"


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return ""
    return parts.hostname or "" if parts.scheme in ("http", "https") else ""
