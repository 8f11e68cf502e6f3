"""What a server answered to one poll, and what its headers ask for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

LONGEST_WAIT = 86400.0  # seconds: longer than a day no header holds a feed


class Fault(StrEnum):
    """Why a poll failed."""

    ADDRESS = "address_refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    PROTOCOL = "protocol"
    TOO_BIG = "too_big"
    ENCODING = "encoding"
    REDIRECT = "redirect"
    RATE_LIMITED = "rate_limited"
    GONE = "gone"
    STATUS = "http_status"
    UNASKED_304 = "unasked_304"
    NOT_A_FEED = "not_a_feed"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Validators:
    """What the server gave to recognise its document by, byte for byte."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One poll's end: a body, "not modified", or a fault with a message; times in seconds, sizes in bytes."""

    status: int | None = None
    fault: Fault | None = None
    message: str = ""
    body: bytes = b""
    complete: bool = True
    content_type: str = ""
    validators: Validators = Validators()
    moved_to: str | None = None  # where permanent redirects lead
    retry_after: float | None = None
    fresh_for: float | None = None  # the longest of max-age and Expires - Date
    wire: int = 0
    seconds: float = 0.0

    @property
    def not_modified(self) -> bool:
        return self.status == 304 and self.fault is None


def retry_after(raw: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header, from 0 to a day; None for junk."""
    text = (raw or "").strip()
    if re.fullmatch(r"-?\d{1,20}(?:\.\d+)?", text):
        return min(max(float(text), 0.0), LONGEST_WAIT)
    moment = http_date(text)
    return None if moment is None else min(max((moment - now).total_seconds(), 0.0), LONGEST_WAIT)


def fresh_for(headers: Mapping[str, str]) -> float | None:
    """Seconds for which the answer says it stays fresh; None where it does not say."""
    found = re.search(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", headers.get("Cache-Control", ""), re.IGNORECASE)
    expires, date = http_date(headers.get("Expires", "")), http_date(headers.get("Date", ""))
    waits = [float(found[1])] if found else []
    if expires and date and expires > date:
        waits.append((expires - date).total_seconds())
    return min(max(waits), LONGEST_WAIT) if waits else None


def http_date(text: str) -> datetime | None:
    """A date of a header, aware; None for junk."""
    try:
        moment = parsedate_to_datetime(text.strip())
        return moment if moment.tzinfo else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
