"""Webhooks and Apprise against real receivers on loopback."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from standardwebhooks.webhooks import Webhook

from agents.deliver.receivers import Message, Reason, apprise_last_hop
from agents.deliver.receivers.webhook import Webhooks
from streams.local_kafka import free_port
from tests.broker.inbox import HANG, open_inbox
from tests.builders import a_receiver

MESSAGE = Message("msg_1", b'{"type":"test.ping","data":{}}', "application/json")


@pytest.fixture
async def webhooks() -> AsyncIterator[Webhooks]:
    async with Webhooks(timeout=1.0) as opened:
        yield opened


async def test_a_webhook_is_signed_and_the_reference_library_verifies_it(webhooks: Webhooks) -> None:
    async with open_inbox() as inbox:
        receiver = a_receiver(url=inbox.url)
        answer = await webhooks.send(receiver, MESSAGE)
        (headers, body) = inbox.requests[0]
    assert (answer.reason, answer.status) == (Reason.OK, 204)
    assert Webhook(str(receiver.secret)).verify(body, {k.lower(): v for k, v in headers.items()}) == json.loads(
        MESSAGE.body
    )
    assert headers["webhook-id"] == "msg_1"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 5
    assert (headers["Content-Type"], headers["User-Agent"][:9]) == ("application/json", "Armswire/")


async def test_own_headers_are_sent_but_replace_none_of_the_signature(webhooks: Webhooks) -> None:
    async with open_inbox() as inbox:
        own = {"Authorization": "Bearer t", "Webhook-Id": "forged", "Content-Length": "1"}
        await webhooks.send(a_receiver(url=inbox.url, headers=own), MESSAGE)
        (headers, body) = inbox.requests[0]
    assert (headers["Authorization"], headers["webhook-id"], body) == ("Bearer t", "msg_1", MESSAGE.body)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (200, Reason.OK), (299, Reason.OK), (302, Reason.REDIRECT), (308, Reason.REDIRECT), (400, Reason.CLIENT_ERROR),
        (404, Reason.CLIENT_ERROR), (408, Reason.THROTTLED), (410, Reason.GONE), (425, Reason.THROTTLED),
        (429, Reason.THROTTLED), (500, Reason.SERVER_ERROR), (503, Reason.SERVER_ERROR),
    ],
)  # fmt: skip
async def test_only_two_hundreds_are_success(webhooks: Webhooks, status: int, reason: Reason) -> None:
    async with open_inbox((status, {"Location": "/elsewhere"})) as inbox:
        answer = await webhooks.send(a_receiver(url=inbox.url), MESSAGE)
        assert (answer.reason, answer.status) == (reason, status)
        assert len(inbox.requests) == 1  # no redirect was followed, nothing was tried twice


async def test_what_a_receiver_says_of_its_refusal_is_kept_without_control_characters(webhooks: Webhooks) -> None:
    async with open_inbox((429, {"Retry-After": "17"})) as inbox:
        answer = await webhooks.send(a_receiver(url=inbox.url), MESSAGE)
    assert answer.error == "429 Too Many Requests: no such desk"
    assert answer.retry_after == 17


async def test_a_receiver_that_hangs_is_given_up_in_time(webhooks: Webhooks) -> None:
    async with open_inbox(HANG) as inbox:
        began = time.monotonic()
        answer = await webhooks.send(a_receiver(url=inbox.url), MESSAGE)
    assert (answer.reason, answer.error) == (Reason.TIMEOUT, "no answer within 1 s")
    assert time.monotonic() - began < 3


async def test_a_port_where_nobody_listens_is_a_fault_of_the_connection(webhooks: Webhooks) -> None:
    answer = await webhooks.send(a_receiver(url=f"http://127.0.0.1:{free_port()}/hook"), MESSAGE)
    assert (answer.reason, answer.status) == (Reason.CONNECTION, None)


async def test_an_answer_that_is_no_http_is_told_without_the_path_of_the_address(webhooks: Webhooks) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        answer = await webhooks.send(a_receiver(url=f"http://127.0.0.1:{port}/secret-path"), MESSAGE)
    assert answer.reason is Reason.CONNECTION
    assert (answer.error or "").startswith("the answer is no HTTP")
    assert "secret-path" not in (answer.error or "")


async def test_plain_text_where_tls_is_expected_is_a_fault_of_tls_or_connection(webhooks: Webhooks) -> None:
    async with open_inbox() as inbox:
        answer = await webhooks.send(a_receiver(url=inbox.url.replace("http:", "https:")), MESSAGE)
        assert answer.reason in (Reason.TLS, Reason.CONNECTION)
        assert inbox.requests == []


class Points(AbstractResolver):
    """Every name leads to this machine, as a hostile name server might say."""

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


async def test_a_public_name_that_leads_to_a_private_address_is_never_connected_to() -> None:
    async with open_inbox() as inbox, Webhooks(timeout=1.0, resolver=Points()) as webhooks:
        url = inbox.url.replace("127.0.0.1", "desk.example")
        refused = await webhooks.send(a_receiver(url=url, allow_http=True), MESSAGE)
        assert refused.reason is Reason.ADDRESS
        assert refused.error == "127.0.0.1: it is a private or reserved address (or set allow_private: true)"
        assert inbox.requests == []
        allowed = await webhooks.send(a_receiver(url=url, allow_http=True, allow_private=True), MESSAGE)
        assert allowed.reason is Reason.OK


async def test_plain_http_beyond_loopback_is_refused_before_anything_is_sent(webhooks: Webhooks) -> None:
    answer = await webhooks.send(a_receiver(url="http://desk.example/hook"), MESSAGE)
    assert (answer.reason, answer.error) == (Reason.ADDRESS, "it must be https (or set allow_http: true)")


async def test_no_proxy_of_the_environment_gets_the_message(
    webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_inbox() as inbox, open_inbox() as proxy:
        monkeypatch.setenv("http_proxy", proxy.base)
        await webhooks.send(a_receiver(url=inbox.url), MESSAGE)
        assert (len(inbox.requests), len(proxy.requests)) == (1, 0)


async def test_a_cookie_of_one_answer_is_not_sent_with_the_next_request(webhooks: Webhooks) -> None:
    async with open_inbox((200, {"Set-Cookie": "a=b"})) as inbox:
        for _ in range(2):
            await webhooks.send(a_receiver(url=inbox.url), MESSAGE)
        assert "Cookie" not in inbox.requests[1][0]


# Apprise imports a module that Python 3.13 drops, and copes with its absence.
apprise_imports = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@apprise_imports
async def test_apprise_is_the_last_hop_for_chat_and_mail() -> None:
    async with open_inbox(200) as inbox:
        receiver = a_receiver(type="apprise", url=inbox.base.replace("http:", "json:") + "/desk")
        answer = await apprise_last_hop.send(
            receiver, Message("msg_1", "[high] A watch\n\nBerlin → Kyiv".encode(), "text/plain")
        )
        (_, body) = inbox.requests[0]
    assert answer.reason is Reason.OK
    assert {"title": "[high] A watch", "message": "Berlin → Kyiv"}.items() <= json.loads(body).items()


@apprise_imports
async def test_a_service_that_apprise_cannot_reach_is_a_failure_that_says_why() -> None:
    receiver = a_receiver(type="apprise", url=f"json://127.0.0.1:{free_port()}/secret-path")
    answer = await apprise_last_hop.send(receiver, MESSAGE)
    assert answer.reason is Reason.ERROR
    assert "127.0.0.1" in (answer.error or "")
    assert "secret-path" not in (answer.error or "")


@apprise_imports
async def test_an_address_that_apprise_does_not_know_is_a_failure() -> None:
    answer = await apprise_last_hop.send(a_receiver(type="apprise", url="nosuchservice://x"), MESSAGE)
    assert (answer.reason, answer.error) == (Reason.ERROR, "Apprise knows no service with such an address")
