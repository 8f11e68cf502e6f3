"""The figures of a text as values: 12, twelve, €1.2bn; without years, dates and one."""

import re

_DIGITS = "one two three four five six seven eight nine"
_UPWARDS = f"zero {_DIGITS} ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_WORDS = {word: value for value, word in enumerate(_UPWARDS.split())}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)} | {"dozen": 12}
_RANKS = {word: value for value, word in enumerate(_ORDINALS.split())}
_MAGNITUDES = {"dozen": 12.0, "hundred": 1e2, "lakh": 1e5, "crore": 1e7}
_MAGNITUDES |= dict.fromkeys(("thousand", "k"), 1e3) | dict.fromkeys(("million", "mln", "mn", "m"), 1e6)
_MAGNITUDES |= dict.fromkeys(("billion", "bln", "bn", "b"), 1e9) | dict.fromkeys(("trillion", "tn"), 1e12)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}\b|\b\d{{1,2}}[:.]\d\d\s*(?:gmt|utc|am|pm)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.-])(?P<currency>[$€£¥₹]|us\$|usd|eur)?\s?"
    rf"(?:(?P<digits>\d+(?:[,\u00a0]\d{{3}})*(?:\.\d+)?)|(?P<word>{'|'.join(sorted(_WORDS, key=len, reverse=True))}))"
    rf"(?:-(?P<unit>{'|'.join(_DIGITS.split())}))?"
    rf"(?:(?P<ordinal>st|nd|rd|th)|[\s-]?(?P<magnitude>{'|'.join(sorted(_MAGNITUDES, key=len, reverse=True))}))?(?!\w)",
    re.IGNORECASE,
)
_RANK = re.compile(rf"\b(?:{'|'.join(_RANKS)})\b(?! (?:time|day|quarter|half|week|month|year|round))", re.IGNORECASE)
YEARS = range(1945, 2071)
# "one" is mostly a pronoun: it tells no two stories apart.
NOTHING = ("0", "1")


def numbers(text: str) -> list[tuple[int, str]]:
    """The figures of a text with their offsets, each value in one way of writing; ranks (``3th``) are apart from counts."""
    text = _DATE.sub(lambda found: " " * len(found[0]), text)
    values = [(found.start(), f"{_RANKS[found[0].lower()]}th") for found in _RANK.finditer(text)]
    for found in _NUMBER.finditer(text):
        value = _value(found)
        bare_year = (
            value in YEARS and found["digits"] == f"{value:g}" and not found["currency"] and not found["magnitude"]
        )
        if not bare_year:
            values.append((found.start(), f"{value:g}th" if found["ordinal"] else f"{value:.12g}"))
    return [(at, value) for at, value in values if value not in NOTHING]


def _value(found: re.Match[str]) -> float:
    digits, word = found["digits"], found["word"]
    value = float(re.sub(r"[,\u00a0]", "", digits)) if digits else float(_WORDS[word.lower()])
    value += _WORDS[found["unit"].lower()] if found["unit"] else 0
    return value * _MAGNITUDES.get((found["magnitude"] or "").lower(), 1.0)
