"""A user's surroundings as fixtures; see surroundings.py."""

import base64
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.local_kafka import free_port
from tests.end_to_end.surroundings import Desk, FeedSite, Service

WATCHES = """
watches:
  - {id: taurus, when: {systems: [taurus]}}
  - {id: leopard-1, when: {systems: [leopard-1]}}
  - {id: russia-north-korea, when: {parties: [RU, KP]}}
  - {id: germany-ukraine, when: {pair: {supplier: DE, recipient: UA}}}
"""


@pytest.fixture
def site() -> Iterator[FeedSite]:
    server = FeedSite()
    yield server
    server.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    server = Desk()
    yield server
    server.close()


@pytest.fixture
def secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def service(tmp_path: Path, site: FeedSite, desk: Desk, secret: str) -> Iterator[Service]:
    """A service on a configuration folder of one's own; not started yet, ended when the test ends."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "feeds.yaml").write_text(
        "feeds:\n"
        f'  - {{id: mine, url: "{site.address}/mine.rss", outlet: Mine, every: 5s, since: all, backfill: alert, allow_private: true}}\n'
        f'  - {{id: slow, url: "{site.address}/slow.rss", outlet: Slow, every: 1h, since: all, backfill: alert, allow_private: true}}\n'
    )
    (config / "watches.yaml").write_text(WATCHES)
    (config / "receivers.yaml").write_text(
        f'receivers:\n  - {{id: desk, type: webhook, url: "{desk.address}/hook", secret: "${{DESK_SECRET}}"}}\n'
    )
    running = Service(tmp_path, _environment(tmp_path) | {"ARMSWIRE_CONFIG": str(config), "DESK_SECRET": secret})
    running.port = int(running.environment["ARMSWIRE_PORT"])
    yield running
    _end(running)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Service]:
    """The demo; not started yet, ended when the test ends."""
    running = Service(tmp_path, _environment(tmp_path), ("--demo",))
    running.port = int(running.environment["ARMSWIRE_PORT"])
    yield running
    _end(running)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"ARMSWIRE_STATE": str(folder / "state"), "ARMSWIRE_PORT": str(free_port())}


def _end(running: Service) -> None:
    if running.process is not None and running.process.poll() is None:
        running.terminate()
