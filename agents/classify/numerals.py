"""Numerals: numbers as newspapers write them, in digits, in words, or both."""

import re

NUMBER = r"\d{1,3}(?:[,.   ]\d{3})+(?!\d)|\d+(?:[.,]\d+)?"  # 1,200 and 1.200.000 and 800 000; 1.2 and 1,2
SMALL = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
MULTIPLES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
WORDS = (
    {word: value for value, word in enumerate(SMALL)}
    | {word: 10 * value for value, word in enumerate(TENS.split(), 2)}
    | MULTIPLES
    | {"a": 1, "an": 1}
)
SHORT = {"k": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "b": 1e9, "bn": 1e9, "bln": 1e9, "tn": 1e12}
SCALES = {**MULTIPLES, **SHORT, "lakh": 1e5, "crore": 1e7, "lakh crore": 1e12}
SPELLED = "|".join(sorted((word for word in WORDS if word not in ("a", "an", "zero")), key=len, reverse=True))
THOUSANDS = re.compile(r"\d{1,3}(?:[,   ]\d{3})+|\d{1,3}(?:\.\d{3}){2,}")
SCALED = re.compile(rf"({NUMBER})\s?([a-z]+)?")


def number(raw: str) -> float | None:
    """The value of digits with separators; None for what is no number."""
    plain = re.sub(r"[,.   ]", "", raw) if THOUSANDS.fullmatch(raw) else raw.replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return None


def numeral(raw: str) -> float | None:
    """The value of a numeral in digits or words, with its scale: 1.2m, two dozen, thirty-five, 800 000."""
    text = raw.lower()
    if text.startswith("half a "):
        multiple = MULTIPLES.get(text.rsplit(None, 1)[-1])
        return multiple / 2 if multiple else None
    pieces = re.split(r"[\s-]+", text)
    if all(piece in WORDS for piece in pieces):
        return _spelled(pieces)
    match = SCALED.fullmatch(text)
    value = number(match[1]) if match else None
    if match is None or value is None:
        return None
    return value * SCALES.get(match[2] or "", 0 if match[2] else 1) or None


def _spelled(pieces: list[str]) -> float:
    total = 0.0
    for piece in pieces:
        total = max(total, 1) * MULTIPLES[piece] if piece in MULTIPLES else total + WORDS[piece]
    return total
