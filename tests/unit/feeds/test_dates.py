from datetime import UTC, datetime

import pytest

from streams.feeds.dates import parse_date

MOMENT = datetime(2026, 3, 2, 13, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "Mon, 02 Mar 2026 13:04:05 GMT", "Mon, 02 Mar 2026 13:04:05 +0000", "2 Mar 2026 15:04:05 +02:00", "Mon, 2 Mar 26 13:04:05 Z",
        "Mon, 02 Mar 2026 01:04:05 PM GMT", "Mon, 02 Mar 2026 15:04:05 EET", "Monday, 02-Mar-2026 08:04:05 EST",
        "2026-03-02T13:04:05Z", "2026-03-02T13:04:05.999Z", "2026-03-02 14:04:05 +0100", "20260302T130405Z", "2026-03-02T05:04:05-08:00",
        "Mon Mar  2 13:04:05 2026", "Mon Mar 2 13:04:05 UTC 2026", "March 2, 2026 1:04:05 pm", "02.03.2026 13:04:05",
        "2026/03/02 13:04:05", "1772456645", "1772456645000", "Lun, 2 marzo 2026 13:04:05", "2 de março de 2026 13:04:05",
        "Пн, 02 марта 2026 16:04:05 MSK", "lundi 2 mars 2026 13:04:05", "Mo, 02 Mrz 2026 14:04:05 MEZ", "2 березня 2026 13:04:05",
    ],
)  # fmt: skip
def test_a_date_is_read_in_every_form_that_feeds_write(raw):
    assert parse_date(raw) == MOMENT


def test_summer_time_is_not_taken_for_utc():
    assert parse_date("Thu, 02 Jul 2026 15:04:05 CEST") == datetime(2026, 7, 2, 13, 4, 5, tzinfo=UTC)


def test_a_day_without_a_time_is_its_start():
    assert parse_date("2026-03-02") == parse_date("2 March 2026") == parse_date("25/12/2026").replace(month=3, day=2)


def test_midnight_may_be_written_as_the_end_of_the_day_and_a_leap_second_counts():
    assert parse_date("2026-03-01T24:00:00Z") == datetime(2026, 3, 2, tzinfo=UTC)
    assert parse_date("2016-12-31T23:59:60Z") == datetime(2017, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        None, "", "yesterday", "2024-02-30T10:00:00Z", "-0001-11-30T00:00:00+00:00", "0000-00-00 00:00:00", "03/04/2026",
        "Thu, 01 Jan 2026 25:00:00 GMT", "Mon, 02 Mar 2026 13:04:05 XYZT", "1704", "1970-01-01T00:00:00Z", "x" * 10_000,
        "Mon, 02 Brumaire 2026", "2026-13-01",
    ],
)  # fmt: skip
def test_a_date_that_cannot_be_trusted_is_none(raw):
    assert parse_date(raw) is None
