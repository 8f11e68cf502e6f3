"""Who an item is: ids that survive moves, edits and restarts; second keys for feeds that churn; canonical addresses."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

from streams.feeds.items import Item

ALIAS_BYTES = 8  # of a digest: one feed has thousands of keys, not billions
ALIAS_LEAST_TEXT = 40  # characters: shorter texts repeat by chance ("Daily briefing")
LONGEST_URL = 4000

# Parameters that only say who sent the reader. Exact names: `ref` or `source` may choose the article elsewhere.
_TRACKERS = (
    "fbclid gclid gclsrc dclid wbraid gbraid msclkid yclid twclid ttclid igshid igsh mc_cid mc_eid mkt_tok _hsenc _hsmi"
    " __hssc __hstc hsctatracking vero_id vero_conv oly_anon_id oly_enc_id rb_clickid s_cid wickedid _openstat spm ncid"
    " cmpid ito at_medium at_campaign at_custom1 at_custom2 at_custom3 at_custom4 at_bbc_team at_link_id at_link_type"
    " at_format at_ptr_name at_link_origin traffic_source maca wt_mc wtmc sh_kit"
)
TRACKERS = frozenset(_TRACKERS.split())
_TRACKER_PREFIXES = ("utm_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_", "itm_")
_WRAPPERS = {("www.google.com", "/url"): ("url", "q"), ("google.com", "/url"): ("url", "q")}
_PORTS = {"http": 80, "https": 443}
_NAMED_BY_VALUE = re.compile(r"^(?:guid|urn|uuid|tag):", re.IGNORECASE)


def identify(items: Iterable[Item], feed: str) -> None:
    """Give every item of one document its id, content hash, canonical address and second keys.

    ``feed`` is the feed's id. Of equal guids in one document the first keeps the plain id, the next are told apart by
    their links, then by their number.
    """
    taken: set[str] = set()
    for item in items:
        kind, key = _kind_and_key(item)
        item.id = _digest(feed, kind, key)
        if item.id in taken and item.link:
            key = f"{key}|{item.link}"
            item.id = _digest(feed, kind, key)
        number = 2
        while item.id in taken:
            item.id = _digest(feed, kind, f"{key}|{number}")
            number += 1
        taken.add(item.id)
        item.content_hash = content_hash(item.title, item.summary)
        item.canonical_url = canonical_url(item.link)
        item.aliases = _aliases(item)


def content_hash(title: str, summary: str) -> str:
    """sha256 of title and summary without case, punctuation and spacing; never of dates, links or markup."""
    return hashlib.sha256(f"{_folded(title)}\n{_folded(summary)}".encode()).hexdigest()


def canonical_url(url: str | None) -> str | None:
    """The address that copies of one page share: trackers, AMP and mobile variants and redirect wrappers removed."""
    if not url or len(url) > LONGEST_URL:
        return None
    parts = urlsplit(url)
    wrapped = _WRAPPERS.get(((parts.hostname or "").lower(), parts.path))
    if wrapped:
        inner = dict(parse_qsl(parts.query))
        target = next(
            (inner[name] for name in wrapped if inner.get(name, "").startswith(("http://", "https://"))), None
        )
        if target and target != url:
            return canonical_url(target)
    try:
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower().rstrip(".")
    for prefix in ("amp.", "m.", "mobile."):
        if host.startswith(prefix) and host.count(".") >= 2:
            host = host.removeprefix(prefix)
    if not host:
        return None
    if port and port != _PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    query = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(name, value)
    ]
    path = re.sub(r"/amp/?$|\.amp(?=\.html?$)|(?<=\.html)\.amp$", "", parts.path) or "/"
    canonical: str = canonicalize_url(urlunsplit((parts.scheme, host, path, urlencode(query), "")))
    return canonical


def _tracks(name: str, value: str) -> bool:
    lowered = name.lower()
    return lowered in TRACKERS or lowered.startswith(_TRACKER_PREFIXES) or (lowered == "outputtype" and value == "amp")


def _kind_and_key(item: Item) -> tuple[str, str]:
    guid = (item.guid or "").strip()
    if guid:
        return "guid", guid
    if item.link:
        return "link", item.link
    return "text", f"{item.title}\n{item.summary}"


def _aliases(item: Item) -> list[bytes]:
    """Keys by which a churning feed's item is known again, each strong enough by itself."""
    found = []
    parts = urlsplit(item.guid.strip()) if item.guid and not _NAMED_BY_VALUE.match(item.guid) else None
    if parts and parts.scheme in ("http", "https") and (parts.path.strip("/") or parts.query):
        found.append(("guid", f"{unquote(parts.path)}?{parts.query}"))
    title = _folded(item.title)
    if item.canonical_url and title:
        # With the title: feeds exist whose items all link to one page.
        found.append(("link", item.canonical_url.partition("://")[2].removeprefix("www.") + "\n" + title))
    text = f"{title}\n{_folded(item.summary)}"
    if len(text) >= ALIAS_LEAST_TEXT:
        found.append(("text", text))
    return [hashlib.sha256(f"{kind}\0{key}".encode()).digest()[:ALIAS_BYTES] for kind, key in found]


def _digest(feed: str, kind: str, key: str) -> str:
    return hashlib.sha256(f"{feed}\0{kind}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).split())
