"""What flows: Article, Event and Alert, the only place where the shape of a topic is defined."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

ARTICLE_BYTES = 64 * 1024
EVENT_BYTES = 256 * 1024
ALERT_BYTES = 18 * 1024  # a webhook body stays under 20 kB
EVIDENCE_SPANS = 200


class Poison(ValueError):
    """A record that no retry can mend: it goes to the dead letters untouched."""


class Verdict(StrEnum):
    """What deduplicate found: a text of its own, a copy of another article, or a later state of the same article."""

    NEW = "new"
    COPY = "copy"
    REVISION = "revision"


class EventType(StrEnum):
    """Arms-trade event types, in the field's words."""

    OFFER = "offer"
    NEGOTIATION = "negotiation"
    AGREEMENT = "agreement"
    AUTHORIZATION = "authorization"
    DELIVERY = "delivery"
    AID = "aid"
    REFUSAL = "refusal"
    EMBARGO = "embargo"
    ILLICIT_TRANSFER = "illicit_transfer"
    RESALE = "resale"
    REACQUISITION = "reacquisition"
    PRODUCTION = "production"
    POLICY = "policy"
    MARKET_REPORT = "market_report"
    INVESTIGATION = "investigation"


class Assertion(StrEnum):
    """How far the text stands behind its primary event."""

    REPORTED = "reported"
    ALLEGED = "alleged"
    DENIED = "denied"


class Realis(StrEnum):
    """Whether the primary event happened, is meant to happen, depends on something, or is history."""

    ACTUAL = "actual"
    PLANNED = "planned"
    CONDITIONAL = "conditional"
    HISTORICAL = "historical"


class AlertKind(StrEnum):
    """What an alert says of its development; the last four speak of a feed or a receiver."""

    CREATED = "created"
    UPDATED = "updated"
    AMENDED = "amended"
    RETRACTED = "retracted"
    DIGEST = "digest"
    SOURCE_FAILING = "source.failing"
    SOURCE_RECOVERED = "source.recovered"
    RECEIVER_DISABLED = "receiver.disabled"
    TEST_PING = "test.ping"


class Record(msgspec.Struct, kw_only=True):
    """A record on the wire: JSON, snake_case, null where unknown, times in UTC."""


class Article(Record, kw_only=True):
    """One item of a feed as it was published; ``id`` is stable when the feed moves."""

    id: str
    feed: str
    outlet: str
    tier: int = 4
    url: str | None = None
    canonical_url: str | None = None
    guid: str | None = None
    title: str = ""
    summary: str = ""
    language: str | None = None
    published: datetime | None = None
    published_raw: str | None = None
    fetched: datetime
    revision: int = 0
    content_hash: str
    backfill: bool = False
    truncated: bool = False
    story: str | None = None
    verdict: Verdict | None = None
    copy_of: str | None = None
    similarity: float | None = None

    @property
    def event_id(self) -> str:
        """Id of the event made from this very text of the article, and of its line in the journal."""
        return f"{self.id}-{self.content_hash}"


class System(Record, kw_only=True):
    """A weapon system that is named: ``name`` is its family, ``of_event`` whether the primary event is about it."""

    id: str
    name: str
    variant: str | None = None
    class_: str | None = msgspec.field(default=None, name="class")
    unroca: str | None = None
    surface: str = ""
    of_event: bool = True


class Quantity(Record, kw_only=True):
    """How many of what; ``stage`` says whether they were ordered, delivered, pledged or requested."""

    value: float | None = None
    min: float | None = None
    max: float | None = None
    approx: bool = False
    unit: str | None = None
    system: str | None = None
    stage: str | None = None


class Money(Record, kw_only=True):
    """An amount in units of its ISO 4217 currency; ``kind`` is contract, ceiling, package or annual."""

    amount: float
    currency: str
    kind: str | None = None


class Date(Record, kw_only=True):
    """A date of the event; ``precision`` is day, month or year."""

    role: str
    value: str
    precision: str


class Evidence(Record, kw_only=True):
    """The span that decided a field's value; offsets are code points of the string that arrived."""

    field: str
    value: str
    source: str
    start: int
    end: int
    text: str
    rule: str


class Confidence(Record, kw_only=True):
    """Calibrated confidence from 0 to 1 in each field."""

    overall: float = 0.0
    relevant: float = 0.0
    types: float = 0.0
    assertion: float = 0.0
    suppliers: float = 0.0
    recipients: float = 0.0
    systems: float = 0.0


class Classification(Record, kw_only=True):
    """What a text says of an arms transfer; countries are codes, types primary first."""

    relevant: bool = False
    reason: str = ""
    types: list[EventType] = []
    assertion: Assertion = Assertion.REPORTED
    realis: Realis = Realis.ACTUAL
    suppliers: list[str] = []
    recipients: list[str] = []
    authorizers: list[str] = []
    financiers: list[str] = []
    via: list[str] = []
    countries: list[str] = []
    systems: list[System] = []
    roles: str = "resolved"
    quantities: list[Quantity] = []
    money: list[Money] = []
    dates: list[Date] = []
    confidence: Confidence = msgspec.field(default_factory=Confidence)
    alternatives: list[EventType] = []
    abstain: bool = False
    evidence: list[Evidence] = []
    classifier: dict[str, str] = {}


class Event(Classification, kw_only=True):
    """An article with what the classifier made of it; irrelevant articles give events too."""

    id: str
    story: str
    article: Article


class WatchLabel(Record, kw_only=True):
    """The watch that raised an alert."""

    id: str
    title: str
    level: str


class AlertArticle(Record, kw_only=True):
    """One report behind an alert."""

    id: str
    outlet: str
    tier: int
    title: str
    url: str | None = None
    published: datetime | None = None
    verdict: str | None = None


class Alert(Record, kw_only=True):
    """What a receiver is told; ``event`` is flat as ``armswire classify`` prints it, without the summary."""

    id: str
    kind: AlertKind
    watch: WatchLabel | None = None
    reasons: list[str] = []
    development: str | None = None
    event: dict[str, Any] | None = None
    articles: list[AlertArticle] = []
    articles_total: int = 0
    outlets: int = 0
    independent_outlets: int = 0
    link: str | None = None
    raised: datetime
    subject: str | None = None
    detail: str | None = None


class PollRequest(Record, kw_only=True):
    """A person's wish to have a feed polled now."""

    feed: str
    requested: datetime


R = TypeVar("R", bound=msgspec.Struct)
_encoder = msgspec.json.Encoder()
_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def encode(record: msgspec.Struct) -> bytes:
    """The record's JSON."""
    return _encoder.encode(record)


def decode(shape: type[R], value: bytes | None) -> R:
    """The record in ``value``; raises Poison for an empty or malformed one."""
    if not value:
        raise Poison(f"reading a {shape.__name__}: the record is empty")
    decoder = _decoders.get(shape) or _decoders.setdefault(shape, msgspec.json.Decoder(shape))
    try:
        record: R = decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Poison(f"reading a {shape.__name__}: {error}") from error
    return record
