"""archive: keeps every event, and what a stage refused, for as long as each is of use."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from agents.archive.dead_letter import dead_letter_of
from agents.archive.store import BATCH, forget, store_dead_letter, store_event
from streams import metrics
from streams.app import consume, stage_app
from streams.database import TRANSIENT, opened
from streams.dead_letters import Inbound
from streams.records import Event, decode
from streams.topics import DEAD_LETTERS, Stage

TIDY_SECONDS, PAUSE_SECONDS = 3600.0, 0.5  # between looks, and between batches: other stages write too

app = stage_app(Stage.ARCHIVE)
log = logging.getLogger(__name__)


@app.agent(app.source, name="archive", concurrency=1)
async def archive(stream: Any) -> None:
    """Keep each record before it is acknowledged."""
    async with opened(app.settings.database) as engine:

        async def handle(inbound: Inbound) -> None:
            if inbound.topic == DEAD_LETTERS.name:
                await store_dead_letter(engine, dead_letter_of(inbound), datetime.now(UTC))
            else:
                event, value = decode(Event, inbound.value), inbound.value or b""
                await store_event(engine, event, value, datetime.now(UTC), journaled=app.settings.embedded)
                metrics.ARTICLES.labels(Stage.ARCHIVE).inc()

        await consume(app, stream, handle, transient=TRANSIENT)


@app.beside
async def tidy() -> None:
    """Forget what is older than its limit, a batch at a time."""
    async with opened(app.settings.database) as engine:
        while True:
            try:
                more = await forget(engine, datetime.now(UTC)) >= BATCH
            except TRANSIENT as error:
                log.warning("forgetting what is older than its limit: %s", error)
                more = False
            await asyncio.sleep(PAUSE_SECONDS if more else TIDY_SECONDS)
