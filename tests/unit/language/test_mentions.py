"""What a text names. The texts are ours; the lexicon is the shipped one."""

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.lexicons import load_lexicon
from streams.language.mentions import Kind, Mention, Mentions


@cache
def mentions() -> Mentions:
    return Mentions(load_lexicon())


def find(text: str, **how: object) -> list[Mention]:
    return mentions().find(text, **how)  # type: ignore[arg-type]


def states(text: str, **how: object) -> list[str]:
    """Codes in the order of the text."""
    return [m.id for m in find(text, **how) if m.kind is Kind.COUNTRY]


def systems(text: str, **how: object) -> list[str]:
    return [m.id for m in find(text, **how) if m.kind is Kind.SYSTEM]


# offsets

PIECES = [
    "Germany", "’s ", "Leopard 2A4", " tanks ", "US-made ", "Storm Shadow/SCALP ", "U.S. ", "Élysée", " – ", "Kyiv", "\u00a0", "Franco-German ",
    "Patriot Act ", "Taurus ", "Georgia", ", ", ". ", "Rheinmetall ", "F‑16s ", "İ", "🚀", "Congo", "JORDAN ", "42 Rafales ", "\n",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=12).map("".join))
def test_offsets_are_those_of_the_original_and_mentions_are_sorted_and_apart(text):
    found = find(text)
    assert all(text[m.start : m.end] == m.text and m.text for m in found)
    assert all(one.end <= two.start for one, two in pairwise(found))


def test_typographic_characters_do_not_hide_a_name():
    assert systems("Twelve F‑16s for Kyiv") == ["f-16"]
    assert states("Denmark’s\u00a0offer to the United\u00a0States") == ["DK", "US"]


def test_the_longest_name_wins():
    assert states("Equatorial Guinea, Guinea-Bissau, Papua New Guinea and Guinea") == ["GQ", "GW", "PG", "GN"]
    assert states("Niger and Nigeria, Nigerien and Nigerian troops") == ["NE", "NG", "NE", "NG"]
    assert states("South Sudan and Sudan") == ["SS", "SD"]
    assert states("Dominican Republic, Dominica") == ["DO", "DM"]


def test_a_name_within_a_word_is_none():
    assert states("The piranha omanized Indiana and Chadwick") == []


# states


def test_a_state_is_named_by_name_adjective_people_capital_metonym_and_abbreviation():
    found = {m.form: m.id for m in find("UK, Polish, Turks, Beijing, the Kremlin, Ukraine") if m.kind is Kind.COUNTRY}
    assert found == {
        "abbreviation": "GB",
        "adjective": "PL",
        "people": "TR",
        "capital": "CN",
        "metonym": "RU",
        "name": "UA",
    }


def test_possessives_and_compounds_keep_the_state():
    assert states("Germany's US-made and Israeli-built jets, the Saudis' wish") == ["DE", "US", "IL", "SA"]


def test_two_states_stand_in_a_joint_adjective():
    found = find("A Franco-German tank and Sino-Russian talks")
    assert [(m.id, m.text) for m in found if m.kind is Kind.COUNTRY] == [
        ("FR", "Franco"),
        ("DE", "German"),
        ("CN", "Sino"),
        ("RU", "Russian"),
    ]


def test_armed_groups_the_union_and_the_alliance_are_parties():
    assert states("Iran armed Hezbollah and the Houthis; NATO and the EU protested to Hamas") == [
        "IR",
        "hezbollah",
        "houthi",
        "NATO",
        "EU",
        "hamas",
    ]


def test_us_is_a_state_only_in_capitals():
    assert states("They told us that the US will help us") == ["US"]


def test_us_in_a_headline_in_capitals_may_be_the_pronoun():
    assert states("GIVE US MORE SHELLS, SAYS KIEV") == ["UA"]
    assert states("US SELLS SHELLS TO KIEV") == ["US", "UA"]
    assert states("KIEV ASKS US CONGRESS FOR SHELLS") == ["UA", "US", "US"]
    assert states("KIEV GETS US-MADE SHELLS") == ["UA", "US"]


