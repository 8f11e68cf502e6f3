"""The service's own pages on ARMSWIRE_PORT: /metrics of all stages, /healthz, /readyz."""

import asyncio

from aiohttp import web
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from streams.run.gather import merge, read_metrics, write_metrics
from streams.run.servers import StartRefused
from streams.run.supervisor import Supervisor

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STAGE_UP = "armswire_stage_up"


class Pages:
    """Serves the pages from before the first stage starts until the last has ended."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def start(self) -> None:
        """Raises StartRefused where the port is taken."""
        settings = self._supervisor.settings
        pages = web.Application()
        pages.add_routes(
            [
                web.get("/", self._contents),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
            ]
        )
        self._runner = web.AppRunner(pages, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, settings.host, settings.port).start()
        except OSError as error:
            await self._runner.cleanup()
            where = f"{settings.host}:{settings.port}"
            reason = f"opening {where}: {error.strerror}; set ARMSWIRE_PORT to a free port (0: any)"
            raise StartRefused(reason) from error
        self.address = f"http://{settings.host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _contents(self, _request: web.Request) -> web.Response:
        return web.Response(
            text="Armswire\n/metrics  all stages, for Prometheus\n/readyz   every stage does its work\n/healthz  this answers\n"
        )

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _request: web.Request) -> web.Response:
        waiting = [str(stage) for stage, process in self._supervisor.stages.items() if not process.ready]
        if self._supervisor.ready:
            return web.Response(text="ok\n")
        return web.Response(status=503, text=f"not ready: {', '.join(waiting) or 'broker or store'}\n")

    async def _metrics(self, _request: web.Request) -> web.Response:
        text = write_metrics(await self.gather())
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})

    async def gather(self) -> list[Metric]:
        """The metrics of all stages that answer, and ``stage_up`` of all of them."""
        stages = self._supervisor.stages
        texts = await asyncio.gather(*(self._supervisor.page(process, "metrics") for process in stages.values()))
        pages = {str(stage): read_metrics(text) for stage, text in zip(stages, texts, strict=True) if text}
        families = [family for family in merge(pages) if family.name != STAGE_UP]
        up = GaugeMetricFamily(STAGE_UP, "1 while a stage does its work; 0: look at its log.", labels=["stage"])
        for stage, process in stages.items():
            up.add_metric([str(stage)], 1.0 if process.ready else 0.0)
        return [up, *families]
