"""Relevance: whether what was read is an arms transfer between states, or talk of one, and if not, why."""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from agents.classify.assertion import Cues
from agents.classify.frames import MOVES, Frame, Scene
from agents.classify.reading import Reading
from agents.classify.roles import codes
from streams.language.mentions import Kind
from streams.records import EventType

WORTHWHILE = 0.18  # score under which a candidate reports no event
TALK = frozenset((EventType.MARKET_REPORT, EventType.POLICY, EventType.EMBARGO, EventType.ILLICIT_TRANSFER))


CLEAR = 0.5  # score from which one party and a word for foreigners are enough
FOREIGN = re.compile(
    r"\b(?:foreign|international|abroad|overseas|export\w*|re-export\w*|allies|allied|other countries|third countr\w+|nations|global|second-hand|European|African|Arab"
    r"|Asian|Western|Gulf)\b",
    re.IGNORECASE,
)


class Verdict(StrEnum):
    """Why a text is an event, or is none."""

    RELEVANT = "event"
    NO_EVENT = "no_event"  # weapons, but no word that moves them
    DOMESTIC = "domestic"  # a state that arms itself
    COMBAT = "combat"  # weapons used, not traded
    NO_PARTY = "no_foreign_party"


class Relevance:
    """The last word on relevance, after the parse."""

    def __init__(self, cues: Cues) -> None:
        self._cues = cues

    def judge(self, reading: Reading, phrases: Mapping[EventType, Collection[int]]) -> Verdict:
        """The verdict on a reading; ``phrases`` are the types that whole phrases settle, with their sentences."""
        story = reading.story
        if story is None:
            return Verdict.NO_EVENT
        lead = {kind for kind, numbers in phrases.items() if min(numbers) <= 2}
        best = story.primary
        if best.score < WORTHWHILE and not lead & TALK:
            return Verdict.NO_EVENT
        parties = {*codes(story.roles.suppliers), *codes(story.roles.recipients), *codes(story.roles.authorizers), *codes(story.roles.financiers)}
        named = _states(reading.scenes)
        if len(parties) < 2 and not lead & TALK:
            if len(named) < 2 and best.score >= CLEAR and FOREIGN.search(_text(best.scene)):
                return Verdict.RELEVANT
            if len(named) < 2:
                return Verdict.DOMESTIC if parties else Verdict.NO_PARTY
            if best.trigger.frame not in MOVES and best.trigger.frame not in (Frame.DEAL, Frame.AUTHORIZE, Frame.REFUSE, Frame.EMBARGO, Frame.ASK):
                return Verdict.NO_EVENT
        return Verdict.RELEVANT


def _states(scenes: Sequence[Scene]) -> set[str]:
    return {
        code
        for scene in scenes
        for word in scene.sentence.words
        if word.mention is not None and word.mention.kind in (Kind.COUNTRY, Kind.FIRM)
        for code in word.mention.codes
    }


def _text(scene: Scene) -> str:
    start, end = scene.sentence.span(0, len(scene.sentence.words) - 1)
    return scene.sentence.whole[start:end]
