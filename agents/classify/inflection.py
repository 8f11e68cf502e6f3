"""Inflection: the written forms of English verbs and nouns; the irregular ones are given."""

from collections.abc import Iterable, Mapping, Sequence

Irregular = Mapping[str, Sequence[str]]


def inflect(word: str, irregular: Irregular, *, verb: bool) -> set[str]:
    """The forms of a verb, or of a noun, in lower case."""
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        plural, past = word[:-1] + "ies", word[:-1] + "ied"
    else:
        plural = word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")
        past = word + ("d" if word.endswith("e") else "ed")
    if not verb:
        return {word, plural}
    gerund = (word[:-1] if word.endswith("e") and not word.endswith("ee") else word) + "ing"
    return {word, plural, past, gerund, *irregular.get(word, ())}


def verb_forms(verbs: Iterable[object], irregular: Irregular) -> frozenset[str]:
    """The forms of verbs of one word."""
    return frozenset(
        form for verb in map(str, verbs) if " " not in verb for form in inflect(verb, irregular, verb=True)
    )
