"""The grammar of military designations: every way to write F-16, Leopard 2A4, Hwasong-11Ga or AH-64E Apache Guardian."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from streams.language.normalise import fold

HYPHENS = "-‐‑‒–−"
WORD_HYPHENS = "-‐‑"  # those that make one word of two
BLANKS = " \u00a0\u2009\u202f"
ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6", "VII": "7", "VIII": "8", "IX": "9", "X": "10"}
SHORTEST_WORD = 3  # letters; a Roman number folds after a word (Agni-V, Leopard II), not after initials (F-V)

# PREFIX sep? NUMBER. The prefix begins with a capital; its case is free otherwise (Su, SU; MiG, Mig, MIG).
TOKEN = re.compile(
    rf"(?<![^\W_])(?P<prefix>[A-Z]{{1,2}}/[A-Z]{{1,3}}(?=[{HYPHENS}{BLANKS}]?\d)|\d{{0,2}}[A-Z][^\W\d_]*)"
    rf"(?:(?P<gap>[{HYPHENS}{BLANKS}]?)(?P<number>\d{{1,5}})(?!\d|[.,]\d)"
    rf"|[{HYPHENS}{BLANKS}](?P<roman>I{{1,3}}|I[VX]|VI{{0,3}}|X)(?![^\W_]))"
)
# Words that are written like a prefix: "an 26-year-old", "a 10", "at 4". After them only a hyphen or nothing joins.
WORDS = re.compile("A[MNST]?|BE|BY|DO|GO|HE|I[FNST]?|M[EY]|NO|O[FNR]|PM|SO|TO|U[PS]|WE", re.IGNORECASE)
COMPOUNDS = re.compile("anti|ex|non|post|pre|pro", re.IGNORECASE)  # ex-F-16 is an F-16; in Tor-M1 there is no M1
PLACES = re.compile(
    "chapter|exit|fig(?:ure)?|gate|highway|junction|pp?|pages?|room|route|row|seat|section|table", re.IGNORECASE
)
WORD_BEFORE = re.compile(rf"([^\W\d_]+)(?:\.?[{BLANKS}]|[{HYPHENS}])$")
LONGEST_WORD_BEFORE = 12
COUNTDOWN = re.compile(rf"[{HYPHENS}{BLANKS}](?:hours?|minutes?|seconds?)\b")
AMOUNT = re.compile(
    rf"[{HYPHENS}{BLANKS}]?(?:%|(?:per ?cent|[mb]illion|trillion|crore|hours?|days?|weeks?|months?|years?|km|miles?)\b)"
)

# What follows the number. Letters are case-sensitive: "F-16 of" is no variant.
END = r"(?=s?(?![^\W_]))"
# No variant: another designation begins (F-15/F-16, MiG-29-Su-30), or a party to the deal (Taurus-US).
NEXT = rf"(?:[^\W\d_]+[{HYPHENS}]\d|(?:EU|NATO|UAE|UK|UN|US|USA)\b)"
JOIN = rf"[{HYPHENS}{BLANKS}]"
ATTACHED = rf"(?:(?:(?:[A-Z]{{1,6}}\d{{0,2}}){{1,3}}[a-rt-z]?|[a-rt-z]){END})?"
DASHED = (
    rf"(?:(?:[{HYPHENS}](?!{NEXT})(?:[A-Z]{{1,4}}\d{{0,2}}|\d[A-Z]{{1,2}}|\d{{1,2}})"
    rf"|/(?!{NEXT})(?:[A-Z]{{1,4}}|\d{{1,4}})){END})*"
)
STEP = r"(?:\d{1,3}[A-Z]?\+?|[IVX]{1,4}[A-Z]?)(?:/\d{1,3}\+?)?"
SPACED = (
    rf"(?:{JOIN}(?:(?:[Bb]lock|BLOCK|Blk\.?|Batch|Flight|Tranche|Mark|M[kK]\.?){JOIN}?{STEP}"
    rf"|SEP(?:{JOIN}?[vV]\d)?|MSE|CRI|GEM-T|SL[MSX]|ER|NG|XLR|[A-H]/[B-H]|[ABM]\d[A-Z]{{0,2}}\d?|F\d(?:\.\d)?"
    rf"|[B-HJ-Z](?=s?(?:[\s,;:)]|\.(?![A-Z])|$))){END}(?![{HYPHENS}]\d))*"
)
VARIANT = re.compile(f"({ATTACHED}{DASHED})({SPACED})s?(?![^\\W_])")
AFTER_NAME = re.compile(f"({DASHED})({SPACED})(?:(?<=[^\\W\\d_])s)?(?![^\\W_])")
FURTHER = re.compile(f"({SPACED})(?![^\\W_])")
SECOND_NUMBER = re.compile(r"/(\d{1,3})(?!\d)")
LETTERS = re.compile(r"[A-Z0-9]{0,6}")


class Designation(NamedTuple):
    """A designation in a text, in code points; ``weak``: written so that it may be something everyday (K2, M1, A4)."""

    start: int
    end: int
    system_id: str
    variant: str | None
    weak: bool


@dataclass(slots=True)
class _Entry:
    """A listed designation: the words before its last one, and how much of its tail belongs to the family's name."""

    system_id: str
    lead: str
    suffix: str
    gap: str
    family_suffix: int = 0
    always_weak: bool = False
    weak_unless_hyphen: bool = False


