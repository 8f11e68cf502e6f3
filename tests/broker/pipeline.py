"""The six stages as real worker processes on a real broker, store and database."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp
import yaml

from streams.local_kafka import free_port
from streams.topics import Stage

ROOT = Path(__file__).parent.parent.parent
SECRET = "whsec_" + base64.b64encode(b"a secret of the tests, 32 bytes.").decode()


def write_configuration(
    folder: Path,
    feeds: Sequence[dict[str, Any]],
    watches: Sequence[dict[str, Any]],
    receivers: Sequence[dict[str, Any]],
) -> Path:
    """A configuration folder with these entries."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, entries in {"feeds": feeds, "watches": watches, "receivers": receivers}.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({name: list(entries)}, sort_keys=False))
    return folder


def a_loopback_feed(feed_id: str, url: str, **values: Any) -> dict[str, Any]:
    """A feed on loopback, polled every five seconds, that alerts from its first poll on."""
    entry = {"id": feed_id, "url": url, "outlet": feed_id.title(), "allow_private": True, "every": "5s"}
    return entry | {"since": "all", "backfill": "alert"} | values


def a_receiver(url: str, **values: Any) -> dict[str, Any]:
    return {"id": "desk", "type": "webhook", "url": url, "secret": "${DESK_SECRET}"} | values


@dataclass
class Pipeline:
    """Worker processes, one a stage, started again when they end (``revive``)."""

    broker: str
    store: str
    database: str
    configuration: Path
    state: Path
    embedded: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    stages: tuple[Stage, ...] = tuple(Stage)

    def __post_init__(self) -> None:
        self.processes: dict[Stage, subprocess.Popen[bytes]] = {}
        self.ports: dict[Stage, int] = {}
        self.restarts = 0
        self.state.mkdir(parents=True, exist_ok=True)

    def start(self, stage: Stage) -> None:
        self.ports[stage] = free_port()
        environment = {
            **os.environ,
            "ARMSWIRE_BROKER": self.broker,
            "ARMSWIRE_REDIS": self.store,
            "ARMSWIRE_DATABASE": self.database,
            "ARMSWIRE_CONFIG": str(self.configuration),
            "ARMSWIRE_STATE": str(self.state),
            "ARMSWIRE_EMBEDDED": "1" if self.embedded else "0",
            "ARMSWIRE_REPLICATION": "1",
            "ARMSWIRE_PORT": str(self.ports[stage]),
            "ARMSWIRE_LOG_FORMAT": "text",
            # Static membership: a stage that was killed takes its partitions back at once.
            **({} if self.embedded else {"ARMSWIRE_PLACE": "one"}),
            "DESK_SECRET": SECRET,
            **self.environment,
        }
        with (self.state / f"{stage}.log").open("ab") as log:
            self.processes[stage] = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "worker", str(stage)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def kill(self, stage: Stage) -> None:
        self.processes[stage].send_signal(signal.SIGKILL)
        self.processes[stage].wait(10)

    def revive(self) -> None:
        for stage, process in list(self.processes.items()):
            if process.poll() is not None:
                self.restarts += 1
                self.start(stage)

    def log(self, stage: Stage) -> str:
        return (self.state / f"{stage}.log").read_text(errors="replace")

    def logs(self) -> str:
        """The last words of every stage, for a failure's message."""
        return "\n".join(f"--- {stage}\n{self.log(stage)[-1500:]}" for stage in self.processes)

    async def ready(self, seconds: float = 90) -> None:
        """Return when every stage has its partitions."""
        end = time.monotonic() + seconds
        async with aiohttp.ClientSession() as client:
            for stage in self.processes:
                while not await self._is_ready(client, stage):
                    if time.monotonic() > end or self.processes[stage].poll() is not None:
                        raise AssertionError(f"stage {stage} did not start:\n{self.log(stage)[-3000:]}")
                    await asyncio.sleep(0.1)

    async def _is_ready(self, client: aiohttp.ClientSession, stage: Stage) -> bool:
        try:
            async with client.get(f"http://127.0.0.1:{self.ports[stage]}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def metrics(self, stage: Stage) -> str:
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{self.ports[stage]}/metrics") as answer,
        ):
            return await answer.text()

    def __enter__(self) -> Self:
        for stage in self.stages:
            self.start(stage)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
        for process in self.processes.values():
            process.wait(10)
