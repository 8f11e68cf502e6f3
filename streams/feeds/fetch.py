"""One polite conditional GET: guarded addresses, redirects by hand, time and size limits; whatever happens is an Answer."""

import asyncio
import base64
import socket
import ssl
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from streams.feeds import guard
from streams.feeds.answer import Answer, Fault, Validators, fresh_for, retry_after
from streams.feeds.inflate import WIRE_BYTES, Body, BodyRefused, Refused

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 10.0
WHOLE_SECONDS = 30.0
REDIRECTS_MOST = 5
IN_FLIGHT = 64
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9,"
    " application/json;q=0.8, */*;q=0.5"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_VALIDATOR_CHARACTERS = 2000


def user_agent(contact: str | None) -> str:
    """Who asks, and whom an administrator may write to."""
    return f"armswire/{version('armswire')}{f' (+{contact})' if contact else ''}"


def redacted(url: str) -> str:
    """The address without user and password, for messages and logs."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class Fetcher:
    """Two pools of connections: guarded, and for feeds that may be private. Use with ``async with``."""

    def __init__(
        self,
        contact: str | None = None,
        *,
        resolver: AbstractResolver | None = None,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._agent = user_agent(contact)
        self._resolver = resolver
        self._whole_seconds = whole_seconds
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()

    async def fetch(self, url: str, *, allow_private: bool = False, validators: Validators = Validators()) -> Answer:  # noqa: B008
        """Ask for ``url``; never raises but for cancellation."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._whole_seconds):
                answer = await self._follow(url, allow_private, validators)
        except Exception as error:  # noqa: BLE001 - whatever a server makes a client raise, it is one failed poll
            answer = _fault_of(error, self._whole_seconds)
        return _timed(answer, time.monotonic() - began)

    async def _follow(self, url: str, allow_private: bool, validators: Validators) -> Answer:
        moved_to, permanent = None, True
        credentials = _credentials(url)
        current = redacted(url)
        origin = _origin(current)
        for _ in range(REDIRECTS_MOST + 1):
            # Credentials belong to the origin they were written for, and to nobody it points to.
            authorization = credentials if _origin(current) == origin else None
            async with self._session(allow_private).get(
                URL(current), headers=self._headers(validators, authorization), allow_redirects=False
            ) as response:
                if response.status in _REDIRECTS and response.headers.get("Location"):
                    current = redacted(urljoin(current, response.headers["Location"].strip()))
                    if urlsplit(current).scheme not in ("http", "https") or not urlsplit(current).hostname:
                        return Answer(fault=Fault.REDIRECT, message="a redirect to something that is no web address")
                    permanent = permanent and response.status in _PERMANENT
                    moved_to = current if permanent else moved_to
                    continue
                return await _read(response, validators, moved_to)
        return Answer(fault=Fault.REDIRECT, message=f"more than {REDIRECTS_MOST} redirects")

    def _headers(self, validators: Validators, authorization: str | None) -> dict[str, str]:
        headers = {"User-Agent": self._agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"}
        if authorization:
            headers["Authorization"] = authorization
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        return headers

    def _session(self, allow_private: bool) -> aiohttp.ClientSession:
        if allow_private not in self._sessions:
            connector = aiohttp.TCPConnector(
                limit=IN_FLIGHT * 2,
                resolver=self._resolver,
                use_dns_cache=False,
                socket_factory=_any_socket if allow_private else _guarded_socket,
            )
            self._sessions[allow_private] = aiohttp.ClientSession(
                connector=connector,
                connector_owner=True,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(
                    total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=IDLE_SECONDS
                ),
            )
        return self._sessions[allow_private]


def _any_socket(info: Any) -> socket.socket:
    return socket.socket(info[0], info[1], info[2])


def _guarded_socket(info: Any) -> socket.socket:
    """A socket to a public address. Here the name is resolved already: no second answer can slip in after the check."""
    guard.check(str(info[4][0]))
    return _any_socket(info)


async def _read(response: aiohttp.ClientResponse, validators: Validators, moved_to: str | None) -> Answer:
    now = datetime.now(UTC)
    common: dict[str, Any] = {
        "status": response.status,
        "retry_after": retry_after(response.headers.get("Retry-After"), now),
        "fresh_for": fresh_for(response.headers),
        "moved_to": moved_to,
        "validators": Validators(_validator(response, "ETag"), _validator(response, "Last-Modified")),
    }
    if response.status == 304:
        if not validators:
            return Answer(**common, fault=Fault.UNASKED_304, message='"not modified" to a question without validators')
        return Answer(**common)
    fault = _fault_of_status(response)
    if fault:
        reason = f"{response.status} {response.reason or ''}".strip()
        return Answer(**common, fault=fault, message=reason[:200])
    if (response.content_length or 0) > WIRE_BYTES:
        raise BodyRefused(Refused.WIRE, f"it announces {response.content_length}")
    body, complete = Body(response.headers.get("Content-Encoding", "")), True
    try:
        async for chunk, _ in response.content.iter_chunks():
            body.add(chunk)
    except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionError):
        complete = False  # what came may hold whole items
    inflated, ended = body.finish()
    return Answer(
        **common,
        body=inflated,
        complete=complete and ended,
        content_type=response.headers.get("Content-Type", "")[:200],
        wire=body.wire,
    )


def _validator(response: aiohttp.ClientResponse, name: str) -> str | None:
    value = response.headers.get(name)
    return value if value and len(value) <= _VALIDATOR_CHARACTERS else None


def _fault_of_status(response: aiohttp.ClientResponse) -> Fault | None:
    if response.status == 200:
        return None
    if response.status == 503 and "Retry-After" in response.headers:
        return Fault.RATE_LIMITED
    return {410: Fault.GONE, 429: Fault.RATE_LIMITED}.get(response.status, Fault.STATUS)


def _fault_of(error: Exception, whole_seconds: float) -> Answer:
    refused = next((e for e in _causes(error) if isinstance(e, guard.AddressRefused) or "is refused:" in str(e)), None)
    if refused:
        return Answer(fault=Fault.ADDRESS, message=str(refused)[:300])
    if isinstance(error, BodyRefused):
        too_big = error.reason in (Refused.WIRE, Refused.INFLATED)
        return Answer(fault=Fault.TOO_BIG if too_big else Fault.ENCODING, message=str(error))
    if isinstance(error, TimeoutError):
        detail = str(error) or f"no complete answer within {whole_seconds:g} s"
        return Answer(fault=Fault.TIMEOUT, message=detail[:200])
    if any(isinstance(e, ssl.SSLError | ssl.CertificateError) for e in _causes(error)):
        return Answer(fault=Fault.TLS, message=str(error)[:200])
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientConnectorDNSError | socket.gaierror):
        return Answer(fault=Fault.UNREACHABLE, message=str(error)[:200])
    return Answer(fault=Fault.PROTOCOL, message=f"{type(error).__name__}: {error}"[:200])


def _causes(error: BaseException) -> Iterable[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        inner = getattr(current, "os_error", None) or getattr(current, "certificate_error", None)
        current = inner if isinstance(inner, BaseException) else current.__cause__


def _timed(answer: Answer, seconds: float) -> Answer:
    fields = {name: getattr(answer, name) for name in Answer.__slots__}
    return Answer(**(fields | {"seconds": seconds}))


def _credentials(url: str) -> str | None:
    """The Authorization header for the user and password in ``url``."""
    parts = urlsplit(url)
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
