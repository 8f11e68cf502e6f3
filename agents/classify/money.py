"""Money: sums with their ISO 4217 currency, and what they are: a contract, a ceiling, a package, a yearly sum."""

import re
from collections.abc import Iterator

from agents.classify.numerals import NUMBER, SCALES, number
from streams.records import Money

MOST = 20  # sums of one text that are kept
AROUND = 40  # characters around a sum that tell what it is
SIGNS = {
    "us$": "USD", "$": "USD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "c$": "CAD", "ca$": "CAD", "s$": "SGD", "hk$": "HKD",
    "nt$": "TWD", "r$": "BRL", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "rs": "INR", "rs.": "INR",
}  # fmt: skip
CODES = [
    "USD",
    "EUR",
    "GBP",
    "INR",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "AUD",
    "CAD",
    "NZD",
    "SGD",
    "JPY",
    "KRW",
    "TRY",
    "ILS",
    "ZAR",
    "CNY",
    "RUB",
    "BRL",
    "CZK",
    "HUF",
    "RON",
]
NAMES = {
    "dollar": "USD", "dlr": "USD", "euro": "EUR", "pound": "GBP", "stg": "GBP", "yen": "JPY", "won": "KRW", "rupee": "INR",
    "zloty": "PLN", "kronor": "SEK", "kroner": "NOK", "crown": "CZK", "koruna": "CZK",
    "franc": "CHF", "lira": "TRY", "shekel": "ILS",
    "rand": "ZAR", "yuan": "CNY", "rouble": "RUB", "ruble": "RUB", "forint": "HUF",
}  # fmt: skip
DANISH = re.compile(r"Danish|Denmark|Copenhagen")
LONG = "lakh crore|million|billion|trillion|thousand|crore|lakh|mln|bln|bn|mn|tn|m|b|k"
BEFORE = re.compile(
    rf"(?<!\w)(?P<unit>(?:US|AU?|NZ|CA?|S|HK|NT|R)\$|[$€£¥₹₩]|Rs\.?|{'|'.join(CODES)})\s?"
    rf"(?P<value>{NUMBER})(?:[\s-]?(?P<scale>{LONG})\b)?(?P<next>[\s-]crore\b)?",
    re.IGNORECASE,
)
AFTER = re.compile(
    rf"(?<![\w$€£.,])(?P<value>{NUMBER})[\s-]?(?P<scale>{LONG})?(?P<next>[\s-]crore)?[\s-](?:US |U\.S\. )?"
    rf"(?P<unit>{'|'.join(NAMES)})s?\b(?![\s-](?:bomb|shell|warhead|missile|munition|glide))",
    re.IGNORECASE,
)
LEAST_POUNDS = 10_000  # fewer pounds without a scale are a weight
KINDS = (
    ("ceiling", re.compile(r"estimat|up to|possible|potential|as much as|ceiling", re.IGNORECASE)),
    ("package", re.compile(r"package|aid\b|assistance|fund", re.IGNORECASE)),
    ("annual", re.compile(r"annual|a year|per year|yearly", re.IGNORECASE)),
    ("contract", re.compile(r"deal|contract|order|sale|purchase|worth", re.IGNORECASE)),
)


def money(text: str) -> list[Money]:
    """The sums of a text in order, each once; weights in pounds are none."""
    found = {(sum_.amount, sum_.currency): sum_ for sum_ in reversed(list(_sums(text)))}
    return list(reversed(found.values()))[:MOST]


def _sums(text: str) -> Iterator[Money]:
    for pattern in (BEFORE, AFTER):
        for match in pattern.finditer(text):
            value, unit = number(match["value"]), match["unit"].lower()
            currency = SIGNS.get(unit) or NAMES.get(unit) or unit.upper()
            if value is None or (unit == "pound" and not match["scale"] and value < LEAST_POUNDS):
                continue
            if unit == "kroner" and DANISH.search(text):
                currency = "DKK"
            scale = (match["scale"] or "").lower()
            if match["next"]:
                scale = "lakh crore" if scale == "lakh" else scale or "crore"
            amount = round(value * SCALES.get(scale, 1), 2)
            around = text[max(0, match.start() - AROUND) : match.end() + AROUND]
            kind = next((name for name, words in KINDS if words.search(around)), None)
            yield Money(amount=amount, currency=currency, kind=kind)
