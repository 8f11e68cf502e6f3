"""The table of makers: wide enough, each with its state, no name in two rows."""

import pytest

from config.lexicons import load_lexicon

LEXICON = load_lexicon()
FIRMS = LEXICON.firms


def test_at_least_two_hundred_makers_of_at_least_forty_states():
    assert len(FIRMS) >= 200
    assert len({code for firm in FIRMS.values() for code in firm.country}) >= 40


@pytest.mark.parametrize(
    ("firm", "states"),
    [
        ("rheinmetall", ("DE",)), ("bae", ("GB",)), ("rtx", ("US",)), ("knds", ("DE", "FR")), ("mbda", ("FR", "GB", "DE", "IT")), ("saab", ("SE",)),
        ("hanwha", ("KR",)), ("baykar", ("TR",)), ("rosoboronexport", ("RU",)), ("norinco", ("CN",)), ("denel", ("ZA",)), ("embraer", ("BR",)),
        ("pgz", ("PL",)), ("excalibur-army", ("CZ",)), ("yugoimport", ("RS",)), ("elbit", ("IL",)), ("hal", ("IN",)), ("fn-herstal", ("BE",)),
    ],
)  # fmt: skip
def test_household_names_have_their_states(firm, states):
    assert FIRMS[firm].country == states


def test_no_name_stands_in_two_rows():
    owners: dict[str, str] = {}
    for firm in FIRMS.values():
        for name in {firm.name.casefold(), *(name.casefold() for name in firm.surfaces)}:
            assert owners.setdefault(name, firm.id) == firm.id


def test_a_makers_strong_name_is_no_state_and_no_weapon_noun():
    names = {surface.text.casefold() for state in LEXICON.countries.values() for surface in state.names}
    nouns = {noun.casefold() for entry in LEXICON.classes.values() for noun in entry.nouns}
    strong = {
        name.casefold() for firm in FIRMS.values() for name in (firm.name, *firm.surfaces) if name not in firm.weak
    }
    assert not strong & (names | nouns)
