"""A real webhook receiver on loopback: answers as it is told, keeps what it got."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

HANG = 0  # as a status: the request is read and never answered


@dataclass
class Inbox:
    """``answers`` are given in turn, the last one for ever: a status, or a status with headers."""

    answers: Sequence[int | tuple[int, Mapping[str, str]]] = (204,)
    requests: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    base: str = ""
    together: int = 0
    most_together: int = 0
    slow: float = 0.0
    hang_once: str | None = None  # the first request with this webhook-id is never answered

    @property
    def url(self) -> str:
        return f"{self.base}/hook"

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.requests]

    async def handle(self, request: web.Request) -> web.Response:
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        try:
            answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
            if (
                self.hang_once
                and request.headers.get("webhook-id") == self.hang_once
                and self.hang_once not in self.ids
            ):
                answer = HANG
            self.requests.append((request.headers, await request.read()))
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            await asyncio.sleep(3600 if status == HANG else self.slow)
            return web.Response(status=status, headers=headers, text="" if status < 300 else "no\x1b such desk")
        finally:
            self.together -= 1

    async def got(self, count: int, seconds: float = 10) -> None:
        """Return when ``count`` requests have come."""
        async with asyncio.timeout(seconds):
            while len(self.requests) < count:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def open_inbox(*answers: int | tuple[int, Mapping[str, str]], slow: float = 0.0) -> AsyncIterator[Inbox]:
    """An inbox on a free port of loopback."""
    inbox = Inbox(answers or (204,), slow=slow)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", inbox.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    inbox.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield inbox
    await runner.cleanup()
