"""Dates as feeds write them → UTC, or None where they cannot be trusted; a wrong date is worse than none."""

import re
from datetime import UTC, datetime, timedelta, timezone

EARLIEST_YEAR, LATEST_YEAR = 1990, 2100  # syndication began in the nineties
_LATEST_EPOCH = 4102444800  # 2100-01-01 in Unix seconds

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio gen janeiro januari ene janv jänner января січня stycznia sty ocak",
            "feb february februar février febrero febbraio fevereiro februari fev fév févr февраля лютого lut şubat",
            "mar march märz mrz maerz mär mars marzo março marco maart mrt марта березня marca mart",
            "apr april avril abril aprile abr avr апреля квітня kwietnia kwi nisan",
            "may mai mayo maggio mag maio mei мая травня maja mayıs",
            "jun june juni juin junio giugno giu junho июня червня czerwca cze haziran",
            "jul july juli juillet julio luglio lug julho juil июля липня lipca lip temmuz",
            "aug august août aout agosto ago augustus августа серпня sierpnia sie ağustos",
            "sep sept september septembre septiembre settembre set setembro сентября вересня września wrz eylül",
            "oct october oktober okt octobre octubre ottobre ott outubro out октября жовтня października paź ekim",
            "nov november novembre noviembre novembro ноября листопада listopada lis kasım",
            "dec december dezember dez décembre decembre diciembre dicembre dic dezembro déc грудня декабря grudnia gru aralık",
        ),
        1,
    )
    for name in names.split()
}
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "met": 60, "cest": 120, "mest": 120,
    "mesz": 120, "mez": 60, "eet": 120, "eest": 180, "msk": 180, "sast": 120, "pkt": 300, "hkt": 480, "jst": 540, "kst": 540,
    "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "ast": -240, "adt": -180, "est": -300, "edt": -240, "cst": -360,
    "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600,
}  # fmt: skip

_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?(?:\s*(?P<half>[ap])\.?m\b\.?)?"
_ZONE = r"(?:\s*(?P<zone>[A-Za-z]{1,5}(?=[+-]\d|\b)|)\s*(?P<offset>[+\-−]\d{1,2}:?\d{0,2}(?::\d{2})?)?)?"
_ISO = re.compile(
    r"^(?P<year>\d{4})-?(?P<month>\d{2})-?(?P<day>\d{2})(?:[T\s_]+(?P<hour>\d{2}):?(?P<minute>\d{2})"
    r"(?::?(?P<second>\d{2})(?:[.,]\d+)?)?(?:\s*(?P<half>[ap])\.?m\b\.?)?" + _ZONE + r")?$",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    r"^(?:[^\W\d]+\.?,?\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th|\.|º)?[\s\-]+(?:de\s+)?(?P<name>[^\W\d]+)\.?,?[\s\-]+(?:de\s+)?"
    r"(?P<year>\d{4}|\d{2})(?:\s*[,T]?\s*(?:at\s+|um\s+|-\s+|à\s+)?"
    + _TIME
    + r"(?:\s*Uhr)?"
    + _ZONE
    + r")?(?:\s*\([^)]*\))?$",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"^(?:[^\W\d]+\.?,?\s+)?(?P<name>[^\W\d]+)\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})"
    r"(?:\s*[,T]?\s*(?:at\s+|-\s+)?" + _TIME + _ZONE + r")?(?:\s*\([^)]*\))?$",
    re.IGNORECASE,
)
_ASCTIME = re.compile(
    r"^(?:[^\W\d]+\.?,?\s+)(?P<name>[^\W\d]+)\s+(?P<day>\d{1,2})\s+" + _TIME + r"(?:\s+(?P<zone>[A-Za-z]{1,5}))?"
    r"(?P<offset>)?\s+(?P<year>\d{4})$",
    re.IGNORECASE,
)
_YEAR_SLASHES = re.compile(
    r"^(?P<year>\d{4})[/.](?P<month>\d{1,2})[/.](?P<day>\d{1,2})(?:[\sT]+" + _TIME + _ZONE + r")?$", re.IGNORECASE
)
_DOTTED = re.compile(
    r"^(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?:,?\s+" + _TIME + _ZONE + r")?$", re.IGNORECASE
)
_SLASHED = re.compile(r"^(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<year>\d{4})(?:,?\s+" + _TIME + _ZONE + r")?$", re.IGNORECASE)
_MONTH_ONLY = re.compile(r"^(?P<year>\d{4})-(?P<month>\d{2})$")
_EPOCH = re.compile(r"^\d{9,10}(?:\.\d+)?$|^\d{12,13}$")
_FORMS = (_ISO, _DAY_FIRST, _MONTH_FIRST, _ASCTIME, _YEAR_SLASHES, _DOTTED, _SLASHED, _MONTH_ONLY)
_LONGEST = 100  # no date is longer; what is, is not matched against the patterns


def parse_date(raw: str | None) -> datetime | None:
    """The moment that ``raw`` names, in UTC, or None; a date without a zone counts as UTC."""
    text = " ".join((raw or "").split())
    if not text or len(text) > _LONGEST:
        return None
    if _EPOCH.match(text):
        value = float(text)
        seconds = value / 1000 if value > _LATEST_EPOCH else value
        return _trusted(datetime.fromtimestamp(seconds, UTC))
    for form in _FORMS:
        found = form.match(text)
        if found:
            return _moment(found.groupdict())
    return None


def _moment(parts: dict[str, str | None]) -> datetime | None:
    month_day = _month_and_day(parts)
    offset = _minutes_east(parts.get("zone") or "", parts.get("offset") or "")
    if month_day is None or offset is None:
        return None
    year = int(parts["year"] or 0)
    if year < 100:
        year += 2000 if year < 70 else 1900
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (parts.get("half") or "").lower()
    if half and 1 <= hour <= 12:  # "14:02 PM" is a 24-hour time with a needless mark
        hour = hour % 12 + (12 if half == "p" else 0)
    leap = timedelta(seconds=1) if second == 60 else timedelta()
    midnight = timedelta(days=1) if (hour, minute, second) == (24, 0, 0) else timedelta()
    try:
        moment = datetime(
            year,
            *month_day,
            hour if not midnight else 0,
            minute,
            second - (1 if leap else 0),
            tzinfo=timezone(timedelta(minutes=offset)),
        )
        return _trusted((moment + leap + midnight).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _month_and_day(parts: dict[str, str | None]) -> tuple[int, int] | None:
    if parts.get("name"):
        month = _MONTHS.get((parts["name"] or "").lower())
        return (month, int(parts["day"] or 0)) if month else None
    if parts.get("a"):
        first, second = int(parts["a"] or 0), int(parts["b"] or 0)
        if first > 12:
            return second, first
        # 03/04 may be either: only where one reading is impossible, or both are the same, is it a date.
        return (first, second) if second > 12 or first == second else None
    return int(parts["month"] or 0), int(parts.get("day") or 1)


def _minutes_east(zone: str, offset: str) -> int | None:
    minutes = 0
    if zone:
        name = zone.lower()
        if name not in _ZONES:
            return None  # guessing a zone would shift the date by hours without a word
        minutes = _ZONES[name]
    if offset:
        digits = re.sub(r"\D", "", offset[1:])
        hours, rest = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        east = int(hours) * 60 + int(rest)
        if east > 15 * 60:
            return None
        minutes = -east if offset[0] in "-−" else east
    return minutes


def _trusted(moment: datetime) -> datetime | None:
    return moment if EARLIEST_YEAR <= moment.year <= LATEST_YEAR else None
