"""Candidate events of a sentence: each move of arms with the words that govern it, its parties, type and score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.classify.event_type import settle
from agents.classify.frames import MOVES, Frame, Scene, Trigger
from agents.classify.governing import Over, distinct, govern
from agents.classify.grammar import Grammar
from agents.classify.parties import Party, Roles
from agents.classify.roles import Around, World, assign
from agents.classify.slots import Reader
from streams.language.mentions import Kind
from streams.records import EventType

POSITION = (1.0, 0.9, 0.6, 0.4, 0.3)  # title and sentences of the text: news comes first
BACKGROUND = 0.45  # of the worth of what is told as background
BARE, ROLE = 0.4, 0.3  # worth of a candidate without roles, and of each role
NEAR, SAME_SENTENCE, RULED, NO_WEAPON, OTHER_GOODS = 1.0, 0.8, 0.55, 0.4, 0.2  # worth by where the next weapon stands
# What a candidate is worth by what it speaks of: a move outweighs talk about moves.
WORTH = {
    Frame.POLICY: 0.5, Frame.MARKET: 0.45, Frame.INVESTIGATE: 0.65, Frame.PRODUCE: 0.8, Frame.DEAL: 0.9, Frame.SMUGGLE: 0.85,
    Frame.SEIZE: 0.7, Frame.RETURN: 0.8, Frame.ASK: 0.85,
}  # fmt: skip


ALONE = MOVES | {Frame.DEAL, Frame.EMBARGO}  # frames that are events of their own under a move as well
TALK = frozenset((Frame.POLICY, Frame.INVESTIGATE, Frame.MARKET))  # to drop an inquiry is no refusal
HANDLING = frozenset(
    (
        Frame.GIVE,
        Frame.GET,
        Frame.ARRIVE,
        Frame.REFUSE,
        Frame.RETURN,
        Frame.BUYBACK,
        Frame.SEIZE,
        Frame.PRODUCE,
        Frame.DEAL,
    )
)


@dataclass(slots=True)
class Candidate:
    """One possible event: its trigger, the triggers above it, who supplies whom, what it is and what it is worth."""

    scene: Scene
    trigger: Trigger
    operators: list[Trigger]
    roles: Roles
    types: list[EventType]
    score: float = 0.0


class Candidates:
    """Builds candidates; holds the facts of the world that roles need."""

    def __init__(self, events: Mapping[str, Any], origins: Mapping[str, Sequence[str]], grammar: Grammar) -> None:
        self._grammar = grammar
        self._exporters = {str(code): rank for rank, code in enumerate(events["exporters"])}
        self._flows = frozenset((str(a), str(b)) for a, b in events["known_flows"])
        self._imposers = frozenset(map(str, events["imposers"]))
        self._donated_to = frozenset(map(str, events["donated_to"]))
        self._origins = origins

    def build(self, scene: Scene, focus: Sequence[Party]) -> list[Candidate]:
        """The candidates of one sentence; ``focus`` are the parties that a pronoun may mean."""
        reader = Reader(scene, focus, self._grammar)
        world = World(self._exporters, self._flows, self._made_in(scene), self._donated_to, self._imposers)
        around = {trigger.i: Around(trigger, reader.slots(trigger), world) for trigger in scene.triggers}
        found: list[Candidate] = []
        governed: set[int] = set()
        for trigger in scene.triggers:
            others = [o for o in scene.triggers if o is not trigger and o.frame not in MOVES]
            operators = [o for o in others if _governs(scene, o, trigger)]
            if trigger.frame in MOVES:
                governed.update(o.i for o in operators)
            found.append(self._candidate(scene, around, trigger, operators))
        return [c for c in found if c.trigger.frame in ALONE or c.trigger.i not in governed]

    def _candidate(
        self, scene: Scene, around: Mapping[int, Around], trigger: Trigger, operators: list[Trigger]
    ) -> Candidate:
        own = around[trigger.i]
        roles = assign(own)
        for operator in operators:
            govern(Over(around[operator.i], own), roles)
        distinct(roles)
        types = settle(trigger, operators, roles, self._donated_to)
        score = (
            POSITION[min(scene.sentence.number, len(POSITION) - 1)]
            * WORTH.get(trigger.frame, 1.0)
            * trigger.entry.worth
        )
        score *= (BARE + ROLE * bool(roles.suppliers) + ROLE * bool(roles.recipients)) * self._near(scene, trigger)
        aside = any(o.frame is Frame.REFUSE and o.background for o in operators)
        if aside or (trigger.background and all(o.background for o in operators)):
            score *= BACKGROUND
        return Candidate(scene, trigger, operators, roles, types, score)

    def _made_in(self, scene: Scene) -> frozenset[str]:
        return frozenset(
            code
            for word in scene.sentence.words
            if word.mention is not None and word.mention.kind is Kind.SYSTEM
            for code in self._origins.get(word.mention.id, ())
        )

    def _near(self, scene: Scene, trigger: Trigger) -> float:
        """Worth by where the next weapon stands: little where something else than arms is given or got."""
        words = scene.sentence.words
        weapons = [word for word in words if word.weapon]
        if not trigger.verb and trigger.i and words[trigger.i - 1].low in self._grammar.military:
            return NEAR
        if trigger.verb and trigger.frame in HANDLING and self._other_goods(scene, trigger):
            return OTHER_GOODS
        if any(scene.clauses[word.i] == trigger.clause for word in weapons):
            return NEAR
        if weapons:
            return SAME_SENTENCE
        return NO_WEAPON if trigger.frame in MOVES else RULED

    def _other_goods(self, scene: Scene, trigger: Trigger) -> bool:
        """Whether what a verb handles is no weapon: it gives permission, sends troops, stops a ship."""
        words = scene.sentence.words
        arrives = trigger.frame is Frame.ARRIVE
        handled = {"nsubj" if arrives else "dobj"} | ({"nsubjpass"} if arrives or trigger.passive else set())
        objects = [words[k] for k in words[trigger.i].children if words[k].dep in handled]
        if trigger.last != trigger.i:  # "calls for calm"
            objects += [words[k] for k in words[trigger.last].children if words[k].dep == "pobj"]
        for thing in objects:
            if (
                thing.weapon
                or thing.party
                or not thing.tag.startswith(("NN", "JJ"))
                or thing.low in self._grammar.goods
            ):
                return False
            frame = next((t.frame for t in scene.triggers if t.i == thing.i), None)
            ordered = trigger.entry.done is EventType.DELIVERY and frame in (Frame.GET, Frame.DEAL)
            if frame in TALK or ordered:  # who receives an order has received no arms
                continue
            if frame is not None or any(word.weapon for word in scene.sentence.below(thing.i)):
                return False
        return bool(objects) or trigger.frame is Frame.RETURN


def _governs(scene: Scene, operator: Trigger, trigger: Trigger) -> bool:
    """Whether a word says something of a move: it stands over it, before it in its clause, or at its side."""
    sentence, below = scene.sentence, sentence_path(scene, trigger.i)
    if operator.i in below:
        return True
    if trigger.i in sentence_path(scene, operator.i):  # "the sale, approved by", not "selects, turning down"
        return operator.clause == trigger.clause and not (
            operator.verb and sentence.words[operator.i].dep in ("advcl", "conj")
        )
    if operator.clause != trigger.clause:
        return False
    verbs = [t for t in scene.triggers if t.verb and operator.i < t.i < trigger.i and t.frame not in MOVES]
    if operator.i < trigger.i:
        return not verbs and not any(
            t.i in below for t in scene.triggers if t.verb and t.i < operator.i and t.frame in MOVES
        )
    head = sentence.words[trigger.i].head
    return not operator.verb and head not in (trigger.i, operator.i) and sentence.words[operator.i].head == head


def sentence_path(scene: Scene, i: int) -> set[int]:
    """The governors of a word up to a relative clause."""
    path: set[int] = set()
    at = scene.sentence.words[i]
    for head in scene.sentence.above(i):
        if at.dep == "relcl" or (at.dep == "advcl" and scene.clauses[at.i] != scene.clauses[head.i]):
            return path
        path.add(head.i)
        at = head
    return path
