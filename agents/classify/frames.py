"""Frames: the words of a sentence that report an event of the trade, found by form and read with their negation and mood."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agents.classify.sentences import Sentence, Word
from streams.records import EventType


class Frame(StrEnum):
    """Who is who around a trigger."""

    GIVE = "give"
    GET = "get"
    ASK = "ask"
    ARRIVE = "arrive"
    TURN = "turn"
    PAY = "pay"
    WIN = "win"
    AWARD = "award"
    DEAL = "deal"
    AUTHORIZE = "authorize"
    REFUSE = "refuse"
    EMBARGO = "embargo"
    SMUGGLE = "smuggle"
    SEIZE = "seize"
    RESELL = "resell"
    BUYBACK = "buyback"
    RETURN = "return"
    PRODUCE = "produce"
    INVESTIGATE = "investigate"
    POLICY = "policy"
    MARKET = "market"


# Frames that move arms by themselves; the others say something about a move, and govern it where one is near.
MOVES = frozenset(
    (Frame.GIVE, Frame.GET, Frame.ARRIVE, Frame.RESELL, Frame.BUYBACK, Frame.RETURN, Frame.SMUGGLE, Frame.SEIZE, Frame.PRODUCE)
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A trigger of the lexicon: ``rest`` are the words of a phrase behind its first."""

    lemma: str
    frame: Frame
    verb: bool
    done: EventType
    planned: EventType
    wanted: EventType
    rest: tuple[str, ...] = ()
    worth: float = 1.0  # of a word that names a party's part rather than an event


@dataclass(slots=True)
class Trigger:
    """A trigger in a sentence, at word ``i`` up to word ``last``."""

    entry: Entry
    i: int
    last: int
    clause: int
    negated: bool = False
    wanted: bool = False
    planned: bool = False
    background: bool = False
    passive: bool = False

    @property
    def frame(self) -> Frame:
        """The frame of its entry."""
        return self.entry.frame

    @property
    def verb(self) -> bool:
        """Whether it is a verb."""
        return self.entry.verb


@dataclass(slots=True)
class Scene:
    """A sentence with its clauses and triggers."""

    sentence: Sentence
    clauses: list[int]
    triggers: list[Trigger] = field(default_factory=list)


BOUNDARIES = frozenset(
    ["after", "while", "although", "though", "despite", "since", "whereas", "because", "amid", "when", "before", "where", "which", "who", "whom", "whose", "if", "unless", "following", "ahead", "as", "until", "but"]
)
MARKS = frozenset((";", ":", "-", "–", "—", "(", ")"))
TRADED = frozenset(["export", "exports", "supply", "delivery", "sale", "sales", "transfer", "shipment", "licence", "license", "permit", "aid"])
OTHER_VERBS = frozenset(("up", "down", "away", "on"))  # particles that make another verb


