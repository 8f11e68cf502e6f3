"""Standard Webhooks 1.0.0: who sent these bytes, and when (HMAC-SHA256 over ``id.timestamp.body``)."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence

PREFIX = "whsec_"
KEY_BYTES = range(24, 65)


class SecretError(ValueError):
    """A secret that cannot sign; the message never shows it."""


def keys_of(secret: str) -> list[bytes]:
    """The keys in a receiver's secret: one, or several with spaces or commas between while they rotate."""
    keys = []
    for part in re.split(r"[\s,]+", secret.strip()):
        try:
            key = base64.b64decode(part.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            key = b""
        if not part.startswith(PREFIX) or len(key) not in KEY_BYTES:
            raise SecretError("the secret must be whsec_ and base64 of 24 to 64 bytes")
        keys.append(key)
    return keys


def sign(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The ``webhook-signature``: one ``v1,…`` a key, with spaces between; ``timestamp`` in unix seconds."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys)


def headers_of(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks; without a key the signature is left out."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    if keys:
        headers["webhook-signature"] = sign(keys, message_id, timestamp, body)
    return headers
