"""A feed server and a webhook receiver on loopback: what goes into the pipeline, and what comes out of it."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any, Self
from xml.sax.saxutils import escape

import msgspec
from aiohttp import web

from tests.builders import NOW


@dataclass
class Item:
    """One item of a feed."""

    guid: str
    title: str
    text: str = ""


@dataclass
class Newsstand:
    """Feeds at /feeds/ID (RSS, with ETag) and a receiver at /hook that answers with ``status``."""

    feeds: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    status: int = 200
    polls: list[tuple[float, str, int]] = field(default_factory=list)
    posts: list[tuple[float, dict[str, str], bytes]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        pages = web.Application()
        pages.add_routes([web.get("/feeds/{feed}", self._feed), web.post("/hook", self._hook)])
        self._runner = web.AppRunner(pages, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def feed_url(self, feed: str) -> str:
        return f"http://127.0.0.1:{self.port}/feeds/{feed}"

    @property
    def hook_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def _feed(self, request: web.Request) -> web.Response:
        feed = request.match_info["feed"]
        items = self.feeds[feed]
        tag = f'"{len(items)}-{hash(tuple((i.guid, i.title, i.text) for i in items)):x}"'
        status = 304 if request.headers.get("If-None-Match") == tag else 200
        self.polls.append((time.time(), feed, status))
        if status == 304:
            return web.Response(status=304, headers={"ETag": tag})
        entries = "".join(
            f"<item><guid isPermaLink='false'>{escape(i.guid)}</guid><title>{escape(i.title)}</title>"
            f"<link>http://127.0.0.1/{escape(i.guid)}</link><description>{escape(i.text)}</description>"
            f"<pubDate>{format_datetime(NOW)}</pubDate></item>"
            for i in items
        )
        body = f"<?xml version='1.0'?><rss version='2.0'><channel><title>{feed}</title>{entries}</channel></rss>"
        return web.Response(text=body, content_type="application/rss+xml", headers={"ETag": tag})

    async def _hook(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.status == 200:
            self.posts.append((time.time(), dict(request.headers), body))
        return web.Response(status=self.status)

    def delivered(self) -> dict[str, list[dict[str, Any]]]:
        """Bodies by webhook-id."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for _, headers, body in self.posts:
            found[headers["webhook-id"]].append(msgspec.json.decode(body))
        return found
