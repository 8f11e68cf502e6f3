"""When a delivery is tried again."""

from datetime import timedelta
from email.utils import format_datetime
from itertools import accumulate

import pytest

from agents.deliver.retry import RETRY_AFTER_LONGEST, next_attempt, retry_after_seconds
from config.settings import RETRY_DELAYS
from tests.builders import NOW


def wait(attempts: int, retry_after: float | None = None, jitter: float = 1.0) -> float | None:
    again = next_attempt(attempts, NOW, retry_after, RETRY_DELAYS, jitter)
    return None if again is None else (again - NOW).total_seconds()


def test_ten_attempts_are_made_over_three_days_and_then_none() -> None:
    waits = [wait(made) for made in range(1, 11)]
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, None]
    assert list(accumulate(w for w in waits if w))[-1] == 75 * 3600 + 35 * 60 + 5


@pytest.mark.parametrize("jitter", [0.8, 1.2])
def test_jitter_moves_each_wait_by_a_fifth_at_most(jitter: float) -> None:
    assert wait(1, jitter=jitter) == 5 * jitter


def test_a_receiver_that_asks_for_longer_is_given_longer() -> None:
    assert wait(1, retry_after=120) == 120


def test_a_receiver_that_asks_for_less_does_not_shorten_the_schedule() -> None:
    assert wait(2, retry_after=1) == 300


def test_a_wait_that_was_asked_for_is_not_jittered_below_it() -> None:
    assert wait(1, retry_after=5, jitter=0.8) == 5


def test_no_header_parks_an_alert_for_longer_than_a_day() -> None:
    assert wait(1, retry_after=10**9) == RETRY_AFTER_LONGEST


def test_retry_after_does_not_revive_an_exhausted_delivery() -> None:
    assert wait(10, retry_after=5) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0.0),
        ("999999999999", RETRY_AFTER_LONGEST),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds
