"""Amounts: quantities of weapons and dates, read from the original text."""

import re
from collections.abc import Sequence
from datetime import date

from agents.classify.numerals import NUMBER, SPELLED, numeral
from streams.language.mentions import Kind, Mention
from streams.records import Date, Quantity

MOST = 20  # quantities and dates of one text that are kept
REACH = 60  # characters between a count and its weapon
BEFORE = 80  # characters before a count that tell its stage
VAGUE = {
    "tens of thousands": (20_000, 99_999), "hundreds of thousands": (200_000, 999_999), "dozens": (24, 99), "scores": (40, 99),
    "hundreds": (200, 999), "thousands": (2_000, 9_999), "several": (3, 9),
}  # fmt: skip
UNITS = {
    "battery": "batteries", "launcher": "launchers", "container": "containers", "round": "rounds", "squadron": "squadrons",
    "regiment": "regiments", "unit": "units", "system": "systems", "set": "sets",
    "tonne": "tonnes", "ton": "tons", "crate": "crates",
    "battalion": "battalions",
}  # fmt: skip
UNIT = "|".join((*UNITS.values(), *UNITS))
COUNT = re.compile(
    r"(?:(?P<bound>up to|at least|more than|over|some|about|around|roughly|nearly|almost|fewer than|as many as)\s+)?"
    rf"(?<![\w$€£¥.,/-])(?P<value>(?:{'|'.join(VAGUE)})(?: of)?|(?:a|one|two|three|half a) (?:dozen|hundred|million|thousand)"
    rf"|(?:{NUMBER})\s?(?:million|thousand|m|k|dozen)?\b|(?:{SPELLED})(?:[- ](?:{SPELLED}))*"
    r"|an?(?= (?:battery|squadron|regiment) of))(?![\w/])",
    re.IGNORECASE,
)
# A number before one of these counts no weapons: calibres, ranges, weights, times, money, shares, people.
OTHER = re.compile(
    r"[\s-]*(?:mm|cm|km|kg|lb|pounds?|tonnes?|tons?|miles?|kilomet|met(?:er|re)s?|years?|days?|months?|weeks?|hours?|minutes?"
    r"|per\s?cent|pct|%|[-–]year|people|soldiers|troops|euros?|dollars?|dlrs|x\d)",
    re.IGNORECASE,
)
APART = re.compile(
    r"[.;:,()]|\b(?:and|for|to|from|by|with|that|which|will|is|are|were|was|has|have|in|at|on|of)\b(?! the\b)"
)
LONGEST_GAP = 4  # words between a count and its weapon
FROM_YEAR, TO_YEAR = 1900, 2100  # bare numbers between are years
AT_MOST, AT_LEAST = ("up to", "as many as", "fewer than"), ("at least", "more than", "over")
STAGES = (
    ("delivered", re.compile(r"deliver(?:ed|ies|s)|receiv|arriv|handed|shipped|sent\b|landed|took", re.IGNORECASE)),
    ("pledged", re.compile(r"pledg|promis|donat|will (?:send|give|provide)|to (?:send|give|donate)", re.IGNORECASE)),
    ("requested", re.compile(r"ask|request|seek|want|interest", re.IGNORECASE)),
    ("ordered", re.compile(r"order|buy|bought|purchas|contract|sign|deal|acquir|procur|select", re.IGNORECASE)),
)
PART = re.compile(r"\bof (?:the |a total of )?$", re.IGNORECASE)  # "three of 32": the second is what was ordered
MONTHS = {
    name: month
    for month, name in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        1,
    )
}
DATE = re.compile(
    rf"\b(?P<lead>by|in|until|before|since|from|during|on|late|early|mid)[\s-](?:(?P<day>\d{{1,2}})\s+)?(?:(?P<month>{'|'.join(MONTHS)})\s+"
    r"(?:(?P<late>\d{1,2}),?\s+)?)?(?P<year>(?:19|20)\d{2})(?![\d–-])",
    re.IGNORECASE,
)


