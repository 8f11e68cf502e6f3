"""Relevance: whether what was read is an arms transfer between states, or talk of one, and if not, why."""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from agents.classify.assertion import Cues
from agents.classify.candidates import Candidate
from agents.classify.frames import MOVES, Frame, Scene
from agents.classify.parties import codes
from agents.classify.reading import Reading
from streams.language.mentions import Kind
from streams.records import EventType

WORTHWHILE = 0.21  # worth under which a candidate reports no event
GATE_MIDDLE, GATE_SHARE = 4.0, 0.06  # what the gate's evidence adds to a candidate's worth
COMBAT = 0.12  # and what combat in title or lead takes away
TALK = frozenset((EventType.MARKET_REPORT, EventType.POLICY, EventType.EMBARGO, EventType.ILLICIT_TRANSFER))
CLEAR = 0.5  # score from which one party and a word for foreigners are enough
FOREIGN = re.compile(
    r"\b(?:foreign|international|abroad|overseas|export\w*|re-export\w*|allies|allied|other countries|third countr\w+"
    r"|nations|global|second-hand|European|African|Arab|Asian|Western|Gulf|Middle East)\b",
    re.IGNORECASE,
)


class Verdict(StrEnum):
    """Why a text is an event, or is none."""

    RELEVANT = "event"
    NO_EVENT = "no_event"  # weapons, but no word that moves them
    NO_WEAPON = "no_weapon"  # what is meant is no conventional weapon
    DOMESTIC = "domestic"  # a state that arms itself
    COMBAT = "combat"  # weapons used, not traded
    NO_PARTY = "no_foreign_party"
    DEPLOYMENT = "deployment"  # weapons that move with their own forces
    CIVIL = "civil"
    FICTION = "fiction"


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
        if not lead & TALK:
            texts = " ".join(_text(scene) for scene in reading.scenes[:2])
            worth = best.score + GATE_SHARE * (reading.verdict.score - GATE_MIDDLE) - COMBAT * self._cues.combat(texts)
            words = [word for scene in reading.scenes for word in scene.sentence.words]
            vetoed = any(w.mention is not None and w.mention.kind is Kind.VETO and "weapon" in w.low for w in words)
            if vetoed and not any(word.weapon for word in words):
                return Verdict.NO_WEAPON
            if worth < WORTHWHILE:
                return Verdict.COMBAT if self._cues.combat(texts) else Verdict.NO_EVENT
        aside = self._aside(reading, best)
        if aside is not None and not lead & TALK:
            return aside
        parties = {
            *codes(story.roles.suppliers),
            *codes(story.roles.recipients),
            *codes(story.roles.authorizers),
            *codes(story.roles.financiers),
        }
        named = _states(reading.scenes)
        if len(parties) < 2 and not lead & TALK:
            if len(named) < 2 and best.score >= CLEAR and FOREIGN.search(_text(best.scene)):
                return Verdict.RELEVANT
            if len(named) < 2:
                return Verdict.DOMESTIC if parties else Verdict.NO_PARTY
            if best.trigger.frame not in MOVES and best.trigger.frame not in (
                Frame.DEAL,
                Frame.AUTHORIZE,
                Frame.REFUSE,
                Frame.EMBARGO,
                Frame.ASK,
            ):
                return Verdict.NO_EVENT
        return Verdict.RELEVANT

    def _aside(self, reading: Reading, best: Candidate) -> Verdict | None:
        """What kind of story it is, where it is none of the trade."""
        texts = [_text(scene) for scene in reading.scenes]
        if self._cues.fiction(texts[0]):
            return Verdict.FICTION
        if self._cues.civil(" ".join(texts)):
            return Verdict.CIVIL
        bought = best.trigger.frame is Frame.GET and bool(best.roles.suppliers and best.roles.recipients)
        if not bought and self._cues.deployment(" ".join(texts[:3]), best.trigger.entry.lemma):
            return Verdict.DEPLOYMENT
        return None


def _states(scenes: Sequence[Scene]) -> set[str]:
    """States that are named or whose firms are; a firm of several states counts for one, and for none that is named."""
    named: list[tuple[str, ...]] = [
        word.mention.codes
        for scene in scenes
        for word in scene.sentence.words
        if word.mention is not None and word.mention.kind in (Kind.COUNTRY, Kind.FIRM) and word.mention.codes
    ]
    states = {codes_[0] for codes_ in named if len(codes_) == 1}
    return states | {codes_[0] for codes_ in named if not states & set(codes_)}


def _text(scene: Scene) -> str:
    start, end = scene.sentence.span(0, len(scene.sentence.words) - 1)
    return scene.sentence.whole[start:end]
