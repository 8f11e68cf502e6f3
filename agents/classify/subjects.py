"""Subjects: who does what a trigger says, by its own subject, its governor's, or the order of words."""

from agents.classify.frames import Scene, Trigger
from agents.classify.grammar import OBJECTS, PREPOSITIONS, SUBJECTS
from agents.classify.parties import CONTROL, LINEAR, PARSED, Names, Party
from agents.classify.phrases import Phrases
from agents.classify.sentences import Word

DEEPEST = 6  # governors that are climbed for a subject
CARRIED = frozenset(
    ("xcomp", "ccomp", "advcl", "conj", "acl", "pcomp", "dep", "prep", "parataxis")
)  # what shares a governor's subject
CONTROLLED = frozenset(("xcomp", "ccomp", "advcl", "acl"))
OBLIQUE = frozenset(
    ("for", "of", "from", "with", "into", "against", "over")
)  # "accuse of", "sanction for", "warn against"
ASIDE = frozenset(
    ("after", "before", "amid", "despite", "following", "since", "over")
)  # what stands there is not the subject's act


class Subjects:
    """Finds the subjects of triggers in one sentence."""

    def __init__(self, scene: Scene, names: Names, phrases: Phrases) -> None:
        self.scene, self.words = scene, scene.sentence.words
        self.names, self.phrases, self.grammar = names, phrases, names.grammar

    def of(self, trigger: Trigger) -> list[Party]:
        """The parties that do what a trigger says; none of a passive one."""
        rule = f"{trigger.entry.lemma}: subject"
        if not trigger.verb:
            return self._of_noun(trigger, rule)
        if trigger.passive:
            return []
        found = self._of_verb(self.words[trigger.i], rule, PARSED, 0)
        return self._before(trigger, rule) if found is None else found

    def _of_verb(self, verb: Word, rule: str, weight: float, depth: int) -> list[Party] | None:
        """Parties of the subject; an empty list where there is one without a party, None where there is none."""
        if depth > DEEPEST:
            return None
        subject = next((self.words[k] for k in verb.children if self.words[k].dep in SUBJECTS), None)
        if subject is not None:
            return self._stated(verb, subject, rule, weight, first=depth == 0)
        head = self.words[verb.head]
        if verb.head == verb.i:
            return None
        if (
            verb.dep in ("amod", "compound") and verb.low.endswith("ing") and head.dep == "pobj"
        ):  # "of supplying shells", read as shells that supply
            verb, head = head, self.words[head.head]
        if verb.dep in ("pcomp", "prep", "pobj"):
            preposition, head = head, self.words[head.head]
            if preposition.low in OBLIQUE and head.low in self.grammar.object_control:
                return self._object_of(head, rule)
            if head.dep in OBJECTS and self.words[head.head].low in self.grammar.object_control:
                return self.names.named(head.i, f"{rule} of {self.words[head.head].low}", CONTROL)
        if verb.dep not in CARRIED:
            return None
        if (
            head.low in self.grammar.object_control
            and verb.dep in CONTROLLED
            and (found := self._object_of(head, rule))
        ):
            return found
        if head.tag.startswith("V") or head.tag == "MD":
            return self._of_verb(head, rule, CONTROL, depth + 1)
        return self._holder(head, rule, depth + 1) if head.tag.startswith("NN") else None

    def _stated(self, verb: Word, subject: Word, rule: str, weight: float, *, first: bool) -> list[Party] | None:
        if subject.tag in ("WDT", "WP") or subject.low == "that":
            return self.names.named(verb.head, rule, weight - 0.1) if verb.dep == "relcl" else None
        found = self.names.named(subject.i, rule, weight) or self._inside(subject, rule)
        return found or (None if subject.weapon or first else [])

    def _object_of(self, verb: Word, rule: str) -> list[Party]:
        """The object of a verb such as accuse or ask; of a passive one its subject."""
        rule = f"{rule} of {verb.low}"
        passive = next((k for k in verb.children if self.words[k].dep == "nsubjpass"), None)
        if passive is not None:
            return self.names.named(passive, rule, CONTROL)
        found: list[Party] = []
        for k in verb.children:
            word = self.words[k]
            if word.dep in OBJECTS:
                found += self.names.named(k, rule, CONTROL)
            elif word.dep == "prep" and word.low in ("on", "to"):
                found += self.names.named(next(iter(word.children), k), rule, CONTROL)
        after = self.words[verb.i + 1] if verb.i + 1 < len(self.words) else None
        return found or (self.names.each([after], rule, LINEAR) if after is not None and after.party else [])

    def _holder(self, noun: Word, rule: str, depth: int) -> list[Party] | None:
        """Who holds a plan, deal or contract: its possessive or demonym, else the subject of its verb."""
        found = [] if noun.weapon else self.names.modifiers(noun, rule, CONTROL)
        if found:
            return found
        verb = next((head for head in self.scene.sentence.above(noun.i) if head.tag.startswith("V")), None)
        return self._of_verb(verb, rule, CONTROL, depth + 1) if verb is not None else None

    def _inside(self, subject: Word, rule: str) -> list[Party]:
        """Parties deeper in a subject that is no weapon: "officials of both Egypt and Chad"."""
        if subject.weapon:
            return []
        deep = [
            w
            for w in self.scene.sentence.below(subject.i)
            if w.party and w.dep in ("poss", "amod", "compound", "appos")
        ]
        return self.names.each([w for w in deep if self.words[w.head].dep != "relcl"], rule, LINEAR)[:2]

    def _of_noun(self, trigger: Trigger, rule: str) -> list[Party]:
        """The subject of the verb that governs a noun: "Chad announces the purchase", "signs a contract"."""
        noun = self.words[trigger.i]
        before = self.words[noun.head]
        if noun.dep == "pobj" and before.low in ASIDE:
            return []
        if (
            noun.dep == "pobj"
            and before.low == "in"
            and before.head != before.i
            and not self.words[before.head].tag.startswith("V")
        ):
            return self.names.named(before.head, rule, CONTROL)  # "Chad and Niger in talks"
        verb = next((head for head in self.scene.sentence.above(noun.i) if head.tag.startswith("V")), None)
        if verb is None or verb.low in self.grammar.saying or noun.dep in SUBJECTS:
            return []
        return self._of_verb(verb, f"{rule} of {verb.low}", CONTROL, 1) or []

    def _before(self, trigger: Trigger, rule: str) -> list[Party]:
        """A headline's subject: the first party of the clause before the trigger that no preposition leads to."""
        for word in self.words[: trigger.i]:
            if word.party and self.scene.clauses[word.i] == trigger.clause and self.names.made(word) is not False:
                start, goods = self.phrases.around(word)
                if not goods and (not start or self.words[start - 1].low not in PREPOSITIONS):
                    found = self.names.each([word], rule, LINEAR)
                    if found:
                        return found
        return []
