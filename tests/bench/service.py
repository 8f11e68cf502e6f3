"""``armswire run`` as a user starts it: what the whole costs, how fast an alert is, what memory it takes."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import aiohttp
import msgspec
import psutil
from aiokafka import AIOKafkaProducer
from sqlalchemy import Table, func, select

from streams import journal
from streams.database import events, open_engine, reading
from streams.database import journal as lines
from streams.local_kafka import free_port
from streams.records import encode
from streams.topics import ARTICLES_COLLECTED
from tests.bench.figures import Row, members, memory, own_cpu
from tests.bench.stages import SLOWEST, produce, records_of
from tests.bench.texts import FEEDS, OTHER_STATES, SUPPLIERS, a_transfer, an_article, an_item, article_of
from tests.broker.newsstand import Item, Newsstand
from tests.broker.pipeline import ROOT, SECRET, a_loopback_feed, a_receiver, write_configuration

READY_SECONDS = 90.0
SETTLE_SECONDS = 8.0  # after the last work: buffers are written, watchdogs have looked
STOP_SECONDS = 8.0
JOURNAL_ROWS = 500
ROUND_SECONDS = (
    600.0  # until a round of the long run is given up; a broker that is replaced meanwhile takes one of ten minutes
)
ITEMS_A_FEED = 100  # of each round of the long run: what a busy feed carries
WATCHES = [{"id": f"arms-of-{code.lower()}", "when": {"supplier": code}} for code in SUPPLIERS.values()]


def configuration(folder: Path, stand: Newsstand, every: str) -> Path:
    """Forty feeds and a receiver at the newsstand, and a watch on each supplier."""
    feeds = [a_loopback_feed(f"feed-{n}", stand.feed_url(f"feed-{n}"), every=every) for n in range(FEEDS)]
    return write_configuration(folder, feeds, WATCHES, [a_receiver(stand.hook_url)])


class Service:
    """A running service with a state of its own; a block that ends it."""

    def __init__(self, folder: Path, stand: Newsstand, every: str) -> None:
        self.stand = stand
        self.port = free_port()
        self._folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ARMSWIRE_")},
            "ARMSWIRE_CONFIG": str(configuration(folder / "config", stand, every)),
            "ARMSWIRE_STATE": str(folder / "state"),
            "ARMSWIRE_PORT": str(self.port),
            "DESK_SECRET": SECRET,
        }
        self.engine = open_engine(f"sqlite+aiosqlite:///{folder}/state/armswire.db")

    async def __aenter__(self) -> Self:
        with (self._folder / "run.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "run"], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as client:
            while not await self._ready(client):
                if self.process.poll() is not None:
                    raise RuntimeError(f"armswire run ended with {self.process.returncode}:\n{self.log()[-3000:]}")
                await asyncio.sleep(0.2)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.dispose()
        self.process.terminate()
        try:
            await asyncio.to_thread(self.process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    async def _ready(self, client: aiohttp.ClientSession) -> bool:
        try:
            async with client.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def log(self) -> str:
        return (self._folder / "run.log").read_text(errors="replace")

    @property
    def broker(self) -> str:
        """Where its embedded broker listens."""
        command = psutil.Process(members(self.process.pid)["broker"][0]).cmdline()
        return command[command.index("--listener-url") + 1].removeprefix("tcp://")

    async def archived(self) -> int:
        """How many articles the archive holds."""
        return await self._rows(events)

    async def under_way(self) -> int:
        """How many articles some stage is not done with: each is watched, archived, and its alerts are taken."""
        return await self._rows(lines)

    async def _rows(self, table: Table) -> int:
        async with reading(self.engine) as connection:
            return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())

    def memory(self) -> dict[str, float]:
        return memory(members(self.process.pid))


async def whole_pipeline(service: Service, count: int) -> tuple[Row, dict[str, float]]:
    """``count`` articles through every acknowledged hop, decisions on the disk; its row, and CPU by process, µs an article."""
    dice = random.Random(2)
    articles = [an_article(10_000_000 + number, dice) for number in range(count)]
    for start in range(0, count, JOURNAL_ROWS):
        await journal.write(service.engine, articles[start : start + JOURNAL_ROWS])
    broker, processes = service.broker, members(service.process.pid)

    def spent() -> dict[str, float]:
        return {name: sum(map(own_cpu, pids)) for name, pids in processes.items()}

    began, before = time.monotonic(), spent()
    await produce(broker, ARTICLES_COLLECTED, records_of(articles))
    async with asyncio.timeout(SLOWEST):
        while await service.under_way():
            await asyncio.sleep(0.25)
    seconds = time.monotonic() - began
    parts = {name: cpu - before[name] for name, cpu in spent().items()}
    servers = parts["broker"] + parts["store"]
    row = Row("the whole pipeline, armswire run", count, seconds, sum(parts.values()) - servers, servers)
    return row, {name: cpu / count * 1e6 for name, cpu in parts.items()}


async def latency(service: Service, rate: float, seconds: float) -> tuple[list[float], int]:
    """Seconds from each article's acknowledgement by Kafka to its webhook, sorted, and how many were sent."""
    dice = random.Random(3)
    pairs = [(giver, taker) for giver in SUPPLIERS for taker in OTHER_STATES]
    dice.shuffle(pairs)
    pairs = pairs[: int(rate * seconds)]
    producer = AIOKafkaProducer(bootstrap_servers=service.broker)
    await producer.start()
    service.stand.posts.clear()
    sent: dict[str, float] = {}
    for number, (giver, taker) in enumerate(pairs, 5_000_000):
        article = article_of(number, *a_transfer(number, dice, giver, taker))
        await journal.write(service.engine, [article])
        await producer.send_and_wait(ARTICLES_COLLECTED.name, encode(article), key=article.id.encode())
        sent[article.id] = time.time()
        await asyncio.sleep(dice.expovariate(rate))
    await producer.stop()
    end = time.monotonic() + 10
    while len(service.stand.posts) < len(sent) and time.monotonic() < end:
        await asyncio.sleep(0.1)
    took: dict[str, float] = {}
    for at, _, body in service.stand.posts:
        article_id = msgspec.json.decode(body)["data"]["articles"][0]["id"]
        if article_id in sent:
            took.setdefault(article_id, at - sent[article_id])
    return sorted(took.values()), len(sent)


async def through_feeds(service: Service, count: int, tell: Callable[[str], None]) -> None:
    """``count`` articles by way of the feeds; each round is published when the one before is through."""
    dice = random.Random(4)
    stand, done, began = service.stand, 0, time.monotonic()
    while done < count:
        for feed in range(FEEDS):
            stand.feeds[f"feed-{feed}"] = [
                _an_entry(40_000_000 + done + feed * ITEMS_A_FEED + n, dice) for n in range(ITEMS_A_FEED)
            ]
        done += FEEDS * ITEMS_A_FEED
        async with asyncio.timeout(ROUND_SECONDS):
            while await service.archived() < done:
                await asyncio.sleep(0.5)
        tell(f"{done:,} of {count:,} articles through after {time.monotonic() - began:.0f} s")


def _an_entry(number: int, dice: random.Random) -> Item:
    return Item(f"item-{number}", *an_item(number, dice, relevant=dice.random() < 0.03))


async def settle() -> None:
    await asyncio.sleep(SETTLE_SECONDS)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the ordered values lie."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
