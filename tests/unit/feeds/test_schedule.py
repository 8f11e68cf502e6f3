from collections import Counter
from datetime import UTC, datetime

import pytest

from config.schema import Feed
from streams.feeds import schedule
from streams.feeds.answer import Answer, Fault
from streams.feeds.items import Item
from streams.feeds.state import Condition, FeedState

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()  # a Monday
OK = Answer(status=200)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def a_feed(**values) -> Feed:
    return Feed(id="wire", url="http://feed.example/rss", outlet="The Wire", **values)


def wait(feed=None, answer=OK, chance=0.0, **state) -> float:
    return schedule.after_success(feed or a_feed(), FeedState(**state), answer, polled_at=NOW, chance=chance) - NOW


def failed_wait(feed=None, answer=None, chance=0.0, **state) -> float:
    answer = answer or Answer(fault=Fault.TIMEOUT)
    return schedule.after_failure(feed or a_feed(), FeedState(**state), answer, polled_at=NOW, chance=chance) - NOW


def test_a_feed_of_which_nothing_is_known_is_asked_every_hour():
    assert wait() == HOUR


@pytest.mark.parametrize(
    ("gap", "interval"), [(10 * MINUTE, 15 * MINUTE), (HOUR, 30 * MINUTE), (4 * HOUR, 2 * HOUR), (3 * DAY, 6 * HOUR)]
)
def test_half_the_gap_between_items_is_the_pace_within_bounds(gap, interval):
    assert wait(mean_gap=gap, newest=NOW - HOUR) == interval


@pytest.mark.parametrize(("days", "interval"), [(6, 6 * HOUR), (8, 6 * HOUR), (15, 12 * HOUR), (31, DAY)])
def test_a_quiet_feed_is_asked_less_often(days, interval):
    assert wait(mean_gap=DAY, newest=NOW - days * DAY) == interval


def test_the_longest_hint_decides_but_never_beyond_a_day():
    assert wait(ttl=2 * HOUR, fresh_for=3 * HOUR) == 3 * HOUR
    assert wait(ttl=5 * DAY) == DAY
    assert wait(ttl=MINUTE) == HOUR


def test_a_hint_is_cut_to_half_of_what_the_feed_shows_at_once():
    assert wait(mean_gap=30 * MINUTE, newest=NOW, window=4 * HOUR, ttl=10 * HOUR) == 2 * HOUR


def test_after_overruns_the_feed_is_asked_more_often():
    assert wait(mean_gap=4 * HOUR, newest=NOW, shortened=0.5) == HOUR
    assert wait(mean_gap=HOUR, newest=NOW, shortened=1 / 8) == 15 * MINUTE


def test_a_pace_that_a_person_wrote_is_obeyed_whatever_the_feed_asks_for():
    feed = a_feed(every="5s", allow_private=True)
    assert wait(feed, ttl=DAY, fresh_for=DAY, skip_hours=list(range(24))) == 5.0
    assert wait(a_feed(every="5m"), ttl=DAY) == 5 * MINUTE


def test_retry_after_is_beaten_by_nothing():
    assert wait(a_feed(every="5m"), Answer(status=200, retry_after=HOUR)) == HOUR
    assert failed_wait(answer=Answer(fault=Fault.RATE_LIMITED, retry_after=2 * HOUR), failures=1) == 2 * HOUR


def test_jitter_only_makes_later_and_by_a_quarter_at_most():
    assert wait(chance=1.0) == 1.25 * HOUR
    assert wait(a_feed(every="5s", allow_private=True), chance=1.0) == 5.0


@pytest.mark.parametrize(
    ("failures", "interval"), [(1, 15 * MINUTE), (2, 30 * MINUTE), (3, HOUR), (8, DAY), (500, DAY)]
)
def test_failures_double_the_wait_up_to_a_day(failures, interval):
    assert failed_wait(failures=failures, failing_since=NOW - DAY) == interval


def test_a_fast_feed_that_fails_is_tried_again_fast():
    feed = a_feed(every="5s", allow_private=True)
    assert [failed_wait(feed, failures=n, failing_since=NOW) for n in (1, 2, 3)] == [5.0, 10.0, 20.0]


def test_a_feed_that_failed_for_a_month_is_tried_weekly_and_never_given_up():
    assert failed_wait(failures=50, failing_since=NOW - 31 * DAY) == 7 * DAY


def test_hours_and_days_to_skip_postpone_but_never_starve():
    assert wait(skip_hours=[13, 14]) == 3 * HOUR
    assert wait(skip_days=[0]) == 12 * HOUR
    assert wait(skip_hours=list(range(24))) <= 26 * HOUR


def test_few_feeds_are_all_asked_within_a_minute_and_many_are_spread_evenly():
    assert max(schedule.first_offset(n, 199) for n in range(199)) <= 60
    seconds = Counter(int(schedule.first_offset(n, 5000)) for n in range(5000))
    assert max(seconds.values()) <= 3 * 5000 / 3600
    assert schedule.first_offset(0, 1) == 0


def test_the_pace_of_a_document_leaves_undated_and_future_items_out():
    times = [NOW - 4 * HOUR, NOW - 2 * HOUR, NOW, NOW + 9 * DAY]
    items = [Item(published=datetime.fromtimestamp(time, UTC)) for time in times]
    assert schedule.pace([*items, Item()], NOW) == (2 * HOUR, NOW, 4 * HOUR)
    assert schedule.pace([Item()], NOW) == (None, None, None)


def condition(answer=OK, **state) -> Condition:
    return schedule.condition_after(FeedState(**state), answer, NOW)


def test_how_a_feed_does_has_one_word():
    assert condition(items=3, newest=NOW - HOUR) is Condition.OK
    assert condition(Answer(status=304), items=3, newest=NOW - HOUR) is Condition.NOT_MODIFIED
    assert condition(items=0) is Condition.EMPTY
    assert condition(items=3, newest=NOW - 2 * DAY, mean_gap=HOUR) is Condition.SILENT
    assert condition(items=3, newest=NOW - 2 * DAY, mean_gap=DAY) is Condition.OK
    assert condition(Answer(fault=Fault.TIMEOUT), failures=1) is Condition.DEGRADED
    assert condition(Answer(fault=Fault.TIMEOUT), failures=3) is Condition.FAILING
    assert condition(Answer(fault=Fault.RATE_LIMITED), failures=9) is Condition.RATE_LIMITED


def test_one_410_switches_nothing_off_and_a_second_a_day_later_does():
    gone = Answer(status=410, fault=Fault.GONE)
    assert condition(gone, failures=1, gone_at=NOW) is Condition.DEGRADED
    assert condition(gone, failures=2, gone_at=NOW - DAY) is Condition.GONE
    assert failed_wait(answer=gone, condition=Condition.GONE) > 365 * DAY
