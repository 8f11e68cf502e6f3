"""Assertion and realis: whether a text stands behind its event, rests it on accusation, or tells of its denial."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.classify.candidates import Candidate
from agents.classify.frames import Frame
from agents.classify.inflection import verb_forms
from agents.classify.patterns import pattern
from agents.classify.sentences import Sentence
from streams.records import Assertion, EventType, Realis


@dataclass(frozen=True, slots=True)
class Voice:
    """The assertion with the span that decided it, and the rule; no span where the text simply reports."""

    assertion: Assertion
    sentence: Sentence | None = None
    start: int = 0
    end: int = 0
    rule: str = "no cue"


class Cues:
    """The cues of cues.yaml, compiled."""

    def __init__(self, cues: Mapping[str, Any]) -> None:
        self._deny = pattern(cues["deny"]["strong"], "cues.yaml: deny: strong")
        self._allege = pattern(cues["allege"]["strong"], "cues.yaml: allege: strong")
        not_denials = "|".join(map(re.escape, cues["deny"]["not_denials"]))
        self._not_denial = re.compile(
            rf"\b(?:den|reject|dismiss|contest)\w*\W+(?:\w+\W+){{0,4}}(?:{not_denials})", re.IGNORECASE
        )
        self._accusing = verb_forms(cues["allege"]["verbs"], {})
        self._double = pattern(cues["double_negation"], "cues.yaml: double_negation")
        self._refusal = pattern(cues["refusal_phrases"], "cues.yaml: refusal_phrases")
        self._undecided = pattern(cues["undecided"], "cues.yaml: undecided")
        self._combat = pattern(cues["combat"], "cues.yaml: combat")
        self._deployment = pattern(cues["deployment"], "cues.yaml: deployment")
        self._civil = pattern(cues["civil"], "cues.yaml: civil")
        self._military = pattern([cues["military"]], "cues.yaml: military")
        self._fiction = pattern([cues["fiction"]], "cues.yaml: fiction")
        self._movements = frozenset(map(str, cues["movements"]))

    def voice(self, sentences: Sequence[Sentence], primary: Candidate | None) -> Voice:
        """Denied where title or lead denies the event, alleged where they rest it on accusation, else reported."""
        for sentence in sentences[:2]:
            text = _text(sentence)
            found = self._deny.search(text)
            if found and not self._not_denial.match(text, found.start()) and not self._double.search(text):
                return Voice(Assertion.DENIED, sentence, *_place(sentence, found), "denial in title or lead")
        near = {sentence.number for sentence in sentences[:2]} | ({primary.scene.sentence.number} if primary else set())
        for sentence in (s for s in sentences if s.number in near):
            for found in self._allege.finditer(_text(sentence)):
                place = _place(sentence, found)
                if not _beside(sentence, place[0], primary):
                    return Voice(Assertion.ALLEGED, sentence, *place, "hedge or accusation")
        if primary is not None:
            for word in primary.scene.sentence.above(primary.trigger.i):
                if word.low in self._accusing and word.tag.startswith("V"):
                    return Voice(Assertion.ALLEGED, primary.scene.sentence, word.start, word.end, "under an accusation")
        return Voice(Assertion.REPORTED)

    def refusal(self, sentence: Sentence) -> tuple[int, int] | None:
        """Where a sentence says that nothing will be sent."""
        text = _text(sentence)
        found = self._refusal.search(text)
        return _place(sentence, found) if found and not self._double.search(text) else None

    def undecided(self, sentence: Sentence) -> bool:
        """Whether a sentence says that nothing has been decided."""
        return bool(self._undecided.search(_text(sentence)))

    def unrefused(self, sentence: Sentence) -> bool:
        """Whether a sentence denies a refusal: "did not halt", "does not rule out"."""
        return bool(self._double.search(_text(sentence)))

    def open_question(self, sentence: Sentence) -> bool:
        """Whether a sentence leaves it open: "does not rule out"."""
        found = self._double.search(_text(sentence))
        return bool(found and re.search(r"rule|exclude", found[0]))

    def combat(self, text: str) -> bool:
        """Whether a text tells of combat or drill."""
        return bool(self._combat.search(text))

    def deployment(self, text: str, lemma: str) -> bool:
        """Whether weapons move with their own forces: a verb of movement where a text tells of drills or deployment."""
        return lemma in self._movements and bool(self._deployment.search(text))

    def civil(self, text: str) -> bool:
        """Whether a text is about civil machines only."""
        return bool(self._civil.search(text)) and not self._military.search(text)

    def fiction(self, title: str) -> bool:
        """Whether a headline is about a work, not an event."""
        return bool(self._fiction.search(title))


def realis(primary: Candidate) -> Realis:
    """How far the primary event has come."""
    trigger, sentence = primary.trigger, primary.scene.sentence
    lows = {w.low for w in sentence.words if primary.scene.clauses[w.i] == trigger.clause}
    if lows & {"if", "unless", "could", "would", "might"} or trigger.wanted:
        return Realis.CONDITIONAL
    if trigger.background:
        return Realis.HISTORICAL
    planned = trigger.planned and primary.types[0] not in (EventType.REFUSAL, EventType.EMBARGO)
    if planned or primary.types[0] in (EventType.OFFER, EventType.NEGOTIATION) or primary.trigger.frame is Frame.ASK:
        return Realis.PLANNED
    return Realis.ACTUAL


def _text(sentence: Sentence) -> str:
    start, end = sentence.span(0, len(sentence.words) - 1)
    return sentence.whole[start:end].replace("’", "'")


def _place(sentence: Sentence, found: re.Match[str]) -> tuple[int, int]:
    base = sentence.words[0].start
    return base + found.start(), base + found.end()


def _beside(sentence: Sentence, start: int, primary: Candidate | None) -> bool:
    """Whether a cue stands in a relative clause that the primary event is no part of: "a firm that was accused of …"."""
    cue = next(word for word in sentence.words if word.end > start)
    for word in (cue, *sentence.above(cue.i)):
        if word.dep == "relcl":
            inside = {w.i for w in sentence.below(word.i)} | {word.i}
            return primary is None or primary.scene.sentence is not sentence or primary.trigger.i not in inside
    return False
