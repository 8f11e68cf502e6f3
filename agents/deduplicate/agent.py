"""The deduplicate stage: every article goes on, marked with its story and with what it is a copy of."""

from typing import Any

from agents.deduplicate.deduplicator import Deduplicator, marked
from agents.deduplicate.memory import Memory
from agents.deduplicate.verdict import Reason
from streams import metrics
from streams.app import consume, stage_app
from streams.dead_letters import Inbound
from streams.records import Article, decode, encode
from streams.store import STORE_TRANSIENT, open_store
from streams.topics import ARTICLES_DEDUPLICATED, Stage

app = stage_app(Stage.DEDUPLICATE)


@app.agent(app.source, name="deduplicate", concurrency=1)
async def deduplicate(stream: Any) -> None:
    """Decide on each article once, remember the decision, publish the article under its story."""
    for reason in set(Reason) - {Reason.NONE}:
        metrics.DUPLICATES.labels(reason)
    deduplicator = Deduplicator(app.configuration.current.lexicon)
    async with open_store(app.settings) as store:
        memory = Memory(store)

        async def handle(inbound: Inbound) -> None:
            nonlocal deduplicator
            article = decode(Article, inbound.value)
            if app.configuration.current.lexicon is not deduplicator.lexicon:
                deduplicator = Deduplicator(app.configuration.current.lexicon)
            decision = await memory.decide(deduplicator.fingerprint(article), deduplicator.judge)
            await app.publish(ARTICLES_DEDUPLICATED, decision.story, encode(marked(article, decision)))
            metrics.ARTICLES.labels(app.stage).inc()
            if decision.reason is not Reason.NONE:
                metrics.DUPLICATES.labels(decision.reason).inc()

        await consume(app, stream, handle, transient=STORE_TRANSIENT)
