"""What an alert carries, within its size: the event flat, the evidence that decided, the articles behind it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from agents.watch.rules import Match
from config.schema import Level, Watch
from streams.records import ALERT_BYTES, Alert, AlertArticle, AlertKind, Article, Event, Evidence, WatchLabel, encode

ARTICLES = 20
SPANS = 20
SPAN_LENGTH = 300
TITLE_LENGTH = 300  # of an article behind the alert: a headline of a kilobyte is no headline
URL_LENGTH = 1000  # a longer address is left out, for a cut one leads nowhere
REASONS = 20
REASON_LENGTH = 300
LIST_LENGTH = 40  # codes, systems, amounts an event may list in an alert
BARE_LENGTH = 60  # of every text where nothing else makes an alert fit
NOT_CARRIED = ("article", "story", "reason")


def flat(event: Event) -> dict[str, Any]:
    """The event as ``armswire classify`` prints it, with its title and address, without the summary."""
    whole = msgspec.to_builtins(event)
    article = event.article
    head = {
        "id": event.id,
        "title": _cut(article.title, TITLE_LENGTH),
        "url": _address(article),
        "outlet": article.outlet,
    }
    head |= {name: whole["article"][name] for name in ("published", "fetched")}
    facts = {name: value for name, value in whole.items() if name not in NOT_CARRIED and name not in head}
    for name, value in facts.items():
        if isinstance(value, list):
            facts[name] = value[:LIST_LENGTH]
    facts["evidence"] = _spans(event.evidence)
    return head | facts


def alert_article(article: Article) -> AlertArticle:
    """The article as alerts list it."""
    return AlertArticle(
        id=article.id,
        outlet=article.outlet,
        tier=article.tier,
        title=_cut(article.title, TITLE_LENGTH),
        url=_address(article),
        published=article.published,
        verdict=article.verdict,
    )


def compose(
    *,
    alert_id: str,
    kind: AlertKind,
    watch: Watch,
    level: Level,
    development: str | None,
    match: Match | None,
    reasons: Sequence[str],
    event: dict[str, Any] | None,
    articles: Sequence[AlertArticle],
    articles_total: int,
    outlets: int,
    independent_outlets: int,
    raised: datetime,
) -> Alert:
    """An alert of at most 18 kB; ``articles`` newest first, the spans of ``match`` before the event's other ones."""
    if event and match:
        ours = _spans(match.evidence)
        event = event | {"evidence": (ours + [span for span in event["evidence"] if span not in ours])[:SPANS]}
    alert = Alert(
        id=alert_id,
        kind=kind,
        watch=WatchLabel(id=watch.id, title=_cut(watch.title or watch.id, TITLE_LENGTH), level=level),
        reasons=[_cut(reason, REASON_LENGTH) for reason in reasons[:REASONS]],
        development=development,
        event=event,
        articles=list(articles[:ARTICLES]),
        articles_total=articles_total,
        outlets=outlets,
        independent_outlets=independent_outlets,
        link=(event or {}).get("url") or next((article.url for article in articles if article.url), None),
        raised=raised,
    )
    return fit(alert)


def fit(alert: Alert, limit: int = ALERT_BYTES) -> Alert:
    """The alert with as much as ``limit`` bytes hold: evidence and articles are halved by turns, then lists, then addresses."""
    turn = 0
    while len(encode(alert)) > limit:
        evidence = (alert.event or {}).get("evidence", [])
        if len(evidence) > 2 and (turn % 2 == 0 or len(alert.articles) <= 1):
            alert = _with_event(alert, evidence=evidence[: len(evidence) // 2])
        elif len(alert.articles) > 1:
            alert = msgspec.structs.replace(alert, articles=alert.articles[: len(alert.articles) // 2])
        elif len(alert.reasons) > 5:
            alert = msgspec.structs.replace(alert, reasons=alert.reasons[:5])
        else:
            return _bare(alert)
        turn += 1
    return alert


def _bare(alert: Alert) -> Alert:
    """What is left when even one article and two spans are too much: the start of every text and of every list."""
    articles = [
        msgspec.structs.replace(one, url=None, title=_cut(one.title, BARE_LENGTH), outlet=_cut(one.outlet, BARE_LENGTH))
        for one in alert.articles[:1]
    ]
    facts = {
        name: value for name, value in (alert.event or {}).items() if name not in ("url", "classifier", "alternatives")
    }
    return msgspec.structs.replace(
        alert,
        reasons=[_cut(reason, BARE_LENGTH) for reason in alert.reasons],
        event=_shortened(facts) if alert.event else None,
        articles=articles,
    )


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: one if key == "id" else _shortened(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_shortened(one) for one in value[:2]]
    return _cut(value, BARE_LENGTH) if isinstance(value, str) else value


def _with_event(alert: Alert, **fields: Any) -> Alert:
    return msgspec.structs.replace(alert, event=(alert.event or {}) | fields)


def _spans(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """Spans as ``classify`` prints them: the summary is the ``text`` of its input."""
    found: list[dict[str, Any]] = []
    for span in evidence:
        plain = msgspec.to_builtins(span) | {
            "text": _cut(span.text, SPAN_LENGTH),
            "value": _cut(span.value, SPAN_LENGTH),
        }
        plain["source"] = "text" if span.source == "summary" else span.source
        if plain not in found:
            found.append(plain)
        if len(found) == SPANS:
            break
    return found


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _address(article: Article) -> str | None:
    url = article.url or article.canonical_url
    return url if url and len(url) <= URL_LENGTH else None
