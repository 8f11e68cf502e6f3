"""What a feed's document holds, as parse hands it over: items with their ids, and what the feed says of its own pace."""

from datetime import datetime
from enum import StrEnum

import msgspec


class NotAFeed(ValueError):
    """A body that no reader would take for a feed; the message says what it is instead."""


class Form(StrEnum):
    """What a document is written in."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"


class Item(msgspec.Struct, kw_only=True):
    """One entry: plain text, absolute http(s) link or None, UTC or None; ``id`` and ``aliases`` come from identity."""

    guid: str | None = None
    link: str | None = None
    title: str = ""
    summary: str = ""
    published: datetime | None = None
    published_raw: str | None = None
    language: str | None = None
    origin: str | None = None  # <source url>: where an aggregator took it from
    id: str = ""
    content_hash: str = ""
    canonical_url: str | None = None
    aliases: list[bytes] = []  # second keys: an item whose guid or link churns is still known by them


class Document(msgspec.Struct, kw_only=True):
    """A feed as read; ``complete`` is False where the body was cut off (the half-read item is gone)."""

    form: Form
    title: str = ""
    items: list[Item] = []
    complete: bool = True
    flawed: bool = False  # not well-formed, read all the same
    ttl: float | None = None  # seconds the feed asks to be left alone
    skip_hours: list[int] = []  # 0 to 23, UTC
    skip_days: list[int] = []  # Monday is 0
