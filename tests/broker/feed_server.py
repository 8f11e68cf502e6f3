"""A small web server on loopback that answers as a test tells it, and remembers how it was asked."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class FeedServer:
    """``pages`` maps paths to what is answered: a response's parts, or a handler; ``asked`` is every request."""

    url: str = ""
    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[float, str, dict[str, str]]] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> "FeedServer":
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def serve(self, path: str, body: bytes | str = b"", status: int = 200, **headers: str) -> None:
        """Answer ``path`` so; underscores of header names become hyphens."""
        raw = body.encode() if isinstance(body, str) else body
        self.pages[path] = (status, raw, {name.replace("_", "-"): value for name, value in headers.items()})

    def handle(self, path: str, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> None:
        self.pages[path] = handler

    def times(self, path: str) -> list[float]:
        return [at for at, asked, _ in self.asked if asked == path]

    def headers(self, path: str) -> list[dict[str, str]]:
        return [headers for _, asked, headers in self.asked if asked == path]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((time.time(), request.path, dict(request.headers)))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            page = self.pages.get(request.path)
            if page is None:
                return web.Response(status=404)
            if callable(page):
                return await page(request)
            status, body, headers = page
            etag = headers.get("ETag")
            if etag and request.headers.get("If-None-Match") == etag:
                return web.Response(status=304, headers={"ETag": etag})
            return web.Response(status=status, body=body, headers=headers)
        finally:
            self.in_flight -= 1


def an_item(number: int | str, *, title: str = "", text: str = "", published: str = "", guid: str | None = None) -> str:
    """One item of an RSS feed."""
    name = f"item-{number}" if guid is None else guid
    parts = [
        f"<title>{title or f'Parliament debates budget item {number}'}</title>",
        f"<link>http://127.0.0.1/{number}</link>",
    ]
    parts += [f"<guid isPermaLink='false'>{name}</guid>"] if name else []
    parts += [f"<description>{text}</description>"] if text else []
    parts += [f"<pubDate>{published}</pubDate>"] if published else []
    return f"<item>{''.join(parts)}</item>"


def a_feed(*items: str, extra: str = "") -> str:
    """An RSS feed of ``items``."""
    return f"<rss version='2.0'><channel><title>The Wire</title>{extra}{''.join(items)}</channel></rss>"


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until ``condition`` holds; fail after ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)