class Frames:
    """Finds triggers; built once from events.yaml and cues.yaml."""

    def __init__(self, events: Mapping[str, Any], cues: Mapping[str, Any]) -> None:
        irregular = {str(k): [str(f).lower() for f in v] for k, v in (events.get("irregular") or {}).items()}
        self._forms: defaultdict[str, list[Entry]] = defaultdict(list)
        for row in events["triggers"]:
            done, planned = EventType(row["done"]), EventType(row["planned"])
            wanted = EventType(row.get("wanted", EventType.OFFER))
            for verb, words in ((True, row.get("verbs") or ()), (False, row.get("nouns") or ())):
                for phrase in words:
                    pieces = re.findall(r"[^\W_]+|-", str(phrase))
                    entry = Entry(str(phrase), Frame(row["frame"]), verb, done, planned, wanted, tuple(p.lower() for p in pieces[1:]), float(row.get("worth", 1)))
                    for form in inflect(pieces[0].lower(), verb and True, irregular) if verb or not entry.rest else {pieces[0].lower()}:
                        self._forms[form].append(entry)
        for entries in self._forms.values():
            entries.sort(key=lambda e: -len(e.rest))
        self._wanted = _verbs(events["wanted"]["verbs"], irregular) | set(map(str, events["wanted"]["words"]))
        self._planned = _verbs(events["planned"]["verbs"], irregular) | set(map(str, events["planned"]["words"]))
        self._negation = frozenset(map(str, cues["negation"]))
        self._before = frozenset(map(str, cues["background"]["words"]))

    def read(self, sentence: Sentence) -> Scene:
        """The sentence with its triggers in order."""
        scene = Scene(sentence, clauses(sentence))
        taken = -1
        for word in sentence.words:
            if word.i <= taken or (word.mention is not None and not word.weapon):
                continue
            found = self._at(sentence, word)
            if found is not None and not found[0].rest and (_compounded(sentence, word) or _other_ban(sentence, word, found[0])):
                continue
            if found is None:
                continue
            entry, last = found
            taken = last
            trigger = Trigger(entry, word.i, last, scene.clauses[word.i])
            self._mood(scene, trigger)
            scene.triggers.append(trigger)
        return scene

    def _at(self, sentence: Sentence, word: Word) -> tuple[Entry, int] | None:
        if word.mention is not None:  # military aid, arms embargo: the weapon's noun is the trigger's first word
            return self._inside(word)
        entries = self._forms.get(word.low)
        if not entries:
            return None
        noun = is_noun(sentence, word)
        plain: tuple[Entry, int] | None = None
        for entry in entries:
            if entry.rest:
                last = _phrase(sentence, word.i, entry)
                if last is not None and (entry.verb or noun or len(entry.rest) > 0):
                    return entry, last
            elif (entry.verb is not noun and (plain is None or plain[0].verb is noun)) or (plain is None and not entry.verb):
                plain = entry, word.i
        return plain

    def _inside(self, word: Word) -> tuple[Entry, int] | None:
        pieces = re.findall(r"[^\W_]+|-", word.low)
        for k, piece in enumerate(pieces):
            for entry in self._forms.get(piece, ()):
                if not entry.verb and entry.rest and tuple(pieces[k + 1 : k + 1 + len(entry.rest)]) == entry.rest:
                    return entry, word.i
        return None

    def _mood(self, scene: Scene, trigger: Trigger) -> None:
        words, i = scene.sentence.words, trigger.i
        word = words[i]
        near = [words[k] for k in range(max(0, i - 6), i) if scene.clauses[k] == trigger.clause]
        direct = [words[k] for k in word.children if k < i or words[k].low in ("not", "n't")]
        chain = list(scene.sentence.above(i))[:3]
        trigger.negated = any(w.low in self._negation for w in direct) or any(
            w.low in self._negation for w in near[-4:] if w.dep in ("neg", "det", "preconj", "") or w.low in ("never", "nothing", "nobody")
        )
        nobody = [words[k].low for w in (word, *chain) for k in w.children if words[k].dep in ("nsubj", "nsubjpass")]
        trigger.negated = trigger.negated or bool({"nobody", "none", "nothing", "neither"} & set(nobody))
        around = {w.low for w in (*near, *direct)} | {w.low for w in chain if w.i < i} | {
            words[k].low for w in chain for k in w.children if w.i < i and k < i and words[k].dep in ("aux", "acomp", "amod")
        }
        aimed = i > 0 and words[i - 1].low == "to" and word.dep in ("acl", "advcl") and words[word.head].low not in self._planned
        trigger.wanted = bool(around & self._wanted) or (trigger.frame is Frame.REFUSE and aimed)
        trigger.planned = bool(around & self._planned) or (i > 0 and words[i - 1].low == "to" and word.tag == "VB")
        trigger.background = self._subordinate(scene, i) or bool({w.low for w in near} & self._before) or any(
            words[k].low == "had" and words[k].dep == "aux" for k in word.children
        )
        trigger.passive = trigger.verb and (
            any(words[k].dep in ("nsubjpass", "auxpass", "agent") for k in word.children)
            or (word.tag == "VBN" and (word.dep in ("acl", "relcl") or (i + 1 < len(words) and words[i + 1].low == "by")))
        )

    @staticmethod
    def _subordinate(scene: Scene, i: int) -> bool:
        """Whether word ``i`` stands in a relative clause or one that opens with a subordinating word."""
        at = scene.sentence.words[i]
        for head in (*scene.sentence.above(i), None):
            if at.dep == "relcl":
                return True
            if at.dep in ("advcl", "pcomp") and any(
                scene.sentence.words[k].low in BOUNDARIES and scene.sentence.words[k].low != "as" for k in (*at.children, at.head)
            ):
                return True
            if head is None:
                return False
            at = head
        return False


def _other_ban(sentence: Sentence, word: Word, entry: Entry) -> bool:
    """Whether a refusal's noun is of something else: an asset freeze, a flight ban."""
    before = sentence.words[word.i - 1] if word.i else None
    return (
        entry.frame is Frame.REFUSE and not entry.verb and before is not None and before.mention is None
        and before.tag in ("NN", "NNS") and before.low not in TRADED
    )  # fmt: skip


def _compounded(sentence: Sentence, word: Word) -> bool:
    """Whether a word is the second half of a compound: the making in "Swiss-made" is no event."""
    before = sentence.words[word.i - 1] if word.i > 1 else None
    if word.low == "bid" and before is not None and before.low == "a" and sentence.words[word.i - 2].low == "in":
        return True  # "in a bid to" is an attempt
    if any(sentence.words[k].dep == "prt" and sentence.words[k].low in OTHER_VERBS for k in word.children):
        return True  # "pick up", "bring down" are other verbs
    if before is not None and before.low == "under" and word.low in ("licence", "license"):
        return True
    return before is not None and before.text in ("-", "‑", "–") and before.end == word.start and sentence.words[word.i - 2].end == before.start


