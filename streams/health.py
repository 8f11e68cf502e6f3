"""The pages of one worker: /healthz (alive), /readyz (has its partitions, makes progress), /metrics."""

import asyncio
import logging
from typing import Any

from aiohttp import web
from mode import Service
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from streams import metrics
from streams.app import StageApp
from streams.liveness import Watchdog

log = logging.getLogger(__name__)


class Health(Service):
    """Serves the pages and runs the watchdog and the configuration's renewal, from before the stage joins its group."""

    def __init__(self, app: StageApp, **options: Any) -> None:
        super().__init__(**options)
        self._stage = app
        self._watchdog = Watchdog(app)
        self._runner: web.AppRunner | None = None

    async def on_start(self) -> None:
        metrics.prepare(self._stage.stage)
        pages = web.Application()
        pages.add_routes(
            [web.get("/healthz", self._healthz), web.get("/readyz", self._readyz), web.get("/metrics", self._metrics)]
        )
        self._runner = web.AppRunner(pages, access_log=None)
        await self._runner.setup()
        settings = self._stage.settings
        await web.TCPSite(self._runner, settings.host, settings.port).start()

    async def on_stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    @Service.task
    async def _watch(self) -> None:
        await self._watchdog.watch()

    @Service.task
    async def _keep_fresh(self) -> None:
        await self._stage.configuration.keep_fresh()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _request: web.Request) -> web.Response:
        held = self._stage.progress.held_since is not None
        if held:
            return web.Response(status=503, text=f"held by {self._stage.progress.held_reason}\n")
        return (
            web.Response(text="ok\n") if self._watchdog.ready else web.Response(status=503, text="no partitions yet\n")
        )

    async def _metrics(self, _request: web.Request) -> web.Response:
        text = await asyncio.to_thread(generate_latest, REGISTRY)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})
