"""The bytes that a receiver gets: fixed when the alert is taken, so that every retry and every repeat is the same."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from agents.deliver.alertmanager import alertmanager_body
from agents.deliver.template import TemplateFault, fill
from agents.deliver.wording import clip, headline, text
from config.schema import Receiver
from streams.records import Alert, AlertKind, encode

BODY_BYTES = 20_000  # Standard Webhooks: a payload stays under 20 kB
JSON = "application/json"
PLAIN = "text/plain; charset=utf-8"
TITLE_BYTES, DETAIL_BYTES = 300, 1_000  # what a title and a detail are cut to in an alert that is too large

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rendering:
    """A body and what it is."""

    body: bytes
    content_type: str


def type_of(kind: AlertKind) -> str:
    """The ``type`` of a webhook body: alerts of watches are ``alert.…``, the others say what they are about themselves."""
    return str(kind) if "." in kind else f"alert.{kind}"


def render(alert: Alert, receiver: Receiver) -> Rendering:
    """What ``receiver`` gets of ``alert``; a template that fails gives way to the plain form, for the alert matters more."""
    if receiver.template:
        try:
            filled = fill(receiver.template, fitted(alert), type_of(alert.kind), receiver.id, BODY_BYTES)
            return Rendering(filled, JSON if receiver.type == "webhook" and _is_json(filled) else PLAIN)
        except TemplateFault as fault:
            log.error("filling the template of receiver %r for %s: %s; sent without it", receiver.id, alert.id, fault)
    if receiver.type == "console":
        return Rendering(headline(alert).encode(), PLAIN)
    if receiver.type == "apprise":
        return Rendering(clip(text(fitted(alert)), BODY_BYTES).encode(), PLAIN)
    body = alertmanager_body(alert, receiver.id) if receiver.format == "alertmanager" else standard_body(alert)
    return Rendering(body, JSON)


def standard_body(alert: Alert) -> bytes:
    """``{"type", "timestamp", "data": Alert}``, under 20 kB whatever the alert holds."""
    return _standard_body(fitted(alert))


def _standard_body(alert: Alert) -> bytes:
    stamp = msgspec.json.encode(alert.raised).decode()
    kind = type_of(alert.kind)
    return b'{"type":"%s","timestamp":%s,"data":%s}' % (kind.encode(), stamp.encode(), encode(alert))


def fitted(alert: Alert) -> Alert:
    """The alert, made leaner step by step until its body fits; one that watch made fits as it is."""
    if len(_standard_body(alert)) <= BODY_BYTES:
        return alert
    leanest = alert
    for leaner in _leaner(alert):
        leanest = leaner
        if len(_standard_body(leaner)) <= BODY_BYTES:
            break
    return leanest


def _leaner(alert: Alert) -> Iterator[Alert]:
    """Ever leaner forms: evidence goes first, then articles, then whatever is longer than anyone reads in a message."""
    for count in (10, 5, 2, 1):
        alert = _with_evidence(alert, count)
        yield alert
    for count in (10, 5, 2, 1):
        alert = msgspec.structs.replace(alert, articles=alert.articles[:count])
        yield alert
    alert = msgspec.structs.replace(
        alert,
        articles=[
            msgspec.structs.replace(
                a, title=clip(a.title, TITLE_BYTES), outlet=clip(a.outlet, TITLE_BYTES), url=_short(a.url)
            )
            for a in alert.articles
        ],
        detail=clip(alert.detail, DETAIL_BYTES) if alert.detail else None,
        link=_short(alert.link),
        reasons=[clip(reason, TITLE_BYTES) for reason in alert.reasons[:10]],
    )
    yield alert
    yield msgspec.structs.replace(_with_evidence(alert, 0), event=None)
    watch = alert.watch and msgspec.structs.replace(alert.watch, title=clip(alert.watch.title, TITLE_BYTES))
    # What is left has no length that a configuration or a feed could drive: ids are cut too only so that no record can.
    yield Alert(
        id=clip(alert.id, TITLE_BYTES),
        kind=alert.kind,
        watch=watch
        and msgspec.structs.replace(watch, id=clip(watch.id, TITLE_BYTES), level=clip(watch.level, TITLE_BYTES)),
        development=_cut(alert.development),
        articles_total=alert.articles_total,
        outlets=alert.outlets,
        independent_outlets=alert.independent_outlets,
        raised=alert.raised,
        subject=_cut(alert.subject),
        detail=alert.detail,
    )


def _with_evidence(alert: Alert, count: int) -> Alert:
    evidence = (alert.event or {}).get("evidence")
    if not isinstance(evidence, list):
        return alert
    return msgspec.structs.replace(alert, event={**(alert.event or {}), "evidence": evidence[:count]})


def _short(url: str | None) -> str | None:
    """The URL, unless it is absurdly long: a part of a URL leads nowhere."""
    return url if url is not None and len(url) <= DETAIL_BYTES else None


def _cut(value: str | None) -> str | None:
    return None if value is None else clip(value, TITLE_BYTES)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
