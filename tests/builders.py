"""Builders of test data: everything has a sensible value, a test names only what it is about."""

import base64
import hashlib
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from config.lexicons import Lexicon, Vetoes
from config.load import Configuration
from config.schema import Feed, Receiver, Watch
from streams.records import (
    Alert,
    AlertArticle,
    AlertKind,
    Article,
    Assertion,
    Confidence,
    Event,
    EventType,
    System,
    Verdict,
    WatchLabel,
)

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


def a_system(name: str, **values: Any) -> System:
    """A weapon system of the event, its id made from its name."""
    return System(id=name.lower().replace(" ", "-"), name=name, **values)


SURE = Confidence(overall=0.9, relevant=0.9, types=0.9, assertion=0.9, suppliers=0.9, recipients=0.9, systems=0.9)


def an_event(article: Article | None = None, **values: Any) -> Event:
    """A relevant delivery with high confidence; ``systems`` may be names. Countries are those in its roles unless given."""
    article = article or an_article(verdict=Verdict.NEW)
    values["systems"] = [a_system(one) if isinstance(one, str) else one for one in values.get("systems", [])]
    values["types"] = [EventType(one) for one in values.get("types", ["delivery"])]
    values["assertion"] = Assertion(values.get("assertion", "reported"))
    roles = ("suppliers", "recipients", "authorizers", "financiers", "via")
    values.setdefault("countries", sorted({code for role in roles for code in values.get(role, [])}))
    values.setdefault("confidence", SURE)
    values.setdefault("relevant", True)
    values.setdefault("story", article.story or article.id)
    return Event(id=article.event_id, article=article, **values)


def a_watch(when: dict[str, Any], **values: Any) -> Watch:
    """A watch as watches.yaml writes it."""
    return Watch.model_validate({"id": "a-watch", "title": "A watch", "when": when, **values})


def a_configuration(*watches: Watch, feeds: Sequence[Feed] = (), receivers: Sequence[Receiver] = ()) -> Configuration:
    """A configuration with an empty lexicon."""
    lexicon = Lexicon({}, {}, {}, {}, Vetoes(), {}, {}, {}, {})
    return Configuration(tuple(feeds), watches, tuple(receivers), lexicon)


def a_receiver(**values: Any) -> Receiver:
    """A webhook on loopback with a secret."""
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    return Receiver.model_validate(
        {"id": "desk", "type": "webhook", "url": "http://127.0.0.1:9/hook", "secret": secret} | values
    )


def an_alert(**values: Any) -> Alert:
    """A ``created`` alert of the watch ``a-watch``: Germany delivers Taurus to Ukraine, as The Wire reports."""
    number = next(_numbers)
    event = {
        "id": f"event-{number}",
        "published": "2026-03-02T12:00:00Z",
        "types": ["delivery"],
        "assertion": "reported",
        "suppliers": ["DE"],
        "recipients": ["UA"],
        "systems": [{"id": "taurus", "name": "Taurus"}],
        "evidence": [
            {
                "field": "types",
                "value": "delivery",
                "source": "title",
                "start": 7,
                "end": 12,
                "text": "hands",
                "rule": "r",
            }
        ],
    }
    article = AlertArticle(
        id=f"article-{number}",
        outlet="The Wire",
        tier=1,
        title="Berlin hands Taurus to Kyiv",
        url="http://127.0.0.1/1",
        published=NOW,
    )
    defaults = {
        "id": f"msg_{number}",
        "kind": AlertKind.CREATED,
        "watch": WatchLabel(id="a-watch", title="A watch", level="high"),
        "event": event,
        "articles": [article],
        "articles_total": 1,
        "outlets": 1,
        "independent_outlets": 1,
        "raised": NOW,
    }
    return Alert(**(defaults | values))
