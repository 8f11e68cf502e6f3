"""Dead letters: the value untouched; stage, topic, partition, offset, reason and traceback in headers."""

import traceback
from dataclasses import dataclass

from aiokafka.errors import MessageSizeTooLargeError

from streams.records import Poison

REASON_CHARACTERS, TRACEBACK_CHARACTERS = (
    1_000,
    8_000,
)  # so that headers never push a full-size value over the topic's limit


@dataclass(frozen=True, slots=True)
class Inbound:
    """A record as it came from its topic, undecoded."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]


def too_big(error: BaseException) -> bool:
    """Whether a record was refused for its size; Faust wraps every fault of a send, so the cause decides."""
    return isinstance(error, MessageSizeTooLargeError) or isinstance(error.__cause__, MessageSizeTooLargeError)


def reason_of(error: BaseException) -> str:
    """The metric's label for a refusal: poison, too_big or error."""
    if too_big(error):
        return "too_big"
    return "poison" if isinstance(error, Poison) else "error"


def headers_of(stage: str, inbound: Inbound, error: BaseException) -> dict[str, bytes]:
    """Why and where a record was refused."""
    trace = "".join(traceback.format_exception(error))
    return {
        "stage": stage.encode(),
        "topic": inbound.topic.encode(),
        "partition": str(inbound.partition).encode(),
        "offset": str(inbound.offset).encode(),
        "reason": f"{type(error).__name__}: {error}"[:REASON_CHARACTERS].encode(),
        "traceback": trace[-TRACEBACK_CHARACTERS:].encode(),
    }
