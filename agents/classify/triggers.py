"""Triggers: the words of a sentence that report an event of the trade, found by their forms."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agents.classify.clauses import clauses, is_noun, looks_only
from agents.classify.frames import Entry, Frame, Scene, Trigger
from agents.classify.grammar import Grammar
from agents.classify.inflection import Irregular, inflect
from agents.classify.mood import Mood
from agents.classify.sentences import Sentence, Word
from streams.records import EventType

PIECE = re.compile(r"[^\W_]+|-")
PIECE_OR_MARK = re.compile(r"[^\W_]+|-|[^\w\s]")
HOLDING = frozenset(("DT", "PRP$", "JJ", "POS", "CD"))  # tags before a noun
PHRASE_REACH = 8  # words that are looked through for the rest of a phrase


class Triggers:
    """Finds triggers; built once from events.yaml and cues.yaml."""

    def __init__(self, events: Mapping[str, Any], cues: Mapping[str, Any], grammar: Grammar) -> None:
        irregular: Irregular = {
            str(verb): [str(f).lower() for f in forms] for verb, forms in events["irregular"].items()
        }
        self._grammar, self._mood = grammar, Mood(events, cues, irregular, grammar)
        self._forms: defaultdict[str, list[Entry]] = defaultdict(list)
        for row in events["triggers"]:
            for entry in _entries(row):
                first = PIECE.findall(entry.lemma)[0].lower()
                for form in inflect(first, irregular, verb=entry.verb) if entry.verb or not entry.rest else {first}:
                    self._forms[form].append(entry)
        for entries in self._forms.values():
            entries.sort(key=lambda entry: -len(entry.rest))

    def read(self, sentence: Sentence) -> Scene:
        """The sentence with its clauses and triggers in order."""
        scene = Scene(sentence, clauses(sentence, self._grammar))
        taken = -1
        for word in sentence.words:
            if word.i <= taken or (word.mention is not None and not word.weapon):
                continue
            found = self._at(sentence, word)
            if found is None or (not found[0].rest and looks_only(sentence, word, found[0], self._grammar)):
                continue
            entry, taken = found
            trigger = Trigger(entry, word.i, taken, scene.clauses[word.i])
            self._mood.read(scene, trigger)
            scene.triggers.append(trigger)
        return scene

    def _at(self, sentence: Sentence, word: Word) -> tuple[Entry, int] | None:
        """The entry that starts at a word and its last word: the longest phrase, else by part of speech."""
        if word.mention is not None:  # "military aid": the weapon's noun is the trigger as well
            return self._inside(word)
        entries = self._forms.get(word.low, ())
        before = sentence.words[word.i - 1] if word.i else None
        held = (
            word.tag.startswith("NN") and before is not None and before.mention is None and before.tag in HOLDING
        )  # "its bid for" is no verb
        for entry in entries:
            last = _last(sentence, word.i, entry) if entry.rest and not (held and entry.verb) else None
            if last is not None:
                return entry, last
        single = [entry for entry in entries if not entry.rest]
        noun = is_noun(sentence, word) if single else False
        fitting = next((e for e in single if e.verb is not noun), None) or next((e for e in single if not e.verb), None)
        return (fitting, word.i) if fitting else None

    def _inside(self, word: Word) -> tuple[Entry, int] | None:
        pieces = PIECE.findall(word.low)
        for k, piece in enumerate(pieces):
            for entry in self._forms.get(piece, ()):
                if not entry.verb and entry.rest and tuple(pieces[k + 1 : k + 1 + len(entry.rest)]) == entry.rest:
                    return entry, word.i
        return None


def _entries(row: Mapping[str, Any]) -> Iterator[Entry]:
    done, planned = EventType(row["done"]), EventType(row["planned"])
    wanted = EventType(row.get("wanted", EventType.OFFER))
    for verb, words in ((True, row.get("verbs", ())), (False, row.get("nouns", ()))):
        for phrase in map(str, words):
            rest = tuple(piece.lower() for piece in PIECE.findall(phrase)[1:])
            yield Entry(phrase, Frame(row["frame"]), verb, done, planned, wanted, rest, float(row.get("worth", 1)))


def _last(sentence: Sentence, i: int, entry: Entry) -> int | None:
    """The last word of a phrase that starts at word ``i``; a verb and its particle may stand apart by an object."""
    behind: list[tuple[str, int]] = []
    for word in sentence.words[i + 1 : i + PHRASE_REACH + len(entry.rest)]:
        behind.extend((piece, word.i) for piece in PIECE_OR_MARK.findall(word.low))
    behind = behind[: len(entry.rest)]
    here = [piece for piece, _ in behind]
    if here == [*entry.rest] or (not entry.verb and _singular(here) == _singular(entry.rest)):
        return behind[-1][1]
    children = (sentence.words[k] for k in sentence.words[i].children)
    apart = entry.verb and len(entry.rest) == 1 and any(w.low == entry.rest[0] and w.dep == "prt" for w in children)
    return i if apart else None


def _singular(pieces: Sequence[str]) -> list[str]:
    return [piece.removesuffix("s") for piece in pieces]
