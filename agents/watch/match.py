"""Is this watch for this event? Exactly the meanings that README.md gives the words of watches.yaml."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain

from agents.watch.rules import Hit, Match, Miss, Reason, implied_relevance, keys, spans
from config.schema import Clause, Level, Watch
from streams.records import Event, Evidence

ACTING = {"supplier": "suppliers", "authorizer": "authorizers", "financier": "financiers", "via": "via"}
CONFIDENCE_OF = {"recipients": "recipients"}  # the other roles are as sure as the supplier's
PARTIES = (*ACTING.values(), "recipients")

Found = Hit | Miss


def match(watch: Watch, event: Event) -> Match | Miss:
    """Whether ``watch`` is for ``event``, and what decided."""
    found = _clause(watch.when, event, implied_relevance(watch.when))
    if isinstance(found, Miss):
        return found
    if any(isinstance(_clause(clause, event, "any"), Hit) for clause in watch.unless):
        return Miss(Reason.EXCLUDED)
    confidence = _confidence(found, event)
    if confidence < watch.min_confidence:
        return Miss(Reason.CONFIDENCE_TOO_LOW)
    reasons = tuple(dict.fromkeys(found.reasons))
    if watch.min_confidence:
        reasons += (f"confidence {confidence:.2f}, needs {watch.min_confidence:.2f}",)
    level = Level.INFORMATIONAL if found.unresolved else watch.level
    return Match(level=level, reasons=reasons, evidence=found.evidence, confidence=round(confidence, 4))


def _confidence(hit: Hit, event: Event) -> float:
    """The lowest confidence among the fields the rule uses; the overall one where it uses none and the text is relevant."""
    if hit.fields:
        return float(min(getattr(event.confidence, name) for name in hit.fields))
    return event.confidence.overall if event.relevant else 1.0


def _clause(clause: Clause, event: Event, relevance: bool | str) -> Found:
    """``relevance`` is what the rule around the clause asks for; a clause that speaks of it has the last word."""
    relevance = relevance if clause.relevant is None else clause.relevant
    stated = keys(clause)
    # A clause of groups alone leaves the question to their clauses, of which one may speak of relevance itself.
    asks = stated or clause.relevant is not None or not (clause.all or clause.any)
    if asks and relevance != "any" and event.relevant is not relevance:
        return Miss(Reason.RELEVANT if event.relevant else Reason.IRRELEVANT)
    found = [CHECKS[name](clause, event) for name in stated]
    found += [_clause(part, event, relevance) for part in clause.all or ()]
    if clause.any:
        found.append(_any([_clause(part, event, relevance) for part in clause.any], event))
    if clause.not_ and isinstance(_clause(clause.not_, event, "any"), Hit):
        found.append(Miss(Reason.EXCLUDED))
    return _all(found, clause)


def _all(found: list[Found], clause: Clause) -> Found:
    """The hits as one; of several misses the one that is not near, for only then the watch was for something else."""
    misses = sorted((one for one in found if isinstance(one, Miss)), key=lambda miss: miss.near)
    if misses:
        return misses[0]
    whole = sum((one for one in found if isinstance(one, Hit)), Hit())
    return whole + Hit(fields=frozenset({"relevant"})) if clause.relevant is True else whole


def _any(found: list[Found], event: Event) -> Found:
    hits = [one for one in found if isinstance(one, Hit)]
    if hits:
        best = max(hits, key=lambda hit: (not hit.unresolved, _confidence(hit, event)))
        told = sum((hit for hit in hits if hit.unresolved is best.unresolved), Hit())
        return replace(told, fields=best.fields)
    misses = sorted((one for one in found if isinstance(one, Miss)), key=lambda miss: not miss.near)
    return misses[0]


def _pair(clause: Clause, event: Event) -> Found:
    pair = clause.pair
    assert pair is not None
    couples = [(one, other) for one in pair.supplier for other in pair.recipient if one != other]
    if event.roles != "resolved":
        named = [couple for couple in couples if set(couple) <= _named(event)]
        return _unresolved(clause, event, [f"{one} and {other}" for one, other in named], Reason.OTHER_PAIR)
    for one, other in couples:
        role = next((role for role in pair.roles if one in getattr(event, ACTING[role])), None)
        if role and other in event.recipients:
            givers, takers = _spans(event, ACTING[role], one), _spans(event, "recipients", other)
            capacity = "" if role == "supplier" else f" as {role}"
            said = f"{one}{capacity}{_quoted(givers)} → {other}{_quoted(takers)}"
            return Hit((said,), (*givers, *takers), frozenset({"suppliers", "recipients"}))
    return Miss(_near_pair(couples, event))


def _near_pair(couples: Iterable[tuple[str, str]], event: Event) -> Reason:
    acting = {code for name in ACTING.values() for code in getattr(event, name)}
    reasons = []
    for one, other in couples:
        if one in acting and other in event.recipients:
            reasons.append(Reason.ROLE_NOT_WATCHED)
        elif one in event.recipients and other in acting:
            reasons.append(Reason.DIRECTION_REVERSED)
        elif {one, other} <= _named(event) and (not acting or not event.recipients):
            reasons.append(Reason.COUNTRY_UNRESOLVED)
    return reasons[0] if reasons else Reason.OTHER_PAIR


def _parties(clause: Clause, event: Event) -> Found:
    wanted = list(clause.parties or ())
    roles = {code: [name for name in PARTIES if code in getattr(event, name)] for code in wanted}
    if all(roles.values()):
        found = {code: _spans(event, roles[code][0], code) for code in wanted}
        said = " and ".join(f"{code}{_quoted(found[code])}" for code in wanted)
        fields = frozenset(CONFIDENCE_OF.get(roles[code][0], "suppliers") for code in wanted)
        return Hit((f"{said} are parties",), tuple(chain.from_iterable(found.values())), fields)
    if not set(wanted) <= _named(event):
        return Miss(Reason.OTHER_PARTIES)
    if event.roles != "resolved":
        return _unresolved(clause, event, [" and ".join(wanted)], Reason.OTHER_PARTIES)
    return Miss(Reason.COUNTRY_UNRESOLVED if not (event.suppliers and event.recipients) else Reason.OTHER_PARTIES)


def _supplier(clause: Clause, event: Event) -> Found:
    return _role(clause, event, clause.supplier or [], "suppliers", Reason.OTHER_SUPPLIER)


def _recipient(clause: Clause, event: Event) -> Found:
    return _role(clause, event, clause.recipient or [], "recipients", Reason.OTHER_RECIPIENT)


def _role(clause: Clause, event: Event, wanted: Iterable[str], role: str, other: Reason) -> Found:
    found = [code for code in wanted if code in getattr(event, role)]
    if found:
        evidence = {code: _spans(event, role, code) for code in found}
        said = ", ".join(f"{code}{_quoted(spans)}" for code, spans in evidence.items())
        return Hit(
            (f"{said} as {role.removesuffix('s')}",), tuple(chain.from_iterable(evidence.values())), frozenset({role})
        )
    named = [code for code in wanted if code in _named(event)]
    if event.roles != "resolved":
        return _unresolved(clause, event, named, other)
    return Miss(Reason.COUNTRY_UNRESOLVED if named and not getattr(event, role) else other)


def _unresolved(clause: Clause, event: Event, named: list[str], other: Reason) -> Found:
    """Countries are named, but this language has no rules for their roles: never a match unless the rule asks for it."""
    if not named:
        return Miss(other)
    if clause.unresolved != "alert":
        return Miss(Reason.ROLES_UNRESOLVED)
    evidence = tuple(span for span in event.evidence if span.field == "countries")
    return Hit((f"{named[0]} named, roles unresolved",), evidence, unresolved=True)


def _country(clause: Clause, event: Event) -> Found:
    named = [code for code in clause.country or () if code in _named(event)]
    if not named:
        return Miss(Reason.OTHER_COUNTRY)
    fields = ("countries", *PARTIES)
    evidence = tuple(span for span in event.evidence if span.field in fields and span.value in named)
    return Hit((f"{', '.join(named)} named",), evidence)


def _systems(clause: Clause, event: Event) -> Found:
    named = [system for system in event.systems if system.id in (clause.systems or ())]
    found = [system for system in named if system.of_event or not clause.of_event]
    if not found:
        return Miss(Reason.SYSTEM_ONLY_MENTIONED if named else Reason.OTHER_SYSTEM)
    evidence = {system.name: _spans(event, "systems", system.id, system.name) for system in found}
    said = ", ".join(f"{name}{_quoted(spans)}" for name, spans in evidence.items())
    return Hit((f"names {said}",), tuple(chain.from_iterable(evidence.values())), frozenset({"systems"}))


def _types(clause: Clause, event: Event) -> Found:
    wanted = set(clause.types or ())
    found = [kind for kind in event.types if kind in wanted]
    if found:
        evidence = tuple(span for kind in found for span in _spans(event, "types", kind))
        return Hit((f"type {', '.join(found)}",), evidence, frozenset({"types"}))
    return Miss(Reason.TYPE_UNCERTAIN if wanted & set(event.alternatives) else Reason.OTHER_TYPE)


def _assertion(clause: Clause, event: Event) -> Found:
    if event.assertion not in (clause.assertion or ()):
        return Miss(Reason.OTHER_ASSERTION)
    said = str(event.assertion)
    return Hit((said,), tuple(_spans(event, "assertion", said)), frozenset({"assertion"}))


def _text(clause: Clause, event: Event) -> Found:
    texts = clause.text or ()
    found = (*spans(texts, "title", event.article.title), *spans(texts, "summary", event.article.summary))
    return Hit(tuple(f'says "{span.text}"' for span in found), found) if found else Miss(Reason.OTHER_TEXT)


def _feeds(clause: Clause, event: Event) -> Found:
    feed = event.article.feed
    return Hit((f"feed {feed}",)) if feed in (clause.feeds or ()) else Miss(Reason.OTHER_FEED)


def _tier(clause: Clause, event: Event) -> Found:
    tier = event.article.tier
    return Hit((f"outlet of tier {tier}",)) if tier in (clause.tier or ()) else Miss(Reason.OTHER_TIER)


CHECKS: dict[str, Callable[[Clause, Event], Found]] = {
    "pair": _pair,
    "parties": _parties,
    "supplier": _supplier,
    "recipient": _recipient,
    "country": _country,
    "systems": _systems,
    "types": _types,
    "assertion": _assertion,
    "text": _text,
    "feeds": _feeds,
    "tier": _tier,
}


def _quoted(found: list[Evidence]) -> str:
    return f' ("{found[0].text}")' if found else ""


def _named(event: Event) -> set[str]:
    return {*event.countries, *(code for name in PARTIES for code in getattr(event, name))}


def _spans(event: Event, field: str, *values: str) -> list[Evidence]:
    return [span for span in event.evidence if span.field == field and span.value in values]
