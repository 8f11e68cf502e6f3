"""What a poll changes in a feed's state. Pure: times are Unix seconds."""

import msgspec

from config.schema import Feed
from streams.feeds import schedule
from streams.feeds.answer import Answer, Fault, Validators
from streams.feeds.items import Document
from streams.feeds.state import Condition, FeedState

VALIDATORS_KEPT = 8 * 86400.0  # some servers answer "not modified" for ever
MOVE_POLLS, MOVE_SECONDS = 3, 86400.0  # a permanent redirect is believed when it stays that long
GROWTH, SHRINK = 1.25, 0.5


def fitted(state: FeedState, feed: Feed) -> FeedState:
    """The state as it holds for the feed's configured address: another address knows nothing of the old one's validators.

    What people were told stays: a failing feed is mostly mended by a new address, and then they hear of that too.
    """
    if state.url == feed.url:
        return state
    return FeedState(
        url=feed.url,
        told=state.told,
        outage=state.outage,
        last_success=state.last_success,
        last_new=state.last_new,
        generation=state.generation,
        pruned_at=state.pruned_at,
    )


def validators_of(state: FeedState, now: float) -> Validators:
    """What to send back with the next question."""
    if state.validators_at is None or now - state.validators_at > VALIDATORS_KEPT:
        return Validators()
    return Validators(state.etag, state.last_modified)


def after_fault(feed: Feed, state: FeedState, answer: Answer, *, now: float, chance: float) -> FeedState:
    """The state after a failed poll; what is known of the feed's document stays."""
    changed = msgspec.structs.replace(
        state,
        polled_at=now,
        status=answer.status,
        fault=answer.fault or "",
        message=answer.message,
        failures=state.failures + 1,
        failing_since=now if state.failing_since is None else state.failing_since,
        gone_at=now if state.gone_at is None and answer.fault is Fault.GONE else state.gone_at,
        moved=None if state.failures >= schedule.FAILING_AFTER else state.moved,  # the old address may live again
    )
    changed.condition = schedule.condition_after(changed, answer, now)
    changed.next_at = schedule.after_failure(feed, changed, answer, polled_at=now, chance=chance)
    return changed


def after_unchanged(feed: Feed, state: FeedState, answer: Answer, *, now: float, chance: float) -> FeedState:
    """The state after "not modified", or after a body that is the one of before."""
    changed = _well(state, answer, now)
    if answer.fresh_for is not None:
        changed.fresh_for = answer.fresh_for
    fresh = answer.validators  # a 304 may bring new ones too
    if answer.not_modified:
        changed.etag, changed.last_modified = fresh.etag or state.etag, fresh.last_modified or state.last_modified
    else:
        changed.etag, changed.last_modified, changed.validators_at = fresh.etag, fresh.last_modified, now
    changed.condition = schedule.condition_after(changed, answer, now)
    changed.next_at = schedule.after_success(feed, changed, answer, polled_at=now, chance=chance)
    return changed


def after_document(
    feed: Feed,
    state: FeedState,
    answer: Answer,
    document: Document,
    *,
    body_hash: str,
    fresh: int,
    more: bool,
    overlap: bool,
    now: float,
    chance: float,
) -> FeedState:
    """The state after a document whose items are all published; ``more``: only the first of them are."""
    changed = _well(state, answer, now)
    whole = answer.complete and document.complete and not more
    changed.etag = answer.validators.etag if whole else None
    changed.last_modified = answer.validators.last_modified if whole else None
    changed.validators_at = now if whole else None
    changed.body_hash = body_hash if whole else None
    changed.fresh_for, changed.ttl = answer.fresh_for, document.ttl
    changed.skip_hours, changed.skip_days = document.skip_hours, document.skip_days
    changed.mean_gap, changed.newest, changed.window = schedule.pace(document.items, now)
    overrun = bool(document.items) and state.items > 0 and state.generation > 0 and not overlap and not more
    changed.overruns = state.overruns + overrun
    changed.shortened = (
        max(schedule.SHORTENED_LEAST, state.shortened * SHRINK) if overrun else min(1.0, state.shortened * GROWTH)
    )
    changed.items, changed.bytes = len(document.items), len(answer.body)
    changed.generation = now
    if fresh:
        changed.last_new = now
    if not whole and not more:
        changed.message = "the document ends in the middle"
    changed.condition = schedule.condition_after(changed, answer, now)
    if not whole and not more and changed.condition is Condition.OK:
        changed.condition = Condition.DEGRADED
    changed.next_at = now if more else schedule.after_success(feed, changed, answer, polled_at=now, chance=chance)
    return changed


def _well(state: FeedState, answer: Answer, now: float) -> FeedState:
    changed = msgspec.structs.replace(
        state,
        polled_at=now,
        status=answer.status,
        fault="",
        message="",
        failures=0,
        failing_since=None,
        gone_at=None,
        last_success=now,
    )
    if not answer.moved_to:
        changed.moved_to, changed.moved_since, changed.moved_polls = None, None, 0
    elif answer.moved_to != state.moved_to:
        changed.moved_to, changed.moved_since, changed.moved_polls = answer.moved_to, now, 1
    else:
        changed.moved_polls = state.moved_polls + 1
        if changed.moved_polls >= MOVE_POLLS and now - (state.moved_since or now) >= MOVE_SECONDS:
            changed.moved = answer.moved_to
    return changed
