"""One poll over HTTP: what is asked, what is believed, what is refused."""

import asyncio
import base64
import gzip
import socket
import time
import zlib

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from streams.feeds.answer import Fault, Validators
from streams.feeds.fetch import Fetcher
from tests.broker.feed_server import FeedServer, a_feed, an_item

FEED = a_feed(an_item(1))


@pytest.fixture
async def server():
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def fetcher():
    async with Fetcher("mailto:desk@armswire.example", whole_seconds=3.0) as running:
        yield running


async def test_a_body_and_its_validators_come_back_byte_for_byte(server, fetcher):
    server.serve("/f", FEED, ETag='W/"a b"', Last_Modified="Tue, 24 Nov 2026 10:00:00 GMT")
    answer = await fetcher.fetch(f"{server.url}/f", allow_private=True)
    assert answer.fault is None
    assert answer.body == FEED.encode()
    assert answer.complete
    assert answer.validators == Validators('W/"a b"', "Tue, 24 Nov 2026 10:00:00 GMT")
    again = await fetcher.fetch(f"{server.url}/f", allow_private=True, validators=answer.validators)
    assert again.not_modified
    asked = server.headers("/f")[1]
    assert asked["If-None-Match"] == 'W/"a b"'
    assert asked["If-Modified-Since"] == "Tue, 24 Nov 2026 10:00:00 GMT"


async def test_the_server_learns_who_asks_and_gets_no_cookie_and_no_referer(server, fetcher):
    server.serve("/f", FEED, Set_Cookie="a=b; Path=/")
    for _ in range(2):
        await fetcher.fetch(f"{server.url}/f", allow_private=True)
    asked = server.headers("/f")[1]
    assert asked["User-Agent"].startswith("armswire/")
    assert asked["User-Agent"].endswith(" (+mailto:desk@armswire.example)")
    assert asked["Accept-Encoding"] == "gzip, deflate"
    assert "Cookie" not in asked
    assert "Referer" not in asked


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_and_only_a_permanent_one_is_told(server, fetcher, status):
    server.serve("/old", status=status, Location="/new")
    server.serve("/new", FEED)
    answer = await fetcher.fetch(f"{server.url}/old", allow_private=True)
    assert answer.body == FEED.encode()
    assert answer.moved_to == (f"{server.url}/new" if status in (301, 308) else None)


async def test_a_loop_of_redirects_is_asked_six_times_at_most(server, fetcher):
    server.serve("/loop", status=302, Location="/loop")
    answer = await fetcher.fetch(f"{server.url}/loop", allow_private=True)
    assert answer.fault is Fault.REDIRECT
    assert len(server.asked) == 6


async def test_credentials_are_sent_as_basic_and_not_to_another_origin(server, fetcher):
    async with FeedServer() as other:
        other.serve("/f", FEED)
        server.serve("/f", status=302, Location=f"{other.url}/f")
        address = server.url.replace("http://", "http://desk:s%40crit@")
        answer = await fetcher.fetch(f"{address}/f", allow_private=True)
        assert answer.fault is None
        assert server.headers("/f")[0]["Authorization"] == "Basic " + base64.b64encode(b"desk:s@crit").decode()
        assert "Authorization" not in other.headers("/f")[0]


async def test_credentials_stand_in_no_message(fetcher):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        answer = await fetcher.fetch(f"http://desk:secret@127.0.0.1:{closed.getsockname()[1]}/f", allow_private=True)
    assert answer.fault is Fault.UNREACHABLE
    assert "secret" not in answer.message