@pytest.mark.parametrize(
    "text",
    [
        "Deputies in Georgia found rifles near Atlanta",
        "A plant in Columbus, Georgia, makes carbines",
        "The Georgia Bulldogs won again",
        "The Republican senator from the state of Georgia spoke",
    ],
)
def test_the_american_georgia_is_no_state(text):
    assert "GE" not in states(text)


def test_georgia_in_the_caucasus_is_a_state():
    assert states("Georgia signed for radars in Tbilisi") == ["GE", "GE"]
    assert states("Armenia, Georgia and Moldova want drones") == ["AM", "GE", "MD"]


@pytest.mark.parametrize(
    "text",
    [
        "Michael Jordan bought a boat",
        "Chad Wolfson sells tanks",
        "The actor Denzel Washington",
        "Jordan Brand opens a shop",
    ],
)
def test_a_state_in_a_persons_or_a_brands_name_is_none(text):
    assert states(text) == []


def test_a_state_before_a_noun_of_state_is_no_given_name():
    assert states("Jordan Armed Forces get boats; Chad President Deby thanks Israel Police") == ["JO", "TD", "TD", "IL"]


def test_turkey_on_the_table_is_no_state():
    assert states("Turkey prices jump before Thanksgiving") == []
    assert states("Turkey prices its drones low") == ["TR"]


def test_the_two_congos_are_told_apart():
    assert states("DR Congo, Congo-Brazzaville and the Republic of the Congo") == ["CD", "CG", "CG"]
    assert states("Kinshasa says Congo needs drones") == ["CD", "CD"]
    assert states("In Brazzaville the Congolese army showed its jeeps") == ["CG", "CG"]


def test_a_bare_korea_is_told_by_its_company_or_left_open():
    assert states("Korea wins tank order, Seoul says") == ["KR", "KR"]
    assert states("Korea fired rockets as Kim Jong Un looked on") == ["KP", "KP"]
    assert states("Korea fired rockets") == []


@pytest.mark.parametrize(
    "text",
    [
        "The Washington Post reports", "Washington state bans rifles", "George Washington crossed", "New Mexico", "British Columbia",
        "Northern Ireland", "American Samoa's guns"[:14], "The South China Sea", "The Indian Ocean", "Paris, Texas", "Latin American armies",
    ],
)  # fmt: skip
def test_a_longer_name_or_another_place_is_no_party(text):
    assert set(states(text)) <= {"AS"}


def test_congress_is_american_unless_another_state_owns_it():
    assert states("Congress was notified") == ["US"]
    assert states("Peru's Congress blocks jet order") == ["PE"]
    assert states("In India the Congress party objects") == ["IN"]


def test_brussels_is_the_union_unless_belgium_is_named():
    assert states("Brussels pays for shells") == ["EU"]
    assert states("Brussels wants Belgian tanks back") == ["BE", "BE"]


def test_a_soviet_weapon_has_no_state():
    assert states("Soviet-era tanks of the former Soviet Union") == []
    assert states("The Soviet Union arms Egypt", year=1986) == ["RU", "EG"]


def test_an_abbreviation_is_not_the_head_of_a_longer_one():
    assert states("The U.S. paid, the U.S.S.R. did not") == ["US"]


def test_a_ministry_belongs_to_the_state_before_it():
    assert states("India's MoD signs") == ["IN"]
    assert states("UK's MoD signs") == ["GB", "GB"]


def test_an_ethnic_name_belongs_to_the_state_where_it_lives():
    assert states("Bosnian Serb tanks and Serbian tanks") == ["BA", "RS"]


def test_leaders_stand_for_their_state_while_in_office():
    assert states("Reagan sells jets", year=1987) == ["US"]
    assert states("Reagan sells jets", year=2024) == []
    assert [(m.id, m.weak) for m in find("Zelensky thanks Modi")] == [("UA", True), ("IN", True)]


def test_short_names_of_forces_need_their_state_beside_them():
    assert states("RSF condemns arrest of editor") == []
    assert states("Sudan says RSF gets drones") == ["SD", "rsf"]


# systems


