"""Real worker processes for tests, and two oracles: which ids came through, and whether a commit went past what was handled."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.local_kafka import free_port
from streams.records import Poison, decode
from tests.broker.toy import Toy

ROOT = Path(__file__).parent.parent.parent


class Workers:
    """Worker processes of a toy, started again whenever they end, until the block is left."""

    def __init__(self, toy: Toy, broker: str, folder: Path, *, embedded: bool = False, **environment: str) -> None:
        self.toy, self.broker, self.folder = toy, broker, folder
        self._environment = {
            **os.environ,
            "ARMSWIRE_BROKER": broker,
            "ARMSWIRE_EMBEDDED": "1" if embedded else "0",
            "ARMSWIRE_REPLICATION": "1",
            "ARMSWIRE_CONFIG": str(folder),
            "ARMSWIRE_STATE": str(folder),
            "TOY_RUN": toy.run,
            "TOY_FOLDER": str(folder),
            **environment,
        }
        for name in ("feeds", "watches", "receivers"):
            (folder / f"{name}.yaml").write_text(f"{name}: []\n")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.exits: list[int] = []
        self._own: dict[str, dict[str, str]] = {}

    def start(self, stage: str, place: int = 0, **environment: str) -> subprocess.Popen[bytes]:
        name = f"{stage}-{place}"
        self._own[name] = environment
        log = (self.folder / f"{name}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.broker.toy", stage],
            cwd=ROOT,
            env={**self._environment, "ARMSWIRE_PORT": str(free_port()), **environment},
            stdout=log,
            stderr=log,
        )
        log.close()
        self.processes[name] = process
        return process

    def revive(self) -> None:
        """Start again whatever has ended, as a supervisor does."""
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                self.exits.append(process.returncode)
                stage, place = name.rsplit("-", 1)
                self.start(stage, int(place), **self._own.get(name, {}))

    def kill(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait(10)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
        for process in self.processes.values():
            process.wait(10)


async def make_toy_topics(toy: Toy, broker: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics([NewTopic(t.name, t.partitions, 1) for t in toy.topics])
    await admin.close()


async def produce(broker: str, topic: str, values: list[bytes], pause: float = 0.0) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await producer.start()
    try:
        for number, value in enumerate(values):
            await producer.send_and_wait(topic, value, key=f"{number}".encode())
            if pause:
                await asyncio.sleep(pause)
    finally:
        await producer.stop()


class Reader:
    """Reads a topic from its start in the background and counts values."""

    def __init__(self, broker: str, topic: str) -> None:
        self._consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=broker,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=50,
        )
        self.counts: dict[bytes, int] = defaultdict(int)
        self.last = time.monotonic()
        self.records: list[object] = []

    async def __aenter__(self) -> "Reader":
        await self._consumer.start()
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()

    async def _read(self) -> None:
        async for record in self._consumer:
            self.counts[record.value] += 1
            self.records.append(record)
            self.last = time.monotonic()


def readable(shape: type[Any], values: Iterable[bytes | None]) -> list[Any]:
    """The records among ``values``; tests share a broker, and some leave there what cannot be read."""
    found = []
    for value in values:
        with contextlib.suppress(Poison):
            found.append(decode(shape, value))
    return found


async def committed(broker: str, group: str, topic: str, partitions: int) -> dict[int, int]:
    """Committed offset of each partition; those without a commit are left out."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, n) for n in range(partitions)])
        found = {n: await consumer.committed(TopicPartition(topic, n)) for n in range(partitions)}
        return {n: offset for n, offset in found.items() if offset is not None}
    finally:
        await consumer.stop()


def handled(folder: Path, stage: str) -> dict[int, set[int]]:
    """Offsets that a stage's workers have handled, by partition."""
    offsets: dict[int, set[int]] = defaultdict(set)
    path = folder / f"{stage}.handled"
    for line in path.read_text().splitlines() if path.exists() else []:
        partition, offset, _ = line.split()
        offsets[int(partition)].add(int(offset))
    return offsets


async def jumps(toy: Toy, broker: str, folder: Path, stage: str, source: str) -> list[str]:
    """Commits that went past an offset that nobody had handled: each a loss that waits for a crash."""
    commits = await committed(broker, toy.group(stage), toy.topic(source).name, toy.partitions)
    done = handled(folder, stage)
    return [
        f"{stage} partition {partition}: committed {offset}, never handled {sorted(missing)[:5]}"
        for partition, offset in commits.items()
        if (missing := set(range(offset)) - done[partition])
    ]


async def until(condition: object, seconds: float, pause: float = 0.1) -> bool:
    """Whether ``condition()`` became true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()  # type: ignore[operator]
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return True
        await asyncio.sleep(pause)
    return False
