"""Who is told of an alert."""

from dataclasses import dataclass
from enum import StrEnum

from config.load import Configuration
from config.schema import EventsKind, Receiver, Status
from streams.records import Alert, AlertKind

ABOUT: dict[AlertKind, EventsKind] = {
    AlertKind.SOURCE_FAILING: "source",
    AlertKind.SOURCE_RECOVERED: "source",
    AlertKind.RECEIVER_DISABLED: "receiver",
}


class Why(StrEnum):
    """Why these receivers."""

    WATCH = "the watch sends to them"
    KIND = "they take alerts of this kind"
    EXPERIMENTAL = "an experimental watch sends to nobody"
    UNKNOWN_WATCH = "the watch is no longer configured: all that take alerts are told"


@dataclass(frozen=True, slots=True)
class Route:
    receivers: tuple[Receiver, ...]
    why: Why


def route(alert: Alert, configuration: Configuration) -> Route:
    """The receivers of ``alert``; an alert whose watch is gone goes to all, for a person rather hears twice than not at all."""
    if alert.watch is None:
        kind = ABOUT.get(alert.kind, "alert")
        about = alert.subject if alert.kind is AlertKind.RECEIVER_DISABLED else None
        takers = (r for r in configuration.receivers if kind in r.events and r.id != about)
        return Route(tuple(takers), Why.KIND)
    watch = configuration.watch(alert.watch.id)
    if watch is None:
        return Route(tuple(r for r in configuration.receivers if "alert" in r.events), Why.UNKNOWN_WATCH)
    if watch.status is Status.EXPERIMENTAL:
        return Route((), Why.EXPERIMENTAL)
    return Route(configuration.receivers_of(watch), Why.WATCH)
