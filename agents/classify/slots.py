"""Slots: in which place around a trigger each party of a sentence stands, by the parse first, by the order of words else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.classify.frames import MOVES, Frame, Scene, Trigger
from agents.classify.grammar import LOOSE, NOMINAL, OBJECTS, PREPOSITIONS, SUBJECTS, Grammar
from agents.classify.parties import CONTROL, LINEAR, PARSED, THEME, Names, Party
from agents.classify.phrases import Phrases
from agents.classify.sentences import Word
from agents.classify.subjects import Subjects

Slot = tuple[str, float]
NOWHERE: Slot = ("", 0.0)  # the path to the trigger leads elsewhere


class Slots:
    """The parties around a trigger by slot: subj, obj, mod, theme (makers of the goods), and prepositions."""

    def __init__(self, found: Mapping[str, list[Party]]) -> None:
        self._found = found

    def get(self, *names: str) -> list[Party]:
        """The parties of some slots, in the order of the names."""
        return [party for name in names for party in self._found.get(name, ())]

    @property
    def to(self) -> list[Party]:
        """Where the goods go."""
        return self.get("to", "into", "dative", "toward", "towards")

    @property
    def actors(self) -> list[Party]:
        """Who does what an approval or a refusal says."""
        return self.get("subj") or self.get("mod") or self.get("by")


@dataclass(slots=True)
class _Path:
    """What has been seen on the way from a party up to a trigger."""

    preposition: str = ""
    theme: bool = False


class Reader:
    """Reads the slots of triggers in one sentence; ``focus`` are the parties that a pronoun may mean."""

    def __init__(self, scene: Scene, focus: Sequence[Party], grammar: Grammar) -> None:
        self.scene, self.words, self.grammar = scene, scene.sentence.words, grammar
        self.names = Names(scene, focus, grammar)
        self.phrases = Phrases(scene, grammar)
        self.subjects = Subjects(scene, self.names, self.phrases)
        self.moves = [t.i for t in scene.triggers if t.frame in MOVES]

    def slots(self, trigger: Trigger) -> Slots:
        """The parties around one trigger."""
        found: dict[str, list[Party]] = {}
        subjects = self.subjects.of(trigger)
        taken = {p.word for p in subjects if p.sentence is self.scene.sentence}
        place = "taker" if self._receives(trigger) else "subj"
        for slot, party in (*((place, p) for p in subjects), *self._implied(trigger), *self._others(trigger, taken)):
            found.setdefault(slot, []).append(party)
        return Slots(found)

    def _receives(self, trigger: Trigger) -> bool:
        """Whether the subject of a noun's verb gets what the noun says: "Chad gets an offer"."""
        verb = self.words[self.words[trigger.i].head]
        return not trigger.verb and self.words[trigger.i].dep in OBJECTS and verb.low in self.grammar.receiving

    def _implied(self, trigger: Trigger) -> Iterator[tuple[str, Party]]:
        """Parties that no name tells: guests at talks, "its", "us"."""
        lemma, word = trigger.entry.lemma, self.words[trigger.i]
        host = self.words[word.head]
        if trigger.frame is Frame.DEAL and trigger.verb and host.low in self.grammar.hosting:
            for guest in host.children:
                if self.words[guest].dep in OBJECTS:
                    yield from (("with", p) for p in self.names.named(guest, f"{lemma}: guest", CONTROL))
        for child in (self.words[k] for k in word.children):
            if child.low in ("its", "their", "his") and not trigger.verb:
                yield from (("mod", p) for p in self.names.meant(child, lemma, CONTROL))
            if child.low == "us" and trigger.verb:
                yield from (("dative", p) for p in self.names.speaker(lemma))

    def _others(self, trigger: Trigger, taken: set[int]) -> Iterator[tuple[str, Party]]:
        for word in self.words:
            if (
                not word.party
                or word.i in taken
                or trigger.i <= word.i <= trigger.last
                or self.names.made(word) is False
            ):
                continue
            name, weight = self._parsed(trigger, word) or self._linear(trigger, word) or NOWHERE
            if (
                name == "obj"
                and word.mention is not None
                and word.mention.form == "adjective"
                and not self._institution(word)
            ):
                name, weight = "theme", THEME
            if name == "theme" and word.i < trigger.i and _acts(trigger):
                name, weight = "subj", THEME
            if name:
                yield from ((name, p) for p in self.names.each([word], f"{trigger.entry.lemma}: {name}", weight))

    def _institution(self, word: Word) -> bool:
        """Whether an adjective stands before people or forces rather than goods: "arming Chadian rebels"."""
        return word.head == word.i or self.words[word.head].low in self.grammar.institutions

    def _parsed(self, trigger: Trigger, word: Word) -> Slot | None:
        """The slot by the path from the party up to the trigger."""
        at, path = word, _Path()
        for head in self.scene.sentence.above(word.i):
            inside = trigger.i <= head.i <= trigger.last
            step = self._step(trigger, word, at, head, path)
            if step is not None:
                return step if step is not NOWHERE else None
            if inside:
                if path.theme:
                    return "theme", THEME
                if path.preposition:
                    return path.preposition, PARSED
                return ("obj", LINEAR) if trigger.verb else ("mod", PARSED)
            at = head
        return None

    def _step(self, trigger: Trigger, word: Word, at: Word, head: Word, path: _Path) -> Slot | None:
        """One step up: a slot, NOWHERE where the path leads elsewhere, or None to go on."""
        inside, grammar = trigger.i <= head.i <= trigger.last, self.grammar
        if at.dep == "conj" and not at.tag.startswith("V"):
            return None
        if at.dep in NOMINAL:
            return self._modifying(trigger, word, at, head, path)
        if at.dep in ("acl", "relcl") and at.low in grammar.owned and head.weapon:
            path.theme, path.preposition = True, ""
            return None
        if at.dep in ("pobj", "pcomp"):
            if not (path.preposition or path.theme or head.low in grammar.examples):
                path.preposition = head.low
            return None
        if at.dep in ("prep", "agent", "dative") and (at.low in PREPOSITIONS or at.low in grammar.examples):
            owner = head.low in grammar.owned and at.low in ("by", "from", "in")
            noun = head.weapon or head.tag.startswith(("NN", "CD"))
            return None if inside or owner or noun or at.low in grammar.examples else NOWHERE
        if at.dep in OBJECTS or at.dep in ("attr", "oprd"):
            if not inside:
                return NOWHERE
            return ("theme", THEME) if path.theme else (path.preposition or "obj", PARSED)
        if at.dep in SUBJECTS and inside:
            return ("theme", THEME) if path.theme else (path.preposition, LINEAR) if path.preposition else NOWHERE
        return NOWHERE

    @staticmethod
    def _modifying(trigger: Trigger, word: Word, at: Word, head: Word, path: _Path) -> Slot | None:
        if trigger.i <= head.i <= trigger.last and not path.preposition:
            if not trigger.verb:
                return "mod", THEME + 0.1 if path.theme else PARSED
            if not path.theme:
                return ("subj", LINEAR) if word.i < trigger.i else NOWHERE
        if at.dep == "appos" and head.party:
            return NOWHERE
        path.theme = path.theme or (head.weapon and not path.preposition)
        return None

    def _linear(self, trigger: Trigger, word: Word) -> Slot | None:
        """The slot by the preposition before the party, in the trigger's clause, with no other move between."""
        if self.scene.clauses[word.i] != trigger.clause or any(trigger.last < k < word.i for k in self.moves):
            return None
        start, goods = self.phrases.around(word)
        handled = word.i > trigger.i or trigger.passive or trigger.frame in (Frame.ARRIVE, Frame.GIVE)
        if goods and handled and not self._verb_between(trigger, word):
            return "theme", THEME - 0.1
        before = self.words[start - 1] if start else None
        if before is None or before.low not in PREPOSITIONS or before.i <= trigger.last:
            return None
        left, holder = self.words[before.i - 1], self.words[before.head]
        if before.low == "of" and left.low == "out":
            return "from", LINEAR
        tied = holder.tag.startswith("NN") and not holder.weapon and not trigger.i <= holder.i <= trigger.last
        if (before.low == "to" and left.low in self.grammar.elsewhere) or (before.low in LOOSE and tied):
            return None
        return before.low, LINEAR

    def _verb_between(self, trigger: Trigger, word: Word) -> bool:
        """Whether another verb stands between a trigger and a party: its goods are not the trigger's."""
        first, last = sorted((trigger.i, word.i))
        verbs = ("VB", "VBZ", "VBD", "VBP", "VBG")
        return any(w.tag in verbs and w.i not in self.names.verbs for w in self.words[first + 1 : last])


def _acts(trigger: Trigger) -> bool:
    """Whether a weapon before a trigger does what it says: "an Iranian ship carries", "a French frigate seizes"."""
    return trigger.verb and not trigger.passive and trigger.frame in (Frame.GIVE, Frame.SEIZE)
