"""Mood: whether a trigger is negated, wished for, planned, told as background, or passive."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.classify.clauses import subordinate
from agents.classify.frames import Frame, Scene, Trigger
from agents.classify.grammar import SUBJECTS, Grammar
from agents.classify.inflection import Irregular, verb_forms
from agents.classify.sentences import Word

NEAR = 6  # words before a trigger in which an auxiliary or adverb is its own
CLOSE = 4  # words before it in which a negation is
GOVERNORS = 3  # words above it whose mood it shares
NOBODY = frozenset(("nobody", "none", "nothing", "neither"))
DENYING = frozenset(("deny", "denies", "denied", "denying"))
GRANTED = frozenset(("dobj", "nsubjpass", "oprd"))  # how a noun stands to the verb by which it is given or denied
LOOSE_NEGATIONS = frozenset(("never", "nothing", "nobody"))


class Mood:
    """Reads moods by the lists of events.yaml and cues.yaml."""

    def __init__(
        self, events: Mapping[str, Any], cues: Mapping[str, Any], irregular: Irregular, grammar: Grammar
    ) -> None:
        self._grammar = grammar
        self._wanted, self._planned = (
            verb_forms(events[name]["verbs"], irregular) | set(map(str, events[name]["words"]))
            for name in ("wanted", "planned")
        )
        self._refusable = frozenset(map(str, cues["deny"]["not_denials"]))
        self._negation = frozenset(map(str, cues["negation"]))
        self._before = frozenset(map(str, cues["background"]["words"]))

    def read(self, scene: Scene, trigger: Trigger) -> None:
        """Set the moods of a trigger."""
        words, i = scene.sentence.words, trigger.i
        word = words[i]
        near = [words[k] for k in range(max(0, i - NEAR), i) if scene.clauses[k] == trigger.clause]
        chain = [w for _, w in zip(range(GOVERNORS), scene.sentence.above(i), strict=False)]
        direct = [words[k] for k in word.children if k < i or words[k].low in ("not", "n't")]
        governing = {w.low for w in (*near, *direct, *(w for w in chain if w.i < i))} | _helpers(words, chain, i)
        aimed = i > 0 and words[i - 1].low == "to"
        trigger.negated = self._negated(words, [word, *chain], near, direct) or self._denied(words, trigger)
        purpose = aimed and word.dep in ("acl", "advcl") and words[word.head].low not in self._planned
        trigger.wanted = bool(governing & self._wanted) or (trigger.frame is Frame.REFUSE and purpose)
        trigger.planned = bool(governing & self._planned) or (aimed and word.tag == "VB")
        pluperfect = any(words[k].low == "had" and words[k].dep == "aux" for k in word.children)
        adjunct = (
            trigger.frame is Frame.REFUSE and word.dep == "advcl" and word.tag == "VBG"
        )  # "…, turning down a rival offer"
        earlier = adjunct or bool({w.low for w in near} & self._before)
        trigger.background = pluperfect or earlier or subordinate(scene.sentence, i, self._grammar)
        trigger.passive = trigger.verb and _passive(words, word)

    def _negated(
        self, words: Sequence[Word], chain: Sequence[Word], near: Sequence[Word], direct: Sequence[Word]
    ) -> bool:
        subjects = {words[k].low for w in chain for k in w.children if words[k].dep in SUBJECTS}
        close = [w for w in near[-CLOSE:] if w.dep in ("neg", "det", "preconj") or w.low in LOOSE_NEGATIONS]
        return bool(NOBODY & subjects) or any(w.low in self._negation for w in (*direct, *close))

    def _denied(self, words: Sequence[Word], trigger: Trigger) -> bool:
        """Whether a licence is denied, which is a refusal; that of a report is a denial."""
        noun = words[trigger.last]
        asked = trigger.frame is Frame.AUTHORIZE and not trigger.verb and noun.low.removesuffix("s") in self._refusable
        return asked and noun.dep in GRANTED and words[noun.head].low in DENYING


def _helpers(words: Sequence[Word], chain: Sequence[Word], i: int) -> set[str]:
    """Auxiliaries and adjectives of the governors before a trigger: "could agree to", "is ready to"."""
    before = [w for w in chain if w.i < i]
    return {words[k].low for w in before for k in w.children if k < i and words[k].dep in ("aux", "acomp", "amod")}


def _passive(words: Sequence[Word], word: Word) -> bool:
    if any(words[k].dep in ("nsubjpass", "auxpass", "agent") for k in word.children):
        return True
    by = word.i + 1 < len(words) and words[word.i + 1].low == "by"
    return word.tag == "VBN" and (by or word.dep in ("acl", "relcl"))
