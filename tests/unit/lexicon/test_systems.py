"""The table of weapon systems: wide, its facts in closed lists, and no name that a text could read in two ways."""

import csv
import re
from collections import Counter

import pytest

from config.lexicons import SHIPPED, UNROCA, load_lexicon
from streams.language.designations import is_designation
from streams.language.normalise import fold

LEXICON = load_lexicon()
SYSTEMS = LEXICON.systems

# Words that news uses every day for something else. A system with such a name is told by its context only.
EVERYDAY = """
    abrams akula alligator anka apache archer ariete arrow astra atlas avenger badger barak barracuda bastion bonus boxer bradley brimstone
    buk bushmaster caesar canik caracal centurion challenger chaparral cheetah chieftain chinook cobra condor corsair cougar coyote dachs
    dana delilah derby dingo dolphin dragon eagle excalibur falcon flamingo flanker foxhound freccia frog fuchs fulcrum gabriel galaxy
    garuda gazelle gepard giraffe globe grad griffon grom guarani harm harpoon harpy harrier hawk hellfire hercules hermes hero heron hind
    hornet hot hunter husky igla iskander jackal jaguar javelin jericho juggernaut kaplan kaveri kilo komodo lance lancer lancet leclerc
    leopard lightning lynx magic marauder marder maverick meteor milan mirage mistral nag negev neptune nimr nimrod orbiter orion oryx osa
    osprey paladin pampa panther patriot penguin pershing phalanx phantom phoenix piranha pizarro popeye predator puma python rapier raptor
    ratel raven reaper redback rhino roland roc sabra saladin scalp scorpion sentinel sentry shadow shahed shark sidewinder sigma silkworm
    skylark sparrow spartan spice spike spitfire sting stinger styx switchblade taurus taifun tempest terminator thunder tiger tigr tomahawk
    tor tornado tow trident trophy tunguska typhoon vampire vector verba viper vulcan warrior warthog watchkeeper whiskey wildcat wisent zircon
    arthur carl gustaf glock beretta kalashnikov bofors bayraktar
""".split()  # noqa: SIM905 - a list of words is read as words


def rows() -> list[dict[str, str]]:
    lines = (SHIPPED / "systems.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def key(name: str) -> str:
    """How a name looks to the matcher: without regard to case, hyphens and accents."""
    return fold(name)


def test_at_least_a_thousand_families_from_at_least_thirty_five_states():
    assert len(SYSTEMS) >= 1000
    assert len({state for system in SYSTEMS.values() for state in system.origin}) >= 35


def test_every_class_has_at_least_two_families():
    count = Counter(system.class_ for system in SYSTEMS.values())
    assert not {name for name in LEXICON.classes if name != "generic" and count[name] < 2}


def test_rows_are_sorted_and_ids_stand_once():
    ids = [row["id"] for row in rows()]
    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in ids)


def test_every_row_has_a_known_class_category_and_at_least_one_state_of_origin():
    for system in SYSTEMS.values():
        assert system.class_ in LEXICON.classes, system.id
        assert system.unroca in UNROCA, system.id
        assert system.origin, system.id
        assert all(re.fullmatch(r"[A-Z]{2}", code) and code in LEXICON.countries for code in system.origin), system.id


def test_every_row_can_be_found_in_a_text():
    assert not [s.id for s in SYSTEMS.values() if not (s.designations or s.surfaces or s.weak)]


def test_every_designation_has_the_shape_that_the_grammar_reads():
    assert not [(s.id, name) for s in SYSTEMS.values() for name in s.designations if not is_designation(name)]


def test_no_designation_and_no_strong_name_belongs_to_two_systems():
    owners: dict[str, str] = {}
    for system in SYSTEMS.values():
        for name in {key(name) for name in system.surfaces} | {
            key(name).replace(" ", "") for name in system.designations
        }:
            assert owners.setdefault(name, system.id) == system.id, name


