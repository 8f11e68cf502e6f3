"""The classify stage: articles in, an event for each of them out, irrelevant ones too."""

from collections import OrderedDict
from typing import Any

from agents.classify.classifier import Classifier
from agents.classify.event import event_of
from streams import metrics
from streams.app import consume, stage_app
from streams.dead_letters import Inbound
from streams.records import Article, Classification, decode
from streams.topics import EVENTS_CLASSIFIED, Stage

COPIES = 4096  # answers kept for exact copies of a text: some hours of a busy wire

app = stage_app(Stage.CLASSIFY)


@app.agent(app.source, name="classify", concurrency=1)
async def classify(stream: Any) -> None:
    """Classify each article once; an exact copy gets the answer that its text had."""
    lexicon = app.configuration.current.lexicon
    classifier = Classifier.load(lexicon, app.settings.model)
    answers: OrderedDict[str, Classification] = OrderedDict()

    async def handle(inbound: Inbound) -> None:
        nonlocal lexicon, classifier
        article = decode(Article, inbound.value)
        if app.configuration.current.lexicon is not lexicon:
            lexicon = app.configuration.current.lexicon
            classifier = Classifier.load(lexicon, app.settings.model)
            answers.clear()
        answer = answers.get(article.content_hash)
        if answer is None:
            with metrics.CLASSIFY_SECONDS.time():
                answer = classifier.classify(article.title, article.summary, article.language)
            answers[article.content_hash] = answer
            if len(answers) > COPIES:
                answers.popitem(last=False)
        event, value = event_of(article, answer)
        await app.publish(EVENTS_CLASSIFIED, event.story, value)
        metrics.ARTICLES.labels(Stage.CLASSIFY).inc()
        if event.relevant:
            metrics.EVENTS.labels(event.types[0], event.assertion).inc()

    await consume(app, stream, handle)
