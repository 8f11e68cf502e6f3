"""Finds what a text names: systems, makers, states, weapons, and the phrases that only look like one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from ahocorasick_rs import AhoCorasick, Implementation

from config.lexicons import Lexicon, SystemEntry
from streams.language.designations import Designations, is_designation, variant_after
from streams.language.forms import PRECEDENCE, Form, Kind, Mention, all_forms, written
from streams.language.normalise import fold, sentences
from streams.language.reading import Reading
from streams.language.states import States
from streams.language.triggers import transfer_triggers
from streams.language.weak_names import WeakNames

__all__ = ["Kind", "Mention", "Mentions"]

Spans = defaultdict[tuple[int, int], list[Form]]


class Mentions:
    """The names of a lexicon, compiled once; finding is pure and keeps no state."""

    def __init__(self, lexicon: Lexicon) -> None:
        forms: defaultdict[str, list[Form]] = defaultdict(list)
        for form in all_forms(lexicon):
            forms[form.pattern].append(form)
        self._forms = list(forms.values())
        self._finder = AhoCorasick(list(forms), implementation=Implementation.ContiguousNFA)
        self._systems = lexicon.systems
        systems = list(lexicon.systems.values())
        self._designations = Designations(
            rows=((s.id, name) for s in systems for name in s.designations if is_designation(name)),
            weak=((s.id, name) for s in systems for name in s.weak),
            names=((s.id, name) for s in systems for name in (*s.surfaces, *s.weak) if not is_designation(name)),
        )
        self._marks = _marks(systems)
        self._states = States(lexicon)
        self._weak_names = WeakNames(lexicon, transfer_triggers(lexicon))

    def find(self, text: str, *, year: int | None = None, known: Collection[str] = ()) -> list[Mention]:
        """Mentions by start, never overlapping, the longest first; offsets are code points of ``text``.

        ``year`` of publication dates leaders (unknown: those in office); ``known`` are ids of systems that another part of
        the same article names beyond doubt, so that a bare Leopard counts here too.
        """
        folded, bounds = fold(text), sentences(text)
        certain, states, weak = self._spans(text, folded)
        for start, end, system_id, variant, ambiguous in self._designations.find(text):
            form = self._designated(text[start:end], system_id)
            if ambiguous:
                weak[start, end].append(form)
            else:
                certain.append(_mention(text, start, end, form, variant=variant))
        plain = [_mention(text, *span, f[0]) for span, f in states.items() if len(f) == 1 and not f[0].dated]
        reading = Reading(text, folded, bounds, _longest([*certain, *plain]), year)
        meant = {span: self._states.meant(forms, span, reading) for span, forms in states.items()}
        settled = _longest([*certain, *(_mention(text, *span, form) for span, form in meant.items() if form)])
        if weak:
            settled = self._with_weak(Reading(text, folded, bounds, settled, year), weak, frozenset(known))
        return self._told_apart(settled, frozenset(known))

    def find_article(self, title: str, text: str, *, year: int | None = None) -> tuple[list[Mention], list[Mention]]:
        """Mentions of title and of text, each helping to tell what the ambiguous names of the other mean."""
        above = self.find(title, year=year)
        below = self.find(text, year=year, known=_systems(above))
        return self.find(title, year=year, known=_systems(below)), below

    def _spans(self, text: str, folded: str) -> tuple[list[Mention], Spans, Spans]:
        """Certain mentions, spans that may name a state, and spans of ambiguous names."""
        certain: list[Mention] = []
        states, weak = Spans(list), Spans(list)
        length = len(folded)
        for index, start, end in self._finder.find_matches_as_indexes(folded, overlapping=True):
            inner = end < length and folded[end].isalnum() and folded[end - 1] != " "
            inner |= folded[end : end + 1] == "." and folded[end + 1 : end + 2].isalpha()  # the U.S of U.S.S.R.
            if inner or (start and folded[start - 1].isalnum()):
                continue
            for form in self._forms[index]:
                if not written(form, text[start:end]) or (form.surface[-1] == "-" and text[end - 1].isspace()):
                    continue
                if form.kind is Kind.COUNTRY:
                    states[_without_hyphen(text, start, end)].append(form)
                elif form.weak and form.kind is not Kind.WEAPON:
                    weak[start, end].append(form)
                else:
                    certain.append(_mention(text, start, end, form))
        return certain, states, weak

    def _designated(self, surface: str, system_id: str) -> Form:
        system = self._systems[system_id]
        return Form(surface, Kind.SYSTEM, system.id, system.name, "designation", system.origin)

    def _with_weak(self, reading: Reading, weak: Spans, known: frozenset[str]) -> list[Mention]:
        """The settled mentions and the ambiguous names that count; one that counts makes its other occurrences count."""
        seen = known | _systems(reading.sure)
        seen |= {family for family, marks in self._marks.items() if not seen.isdisjoint(marks)}
        while True:
            named = [m for span, forms in weak.items() if (m := self._weak(reading, span, forms, seen))]
            more = _systems(named) - seen
            if not more:
                return _longest([*reading.sure, *named])
            seen |= more

    def _weak(self, reading: Reading, span: tuple[int, int], forms: list[Form], seen: frozenset[str]) -> Mention | None:
        systems = [form for form in forms if form.kind is Kind.SYSTEM]
        firm = next((form for form in forms if form.kind is Kind.FIRM), None)
        form = self._weak_names.system(systems, span, reading, seen, rival=bool(firm)) if systems else None
        if not form and firm:
            form = self._weak_names.firm(firm, span, reading)
        return _mention(reading.text, *span, form, weak=True) if form else None

    def _told_apart(self, mentions: list[Mention], known: frozenset[str]) -> list[Mention]:
        """A bare Leopard is the Leopard 1 where no other mark is named; a nickname belongs to its designation."""
        kept: list[Mention] = []
        named = known | _systems(mentions)
        for mention in mentions:
            if kept and _is_nickname(mention, kept[-1]):
                continue
            marks = [mark for mark in self._marks.get(mention.id, ()) if mark in named]
            if mention.kind is Kind.SYSTEM and len(marks) == 1:
                mark = self._systems[marks[0]]
                mention = replace(mention, id=mark.id, name=mark.name, codes=mark.origin)
            kept.append(mention)
        return kept


def _systems(mentions: Iterable[Mention]) -> frozenset[str]:
    return frozenset(mention.id for mention in mentions if mention.kind is Kind.SYSTEM)


def _marks(systems: Sequence[SystemEntry]) -> dict[str, list[str]]:
    """Ids of the systems that bear a family's name and more: Leopard 1 and Leopard 2 of Leopard."""
    families = {system.name: system.id for system in systems}
    marks: defaultdict[str, list[str]] = defaultdict(list)
    for system in systems:
        words = system.name.split()
        for length in range(1, len(words)):
            if family := families.get(" ".join(words[:length])):
                marks[family].append(system.id)
    return dict(marks)


