"""Grammar: the word lists of events.yaml by which sentences are read, and the classes of words that no lexicon changes."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

NOMINAL = frozenset(("poss", "compound", "amod", "nmod", "nummod", "npadvmod", "appos", "quantmod"))
OBJECTS = frozenset(("dobj", "dative", "obj"))
SUBJECTS = frozenset(("nsubj", "nsubjpass"))
TO = frozenset(("to", "for", "into", "towards", "toward"))
IN = frozenset(("in", "at", "near", "inside", "on"))
LOOSE = frozenset(("with", "in", "on", "at", "of", "over"))  # these belong to the noun that the parser ties them to
PREPOSITIONS = TO | IN | LOOSE | frozenset(
    ("from", "by", "between", "against", "via", "through", "about", "under", "across", "among", "amid", "around", "within")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grammar:
    """Word lists in lower case; events.yaml tells what each is for."""

    receiving: frozenset[str]
    institutions: frozenset[str]
    makers: frozenset[str]
    made: frozenset[str]
    not_made: frozenset[str]
    owned: frozenset[str]
    back_references: frozenset[str]
    pronouns: frozenset[str]
    elsewhere: frozenset[str]
    examples: frozenset[str]
    object_control: frozenset[str]
    hosting: frozenset[str]
    saying: frozenset[str]
    goods: frozenset[str]
    military: frozenset[str]
    claims: frozenset[str]
    speaking: frozenset[str]
    traded: frozenset[str]
    other_verbs: frozenset[str]
    boundaries: frozenset[str]

    @classmethod
    def of(cls, events: Mapping[str, Any]) -> "Grammar":
        """The lists of events.yaml; KeyError names one that is missing."""
        return cls(**{f.name: frozenset(map(str, events["grammar"][f.name])) for f in fields(cls)})
