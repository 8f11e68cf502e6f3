"""The watch stage: events in, alerts out; beside it goes out what is due without an event."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from agents.watch import due
from agents.watch.counting import count, start_at_zero
from agents.watch.ledger import Outgoing
from agents.watch.store import decide
from streams.app import consume, stage_app
from streams.database import TRANSIENT, opened
from streams.dead_letters import Inbound
from streams.records import Event, decode
from streams.topics import ALERTS_RAISED, Stage

app = stage_app(Stage.WATCH)


async def _publish(alerts: Iterable[Outgoing]) -> None:
    for alert in alerts:
        if alert.held is None:
            await app.publish(ALERTS_RAISED, alert.created, alert.body)


@app.agent(app.source, name="watch", concurrency=1)
async def watch(stream: Any) -> None:
    """Decide on each event in one transaction, publish the alerts it raised, acknowledge."""
    start_at_zero(app.configuration.current)
    async with opened(app.settings.database) as engine:

        async def handle(inbound: Inbound) -> None:
            event = decode(Event, inbound.value)
            decision = await decide(engine, event, app.configuration.current, app.settings, now=datetime.now(UTC))
            await _publish(decision.alerts)
            count(decision)

        await consume(app, stream, handle, transient=TRANSIENT)


@app.beside
async def timers() -> None:
    """Send what is collected when it is due, and again what deliver has not taken."""
    async with opened(app.settings.database) as engine:
        await due.keep_sending(engine, lambda: app.configuration.current, _publish)