def test_two_names_with_a_stroke_are_two_systems():
    assert systems("Storm Shadow/SCALP missiles") == ["storm-shadow", "scalp"]


def test_a_system_keeps_its_variant():
    found = [(m.id, m.text, m.variant) for m in find("Rafale F4 jets, Leopard 2A7V tanks") if m.kind is Kind.SYSTEM]
    assert found == [("rafale", "Rafale F4", "F4"), ("leopard-2", "Leopard 2A7V", "A7V")]


@pytest.mark.parametrize(
    "text",
    [
        "Oslo hands over Leopard tanks",  # a class noun
        "Lisbon sends three Leopards",  # a count
        "Norwegian Leopards cross the border",  # a demonym
        "US-supplied Leopards cross the border",
        "Tanks for Kyiv: Warsaw ships Leopards",  # a weapon in the sentence
        "LEOPARD TANKS FOR KYIV",
    ],
)
def test_an_ambiguous_name_counts_in_the_company_of_weapons(text):
    assert systems(text) == ["leopard"]


@pytest.mark.parametrize(
    "text",
    [
        "A leopard was seen near the tank factory",
        "Leopard seen in Berlin zoo",
        "Taurus: an offer will delight you, says your horoscope",
        "Congress extends the Patriot Act on weapons",
        "New England Patriots sign a missile of a receiver",
        "The Archer Daniels Midland group buys tanks"[:30],
    ],
)
def test_an_ambiguous_name_alone_or_vetoed_counts_not(text):
    assert systems(text) == []


@pytest.mark.parametrize(
    "text", ["The Hawk family hired a trainer in Leeds.", "An app launcher for Cheetah was updated"]
)
def test_a_weak_name_beside_hardware_that_need_be_no_weapon_is_none_without_a_transfer(text):
    assert systems(text) == []


def test_a_weak_name_beside_a_weapon_counts_and_beside_everyday_hardware_with_a_transfer():
    assert systems("The Hawk was shown beside a missile launcher in Leeds.") == ["hawk-missile"]
    assert systems("Oman buys the Hawk, a trainer from Britain.") == ["hawk-trainer"]


def test_a_weak_mention_says_so():
    (one,) = [m for m in find("Oslo hands over Leopard tanks") if m.kind is Kind.SYSTEM]
    assert one.weak
    assert one.form == "weak"


def test_a_bare_name_counts_where_the_rest_of_the_article_names_the_system():
    title, text = mentions().find_article("Leopards on their way", "Oslo is sending Leopard 2 tanks to Kyiv.")
    assert [m.id for m in title if m.kind is Kind.SYSTEM] == ["leopard-2"]
    assert [m.id for m in text if m.kind is Kind.SYSTEM] == ["leopard-2"]


def test_a_bare_name_stays_bare_where_two_marks_are_named():
    text = "Leopard 1 and Leopard 2 tanks left; the Leopards arrived"
    assert systems(text) == ["leopard-1", "leopard-2", "leopard"]


# firms and weapons


def test_a_maker_has_its_states():
    found = {m.id: m.codes for m in find("Rheinmetall, MBDA and Lockheed Martin") if m.kind is Kind.FIRM}
    assert found == {"rheinmetall": ("DE",), "mbda": ("FR", "GB", "DE", "IT"), "lockheed-martin": ("US",)}


def test_an_ordinary_word_is_a_maker_only_in_context():
    assert [m.id for m in find("Arsenal beat Chelsea") if m.kind is Kind.FIRM] == []
    assert [m.id for m in find("Bulgaria's Arsenal ships rifles") if m.kind is Kind.FIRM] == ["arsenal"]


def test_weapon_nouns_have_their_class_in_singular_and_plural():
    found = {
        m.text: m.id for m in find("a howitzer, two frigates and armoured personnel carriers") if m.kind is Kind.WEAPON
    }
    assert found == {"howitzer": "howitzer", "frigates": "frigate", "armoured personnel carriers": "apc"}


def test_idioms_hold_no_weapon():
    found = find("Up in arms, think tanks met with open arms in shell companies")
    assert {m.kind for m in found} == {Kind.VETO}
