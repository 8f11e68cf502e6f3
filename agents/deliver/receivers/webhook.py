"""A signed POST to a webhook: Standard Webhooks headers, no redirects, no cookies, no proxies, no private addresses."""

import asyncio
import errno
import os
import socket
import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver

from agents.deliver.receivers import ERROR_CHARACTERS, Answer, Message, Reason
from agents.deliver.receivers.addresses import AddressRefusal, Scope, address_refusal, scope_of, url_refusal
from agents.deliver.retry import retry_after_seconds
from agents.deliver.signature import SecretError, headers_of, keys_of
from config.schema import Receiver

TIMEOUT_SECONDS = 15.0
KEEP_ALIVE_SECONDS = (
    2.0  # for bursts; shorter than servers usually wait, so that no POST meets a connection being closed
)
ANSWER_BYTES = 1024  # of a refusal's body, enough to say why
THROTTLES = frozenset({408, 425, 429})
EXCERPT_SECONDS = 1.0  # for it to come
OURS = ("webhook-", "content-length", "host", "transfer-encoding")  # headers that a receiver's own may not replace


class _AddressRefusedError(OSError):
    """A connection that was never opened."""

    def __init__(self, address: str, refusal: AddressRefusal) -> None:
        super().__init__(errno.EACCES, f"{address}: {refusal}")


class Webhooks:
    """Sends to webhooks; open with ``async with``. One session for each scope: a guard stands at every connect."""

    def __init__(self, *, timeout: float = TIMEOUT_SECONDS, resolver: AbstractResolver | None = None) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._resolver = resolver
        self._sessions: dict[Scope, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        for session in self._sessions.values():
            await session.close()

    async def send(self, receiver: Receiver, message: Message) -> Answer:
        """POST the message; every fault becomes an Answer."""
        url = receiver.url or ""
        refusal = url_refusal(url, allow_http=receiver.allow_http)
        if refusal:
            return Answer(Reason.ADDRESS, error=str(refusal))
        try:
            headers = _headers(receiver, message, int(time.time()))
        except SecretError as error:
            return Answer(Reason.ERROR, error=str(error))
        session = self._session(scope_of(url, allow_private=receiver.allow_private))
        try:
            async with session.post(url, data=message.body, headers=headers, allow_redirects=False) as response:
                return await _judge(response)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            return _fault(error, self._timeout.total or 0)

    def _session(self, scope: Scope) -> aiohttp.ClientSession:
        if scope not in self._sessions:
            connector = aiohttp.TCPConnector(
                socket_factory=lambda info: _guarded_socket(info, scope),
                resolver=self._resolver,
                keepalive_timeout=KEEP_ALIVE_SECONDS,
                limit=0,  # one request a receiver is in flight anyway; a limit would let dead ones delay others
            )
            self._sessions[scope] = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                headers={"User-Agent": f"Armswire/{version('armswire')}"},
            )
        return self._sessions[scope]


def _guarded_socket(info: tuple[Any, ...], scope: Scope) -> socket.socket:
    """A socket for the address that was resolved, which is the one that is then connected to."""
    family, kind, protocol, _, address = info
    refusal = address_refusal(address[0], scope)
    if refusal:
        raise _AddressRefusedError(address[0], refusal)
    return socket.socket(family, kind, protocol)


def _headers(receiver: Receiver, message: Message, timestamp: int) -> dict[str, str]:
    own = {name: value for name, value in receiver.headers.items() if not name.lower().startswith(OURS)}
    keys = keys_of(receiver.secret) if receiver.secret else []
    return {"Content-Type": message.content_type} | own | headers_of(keys, message.id, timestamp, message.body)


async def _judge(response: aiohttp.ClientResponse) -> Answer:
    """2xx is success as soon as it stands there; the rest is told apart for people and for metrics."""
    status = response.status
    if response.ok and status < 300:
        return Answer(Reason.OK, status)
    if 300 <= status < 400:
        return Answer(Reason.REDIRECT, status, "a redirect is not followed: give the address it leads to")
    said = f"{status} {response.reason or ''}".strip()
    excerpt = await _excerpt(response)
    error = f"{said}: {excerpt}"[:ERROR_CHARACTERS] if excerpt else said
    wait = retry_after_seconds(response.headers.get("Retry-After"), datetime.now(UTC))
    return Answer(_reason(status), status, error, wait)


def _reason(status: int) -> Reason:
    if status == 410:
        return Reason.GONE
    if status in THROTTLES:
        return Reason.THROTTLED
    return Reason.CLIENT_ERROR if status < 500 else Reason.SERVER_ERROR


async def _excerpt(response: aiohttp.ClientResponse) -> str:
    """The start of what a receiver says of its refusal, on one line; nothing where it does not come."""
    try:
        async with asyncio.timeout(EXCERPT_SECONDS):
            raw = await response.content.read(ANSWER_BYTES)
    except (aiohttp.ClientError, OSError):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in raw.decode("utf-8", "replace")).split())


def _fault(error: Exception, seconds: float) -> Answer:
    refused = _cause(error)
    if refused is not None:
        return Answer(Reason.ADDRESS, error=refused.strerror)
    if isinstance(error, TimeoutError):
        return Answer(Reason.TIMEOUT, error=f"no answer within {seconds:g} s")
    if isinstance(error, aiohttp.ClientSSLError):
        return Answer(Reason.TLS, error=str(error)[:ERROR_CHARACTERS])
    return Answer(Reason.CONNECTION, error=_said(error)[:ERROR_CHARACTERS])


def _said(error: Exception) -> str:
    """What went wrong, without the address: its path often is the secret."""
    match error:
        case aiohttp.ClientConnectorError():
            return _connecting(error)
        case aiohttp.InvalidURL():
            return "the address cannot be read"
        case aiohttp.ClientResponseError():
            return f"the answer is no HTTP: {error.message}"
        case _:
            return str(error) or type(error).__name__


def _connecting(error: aiohttp.ClientConnectorError) -> str:
    """What keeps a connection from being opened, in the system's own words."""
    inner = error.os_error
    why = os.strerror(inner.errno) if inner.errno is not None and inner.errno > 0 else inner.strerror or str(inner)
    return f"connecting to {error.host}:{error.port}: {why}"


def _cause(error: BaseException | None) -> _AddressRefusedError | None:
    """The refusal of our own guard inside what the HTTP library made of it."""
    while error is not None:
        if isinstance(error, _AddressRefusedError):
            return error
        inner = getattr(error, "os_error", None)
        error = inner if isinstance(inner, OSError) and inner is not error else error.__cause__
    return None


def shown(receiver: Receiver) -> str:
    """What may be shown of a receiver's address: scheme and host, never the path, which often is the secret."""
    scheme, _, rest = (receiver.url or "").partition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    return f"{scheme}://{host}" if receiver.type == "webhook" else scheme or "the log of deliver"
