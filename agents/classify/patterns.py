"""Patterns: lists of regular expressions from the lexicon as one, each mistake told with its place."""

import re
from collections.abc import Sequence
from typing import Any


def pattern(phrases: Sequence[Any], where: str) -> re.Pattern[str]:
    """One pattern of whole words, whatever the case; ValueError names the phrase that is none."""
    for phrase in phrases:
        try:
            re.compile(phrase)
        except (re.error, TypeError) as error:
            raise ValueError(
                f"{where}: {phrase!r} is no regular expression ({error}); quote it where it holds a colon"
            ) from error
    return re.compile(r"(?<!\w)(?:" + "|".join(phrases) + r")(?!\w)", re.IGNORECASE)
