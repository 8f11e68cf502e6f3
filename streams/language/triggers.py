"""Words of transfer, for a first look: those of gate.yaml, and every trigger of events.yaml with its endings."""

from collections.abc import Iterator

from config.lexicons import Lexicon

SHORT = 5  # letters up to which a verb gets its endings spelled out, since end* would also be endorse
ENDINGS = ("", "s", "ed", "d", "ing")


def transfer_triggers(lexicon: Lexicon) -> list[str]:
    """Words and phrases, a final * standing for any ending."""
    words = dict.fromkeys(map(str, lexicon.gate["triggers"]))
    for group in lexicon.events.get("triggers", ()):
        for phrase in (*group.get("verbs", ()), *group.get("nouns", ())):
            words |= dict.fromkeys(_spelled(str(phrase), lexicon))
    return list(words)


def _spelled(phrase: str, lexicon: Lexicon) -> Iterator[str]:
    first, blank, rest = phrase.partition(" ")
    irregular = lexicon.events.get("irregular", {}).get(first, ())
    if not blank and len(first) > SHORT:
        yield first.rstrip("ey") + "*"
    else:
        yield from (f"{first}{ending}{blank}{rest}" for ending in ENDINGS)
    yield from (f"{form}{blank}{rest}" for form in irregular)
