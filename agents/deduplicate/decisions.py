"""Which decisions a text reports, and which of them contradict one another; the words stand in lexicon/decisions.yaml."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from streams.language.normalise import words

NEGATION_REACHES = 3  # words
UNDOING_REACHES = 4
COMING_REACHES = 3

Phrase = tuple[str, ...]


class Phrases:
    """Words and phrases, each with a label; a final * allows any ending."""

    def __init__(self, labelled: Iterable[tuple[str, str]]) -> None:
        self._whole: dict[Phrase, str] = {}
        self._open: dict[str, str] = {}
        self._longest: dict[str, int] = {}  # first word -> words of the longest phrase
        for label, phrase in labelled:
            if phrase.endswith("*") and " " not in phrase:
                self._open[phrase[:-1]] = label
            else:
                parts = tuple(phrase.rstrip("*").split())
                self._whole[parts] = label
                self._longest[parts[0]] = max(len(parts), self._longest.get(parts[0], 0))

    def at(self, text: list[str], place: int) -> tuple[str, int] | None:
        """The label of the longest phrase at a place and its length in words, or none."""
        for length in range(min(self._longest.get(text[place], 0), len(text) - place), 0, -1):
            if label := self._whole.get(tuple(text[place : place + length])):
                return label, length
        word = text[place]
        stem = next((word[:end] for end in range(len(word), 1, -1) if word[:end] in self._open), None)
        return (self._open[stem], 1) if stem else None


class Decisions:
    """Reads decisions out of titles and leads."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._decisions = Phrases(
            (label, phrase) for label, phrases in table["decisions"].items() for phrase in phrases
        )
        self._negations = Phrases(
            (label, phrase) for label, phrases in table["negations"].items() for phrase in phrases
        )
        self._negated: Mapping[str, str] = table["negated"]
        self._carried_out = frozenset(table["carried_out"])
        self._coming = Phrases(("coming", phrase) for phrase in table["coming"])
        self._undoing = Phrases(("undo", phrase) for phrase in table["undoing"])
        self._undone = Phrases(("undone", phrase) for phrase in table["undone"])
        pairs = {(one, other) for one, others in table["opposites"].items() for other in others}
        self._preventing = frozenset(table["preventing"])
        self._opposites = pairs | {(other, one) for one, other in pairs}

    def find(self, text: str) -> frozenset[str]:
        """The decisions that a text reports: grant, refuse, stop, cancel, delay, resume, confirm, deny, arrive."""
        found: set[str] = set()
        text_words = [
            part for word in words(text) for part in ([word[:-3], "not"] if word.endswith("n't") else word.split("-"))
        ]
        pending, negated_until, place = "", -1, 0
        while place < len(text_words):
            if place >= negated_until:
                found.add(pending)
                pending = ""
            if undone := self._undoes(text_words, place):
                found.add("resume")
                place = undone
            elif negation := self._negations.at(text_words, place):
                pending, place = negation[0], place + negation[1]
                negated_until = place + NEGATION_REACHES
            elif (decision := self._decisions.at(text_words, place)) and not self._open(
                text_words, place, decision[0], pending
            ):
                found.add(self._negated.get(decision[0], "") if pending else decision[0])
                pending, place = "", place + decision[1]
            else:
                place += 1
        found.add(pending)
        return frozenset(found - {"", "nothing"})

    def contradict(self, some: Collection[str], others: Collection[str]) -> bool:
        """Whether each side reports a decision that the other lacks, and these are opposites."""
        return any(
            (one, other) in self._opposites for one in set(some) - set(others) for other in set(others) - set(some)
        )

    def prevents(self, found: Collection[str]) -> bool:
        """Whether one of the decisions keeps something from happening."""
        return not self._preventing.isdisjoint(found)

    def _open(self, text: list[str], place: int, decision: str, pending: str) -> bool:
        """Whether what would be news only when it is carried out is negated or still to come."""
        if decision not in self._carried_out:
            return False
        before = range(max(0, place - COMING_REACHES), place)
        return bool(pending) or text[place - 1 : place] == ["to"] or any(self._coming.at(text, at) for at in before)

    def _undoes(self, text: list[str], place: int) -> int:
        """The place behind a phrase such as *lifts the ban*, or 0."""
        start = self._undoing.at(text, place)
        if not start:
            return 0
        for at in range(place + start[1], min(place + start[1] + UNDOING_REACHES, len(text))):
            if end := self._undone.at(text, at):
                return at + end[1]
        return 0


@cache
def shipped_decisions() -> Decisions:
    """The words that Armswire ships."""
    return Decisions(
        yaml.safe_load(resources.files("config").joinpath("lexicon/decisions.yaml").read_text(encoding="utf-8"))
    )
