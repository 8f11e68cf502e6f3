"""How the feeds do, for Prometheus and the log: most of them failing at once are one line, not forty."""

import logging
from collections.abc import Collection

from config.schema import Feed
from streams import metrics
from streams.feeds.answer import Answer
from streams.feeds.notices import NETWORK, is_outage
from streams.feeds.state import Condition, FeedState

log = logging.getLogger(__name__)

ASKED_LAST = 9  # feeds that tell whether the network is away: five of them that cannot be reached are lines enough


class Board:
    """What this collector knows of its feeds."""

    def __init__(self) -> None:
        self._shown: dict[str, Condition] = {}
        self._reached: dict[str, bool] = {}  # of the feeds that were asked last
        self._outage = False

    def enlist(self, feeds: Collection[Feed], resting: Collection[str]) -> None:
        """Show every configured feed, so that its first poll is seen as growth."""
        for feed in feeds:
            for result in ("ok", "not_modified"):
                metrics.FEED_FETCHES.labels(feed.id, result)
            if feed.id in resting:
                self._show_condition(feed.id, Condition.PAUSED)

    def polled(
        self, feed: Feed, answer: Answer, state: FeedState, *, articles: int, emptied: bool, fenced: bool
    ) -> None:
        """One poll's end; ``emptied``: it had items before, ``fenced``: its lease was another's by then."""
        metrics.FEED_FETCHES.labels(feed.id, answer.fault or ("not_modified" if answer.not_modified else "ok")).inc()
        self.show(feed, state)
        if fenced:
            log.info('polling feed "%s": the lease ran out meanwhile; what was published may come again', feed.id)
        incident = self._incident(feed, answer)
        if answer.fault is not None:
            log.log(logging.DEBUG if incident else logging.WARNING, 'fetching feed "%s": %s', feed.id, answer.message)
        elif emptied:
            log.warning('feed "%s" had items and has none any more', feed.id)
        elif articles:
            log.info('feed "%s": %d articles', feed.id, articles)

    def show(self, feed: Feed, state: FeedState) -> None:
        """The feed's state as it is known."""
        if state.last_success:
            metrics.FEED_LAST_SUCCESS.labels(feed.id).set(state.last_success)
        if state.last_new:
            metrics.FEED_LAST_NEW.labels(feed.id).set(state.last_new)
        self._show_condition(feed.id, state.condition)

    def _incident(self, feed: Feed, answer: Answer) -> bool:
        """Whether the poll failed with most others; says once that they do, and once that it is over."""
        self._reached.pop(feed.id, None)
        self._reached[feed.id] = answer.fault not in NETWORK
        if len(self._reached) > ASKED_LAST:
            del self._reached[next(iter(self._reached))]
        unreachable, known = sum(not reached for reached in self._reached.values()), len(self._reached)
        outage = is_outage(unreachable, known)
        if outage and not self._outage:
            log.warning(
                'fetching feed "%s": %s; %d of the last %d feeds cannot be reached, so it may be the network of this'
                " machine: until that changes no other is told of here",
                feed.id, answer.message, unreachable, known,
            )  # fmt: skip
        elif self._outage and not outage:
            log.info("most feeds are reached again")
        self._outage = outage
        return outage and not self._reached[feed.id]

    def _show_condition(self, feed_id: str, condition: Condition) -> None:
        if self._shown.get(feed_id) is not condition:
            for name in metrics.FEED_STATES:
                metrics.FEED_STATE.labels(feed_id, name).set(name == condition)
            self._shown[feed_id] = condition
