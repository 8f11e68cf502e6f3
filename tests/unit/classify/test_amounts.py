import pytest

from agents.classify.amounts import dates, quantities
from agents.classify.money import money
from agents.classify.numerals import numeral
from streams.language.mentions import Kind, Mention


def named(text: str, *names: str) -> list[Mention]:
    """Mentions of the names in a text; those with a digit or capital are systems, others weapon nouns."""
    found = []
    for name in names:
        start = text.index(name)
        kind = Kind.SYSTEM if name[0].isupper() or any(c.isdigit() for c in name) else Kind.WEAPON
        found.append(Mention(start, start + len(name), name, kind, name.lower(), name, "surface"))
    return sorted(found, key=lambda mention: mention.start)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.2m", 1.2e6),
        ("1,2 million", 1.2e6),
        ("800 000", 8e5),
        ("16,500", 16500),
        ("twenty-four", 24),
        ("two hundred", 200),
        ("a dozen", 12),
        ("half a million", 5e5),
        ("one million", 1e6),
    ],
)
def test_a_numeral_is_read_as_it_is_written(text, value):
    assert numeral(text) == value


@pytest.mark.parametrize("text", ["jets", "1.2 furlongs", "half a loaf"])
def test_what_is_no_numeral_has_no_value(text):
    assert numeral(text) is None


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("ordered 24 Gripen jets", ("Gripen",), [(24, None, None, False)]),
        ("up to 40 jets", ("jets",), [(None, None, 40, False)]),
        ("at least 7,500 shells", ("shells",), [(None, 7500, None, False)]),
        ("some 300 missiles", ("missiles",), [(300, None, None, True)]),
        ("dozens of tanks", ("tanks",), [(None, 24, 99, True)]),
        ("a dozen howitzers", ("howitzers",), [(12, None, None, False)]),
        ("one million rounds", (), [(1e6, None, None, False)]),
        ("fifty old armoured vehicles", ("armoured vehicles",), [(50, None, None, False)]),
    ],
)
def test_a_count_before_a_weapon_is_a_quantity(text, names, expected):
    assert [(q.value, q.min, q.max, q.approx) for q in quantities(text, named(text, *names))] == expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("155 mm shells", ("shells",)),
        ("the 9K33 Osa", ("9K33 Osa",)),
        ("exports of tanks rose 17%", ("tanks",)),
        ("sales of jets in 2023 fell", ("jets",)),
        ("500 soldiers with rifles", ("rifles",)),
        ("a range of 300 km for the missiles", ("missiles",)),
    ],
)
def test_calibres_designations_shares_and_years_count_nothing(text, names):
    assert quantities(text, named(text, *names)) == []


def test_a_designation_and_its_block_are_counted_once():
    text = "16 F-16 Block 70 jets"
    assert [q.value for q in quantities(text, named(text, "F-16 Block 70", "jets"))] == [16]


def test_a_battery_is_a_unit():
    text = "two Patriot batteries and a battery of NASAMS"
    assert [(q.value, q.unit, q.system) for q in quantities(text, named(text, "Patriot", "NASAMS"))] == [
        (2, "battery", "patriot"),
        (1, "battery", "nasams"),
    ]


def test_the_first_of_an_order_are_delivered_and_the_rest_ordered():
    text = "received the first three of 32 jets"
    assert [(q.value, q.stage) for q in quantities(text, named(text, "jets"))] == [(3, "delivered"), (32, "ordered")]


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("a $2.3 billion deal", 2.3e9, "USD"),
        ("US$2.3bn", 2.3e9, "USD"),
        ("$ 2.3 B", 2.3e9, "USD"),
        ("2.3 billion dollars", 2.3e9, "USD"),
        ("€500 million", 5e8, "EUR"),
        ("500m euros", 5e8, "EUR"),
        ("EUR 500 mln", 5e8, "EUR"),
        ("A$10 billion", 1e10, "AUD"),
        ("NT$3 billion", 3e9, "TWD"),
        ("£1.6bn", 1.6e9, "GBP"),
        ("1.6 billion pounds", 1.6e9, "GBP"),
        ("350 crore rupees", 3.5e9, "INR"),
        ("Rs 26,000 crore", 2.6e11, "INR"),
        ("2 lakh crore rupees", 2e12, "INR"),
        ("12 trillion won", 1.2e13, "KRW"),
        ("43 trillion yen", 4.3e13, "JPY"),
        ("5.2 billion kronor", 5.2e9, "SEK"),
        ("5.2 billion kroner", 5.2e9, "NOK"),
        ("Denmark pays 5.2 billion kroner", 5.2e9, "DKK"),
        ("5.2 billion crowns", 5.2e9, "CZK"),
    ],
)
def test_a_sum_has_its_currency(text, amount, currency):
    assert [(sum_.amount, sum_.currency) for sum_ in money(text)] == [(amount, currency)]


@pytest.mark.parametrize("text", ["500-pound bombs", "a bomb of 2,000 pounds", "the 70 jets", "F-16"])
def test_a_weight_or_a_count_is_no_sum(text):
    assert money(text) == []


def test_what_a_sum_is_stands_beside_it():
    assert money("at an estimated cost of $10 billion")[0].kind == "ceiling"
    assert money("a contract worth €40 million")[0].kind == "contract"
    assert [sum_.kind for sum_ in money("$61 billion aid package")] == ["package"]


def test_a_date_is_as_precise_as_it_is_written():
    found = dates("signed in 2021; delivered in March 2024; due by 2027")
    assert [(d.role, d.value, d.precision) for d in found] == [
        ("order", "2021", "year"),
        ("delivery", "2024-03", "month"),
        ("expected", "2027", "year"),
    ]
    assert dates("on 5 March 2024")[0].value == "2024-03-05"
    assert dates("between 2014-18") == []
