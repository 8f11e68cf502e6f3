"""Each stage alone on a full topic, and the naive way on the same articles; start-up is left out of every figure."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec
from aiohttp import web
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.records import Alert, Article, decode, encode
from streams.topics import (
    ALERTS_RAISED,
    ARTICLES_COLLECTED,
    ARTICLES_DEDUPLICATED,
    EMBEDDED_PARTITIONS,
    EVENTS_CLASSIFIED,
    Stage,
    Topic,
)
from tests.bench.figures import Row, cpu_of
from tests.bench.texts import FEEDS, an_item
from tests.broker.newsstand import Item, Newsstand
from tests.broker.pipeline import ROOT, Pipeline

WARM = 0.05  # of the items: handled before the measurement begins
LOOK_SECONDS = 0.25
SLOWEST = 180.0  # seconds until a measurement is given up
READ = {
    Stage.DEDUPLICATE: ARTICLES_COLLECTED,
    Stage.CLASSIFY: ARTICLES_DEDUPLICATED,
    Stage.WATCH: EVENTS_CLASSIFIED,
    Stage.ARCHIVE: EVENTS_CLASSIFIED,
}  # in an order in which each finds its topic filled by those before it

Done = Callable[[], Awaitable[float]]


class SlowNewsstand(Newsstand):
    """A newsstand that answers nobody before it is opened, so that the work can be timed from its start."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = asyncio.Event()
        self.waiting = 0

    async def _feed(self, request: web.Request) -> web.Response:
        self.waiting += 1
        await self.opened.wait()
        return await super()._feed(request)


async def produce(broker: str, topic: Topic, records: Iterable[tuple[str, bytes]]) -> int:
    """Send keys and values; returns how many, after the last acknowledgement."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, linger_ms=5)
    await producer.start()
    count = 0
    try:
        for key, value in records:
            await producer.send(topic.name, value, key=key.encode())
            count += 1
        await producer.flush()
    finally:
        await producer.stop()
    return count


def records_of(articles: Iterable[Article]) -> Iterable[tuple[str, bytes]]:
    return ((article.id, encode(article)) for article in articles)


async def read_all(broker: str, topic: Topic) -> list[bytes]:
    """Every value of a topic that nobody writes to; read, for the embedded broker does not know its own ends."""
    consumer = AIOKafkaConsumer(
        topic.name, bootstrap_servers=broker, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    values: list[bytes] = []
    quiet = 0
    while quiet < 3:
        batches = await consumer.getmany(timeout_ms=200, max_records=5000)
        values += [record.value for batch in batches.values() for record in batch]
        quiet = 0 if batches else quiet + 1
    await consumer.stop()
    return values


async def watch_work(what: str, count: int, done: Done, pid: int, servers: Sequence[int]) -> Row:
    """The row between the first look at a warm worker and the last at one that still works."""
    first = last = None
    end = time.monotonic() + SLOWEST
    while True:
        look = (await done(), time.monotonic(), cpu_of([pid]), cpu_of(servers))
        if first is None and look[0] >= count * WARM:
            first = look
        last = look if last is None or look[0] > last[0] else last
        if last[0] >= count:
            break
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: {last[0]:.0f} of {count} after {SLOWEST:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)
    if first is None or first[0] == last[0]:
        raise ValueError(f"{what}: {count} items are too few to be measured")
    return Row(what, int(last[0] - first[0]), last[1] - first[1], last[2] - first[2], last[3] - first[3])


async def handled(pipeline: Pipeline, stage: Stage) -> float:
    """How many articles a stage says it has handled."""
    for line in (await pipeline.metrics(stage)).splitlines():
        if line.startswith(f'armswire_articles_total{{stage="{stage}"}}'):
            return float(line.rsplit(" ", 1)[1])
    return 0.0


async def drain(pipeline: Pipeline, stage: Stage, count: int, servers: Sequence[int], done: Done | None = None) -> Row:
    """Start a stage on a full topic and see it work ``count`` records off."""
    pipeline.start(stage)
    await pipeline.ready(120)
    row = await watch_work(
        f"{stage} alone", count, done or (lambda: handled(pipeline, stage)), pipeline.processes[stage].pid, servers
    )
    pipeline.kill(stage)
    del pipeline.processes[stage]
    return row


async def collect_alone(pipeline: Pipeline, stand: SlowNewsstand, count: int, servers: Sequence[int]) -> Row:
    """Polls, parses, notes in the journal and publishes ``count`` items of all feeds."""
    dice = random.Random(1)
    for number in range(count):
        title, text = an_item(30_000_000 + number, dice, relevant=False)
        stand.feeds[f"feed-{number % FEEDS}"].append(Item(f"item-{number}", title, text))
    pipeline.start(Stage.COLLECT)
    await pipeline.ready(120)
    pid = pipeline.processes[Stage.COLLECT].pid
    async with asyncio.timeout(SLOWEST):
        while not stand.waiting:  # one: all feeds are of one host, which is asked one question at a time
            await asyncio.sleep(0.05)
        began, spent, beside = time.monotonic(), cpu_of([pid]), cpu_of(servers)
        stand.opened.set()
        while await handled(pipeline, Stage.COLLECT) < count:
            await asyncio.sleep(LOOK_SECONDS)
    row = Row("collect alone", count, time.monotonic() - began, cpu_of([pid]) - spent, cpu_of(servers) - beside)
    pipeline.kill(Stage.COLLECT)
    del pipeline.processes[Stage.COLLECT]
    return row


async def more_alerts(broker: str, count: int) -> int:
    """Fill up the topic of alerts with copies under ids of their own; how many it holds then."""
    raised = [decode(Alert, value) for value in await read_all(broker, ALERTS_RAISED)]
    copies = [
        msgspec.structs.replace(alert, id=f"{alert.id}-{number}")
        for number in range(count // len(raised))
        for alert in raised
    ]
    return len(raised) + await produce(broker, ALERTS_RAISED, ((alert.id, encode(alert)) for alert in copies))


async def naive_way(broker: str, count: int, servers: Sequence[int]) -> Row:
    """The naive agent's row on the articles that stand in its topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics([NewTopic("naive.events", EMBEDDED_PARTITIONS, 1)])
    await admin.close()
    consumer = AIOKafkaConsumer(
        "naive.events", bootstrap_servers=broker, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    environment = {**os.environ, "ARMSWIRE_BROKER": broker}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.naive"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seen = 0

    async def done() -> float:
        nonlocal seen
        if process.poll() is not None:
            raise RuntimeError(f"the naive way ended with {process.returncode}; python -m tests.bench.naive says why")
        seen += sum(map(len, (await consumer.getmany(timeout_ms=0, max_records=count)).values()))
        return seen

    try:
        return await watch_work("naive: one agent, full spaCy on each", count, done, process.pid, servers)
    finally:
        process.kill()
        process.wait()
        await consumer.stop()
