"""Signatures, checked by the reference library of Standard Webhooks."""

import base64
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from agents.deliver.signature import SecretError, headers_of, keys_of


def secret(letter: bytes, length: int = 32) -> str:
    return "whsec_" + base64.b64encode(letter * length).decode()


BODY = '{"type":"test.ping","data":{"title":"Kyïv “ready”"}}'.encode()


def test_the_reference_library_accepts_the_signature() -> None:
    headers = headers_of(keys_of(secret(b"a")), "msg_1", int(time.time()), BODY)
    assert Webhook(secret(b"a")).verify(BODY, headers)["type"] == "test.ping"


@pytest.mark.parametrize("changed", [b"!" + BODY, BODY[:-1] + b" }"])
def test_a_changed_body_is_noticed(changed: bytes) -> None:
    headers = headers_of(keys_of(secret(b"a")), "msg_1", int(time.time()), BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret(b"a")).verify(changed, headers)


@pytest.mark.parametrize("separator", [" ", ",", ", "])
def test_while_secrets_rotate_the_old_and_the_new_one_both_verify(separator: str) -> None:
    both = keys_of(secret(b"o") + separator + secret(b"n"))
    headers = headers_of(both, "msg_1", int(time.time()), BODY)
    for each in (secret(b"o"), secret(b"n")):
        assert Webhook(each).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret(b"x")).verify(BODY, headers)


def test_without_a_secret_there_is_an_id_and_no_signature() -> None:
    assert headers_of([], "msg_1", 1, BODY) == {"webhook-id": "msg_1", "webhook-timestamp": "1"}


@pytest.mark.parametrize(
    "bad", ["", "abc", "whsec_", "whsec_!!!!", secret(b"a", 23), secret(b"a", 65), secret(b"a")[6:]]
)
def test_a_secret_that_is_too_short_too_long_or_no_base64_is_refused_without_being_shown(bad: str) -> None:
    with pytest.raises(SecretError) as error:
        keys_of(bad)
    assert len(bad) < 10 or bad not in str(error.value)
