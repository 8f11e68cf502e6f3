"""What it means to send a message to a receiver, whatever its kind, and what can come of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from config.schema import Receiver

ERROR_CHARACTERS = 300  # of what a receiver said, kept with the attempt


class Reason(StrEnum):
    """What came of one attempt; ``client_error`` is a 4xx other than 408, 410, 425 and 429."""

    OK = "ok"
    GONE = "gone"
    THROTTLED = "throttled"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    REDIRECT = "redirect"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    TLS = "tls"
    ADDRESS = "address"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Message:
    """One alert as a receiver gets it; ``id`` is the same on every attempt, ``body`` too."""

    id: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: HTTP status where there is one, ``retry_after`` in seconds where the receiver asks for it."""

    reason: Reason
    status: int | None = None
    error: str | None = None
    retry_after: float | None = None


Send = Callable[[Receiver, Message], Awaitable[Answer]]
