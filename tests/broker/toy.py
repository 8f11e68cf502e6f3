"""A toy of two stages made of the pipeline's own parts: ``python -m tests.broker.toy first|second``.

first: toy.in → toy.middle; second: toy.middle → toy.out. One record in a hundred is slow: a chaos test without a heavy
latency tail finds nothing. Every handled offset is written down before it is acknowledged, so that commits can be judged.
"""

import asyncio
import itertools
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams import liveness
from streams.app import Inbound, StageApp, consume, stage_app
from streams.faust_guards import ALL_GUARDS, Guard
from streams.logs import start_logging
from streams.records import Poison
from streams.topics import DAY, REQUEST_BYTES, Stage, Topic
from streams.worker import run_app

SLOW_COORDINATOR_SECONDS = 0.6
GUST = signal.SIGRTMIN


@dataclass(frozen=True)
class Toy:
    """Topics and groups of one run, apart from every other run by its name."""

    run: str
    partitions: int = 4

    def topic(self, name: str) -> Topic:
        return Topic(f"toy-{self.run}.{name}", "id", self.partitions, DAY, 128 * 1024)

    @property
    def topics(self) -> tuple[Topic, ...]:
        return tuple(self.topic(name) for name in ("in", "middle", "out"))

    def group(self, stage: str) -> str:
        return f"armswire-toy-{self.run}-{stage}"


def make_app(stage: str, environment: dict[str, str]) -> StageApp:
    toy = Toy(environment["TOY_RUN"])
    source, target = {"first": ("in", "middle"), "second": ("middle", "out")}[stage]
    guards = frozenset(Guard[name] for name in environment.get("TOY_GUARDS", "").split(",") if name) or ALL_GUARDS
    app = stage_app(Stage.CLASSIFY, name=f"toy-{toy.run}-{stage}", sources=[toy.topic(source)], guards=guards)
    slow = float(environment.get("TOY_SLOW", "0"))
    held = itertools.count()
    handled = os.open(Path(environment["TOY_FOLDER"]) / f"{stage}.handled", os.O_APPEND | os.O_CREAT | os.O_WRONLY)

    @app.agent(app.source, name=stage, concurrency=int(environment.get("TOY_CONCURRENCY", "1")))
    async def agent(stream: Any) -> None:
        async def handle(inbound: Inbound) -> None:
            if inbound.value == b"poison":
                raise Poison("a poisoned record")
            if inbound.value == b"broken":
                raise KeyError("a fault of the handler")
            if inbound.value == b"too big":
                await app.publish(toy.topic(target), inbound.key, bytes(REQUEST_BYTES + 1))
            if inbound.value == b"held" and next(held) < 7:
                raise TimeoutError("what it needs is away")
            if inbound.value == b"hang once" and not (Path(environment["TOY_FOLDER"]) / "hung").exists():
                (Path(environment["TOY_FOLDER"]) / "hung").touch()
                await asyncio.sleep(3600)
            if inbound.value == b"hang":
                await asyncio.sleep(3600)
            if slow and hash((inbound.partition, inbound.offset)) % 100 == 0:
                await asyncio.sleep(slow * random.uniform(0.7, 1.0))
            await app.publish(toy.topic(target), inbound.key, inbound.value or b"")
            os.write(handled, f"{inbound.partition} {inbound.offset} {time.time():.3f}\n".encode())

        await consume(app, stream, handle)

    if "TOY_STORM" in environment:
        storm(environment["TOY_STORM"])
    return app


def storm(seed: str) -> None:
    """A burst of rebalances that follow each other at once, whenever the process gets GUST.

    The coordinator is slow meanwhile, as one is that has just moved: that is when a rebalance overtakes another. Between
    the bursts there is calm, for the next rebalance would mend what the last one broke.
    """
    from faust.transport.drivers.aiokafka import Consumer, ConsumerRebalanceListener

    dice = random.Random(seed)
    left = 0
    seen: dict[str, Any] = {}
    original, seek = ConsumerRebalanceListener.on_partitions_assigned, Consumer.seek_to_committed

    def again() -> None:
        coordinator = seen["thread"]._ensure_consumer()._coordinator
        (coordinator.request_rejoin if dice.random() < 0.5 else coordinator.reset_generation)()

    async def on_partitions_assigned(self: Any, assigned: Any) -> None:
        nonlocal left
        seen.update(thread=self._thread, loop=asyncio.get_running_loop())
        if left:
            left -= 1
            asyncio.get_running_loop().call_later(dice.uniform(0, 0.1), again)
        await original(self, assigned)

    async def seek_to_committed(self: Any) -> Any:
        found = await seek(self)
        if seen:
            await asyncio.sleep(dice.uniform(0, SLOW_COORDINATOR_SECONDS))
        return found

    def gust(*_: object) -> None:
        nonlocal left
        left = dice.randint(2, 4)
        seen["loop"].call_soon_threadsafe(again)

    ConsumerRebalanceListener.on_partitions_assigned = on_partitions_assigned
    Consumer.seek_to_committed = seek_to_committed
    signal.signal(GUST, gust)


def main() -> None:
    if "TOY_STUCK" in os.environ:
        liveness.STUCK_SECONDS = float(os.environ["TOY_STUCK"])
    start_logging("INFO", "text", sys.argv[1])
    run_app(make_app(sys.argv[1], dict(os.environ)))


if __name__ == "__main__":
    main()
