"""Every way to write a designation, and what only looks like one. The families here are ours; the shipped table is read too."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.lexicons import load_lexicon
from streams.language.designations import Designation, Designations, is_designation, variant_after


@cache
def shipped() -> Designations:
    systems = list(load_lexicon().systems.values())
    return Designations(
        rows=((s.id, name) for s in systems for name in s.designations),
        weak=((s.id, name) for s in systems for name in s.weak),
        names=((s.id, name) for s in systems for name in (*s.surfaces, *s.weak)),
    )


def read(text: str) -> list[tuple[str, str, str | None]]:
    """Text, family and variant of each designation found."""
    return [(text[d.start : d.end], d.system_id, d.variant) for d in shipped().find(text)]


def families(text: str) -> list[str]:
    return [d.system_id for d in shipped().find(text)]


def certain(text: str) -> list[str]:
    return [d.system_id for d in shipped().find(text) if not d.weak]


@pytest.mark.parametrize(
    ("written", "family", "variant"),
    [
        ("F16", "f-16", None),
        ("F 16", "f-16", None),
        ("F-16s", "f-16", None),
        ("F-16V", "f-16", "V"),
        ("F-16Vs", "f-16", "V"),
        ("F-16 V", "f-16", "V"),
        ("F-16AM", "f-16", "AM"),
        ("F-16A/B", "f-16", "A/B"),
        ("F-16C/D Block 70/72", "f-16", "C/D Block 70/72"),
        ("F-16 Block 52+", "f-16", "Block 52+"),
        ("F-16 Fighting Falcon", "f-16", None),
        ("F-16C Fighting Falcons", "f-16", "C"),
        ("Leopard 1A5", "leopard-1", "A5"),
        ("Leopard-1A5", "leopard-1", "A5"),
        ("Leopard 1s", "leopard-1", None),
        ("Leopard 2A7V", "leopard-2", "A7V"),
        ("Leopard-2A4", "leopard-2", "A4"),
        ("Leopard 2 A4", "leopard-2", "A4"),
        ("Leopard II", "leopard-2", None),
        ("LEOPARD 2", "leopard-2", None),
        ("Leo 2", "leopard-2", None),
        ("Su-35S", "su-35", "S"),
        ("SU-35", "su-35", None),
        ("Su 35", "su-35", None),
        ("Sukhoi-35", "su-35", None),
        ("Su-30MKI", "su-30", "MKI"),
        ("S-400 Triumf", "s-400", None),
        ("S400", "s-400", None),
        ("S-400s", "s-400", None),
        ("S-300PMU-2", "s-300", "PMU-2"),
        ("S-300V4", "s-300", "V4"),
        ("T-72M1", "t-72", "M1"),
        ("T72", "t-72", None),
        ("T-72B3", "t-72", "B3"),
        ("M142 HIMARS", "himars", None),
        ("M142", "himars", None),
        ("TB2", "tb2", None),
        ("TB-2", "tb2", None),
        ("Bayraktar TB2", "tb2", None),
        ("PAC-3 MSE", "patriot", "MSE"),
        ("Patriot PAC-3", "patriot", None),
        ("MIM-104", "patriot", None),
        ("AH-64E Apache Guardian", "ah-64", "E"),
        ("AH-64E", "ah-64", "E"),
        ("MiG-29s", "mig-29", None),
        ("Mig-29", "mig-29", None),
        ("MIG 29", "mig-29", None),
        ("Mi-17V-5", "mi-17", "V-5"),
        ("Mi-8/17", "mi-17", None),
        ("PzH2000", "pzh-2000", None),
        ("Panzerhaubitze 2000", "pzh-2000", None),
        ("K9A1", "k9", "A1"),
        ("K-9 Thunder", "k9", None),
        ("K2GF", "k2", "GF"),
        ("K2 Black Panther", "k2", None),
        ("M1A2 SEPv3", "m1-abrams", "A2 SEPv3"),
        ("M1A2T Abrams", "m1-abrams", "A2T"),
        ("M-1A1", "m1-abrams", "A1"),
        ("F/A-18E/F Super Hornet", "f-a-18", "E/F"),
        ("FA-18", "f-a-18", None),
        ("F-18", "f-a-18", None),
        ("KN-23", "hwasong-11", None),
        ("Hwasong-11Ga", "hwasong-11", "Ga"),
        ("JAS 39 Gripen", "gripen", None),
        ("JAS-39C/D", "gripen", "C/D"),
        ("A-400M", "a400m", None),
        ("A400Ms", "a400m", None),
        ("C-390", "kc-390", None),
        ("C-130J-30 Super Hercules", "c-130", "J-30"),
        ("Mirage 2000-5", "mirage-2000", "5"),
        ("Mirage F1", "mirage-f1", None),
        ("Mirage III", "mirage-iii", None),
        ("Wing Loong II", "wing-loong-ii", None),
        ("King Air 350", "king-air-350", None),
        ("Type 212CD", "type-212cd", None),
        ("Type-212A", "type-212", "A"),
        ("Type 054A/P", "type-054a", "A/P"),
        ("Type 209/1400", "type-209", "1400"),
        ("MEKO A-200", "meko", None),
        ("JF-17 Block III", "jf-17", "Block III"),
        ("F-CK-1", "ching-kuo", None),
        ("9K33 Osa", "osa", None),
        ("2S19M2", "2s19", "M2"),
        ("EL/W-2085", "el-w-2085", None),
        ("F404-GE-IN20", "f404", "GE-IN20"),
        ("S-70i Black Hawk", "uh-60", "i"),
        ("Shahed-136", "shahed-136", None),
        ("BM-21 “Grad”", "grad", None),
    ],
)
def test_a_designation_is_read_in_every_spelling(written, family, variant):
    text = f"The ministry ordered {written}, it said."
    assert read(text) == [(written, family, variant)]


@pytest.mark.parametrize("hyphen", ["-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2212"])
def test_typographic_hyphens_are_hyphens(hyphen):
    text = f"Su{hyphen}35S and F{hyphen}16 jets"
    assert read(text) == [(f"Su{hyphen}35S", "su-35", "S"), (f"F{hyphen}16", "f-16", None)]


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u2009", "\u202f"])
def test_typographic_blanks_are_blanks(blank):
    assert read(f"Leopard{blank}2A6") == [(f"Leopard{blank}2A6", "leopard-2", "A6")]


def test_the_variant_is_given_with_plain_hyphens_and_blanks():
    assert read("Mi‑17V‑5 and F-16C/D\u00a0Block\u00a070")[0][2] == "V-5"
    assert read("F-16C/D\u00a0Block\u00a070")[0][2] == "C/D Block 70"


@pytest.mark.parametrize(
    "text",
    [
        "a pack of 72 hours", "155mm shells", "155 mm howitzers", "T-72 hours before launch", "see page F-16 for more", "as shown in figure F-16",
        "an 26-year-old from Kyiv", "An 26-year-old was held", "A 10 billion euro plan", "At 4 pm", "AN 124 PEOPLE", "Tor-M1 systems", "Buk-M2 launchers",
        "the G-20 summit", "COVID-19", "B2B sales", "Boeing 737", "Formula 1", "Agenda 2030", "on the 16th", "in 2016", "F-16th", "XF-16X9Z8Q7", "f-16",
        "S 400 million", "F 16 percent", "the A380", "G7 ministers", "MH17", "AP-3", "Su-35,000", "$F-", "", "-", "F-", "Leopard", "IPhone 16",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_designation_is_none(text):
    assert certain(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "K2 climbers reached the top",
        "traffic on the M1 motorway",
        "a sheet of A-4 paper",
        "press the F5 key",
        "B-2 visa",
        "an Audi A-4",
    ],
)
def test_an_everyday_spelling_is_weak(text):
    assert certain(text) == []
    assert len(families(text)) == 1


def test_a_name_listed_without_its_hyphen_is_weak_only_without_hyphen():
    found = Designations([("f-5", "F-5"), ("a-4", "A-4")], weak=[("f-5", "F5"), ("a-4", "A-4")])
    weak = {d.system_id: d.weak for d in found.find("F-5E and A-4")}
    assert weak == {"f-5": False, "a-4": True}
    assert [d.weak for d in found.find("F5, F 5, A4, A 4 of them")] == [True, True, True]


def test_a_nickname_beside_a_designation_makes_it_certain():
    assert certain("Seoul shipped K2 Black Panther tanks; K2 climbers") == ["k2"]
    assert certain("the Abrams M1 tank") == ["m1-abrams"]


def test_the_word_after_a_designation_is_no_variant():
    assert read("an F-16 of the air force")[0] == ("F-16", "f-16", None)
    assert read("F-16 U.S. officials")[0][2] is None
    assert read("an S-400 A day later")[0][2] is None
    assert read("F-16-armed units")[0] == ("F-16", "f-16", None)
    assert read("the Su-35-US quarrel")[0] == ("Su-35", "su-35", None)


def test_designations_side_by_side_are_told_apart():
    assert families("F-15/F-16, F15/F16 and MiG-29/Su-30 or S-300/S-400") == [
        "f-15",
        "f-16",
        "f-15",
        "f-16",
        "mig-29",
        "su-30",
        "s-300",
        "s-400",
    ]
    assert families("16 F-16 Block 70 jets, 14 Leopard 2A4s and 8 K9A1s") == ["f-16", "leopard-2", "k9"]
    assert families("BMP-1, BMP-2 and BMP-3") == ["bmp-1", "bmp-2", "bmp-3"]


def test_a_compound_keeps_its_designation():
    assert read("ex-F-16s and non-S-400 systems")[0] == ("F-16s", "f-16", None)


def test_families_that_are_near_are_not_folded():
    assert families("S-300 and S-350 and S-400") == ["s-300", "s-350", "s-400"]
    assert families("Type 212A, Type 212CD, Type 214") == ["type-212", "type-212cd", "type-214"]
    assert families("Mi-24, Mi-25 and Mi-35") == ["mi-24", "mi-24", "mi-35"]
    assert families("a CF-5 and an F-5") == ["cf-5", "f-5"]


def test_a_variant_that_is_a_family_of_its_own_is_read_as_that():
    found = Designations([("jassm", "AGM-158"), ("lrasm", "AGM-158C")])
    assert [(d.system_id, d.variant) for d in found.find("AGM-158B and AGM-158C")] == [("jassm", "B"), ("lrasm", None)]


@pytest.mark.parametrize(
    ("text", "name", "whole", "variant"),
    [
        ("Rafale-M jets", "Rafale", "Rafale-M", "M"),
        ("Rafale F4 jets", "Rafale", "Rafale F4", "F4"),
        ("Gripen E/F order", "Gripen", "Gripen E/F", "E/F"),
        ("IRIS-T SLM batteries", "IRIS-T", "IRIS-T SLM", "SLM"),
        ("Tor-M1 systems", "Tor", "Tor-M1", "M1"),
        ("Harpoon Block II missiles", "Harpoon", "Harpoon Block II", "Block II"),
        ("Tejas Mk1A jets", "Tejas", "Tejas Mk1A", "Mk1A"),
        ("Taurus-US quarrel", "Taurus", "Taurus", None),
        ("Rafale jets", "Rafale", "Rafale", None),
    ],
)
def test_a_name_takes_the_variant_behind_it(text, name, whole, variant):
    end, found = variant_after(text, len(name))
    assert (text[:end], found) == (whole, variant)


@pytest.mark.parametrize("name", ["Gripen", "Fighting Falcon", "MEKO", "A330 MRTT", "T-84 Oplot", ""])
def test_a_name_without_a_number_at_its_end_is_no_designation(name):
    assert not is_designation(name)


def test_a_designation_that_the_grammar_cannot_read_is_refused_by_name():
    with pytest.raises(ValueError, match=r'"Gripen" of "gripen".*as in F-16'):
        Designations([("gripen", "Gripen")])


PIECES = [
    "F-16",
    "F16C/D",
    " Block 70/72",
    "Leopard",
    " 2",
    "A4",
    "-",
    "/",
    " ",
    "\u00a0",
    "K2",
    " Black Panther",
    "Mi-8/17",
    "S‑400",
    "s",
    "M1A2 SEPv3",
    "II",
    "9K33",
    ".",
    "İ",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=14).map("".join))
def test_spans_are_in_order_apart_and_within_the_text(text):
    found: list[Designation] = shipped().find(text)
    ends = [0, *(d.end for d in found)]
    assert all(end <= d.start < d.end <= len(text) for end, d in zip(ends, found, strict=False))
    assert all(text[d.start].isupper() or text[d.start].isalnum() for d in found)
