"""What a rule says of an event: a match with the spans that decided, or a miss with its reason."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from config.schema import Clause, Level
from streams.records import Evidence, Record


class Reason(StrEnum):
    """Why a watch does not match an event."""

    IRRELEVANT = "irrelevant"
    RELEVANT = "relevant"  # the rule asks for irrelevant ones
    EXCLUDED = "excluded"
    OTHER_PAIR = "other_pair"
    OTHER_PARTIES = "other_parties"
    OTHER_SUPPLIER = "other_supplier"
    OTHER_RECIPIENT = "other_recipient"
    OTHER_COUNTRY = "other_country"
    OTHER_SYSTEM = "other_system"
    OTHER_TYPE = "other_type"
    OTHER_ASSERTION = "other_assertion"
    OTHER_TEXT = "other_text"
    OTHER_FEED = "other_feed"
    OTHER_TIER = "other_tier"
    CONFIDENCE_TOO_LOW = "confidence_too_low"
    ROLES_UNRESOLVED = "roles_unresolved"
    COUNTRY_UNRESOLVED = "country_unresolved"
    DIRECTION_REVERSED = "direction_reversed"
    ROLE_NOT_WATCHED = "role_not_watched"
    SYSTEM_ONLY_MENTIONED = "system_only_mentioned"
    TYPE_UNCERTAIN = "type_uncertain"


NEAR = frozenset(
    {
        Reason.CONFIDENCE_TOO_LOW,
        Reason.ROLES_UNRESOLVED,
        Reason.COUNTRY_UNRESOLVED,
        Reason.DIRECTION_REVERSED,
        Reason.ROLE_NOT_WATCHED,
        Reason.SYSTEM_ONLY_MENTIONED,
        Reason.TYPE_UNCERTAIN,
    }
)


class Match(Record, kw_only=True):
    """Why a watch is for an event: its level, what decided in words and spans, the confidence that was compared."""

    level: Level
    reasons: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a watch is not for an event; ``near`` when only doubt or a role stood between."""

    reason: Reason

    @property
    def near(self) -> bool:
        return self.reason in NEAR


@dataclass(frozen=True, slots=True)
class Hit:
    """What one clause found; ``fields`` are the fields of Confidence it rests on."""

    reasons: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    fields: frozenset[str] = field(default_factory=frozenset)
    unresolved: bool = False

    def __add__(self, other: "Hit") -> "Hit":
        return Hit(
            self.reasons + other.reasons,
            self.evidence + other.evidence,
            self.fields | other.fields,
            self.unresolved or other.unresolved,
        )


TEXTUAL = frozenset({"text", "feeds"})  # a rule of these alone asks nothing of the classifier
CONDITIONS = (
    "pair", "parties", "supplier", "recipient", "country", "systems", "types", "assertion", "text", "feeds", "tier",
)  # fmt: skip


def keys(clause: Clause) -> list[str]:
    """The conditions that a clause itself states, its groups apart."""
    return [name for name in CONDITIONS if getattr(clause, name)]


def inner(clause: Clause) -> list[Clause]:
    """The clauses in a clause's groups."""
    return [*(clause.all or ()), *(clause.any or ()), *([clause.not_] if clause.not_ else [])]


def textual(clause: Clause) -> bool:
    """Whether a clause, with all its groups, consists of ``text`` and ``feeds`` alone."""
    return TEXTUAL.issuperset(keys(clause)) and all(map(textual, inner(clause)))


def implied_relevance(clause: Clause) -> bool | str:
    """What ``when`` implies of an event's relevance: true, or "any" for a rule of text and feeds alone."""
    return "any" if textual(clause) else True


SAME = str.maketrans({"’": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-"})  # one sign to a reader, several to a computer


@lru_cache(maxsize=1024)
def phrases(texts: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern that finds any of the words or phrases, whole and whatever their case."""
    longest_first = sorted((text for text in texts if text.strip()), key=len, reverse=True)
    return re.compile("|".join(map(_whole, longest_first)) or r"(?!)", re.IGNORECASE)


def _whole(phrase: str) -> str:
    words = phrase.translate(SAME).split()
    before = r"(?<!\w)" if re.match(r"\w", words[0]) else ""
    after = r"(?!\w)" if re.match(r"\w", words[-1][-1]) else ""
    return before + r"\s+".join(map(re.escape, words)) + after


def spans(texts: Iterable[str], source: str, string: str) -> list[Evidence]:
    """Where the phrases stand in ``string``; offsets in its code points."""
    found = []
    for hit in phrases(tuple(texts)).finditer(string.translate(SAME)):
        said = string[hit.start() : hit.end()]
        span = Evidence(
            field="text", value=said, source=source, start=hit.start(), end=hit.end(), text=said, rule="watch: text"
        )
        found.append(span)
    return found
