"""A small newsroom on loopback: feeds that fill up within a minute, and a desk that checks the webhooks it receives."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from streams.run.demo.feeds import OUTLETS, Item, atom, json_feed, rss

HERE = Path(__file__).parent
WRITERS = {
    "rss": (rss, "application/rss+xml"),
    "atom": (atom, "application/atom+xml"),
    "json": (json_feed, "application/feed+json"),
}
TOLERANCE_SECONDS = 300  # as Standard Webhooks advises


@dataclass(frozen=True, slots=True)
class Received:
    """A webhook that the desk got; ``genuine``: its signature is right and its time is near."""

    id: str
    type: str
    watch: str
    genuine: bool
    at: datetime


@dataclass(slots=True)
class Newsroom:
    """Feeds and desk at ``address``; ``secret`` signs what the desk is sent."""

    address: str = ""
    secret: str = field(default_factory=lambda: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
    received: dict[str, Received] = field(default_factory=dict)
    _opened: float | None = None
    _day: datetime = field(default_factory=lambda: datetime.now(UTC))
    _runner: web.AppRunner | None = None
    _stories: list[dict[str, Any]] = field(default_factory=list)

    async def start(self) -> None:
        """Serve the first stories; the others follow once the newsroom is opened."""
        text = await asyncio.to_thread((HERE / "stories.yaml").read_text, encoding="utf-8")
        self._stories = yaml.safe_load(text)["stories"]
        pages = web.Application()
        pages.add_routes([web.post("/desk", self._desk), web.get("/{outlet}.{form}", self._feed)])
        self._runner = web.AppRunner(pages, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    def open(self) -> None:
        """The minute begins: stories come out at their times from now on."""
        if self._opened is None:
            self._opened = time.monotonic()

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    def environment(self) -> dict[str, str]:
        """What the demo's receivers.yaml reads."""
        return {"NEWSROOM": self.address, "NEWSROOM_SECRET": self.secret}

    def configure(self, folder: Path) -> None:
        """Write the demo's configuration into ``folder``, with the newsroom's address."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for source in sorted((HERE / "config").glob("*.yaml")):
            text = source.read_text(encoding="utf-8")
            (folder / source.name).write_text(
                text if source.name == "receivers.yaml" else text.replace("NEWSROOM", self.address), encoding="utf-8"
            )

    def items(self, outlet: str, seconds: float) -> list[Item]:
        """What an outlet's feed holds ``seconds`` after the opening, newest first; the last state of each item."""
        items: dict[str, Item] = {}
        for story in self._stories:
            if story["outlet"] == outlet and story["at"] <= seconds:
                published = self._day + timedelta(seconds=story["at"])
                items[story["id"]] = Item(story["id"], story["title"], story["text"], published)
        return list(items.values())[::-1]

    async def _feed(self, request: web.Request) -> web.Response:
        outlet, form = request.match_info["outlet"], request.match_info["form"]
        if outlet not in OUTLETS or form not in WRITERS:
            raise web.HTTPNotFound
        write, kind = WRITERS[form]
        seconds = time.monotonic() - self._opened if self._opened is not None else 0.0
        body = write(OUTLETS[outlet], self.address, outlet, self.items(outlet, seconds))
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(body=body, content_type=kind, charset="utf-8", headers={"ETag": tag})

    async def _desk(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not genuine(self.secret, request.headers, body, time.time()):
            return web.Response(status=401, text="the signature is wrong\n")
        message = json.loads(body)
        watch = (message["data"].get("watch") or {}).get("id", "")
        known = request.headers["webhook-id"]
        self.received.setdefault(known, Received(known, message["type"], watch, genuine=True, at=datetime.now(UTC)))
        return web.Response(status=204)


def genuine(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether a message is signed as Standard Webhooks 1.0.0 asks, at a time near ``now`` (unix seconds)."""
    known, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(int(stamp) - now) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{known}.{stamp}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    return any(hmac.compare_digest(expected, given) for given in headers.get("webhook-signature", "").split())
