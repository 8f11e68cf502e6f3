"""Near copies must agree: texts with other states, systems, makers, figures, names or the opposite decision are two stories."""

from collections.abc import Collection
from enum import StrEnum

import msgspec

from agents.deduplicate.decisions import Decisions


class Disagreement(StrEnum):
    """What two texts with nearly the same words differ in."""

    COUNTRY = "country"
    SYSTEM = "system"
    WEAPON = "weapon"
    VARIANT = "variant"
    FIRM = "firm"
    NUMBER = "number"
    NAME = "name"
    DECISION = "decision"


class Facts(msgspec.Struct, array_like=True, frozen=True):
    """What a story claims.

    ``said`` maps marked facts (``country:BG``, ``number:12``) to the number of words of the text before them, 0 in the
    headline; ``length`` counts the words of the text, 0 for a headline alone; names are hashes of words.
    """

    said: dict[str, int] = {}
    length: int = 0
    names: frozenset[int] = frozenset()
    title_decisions: frozenset[str] = frozenset()
    text_decisions: frozenset[str] = frozenset()

    def claims(self, words: int) -> frozenset[str]:
        """The facts of the headline and of so many words of the text."""
        return frozenset(fact for fact, place in self.said.items() if place <= words)


BINDING = 40  # words of the text in which facts are binding
_MARKED = (
    Disagreement.COUNTRY,
    Disagreement.SYSTEM,
    Disagreement.WEAPON,
    Disagreement.VARIANT,
    Disagreement.FIRM,
    Disagreement.NUMBER,
)


def disagreement(
    some: Facts, some_words: Collection[int], other: Facts, other_words: Collection[int], decisions: Decisions
) -> Disagreement | None:
    """What two texts cannot both say of one story, or None.

    A fact that only one of them has is no conflict: one may be cut or extended. Each must claim, as far as both texts reach,
    something of a kind that the other lacks throughout.
    """
    if _opposite(some, other, decisions):
        return Disagreement.DECISION
    reach = min(BINDING, some.length, other.length)
    only_some, only_other = some.claims(reach) - other.said.keys(), other.claims(reach) - some.said.keys()
    for kind in _MARKED:
        if _has(only_some, kind) and _has(only_other, kind):
            return kind
    if some.names.difference(other_words) and other.names.difference(some_words):
        return Disagreement.NAME
    return None


def _opposite(some: Facts, other: Facts, decisions: Decisions) -> bool:
    """Whether the decisions are opposite, or only one text reports that something does not happen.

    An edited headline may leave the decision to the text, so only texts are compared that way; a headline alone is compared
    with the other headline.
    """
    if decisions.contradict(some.title_decisions, other.title_decisions):
        return True
    if not (some.length and other.length):
        return decisions.prevents(some.title_decisions) != decisions.prevents(other.title_decisions)
    one, two = some.text_decisions, other.text_decisions
    both = decisions.contradict(some.title_decisions | one, other.title_decisions | two)
    return both or decisions.prevents(one) != decisions.prevents(two)


def _has(facts: Collection[str], kind: Disagreement) -> bool:
    return any(fact.startswith(f"{kind}:") for fact in facts)