class FakeResolver(AbstractResolver):
    """Names that lead wherever a test says, as a hostile name server would answer."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            {"hostname": host, "host": address, "port": port, "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
             "proto": 0, "flags": socket.AI_NUMERICHOST}
            for address in self._addresses
        ]  # fmt: skip

    async def close(self):
        pass


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("::1",), ("::ffff:127.0.0.1",), ("127.0.0.1", "::1")])
async def test_a_name_that_leads_to_loopback_is_not_asked_unless_the_feed_allows_it(server, addresses):
    server.serve("/f", FEED)
    port = server.url.rpartition(":")[2]
    async with Fetcher(resolver=FakeResolver(*addresses)) as fetcher:
        answer = await fetcher.fetch(f"http://feed.example:{port}/f")
        assert answer.fault is Fault.ADDRESS
        assert "allow_private" in answer.message
    assert server.asked == []


async def test_a_literal_loopback_address_is_refused_however_it_is_written(server):
    server.serve("/f", FEED)
    port = server.url.rpartition(":")[2]
    async with Fetcher() as fetcher:
        for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "localhost"):
            answer = await fetcher.fetch(f"http://{host}:{port}/f")
            assert answer.fault in (Fault.ADDRESS, Fault.PROTOCOL), (host, answer)
    assert server.asked == []


async def test_a_redirect_is_guarded_like_the_first_address(server):
    server.serve("/secret", FEED)
    server.serve("/f", status=302, Location=f"{server.url}/secret")
    port = server.url.rpartition(":")[2]
    resolver = FakeResolver("127.0.0.1")
    async with Fetcher(resolver=resolver) as fetcher:
        answer = await fetcher.fetch(f"http://feed.example:{port}/f")
    assert answer.fault is Fault.ADDRESS
    assert server.asked == []


async def test_gzip_and_both_kinds_of_deflate_are_inflated(server, fetcher):
    raw = zlib.compressobj(wbits=-15)
    bodies = {
        "/gzip": ("gzip", gzip.compress(FEED.encode())),
        "/zlib": ("deflate", zlib.compress(FEED.encode())),
        "/raw": ("deflate", raw.compress(FEED.encode()) + raw.flush()),
        "/silent": ("identity", gzip.compress(FEED.encode())),
        "/members": ("gzip", gzip.compress(FEED.encode()[:40]) + gzip.compress(FEED.encode()[40:])),
    }
    for path, (encoding, body) in bodies.items():
        server.serve(path, body, Content_Encoding=encoding)
        answer = await fetcher.fetch(f"{server.url}{path}", allow_private=True)
        assert answer.body == FEED.encode(), path
        assert answer.complete, path


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity"])
async def test_a_bomb_is_refused_before_it_fills_the_memory(server, fetcher, encoding):
    import resource

    pack = zlib.compressobj(9, zlib.DEFLATED, 15 if encoding == "deflate" else 31)
    zeros = bytes(1024 * 1024)
    bomb = b"".join(pack.compress(zeros) for _ in range(200)) + pack.flush()
    server.serve("/bomb", bomb, Content_Encoding=encoding)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = await fetcher.fetch(f"{server.url}/bomb", allow_private=True)
    assert answer.fault is Fault.TOO_BIG
    assert answer.seconds < 3.0
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 64


async def test_an_encoding_that_was_not_offered_is_a_failed_poll(server, fetcher):
    for encoding in ("br", "zstd", "gzip, gzip, gzip"):
        server.serve("/f", b"x", Content_Encoding=encoding)
        assert (await fetcher.fetch(f"{server.url}/f", allow_private=True)).fault is Fault.ENCODING


async def test_a_body_that_is_too_long_is_refused_announced_or_not(server, fetcher):
    server.serve("/announced", bytes(5 * 1024 * 1024 + 1))

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    server.handle("/endless", endless)
    for path in ("/announced", "/endless"):
        answer = await fetcher.fetch(f"{server.url}{path}", allow_private=True)
        assert answer.fault is Fault.TOO_BIG, path
        assert answer.body == b""


async def test_a_slow_drip_ends_by_the_time_limit(server, fetcher):
    async def drip(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b"<")
            await asyncio.sleep(0.2)
        return response

    server.handle("/drip", drip)
    began = time.monotonic()
    answer = await fetcher.fetch(f"{server.url}/drip", allow_private=True)
    assert answer.fault is Fault.TIMEOUT
    assert time.monotonic() - began < 4.0


async def raw_server(words: bytes):
    async def talk(reader, writer):
        await reader.read(1000)
        writer.write(words)
        await writer.drain()
        writer.close()

    return await asyncio.start_server(talk, "127.0.0.1", 0)


@pytest.mark.parametrize(
    "words",
    [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 200 OK\r\n"
     + b"X: y\r\n" * 5000 + b"\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8bxx"],
    ids=["reset", "not-http", "bad-chunk", "many-headers", "huge-header", "bad-gzip"],
)  # fmt: skip
async def test_garbage_on_the_wire_is_one_failed_poll(fetcher, words):
    garbage = await raw_server(words)
    async with garbage:
        port = garbage.sockets[0].getsockname()[1]
        answer = await fetcher.fetch(f"http://127.0.0.1:{port}/f", allow_private=True)
    assert answer.fault in (Fault.PROTOCOL, Fault.ENCODING) or not answer.complete
    assert "Traceback" not in answer.message


async def test_a_body_that_breaks_off_is_marked_incomplete(fetcher):
    half = FEED.encode()[:60]
    server = await raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + half)
    async with server:
        port = server.sockets[0].getsockname()[1]
        answer = await fetcher.fetch(f"http://127.0.0.1:{port}/f", allow_private=True)
    assert answer.fault is None
    assert answer.body == half
    assert not answer.complete


async def test_a_304_that_nobody_asked_for_is_a_failure(server, fetcher):
    server.serve("/f", status=304)
    assert (await fetcher.fetch(f"{server.url}/f", allow_private=True)).fault is Fault.UNASKED_304


async def test_an_error_page_is_not_read_and_its_retry_after_is_kept(server, fetcher):
    server.serve("/busy", FEED, status=503, Retry_After="120")
    server.serve("/many", FEED, status=429, Retry_After="-5")
    busy = await fetcher.fetch(f"{server.url}/busy", allow_private=True)
    assert (busy.fault, busy.retry_after, busy.body) == (Fault.RATE_LIMITED, 120.0, b"")
    many = await fetcher.fetch(f"{server.url}/many", allow_private=True)
    assert (many.fault, many.retry_after) == (Fault.RATE_LIMITED, 0.0)
