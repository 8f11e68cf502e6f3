"""Reading the lexicon: the shipped files, a user's laid over them, and every mistake told with file, key and value."""

from pathlib import Path

import pytest

from config.lexicons import SHIPPED, Surface, load_lexicon
from config.mistakes import ConfigurationError
from streams.language.mentions import Kind, Mentions


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_lexicon(folder)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_the_shipped_lexicon_has_no_mistake_and_a_fingerprint_of_each_file():
    lexicon = load_lexicon()
    assert {"countries.csv", "firms.csv", "systems.csv", "classes.csv", "vetoes.yaml", "gate.yaml"} <= set(
        lexicon.versions
    )
    assert all(len(digest) == 64 for digest in lexicon.versions.values())
    assert "f-16" in lexicon.system_ids
    assert {"DE", "XK", "EU", "houthi"} <= lexicon.country_codes


def test_an_unchanged_lexicon_is_not_read_twice(tmp_path):
    assert load_lexicon() is load_lexicon()
    assert load_lexicon(tmp_path / "not-there") is load_lexicon()
    assert load_lexicon(SHIPPED) is load_lexicon()


def test_a_user_adds_a_system_in_three_lines(tmp_path):
    write(
        tmp_path,
        systems="add:\n  - {id: zephyr-9, name: Zephyr 9, class: drone, origin: [GB],\n     surfaces: [Zephyr Nine]}\n",
    )
    lexicon = load_lexicon(tmp_path)
    assert lexicon.systems["zephyr-9"].origin == ("GB",)
    assert "f-16" in lexicon.systems
    assert [m.id for m in Mentions(lexicon).find("Two Zephyr Nine drones") if m.kind is Kind.SYSTEM] == ["zephyr-9"]
    assert set(lexicon.versions) > set(load_lexicon().versions)


def test_a_changed_file_makes_another_lexicon(tmp_path):
    write(tmp_path, firms="add: [{id: acme, name: Acme Arms, country: FR}]")
    first = load_lexicon(tmp_path)
    write(tmp_path, firms="add: [{id: acme, name: Acme Arms, country: BE}]")
    second = load_lexicon(tmp_path)
    assert (first.firms["acme"].country, second.firms["acme"].country) == (("FR",), ("BE",))
    assert first.versions["user/firms.yaml"] != second.versions["user/firms.yaml"]


def test_a_row_of_a_known_id_widens_its_lists_and_replaces_its_single_values(tmp_path):
    write(tmp_path, firms="add: [{id: baykar, name: Baykar Ltd, surfaces: [Kale Baykar]}]")
    firm, shipped = load_lexicon(tmp_path).firms["baykar"], load_lexicon().firms["baykar"]
    assert firm.name == "Baykar Ltd"
    assert firm.surfaces == (*shipped.surfaces, "Kale Baykar")
    assert firm.country == shipped.country


def test_a_user_removes_rows_and_phrases(tmp_path):
    write(
        tmp_path,
        countries="remove: [taliban]",
        vetoes="remove: {phrases: [Patriot Act]}\nadd: {topics: {chess: [chess]}}",
    )
    lexicon = load_lexicon(tmp_path)
    assert "taliban" not in lexicon.country_codes
    assert "Patriot Act" not in lexicon.vetoes.phrases
    assert lexicon.vetoes.topics["chess"] == ("chess",)


def test_every_mistake_is_told_at_once_with_the_nearest_valid_name(tmp_path):
    write(
        tmp_path,
        systems="add: [{id: One Two, name: X, class: tnak, origin: [DEE]}]\nremove: [f-161]",
        firms="ad: []",
        sytems="add: []",
    )
    found = "\n".join(mistakes(tmp_path))
    assert 'class "tnak" is not known; did you mean "tank"?' in found
    assert 'origin "DEE" is not known' in found
    assert 'id "One Two"' in found
    assert 'no id "f-161"; did you mean "f-16"?' in found
    assert 'lexicon/firms.yaml: unknown key "ad"' in found
    assert 'lexicon/sytems.yaml: not a file of the lexicon; did you mean "systems.yaml"?' in found


def test_an_unknown_column_and_a_missing_name_are_mistakes(tmp_path):
    write(tmp_path, firms="add: [{id: acme, nmae: Acme, country: FR}]")
    found = "\n".join(mistakes(tmp_path))
    assert 'lexicon/firms.yaml: "acme": unknown column "nmae"; did you mean "name"?' in found
    assert 'lexicon/firms.yaml: "acme": name is missing' in found


def test_a_strong_name_of_two_systems_is_a_mistake(tmp_path):
    write(tmp_path, systems="add: [{id: other, name: Other, class: tank, surfaces: [Iron Dome]}]")
    assert any('surface "Iron Dome" belongs to' in mistake for mistake in mistakes(tmp_path))


@pytest.mark.parametrize("text", ["add: [", "- a list", "add: {name: no list}"])
def test_a_broken_file_is_a_mistake_not_a_crash(tmp_path, text):
    assert mistakes(write(tmp_path, firms=text))


def test_dated_and_conditional_forms_are_read(tmp_path):
    write(
        tmp_path,
        countries='add: [{code: FR, leaders: ["Doe@2001-2005", "Roe@2009-"], abbreviations: ["ABC?BE LU", "DEF?"]}]',
    )
    france = load_lexicon(tmp_path).countries["FR"]
    assert Surface("Doe", 2001, 2005) in france.leaders
    assert Surface("Roe", 2009) in france.leaders
    assert Surface("ABC", needs=("BE", "LU")) in france.abbreviations
    assert Surface("DEF", needs=("FR",)) in france.abbreviations


def test_a_form_that_cannot_be_read_is_a_mistake(tmp_path):
    write(tmp_path, countries='add: [{code: FR, leaders: ["Doe@01-2005"]}]')
    assert any('cannot read "Doe@01-2005"' in mistake for mistake in mistakes(tmp_path))


def test_rows_of_the_shipped_tables_stand_in_order():
    for name in ("countries", "firms"):
        lines = (SHIPPED / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        keys = [line.split(",")[0] for line in lines if not line.startswith("#")][1:]
        assert keys == sorted(keys, key=lambda key: (key.islower(), key)), name
