"""The supervisor of `armswire run` while its database is away: it waits, and the service goes on."""

from pathlib import Path

import pytest

from config.settings import Settings
from streams.local_kafka import free_port
from streams.run import supervisor as supervising
from streams.run.child import Child
from streams.run.supervisor import Supervisor


async def test_a_database_that_is_away_ends_no_service_that_has_to_publish_or_to_drain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "DRAIN_SECONDS", 0.2)
    away = f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/nothing"
    told: list[str] = []
    supervisor = Supervisor(Settings(database=away, state=tmp_path), 0, {}, lambda note, _level: told.append(note))
    await supervisor._publish_outstanding()
    assert [note for note in told if "reading what was under way: connecting to the database" in note]
    assert supervisor._owing_until is not None  # the tick after next publishes again
    broker = Child("broker", ["sleep", "60"], tmp_path / "broker.log")
    await broker.start()
    await supervisor._drain(broker)
    await broker.stop(1.0)
    await supervisor.engine.dispose()
