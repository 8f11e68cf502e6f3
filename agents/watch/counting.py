"""What the watch stage counts for Prometheus."""

from collections.abc import Iterable

from agents.watch.ledger import Outgoing
from agents.watch.rules import NEAR
from agents.watch.store import Decision
from config.load import Configuration
from streams import metrics
from streams.records import AlertKind
from streams.topics import Stage

KINDS = (AlertKind.CREATED, AlertKind.UPDATED, AlertKind.AMENDED, AlertKind.RETRACTED, AlertKind.DIGEST)
HELD = "held"  # outcome of an alert that is stored and shown, but not sent


def start_at_zero(configuration: Configuration) -> None:
    """Show every watch with its label sets, so that the first match is seen as growth."""
    for watch in configuration.watches:
        metrics.WATCH_MATCHES.labels(watch.id)
        for reason in NEAR:
            metrics.NEAR_MISSES.labels(watch.id, reason)
        for kind in (*KINDS, HELD):
            metrics.ALERTS.labels(watch.id, watch.level, kind)


def count(decision: Decision) -> None:
    """Count what came of an event; a repeat has been counted before."""
    metrics.ARTICLES.labels(Stage.WATCH).inc()
    if decision.repeat:
        return
    for watch in decision.matches:
        metrics.WATCH_MATCHES.labels(watch).inc()
    for watch, reason in decision.near.items():
        metrics.NEAR_MISSES.labels(watch, reason).inc()
    count_alerts(decision.alerts)


def count_alerts(alerts: Iterable[Outgoing]) -> None:
    """Count alerts by watch, level and kind."""
    for alert in alerts:
        metrics.ALERTS.labels(alert.watch or "", alert.level or "", HELD if alert.held else alert.kind).inc()
