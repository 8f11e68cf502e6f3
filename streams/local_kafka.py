"""Apache Kafka on this machine from its published jars: for ``--durable``, for tests, for ``make kafka``."""

import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import click

JARS = Path(__file__).parent.parent / "deploy/kafka/target/jars"
POM = Path(__file__).parent.parent / "deploy/kafka/pom.xml"
HEAP = "256m"
START_SECONDS = 60.0


class KafkaUnavailable(RuntimeError):
    """Why Apache Kafka cannot be started here, and what to do."""


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fetch_jars() -> Path:
    """The folder of Kafka's jars, fetched by Maven where they are missing; raises KafkaUnavailable."""
    if any(JARS.glob("kafka_*.jar")):
        return JARS
    if not shutil.which("mvn"):
        raise KafkaUnavailable(
            "Apache Kafka's jars are not here and Maven is missing; install it (Debian: apt install maven)"
        )
    fetched = subprocess.run(
        ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"],  # noqa: S607 - the user's Maven
        capture_output=True,
        text=True,
        check=False,
    )
    if fetched.returncode:
        raise KafkaUnavailable(f"fetching Apache Kafka's jars with Maven: {fetched.stdout[-500:]}")
    return JARS


class LocalKafka:
    """One node (broker and controller) that keeps its log in ``folder``; ``start`` blocks until it answers."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._controller_port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def prepare(self) -> list[str]:
        """Format the folder if it is new; the command that runs the node. Raises KafkaUnavailable."""
        if not shutil.which("java"):
            raise KafkaUnavailable("Apache Kafka needs Java 17 or newer (Debian: apt install default-jre-headless)")
        classpath = f"{fetch_jars()}/*"
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = self.folder / "server.properties"
        properties.write_text(self._properties(), encoding="utf-8")
        java = ["java", f"-Xmx{HEAP}", f"-Xms{HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classpath]
        if not (self.folder / "log" / "meta.properties").exists():
            formatting = [*java, "kafka.tools.StorageTool", "format", "-t", str(uuid.uuid4()), "-c", str(properties)]
            done = subprocess.run(formatting, capture_output=True, text=True, check=False)
            if done.returncode:
                raise KafkaUnavailable(f"formatting Apache Kafka's folder {self.folder}: {done.stderr[-500:]}")
        return [*java, "kafka.Kafka", str(properties)]

    def start(self) -> "LocalKafka":
        """Prepare the folder, start the node, wait for it; raises KafkaUnavailable."""
        command = self.prepare()
        with (self.folder / "kafka.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self._await()
        return self

    def stop(self, *, kill: bool = False) -> None:
        """End the node: with time to close its log, or at once."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)

    def _await(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        self.stop(kill=True)
        raise KafkaUnavailable(f"Apache Kafka did not start; its log: {self.folder / 'kafka.log'}")

    def _properties(self) -> str:
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "log.dirs": self.folder / "log",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            # One node has no replica that would know what a power cut took from this one: synced before it is acknowledged.
            "log.flush.interval.messages": 1,
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
        }
        return "".join(f"{key}={value}\n" for key, value in settings.items())


def main() -> None:
    """``make kafka``: run a node in the foreground until Ctrl-C."""
    node = LocalKafka(Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/kafka/target/data"), port=9092)
    try:
        node.start()
    except KafkaUnavailable as error:
        sys.exit(str(error))
    click.echo(f"Apache Kafka answers on {node.address} (export ARMSWIRE_BROKER={node.address}); Ctrl-C ends it")
    try:
        signal.pause()
    except KeyboardInterrupt:
        node.stop()


if __name__ == "__main__":
    main()
