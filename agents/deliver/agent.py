"""deliver: alerts into the outbox, and from there to their receivers."""

from datetime import UTC, datetime
from typing import Any

from agents.deliver.dispatch import Bell, serve
from agents.deliver.letters import outbox_of
from streams.app import consume, stage_app
from streams.database import TRANSIENT, opened
from streams.dead_letters import Inbound
from streams.records import Alert, decode
from streams.topics import Stage

app = stage_app(Stage.DELIVER)
bell = Bell()


@app.agent(app.source, name="deliver", concurrency=1)
async def deliver(stream: Any) -> None:
    """Make each alert's deliveries before it is acknowledged."""
    async with opened(app.settings.database) as engine:
        outbox = outbox_of(engine, app.settings, app.configuration)

        async def handle(inbound: Inbound) -> None:
            bell.ring(await outbox.take(decode(Alert, inbound.value), datetime.now(UTC)))

        await consume(app, stream, handle, transient=TRANSIENT)


@app.beside
async def dispatch() -> None:
    """Take due deliveries to their receivers for the life of the stage."""
    async with opened(app.settings.database) as engine:
        await serve(outbox_of(engine, app.settings, app.configuration), lambda: app.configuration.current, bell)
