"""The typed shape of feeds.yaml, watches.yaml and receivers.yaml; words mean what product.md and README.md say."""

import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
EVERY_LEAST, EVERY_LEAST_PRIVATE = (
    300.0,
    5.0,
)  # politeness to public servers; loopback and own networks may be asked faster

TYPES = (
    "offer", "negotiation", "agreement", "authorization", "delivery", "aid", "refusal", "embargo", "illicit_transfer",
    "resale", "reacquisition", "production", "policy", "market_report", "investigation",
)  # fmt: skip
EventTypeName = Literal[
    "offer", "negotiation", "agreement", "authorization", "delivery", "aid", "refusal", "embargo", "illicit_transfer",
    "resale", "reacquisition", "production", "policy", "market_report", "investigation",
]  # fmt: skip
AssertionName = Literal["reported", "alleged", "denied"]
RoleName = Literal["supplier", "authorizer", "financier", "via"]


def seconds(value: Any) -> Any:
    """Seconds of ``30m``, ``48h``, ``5s`` or ``2d``."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", str(value).strip())
    if not found:
        raise ValueError("write a duration such as 30m, 48h, 5s or 2d")
    return float(found[1]) * UNITS[found[2]]


def listed(value: Any) -> Any:
    """A single value stands for a list of one."""
    return value if isinstance(value, list) or value is None else [value]


Duration = Annotated[float, BeforeValidator(seconds)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Texts = Annotated[list[str], BeforeValidator(listed)]


class Strict(BaseModel):
    """An unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Backfill(StrEnum):
    """What the items of a feed's very first poll raise."""

    DIGEST = "digest"
    ALERT = "alert"
    NOTHING = "nothing"


class Feed(Strict):
    """One feed to poll; ``every`` and ``since`` in seconds (``since`` infinite: all)."""

    id: Id
    url: str
    outlet: str
    country: str | None = None
    tier: int = Field(default=4, ge=1, le=4)
    language: str | None = None
    every: Duration = 3600.0
    since: Annotated[float, BeforeValidator(lambda v: float("inf") if v == "all" else seconds(v))] = 48 * 3600.0
    backfill: Backfill = Backfill.DIGEST
    allow_private: bool = False
    pause: bool = False


class FeedsFile(Strict):
    feeds: list[Feed]


class Pair(Strict):
    """A directed pair; ``roles`` says in which capacity the first country may act."""

    supplier: Texts
    recipient: Texts
    roles: Annotated[list[RoleName], BeforeValidator(listed)] = ["supplier", "authorizer", "financier"]


class Clause(Strict):
    """Keys are ANDed, values of one key ORed (but ``parties``: all of them)."""

    relevant: Literal[True, False, "any"] | None = None
    pair: Pair | None = None
    parties: Texts | None = None
    supplier: Texts | None = None
    recipient: Texts | None = None
    country: Texts | None = None
    systems: Texts | None = None
    of_event: bool = False
    types: Annotated[list[EventTypeName], BeforeValidator(listed)] | None = None
    assertion: Annotated[list[AssertionName], BeforeValidator(listed)] | None = None
    text: Texts | None = None
    feeds: Texts | None = None
    tier: Annotated[list[int], BeforeValidator(listed)] | None = None
    unresolved: Literal["alert", "count"] = "count"
    all: "list[Clause] | None" = None
    any: "list[Clause] | None" = None
    not_: "Clause | None" = Field(default=None, alias="not")


class Level(StrEnum):
    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Status(StrEnum):
    """``experimental`` watches are stored and shown, not sent; ``stable`` ones must carry tests."""

    EXPERIMENTAL = "experimental"
    ACTIVE = "active"
    STABLE = "stable"


class WatchTest(Strict):
    """A text and whether the watch fires on it, judged by the real classifier."""

    title: str = ""
    text: str = ""
    fires: bool


class Watch(Strict):
    """What to look for and whom to tell."""

    id: Id
    title: str = ""
    level: Level = Level.MEDIUM
    status: Status = Status.ACTIVE
    when: Clause
    unless: list[Clause] = []
    min_confidence: float = Field(default=0.0, ge=0, le=1)
    independent_outlets: int = Field(default=1, ge=1)
    send_to: Texts | None = None
    tests: list[WatchTest] = []


class WatchesFile(Strict):
    lists: dict[str, list[str]] = {}
    watches: list[Watch]


EventsKind = Literal["alert", "source", "receiver"]


class Receiver(Strict):
    """Someone to tell; secrets stand as ``${NAME}`` and come from the environment."""

    id: Id
    type: Literal["webhook", "apprise", "console"]
    url: str | None = None
    secret: str | None = None
    format: Literal["standard", "alertmanager"] = "standard"
    template: str | None = None
    headers: dict[str, str] = {}
    allow_http: bool = False
    allow_private: bool = False
    events: Annotated[list[EventsKind], BeforeValidator(listed)] = ["alert"]


class ReceiversFile(Strict):
    receivers: list[Receiver]
