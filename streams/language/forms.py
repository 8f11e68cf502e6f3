"""Every written form of the lexicon, folded for matching, with the rules of case and plural that it obeys."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from config.lexicons import GENERIC, CountryEntry, Lexicon, Surface
from streams.language.designations import is_designation
from streams.language.normalise import fold, plural

# Names in capitals up to this length are written in capitals only: SCALP, not Scalp; longer ones vary: HIMARS, Himars.
ABBREVIATION_LETTERS = 5
COUNTRY_COLUMNS = (
    ("names", "name"),
    ("adjectives", "adjective"),
    ("people", "people"),
    ("capitals", "capital"),
    ("metonyms", "metonym"),
    ("abbreviations", "abbreviation"),
    ("leaders", "leader"),
)


class Kind(StrEnum):
    """What a mention names; a country may also be the EU, NATO or an armed group."""

    SYSTEM = "system"
    FIRM = "firm"
    COUNTRY = "country"
    WEAPON = "weapon"
    VETO = "veto"


# Of two readings of the same span the first kind in this order wins.
PRECEDENCE = {Kind.VETO: 0, Kind.SYSTEM: 1, Kind.FIRM: 2, Kind.COUNTRY: 3, Kind.WEAPON: 4}


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text: ``start`` and ``end`` in code points of the string given, ``weak`` when it counts only by its context.

    ``form`` is designation, surface or weak (systems, firms), name, adjective, people, capital, metonym, abbreviation or
    leader (countries), noun (weapons), phrase (vetoes). ``codes`` are the state itself, or the states of origin.
    """

    start: int
    end: int
    text: str
    kind: Kind
    id: str
    name: str
    form: str
    codes: tuple[str, ...] = ()
    variant: str | None = None
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a name; ``surface`` keeps the capitals that the text must have."""

    surface: str
    kind: Kind
    id: str
    name: str
    form: str
    codes: tuple[str, ...] = ()
    weak: bool = False
    dated: Surface | None = None

    @property
    def pattern(self) -> str:
        return fold(self.surface)


def all_forms(lexicon: Lexicon) -> Iterator[Form]:
    """The forms of systems (but for designations, which have a grammar), makers, states, weapons and vetoes."""
    for phrase in lexicon.vetoes.phrases:
        yield Form(phrase, Kind.VETO, "phrase", phrase, "phrase")
    for system in lexicon.systems.values():
        irregular = [name for name in system.designations if not is_designation(name)]  # the grammar does not read them
        for names, form in (([*system.surfaces, *irregular], "surface"), (system.weak, "weak")):
            for surface in (s for name in names for s in {name, name if name.endswith("s") else f"{name}s"}):
                yield Form(surface, Kind.SYSTEM, system.id, system.name, form, system.origin, weak=form == "weak")
    for firm in lexicon.firms.values():
        for names, form in (((firm.name, *firm.surfaces), "surface"), (firm.weak, "weak")):
            for surface in (s for s in names if form == "weak" or s not in firm.weak):
                yield Form(surface, Kind.FIRM, firm.id, firm.name, form, firm.country, weak=form == "weak")
    for country in lexicon.countries.values():
        yield from _country_forms(country)
    for entry in lexicon.classes.values():
        for noun in dict.fromkeys(word for one in entry.nouns for word in (one, plural(one))):
            yield Form(noun, Kind.WEAPON, entry.class_, noun, "noun", weak=entry.class_ == GENERIC)


def _country_forms(country: CountryEntry) -> Iterator[Form]:
    for column, form in COUNTRY_COLUMNS:
        for surface in getattr(country, column):
            dated = surface if surface.since or surface.until or surface.needs else None
            yield Form(surface.text, Kind.COUNTRY, country.code, country.name, form, (country.code,), dated=dated)


def written(form: Form, text: str) -> bool:
    """Whether the text has the capitals that the form demands; text in capitals throughout has them."""
    end = len(form.surface)
    for found in re.finditer(r"[^\s/-]+", form.surface):
        word, seen = found[0], text[found.start() : found.end()] if found.end() <= end else ""
        if word.isupper() and 1 < len(word) <= ABBREVIATION_LETTERS and form.kind is not Kind.WEAPON:
            if not seen.isupper():
                return False
        elif word[0].isupper() and not seen[:1].isupper():
            return False
    return True
