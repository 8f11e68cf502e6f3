"""The newsroom's items as RSS 2.0, Atom and JSON Feed. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

OUTLETS = {
    "harbour-wire": "Harbour Wire",
    "meridian-post": "Meridian Post",
    "baltic-ledger": "Baltic Ledger",
    "procurement-review": "Procurement Review",
    "village-gazette": "Village Gazette",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a feed."""

    id: str
    title: str
    text: str
    published: datetime


def rss(title: str, address: str, outlet: str, items: Sequence[Item]) -> bytes:
    """The items as RSS 2.0."""
    entries = "".join(
        f'<item><guid isPermaLink="false">{outlet}:{item.id}</guid><link>{address}/{outlet}/{item.id}</link>'
        f"<title>{escape(item.title)}</title><description>{escape(item.text)}</description>"
        f"<pubDate>{format_datetime(item.published)}</pubDate></item>"
        for item in items
    )
    channel = f"<title>{escape(title)}</title><link>{address}</link><description>A newsroom on loopback</description>"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{channel}{entries}</channel></rss>'.encode()
    )


def atom(title: str, address: str, outlet: str, items: Sequence[Item]) -> bytes:
    """The items as Atom 1.0."""
    updated = max((item.published for item in items), default=None)
    stamp = updated.isoformat() if updated else "1970-01-01T00:00:00Z"
    entries = "".join(
        f'<entry><id>tag:{outlet},2026:{item.id}</id><link href="{address}/{outlet}/{item.id}"/>'
        f"<title>{escape(item.title)}</title><summary>{escape(item.text)}</summary>"
        f"<published>{item.published.isoformat()}</published><updated>{item.published.isoformat()}</updated></entry>"
        for item in items
    )
    head = f"<id>tag:{outlet},2026:feed</id><title>{escape(title)}</title><updated>{stamp}</updated>"
    return f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'.encode()


def json_feed(title: str, address: str, outlet: str, items: Sequence[Item]) -> bytes:
    """The items as JSON Feed 1.1."""
    entries = [
        {
            "id": f"{outlet}:{item.id}",
            "url": f"{address}/{outlet}/{item.id}",
            "title": item.title,
            "content_text": item.text,
            "date_published": item.published.isoformat(),
        }
        for item in items
    ]
    page = {"version": "https://jsonfeed.org/version/1.1", "title": title, "home_page_url": address, "items": entries}
    return json.dumps(page).encode()
