"""How seen items are written down: small, because a feed has thousands. Pure."""

import struct
from dataclasses import dataclass

HASH_BYTES = 8
_SEEN = struct.Struct(f">{HASH_BYTES}sBI")
_ALIAS = struct.Struct(">32sI")


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an item: the first bytes of its text's hash, how often it changed, when it was last carried."""

    content: bytes
    revision: int
    stamp: int

    def encode(self) -> bytes:
        return _SEEN.pack(self.content, self.revision, self.stamp)

    @classmethod
    def decode(cls, value: bytes) -> "Seen":
        return cls(*_SEEN.unpack(value))


def seen_key(item_id: str) -> bytes:
    """The field of an item's id."""
    return bytes.fromhex(item_id)


def encode_alias(item_id: str, stamp: int) -> bytes:
    """The value of a second key: whose it is, when it was last carried."""
    return _ALIAS.pack(bytes.fromhex(item_id), stamp)


def alias_owner(value: bytes) -> str:
    """The id of the item that a second key stands for."""
    owner: bytes = _ALIAS.unpack(value)[0]
    return owner.hex()


def stamp_of(value: bytes) -> int:
    """When the entry was last carried, of either kind."""
    shape = _SEEN if len(value) == _SEEN.size else _ALIAS
    return int(shape.unpack(value)[-1])
