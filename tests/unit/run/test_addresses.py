"""What a command finds of a service that runs on the same state."""

from dataclasses import replace

import pytest

from config.settings import Settings
from streams.addresses import of_the_running_service, remove_addresses, write_addresses
from streams.run.lock import hold


@pytest.fixture
def settings(tmp_path):
    return Settings(state=tmp_path, database="sqlite+aiosqlite://")


def _write(state):
    write_addresses(state, broker="127.0.0.1:1", redis="unix:///s", embedded=True)


def test_a_command_finds_broker_and_store_of_the_service_that_runs(settings):
    with hold(settings.state):
        _write(settings.state)
        found = of_the_running_service(settings)
    assert (found.broker, found.redis, found.embedded) == ("127.0.0.1:1", "unix:///s", True)


def test_addresses_that_a_killed_service_left_behind_count_for_nothing(settings):
    with hold(settings.state):
        _write(settings.state)
    assert of_the_running_service(settings) == settings


def test_what_the_environment_names_wins(settings):
    with hold(settings.state):
        _write(settings.state)
        found = of_the_running_service(replace(settings, broker="kafka:9092"))
    assert (found.broker, found.redis, found.embedded) == ("kafka:9092", "unix:///s", False)


def test_a_service_that_is_still_starting_gives_no_address(settings):
    with hold(settings.state):
        assert of_the_running_service(settings) == settings


def test_no_state_folder_means_no_service(settings, tmp_path):
    absent = replace(settings, state=tmp_path / "absent")
    assert of_the_running_service(absent) == absent


def test_only_the_user_may_read_the_addresses_and_they_go_with_the_service(settings):
    _write(settings.state)
    assert (settings.state / "addresses.json").stat().st_mode & 0o777 == 0o600
    remove_addresses(settings.state)
    remove_addresses(settings.state)
    assert not (settings.state / "addresses.json").exists()