def variant_after(text: str, end: int) -> tuple[int, str | None]:
    """End and variant of a system's name that ends at ``end``: Rafale-M, Gripen E/F, IRIS-T SLM, Harpoon Block II."""
    found = AFTER_NAME.match(text, end)
    if not found or not (found[1] or found[2]):
        return end, None
    return found.end(), _variant(found[1], found[2])


class Designations:
    """Finds designations of the listed families.

    ``rows``: (system id, designation). ``weak``: (system id, ambiguous name); one that is spelled like the designation makes
    it weak in every spelling (A-4), one without its hyphen only where the text has no hyphen either (F5 for F-5, which is a
    key too). ``names``: (system id, nickname), absorbed beside a designation, which then is not weak (K2 Black Panther).
    """

    def __init__(
        self,
        rows: Iterable[tuple[str, str]],
        weak: Iterable[tuple[str, str]] = (),
        names: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._entries: dict[str, list[_Entry]] = {}
        for system_id, designation in rows:
            key, entry = _listed(system_id, designation)
            self._entries.setdefault(key + entry.suffix, []).append(entry)
        for system_id, name in weak:
            self._weaken(system_id, name)
        self._measure_families()
        nicknames: dict[str, set[str]] = {}
        for system_id, name in names:
            nicknames.setdefault(system_id, set()).add(fold(name))
        self._nicknames = {key: sorted(found, key=len, reverse=True) for key, found in nicknames.items()}

    def find(self, text: str) -> list[Designation]:
        """Every designation in the text, in order, none overlapping; offsets are code points of ``text``."""
        found: list[Designation] = []
        taken = 0
        for token in TOKEN.finditer(text):
            if token.start() >= taken and (hit := self._read(text, token, taken)):
                found.append(hit)
                taken = hit.end
        return found

    def _read(self, text: str, token: re.Match[str], taken: int) -> Designation | None:
        known = self._known(text, token, taken)
        if known is None or not _plausible(text, token):
            return None
        entry, start, end = known
        tail = VARIANT.match(text, end)
        if tail is None:
            return None
        family = text[end - len(entry.suffix) + entry.family_suffix : end]
        stop, spaced = tail.end(), tail[2]
        hyphen = bool(token["roman"]) or (bool(token["gap"]) and token["gap"] in HYPHENS)
        weak = entry.always_weak or (entry.weak_unless_hyphen and not hyphen)
        if name := self._nickname_after(text, entry.system_id, stop):
            more = FURTHER.match(text, name)
            stop, spaced, weak = (more.end(), spaced + more[1], False) if more else (name, spaced, False)
        if (before := self._nickname_before(text, entry.system_id, start, taken)) is not None:
            start, weak = before, False
        return Designation(start, stop, entry.system_id, _variant(family + tail[1], spaced), weak)

    def _known(self, text: str, token: re.Match[str], taken: int) -> tuple[_Entry, int, int] | None:
        """The listed designation at a token, the longest one, with its start and the end of its listed part."""
        prefix, start = token["prefix"], token.start()
        if token["roman"]:
            if len(prefix) < SHORTEST_WORD:
                return None
            spellings: Iterable[tuple[str, int]] = [(prefix + ROMAN[token["roman"]], token.end())]
        else:
            spellings = _spellings(text, token)
        for key, end in spellings:
            for entry in self._entries.get(key.upper(), ()):
                if not entry.lead:
                    return entry, start, end
                begin = start - len(entry.lead) - 1
                if (
                    begin >= taken
                    and fold(text[begin:start]) == f"{entry.lead} "
                    and not text[max(0, begin - 1) : begin].isalnum()
                ):
                    return entry, begin, end
        return None

    def _weaken(self, system_id: str, name: str) -> None:
        token = _token(name)
        if token is None:
            return
        key, weak = _listed(system_id, name)
        for entry in self._entries.get(key + weak.suffix, ()):
            if entry.system_id == system_id and entry.lead == weak.lead:
                if entry.gap == weak.gap:
                    entry.always_weak = True
                else:
                    entry.weak_unless_hyphen = True

    def _measure_families(self) -> None:
        """M1A2 is a variant of M1 where both are listed; A400M is a family of its own."""
        for key, entries in self._entries.items():
            for entry in entries:
                base = key.removesuffix(entry.suffix) if entry.suffix else key
                shorter = (
                    length
                    for length in range(len(entry.suffix))
                    for other in self._entries.get(base + entry.suffix[:length], ())
                    if other.system_id == entry.system_id
                )
                entry.family_suffix = next(shorter, len(entry.suffix))

    def _nickname_after(self, text: str, system_id: str, end: int) -> int | None:
        names = self._nicknames.get(system_id)
        if not names or not text[end : end + 1] or text[end] not in HYPHENS + BLANKS:
            return None
        rest = fold(text[end + 1 : end + len(names[0]) + len(" ''s")])
        quoted = rest[:1] in ("'", '"')
        for name in names:
            if rest.startswith(name, quoted):
                stop = quoted + len(name)
                stop += quoted or rest[stop : stop + 1] == "s"
                if not rest[stop : stop + 1].isalnum():
                    return end + 1 + stop
        return None

    def _nickname_before(self, text: str, system_id: str, start: int, taken: int) -> int | None:
        if not start or text[start - 1] not in HYPHENS + BLANKS:
            return None
        for name in self._nicknames.get(system_id, ()):
            begin = start - 1 - len(name)
            if (
                begin >= taken
                and fold(text[begin : start - 1]) == name
                and not text[max(0, begin - 1) : begin].isalnum()
            ):
                return begin
        return None


def is_designation(name: str) -> bool:
    """Whether a name has the shape that the grammar reads: its last word is a prefix with a number."""
    return _token(name) is not None


def _token(name: str) -> re.Match[str] | None:
    last = max(TOKEN.finditer(name), key=re.Match.start, default=None)
    return last if last and re.fullmatch(r"[A-Z0-9]*", name[last.end() :]) else None


def _listed(system_id: str, designation: str) -> tuple[str, _Entry]:
    """Key and entry of a designation of the lexicon; ValueError where it has none of the grammar's shape."""
    token = _token(designation)
    if token is None:
        raise ValueError(
            f'designation "{designation}" of "{system_id}": want letters and a number, as in F-16 or Type 054A'
        )
    number = ROMAN[token["roman"]] if token["roman"] else token["number"]
    suffix = designation[token.end() :].upper()
    lead = fold(designation[: token.start()]).strip()
    return (token["prefix"] + number).upper(), _Entry(system_id, lead, suffix, token["gap"] or "")


def _spellings(text: str, token: re.Match[str]) -> Iterator[tuple[str, int]]:
    """Keys to look up with the ends of what they read: Mi-8/17 as Mi-17, then the longest suffix, then none."""
    prefix, number, end = token["prefix"], token["number"], token.end()
    second = SECOND_NUMBER.match(text, end)
    if second:
        yield prefix + second[1], second.end()
    letters = LETTERS.match(text, end)
    for length in range(len(letters[0]) if letters else 0, -1, -1):
        yield prefix + number + text[end : end + length], end + length


def _plausible(text: str, token: re.Match[str]) -> bool:
    """Whether the surroundings let it be a weapon: not page F-16, T-72 hours, A 10 billion, nor the M1 of Tor-M1."""
    start, end = token.span()
    spaced = bool(token["gap"]) and token["gap"] in BLANKS
    if spaced and WORDS.fullmatch(token["prefix"]):
        return False
    before = WORD_BEFORE.search(text[max(0, start - LONGEST_WORD_BEFORE) : start])
    word = before[1] if before else ""
    if start and text[start - 1] in WORD_HYPHENS:
        if not token["gap"] and not COMPOUNDS.fullmatch(word):
            return False
    elif PLACES.fullmatch(word):
        return False
    return not (AMOUNT if spaced else COUNTDOWN).match(text, end)


def _variant(attached: str, spaced: str) -> str | None:
    plain = "".join("-" if c in HYPHENS else " " if c in BLANKS else c for c in f"{attached}{spaced}")
    return plain.strip(" -/") or None