def clauses(sentence: Sentence) -> list[int]:
    """The number of each word's clause; clauses part at subordinators, relative pronouns and marks."""
    numbers, current = [], 0
    words = sentence.words
    for word in words:
        boundary = word.mention is None and (
            (word.low in BOUNDARIES and not (word.low == "as" and word.i and words[word.i - 1].low == "such"))
            or (word.low in MARKS and word.start > 0 and (word.i == 0 or words[word.i - 1].end < word.start or word.low in ";:()"))
            or (word.low == "that" and word.dep in ("nsubj", "nsubjpass", "dobj"))
            or (word.low == "," and word.i + 2 < len(words) and (_opens(sentence, word.i + 1) or _resumes(sentence, word.i + 1)))
        )
        if boundary and word.i:
            current += 1
        numbers.append(current)
    return numbers


def _opens(sentence: Sentence, i: int) -> bool:
    """A comma before a speaker: "…, Ankara said", "…, says minister"."""
    words = sentence.words
    return any(words[k].low in ("said", "says", "say", "told", "reported", "reports") for k in range(i, min(i + 4, len(words)))) and not any(
        words[k].low == "," for k in range(i, min(i + 4, len(words)))
    )


def _resumes(sentence: Sentence, i: int) -> bool:
    """A comma behind a relative clause, where the main verb goes on: "Chad, which had sold tanks, offers …"."""
    word = sentence.words[i]
    return word.tag in ("VBZ", "VBD", "VBP", "MD") and any(
        sentence.words[k].low in ("which", "who") for k in range(max(0, i - 14), i)
    )


def is_noun(sentence: Sentence, word: Word) -> bool:
    """Whether a word stands as a noun; a headline's "Poland signs deal" is mended against the tagger."""
    if word.tag.startswith("V") or word.tag == "MD":
        # "orders halt to exports": the tagger's verb after a determiner or adjective is a noun
        return word.i > 0 and sentence.words[word.i - 1].tag in ("DT", "PRP$", "POS") and word.tag in ("VB", "VBP", "VBZ")
    if word.tag.startswith("NN") or word.tag == "JJ":
        before = sentence.words[word.i - 1] if word.i else None
        after = sentence.words[word.i + 1] if word.i + 1 < len(sentence.words) else None
        if word.tag in ("NNS", "NNPS") and before is not None and after is not None and before.party:
            finite = any(w.tag in ("VBZ", "VBD", "VBP", "MD") for w in sentence.words if w.i != word.i)
            named = before.mention is not None and before.mention.form != "adjective"
            follows = after.tag in ("DT", "CD", "JJ", "PRP$", "VBG", "TO", "RB") or after.weapon or after.party or after.tag.startswith("NN")
            return not (named and follows and (not finite or word.i < 4))
        return True
    return word.tag not in ("MD", "TO")


def inflect(word: str, verb: bool, irregular: Mapping[str, Sequence[str]]) -> set[str]:
    """The written forms of a regular word, with the irregular ones of the lexicon."""
    special = set(irregular.get(word, ())) if verb else set()
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        plural, past = word[:-1] + "ies", word[:-1] + "ied"
    else:
        plural = word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")
        past = word + ("d" if word.endswith("e") else "ed")
    if not verb:
        return {word, plural}
    gerund = (word[:-1] if word.endswith("e") and not word.endswith("ee") else word) + "ing"
    return {word, plural, past, gerund} | special


def _verbs(phrases: Sequence[str], irregular: Mapping[str, Sequence[str]]) -> set[str]:
    return {form for phrase in phrases for form in inflect(str(phrase).split()[0], True, irregular) if " " not in str(phrase)}


def _phrase(sentence: Sentence, i: int, entry: Entry) -> int | None:
    """The last word of a phrase that starts at word ``i``; a verb and its particle may stand apart by an object."""
    flat: list[tuple[str, int]] = []
    for word in sentence.words[i + 1 : i + 2 + len(entry.rest) + 6]:
        flat.extend((piece, word.i) for piece in re.findall(r"[^\W_]+|-|[^\w\s]", word.low))
    rest = entry.rest
    if tuple(piece for piece, _ in flat[: len(rest)]) == rest:
        return flat[len(rest) - 1][1]
    if not entry.verb and len(rest) and [p.removesuffix("s") for p, _ in flat[: len(rest)]] == [r.removesuffix("s") for r in rest]:
        return flat[len(rest) - 1][1]
    if entry.verb and len(rest) == 1 and any(
        sentence.words[k].low == rest[0] and sentence.words[k].dep == "prt" for k in sentence.words[i].children
    ):
        return i
    return None


def between(scene: Scene, first: int, last: int) -> Iterator[Word]:
    """The words strictly between two others."""
    yield from scene.sentence.words[min(first, last) + 1 : max(first, last)]
