"""A user's surroundings: a feed of their own, a receiver of their own, and `armswire run` beside them; all on loopback."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

import psutil
import pytest

READY_SECONDS = 90.0  # on two cores shared with others; a quiet machine needs ten to fifteen


def wait_for(what: Callable[[], object], seconds: float, saying: str) -> float:
    """Wait until ``what()`` is true; seconds it took. Fails with ``saying`` after ``seconds``."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            pytest.fail(f"after {seconds:g} s still not: {saying}")
        time.sleep(0.1)
    return time.monotonic() - began


class _Server:
    """A server in a thread of its own, on a free port."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class FeedSite(_Server):
    """Feeds in RSS whose items a test publishes and takes away; ``asked`` holds the time of each request by path."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, tuple[str, str, datetime]]] = {}
        self.asked: dict[str, list[float]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.setdefault(self.path, []).append(time.time())
                body = site.feed(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None: ...

        super().__init__(Handler)

    def publish(self, path: str, guid: str, title: str, text: str) -> None:
        self.items.setdefault(path, {})[guid] = (title, text, datetime.now(UTC))

    def take_away(self, path: str) -> None:
        self.items[path] = {}

    def feed(self, path: str) -> bytes:
        entries = "".join(
            f'<item><guid isPermaLink="false">{guid}</guid><title>{escape(title)}</title>'
            f"<link>{self.address}{path}/{guid}</link><description>{escape(text)}</description>"
            f"<pubDate>{when:%a, %d %b %Y %H:%M:%S +0000}</pubDate></item>"
            for guid, (title, text, when) in list(self.items.get(path, {}).items())
        )
        return f'<rss version="2.0"><channel><title>{path}</title>{entries}</channel></rss>'.encode()


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request that the receiver got; ``status`` is what it answered."""

    at: float
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict:
        return json.loads(self.body)

    @property
    def alert(self) -> tuple[str, str]:
        """Watch and title of the event: what a person would call the alert."""
        data = self.message["data"]
        return data["watch"]["id"], data["articles"][0]["title"]


class Desk(_Server):
    """A receiver that keeps every request; ``status`` is its answer, 503 while it is down."""

    def __init__(self) -> None:
        self.got: list[Webhook] = []
        self.status = 204
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                desk.got.append(Webhook(time.time(), desk.status, headers, body))
                self.send_response(desk.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None: ...

        super().__init__(Handler)

    def accepted(self, kind: str = "alert.created") -> list[Webhook]:
        return [hook for hook in list(self.got) if hook.status == 204 and hook.message["type"] == kind]


@dataclass
class Service:
    """`armswire run` as a user starts it."""

    folder: Path
    environment: dict[str, str]
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    port: int = 0
    logs: list[Path] = field(default_factory=list)

    def start(self) -> "Service":
        number = len(self.logs) + 1
        self.logs.append(self.folder / f"run-{number}.out")
        command = [sys.executable, "-m", "streams.cli", "run", *self.arguments]
        with self.logs[-1].open("wb") as out, (self.folder / f"run-{number}.err").open("wb") as err:
            self.process = subprocess.Popen(command, env=self.environment, stdout=out, stderr=err)
        self.started = time.monotonic()
        return self

    def output(self) -> str:
        return self.logs[-1].read_text(encoding="utf-8")

    def errors(self) -> str:
        return self.logs[-1].with_suffix(".err").read_text(encoding="utf-8")

    def page(self, name: str) -> tuple[int, str]:
        """Status and text of a page of the service; 0 where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{name}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_ready(self) -> float:
        return wait_for(
            lambda: self.alive() and self.page("readyz")[0] == 200,
            READY_SECONDS,
            f"every stage is ready\n{self.errors()}",
        )

    def alive(self) -> bool:
        if self.process.poll() is not None:
            pytest.fail(f"armswire run ended with {self.process.returncode}\n{self.errors()[-3000:]}")
        return True

    def children(self, word: str) -> list[psutil.Process]:
        """The service's processes whose command line holds ``word``."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if word in " ".join(child.cmdline()):
                    found.append(child)
        return found

    def terminate(self) -> tuple[int, float]:
        """Ask it to end; exit code and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        return code, time.monotonic() - began

    def kill(self) -> list[psutil.Process]:
        """kill -9; the processes that it had."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait(10)
        return family

    def command(self, *arguments: str) -> str:
        """What `armswire ARGUMENTS` prints on this service's state."""
        command = [sys.executable, "-m", "streams.cli", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
