"""The lexicon: weapon systems, makers, states and phrases as data; a user's files are laid over the shipped ones."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from config.lexicon_files import (
    PHRASES,
    TABLES,
    Files,
    Row,
    listed,
    mapping,
    nearest,
    shipped_files,
    table,
    user_changes,
    user_files,
)
from config.mistakes import ConfigurationError, Mistake

SHIPPED = Path(__file__).parent / "lexicon"
UNROCA = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "SALW")  # categories of the UN Register
GENERIC = "generic"  # the class of nouns that name weapons without their kind
ID = re.compile(r"[a-z0-9][a-z0-9-]*")
SURFACE = re.compile(r"(?P<text>.+?)(?:@(?P<since>\d{4})?-(?P<until>\d{4})?)?(?P<needs>\?[\w ]*)?")


@dataclass(frozen=True, slots=True)
class Surface:
    """A written form of a state; it holds from year ``since`` to ``until``, and beside one of the codes that it ``needs``."""

    text: str
    since: int | None = None
    until: int | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SystemEntry:
    """A family of weapon systems; ``weak`` names count only in context."""

    id: str
    name: str
    class_: str
    unroca: str = ""
    origin: tuple[str, ...] = ()
    designations: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    vetoes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FirmEntry:
    """A maker or dealer of arms and the state or states it belongs to."""

    id: str
    name: str
    country: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountryEntry:
    """A state, EU, NATO or an armed group, and the forms that name it; ``name`` holds its names, the first is shown."""

    code: str
    name: str
    names: tuple[Surface, ...] = ()
    adjectives: tuple[Surface, ...] = ()
    people: tuple[Surface, ...] = ()
    capitals: tuple[Surface, ...] = ()
    metonyms: tuple[Surface, ...] = ()
    abbreviations: tuple[Surface, ...] = ()
    leaders: tuple[Surface, ...] = ()
    vetoes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """A class of weapons and the singular nouns that name it; ``generic`` ones name other things as well."""

    class_: str
    nouns: tuple[str, ...] = ()
    generic: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vetoes:
    """Phrases that hold a name but mean none of it, and the word lists by which ambiguous names are told apart."""

    phrases: tuple[str, ...] = ()
    given_names: tuple[str, ...] = ()
    person_countries: tuple[str, ...] = ()
    state_nouns: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    company_words: tuple[str, ...] = ()
    weapon_words: tuple[str, ...] = ()
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All that is known of names and words; ``versions`` gives the sha256 of each file, a user's as ``user/name``."""

    systems: Mapping[str, SystemEntry]
    firms: Mapping[str, FirmEntry]
    countries: Mapping[str, CountryEntry]
    classes: Mapping[str, ClassEntry]
    vetoes: Vetoes
    gate: Mapping[str, Any]
    events: Mapping[str, Any]
    cues: Mapping[str, Any]
    versions: Mapping[str, str]

    @property
    def system_ids(self) -> frozenset[str]:
        """Ids that a watch may name under ``systems``."""
        return frozenset(self.systems)

    @property
    def country_codes(self) -> frozenset[str]:
        """ISO 3166-1 alpha-2 codes, XK, EU, NATO and the lower-case ids of armed groups."""
        return frozenset(self.countries)


def load_lexicon(folder: Path | None = None) -> Lexicon:
    """The shipped lexicon with a user's ``lexicon/`` laid over it; raises ConfigurationError with every mistake."""
    own = folder is not None and folder.is_dir() and folder.resolve() != SHIPPED.resolve()
    return _build(shipped_files(SHIPPED), user_files(folder) if own and folder else ())


