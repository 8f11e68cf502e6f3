"""Which state a form means: Georgia the state or the American one, Jordan the kingdom or the man, Congo of two."""

import re
from collections.abc import Sequence

from config.lexicons import Lexicon
from streams.language.forms import Form, Kind
from streams.language.normalise import fold
from streams.language.reading import Reading, Words

REGION_AFTER = re.compile(r", ?([A-Z][\w.]*(?: [A-Z]\w+)?)")
PLACE_BEFORE = re.compile(r"(?:^|\W)([A-Z]\w+), $")
LONGEST_PLACE = 30
GEORGIA_ABBREVIATED = "ga"
BEFORE_A_NAME = frozenset(
    [
        "president",
        "king",
        "prime",
        "minister",
        "general",
        "former",
        "new",
        "north",
        "south",
        "east",
        "west",
        "the",
        "in",
        "of",
    ]
)
BRUSSELS, CONGO, KOREA = "brussels", ("congo", "congolese"), ("korea", "korean", "koreans")
# Words beside a bare Korea by which it is told which one is meant.
NORTHERN = Words(["kim jong", "pyongyang", "north korea*", "dprk"])
SOUTHERN = Words(
    ["seoul", "south korea*", "rok", "hanwha", "hyundai", "lig nex1", "kai", "korea aerospace", "k2", "k9"]
)
# Houses and offices that several states have; without another state before them the one of the row is meant.
SHARED_HOUSES = frozenset(
    [
        "congress",
        "senate",
        "foreign office",
        "house of representatives",
        "defense department",
        "ministry of defence",
        "mod",
    ]
)
# Before ", Georgia" these stand in a list of states, not in Georgia.
NEIGHBOURS = ("armenia", "azerbaijan", "turkey", "moldova", "ukraine", "russia")
DIRECTLY = 4  # characters between a demonym and the house it belongs to: "Peru's Congress", "the Philippine Senate"


class States:
    """The rules by which a form names a state, compiled once from a lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        vetoes = lexicon.vetoes
        self._vetoes = {code: Words(country.vetoes) for code, country in lexicon.countries.items() if country.vetoes}
        self._given = frozenset(map(fold, vetoes.given_names))
        self._persons = frozenset(map(fold, vetoes.person_countries))
        self._state_nouns = frozenset(map(fold, vetoes.state_nouns))
        self._regions = frozenset(map(fold, vetoes.regions)) | {GEORGIA_ABBREVIATED}

    def meant(self, forms: Sequence[Form], span: tuple[int, int], reading: Reading) -> Form | None:
        """The state that a form means here, or none."""
        allowed = [form for form in forms if self._holds(form, span, reading)]
        if len({form.id for form in allowed}) < 2:
            return allowed[0] if allowed else None
        folded = reading.folded[slice(*span)]
        if folded in KOREA:
            north, south = (cues.inside(reading.folded, (0, len(reading.folded))) for cues in (NORTHERN, SOUTHERN))
            return _of(allowed, "KP" if north else "KR") if north != south else None
        if folded in CONGO:
            return _of(allowed, "CG" if "brazzaville" in reading.folded and "kinshasa" not in reading.folded else "CD")
        if folded == BRUSSELS:
            return _of(allowed, "BE" if reading.named(("BE",), span) else "EU")
        return allowed[0]

    def _holds(self, form: Form, span: tuple[int, int], reading: Reading) -> bool:
        if form.dated and not _in_time(form, reading.year):
            return False
        if form.dated and form.dated.needs and not reading.named(form.dated.needs, span):
            return False
        if form.form in ("name", "capital"):
            other = self._vetoed(form.id, span, reading) or self._person(form, span, reading)
            return not other and not self._elsewhere(span, reading)
        if reading.folded[slice(*span)] in SHARED_HOUSES:
            return not _of_another_state(form, span, reading)
        if reading.text[slice(*span)] == "US" and reading.shouted(span[0]):
            return self._no_pronoun(span, reading)
        return True

    def _vetoed(self, code: str, span: tuple[int, int], reading: Reading) -> bool:
        return code in self._vetoes and self._vetoes[code].inside(reading.folded, reading.sentence(span[0]))

    def _person(self, form: Form, span: tuple[int, int], reading: Reading) -> bool:
        """Michael Jordan, Chad Johnson: a state's name as somebody's name."""
        start, end = span
        before, after = reading.word_before(start), reading.word_after(end)
        if before and before[0][0].isupper() and fold(before[0]) in self._given:
            return True
        if form.form != "name" or reading.folded[start:end] not in self._persons or reading.headline(start):
            return False
        if after and self._may_be_surname(*after, reading):
            return True
        if not before or before[1] <= reading.sentence(start)[0]:
            return False
        return fold(before[0]) not in BEFORE_A_NAME and self._may_be_surname(*before, reading)

    def _may_be_surname(self, word: str, at: int, reading: Reading) -> bool:
        return word[0].isupper() and fold(word) not in self._state_nouns and not reading.covered(at)

    def _elsewhere(self, span: tuple[int, int], reading: Reading) -> bool:
        """Paris, Texas; Columbus, Georgia."""
        start, end = span
        after = REGION_AFTER.match(reading.text, end)
        if after and fold(after[1].rstrip(".")) in self._regions:
            return after[1] != "Georgia" or reading.folded[start:end] not in NEIGHBOURS
        if reading.folded[start:end] != "georgia":
            return False
        before = PLACE_BEFORE.search(reading.text, max(0, start - LONGEST_PLACE), start)
        return bool(before and not reading.covered(before.start(1)))

    def _no_pronoun(self, span: tuple[int, int], reading: Reading) -> bool:
        """In a headline in capitals US may be the pronoun, but not at its start nor before a noun of state."""
        after = reading.word_after(span[1])
        if span[0] == reading.sentence(span[0])[0] or reading.text[span[1] : span[1] + 1] == "-":
            return True
        return bool(after and fold(after[0]) in self._state_nouns)


def _of(forms: Sequence[Form], code: str) -> Form | None:
    return next((form for form in forms if form.id == code), None)


def _in_time(form: Form, year: int | None) -> bool:
    """Whether a dated form holds in a year; where the year is unknown, those that have not ended hold."""
    assert form.dated
    since, until = form.dated.since, form.dated.until
    if year is None:
        return until is None
    return (since or 0) <= year <= (until or year)


def _of_another_state(form: Form, span: tuple[int, int], reading: Reading) -> bool:
    """The Congress of another state: Peru's Congress; or India's party of that name."""
    others = [m for m in reading.sure if m.kind is Kind.COUNTRY and (m.start, m.end) != span]
    if any(0 < span[0] - m.end <= DIRECTLY and m.form != "capital" and m.id != form.id for m in others):
        return True
    named = {m.id for m in others}
    return "IN" in named and "US" not in named
