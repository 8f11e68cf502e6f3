"""When an ambiguous name counts: Leopard the tank or the animal, Georgia the state or the American one."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence

from config.lexicons import CountryEntry, Lexicon, SystemEntry
from streams.language.forms import Form, Kind, Mention
from streams.language.normalise import fold, plural

# Between a name and the class noun that it modifies: Patriot air-defence missile, Caesar truck-mounted howitzer.
WORDS_BETWEEN = 2
COUNT = re.compile(
    r"(?:\b\d[\d,.]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|scores?|hundreds?|thousands?"
    r"|several|more|additional|extra|second|used|surplus|refurbished|modernised|modernized|upgraded))(?: of)? $"
)
MADE = r"(?:'s?)? (?:(?:made|built|supplied|produced|designed|donated|owned|origin|own|new|first|used|old|surplus|spare) ){0,2}$"
WORD_BEFORE = re.compile(r"([^\W\d_][\w'’.-]*)[ \u00a0]$")
WORD_AFTER = re.compile(r"[ \u00a0]([^\W\d_][\w-]*)")
REGION_AFTER = re.compile(r", ?([A-Z][\w.]*(?: [A-Z]\w+)?)")
PLACE_BEFORE = re.compile(r"(?:^|[^\w])([A-Z]\w+), $")
TITLES = frozenset("president king prime minister general senator governor former new north south east west the in of".split())
MOSTLY = 0.6  # of a sentence's long words in capitals: a headline, where capitals tell nothing
LONG_WORD = 4

BRUSSELS, CONGO, KOREA = "brussels", ("congo", "congolese"), ("korea", "korean", "koreans")
NORTHERN_CUES = ("kim jong", "pyongyang", "north korea")
SOUTHERN_CUES = ("seoul", "south korea", "hanwha", "hyundai", "lig nex", "kai", "k2", "k9", "fa 50", "korea aerospace")
LEGISLATURES = ("congress", "senate", "parliament", "foreign office", "treasury")


class Words:
    """A list of words and phrases that is looked for in folded text, whole words only."""

    def __init__(self, phrases: Iterable[str]) -> None:
        folded = sorted({fold(p) for phrase in phrases for p in (phrase, plural(phrase))}, key=len, reverse=True)
        self._regex = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, folded))})(?!\w)") if folded else None

    def inside(self, folded: str, start: int = 0, end: int | None = None) -> bool:
        """Whether one of them stands in ``folded[start:end]``."""
        return bool(self._regex and self._regex.search(folded, start, len(folded) if end is None else end))

    def opens(self, folded: str, at: int) -> bool:
        """Whether one of them begins at ``at``."""
        return bool(self._regex and self._regex.match(folded, at))


class Reading:
    """One text while it is read: its folded form, its sentences and the mentions that are certain so far."""

    def __init__(self, text: str, folded: str, sentences: Sequence[tuple[int, int]], sure: Sequence[Mention], year: int | None) -> None:
        self.text, self.folded, self.year = text, folded, year
        self._sentences, self._starts = sentences, [start for start, _ in sentences]
        self.sure = sure

    def sentence(self, at: int) -> tuple[int, int]:
        """The sentence that holds an offset."""
        found = bisect_right(self._starts, at) - 1
        return self._sentences[found] if found >= 0 else (0, len(self.text))

    def headline(self, at: int) -> bool:
        """Whether the sentence is written as a headline, so that a capital tells nothing."""
        start, end = self.sentence(at)
        long = [word for word in self.text[start:end].split() if len(word) > LONG_WORD and word[0].isalpha()]
        return sum(word[0].isupper() for word in long) > MOSTLY * len(long)

    def shouted(self, at: int) -> bool:
        """Whether the sentence is in capitals throughout."""
        start, end = self.sentence(at)
        letters = [c for c in self.text[start:end] if c.isalpha()]
        return sum(c.isupper() for c in letters) > 0.9 * len(letters)

    def named(self, codes: Collection[str], *, beside: tuple[int, int] = (-1, -1)) -> bool:
        """Whether a certain mention outside the span names one of the codes."""
        return any(m.kind is Kind.COUNTRY and m.id in codes and (m.start, m.end) != beside for m in self.sure)


class Ambiguity:
    """The rules by which weak names and ambiguous states count, compiled once from a lexicon."""

    def __init__(self, lexicon: Lexicon, triggers: Iterable[str]) -> None:
        vetoes = lexicon.vetoes
        self._triggers = Words(triggers)
        self._systems = lexicon.systems
        self._vetoes = {key: Words(system.vetoes) for key, system in lexicon.systems.items() if system.vetoes}
        self._vetoes |= {key: Words(country.vetoes) for key, country in lexicon.countries.items() if country.vetoes}
        self._context = {key: Words(system.context) for key, system in lexicon.systems.items() if system.context}
        self._given = frozenset(fold(name) for name in vetoes.given_names)
        self._persons = frozenset(fold(name) for name in vetoes.person_countries)
        self._state_nouns = frozenset(fold(noun) for noun in vetoes.state_nouns)
        self._regions = frozenset(fold(region) for region in vetoes.regions)
        self._company = Words(vetoes.company_words)
        self._nouns = Words(vetoes.weapon_words)

    # systems and firms

    def system(self, forms: Sequence[Form], start: int, end: int, reading: Reading, known: Collection[str]) -> Form | None:
        """The system that a weak name means here, or none."""
        first, last = reading.sentence(start)
        allowed = [f for f in forms if not self._vetoed(f.id, reading.folded, first, last)]
        if not allowed:
            return None
        noun = self._noun_after(end, reading)
        before = reading.folded[max(first, start - 40) : start]
        near = [m for m in reading.sure if first <= m.start < last and (m.end <= start or m.start >= end)]
        weapon = any(m.kind is Kind.SYSTEM or (m.kind is Kind.WEAPON and not m.weak) for m in near)
        counts = (
            bool(noun)
            or bool(COUNT.search(before))
            or self._maker_before(start, reading)
            or (weapon and self._triggers.inside(reading.folded, first, last))
            or any(f.id in known for f in allowed)
        )
        scored = [(self._fit(f, noun, near, reading, (first, last), known), -i, f) for i, f in enumerate(allowed)]
        best, _, form = max(scored, key=lambda s: s[:2])
        return form if counts or best >= CONTEXT_FITS else None

    def firm(self, form: Form, start: int, end: int, reading: Reading) -> Form | None:
        """The firm that an ordinary word means here, or none."""
        first, last = reading.sentence(start)
        if self._company.opens(reading.folded, end + 1) or self._maker_before(start, reading, kinds=(Kind.COUNTRY,)):
            return form
        near = any(m.kind in (Kind.SYSTEM, Kind.WEAPON, Kind.FIRM) and first <= m.start < last for m in reading.sure)
        return form if near and not self._person_before(start, reading) else None

    def _vetoed(self, key: str, folded: str, start: int, end: int) -> bool:
        return key in self._vetoes and self._vetoes[key].inside(folded, start, end)

    def _noun_after(self, end: int, reading: Reading) -> str:
        """Class of the weapon noun that the name modifies; ``weapon`` for a word such as battery; empty for none."""
        at = end
        for _ in range(WORDS_BETWEEN + 1):
            while at < len(reading.folded) and reading.text[at] in " -–‑\u00a0/":
                at += 1
            for mention in reading.sure:
                if mention.start == at and mention.kind is Kind.WEAPON:
                    return mention.id
            if self._nouns.opens(reading.folded, at):
                return "weapon"
            word = re.compile(r"\w+").match(reading.folded, at)
            if not word or not reading.text[at].islower():
                return ""
            at = word.end()
        return ""

    def _maker_before(self, start: int, reading: Reading, kinds: Sequence[Kind] = (Kind.COUNTRY, Kind.FIRM)) -> bool:
        """Whether a maker or a demonym stands directly before: Swedish Archer, US-supplied Javelins, Germany's Leopards."""
        for mention in reading.sure:
            if mention.kind in kinds and mention.form not in ("capital", "leader", "metonym") and 0 < start - mention.end < 30:
                between = reading.folded[mention.end : start]
                if re.fullmatch(MADE, between) and (mention.kind is Kind.FIRM or mention.form != "name" or between != " "):
                    return True
        return False

    def _fit(
        self, form: Form, noun: str, near: Sequence[Mention], reading: Reading, span: tuple[int, int], known: Collection[str]
    ) -> int:
        """How well a reading of an ambiguous name fits its sentence."""
        system = self._systems[form.id]
        if noun and noun == system.class_:
            return 5
        if form.id in known:
            return 4
        if form.id in self._context and self._context[form.id].inside(reading.folded, *span):
            return CONTEXT_FITS
        if any(m.id == system.class_ for m in near):
            return 2
        return int(any(set(m.codes) & set(system.origin) for m in near))

    # states

    def country(self, forms: Sequence[Form], start: int, end: int, reading: Reading) -> Form | None:
        """The state that a form means here, or none."""
        allowed = [form for form in forms if self._holds(form, start, end, reading)]
        if not allowed:
            return None
        folded = reading.folded[start:end]
        if folded == BRUSSELS:
            belgian = reading.named(("BE",), beside=(start, end))
            return next((f for f in allowed if (f.id == "BE") == belgian), allowed[0])
        if folded in CONGO:
            western = "brazzaville" in reading.folded and "kinshasa" not in reading.folded
            return next((f for f in allowed if (f.id == "CG") == western), allowed[0])
        if folded in KOREA:
            north = any(cue in reading.folded for cue in NORTHERN_CUES)
            south = any(re.search(rf"\b{cue}\b", reading.folded) for cue in SOUTHERN_CUES)
            return next((f for f in allowed if f.id == ("KP" if north else "KR")), None) if north != south else None
        return allowed[0]

    def _holds(self, form: Form, start: int, end: int, reading: Reading) -> bool:
        dated, text = form.dated, reading.text
        if dated and not self._in_time(form, reading.year):
            return False
        if dated and dated.needs and not reading.named(dated.needs, beside=(start, end)):
            return False
        if form.form in ("name", "capital"):
            first, last = reading.sentence(start)
            if self._vetoed(form.id, reading.folded, first, last):
                return False
            if self._is_person(form, start, end, reading) or self._is_elsewhere(start, end, reading):
                return False
        if form.form == "metonym" and reading.folded[start:end] in LEGISLATURES:
            return not self._other_legislature(form, start, reading)
        if text[start:end] == "US" and reading.shouted(start):
            return self._us_in_capitals(start, end, reading)
        return True

    @staticmethod
    def _in_time(form: Form, year: int | None) -> bool:
        """Whether a dated form holds in a year; where the year is unknown, those that have not ended hold."""
        assert form.dated
        since, until = form.dated.since, form.dated.until
        if year is None:
            return until is None
        return (since or 0) <= year <= (until or year)

    def _person_before(self, start: int, reading: Reading) -> bool:
        before = WORD_BEFORE.search(reading.text, max(0, start - 24), start)
        return bool(before and fold(before[1]) in self._given and before[1][0].isupper())

    def _is_person(self, form: Form, start: int, end: int, reading: Reading) -> bool:
        """Michael Jordan, Chad Johnson: a state's name as somebody's name."""
        if self._person_before(start, reading):
            return True
        if form.form != "name" or reading.folded[start:end] not in self._persons or reading.headline(start):
            return False
        after = WORD_AFTER.match(reading.text, end)
        if after and after[1][0].isupper() and fold(after[1]) not in self._state_nouns and not self._covered(after.start(1), reading):
            return True
        before = WORD_BEFORE.search(reading.text, max(0, start - 24), start)
        if not before or not before[1][0].isupper() or before.start() <= reading.sentence(start)[0]:
            return False
        name = fold(before[1])
        return name not in self._state_nouns and name not in TITLES and not self._covered(before.start(), reading)

    def _is_elsewhere(self, start: int, end: int, reading: Reading) -> bool:
        """Paris, Texas; Columbus, Georgia."""
        after = REGION_AFTER.match(reading.text, end)
        if after and fold(after[1].rstrip(".")) in self._regions | {"ga"}:
            return True
        if reading.folded[start:end] != "georgia":
            return False
        before = PLACE_BEFORE.search(reading.text, max(0, start - 30), start)
        return bool(before and not self._covered(before.start(1), reading))

    @staticmethod
    def _covered(at: int, reading: Reading) -> bool:
        return any(m.start <= at < m.end for m in reading.sure)

    @staticmethod
    def _other_legislature(form: Form, start: int, reading: Reading) -> bool:
        """The Congress of another state: Peru's Congress, or India's party of that name."""
        before = [m for m in reading.sure if m.kind is Kind.COUNTRY and 0 < start - m.end <= 4 and m.form != "capital"]
        if any(m.id != form.id for m in before):
            return True
        named = {m.id for m in reading.sure if m.kind is Kind.COUNTRY and (m.start, m.end) != (start, start + len(form.surface))}
        return form.id == "US" and "IN" in named and "US" not in named

    def _us_in_capitals(self, start: int, end: int, reading: Reading) -> bool:
        """In a headline in capitals US may be the pronoun: not at the start, nor before a noun of state."""
        after = WORD_AFTER.match(reading.text, end)
        if start == reading.sentence(start)[0] or reading.text[end : end + 1] == "-":
            return True
        return bool(after and fold(after[1]) in self._state_nouns)


CONTEXT_FITS = 3  # a word of the entry's own context list stands in the sentence
