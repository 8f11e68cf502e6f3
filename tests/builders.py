"""Builders of test data: everything has a sensible value, a test names only what it is about."""

import hashlib
import itertools
from datetime import UTC, datetime
from typing import Any

from streams.records import Article

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def an_article(**values: Any) -> Article:
    """An article of the feed ``wire``; id and content hash follow from number and text unless they are given."""
    number = next(_numbers)
    title = values.setdefault("title", f"Article {number}")
    summary = values.setdefault("summary", "")
    values.setdefault("feed", "wire")
    values.setdefault("outlet", "The Wire")
    values.setdefault("id", hashlib.sha256(f"{values['feed']}/{number}".encode()).hexdigest())
    values.setdefault("content_hash", hashlib.sha256(f"{title}\n{summary}".encode()).hexdigest())
    values.setdefault("url", f"http://127.0.0.1/{number}")
    values.setdefault("fetched", NOW)
    values.setdefault("published", NOW)
    return Article(**values)
