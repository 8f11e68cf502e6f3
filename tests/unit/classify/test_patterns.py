import pytest

from agents.classify.patterns import pattern


def test_phrases_are_found_as_whole_words_in_any_case():
    found = pattern(["arms deal", "sold?"], "events.yaml")
    assert found.search("An Arms Deal was struck")
    assert not found.search("firearms deals")


def test_a_phrase_that_yaml_read_as_something_else_is_named():
    with pytest.raises(ValueError, match=r"events.yaml: phrases: policy: \{'a': 'b'\}"):
        pattern([{"a": "b"}], "events.yaml: phrases: policy")


def test_a_broken_phrase_is_named():
    with pytest.raises(ValueError, match=r"cues.yaml: deny: '\(never'"):
        pattern(["(never"], "cues.yaml: deny")
