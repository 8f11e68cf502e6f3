"""deliver: alerts into the outbox, and from there to their receivers."""

from datetime import UTC, datetime
from typing import Any

from agents.deliver.dispatch import Bell, serve
from agents.deliver.letters import outbox_of
from streams.app import consume, stage_app
from streams.database import TRANSIENT, open_engine
from streams.dead_letters import Inbound
from streams.records import Alert, decode
from streams.topics import Stage

app = stage_app(Stage.DELIVER)
bell = Bell()


@app.agent(app.source, name="deliver", concurrency=1)
async def deliver(stream: Any) -> None:
    engine = open_engine(app.settings.database)
    try:
        outbox = outbox_of(engine, app.settings, app.configuration)

        async def handle(inbound: Inbound) -> None:
            bell.ring(await outbox.take(decode(Alert, inbound.value), datetime.now(UTC)))

        await consume(app, stream, handle, transient=TRANSIENT)
    finally:
        await engine.dispose()


@app.beside
async def dispatch() -> None:
    engine = open_engine(app.settings.database)
    try:
        await serve(outbox_of(engine, app.settings, app.configuration), lambda: app.configuration.current, bell)
    finally:
        await engine.dispose()
