"""The collect stage: polls feeds when they are due, or when a person asks for it."""

import time
from collections.abc import Sequence
from typing import Any

from streams import journal
from streams.app import consume, stage_app
from streams.database import opened
from streams.dead_letters import Inbound
from streams.feeds.collect import running_collector
from streams.feeds.memory import PollMemory
from streams.records import Article, PollRequest, decode
from streams.store import STORE_TRANSIENT, open_store
from streams.topics import ALERTS_RAISED, Stage, Topic

app = stage_app(Stage.COLLECT)


@app.agent(app.source, name="collect", concurrency=1)
async def collect(stream: Any) -> None:
    """Make each feed that is asked for due now; whichever collector is free takes it."""
    async with open_store(app.settings) as store:
        memory = PollMemory(store)

        async def handle(inbound: Inbound) -> None:
            request = decode(PollRequest, inbound.value)
            if app.configuration.current.feed(request.feed) is not None:
                await memory.request(request.feed, time.time())

        await consume(app, stream, handle, transient=STORE_TRANSIENT)


@app.beside
async def polls() -> None:
    """Poll what is due for the life of the stage."""
    async with opened(app.settings.database) as engine:

        async def write(articles: Sequence[Article]) -> None:
            if app.settings.embedded:
                await journal.write(engine, articles)

        async def publish(topic: Topic, key: str, value: bytes) -> None:
            if app.settings.embedded and topic is ALERTS_RAISED:
                await journal.keep_notice(engine, key, value)
            await app.publish(topic, key, value)

        async with running_collector(
            app.settings, lambda: app.configuration.current, engine, publish, write
        ) as collector:
            await collector.run()
