"""The deduplicate stage as a process: every article goes on under its story, also when the process dies in the middle."""

import asyncio
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.local_kafka import free_port
from streams.records import Article, Verdict, encode
from streams.topics import ARTICLES_COLLECTED, ARTICLES_DEDUPLICATED, make_topics
from tests.broker.processes import ROOT, readable
from tests.builders import an_article

TEXT = "has cleared the possible sale of F-16 fighter jets in a package of spare engines and pilot training, according to a notice sent to Congress."
STATES = ("Bulgaria", "Slovakia", "Morocco", "Greece", "Poland", "Romania", "Chile", "Peru", "Jordan", "Oman")


def a_wire(state: str, outlet: int) -> Article:
    summary = f"({('Reuters', 'AFP', 'AP')[outlet % 3]}) - The State Department {TEXT} {state} would pay on delivery."
    return an_article(title=f"US clears F-16 sale to {state}", summary=summary, feed=f"outlet-{outlet}")


class Stage:
    """A worker of deduplicate that can be killed and started again."""

    def __init__(self, broker: str, store: str, folder: Path) -> None:
        for name in ("feeds", "watches", "receivers"):
            (folder / f"{name}.yaml").write_text(f"{name}: []\n")
        self._log = folder / "deduplicate.log"
        self.environment = {
            **os.environ,
            "ARMSWIRE_BROKER": broker,
            "ARMSWIRE_REDIS": store,
            "ARMSWIRE_CONFIG": str(folder),
            "ARMSWIRE_STATE": str(folder),
            "ARMSWIRE_DATABASE": f"sqlite:///{folder}/armswire.db",
            "ARMSWIRE_REPLICATION": "1",
            "ARMSWIRE_EMBEDDED": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "worker", "deduplicate"],
                cwd=ROOT,
                env={**self.environment, "ARMSWIRE_PORT": str(free_port())},
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def stage(broker: str, store_server: str, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(broker, store_server, tmp_path)
    yield stage
    stage.kill()


async def test_killed_in_mid_run_it_marks_every_article_and_never_two_ways(
    broker: str, store: object, stage: Stage
) -> None:
    """kill -9 twice while 200 articles on ten sales flow: all come out, and a repeat says what was said before."""
    await make_topics(broker, 1)
    articles = [a_wire(state, outlet) for outlet in range(20) for state in STATES]
    sale = {article.id: article.title for article in articles}
    consumer = AIOKafkaConsumer(ARTICLES_DEDUPLICATED.name, bootstrap_servers=broker, auto_offset_reset="earliest")
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await consumer.start()
    await producer.start()
    stage.start()
    said: defaultdict[str, list[Article]] = defaultdict(list)
    try:
        for article in articles:
            await producer.send_and_wait(ARTICLES_COLLECTED.name, key=article.id.encode(), value=encode(article))
        kills = [40, 120]
        async with asyncio.timeout(150):
            while len(said) < len(articles):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    for record in records:
                        for marked in readable(Article, [record.value]):
                            if marked.id in sale:
                                assert record.key == (marked.story or "").encode()
                                said[marked.id].append(marked)
                if kills and len(said) >= kills[0]:
                    kills.pop(0)
                    stage.kill()
                    stage.start()
    finally:
        await consumer.stop()
        await producer.stop()
    assert all(len({(m.story, m.verdict, m.copy_of) for m in repeats}) == 1 for repeats in said.values())
    founders = [id_ for id_, repeats in said.items() if repeats[0].verdict is Verdict.NEW]
    assert sorted(sale[id_] for id_ in founders) == sorted(f"US clears F-16 sale to {state}" for state in STATES)
    assert all(sale[repeats[0].story or ""] == sale[id_] for id_, repeats in said.items())
    assert not kills
