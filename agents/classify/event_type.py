"""Event types: what a move of arms is under the words that govern it, and what whole phrases of a text settle."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from agents.classify.frames import Frame, Trigger
from agents.classify.parties import Roles, codes
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
# Later rooms may put these before a candidate's own type when their phrases stand in title or lead.
PRECEDENCE = (T.REACQUISITION, T.ILLICIT_TRANSFER, T.REFUSAL, T.EMBARGO, T.AUTHORIZATION, T.INVESTIGATION, T.RESALE, T.PRODUCTION, T.DELIVERY,
              T.AID, T.AGREEMENT, T.NEGOTIATION, T.OFFER, T.POLICY, T.MARKET_REPORT)  # fmt: skip


def settle(
    trigger: Trigger, operators: Sequence[Trigger], roles: Roles, donated_to: Collection[str]
) -> list[EventType]:
    """Types of one candidate, primary first, by the precedence of the words over its trigger."""
    entry = trigger.entry
    above = {o.frame: o for o in operators}
    own = entry.wanted if trigger.wanted else entry.planned if trigger.planned else entry.done
    if (
        own is T.DELIVERY
        and trigger.planned
        and not trigger.wanted
        and entry.lemma in PLEDGING
        and set(codes(roles.recipients)) & set(donated_to)
    ):
        own = T.AID
    found: list[EventType] = []
    if trigger.frame is Frame.GET and roles.financiers and own is not T.OFFER:
        found.append(T.AID if codes(roles.financiers) == codes(roles.suppliers) else own)
        own = T.AGREEMENT if own is T.DELIVERY else T.AID
    refused = trigger.frame is Frame.REFUSE and not trigger.negated and not trigger.wanted
    if refused or trigger.frame in (Frame.BUYBACK, Frame.RETURN, Frame.SMUGGLE):
        found.append(T.REFUSAL if refused else own)
    refuse = above.get(Frame.REFUSE)
    lifted = LIFTING & {o.entry.lemma for o in operators}
    allow = above.get(Frame.AUTHORIZE) if trigger.frame is not Frame.AUTHORIZE else trigger
    if allow is not None and allow.negated:
        found.append(T.REFUSAL)
    elif refuse is not None and not refuse.negated and not lifted:
        found.append(refuse.entry.wanted if refuse.wanted and refuse.verb else T.REFUSAL)
    elif trigger.negated and (
        trigger.frame in (Frame.GIVE, Frame.AUTHORIZE) or (trigger.frame is Frame.GET and entry.done is T.OFFER)
    ):
        found.append(T.REFUSAL)
    for frame in (Frame.EMBARGO, Frame.AUTHORIZE, Frame.INVESTIGATE):
        if frame in above and not above[frame].negated:
            found.append(above[frame].entry.done)
    if any(o.entry.lemma in OBJECTING and o.i < trigger.i for o in operators) and T.REFUSAL not in found:
        found.append(T.POLICY)
    if Frame.ASK in above and trigger.frame is Frame.GIVE and T.REFUSAL not in found:
        found.append(T.OFFER)
    deal = above.get(Frame.DEAL)
    if deal is not None and trigger.frame not in (Frame.DEAL, Frame.REFUSE, Frame.AUTHORIZE, Frame.EMBARGO):
        talk = deal.entry.done is T.NEGOTIATION
        if trigger.frame is Frame.PRODUCE and not talk and not {Frame.AWARD, Frame.WIN} & set(above):
            found.append(own)
        if talk:
            found.append(T.NEGOTIATION)
        elif deal.entry.lemma in AGREED and deal.i < trigger.i and trigger.frame is not Frame.ARRIVE:
            found.append(T.OFFER if deal.wanted else T.AGREEMENT)
    found.append(own)
    return list(dict.fromkeys(found))


class Phrases:
    """The phrases of events.yaml that settle a type by themselves."""

    def __init__(self, events: Mapping[str, Any]) -> None:
        self._patterns = [
            (EventType(kind), re.compile(r"(?<!\w)(?:" + "|".join(map(str, patterns)) + r")(?!\w)", re.IGNORECASE))
            for kind, patterns in events["phrases"].items()
        ]

    def find(self, text: str) -> dict[EventType, tuple[int, int]]:
        """Where the first phrase of each type stands in a text."""
        found = {}
        for kind, pattern in self._patterns:
            match = pattern.search(text)
            if match:
                found[kind] = match.span()
        return found
