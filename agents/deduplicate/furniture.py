"""What agencies and sites put around a story, and the story without it; the words stand in config/lexicon/furniture.yaml."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

STORY_LEAST = 40  # characters of a text that are story whatever they look like
BETWEEN = r".{0,200}?"  # for the three dots in an ending: *The post HEADLINE appeared first on SITE*
DASH = r"[-–—:]"

_PLACE = r"(?:[A-Z][\w.'’/-]*[, ]{0,2}){1,7}"  # WASHINGTON, KYIV, Ukraine
_DAY = r"(?:\d{1,2}\s*)?"
# BERLIN, March 3 — with the place in capitals, where no agency signs
_DATED_PLACE = r"[A-Z]{4}[A-Z .,'’/-]{0,40}(?:,? (?:[A-Z][a-z]{2,8}\.? \d{1,2}|\d{1,2} [A-Z][a-z]{2,8}))?\s*[-–—]+\s+"
# A text may have been cut inside a word, a name or a figure (sixteen… was sixteen billion): its last word goes too.
_CUT = re.compile(r"(?:\s+\S+?)?\s*(?:\[(?:…|\.\.\.|&hellip;)\]|…|\.\.\.)\s*$")


class Furniture:
    """Cuts off what is not story."""

    def __init__(self, lists: Mapping[str, Any]) -> None:
        agencies, tags = _either(lists["agencies"]), _either(lists["tags"])
        self.agency_words = frozenset(word.lower() for name in lists["agencies"] for word in name.split())
        self._dateline = re.compile(
            rf"\s*(?:(?:{_PLACE}{_DAY})?[(\[](?:{agencies})[^)\]]{{0,30}}[)\]]\s*(?:{DASH}+\s*)?"
            rf"|(?:{agencies})\s*{DASH}+\s+|{_DATED_PLACE})"
        )
        self._tag = re.compile(
            rf"\s*(?:[(\[](?:{tags})(?:[ -]?\d{{1,2}})?[)\]]\s*(?:[-–—:|]+\s*)?|(?:{tags})(?:[ -]?\d{{1,2}})?\s*[-–—:|]+\s*)",
            re.IGNORECASE,
        )
        self._signature = re.compile(
            rf"\s+[-–—|]\s+(?:{agencies})\s*$|\s+\|\s+[^|]{{2,40}}$|\s*[(\[](?:{agencies})[)\]]\s*$"
        )
        endings = (re.escape(ending).replace(r"\.\.\.", BETWEEN).replace(r"\ ", " ") for ending in lists["endings"])
        self._ending = re.compile(rf"(?<!\w)(?:{'|'.join(endings)})(?!\w)")

    def bare_title(self, title: str, outlet: str = "") -> str:
        """The headline without tags of updates and without the name of its outlet or agency."""
        bare = title
        while found := self._tag.match(bare):
            bare = bare[found.end() :]
        if outlet:
            bare = re.sub(rf"\s+[-–—|]\s+{re.escape(outlet)}\s*$", "", bare, flags=re.IGNORECASE)
        bare = self._signature.sub("", bare)
        dateline = self._dateline.match(bare)
        return (bare[dateline.end() :] if dateline else bare).strip() or title

    def bare_text(self, text: str) -> str:
        """The story without its dateline and without what the site appends."""
        dateline = self._dateline.match(text)
        bare = text[dateline.end() :] if dateline else text
        ending = self._ending.search(bare, STORY_LEAST)
        return _CUT.sub("", bare[: ending.start()] if ending else bare).strip() or text


def _either(phrases: Iterable[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


@cache
def shipped_furniture() -> Furniture:
    """The words that Armswire ships."""
    return Furniture(
        yaml.safe_load(resources.files("config").joinpath("lexicon/furniture.yaml").read_text(encoding="utf-8"))
    )
