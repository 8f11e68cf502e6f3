"""The shipped watches and receivers."""

import pytest

from config.load import Configuration, load_configuration
from config.schema import Level, Status
from config.settings import SHIPPED


@pytest.fixture(scope="module")
def shipped() -> Configuration:
    return load_configuration(SHIPPED, {})


def test_the_shipped_watches_cover_what_the_product_promises(shipped: Configuration) -> None:
    expected = {"germany-ukraine", "taurus", "leopard-1", "russia-north-korea", "israel-azerbaijan"}
    assert expected <= {watch.id for watch in shipped.watches}
    for watch_id in expected:
        watch = shipped.watch(watch_id)
        assert watch is not None
        assert watch.status is Status.STABLE


def test_every_shipped_watch_has_a_test_that_fires_and_a_title(shipped: Configuration) -> None:
    for watch in shipped.watches:
        assert any(test.fires for test in watch.tests), watch.id
        assert watch.title != watch.id, watch.id


def test_the_shipped_watches_tell_the_console_and_no_stranger(shipped: Configuration) -> None:
    assert [(receiver.id, receiver.type, receiver.url) for receiver in shipped.receivers] == [
        ("console", "console", None)
    ]


def test_only_what_concerns_a_war_or_a_crime_is_critical(shipped: Configuration) -> None:
    critical = {watch.id for watch in shipped.watches if watch.level is Level.CRITICAL}
    assert critical == {"russia-north-korea", "sudan-rsf", "illicit-transfers"}
