"""An alert in words, for people: one line for a terminal, a few for chat and mail."""

from collections.abc import Iterable
from typing import Any

import msgspec

from streams.records import Alert, AlertKind

EVIDENCE_SHOWN = 3
OUTLETS_SHOWN = 5


def headline(alert: Alert) -> str:
    """One line: how urgent, which watch, who sends what to whom, and how sure the source is."""
    kind = "" if alert.kind is AlertKind.CREATED else f"{alert.kind}: "
    if alert.watch is None:
        subject = f" {alert.subject}" if alert.subject else ""
        return _line(f"{alert.kind}{subject}" + (f": {alert.detail}" if alert.detail else ""))
    facts = _facts(alert.event or {})
    return _line(f"[{alert.watch.level}] {kind}{alert.watch.title}" + (f": {facts}" if facts else ""))


def text(alert: Alert) -> str:
    """The headline, then what a person needs to judge it: reports, the sentences that decided, why this watch."""
    lines = [headline(alert)]
    for article in alert.articles[:OUTLETS_SHOWN]:
        lines += ["", _line(f"{article.title} ({article.outlet}, tier {article.tier})")]
        lines += [article.url] if article.url else []
    if alert.articles_total > OUTLETS_SHOWN:
        lines += ["", f"and {alert.articles_total - OUTLETS_SHOWN} more reports"]
    quotes = [_line(f"“{quote}”") for quote in _quotes(alert.event or {})]
    lines += ["", *quotes] if quotes else []
    if alert.watch is not None:
        outlets = f"{alert.outlets} outlets, {alert.independent_outlets} independent"
        lines += ["", f"watch {alert.watch.id}; {outlets}" + (f"; {'; '.join(alert.reasons)}" if alert.reasons else "")]
    lines += [alert.link] if alert.link else []
    return "\n".join(lines)


def facts_of(event: dict[str, Any]) -> dict[str, str]:
    """The event's slots as short texts; what it does not name is left out."""
    systems = [s.get("name") for s in _listed(event.get("systems")) if isinstance(s, dict)]
    slots = {
        "type": _joined(_listed(event.get("types"))[:1]),
        "suppliers": _joined(event.get("suppliers")),
        "recipients": _joined(event.get("recipients")),
        "systems": _joined(systems),
        "assertion": str(event.get("assertion") or ""),
    }
    return {name: value for name, value in slots.items() if value}


def clip(value: str, size: int) -> str:
    """``value``, cut with an ellipsis where its JSON would take more than ``size`` bytes."""
    if len(msgspec.json.encode(value)) <= size:
        return value
    low, high = 0, len(value)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(msgspec.json.encode(value[:middle] + "…")) <= size else (low, middle - 1)
    return value[:low] + "…"


def _facts(event: dict[str, Any]) -> str:
    slots = facts_of(event)
    sides = slots.get("suppliers", ""), slots.get("recipients", "")
    pair = f"{sides[0] or '?'} → {sides[1] or '?'}" if any(sides) else ""
    parts = [pair, slots.get("systems", ""), " ".join(filter(None, [slots.get("type"), _in_brackets(slots)]))]
    return ", ".join(part for part in parts if part)


def _in_brackets(slots: dict[str, str]) -> str:
    return f"({slots['assertion']})" if "assertion" in slots else ""


def _quotes(event: dict[str, Any]) -> list[str]:
    quotes: list[str] = []
    for span in _listed(event.get("evidence")):
        quote = str(span.get("text", "")) if isinstance(span, dict) else ""
        if quote and quote not in quotes:
            quotes.append(quote)
    return quotes[:EVIDENCE_SHOWN]


def _joined(values: Any) -> str:
    return ", ".join(str(value) for value in _listed(values) if value)


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else []


def _line(value: str) -> str:
    """One line without control characters: feeds are strangers, and a terminal obeys what it is sent."""
    return " ".join(_printable(value).split())


def _printable(value: Iterable[str]) -> str:
    return "".join(c if c.isprintable() else " " for c in value)
