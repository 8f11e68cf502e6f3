"""The collect stage as a real worker process on a real broker."""

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.local_kafka import free_port
from streams.records import Article, PollRequest, encode
from streams.topics import ARTICLES_COLLECTED, POLLS_REQUESTED, make_topics
from tests.broker.feed_server import FeedServer, a_feed, an_item, until
from tests.broker.processes import ROOT, Reader, produce, readable


class Stage:
    """A worker of collect that can be killed and started again on the same store and database."""

    def __init__(self, folder: Path, broker: str, store: str, database: str, feeds: str, *, embedded: bool) -> None:
        (folder / "feeds.yaml").write_text(feeds)
        for name in ("watches", "receivers"):
            (folder / f"{name}.yaml").write_text(f"{name}: []\n")
        self._log = folder / "collect.log"
        self._environment = {
            **os.environ, "ARMSWIRE_BROKER": broker, "ARMSWIRE_REDIS": store, "ARMSWIRE_DATABASE": database,
            "ARMSWIRE_CONFIG": str(folder), "ARMSWIRE_STATE": str(folder), "ARMSWIRE_REPLICATION": "1",
            "ARMSWIRE_EMBEDDED": str(int(embedded)),
        }  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "worker", "collect"], cwd=ROOT, stdout=log, stderr=log,
                env=self._environment | {"ARMSWIRE_PORT": str(free_port())},
            )  # fmt: skip

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(15)


@pytest.fixture
async def site(broker, store, store_server, tmp_path, request):
    from streams.database import upgrade

    database = f"sqlite+aiosqlite:///{tmp_path}/armswire.db"
    await asyncio.to_thread(upgrade, database)
    with contextlib.suppress(Exception):
        await make_topics(broker, 1)
    name = f"wire-{uuid.uuid4().hex[:8]}"
    async with FeedServer() as server, Reader(broker, ARTICLES_COLLECTED.name) as reader:
        feeds = f"feeds:\n  - {{id: {name}, url: '{server.url}/wire', outlet: W, every: 5s, since: all, allow_private: true}}\n"
        stage = Stage(tmp_path, broker, store_server, database, feeds, embedded="tansu" in request.node.name)

        def articles() -> list[Article]:
            found = readable(Article, (record.value for record in reader.records))
            return [article for article in found if article.feed == name]

        try:
            yield name, server, stage, articles
        finally:
            if stage.process and stage.process.poll() is None:
                stage.end(signal.SIGKILL)


async def test_articles_reach_the_topic_once_and_kill_9_changes_neither_ids_nor_times(site):
    _, server, stage, articles = site
    server.serve("/wire", a_feed(an_item(1), an_item(2)), ETag='"1"')
    stage.start()
    await until(lambda: len(articles()) == 2, 60)
    server.serve("/wire", a_feed(an_item(3), an_item(1), an_item(2)), ETag='"2"')
    await until(lambda: len(articles()) == 3, 10)
    stage.end(signal.SIGKILL)
    server.serve("/wire", a_feed(an_item(4), an_item(3)), ETag='"3"')
    stage.start()
    await until(lambda: len(articles()) == 4, 60)
    times = server.times("/wire")
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > 4.9
    assert len({article.id for article in articles()}) == 4
    assert len([headers for headers in server.headers("/wire") if "If-None-Match" not in headers]) == 1
    began = time.monotonic()
    assert stage.end(signal.SIGTERM) == 0
    assert time.monotonic() - began < 5


async def test_a_person_can_ask_for_a_poll_now(site, broker):
    name, server, stage, articles = site
    path = stage._log.parent / "feeds.yaml"
    path.write_text(path.read_text().replace("every: 5s", "every: 1h"))
    server.serve("/wire", a_feed(an_item(1)))
    stage.start()
    await until(lambda: len(articles()) == 1, 60)
    await asyncio.sleep(0.5)
    server.serve("/wire", a_feed(an_item(2), an_item(1)))
    wishes = [encode(PollRequest(feed=feed, requested=datetime.now(UTC))) for feed in ("nobody", name)]
    await produce(broker, POLLS_REQUESTED.name, wishes)
    await until(lambda: len(articles()) == 2, 15)
