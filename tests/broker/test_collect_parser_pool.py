"""Documents are read in processes that may be killed, and the collector does not feel it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from streams.feeds import parse_worker
from streams.feeds.items import NotAFeed
from streams.feeds.parse_worker import Job
from streams.feeds.parser_pool import ParserPool
from tests.broker.feed_server import a_feed, an_item

ROOT = Path(__file__).parents[2]


def a_job(body: str | bytes) -> Job:
    return Job(body.encode() if isinstance(body, str) else body, "text/xml", "http://feed.example/rss", "wire")


@pytest.fixture
async def pool():
    async with ParserPool(1) as running:
        yield running


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "streams.feeds.parse_worker" in child.cmdline()]


async def test_the_pool_starts_its_process_at_first_use_and_keeps_it(pool):
    assert workers() == []
    await pool.parse(a_job(a_feed(an_item(1))))
    (worker,) = workers()
    document = await pool.parse(a_job(a_feed(an_item(1), an_item(2))))
    assert len(document.items) == 2
    assert workers() == [worker]


async def test_a_process_that_died_is_replaced(pool):
    await pool.parse(a_job(a_feed(an_item(1))))
    (worker,) = workers()
    worker.send_signal(signal.SIGKILL)
    await asyncio.sleep(0.2)
    assert (await pool.parse(a_job(a_feed(an_item(1))))).items


async def test_a_document_that_takes_too_long_is_refused_and_the_loop_feels_nothing(pool, monkeypatch):
    monkeypatch.setattr("streams.feeds.parser_pool.WALL_SECONDS", 1.0)
    huge = a_feed(*(an_item(number) for number in range(60_000)))
    slowest, stop = 0.0, False

    async def beat():
        nonlocal slowest
        while not stop:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            slowest = max(slowest, time.monotonic() - began)

    beating = asyncio.create_task(beat())
    with pytest.raises(NotAFeed, match="too long"):
        await pool.parse(a_job(huge))
    stop = True
    await beating
    assert slowest < 0.25
    assert workers() == []
    assert (await pool.parse(a_job(a_feed(an_item(1))))).items


def test_a_job_that_burns_its_cpu_seconds_is_ended_by_the_kernel():
    burn = (
        "from streams.feeds import parse_worker\n"
        "parse_worker._allow_cpu(0)\n"
        "while True: pass\n"
    )  # fmt: skip
    process = subprocess.run([sys.executable, "-c", burn], cwd=ROOT, timeout=30, check=False)
    assert process.returncode == -signal.SIGXCPU
    assert parse_worker.CPU_SECONDS == 10


def test_a_job_that_takes_too_much_memory_is_an_answer_not_an_end():
    hoard = (
        "import resource\n"
        "from streams.feeds import parse_worker\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "parse_worker.parse = lambda *_, **__: bytearray(2**30)\n"
        "print(parse_worker._answer(parse_worker.Job(b'', '', '', '')).reason)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", hoard], cwd=ROOT, timeout=30, check=True, capture_output=True, text=True
    )
    assert process.stdout == "a document that takes too much to read (MemoryError)\n"


def test_kill_9_of_the_collector_leaves_no_process_behind():
    parent = (
        "import asyncio\n"
        "from streams.feeds.parser_pool import ParserPool\n"
        "from streams.feeds.parse_worker import Job\n"
        "async def main():\n"
        "    pool = ParserPool(1)\n"
        "    await pool.parse(Job(b'<rss version=\"2.0\"><channel></channel></rss>', '', '', 'f'))\n"
        "    print(pool._idle[0].pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        child = int(process.stdout.readline())
        process.kill()
    for _ in range(100):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the reader outlived its collector")
