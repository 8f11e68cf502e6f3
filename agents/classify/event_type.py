"""Event types: what a move of arms is under the words that govern it, and what whole phrases of a text settle."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from agents.classify.frames import Frame, Trigger
from agents.classify.parties import Roles, codes
from agents.classify.patterns import pattern
from streams.records import EventType

T = EventType
PLEDGING = frozenset(
    ("send", "give", "provide", "supply", "deliver", "transfer", "hand over", "ship", "arm", "equip", "donate")
)
AGREED = frozenset(
    ("deal", "contract", "agreement", "sign", "ink", "pact", "accord", "seal", "conclude", "finalise", "finalize")
)
LIFTING = frozenset(("lift", "resume", "reinstate", "restore", "unfreeze", "unblock"))  # what undoes a refusal
OBJECTING = frozenset(
    ("warn", "object", "oppose", "criticise", "criticize", "condemn", "protest", "slam")
)  # such words are policy


def settle(
    trigger: Trigger, operators: Sequence[Trigger], roles: Roles, donated_to: Collection[str]
) -> list[EventType]:
    """Types of one candidate, primary first, by the precedence of the words over its trigger."""
    above = {operator.frame: operator for operator in operators}
    own = _own(trigger, roles, donated_to)
    found: list[EventType] = []
    if (
        trigger.frame is Frame.GET and roles.financiers and own is not T.OFFER
    ):  # bought for another: help as well as an order
        found.append(T.AID if codes(roles.financiers) == codes(roles.suppliers) else own)
        own = T.AGREEMENT if own is T.DELIVERY else T.AID
    if trigger.frame in (Frame.BUYBACK, Frame.RETURN, Frame.SMUGGLE):
        found.append(own)
    found += _refused(trigger, operators, above)
    for frame in (Frame.EMBARGO, Frame.AUTHORIZE, Frame.INVESTIGATE):
        if frame in above and not above[frame].negated:
            found.append(above[frame].entry.done)
    if T.REFUSAL not in found:
        objected = any(o.entry.lemma in OBJECTING and o.i < trigger.i for o in operators)
        found += [T.POLICY] if objected else []
        found += [T.OFFER] if Frame.ASK in above and trigger.frame is Frame.GIVE else []
    found += _dealt(trigger, above, own)
    if not found or trigger.frame is Frame.PRODUCE:  # what is refused, allowed or talked about has not happened
        found.append(own)
    return list(dict.fromkeys(found))


def _own(trigger: Trigger, roles: Roles, donated_to: Collection[str]) -> EventType:
    """The type of the trigger itself: done, planned or wished for; a promise to a state that lives on donations is aid."""
    entry = trigger.entry
    if trigger.wanted:
        return entry.wanted
    if not trigger.planned:
        return entry.done
    promised = entry.lemma in PLEDGING and bool(set(codes(roles.recipients)) & set(donated_to))
    return T.AID if promised and entry.planned is T.DELIVERY else entry.planned


def _refused(trigger: Trigger, operators: Sequence[Trigger], above: Mapping[Frame, Trigger]) -> list[EventType]:
    """Refusal, or policy where it is only called for: by the trigger, a word over it, or a negation."""
    refuse, allow = above.get(Frame.REFUSE), above.get(Frame.AUTHORIZE)
    if trigger.frame is Frame.REFUSE and not trigger.negated and not trigger.wanted:
        return [T.REFUSAL]
    if (trigger if trigger.frame is Frame.AUTHORIZE else allow or trigger).negated and (
        allow or trigger.frame is Frame.AUTHORIZE
    ):
        return [T.REFUSAL]
    if refuse is not None and not refuse.negated and not LIFTING & {o.entry.lemma for o in operators}:
        return [refuse.entry.wanted if refuse.wanted and refuse.verb else T.REFUSAL]
    declined = trigger.frame is Frame.GIVE or (trigger.frame is Frame.GET and trigger.entry.done is T.OFFER)
    return [T.REFUSAL] if trigger.negated and declined else []


def _dealt(trigger: Trigger, above: Mapping[Frame, Trigger], own: EventType) -> list[EventType]:
    """What a deal or talks over a move make of it."""
    deal = above.get(Frame.DEAL)
    if deal is None or trigger.frame in (Frame.DEAL, Frame.REFUSE, Frame.AUTHORIZE, Frame.EMBARGO):
        return []
    if deal.entry.done is T.NEGOTIATION:
        return [T.NEGOTIATION]
    agreed = deal.entry.lemma in AGREED and deal.i < trigger.i and trigger.frame is not Frame.ARRIVE
    kinds = [T.OFFER if deal.wanted else T.AGREEMENT] if agreed else []
    awarded = Frame.AWARD in above or Frame.WIN in above
    return [own, *kinds] if trigger.frame is Frame.PRODUCE and not awarded else kinds


class Phrases:
    """The phrases of events.yaml that settle a type by themselves."""

    def __init__(self, events: Mapping[str, Any]) -> None:
        self._patterns = [
            (EventType(kind), pattern(patterns, f"events.yaml: phrases: {kind}"))
            for kind, patterns in events["phrases"].items()
        ]

    def find(self, text: str) -> dict[EventType, tuple[int, int]]:
        """Where the first phrase of each type stands in a text."""
        found = {}
        for kind, phrases in self._patterns:
            match = phrases.search(text)
            if match:
                found[kind] = match.span()
        return found
