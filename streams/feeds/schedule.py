"""When a feed is asked next, and how it does. Pure: times are Unix seconds, `chance` is a number from 0 to 1."""

from collections.abc import Sequence
from datetime import UTC, datetime

from config.schema import Feed
from streams.feeds.answer import Answer, Fault
from streams.feeds.items import Item
from streams.feeds.state import Condition, FeedState

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
DEFAULT_INTERVAL = HOUR
FLOOR, ADAPTIVE_CEILING, CEILING = 15 * MINUTE, 6 * HOUR, DAY
JITTER = 0.25
QUIET = ((30 * DAY, DAY), (14 * DAY, 12 * HOUR), (7 * DAY, 6 * HOUR))  # newest item older than → interval
FEW_FEEDS, FIRST_POLLS_WITHIN, MANY_FEEDS_WITHIN = 200, MINUTE, HOUR
FAILING_AFTER = 3  # failures in a row; fewer may be a hiccup
WEEKLY_AFTER, WEEKLY = 30 * DAY, 7 * DAY
GONE_CONFIRMED_AFTER = DAY
NEVER = 10 * 365 * DAY  # a feed that is gone stays in the list until a person asks for it or changes its address
SILENT_GAPS, SILENT_LEAST = 5, DAY
SHORTENED_LEAST = 1 / 8


def first_offset(rank: int, count: int) -> float:
    """Seconds from the start to the first poll of the feed that is number ``rank`` of ``count``: evenly spread."""
    within = min(FIRST_POLLS_WITHIN, count / 2) if count < FEW_FEEDS else MANY_FEEDS_WITHIN
    return within * rank / count


def has_own_pace(feed: Feed) -> bool:
    """Whether a person wrote `every`: it is obeyed, whatever the feed itself asks for."""
    return "every" in feed.model_fields_set


def after_success(feed: Feed, state: FeedState, answer: Answer, *, polled_at: float, chance: float) -> float:
    """When a feed that answered is asked again; a Retry-After is never beaten."""
    if has_own_pace(feed):
        interval = feed.every
    else:
        interval = max(FLOOR, adaptive(state, polled_at) * state.shortened)
        hints = max(state.ttl or 0.0, state.fresh_for or 0.0)
        if state.window:
            hints = min(hints, state.window / 2)  # a hint must not make the feed's items pass by unread
        interval = min(max(interval, hints), CEILING)
    interval = max(_jittered(feed, interval, chance), answer.retry_after or 0.0)
    at = polled_at + interval
    return at if has_own_pace(feed) else _not_while_it_sleeps(at, state.skip_hours, state.skip_days)


def after_failure(feed: Feed, state: FeedState, answer: Answer, *, polled_at: float, chance: float) -> float:
    """When a feed that failed is asked again: ever later, at most a day, a week after a month; never not at all."""
    if state.condition is Condition.GONE:
        return polled_at + NEVER
    base = min(feed.every, FLOOR)
    doublings = min(max(state.failures - 1, 0), 30)
    wait = min(base * 2**doublings, CEILING)
    if state.failing_since is not None and polled_at - state.failing_since >= WEEKLY_AFTER:
        wait = WEEKLY
    return polled_at + max(_jittered(feed, wait, chance), answer.retry_after or 0.0)


def adaptive(state: FeedState, now: float) -> float:
    """Half of the mean gap between items, within bounds; longer for a feed that has been quiet for weeks."""
    if state.newest is not None:
        for quiet, interval in QUIET:
            if now - state.newest >= quiet:
                return interval
    if state.mean_gap is None:
        return DEFAULT_INTERVAL
    return min(max(state.mean_gap / 2, FLOOR), ADAPTIVE_CEILING)


def pace(items: Sequence[Item], now: float) -> tuple[float | None, float | None, float | None]:
    """Mean gap, newest and covered window (seconds) of a document's dated items."""
    times = sorted({item.published.timestamp() for item in items if item.published})
    times = [time for time in times if time <= now + DAY]
    if len(times) < 2:
        return None, times[-1] if times else None, None
    window = times[-1] - times[0]
    return window / (len(times) - 1), times[-1], window


def condition_after(state: FeedState, answer: Answer, now: float) -> Condition:
    """How the feed does after this poll; ``state`` already counts it."""
    if answer.fault is Fault.GONE and state.gone_at is not None and now - state.gone_at >= GONE_CONFIRMED_AFTER:
        return Condition.GONE
    if answer.fault is Fault.RATE_LIMITED:
        return Condition.RATE_LIMITED
    if answer.fault is not None:
        return Condition.FAILING if state.failures >= FAILING_AFTER else Condition.DEGRADED
    if answer.not_modified and state.items:
        last = max(state.last_new or 0.0, state.newest or 0.0)
        return Condition.SILENT if last and now - last > _silence(state) else Condition.NOT_MODIFIED
    if not state.items:
        return Condition.EMPTY
    last = max(state.last_new or 0.0, state.newest or 0.0)
    return Condition.SILENT if last and now - last > _silence(state) else Condition.OK


def _silence(state: FeedState) -> float:
    return max(SILENT_LEAST, SILENT_GAPS * (state.mean_gap or 0.0))


def _jittered(feed: Feed, interval: float, chance: float) -> float:
    """Later by up to a quarter, so that feeds do not march in step; one's own server needs no such care."""
    return interval if feed.allow_private else interval * (1 + JITTER * chance)


def _not_while_it_sleeps(at: float, skip_hours: Sequence[int], skip_days: Sequence[int]) -> float:
    """``at``, or the first hour after it that the feed does not ask to skip; at most a day later."""
    for hours in range(25):
        moment = datetime.fromtimestamp(at, UTC)
        if moment.hour not in skip_hours and moment.weekday() not in skip_days:
            return at
        if hours == 24:
            break
        at = (at // HOUR + 1) * HOUR
    return at
