"""Frames: what a trigger word reports, and a sentence with its clauses and triggers."""

from dataclasses import dataclass, field
from enum import StrEnum

from agents.classify.sentences import Sentence
from streams.records import EventType


class Frame(StrEnum):
    """Who is who around a trigger."""

    GIVE = "give"
    GET = "get"
    ASK = "ask"
    ARRIVE = "arrive"
    TURN = "turn"
    PAY = "pay"
    WIN = "win"
    AWARD = "award"
    DEAL = "deal"
    AUTHORIZE = "authorize"
    REFUSE = "refuse"
    EMBARGO = "embargo"
    SMUGGLE = "smuggle"
    SEIZE = "seize"
    RESELL = "resell"
    BUYBACK = "buyback"
    RETURN = "return"
    PRODUCE = "produce"
    INVESTIGATE = "investigate"
    POLICY = "policy"
    MARKET = "market"


# Frames that move arms by themselves; the others say something about a move, and govern it where one is near.
MOVES = frozenset(
    (
        Frame.GIVE,
        Frame.GET,
        Frame.ARRIVE,
        Frame.RESELL,
        Frame.BUYBACK,
        Frame.RETURN,
        Frame.SMUGGLE,
        Frame.SEIZE,
        Frame.PRODUCE,
    )
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A trigger of the lexicon: ``rest`` are the words of a phrase behind its first."""

    lemma: str
    frame: Frame
    verb: bool
    done: EventType
    planned: EventType
    wanted: EventType
    rest: tuple[str, ...] = ()
    worth: float = 1.0  # of a word that names a party's part rather than an event


@dataclass(slots=True)
class Trigger:
    """A trigger in a sentence, at word ``i`` up to word ``last``."""

    entry: Entry
    i: int
    last: int
    clause: int
    negated: bool = False
    wanted: bool = False
    planned: bool = False
    background: bool = False
    passive: bool = False

    @property
    def frame(self) -> Frame:
        """The frame of its entry."""
        return self.entry.frame

    @property
    def verb(self) -> bool:
        """Whether it is a verb."""
        return self.entry.verb


@dataclass(slots=True)
class Scene:
    """A sentence with its clauses and triggers."""

    sentence: Sentence
    clauses: list[int]
    triggers: list[Trigger] = field(default_factory=list)