def test_a_name_is_strong_or_weak_but_not_both():
    for system in SYSTEMS.values():
        assert not {key(name) for name in system.surfaces} & {key(name) for name in system.weak}, system.id


def test_a_weak_name_of_two_systems_is_told_apart_by_their_classes():
    owners: dict[str, set[str]] = {}
    for system in SYSTEMS.values():
        for name in system.weak:
            classes = owners.setdefault(key(name), set())
            assert system.class_ not in classes, (system.id, name)
            classes.add(system.class_)


def test_an_everyday_word_is_never_a_strong_name():
    strong = {key(name): system.id for system in SYSTEMS.values() for name in system.surfaces}
    assert not {word: strong[word] for word in EVERYDAY if word in strong}


def test_a_strong_name_in_one_word_is_rare_in_general_english():
    lines = (SHIPPED / "word_frequency.csv").read_text(encoding="utf-8").splitlines()
    common = {line.partition(",")[0] for line in lines if line and not line.startswith("#")}
    assert not [
        (s.id, name) for s in SYSTEMS.values() for name in s.surfaces if name.isalpha() and name.lower() in common
    ]


def test_a_strong_name_has_a_capital_or_a_digit():
    assert not [(s.id, name) for s in SYSTEMS.values() for name in s.surfaces if not re.search(r"[A-Z0-9À-ÞİŞŠ]", name)]


@pytest.mark.parametrize(
    ("system", "name", "of_class", "category", "origin"),
    [
        ("f-16", "F-16", "fighter", "IV", ("US",)),
        ("f-a-18", "F/A-18", "fighter", "IV", ("US",)),
        ("eurofighter", "Eurofighter", "fighter", "IV", ("DE", "GB", "IT", "ES")),
        ("leopard-1", "Leopard 1", "tank", "I", ("DE",)),
        ("leopard-2", "Leopard 2", "tank", "I", ("DE",)),
        ("m1-abrams", "M1 Abrams", "tank", "I", ("US",)),
        ("k2", "K2", "tank", "I", ("KR",)),
        ("k9", "K9", "howitzer", "III", ("KR",)),
        ("pzh-2000", "PzH 2000", "howitzer", "III", ("DE",)),
        ("himars", "HIMARS", "mlrs", "III", ("US",)),
        ("patriot", "Patriot", "air-defence", "", ("US",)),
        ("stinger", "Stinger", "manpads", "VII", ("US",)),
        ("javelin", "Javelin", "anti-tank-missile", "SALW", ("US",)),
        ("taurus", "Taurus", "cruise-missile", "VII", ("DE", "SE")),
        ("storm-shadow", "Storm Shadow", "cruise-missile", "VII", ("GB", "FR")),
        ("hwasong-11", "Hwasong-11", "ballistic-missile", "VII", ("KP",)),
        ("tb2", "TB2", "drone", "IV", ("TR",)),
        ("shahed-136", "Shahed-136", "loitering-munition", "VII", ("IR", "RU")),
        ("ah-64", "AH-64", "attack-helicopter", "V", ("US",)),
        ("kc-390", "KC-390", "transport-aircraft", "", ("BR",)),
        ("type-212cd", "Type 212CD", "submarine", "VI", ("DE", "NO")),
        ("mogami", "Mogami", "frigate", "VI", ("JP",)),
    ],
)
def test_household_names_have_their_facts(system, name, of_class, category, origin):
    entry = SYSTEMS[system]
    assert (entry.name, entry.class_, entry.unroca, entry.origin) == (name, of_class, category, origin)


def test_the_generic_nouns_of_a_class_are_nouns_of_that_class():
    assert not [entry.class_ for entry in LEXICON.classes.values() if not set(entry.generic) <= set(entry.nouns)]


def test_a_noun_names_one_class():
    owners: dict[str, str] = {}
    for entry in LEXICON.classes.values():
        for noun in {key(noun) for noun in entry.nouns}:
            assert owners.setdefault(noun, entry.class_) == entry.class_, noun
