"""Amounts: quantities of weapons, sums of money and dates, read from the original text."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from streams.language.mentions import Kind, Mention
from streams.records import Date, Money, Quantity

WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
         "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
         "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
         "dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}  # fmt: skip
VAGUE = {"dozens": (24, 99), "scores": (40, 99), "hundreds": (200, 999), "thousands": (2000, 9999), "tens of thousands": (20000, 99999),
         "hundreds of thousands": (200000, 999999), "several": (3, 9), "a handful": (3, 6)}  # fmt: skip
SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "bln": 1e9, "billion": 1e9,
         "tn": 1e12, "trillion": 1e12, "lakh": 1e5, "crore": 1e7, "lakh crore": 1e12}  # fmt: skip
UNITS = [
    "batteries",
    "battery",
    "launchers",
    "launcher",
    "containers",
    "container",
    "rounds",
    "squadrons",
    "squadron",
    "regiments",
    "regiment",
    "units",
    "unit",
    "systems",
    "sets",
    "tonnes",
    "tons",
    "crates",
]
# A number with one of these behind it counts no weapons: calibres, ranges, weights, times, money, shares.
NOT_COUNTS = re.compile(r"[\s-]*(?:mm|cm|km|kg|lb|pounds?|tonnes?|tons?|miles?|kilomet|met(?:er|re)s?|years?|days?|months?|weeks?|hours?|minutes?|per\s?cent|pct|%|[-–]year|percent"
                        r"|people|soldiers|troops|euros?|dollars?|dlrs|x\d)", re.IGNORECASE)  # fmt: skip
NUMBER = r"\d{1,3}(?:[,.  ]\d{3})+(?!\d)|\d+(?:[.,]\d+)?"
SPELLED = "|".join(sorted((w for w in WORDS if w not in ("a", "an")), key=len, reverse=True))
COUNT = re.compile(
    rf"(?P<bound>up to|at least|more than|over|some|about|around|roughly|nearly|almost|fewer than|as many as|an additional)?\s*"
    rf"(?<![\w$€£¥.,/-])(?P<value>(?:tens of thousands|hundreds of thousands|dozens|scores|hundreds|thousands|several)(?: of)?"
    rf"|(?:a|one|two|three|half a) (?:dozen|hundred|million|thousand)|(?:{NUMBER})\s?(?:million|thousand|m|k|dozen)?\b|(?:{SPELLED})(?:-(?:{SPELLED}))?)(?![\w/])",
    re.IGNORECASE,
)
CURRENCIES = {"us$": "USD", "$": "USD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "c$": "CAD", "ca$": "CAD", "s$": "SGD", "hk$": "HKD", "nt$": "TWD",
              "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "rs": "INR", "rs.": "INR", "usd": "USD", "eur": "EUR", "gbp": "GBP",
              "inr": "INR", "chf": "CHF", "sek": "SEK", "nok": "NOK", "dkk": "DKK", "pln": "PLN", "aud": "AUD", "cad": "CAD", "jpy": "JPY",
              "krw": "KRW", "try": "TRY", "r$": "BRL", "dollar": "USD", "dollars": "USD", "dlr": "USD", "dlrs": "USD", "euro": "EUR", "euros": "EUR",
              "pound": "GBP", "pounds": "GBP", "stg": "GBP", "yen": "JPY", "won": "KRW", "rupee": "INR", "rupees": "INR", "zloty": "PLN",
              "zlotys": "PLN", "kronor": "SEK", "crowns": "CZK", "koruna": "CZK", "francs": "CHF", "lira": "TRY", "shekels": "ILS",
              "rand": "ZAR", "yuan": "CNY", "roubles": "RUB", "rubles": "RUB"}  # fmt: skip
SCALES = "lakh crore|million|billion|trillion|thousand|crore|lakh|mln|bln|bn|mn|tn|m|b|k"
BEFORE = re.compile(
    rf"(?<![\w])(?P<unit>US\$|AU?\$|NZ\$|CA?\$|S\$|HK\$|NT\$|R\$|\$|€|£|¥|₹|₩|Rs\.?|USD|EUR|GBP|INR|CHF|SEK|NOK|DKK|PLN|AUD|CAD|JPY|KRW)\s?"
    rf"(?P<value>{NUMBER})(?:[\s-]?(?P<scale>{SCALES})\b)?",
    re.IGNORECASE,
)
AFTER = re.compile(
    rf"(?<![\w$€£.,])(?P<value>{NUMBER})[\s-]?(?P<scale>{SCALES})?[\s-](?P<unit>(?:U\.?S\.? )?dollars?|dlrs?|euros?|pounds?|stg|yen|won|rupees?"
    r"|zlotys?|kronor|kroner|crowns|koruna|francs|lira|shekels|rand|yuan|roubles|rubles)\b(?![\s-](?:bomb|shell|warhead|missile))",
    re.IGNORECASE,
)
MONTHS = {name: number for number, name in enumerate(
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"], 1)}  # fmt: skip
DATE = re.compile(
    rf"(?P<lead>by|in|until|before|since|from|during|on|late|early|mid)[\s-](?:(?P<day>\d{{1,2}})\s+)?(?:(?P<month>{'|'.join(MONTHS)})\s+"
    r"(?:(?P<day2>\d{1,2}),?\s+)?)?(?P<year>(?:19|20)\d{2})(?![\d–-])",
    re.IGNORECASE,
)
STAGES = (
    ("delivered", re.compile(r"deliver(?:ed|ies|s)|receiv|arriv|handed|shipped|sent\b|landed|took", re.IGNORECASE)),
    ("pledged", re.compile(r"pledg|promis|donat|will (?:send|give|provide)|to (?:send|give|donate)", re.IGNORECASE)),
    ("requested", re.compile(r"ask|request|seek|want|interest", re.IGNORECASE)),
    ("ordered", re.compile(r"order|buy|bought|purchas|contract|sign|deal|acquir|procur|select", re.IGNORECASE)),
)


def quantities(text: str, mentions: Sequence[Mention]) -> list[Quantity]:
    """Counts that stand before a weapon or its unit; calibres, designations, sums and years count nothing."""
    found: list[Quantity] = []
    weapons = [m for m in mentions if m.kind in (Kind.SYSTEM, Kind.WEAPON)]
    for match in COUNT.finditer(text):
        start, end = match.span("value")
        if any(m.start <= start < m.end for m in mentions) or NOT_COUNTS.match(text, end):
            continue
        gap = re.compile(
            r"(?:[\s-]+(?!(?:and|for|to|from|in|by|with|on|at|that|which|will|is|are|were|was|has|have)\b)[\w'’/.-]+){0,4}?[\s-]+"
        ).match
        target = next(
            (
                m
                for m in weapons
                if end <= m.start <= end + 60 and (text[end : m.start].isspace() or _near(gap, text, end, m.start))
            ),
            None,
        )
        unit = re.match(rf"\s+(?:\w+\s+){{0,2}}?({'|'.join(UNITS)})\b", text[end : end + 40])
        if target is None and unit is None:
            continue
        quantity = _count(match)
        if quantity is None or (
            quantity.value is not None
            and 1900 <= quantity.value <= 2100
            and match["value"].isdigit()
            and target is None
        ):
            continue
        after = re.match(rf"\s+({'|'.join(UNITS)})\b", text[(target.end if target else end) :])
        quantity.unit = _singular(after[1]) if after else _singular(unit[1]) if unit and target is None else None
        quantity.system = target.id if target is not None and target.kind is Kind.SYSTEM else None
        around = text[max(0, start - 80) : start]
        quantity.stage = next((stage for stage, pattern in STAGES if pattern.search(around)), None)
        found.append(quantity)
    return found[:20]


def money(text: str) -> list[Money]:
    """Sums with their ISO 4217 currency; weights in pounds are none."""
    found: dict[tuple[float, str], Money] = {}
    for pattern in (BEFORE, AFTER):
        for match in pattern.finditer(text):
            value = _number(match["value"])
            scale = (match["scale"] or "").lower().replace("  ", " ")
            unit = match["unit"].lower().replace("u.s. ", "").replace("us ", "")
            currency = CURRENCIES.get(unit)
            if unit in ("kroner",):
                currency = "DKK" if re.search(r"Danish|Denmark", text) else "NOK"
            if (
                value is None
                or currency is None
                or (currency == "GBP" and unit.startswith("pound") and not scale and value < 10_000)
            ):
                continue
            if re.match(r"[\s-]crore", text[match.end() : match.end() + 7]) and scale == "lakh":
                scale = "lakh crore"
            amount = float(Decimal(str(value)) * Decimal(str(SCALE.get(scale, 1))))
            around = text[max(0, match.start() - 40) : match.end() + 40]
            found.setdefault((amount, currency), Money(amount=amount, currency=currency, kind=_kind(around)))
    return list(found.values())[:20]


def dates(text: str) -> list[Date]:
    """Years, months and days that a preposition ties to the event."""
    found = []
    for match in DATE.finditer(text):
        year, month = int(match["year"]), MONTHS.get((match["month"] or "").lower())
        day = match["day"] or match["day2"]
        around = text[max(0, match.start() - 80) : match.start()].lower()
        role = "expected" if match["lead"].lower() in ("by", "until", "before") else "delivery" if "deliver" in around else "order" if re.search(
            r"order|contract|sign|bought|deal", around) else "event"  # fmt: skip
        value, precision = f"{year:04d}", "year"
        if month:
            value, precision = f"{value}-{month:02d}", "month"
            if day and _valid(year, month, int(day)):
                value, precision = f"{value}-{int(day):02d}", "day"
        found.append(Date(role=role, value=value, precision=precision))
    return found[:20]


def _near(gap: object, text: str, end: int, start: int) -> bool:
    between = text[end:start]
    return len(between.split()) <= 4 and not re.search(
        r"[.;:,()]|\b(?:and|for|to|from|by|with|that|which|will|is|are|were|was|has|have|in|at|on)\b", between
    )


def _count(match: re.Match[str]) -> Quantity | None:
    raw = re.sub(r"\s+of$", "", match["value"].lower())
    bound = (match["bound"] or "").lower()
    if raw in VAGUE:
        low, high = VAGUE[raw]
        return Quantity(min=low, max=high, approx=True)
    value = _spelled(raw)
    if value is None:
        return None
    if bound in ("up to", "as many as", "fewer than"):
        return Quantity(max=value)
    if bound in ("at least", "more than", "over"):
        return Quantity(min=value)
    return Quantity(value=value, approx=bound in ("some", "about", "around", "roughly", "nearly", "almost"))


def _spelled(raw: str) -> float | None:
    pieces = re.split(r"[\s-]+", raw)
    if raw.startswith("half a "):
        return WORDS[pieces[-1]] / 2
    if all(piece in WORDS for piece in pieces):
        total = 0.0
        for piece in pieces:
            number = WORDS[piece]
            total = (
                max(total, 1) * number
                if number >= 12 and piece in ("dozen", "hundred", "thousand", "million", "billion")
                else total + number
            )
        return total
    match = re.fullmatch(rf"({NUMBER})\s?(million|thousand|m|k|dozen)?", raw)
    if not match:
        return None
    value = _number(match[1])
    return None if value is None else value * {"dozen": 12.0, **SCALE}.get(match[2] or "", 1)


def _number(raw: str) -> float | None:
    plain = raw.replace(" ", " ").replace(" ", " ")
    if re.fullmatch(r"\d{1,3}(?:[,. ]\d{3})+", plain) and not re.fullmatch(r"\d{1,3}\.\d{3}", plain):
        plain = re.sub(r"[,. ]", "", plain)
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        return None


def _kind(around: str) -> str | None:
    low = around.lower()
    if re.search(r"estimat|up to|possible|potential|as much as|ceiling", low):
        return "ceiling"
    if re.search(r"package|aid|assistance|fund", low):
        return "package"
    if re.search(r"annual|a year|per year|yearly", low):
        return "annual"
    return "contract" if re.search(r"deal|contract|order|sale|purchase|worth", low) else None


def _singular(unit: str) -> str:
    return {"batteries": "battery"}.get(unit.lower(), unit.lower().removesuffix("s"))


def _valid(year: int, month: int, day: int) -> bool:
    try:
        return bool(date(year, month, day))
    except ValueError:
        return False
