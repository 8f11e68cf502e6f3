"""JSON Feed 1.0 and 1.1 → Document, tolerant of fields of the wrong type."""

import json
from typing import Any

from streams.feeds.dates import parse_date
from streams.feeds.items import Document, Form, Item, NotAFeed
from streams.feeds.links import web_address
from streams.feeds.plain_text import from_html, lines, one_line, title_from

ITEMS_MOST = 20_000
_CONTENT = {"content_html", "content_text"}  # no other format has these


def read_json_feed(text: str, base: str) -> Document:
    """The document in ``text``; raises NotAFeed for JSON that is none."""
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise NotAFeed(f"JSON that cannot be read: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise NotAFeed("JSON without a list of items")
    marked = "jsonfeed.org" in _text(data.get("version")).lower() or data.get("feed_url") or data.get("home_page_url")
    if not marked and not any(isinstance(item, dict) and _CONTENT & item.keys() for item in data["items"]):
        raise NotAFeed("JSON that does not say it is a JSON Feed")
    language = _text(data.get("language")) or None
    items = [_item(entry, base, language) for entry in data["items"][:ITEMS_MOST] if isinstance(entry, dict)]
    return Document(form=Form.JSON, title=one_line(_text(data.get("title"))), items=items)


def _item(entry: dict[str, Any], base: str, language: str | None) -> Item:
    published_raw = _text(entry.get("date_published")) or _text(entry.get("date_modified"))
    plain, markup = _text(entry.get("content_text")), _text(entry.get("content_html"))
    summary = lines(plain) or from_html(markup) or lines(_text(entry.get("summary")))
    title = title_from(_text(entry.get("title")), literal=True)
    link = next((a for a in (web_address(_text(entry.get(k)), base) for k in ("url", "external_url")) if a), None)
    guid = _text(entry.get("id")).strip() or None
    return Item(
        guid=guid,
        link=link or (web_address(guid, "") if guid else None),
        title=title,
        summary=summary,
        published=parse_date(published_raw),
        published_raw=published_raw or None,
        language=_text(entry.get("language")) or language,
    )


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return ""
