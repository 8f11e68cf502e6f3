"""Noun phrases by the order of words, for headlines that the parser reads wrong."""

from agents.classify.frames import Scene
from agents.classify.grammar import PREPOSITIONS, Grammar
from agents.classify.sentences import Word

BEFORE = frozenset(("DT", "JJ", "CD", "POS", "PRP$", "JJS", "JJR", "CC", ",", "HYPH"))
BEHIND = frozenset(("JJ", "CD", "POS", "HYPH", "VBN", "JJR"))
ENDS = frozenset(("TO", "RB", "MD"))


class Phrases:
    """The noun phrases of one sentence."""

    def __init__(self, scene: Scene, grammar: Grammar) -> None:
        self.words, self.makers = scene.sentence.words, grammar.makers
        self.verbs = frozenset(t.i for t in scene.triggers if t.verb)

    def around(self, word: Word) -> tuple[int, bool]:
        """The first word of the noun phrase around a party, and whether the phrase is a weapon's: "42 French Rafale jets"."""
        i = word.i
        while i > 0 and self._belongs(self.words[i - 1], word):
            i -= 1
        return i, self._goods(word)

    def _belongs(self, left: Word, word: Word) -> bool:
        if left.low in PREPOSITIONS or left.tag.startswith("V") or left.tag in ENDS:
            return False
        if left.tag in ("CC", ","):
            before = self.words[left.i - 1] if left.i else None
            return before is not None and before.party and (left.tag == "CC" or word.dep in ("conj", "appos"))
        return left.tag in BEFORE or left.tag.startswith("NN") or left.party

    def _goods(self, word: Word) -> bool:
        words = self.words
        for after in words[word.i + 1 :]:
            noun = after.tag.startswith("NN")
            if after.i in self.verbs or not (noun or after.tag in BEHIND or after.low in ("'s", "-", "and")):
                return False
            if after.weapon:
                behind = words[after.i + 1].low if after.i + 1 < len(words) else ""
                joined = [w for w in words[word.i + 1 : after.i] if w.low == "and"]
                return behind not in self.makers and all(words[w.i + 1].party for w in joined)
        return False
