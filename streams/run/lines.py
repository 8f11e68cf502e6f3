"""What a person sees of the service, in short: events, alerts, attempts, feeds, processes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class EventLine:
    """A relevant event in short; ``because`` is the sentence that decided."""

    id: str
    at: datetime
    type: str
    assertion: str
    suppliers: tuple[str, ...]
    recipients: tuple[str, ...]
    systems: tuple[str, ...]
    outlet: str
    title: str
    verdict: str
    because: str


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert in short; ``delivered`` of ``receivers`` have it, ``failing`` are retried; ``held``: why it is only shown."""

    id: str
    at: datetime
    kind: str
    level: str
    watch: str
    watch_title: str
    title: str
    reasons: tuple[str, ...]
    because: str
    outlets: int
    independent: int
    delivered: int = 0
    receivers: int = 0
    failing: int = 0
    held: str = ""


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt to deliver an alert; ``error`` empty where it was taken."""

    id: int
    at: datetime
    alert: str
    kind: str
    watch: str
    receiver: str
    status: int | None
    error: str


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed's health; times in unix seconds, 0: never."""

    id: str
    outlet: str
    state: str
    last_success: float
    last_new: float
    polls: int


@dataclass(frozen=True, slots=True)
class ProcessLine:
    """A process; memory in bytes (PSS)."""

    name: str
    state: str
    pid: int | None
    memory: int
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the live view shows at one moment."""

    address: str
    uptime: float
    ready: bool
    steps: Mapping[str, str]
    processes: Sequence[ProcessLine]
    own_memory: int
    funnel: Mapping[str, int]
    feeds: Sequence[FeedLine]
    events: Sequence[EventLine]
    alerts: Sequence[AlertLine]
    pending: int
    notes: Sequence[str]
    desk: str = ""
    ending: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
