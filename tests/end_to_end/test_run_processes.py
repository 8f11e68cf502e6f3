"""Processes of the service: they die with it, keep its lock, and the embedded store forgets nothing."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import redis.asyncio

from streams.local import start_broker, start_store
from streams.run.child import Child
from streams.run.lock import StateInUse, hold
from streams.topics import TOPICS, check_topics, make_topics

PARENT = """
import asyncio, sys
from pathlib import Path
from streams.run.child import Child
from streams.run.lock import hold

async def main():
    with hold(Path(sys.argv[1])) as lock:
        child = Child("sleeper", ["sleep", "60"], Path(sys.argv[1]) / "sleeper.log", keep=(lock,))
        await child.start()
        print(child.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def _gone(pid, seconds=3.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.05)
                continue
        return True
    return False


def test_a_child_dies_with_its_parent_also_on_kill_9_and_the_lock_is_free_again(tmp_path):
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        with pytest.raises(StateInUse, match=str(parent.pid)), hold(tmp_path, wait=0.2):
            pass
        parent.kill()
    assert _gone(child)
    with hold(tmp_path):
        pass


async def test_the_lock_is_held_as_long_as_a_child_lives(tmp_path):
    with hold(tmp_path) as lock:
        child = Child("sleeper", ["sleep", "60"], tmp_path / "sleeper.log", keep=(lock,))
        await child.start()
    with pytest.raises(StateInUse), hold(tmp_path, wait=0.2):
        pass
    await child.stop(1.0)
    with hold(tmp_path):
        pass


async def test_ctrl_c_of_the_terminal_reaches_no_child_and_a_stubborn_one_is_ended_after_its_grace(tmp_path):
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    child = Child("stubborn", [sys.executable, "-c", program], tmp_path / "log.log")
    await child.start()
    while "up" not in child.last_words():
        await asyncio.sleep(0.05)
    os.kill(child.pid, signal.SIGINT)
    await asyncio.sleep(0.3)
    assert child.running
    began = time.monotonic()
    await child.stop(0.5)
    assert 0.4 < time.monotonic() - began < 3
    assert child.exit_code == -signal.SIGKILL


async def test_a_log_that_grew_too_large_is_moved_aside_and_written_on(tmp_path):
    program = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"
    path = tmp_path / "noisy.log"
    with path.open("ab") as log:
        writer = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=log, text=True)
    child = Child("noisy", [], path)

    async def say(text):
        writer.stdin.write(text + "\n")
        writer.stdin.flush()
        while text not in path.read_text():
            await asyncio.sleep(0.02)

    await say("x" * 2000)
    assert child.cap_log(1000)
    assert not child.cap_log(1000)
    await say("after")
    writer.communicate()
    assert path.read_text() == "after\n"
    assert "x" * 2000 in path.with_suffix(".log.1").read_text()


async def test_the_store_keeps_what_it_acknowledged_when_it_is_killed(tmp_path):
    store = await start_store(tmp_path, tmp_path / "logs")
    client = redis.asyncio.Redis.from_url(store.url)
    await client.set("decision", "kept")
    store.child.kill()
    await store.child.process.wait()
    again = await start_store(tmp_path, tmp_path / "logs")
    assert again.url == store.url  # the stages keep the address
    assert await client.get("decision") == b"kept"
    assert (await client.config_get("maxmemory-policy"))["maxmemory-policy"] == "noeviction"
    await client.aclose()
    await again.child.stop(1.0)


async def test_a_store_whose_file_cannot_be_read_begins_empty_and_keeps_the_file(tmp_path):
    store = await start_store(tmp_path, tmp_path / "logs")
    await store.child.stop(1.0)
    (manifest,) = (tmp_path / "store" / "appendonlydir").glob("*.manifest")
    manifest.write_text("nonsense\n")
    again = await start_store(tmp_path, tmp_path / "logs")
    assert again.child.running
    assert len(list(tmp_path.glob("store-unreadable-*"))) == 1
    await again.child.stop(1.0)


async def test_a_state_folder_with_a_long_path_has_a_store_too(tmp_path):
    deep = tmp_path / ("long" * 20) / ("name" * 10)
    store = await start_store(deep, tmp_path / "logs")
    client = redis.asyncio.Redis.from_url(store.url)
    assert await client.ping()
    await client.aclose()
    await store.child.stop(1.0)
    Path(store.url.removeprefix("unix://")).parent.rmdir()


async def test_an_embedded_broker_starts_empty_and_takes_our_topics(tmp_path):
    broker = await start_broker(tmp_path)
    try:
        made = await make_topics(broker.address, 1)
        assert made == [topic.name for topic in TOPICS]
        assert await check_topics(broker.address, sizes=False) == []
    finally:
        await broker.child.stop(0.5)
