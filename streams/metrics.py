"""Every metric, in base units, with a help text that says what growth means and what to do."""

from collections.abc import Iterable
from importlib.metadata import version

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from streams.records import Assertion, EventType
from streams.topics import Stage

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, which nobody asks for

LATENCY_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)
FEED_STATES = ("ok", "not_modified", "empty", "silent", "degraded", "failing", "rate_limited", "gone", "paused")

BUILD_INFO = Gauge("armswire_build_info", "The running version; always 1.", ["version"])
CONFIG_INFO = Gauge(
    "armswire_config_info", "The configuration in use: one series a file with its sha256; always 1.", ["file", "sha256"]
)
CONFIG_RELOAD_OK = Gauge(
    "armswire_config_last_reload_successful",
    "1 while the files are in use as they are; 0: they hold a mistake and the last good set is used. Run: armswire check.",
)
FEED_FETCHES = Counter(
    "armswire_feed_fetches_total",
    "Polls of a feed by result; failures that keep growing: armswire feeds list.",
    ["feed", "result"],
)
FEED_FETCH_SECONDS = Histogram(
    "armswire_feed_fetch_duration_seconds", "Time a poll took, redirects and body included.", buckets=LATENCY_BUCKETS
)
FEED_LAST_SUCCESS = Gauge(
    "armswire_feed_last_success_timestamp_seconds",
    "When a feed last answered well; one that stands still: armswire feeds check.",
    ["feed"],
)
FEED_LAST_NEW = Gauge(
    "armswire_feed_last_new_article_timestamp_seconds", "When a feed last brought a new article.", ["feed"]
)
FEED_STATE = Gauge(
    "armswire_feed_state", "1 for the state a feed is in: armswire feeds list says why.", ["feed", "state"]
)
ARTICLES = Counter(
    "armswire_articles_total",
    "Articles that a stage handled; standing still while feeds change: look at the stage's log.",
    ["stage"],
)
DUPLICATES = Counter(
    "armswire_duplicates_total", "Articles marked as copies or revisions, by what gave them away.", ["reason"]
)
EVENTS = Counter("armswire_events_total", "Relevant events by primary type and assertion.", ["type", "assertion"])
CLASSIFY_SECONDS = Histogram(
    "armswire_classify_duration_seconds",
    "Time to classify one article; a growing tail: more workers of classify.",
    buckets=(0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
)
WATCH_MATCHES = Counter("armswire_watch_matches_total", "Events that matched a watch.", ["watch"])
NEAR_MISSES = Counter(
    "armswire_near_misses_total",
    "Events that just missed a watch, by reason: armswire explain says why.",
    ["watch", "reason"],
)
ALERTS = Counter("armswire_alerts_total", "Alerts raised by watch, level and kind.", ["watch", "level", "outcome"])
ALERT_LATENCY = Histogram(
    "armswire_alert_latency_seconds",
    "From an article's publication or fetch to the first receiver's 2xx.",
    ["from"],
    buckets=LATENCY_BUCKETS,
)
DELIVERIES = Counter(
    "armswire_deliveries_total",
    "Attempts to deliver, by outcome and reason; failures: armswire deliveries list.",
    ["receiver", "outcome", "reason"],
)
OLDEST_PENDING = Gauge(
    "armswire_delivery_oldest_pending_seconds",
    "Age of the oldest delivery that a receiver still has to get; growing: is it down?",
    ["receiver"],
)
STAGE_UP = Gauge(
    "armswire_stage_up", "1 while a stage has its partitions and makes progress; 0: look at its log.", ["stage"]
)
STAGE_WAITING = Gauge(
    "armswire_stage_waiting_seconds",
    "How long a stage has been held by an outage of what it needs; mend that and it goes on by itself.",
    ["stage", "reason"],
)
SKIPPED_BY_RETENTION = Counter(
    "armswire_records_skipped_by_retention_total",
    "Records that the topic deleted before the stage read them, given up by a person: longer retention, or more workers.",
    ["stage"],
)
DEAD_LETTERS = Counter(
    "armswire_dead_letters_total",
    "Records a stage refused, by reason; kept untouched: armswire dead-letters list.",
    ["stage", "reason"],
)
CONSUMER_LAG = Gauge(
    "armswire_consumer_lag", "Records of a partition that the stage has not handled yet.", ["topic", "partition"]
)


def prepare(stage: Stage) -> None:
    """Start every closed label set of a stage at 0, so that the first event is seen as growth."""
    BUILD_INFO.labels(version("armswire")).set(1)
    ARTICLES.labels(stage)
    STAGE_UP.labels(stage).set(0)
    SKIPPED_BY_RETENTION.labels(stage)
    for reason in ("poison", "too_big", "error"):
        DEAD_LETTERS.labels(stage, reason)
    if stage is Stage.CLASSIFY:
        for kind in EventType:
            for assertion in Assertion:
                EVENTS.labels(kind, assertion)
    if stage is Stage.DELIVER:
        for origin in ("published", "fetched"):
            ALERT_LATENCY.labels(origin)


_told: set[tuple[str, str]] = set()


def tell_files(files: Iterable[tuple[str, str]]) -> None:
    """Show the configuration files in use by their sha256; the ones of before vanish."""
    current = set(files)
    for name, digest in _told - current:
        CONFIG_INFO.remove(name, digest)
    for name, digest in current:
        CONFIG_INFO.labels(name, digest).set(1)
    _told.clear()
    _told.update(current)
