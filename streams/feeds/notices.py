"""What people are told of feeds that fail for hours and answer again. Most of them at once are one incident. Pure."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from config.schema import Feed
from streams.feeds.answer import Fault
from streams.feeds.state import Condition, FeedState
from streams.records import Alert, AlertKind

TELL_AFTER = 6 * 3600.0  # seconds of failing before people are told: shorter outages mend themselves
TOGETHER = 12 * 3600.0  # feeds that began to fail within it fail together: they are asked at least every six hours
OUTAGE_LEAST = 5  # feeds; fewer may fail by chance
OUTAGE_SUBJECT = "feeds"  # what an alert of most feeds at once is about
# What the network of this machine makes of a poll; a server that answers with an error is reached.
NETWORK = frozenset({Fault.UNREACHABLE, Fault.TIMEOUT, Fault.TLS, Fault.PROTOCOL})
_NAMES = uuid.UUID("0d0f7f2e-8a4d-5c5e-9a3f-6c1d2b7e4f10")


def is_outage(unreachable: int, feeds: int) -> bool:
    """Whether so many of ``feeds`` that cannot be reached are one incident."""
    return unreachable >= OUTAGE_LEAST and unreachable * 2 > feeds


def wanted(before: FeedState, after: FeedState) -> bool:
    """Whether ``notice`` may have something to say, and so needs to know how the other feeds do."""
    return _answers_again(before, after) or (_fails_for_hours(after) and (after.told is None or after.outage))


def notice(
    feed: Feed, before: FeedState, after: FeedState, others: Mapping[str, FeedState], raised: datetime
) -> Alert | None:
    """The alert that a poll gives rise to, if any; ``after`` then remembers it. ``others``: the other feeds in the schedule.

    Ids follow from the feed and the outage: a repeat is recognised, and so is the same incident told by another feed.
    """
    if _answers_again(before, after):
        return _recovered(feed, before, after, others.values(), raised)
    if not wanted(before, after):
        return None
    together = _failing_together(after, others.values())
    if is_outage(len(together), len(others) + 1):
        return None if after.outage else _outage(feed, after, together, len(others) + 1, raised)
    after.told, after.outage = _id(f"failing {feed.id} {after.failing_since:.0f}"), False
    return _alert(after.told, AlertKind.SOURCE_FAILING, feed.id, f'feed "{feed.id}": {_why(after)}', raised)


def _answers_again(before: FeedState, after: FeedState) -> bool:
    return after.failures == 0 and before.told is not None


def _fails_for_hours(state: FeedState) -> bool:
    failing = state.condition in (Condition.FAILING, Condition.GONE, Condition.RATE_LIMITED)
    return failing and state.failing_since is not None and state.polled_at - state.failing_since >= TELL_AFTER


def _failing_together(state: FeedState, others: Collection[FeedState]) -> list[FeedState]:
    """The states of the feeds that cannot be reached since about when this one cannot, itself among them."""
    if state.fault not in NETWORK:
        return []
    since = state.failing_since or 0.0
    return [
        one
        for one in (state, *others)
        if one.fault in NETWORK and one.failing_since is not None and abs(one.failing_since - since) <= TOGETHER
    ]


def _outage(feed: Feed, after: FeedState, together: list[FeedState], feeds: int, raised: datetime) -> Alert:
    known = next((one.told for one in together if one.outage), None)
    began = min(one.failing_since or 0.0 for one in together)
    after.told, after.outage = known or _id(f"outage {began:.0f}"), True
    detail = (
        f"{len(together)} of {feeds} feeds cannot be reached, so it may be the network of this machine;"
        f' feed "{feed.id}": {_why(after)}'
    )
    return _alert(after.told, AlertKind.SOURCE_FAILING, OUTAGE_SUBJECT, detail, raised)


def _recovered(
    feed: Feed, before: FeedState, after: FeedState, others: Collection[FeedState], raised: datetime
) -> Alert | None:
    after.told, after.outage = None, False
    alert_id = _id(f"recovered {before.told}")
    if not before.outage:
        return _alert(alert_id, AlertKind.SOURCE_RECOVERED, feed.id, f'feed "{feed.id}" answers again', raised)
    still = sum(one.told == before.told for one in others)
    if is_outage(still, len(others) + 1):
        return None  # one that got through is not the end
    detail = f"most feeds answer again, {still} not yet"
    return _alert(alert_id, AlertKind.SOURCE_RECOVERED, OUTAGE_SUBJECT, detail, raised)


def _why(state: FeedState) -> str:
    return state.message or state.fault or state.condition


def _alert(alert_id: str, kind: AlertKind, subject: str, detail: str, raised: datetime) -> Alert:
    return Alert(id=alert_id, kind=kind, subject=subject, detail=detail, raised=raised)


def _id(name: str) -> str:
    return f"msg_{uuid.uuid5(_NAMES, name)}"
