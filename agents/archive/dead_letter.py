"""A dead letter as the archive keeps it. Nothing in it may be refused: a refused dead letter would come back for ever."""

import hashlib
from dataclasses import dataclass

import msgspec

from streams.dead_letters import Inbound
from streams.topics import ALERTS_RAISED, EVENTS_CLASSIFIED, POLLS_REQUESTED

NOWHERE = "?"  # stands where a header is missing
STAGE_CHARACTERS, TOPIC_CHARACTERS = 16, 64  # of the table's columns
LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that a stage refused; ``id`` is the same when it is told again."""

    id: str
    stage: str
    topic: str
    partition: int | None
    offset: int | None
    key: bytes | None
    value: bytes
    reason: str
    traceback: str | None


class _Named(msgspec.Struct):
    id: str
    content_hash: str | None = None


def dead_letter_of(inbound: Inbound) -> DeadLetter:
    """The dead letter in a record of the dead-letters topic, whatever its headers say."""
    value = inbound.value or b""
    headers = inbound.headers
    names = ["stage", "topic", "partition", "offset"]
    if headers.get("topic") == ALERTS_RAISED.name.encode():
        # An alert that is not taken is published again and again: refused each time, it is one letter, wherever it stood.
        names = names[:2]
    place = [headers.get(name, b"") for name in names]
    if not any(place):  # written by a stranger: its own place in the topic tells it from others
        place = [str(inbound.partition).encode(), str(inbound.offset).encode()]
    return DeadLetter(
        id=hashlib.sha256(b"\0".join([*place, hashlib.sha256(value).digest()])).hexdigest(),
        stage=_text(headers.get("stage"))[:STAGE_CHARACTERS] or NOWHERE,
        topic=_text(headers.get("topic"))[:TOPIC_CHARACTERS] or NOWHERE,
        partition=_number(headers.get("partition"), 2**31 - 1),
        offset=_number(headers.get("offset"), LARGEST),
        key=inbound.key,
        value=value,
        reason=_text(headers.get("reason")) or NOWHERE,
        traceback=_text(headers.get("traceback")) or None,
    )


def event_of(letter: DeadLetter) -> str | None:
    """Id of the journal's line that the record belongs to, as far as it can be read."""
    if letter.topic in (POLLS_REQUESTED.name, ALERTS_RAISED.name):
        return None
    try:
        named = msgspec.json.decode(letter.value, type=_Named)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if letter.topic == EVENTS_CLASSIFIED.name:
        return named.id
    return f"{named.id}-{named.content_hash}" if named.content_hash else None


def _text(raw: bytes | None) -> str:
    """Text that any database takes: PostgreSQL refuses the zero character."""
    return (raw or b"").decode("utf-8", "replace").replace("\0", "�")


def _number(raw: bytes | None, largest: int) -> int | None:
    text = (raw or b"").decode("ascii", "replace")
    return (
        int(text)
        if text.isascii() and text.isdecimal() and len(text) <= len(str(largest)) and int(text) <= largest
        else None
    )
