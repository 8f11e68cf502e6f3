"""How rare a word is in the news, from the shipped table; and the one way in which the rules here write a word."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

UNLISTED = 4.2  # weight of a word beyond the table: in fewer than one item of 10,000
NUMERAL = 2.0  # weight of a figure: editors round and reformat them
NAMED = 2.0  # weight of a state, maker or system: rare in English, but not in reports on the arms trade
SHORTEST_PLURAL = 4  # letters; below this a final s is part of the word: gas, bus

_AMERICAN = "defense offense license program armor labor neighbor harbor center favor caliber"
_BRITISH = "defence offence licence programme armour labour neighbour harbour centre favour calibre"
_SPELLINGS = dict(zip(_AMERICAN.split(), _BRITISH.split(), strict=True))
_ENDINGS = (("ization", "isation"), ("izing", "ising"), ("ized", "ised"), ("ize", "ise"), ("ored", "oured"))


@cache
def plain(word: str) -> str:
    """A lower-case word in the singular and in British spelling, so that two editors' forms are one."""
    if len(word) > SHORTEST_PLURAL and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        if word.endswith("ies"):
            word = word[:-3] + "y"
        else:
            word = word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]
    for american, british in _ENDINGS:
        if word.endswith(american) and len(word) > len(american) + 2 and not word.endswith("stored"):
            word = word.removesuffix(american) + british
            break
    return _SPELLINGS.get(word, word)


class Rarity:
    """Weights of words, the rarer the heavier: -log10 of the share of news items that hold the word."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = MappingProxyType(dict(weights))

    def weight(self, word: str) -> float:
        """The weight of a word as ``plain`` writes it, of a figure, or of a name that starts with ``@``."""
        if word[0] == "@":
            return NAMED
        if word[0].isdigit():
            return NUMERAL
        return self._weights.get(word, UNLISTED)


@cache
def shipped_rarity() -> Rarity:
    """The table that Armswire ships, config/lexicon/word_frequency.csv."""
    text = resources.files("config").joinpath("lexicon/word_frequency.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return Rarity({row["word"]: float(row["weight"]) for row in rows})
