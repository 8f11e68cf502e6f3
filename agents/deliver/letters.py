"""An alert's letters: the receivers it goes to and the bytes for each."""

import logging
import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from agents.deliver.message import render
from agents.deliver.outbox import Letter, Outbox
from agents.deliver.routing import Why, route
from config.load import Configuration
from config.settings import Settings
from streams.configuration import LiveConfiguration
from streams.records import Alert

log = logging.getLogger(__name__)


def letters_of(alert: Alert, configuration: Configuration) -> list[Letter]:
    """One letter for each receiver of ``alert`` under ``configuration``."""
    chosen = route(alert, configuration)
    if chosen.why is Why.UNKNOWN_WATCH and alert.watch is not None:
        log.warning(
            "routing %s: no watch %r is configured any more; all that take alerts are told", alert.id, alert.watch.id
        )
    letters = []
    for receiver in chosen.receivers:
        rendering = render(alert, receiver)
        letters.append(Letter(receiver.id, rendering.body, rendering.content_type))
    return letters


def outbox_of(engine: AsyncEngine, settings: Settings, configuration: LiveConfiguration) -> Outbox:
    """The outbox that writes letters under whatever configuration is in use."""

    def letters(alert: Alert) -> Sequence[Letter]:
        return letters_of(alert, configuration.current)

    return Outbox(engine, settings.retry_delays, letters, settings.place or uuid.uuid4().hex)