def quantities(text: str, mentions: Sequence[Mention]) -> list[Quantity]:
    """Counts that stand before a weapon or its unit; calibres, designations, sums and years count nothing."""
    weapons = [m for m in mentions if m.kind in (Kind.SYSTEM, Kind.WEAPON)]
    found = [q for match in COUNT.finditer(text) if (q := _quantity(text, match, mentions, weapons)) is not None]
    return found[:MOST]


def _quantity(
    text: str, match: re.Match[str], mentions: Sequence[Mention], weapons: Sequence[Mention]
) -> Quantity | None:
    start, end = match.span("value")
    if any(m.start <= start < m.end for m in mentions) or OTHER.match(text, end):
        return None
    target = next((m for m in weapons if end <= m.start <= end + REACH and _joined(text[end : m.start])), None)
    unit = re.match(rf"\s+(?:\w+\s+)?({UNIT})\b(?:\s+of\b)?", text[end : end + REACH], re.IGNORECASE)
    part = re.match(r"\s+of\s+\d", text[end : end + REACH])
    if target is None and unit is None and part is None:
        return None
    quantity = _count(match)
    if quantity is None or (target is None and _year(match["value"])):
        return None
    if target is None and unit is not None:
        target = next((m for m in weapons if 0 <= m.start - end - unit.end() <= 2), None)
    after = re.match(rf"\s+({UNIT})\b", text[target.end :], re.IGNORECASE) if target is not None else None
    named = after or unit
    quantity.unit = _singular(named[1]) if named else None
    quantity.system = target.id if target is not None and target.kind is Kind.SYSTEM else None
    quantity.stage = _stage(text[max(0, start - BEFORE) : start])
    return quantity


def _joined(between: str) -> bool:
    return len(between.split()) <= LONGEST_GAP and not APART.search(between)


def _year(value: str) -> bool:
    return value.isdigit() and FROM_YEAR <= int(value) <= TO_YEAR


def _count(match: re.Match[str]) -> Quantity | None:
    raw, bound = re.sub(r"\s+of$", "", match["value"].lower()), (match["bound"] or "").lower()
    if raw in VAGUE:
        low, high = VAGUE[raw]
        return Quantity(min=low, max=high, approx=True)
    value = numeral(raw)
    if value is None:
        return None
    if bound in AT_MOST:
        return Quantity(max=value)
    return Quantity(min=value) if bound in AT_LEAST else Quantity(value=value, approx=bool(bound))


def _stage(before: str) -> str | None:
    if PART.search(before):
        return "ordered"
    nearest = [(m.end(), stage) for stage, words in STAGES for m in words.finditer(before)]
    return max(nearest)[1] if nearest else None


def _singular(unit: str) -> str:
    low = unit.lower()
    return next((one for one, many in UNITS.items() if low in (one, many)), low)


def dates(text: str) -> list[Date]:
    """Years, months and days that a preposition ties to the event."""
    return [_date(text, match) for match in DATE.finditer(text)][:MOST]


def _date(text: str, match: re.Match[str]) -> Date:
    year, month = int(match["year"]), MONTHS.get((match["month"] or "").lower())
    value, precision = f"{year:04d}", "year"
    if month:
        value, precision = f"{value}-{month:02d}", "month"
        day = int(match["day"] or match["late"] or 0)
        if _valid(year, month, day):
            value, precision = f"{value}-{day:02d}", "day"
    before = text[max(0, match.start() - BEFORE) : match.start()].lower()
    role = "order" if re.search(r"order|contract|sign|bought|deal", before) else "event"
    role = "delivery" if "deliver" in before else role
    return Date(
        role="expected" if match["lead"].lower() in ("by", "until", "before") else role,
        value=value,
        precision=precision,
    )


def _valid(year: int, month: int, day: int) -> bool:
    try:
        return bool(date(year, month, day))
    except ValueError:
        return False
