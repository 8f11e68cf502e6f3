"""The document: which candidate is the primary event, and who its parties are when one sentence does not name both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.classify.backoff import BackOff
from agents.classify.candidates import Candidate
from agents.classify.frames import Frame, Scene
from agents.classify.grammar import Grammar
from agents.classify.parties import Party, Roles, apart, codes
from streams.records import EventType

FILLED = 0.6  # how far a role from another event of the text is trusted
ROLE_BEARING = 0.3  # a candidate below this share of the best one fills no role
UNORDERED = frozenset((Frame.SEIZE, Frame.INVESTIGATE, Frame.MARKET))  # whose other parties are police and courts


@dataclass(slots=True)
class Story:
    """What the whole text says: its primary candidate, the others by score, and the roles after filling."""

    primary: Candidate
    others: list[Candidate]
    roles: Roles


def rank(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Candidates, the best first; of equals the earlier."""
    return sorted(candidates, key=lambda c: (-c.score, c.scene.sentence.number, c.trigger.i))


class Resolver:
    """Makes one story of a text's candidates."""

    def __init__(self, grammar: Grammar, origins: Mapping[str, Sequence[str]]) -> None:
        self._back_off = BackOff(grammar, origins)

    def resolve(self, candidates: Sequence[Candidate], scenes: Sequence[Scene]) -> Story | None:
        """The primary event and its roles, filled from other candidates, the order of the lead, firms and origins."""
        ranked = rank(candidates)
        if not ranked:
            return None
        primary, own = ranked[0], ranked[0].roles
        lists = (own.suppliers, own.recipients, own.authorizers, own.financiers, own.via)
        story = Story(primary, ranked[1:], Roles(*(list(parties) for parties in lists)))
        if primary.trigger.frame is Frame.EMBARGO:
            return story
        _fill(story)
        _payers(story)
        lead = [scene for scene in scenes if scene.sentence.number <= 1]
        if primary.scene.sentence.number > 1:
            lead.append(primary.scene)
        self._back_off.supplier(primary, story.roles, lead, scenes)
        if primary.trigger.frame not in UNORDERED:
            self._back_off.order(primary, story.roles, lead)
        return story


def _fill(story: Story) -> None:
    """Empty roles from other candidates that do not contradict what is known."""
    roles = story.roles
    _chain(story)
    for other in story.others:
        if roles.suppliers and roles.recipients:
            return
        if other.score < ROLE_BEARING * story.primary.score or other.trigger.frame is Frame.EMBARGO:
            continue
        given, got = other.roles.suppliers, other.roles.recipients
        agrees = not roles.suppliers or not given or len(apart(given, roles.suppliers)) < len(given)
        if not roles.recipients and got and agrees and apart(got, roles.suppliers) == got:
            roles.recipients = [_lower(p, "filled from another event") for p in got]
        agrees = not got or len(apart(got, roles.recipients)) < len(got)
        if not roles.suppliers and given and agrees and apart(given, roles.recipients) == given:
            roles.suppliers = [_lower(p, "filled from another event") for p in given]


def _payers(story: Story) -> None:
    """Who pays, where another sentence tells it."""
    for other in story.others:
        if other.trigger.frame is Frame.PAY and not story.roles.financiers:
            story.roles.financiers = apart(other.roles.financiers, [*story.roles.suppliers, *story.roles.recipients])


def _chain(story: Story) -> None:
    """The earlier deal in goods that move again: who sold them takes part in what is sold on or bought back."""
    roles, primary = story.roles, story.primary
    if roles.suppliers or not roles.recipients:
        return
    for other in (o for o in story.others if o.scene is primary.scene):
        back = primary.trigger.frame is Frame.BUYBACK and set(codes(other.roles.suppliers)) == set(
            codes(roles.recipients)
        )
        moves_on = primary.trigger.frame in (Frame.ARRIVE, Frame.GIVE)
        if back and other.roles.recipients:
            roles.suppliers = [_lower(p, "sold to him before") for p in other.roles.recipients]
            return
        if moves_on and other.trigger.frame is Frame.GET and other.trigger.background and other.roles.suppliers:
            roles.suppliers = [_lower(p, "bought from him before") for p in other.roles.suppliers]
            primary.types.insert(0, EventType.RESALE)
            return


def _lower(party: Party, rule: str) -> Party:
    return Party(
        party.codes, party.sentence, party.word, f"{rule} ({party.rule})", min(party.weight, FILLED), party.firm
    )