def _is_nickname(mention: Mention, before: Mention) -> bool:
    """FA-50 Golden Eagle: the name of another family right after a designation is only its nickname."""
    return (
        mention.kind is Kind.SYSTEM
        and before.form == "designation"
        and mention.form != "designation"
        and mention.start == before.end + 1
        and mention.text[0].isalpha()
        and mention.id != before.id
    )


def _without_hyphen(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of a combining form (Franco-, Sino-) without its hyphen."""
    return (start, end) if text[end - 1] not in "-‐‑–" else (start, end - 1)


def _mention(text: str, start: int, end: int, form: Form, *, variant: str | None = None, weak: bool = False) -> Mention:
    if form.kind is Kind.SYSTEM and form.form != "designation":
        end, variant = variant_after(text, end)
    uncertain = weak or (form.weak and form.kind is Kind.WEAPON) or bool(form.dated)
    return Mention(
        start, end, text[start:end], form.kind, form.id, form.name, form.form, form.codes, variant, uncertain
    )


def _longest(mentions: Iterable[Mention]) -> list[Mention]:
    """The longest mentions that do not overlap, by start."""
    kept: list[Mention] = []
    taken: set[int] = set()
    for mention in sorted(mentions, key=lambda m: (m.start - m.end, PRECEDENCE[m.kind], m.weak, m.start)):
        span = range(mention.start, mention.end)
        if taken.isdisjoint(span):
            taken.update(span)
            kept.append(mention)
    return sorted(kept, key=lambda m: m.start)
