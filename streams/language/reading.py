"""One text while it is read: its sentences, how its capitals are to be taken, and the mentions that are certain so far."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from streams.language.forms import Kind, Mention
from streams.language.normalise import fold, plural

MOSTLY = 0.7  # of a sentence's long words in capitals: a headline, where a capital tells nothing
THROUGHOUT = 0.9  # of a sentence's letters
LONG_WORD = 4  # letters
WORD_BEFORE = re.compile(r"([^\W\d_][\w'’.-]*)[ \u00a0]$")
WORD_AFTER = re.compile(r"[ \u00a0]([^\W\d_][\w-]*)")
LONGEST_WORD = 24


class Words:
    """Words and phrases looked for in folded text: whole words, plurals too; a final * allows any ending."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = tuple(phrases)

    @cached_property  # compiled at first use: a lexicon has a thousand lists, an article needs three
    def _regex(self) -> re.Pattern[str] | None:
        terms: set[str] = set()
        for phrase in self._phrases:
            stem = re.escape(fold(phrase.rstrip("*")))
            terms |= {stem + r"\w*"} if phrase.endswith("*") else {stem, re.escape(fold(plural(phrase)))}
        longest_first = sorted(terms, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)") if terms else None

    def inside(self, folded: str, span: tuple[int, int]) -> bool:
        """Whether one of them stands in the span."""
        return bool(self._regex and self._regex.search(folded, *span))

    def opens(self, folded: str, at: int) -> bool:
        """Whether one of them begins at ``at``."""
        return bool(self._regex and self._regex.match(folded, at))


class Reading:
    """A text, its folded form, the spans of its sentences, its certain mentions and the year of publication if known."""

    def __init__(
        self,
        text: str,
        folded: str,
        sentences: Sequence[tuple[int, int]],
        sure: Sequence[Mention],
        year: int | None = None,
    ) -> None:
        self.text, self.folded, self.sure, self.year = text, folded, sure, year
        self._sentences, self._starts = sentences, [start for start, _ in sentences]

    def sentence(self, at: int) -> tuple[int, int]:
        """The sentence that holds an offset."""
        found = bisect_right(self._starts, at) - 1
        return self._sentences[found] if found >= 0 else (0, len(self.text))

    def headline(self, at: int) -> bool:
        """Whether the sentence is written as a headline, so that a capital tells nothing."""
        start, end = self.sentence(at)
        long = [word for word in self.text[start:end].split() if len(word) >= LONG_WORD and word[0].isalpha()]
        return sum(word[0].isupper() for word in long) > MOSTLY * len(long)

    def shouted(self, at: int) -> bool:
        """Whether the sentence is in capitals throughout."""
        start, end = self.sentence(at)
        letters = [character for character in self.text[start:end] if character.isalpha()]
        return sum(character.isupper() for character in letters) > THROUGHOUT * len(letters)

    def named(self, codes: Collection[str], beside: tuple[int, int]) -> bool:
        """Whether a certain mention outside the span ``beside`` names one of the codes."""
        return any(m.kind is Kind.COUNTRY and m.id in codes and (m.start, m.end) != beside for m in self.sure)

    def covered(self, at: int) -> bool:
        """Whether an offset lies in a certain mention."""
        return any(m.start <= at < m.end for m in self.sure)

    def word_before(self, start: int) -> tuple[str, int] | None:
        """The word directly before an offset, and where it begins."""
        found = WORD_BEFORE.search(self.text, max(0, start - LONGEST_WORD), start)
        return (found[1], found.start(1)) if found else None

    def word_after(self, end: int) -> tuple[str, int] | None:
        """The word directly after an offset, and where it begins."""
        found = WORD_AFTER.match(self.text, end)
        return (found[1], found.start(1)) if found else None