@lru_cache(maxsize=4)  # keyed by content: a changed file makes another lexicon, an unchanged one is not parsed again
def _build(shipped: Files, user: Files) -> Lexicon:
    mistakes: list[str] = []
    base, changes = dict(shipped), user_changes(user, mistakes)
    rows = {name: table(name, base, changes, mistakes) for name in TABLES}
    phrases = {name: mapping(name, base, changes, mistakes) for name in PHRASES}
    classes = {key: ClassEntry(**_cells(ClassEntry, row, mistakes)) for key, row in rows["classes"].items()}
    countries = {key: CountryEntry(**_country(row, mistakes)) for key, row in rows["countries"].items()}
    systems = {key: SystemEntry(**_cells(SystemEntry, row, mistakes)) for key, row in rows["systems"].items()}
    firms = {key: FirmEntry(**_cells(FirmEntry, row, mistakes)) for key, row in rows["firms"].items()}
    vetoes = _vetoes(phrases.pop("vetoes"), mistakes)
    for system in systems.values():
        where = f'{rows["systems"][system.id]["_file"]}: "{system.id}"'
        _known("class", [system.class_], classes, where, mistakes)
        _known("unroca", [system.unroca], UNROCA, where, mistakes)
        _known("origin", system.origin, countries, where, mistakes)
    for firm in firms.values():
        where = f'{rows["firms"][firm.id]["_file"]}: "{firm.id}"'
        _known("country", firm.country or ("",), countries, where, mistakes)
    _known("civil_firms", phrases["gate"].get("civil_firms", ()), firms, "gate.yaml", mistakes)
    for entries, file in ((systems, "systems"), (firms, "firms")):
        _one_owner(file, entries.values(), mistakes)
    if mistakes:
        told = (mistake.partition(": ") for mistake in mistakes)
        raise ConfigurationError([Mistake(file, "", "", reason) for file, _, reason in told])
    versions = {name: hashlib.sha256(data).hexdigest() for name, data in shipped}
    versions |= {f"user/{name}": hashlib.sha256(data).hexdigest() for name, data in user}
    return Lexicon(systems, firms, countries, classes, vetoes, versions=versions, **phrases)


@cache
def _columns(kind: type) -> dict[str, Any]:
    """The fields of a row by their column; class_ is the column class."""
    return {f.name.rstrip("_"): f for f in fields(kind)}


def _cells(kind: type, row: Row, mistakes: list[str], cell: Callable[[str], Any] = str) -> dict[str, Any]:
    """The row's cells by field name; plain fields stay text, tuple fields become lists of ``cell``."""
    known = _columns(kind)
    key, file = str(next(iter(row.values()))), row["_file"]
    values: dict[str, Any] = {}
    for column, value in row.items():
        if column == "_file":
            continue
        if column not in known:
            mistakes.append(f'{file}: "{key}": unknown column "{column}"{nearest(column, known)}')
        elif known[column].type is str:
            values[known[column].name] = str(value or "").strip()
        else:
            parts = listed(value)
            values[known[column].name] = tuple(parts) if column == "vetoes" else tuple(cell(part) for part in parts)
    for needed in ("id", "name", "code", "class"):
        if needed in known and not values.get(known[needed].name):
            mistakes.append(f'{file}: "{key}": {needed} is missing')
            values.setdefault(known[needed].name, "")
    if "id" in values and not ID.fullmatch(values["id"]):
        mistakes.append(f'{file}: id "{values["id"]}": lower case letters, digits and hyphens only')
    return values


def _country(row: Row, mistakes: list[str]) -> dict[str, Any]:
    code, file = str(row["code"]), row["_file"]

    def surface(text: str) -> Surface:
        found = SURFACE.fullmatch(text)
        if not found or "@" in found["text"]:
            mistakes.append(
                f'{file}: "{code}": cannot read "{text}"; write Name, Name@2019-, Name@2001-2009 or Name?XX'
            )
            return Surface(text)
        since, until, needs = found["since"], found["until"], found["needs"]
        return Surface(
            found["text"].strip(),
            int(since) if since else None,
            int(until) if until else None,
            () if needs is None else tuple(needs[1:].split()) or (code,),
        )

    names = listed(row.get("name"))
    values = _cells(CountryEntry, {**row, "name": names[0].split("@")[0] if names else ""}, mistakes, surface)
    values["names"] = tuple(map(surface, names))
    return values


def _known(column: str, values: Iterable[str], valid: Iterable[str], where: str, mistakes: list[str]) -> None:
    names = set(valid)
    unknown = [value for value in values if value not in names]
    mistakes.extend(f'{where}: {column} "{value}" is not known{nearest(value, names)}' for value in unknown)


def _one_owner(file: str, entries: Iterable[SystemEntry | FirmEntry], mistakes: list[str]) -> None:
    """A strong name belongs to one entry only, or a text that holds it could not be read."""
    owners: dict[str, str] = {}
    for entry in entries:
        for name in {name.casefold(): name for name in entry.surfaces}.values():
            owner = owners.setdefault(name.casefold(), entry.id)
            if owner != entry.id:
                mistakes.append(f'{file}: surface "{name}" belongs to "{owner}" and to "{entry.id}"')


def _vetoes(raw: Mapping[str, Any], mistakes: list[str]) -> Vetoes:
    known = {f.name for f in fields(Vetoes)}
    mistakes.extend(f'vetoes.yaml: unknown key "{key}"{nearest(key, known)}' for key in sorted(set(raw) - known))
    topics = {name: tuple(map(str, words)) for name, words in (raw.get("topics") or {}).items()}
    lists = {key: tuple(map(str, words or ())) for key, words in raw.items() if key in known - {"topics"}}
    return Vetoes(**lists, topics=topics)
