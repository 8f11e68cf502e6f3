"""Clauses: where a sentence parts, and which words only look like triggers."""

from agents.classify.frames import Entry, Frame
from agents.classify.grammar import Grammar
from agents.classify.sentences import Sentence, Word

HYPHENS = ("-", "‑", "–")
MARKS = frozenset((";", ":", "-", "–", "—", "(", ")"))
FINITE = frozenset(("VBZ", "VBD", "VBP", "MD"))
RELATIVE_REACH = 14  # words behind which a relative clause has ended
SPEAKER_REACH = 4  # words in which a speaker's verb follows a comma
EARLY = 4  # words in which a headline's verb stands
AFTER_VERB = frozenset(("DT", "CD", "JJ", "PRP$", "VBG", "TO", "RB"))
TELLING = frozenset(("said", "says", "say", "told", "reported", "reports"))


def clauses(sentence: Sentence, grammar: Grammar) -> list[int]:
    """The number of each word's clause; clauses part at subordinators, relative pronouns and marks."""
    numbers, current = [], 0
    for word in sentence.words:
        current += bool(word.i) and word.mention is None and _parts(sentence, word, grammar)
        numbers.append(current)
    return numbers


def _parts(sentence: Sentence, word: Word, grammar: Grammar) -> bool:
    before = sentence.words[word.i - 1]
    if word.low in grammar.boundaries:
        return not (word.low == "as" and before.low == "such")
    if word.low in MARKS:
        return before.end < word.start or word.low in ";:()"
    if word.low == "that":
        return word.dep in ("nsubj", "nsubjpass", "dobj")
    return (
        word.low == ","
        and word.i + 2 < len(sentence.words)
        and (_speaks(sentence, word.i + 1) or _resumes(sentence, word.i + 1))
    )


def _speaks(sentence: Sentence, i: int) -> bool:
    """A comma before a speaker: "…, Ankara said", "…, says minister"."""
    behind = [word.low for word in sentence.words[i : i + SPEAKER_REACH]]
    return bool(TELLING & set(behind)) and "," not in behind


def _resumes(sentence: Sentence, i: int) -> bool:
    """A comma behind a relative clause, where the main verb goes on: "Chad, which had sold tanks, offers …"."""
    before = sentence.words[max(0, i - RELATIVE_REACH) : i]
    return sentence.words[i].tag in FINITE and any(word.low in ("which", "who") for word in before)


def subordinate(sentence: Sentence, i: int, grammar: Grammar) -> bool:
    """Whether word ``i`` stands in a relative clause or one that opens with a subordinating word."""
    words = sentence.words
    for at in (words[i], *sentence.above(i)):
        if at.dep == "relcl":
            return True
        openers = (words[k].low for k in (*at.children, at.head))
        if at.dep in ("advcl", "pcomp") and any(low in grammar.boundaries and low != "as" for low in openers):
            return True
    return False


def is_noun(sentence: Sentence, word: Word) -> bool:
    """Whether a word stands as a noun; a headline's "Poland signs deal" is mended against the tagger."""
    words = sentence.words
    before = words[word.i - 1] if word.i else None
    if word.tag.startswith("V"):
        return before is not None and before.tag in ("DT", "PRP$", "POS") and word.tag in ("VB", "VBP", "VBZ")
    if word.low.endswith("ing") and words[word.head].weapon and word.head > word.i:
        return before is None or before.low not in (
            "of",
            "from",
            "for",
            "with",
            "against",
        )  # "accused of shipping weapons"
    if word.tag in ("NNS", "NNPS") and before is not None and before.party and word.i + 1 < len(words):
        after = words[word.i + 1]
        named = before.mention is not None and before.mention.form != "adjective"
        follows = after.tag in AFTER_VERB or after.weapon or after.party or after.tag.startswith("NN")
        finite = any(w.tag in FINITE for w in words if w.i != word.i)
        return not (named and follows and (not finite or word.i < EARLY))
    return word.tag not in ("MD", "TO")


def looks_only(sentence: Sentence, word: Word, entry: Entry, grammar: Grammar) -> bool:
    """Whether a word only looks like the trigger: "Swiss-made", "in a bid to", "picked up", "under licence", "asset freeze"."""
    words = sentence.words
    before, earlier = (words[word.i - 1] if word.i else None), (words[word.i - 2] if word.i > 1 else None)
    if any(words[k].dep == "prt" and words[k].low in grammar.other_verbs for k in word.children):
        return True
    if before is None:
        return False
    if earlier is not None and before.text in HYPHENS and earlier.end == before.start and before.end == word.start:
        return True
    if word.low == "bid" and before.low == "a" and earlier is not None and earlier.low == "in":
        return True
    if before.low == "under" and word.low in ("licence", "license"):
        return True
    other = before.mention is None and before.tag in ("NN", "NNS") and before.low not in grammar.traded
    return entry.frame is Frame.REFUSE and not entry.verb and other
