"""The table of states: complete, of one mind, with a form for each that people write."""

import pytest

from config.lexicons import load_lexicon

LEXICON = load_lexicon()
STATES = LEXICON.countries
# ISO 3166-1 alpha-2, all 249.
ISO = frozenset(
    [
        "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB",
        "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY",
        "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX",
        "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK",
        "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS",
        "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR",
        "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA",
        "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK",
        "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE",
        "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM",
        "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG",
        "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF",
        "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY",
        "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
    ]
)  # fmt: skip


def test_every_state_of_the_standard_is_there_and_kosovo_the_union_and_the_alliance():
    assert {*ISO, "XK", "EU", "NATO"} <= set(STATES)
    assert len(ISO) == 249


def test_armed_groups_have_ids_in_lower_case():
    groups = set(STATES) - {*ISO, "XK", "EU", "NATO"}
    assert {"hezbollah", "houthi", "hamas", "rsf", "taliban", "isis", "m23", "al-shabaab", "wagner"} <= groups
    assert all(group == group.lower() for group in groups)


@pytest.mark.parametrize(
    "code",
    [
        "AE", "AU", "BE", "BR", "CA", "CH", "CN", "CZ", "DE", "DK", "EE", "EG", "ES", "FI", "FR", "GB", "GR", "HU",
        "IL", "IN", "IR", "IT", "JP", "KP", "KR", "LT", "LV", "NL", "NO", "PK", "PL", "QA", "RO", "RU", "SA", "SE",
        "SK", "TR", "TW", "UA", "US", "ZA",
    ],
)  # fmt: skip
def test_a_state_of_the_trade_has_adjective_and_capital(code):
    state = STATES[code]
    assert state.adjectives
    assert state.capitals
    assert state.name == state.names[0].text


def test_no_form_belongs_to_two_states_but_for_those_told_apart_by_rule_or_condition():
    owners: dict[str, set[str]] = {}
    for state in STATES.values():
        for column in ("names", "adjectives", "people", "capitals", "metonyms", "abbreviations"):
            for surface in (s for s in getattr(state, column) if not s.needs):
                owners.setdefault(surface.text, set()).add(state.code)
    shared = {text for text, codes in owners.items() if len(codes) > 1}
    assert shared <= {"Korea", "Korean", "Koreans", "Congo", "Congolese", "Brussels"}


def test_years_of_leaders_run_forward():
    for state in STATES.values():
        for leader in state.leaders:
            assert leader.since, leader
            assert leader.until is None or leader.until >= leader.since, leader


def test_conditions_name_known_codes():
    needed = {code for state in STATES.values() for surface in state.abbreviations for code in surface.needs}
    assert needed <= set(STATES)
