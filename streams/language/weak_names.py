"""When the ambiguous name of a system or a maker counts: Leopard the tank or the animal, Leonardo the firm or the man."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from config.lexicons import Lexicon
from streams.language.forms import Form, Kind, Mention
from streams.language.normalise import fold
from streams.language.reading import Reading, Words

WORDS_BETWEEN = 2  # a name and the noun it modifies: Patriot air-defence missile, Caesar truck-mounted howitzer
COUNT = re.compile(
    r"(?:(?<![\w.])\d[\d,.]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|scores?|hundreds?"
    r"|thousands?|several|more|additional|extra|second|used|surplus|refurbished|modernised|modernized|upgraded))(?: of)? $"
)
LONGEST_COUNT = 24
MADE = re.compile(
    r"(?:'s?)?(?: (?:made|built|supplied|produced|designed|donated|owned|origin|own|new|first|used|old|surplus|spare)){0,2} "
)
LONGEST_MADE = 30
BLANKS = " -–‑\u00a0/"
WORD = re.compile(r"\w+")
WEAPON_WORD = "weapon"  # stands for a noun such as battery, which goes with any class

# How well a reading of an ambiguous name fits; the best one is taken where several systems share the name.
# In turn: its class noun follows; it is known from elsewhere; a word of its context, its class or its origin stands in the
# sentence; its class noun stands somewhere in the text (the Bayraktars of an article about drones); none of these.
OF_ITS_CLASS, KNOWN, IN_CONTEXT, NEAR_ITS_CLASS, WITH_ITS_CLASS, NEAR_ITS_ORIGIN, BARE = 6, 5, 4, 3, 2, 1, 0


class _Around(NamedTuple):
    """What stands around a weak name: its sentence, the certain mentions in it, and the weapon noun that follows."""

    reading: Reading
    sentence: tuple[int, int]
    near: Sequence[Mention]
    noun: str


class WeakNames:
    """The rules for weak names: a class noun after it, a count or maker before it, or a weapon in its sentence; no veto."""

    def __init__(self, lexicon: Lexicon, triggers: Iterable[str]) -> None:
        self._systems = lexicon.systems
        self._vetoes = {key: Words(system.vetoes) for key, system in lexicon.systems.items() if system.vetoes}
        self._context = {key: Words(system.context) for key, system in lexicon.systems.items() if system.context}
        self._given = frozenset(map(fold, lexicon.vetoes.given_names))
        self._company = Words(lexicon.vetoes.company_words)
        self._nouns = Words(lexicon.vetoes.weapon_words)
        hardware = [fold(noun) for noun in lexicon.gate["hardware"]]
        self._everyday = frozenset(noun for noun in hardware if not noun.endswith("*"))
        self._everyday_stems = tuple(noun.removesuffix("*") for noun in hardware if noun.endswith("*"))
        self._triggers = Words(triggers)

    def system(
        self,
        forms: Sequence[Form],
        span: tuple[int, int],
        reading: Reading,
        known: Collection[str],
        *,
        rival: bool = False,
    ) -> Form | None:
        """The system that a weak name means here, or none.

        ``known`` are systems named beyond doubt elsewhere; ``rival``: a maker has the same name (Caracal).
        """
        start, end = span
        first, last = sentence = reading.sentence(start)
        allowed = [form for form in forms if not self._vetoed(form.id, reading, sentence)]
        if not allowed or self._person(start, reading):
            return None
        near = [m for m in reading.sure if first <= m.start < last and (m.end <= start or m.start >= end)]
        around = _Around(reading, sentence, near, self._noun_after(end, reading))
        fits = [self._fit(form, around, known) for form in allowed]
        best = max(range(len(fits)), key=lambda i: (fits[i], -i))
        whole = not self._part_of_a_name(end, reading)
        counts = (
            fits[best] > IN_CONTEXT
            or bool(around.noun)
            or bool(COUNT.search(reading.folded, max(first, start - LONGEST_COUNT), start))
            or self._maker_before(start, reading)
            or (whole and (fits[best] in (IN_CONTEXT, WITH_ITS_CLASS) or self._weapon_near(around)))
        )
        if counts and fits[best] < NEAR_ITS_CLASS and not around.noun and rival:
            return None
        return allowed[best] if counts else None

    def firm(self, form: Form, span: tuple[int, int], reading: Reading) -> Form | None:
        """The maker that an ordinary word means here, or none."""
        start, end = span
        first, last = reading.sentence(start)
        if self._company.opens(reading.folded, end + 1) or self._maker_before(start, reading, firms=False):
            return form
        near = any(m.kind in (Kind.SYSTEM, Kind.WEAPON, Kind.FIRM) and first <= m.start < last for m in reading.sure)
        return form if near and not self._person(start, reading) else None

    def _vetoed(self, system_id: str, reading: Reading, sentence: tuple[int, int]) -> bool:
        return system_id in self._vetoes and self._vetoes[system_id].inside(reading.folded, sentence)

    def _person(self, start: int, reading: Reading) -> bool:
        before = reading.word_before(start)
        return bool(before and before[0][0].isupper() and fold(before[0]) in self._given)

    def _weapon_near(self, around: _Around) -> bool:
        """Whether the sentence names a weapon beyond doubt; or a transfer, with everyday hardware or a system about."""
        nouns = [fold(m.text) for m in around.near if m.kind is Kind.WEAPON]
        if any(m.kind is Kind.SYSTEM for m in around.near) or not all(map(self._is_everyday, nouns)):
            return True
        elsewhere = bool(nouns) or any(m.kind is Kind.SYSTEM for m in around.reading.sure)
        return elsewhere and self._triggers.inside(around.reading.folded, around.sentence)

    def _is_everyday(self, noun: str) -> bool:
        """Whether a noun names hardware that need be no weapon: engine, trainers; a missile launcher is none."""
        return noun in self._everyday or (" " not in noun and noun.startswith(self._everyday_stems))

    @staticmethod
    def _part_of_a_name(end: int, reading: Reading) -> bool:
        """Whether another capitalised word follows that is no name of ours: Rhino Heritage Museum, Arrow Electronics."""
        after = reading.word_after(end)
        return bool(after and after[0][0].isupper() and not reading.covered(after[1]) and not reading.headline(end))

    def _noun_after(self, end: int, reading: Reading) -> str:
        """Class of the weapon noun that the name modifies; ``weapon`` for a word such as battery; empty for none."""
        at = end
        for _ in range(WORDS_BETWEEN + 1):
            while at < len(reading.folded) and reading.text[at] in BLANKS:
                at += 1
            for mention in reading.sure:
                if mention.start == at and mention.kind is Kind.WEAPON:
                    return mention.id
            if self._nouns.opens(reading.folded, at):
                return WEAPON_WORD
            word = WORD.match(reading.folded, at)
            if not word or not reading.text[at].islower():
                return ""
            at = word.end()
        return ""

    def _maker_before(self, start: int, reading: Reading, *, firms: bool = True) -> bool:
        """Whether a maker or a demonym stands directly before: Swedish Archer, US-supplied Javelins, Germany's Leopards."""
        for mention in reading.sure:
            if not 0 < start - mention.end < LONGEST_MADE:
                continue
            between = reading.folded[mention.end : start]
            if not MADE.fullmatch(between):
                continue
            if mention.kind is Kind.FIRM:
                return firms
            if mention.kind is Kind.COUNTRY and (mention.form in ("adjective", "abbreviation") or between != " "):
                return True
        return False

    def _fit(self, form: Form, around: _Around, known: Collection[str]) -> int:
        system = self._systems[form.id]
        if around.noun == system.class_:
            return OF_ITS_CLASS
        if form.id in known:
            return KNOWN
        if form.id in self._context and self._context[form.id].inside(around.reading.folded, around.sentence):
            return IN_CONTEXT
        if any(m.id == system.class_ for m in around.near):
            return NEAR_ITS_CLASS
        if any(m.id == system.class_ for m in around.reading.sure):
            return WITH_ITS_CLASS
        return NEAR_ITS_ORIGIN if any(set(m.codes) & set(system.origin) for m in around.near) else BARE
