"""What is remembered of a feed between polls, as the store keeps it."""

from enum import StrEnum

import msgspec


class Condition(StrEnum):
    """How a feed does, as `feeds list` and the metrics say it."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    EMPTY = "empty"
    SILENT = "silent"
    DEGRADED = "degraded"
    FAILING = "failing"
    RATE_LIMITED = "rate_limited"
    GONE = "gone"
    PAUSED = "paused"


class FeedState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Poll state of one feed; times in Unix seconds."""

    url: str = ""  # as configured: another one drops validators
    next_at: float = 0.0
    polled_at: float = 0.0
    condition: Condition = Condition.OK
    status: int | None = None
    fault: str = ""
    message: str = ""
    failures: int = 0  # in a row
    failing_since: float | None = None
    told: str | None = None  # id of the source.failing alert that was published
    outage: bool = False  # that alert was of most feeds at once
    last_success: float | None = None
    last_new: float | None = None
    etag: str | None = None
    last_modified: str | None = None
    validators_at: float | None = None  # when the document they belong to was last read in full
    body_hash: str | None = None
    items: int = 0
    bytes: int = 0
    parse_ms: int = 0
    mean_gap: float | None = None  # seconds between items
    newest: float | None = None
    window: float | None = None  # seconds the document's items cover
    overruns: int = 0
    shortened: float = 1.0  # factor on the interval after overruns
    ttl: float | None = None
    fresh_for: float | None = None
    skip_hours: list[int] = []
    skip_days: list[int] = []
    gone_at: float | None = None  # the first 410
    moved_to: str | None = None
    moved_since: float | None = None
    moved_polls: int = 0
    moved: str | None = None  # the address in use instead of the configured one
    pruned_at: float = 0.0
    generation: float = 0.0  # when the last document that changed was read


_decoder = msgspec.json.Decoder(FeedState)


def encode_state(state: FeedState) -> bytes:
    return msgspec.json.encode(state)


def decode_state(value: bytes | None) -> FeedState:
    """The state in ``value``; a new one where there is none, or one of another version that cannot be read."""
    if not value:
        return FeedState()
    try:
        return _decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return FeedState()
