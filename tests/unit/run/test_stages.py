"""The environment and the restarts of the stages' processes."""

from pathlib import Path

import pytest

from config.settings import Settings, read_settings
from streams.run.child import Child
from streams.run.stages import PAUSE_LEAST, PAUSE_MOST, STEADY_SECONDS, StageProcess, stage_environment
from streams.topics import Stage


def _environment(outer, **changes):
    settings = Settings(state=Path("/srv/state"), config=Path("/srv/config"), database="sqlite+aiosqlite:////srv/db")
    values = {
        "broker": "127.0.0.1:1",
        "redis": "unix:///srv/s",
        "embedded": True,
        "replication": 1,
        "port": 7,
    } | changes
    return stage_environment(outer, settings, **values)


def test_a_stage_reads_where_it_runs_from_its_environment(tmp_path):
    environment = _environment({"PATH": "/bin"}) | {"ARMSWIRE_CONFIG": str(tmp_path)}
    settings = read_settings(environment)
    assert (settings.broker, settings.redis, settings.port) == ("127.0.0.1:1", "unix:///srv/s", 7)
    assert (settings.embedded, settings.replication, settings.state) == (True, 1, Path("/srv/state"))


def test_secrets_of_receivers_reach_the_stages():
    assert _environment({"DESK_SECRET": "x"})["DESK_SECRET"] == "x"


def test_a_file_that_names_another_broker_does_not_win_over_the_embedded_one():
    assert "ARMSWIRE_BROKER_FILE" not in _environment({"ARMSWIRE_BROKER_FILE": "/srv/broker"})


def test_other_settings_of_the_user_are_kept():
    assert _environment({"ARMSWIRE_LOG_LEVEL": "DEBUG"})["ARMSWIRE_LOG_LEVEL"] == "DEBUG"


def test_a_place_is_kept_for_kafka_and_dropped_on_the_embedded_broker():
    outer = {"ARMSWIRE_PLACE": "one"}
    assert "ARMSWIRE_PLACE" not in _environment(outer)
    assert _environment(outer, embedded=False)["ARMSWIRE_PLACE"] == "one"


def test_pages_of_stages_stay_on_loopback_wherever_the_service_listens():
    assert _environment({"ARMSWIRE_HOST": "0.0.0.0"})["ARMSWIRE_HOST"] == "127.0.0.1"


@pytest.fixture
def process():
    return StageProcess(Stage.WATCH)


def _ended(process, started, now):
    process.child = Child("watch", ["true"], Path("/nowhere"), {}, started=started)
    return process.ended(now)


def test_a_stage_that_keeps_ending_waits_longer_each_time_up_to_half_a_minute(process):
    pauses = [_ended(process, now, now + 1) for now in range(0, 70, 10)]
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert pauses[0] == PAUSE_LEAST
    assert pauses[-1] == PAUSE_MOST
    assert process.restarts == 7


def test_a_stage_that_ran_steadily_starts_again_after_the_shortest_pause(process):
    for now in range(0, 50, 10):
        _ended(process, now, now + 1)
    assert _ended(process, 100, 100 + STEADY_SECONDS + 1) == PAUSE_LEAST
