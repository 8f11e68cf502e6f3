"""Parties: which states, groups and firms a noun phrase names, pronouns and "the country" included."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.classify.frames import Scene
from agents.classify.grammar import NOMINAL, OBJECTS, SUBJECTS, Grammar
from agents.classify.sentences import Sentence, Word
from streams.language.mentions import Kind

# How far a rule is trusted, by the way it read the role.
PARSED, LINEAR, CONTROL, THEME = 0.9, 0.75, 0.8, 0.6
WEAK_NAME, PRONOUN, FAR_PRONOUN = 0.2, 0.15, 0.2  # what an ambiguous name and a pronoun take away
OURS = frozenset(("us", "our", "we"))


@dataclass(frozen=True, slots=True)
class Party:
    """A state, group or firm in a role: codes, the word that names it and the rule that gave the role."""

    codes: tuple[str, ...]
    sentence: Sentence
    word: int
    rule: str
    weight: float
    firm: bool = False


@dataclass(slots=True)
class Roles:
    """The parties of one candidate event."""

    suppliers: list[Party] = field(default_factory=list)
    recipients: list[Party] = field(default_factory=list)
    authorizers: list[Party] = field(default_factory=list)
    financiers: list[Party] = field(default_factory=list)
    via: list[Party] = field(default_factory=list)


def codes(parties: Sequence[Party]) -> list[str]:
    """Codes of parties in order, each once."""
    return list(dict.fromkeys(code for party in parties for code in party.codes))


def apart(parties: Sequence[Party], others: Sequence[Party]) -> list[Party]:
    """The parties that share no code with the others."""
    taken = set(codes(others))
    return [party for party in parties if not taken & set(party.codes)]


class Names:
    """Reads the noun phrases of one sentence; ``focus`` are the parties that a pronoun may mean."""

    def __init__(self, scene: Scene, focus: Sequence[Party], grammar: Grammar) -> None:
        self.sentence, self.words = scene.sentence, scene.sentence.words
        self.focus, self.grammar = focus, grammar
        self.verbs = frozenset(t.i for t in scene.triggers if t.verb)

    def party(self, word: Word, rule: str, weight: float) -> Party | None:
        """The word as a party; None for what has no code and for firms of several states."""
        mention = word.mention
        if mention is None or not mention.codes or (mention.kind is Kind.FIRM and len(mention.codes) > 1):
            return None
        weight -= WEAK_NAME if mention.weak else 0.0
        return Party(mention.codes, self.sentence, word.i, rule, weight, mention.kind is Kind.FIRM)

    def each(self, words: Sequence[Word], rule: str, weight: float) -> list[Party]:
        """The parties among some words."""
        return [party for word in words if (party := self.party(word, rule, weight))]

    def named(self, i: int, rule: str, weight: float) -> list[Party]:
        """The parties that the noun phrase headed by word ``i`` names; a weapon's maker is not among them."""
        head = self.words[i]
        if head.low in OURS:
            found = self.speaker(rule)
        elif head.party:
            found = self.each([head], rule, weight) or self.modifiers(head, rule, weight)
        elif head.weapon:
            return []
        elif head.low in self.grammar.pronouns and head.tag.startswith("PRP"):
            found = self.meant(head, rule, weight)
        else:
            found = self.modifiers(head, rule, weight)
            if not found and head.low in self.grammar.back_references:
                found = self.meant(head, rule, weight)
        for child in head.children:
            if self.words[child].dep == "conj":
                found = [*found, *self.named(child, rule, weight)]
        return found

    def modifiers(self, head: Word, rule: str, weight: float) -> list[Party]:
        """Parties that stand before a noun or in its "of": "the Polish government", "the army of Chad"."""
        found: list[Party] = []
        for word in (self.words[k] for k in head.children):
            if word.dep in NOMINAL:
                if word.party and self.made(word) is not False:
                    found += self.each([word, *self._joined(word)], rule, weight)
                elif not word.weapon and word.dep != "appos" and word.i not in self.verbs:
                    found += self.modifiers(word, rule, weight)
            elif word.low in ("of", "in", "from") and not head.weapon:
                inside = [self.words[k] for k in word.children if self.words[k].dep == "pobj" and self.words[k].party]
                found += self.each(inside, rule, weight)
        return found

    def _joined(self, word: Word) -> list[Word]:
        return [self.words[k] for k in word.children if self.words[k].dep == "conj" and self.words[k].party]

    def made(self, word: Word) -> bool | None:
        """Whether a name before a hyphen makes the weapon ("Swiss-made"), does not ("Iran-backed"), or has no hyphen."""
        i = word.i
        if (
            i + 2 >= len(self.words)
            or self.words[i + 1].text not in ("-", "‑", "–")
            or self.words[i + 1].start != word.end
        ):
            return None
        return self.words[i + 2].low in self.grammar.made or self.words[i + 2].low not in self.grammar.not_made

    def meant(self, pronoun: Word, rule: str, weight: float) -> list[Party]:
        """The party that a pronoun stands for: the subject before it, else the focus of the text so far."""
        for word in self.words[: pronoun.i]:
            if word.head == pronoun.head and pronoun.dep in OBJECTS:
                continue  # "the envoy accused the country": the country is not the envoy's
            if word.dep in SUBJECTS:
                own = self.each([word], f"{rule}, pronoun", weight - PRONOUN) if word.party else []
                found = own or self.modifiers(word, f"{rule}, pronoun", weight - PRONOUN)
                if found:
                    return found
        return [
            Party(p.codes, p.sentence, p.word, f"{rule}, pronoun", weight - FAR_PRONOUN, p.firm) for p in self.focus
        ]

    def speaker(self, rule: str) -> list[Party]:
        """Who says the sentence: what "us" means."""
        for word in self.words:
            if word.low in self.grammar.saying and word.tag.startswith("V"):
                said = [self.words[k] for k in word.children if self.words[k].dep == "nsubj" and self.words[k].party]
                if said:
                    return self.each(said[:1], f"{rule}, us", LINEAR)
        return []
