"""Settings: every mistake at once, secrets from files, a sensible nearest name."""

from pathlib import Path

import pytest

from config.settings import SettingsError, read_settings


def mistakes(**environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read_settings(environment)
    return str(caught.value)


def test_nothing_set_gives_the_documented_defaults() -> None:
    settings = read_settings({})
    assert settings.port == 6066
    assert settings.host == "127.0.0.1"
    assert settings.state == Path.home() / ".local/state/armswire"
    assert settings.database == f"sqlite+aiosqlite:///{settings.state}/armswire.db"
    assert (settings.config / "schema.py").exists()


def test_an_unknown_setting_is_refused_with_the_nearest_valid_name() -> None:
    assert mistakes(ARMSWIRE_DATABSE="x") == "ARMSWIRE_DATABSE: no such setting; did you mean ARMSWIRE_DATABASE?"


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    said = mistakes(
        ARMSWIRE_PORT="none",
        ARMSWIRE_CONFIG=str(tmp_path / "gone"),
        ARMSWIRE_REPLICATION="0",
        ARMSWIRE_LOG_FORMAT="xml",
    )
    assert len(said.splitlines()) == 4
    assert "ARMSWIRE_PORT: 'none' is no whole number from 0 to 65535" in said
    assert "is no folder" in said


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "redis"
    secret.write_text("redis://:pass@127.0.0.1:6379/0\n")
    assert read_settings({"ARMSWIRE_REDIS_FILE": str(secret)}).redis == "redis://:pass@127.0.0.1:6379/0"


def test_a_secret_file_that_cannot_be_read_is_named() -> None:
    assert mistakes(ARMSWIRE_BROKER_FILE="/nowhere/broker") == (
        "ARMSWIRE_BROKER_FILE: reading '/nowhere/broker': No such file or directory"
    )


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:////var/lib/a.db", "sqlite+aiosqlite:////var/lib/a.db"),
        ("postgresql://u:p@db/armswire", "postgresql+asyncpg://u:p@db/armswire"),
        ("postgres://db/armswire", "postgresql+asyncpg://db/armswire"),
    ],
)
def test_a_plain_database_url_gets_the_driver_that_armswire_uses(given: str, used: str) -> None:
    assert read_settings({"ARMSWIRE_DATABASE": given}).database == used


def test_a_database_that_armswire_cannot_use_is_refused() -> None:
    assert "'mysql' is no database that Armswire can use" in mistakes(ARMSWIRE_DATABASE="mysql://db/x")


def test_retry_delays_are_a_list_of_seconds() -> None:
    assert read_settings({"ARMSWIRE_RETRY_DELAYS": "0,1,5"}).retry_delays == (0, 1, 5)
