"""The sentence that decided: where in a text the evidence of an event lies. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

DECIDING = ("types", "suppliers", "recipients", "systems", "assertion", "relevant")
SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[A-Z\"“‘(])")
LONGEST = 300  # a sentence beyond this is a list or a table


def because(evidence: Sequence[Mapping[str, Any]], title: str, summary: str) -> str:
    """The sentence with the most spans of evidence, the one of the type first; a span's own words where no text is known."""
    texts = {"title": title, "summary": summary, "text": summary}
    votes: dict[str, int] = {}
    for span in evidence:
        text = texts.get(str(span["source"]), "")
        if span["field"] not in DECIDING or not text:
            continue
        found = sentence_at(text, int(span["start"]))
        votes[found] = votes.get(found, 0) + (2 if span["field"] == "types" else 1)
    if votes:
        return max(votes, key=lambda sentence: votes[sentence])[:LONGEST]
    words = [str(span["text"]) for span in evidence if span["field"] in DECIDING]
    return " … ".join(dict.fromkeys(words))[:LONGEST]


def sentence_at(text: str, position: int) -> str:
    """The sentence around a code point of the text."""
    start = 0
    for end in SENTENCE_END.finditer(text):
        if end.start() > position:
            return text[start : end.start()].strip()
        start = end.end()
    return text[start:].strip()
