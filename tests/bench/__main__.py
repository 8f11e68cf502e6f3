"""make bench: what each stage and the whole pipeline cost, how fast an alert is, what memory it takes, and the naive way.

Broker and store are the embedded ones. Figures are of one machine and one run; compare ratios.
"""

import argparse
import asyncio
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.classify.classifier import Classifier
from config.lexicons import load_lexicon
from streams.database import upgrade
from streams.local import start_broker, start_store
from streams.records import Article
from streams.topics import ARTICLES_COLLECTED, EMBEDDED_PARTITIONS, Stage, make_topics
from tests.bench.figures import HEAD, Row
from tests.bench.naive import find, load
from tests.bench.service import Service, configuration, latency, percentile, settle, through_feeds, whole_pipeline
from tests.bench.stages import READ, SlowNewsstand, collect_alone, drain, more_alerts, naive_way, produce, records_of
from tests.bench.texts import an_article
from tests.broker.newsstand import Newsstand
from tests.broker.pipeline import Pipeline

RATE = 5.0  # articles a second while the way of an alert is timed
ALERTS = 400  # for deliver alone
LONG_RUN = 100_000
GOALS = {"classify": 30.0, "pipeline": 1 / 3, "p50": 150.0, "p99": 500.0, "idle": 800.0}


def tell(text: str) -> None:
    """A line of progress, kept apart from the figures."""
    print(f"  … {text}", file=sys.stderr, flush=True)


def show(row: Row) -> Row:
    print(row, flush=True)
    return row


def in_process(count: int) -> tuple[Row, Row]:
    """Classifying without transport, the naive way and ours in turns, so that a busy machine slows both."""
    dice = random.Random(7)
    articles = [an_article(number, dice) for number in range(count)]
    nlp, classifier = load(), Classifier.load(load_lexicon(None))

    def naive(article: Article) -> None:
        find(nlp, {"id": article.id, "title": article.title, "summary": article.summary})

    def ours(article: Article) -> None:
        classifier.classify(article.title, article.summary, article.language)

    rounds = 5
    ways: dict[Callable[[Article], None], list[Row]] = {naive: [], ours: []}
    for turn in range(rounds):
        part = articles[turn * count // rounds : (turn + 1) * count // rounds]
        for way, some in ((naive, part[: len(part) // 10]), (ours, part)):
            began, spent = time.monotonic(), time.process_time()
            for article in some:
                way(article)
            ways[way].append(Row("", len(some), time.monotonic() - began, time.process_time() - spent))
    return joined("naive in process: full spaCy on each", ways[naive]), joined(
        "classify in process, 3 in 100 relevant", ways[ours]
    )


def joined(what: str, rows: Sequence[Row]) -> Row:
    return Row(what, sum(r.items for r in rows), sum(r.seconds for r in rows), sum(r.cpu for r in rows))


@dataclass(frozen=True, slots=True)
class Alone:
    """Rows of the first part."""

    naive: Row
    stages: dict[Stage, Row]


async def stages_alone(options: argparse.Namespace, folder: Path) -> Alone:
    """Each stage on the same articles, one after the other, and the naive way before them."""
    (folder / "logs").mkdir(parents=True)
    broker, store = await start_broker(folder / "logs"), await start_store(folder, folder / "logs")
    servers = [child.pid for child in (broker.child, store.child) if child.pid]
    try:
        await make_topics(broker.address, 1, EMBEDDED_PARTITIONS)
        dice = random.Random(7)
        articles = (an_article(number, dice) for number in range(options.items))
        await produce(broker.address, ARTICLES_COLLECTED, records_of(articles))
        tell("the naive way loads its model")
        naive = show(await naive_way(broker.address, min(options.naive_items, options.items), servers))
        database = f"sqlite+aiosqlite:///{folder}/armswire.db"
        await asyncio.to_thread(upgrade, database)
        async with SlowNewsstand() as stand:
            files = configuration(folder / "config", stand, "1h")
            pipeline = Pipeline(broker.address, store.url, database, files, folder / "state", embedded=True, stages=())
            stages = {}
            with pipeline:
                for stage in READ:
                    stages[stage] = show(await drain(pipeline, stage, options.items, servers))
                alerts = await more_alerts(broker.address, ALERTS)

                async def delivered() -> float:
                    return len(stand.posts)

                stages[Stage.DELIVER] = show(await drain(pipeline, Stage.DELIVER, alerts, servers, delivered))
                stages[Stage.COLLECT] = show(await collect_alone(pipeline, stand, options.items, servers))
    finally:
        await broker.child.stop(5)
        await store.child.stop(5)
    return Alone(naive, stages)


def verdict(value: float, goal: float, *, least: bool = False) -> str:
    return "reached" if (value >= goal if least else value <= goal) else "MISSED"


def show_memory(title: str, sizes: dict[str, float]) -> None:
    total = sum(sizes.values())
    print(f"\nmemory, {title} (PSS, MB; everything together {total:.0f})")
    print("  " + ", ".join(f"{name} {size:.0f}" for name, size in sizes.items()), flush=True)


async def bench(options: argparse.Namespace, folder: Path) -> None:
    """Everything in one run, so that the ratios are of one machine in one mood."""
    print(
        f"{options.items:,} articles of about 50 words, {os.cpu_count()} cores, CPython {platform.python_version()}, {platform.system()}"
    )
    print(f"\n{HEAD}")
    tell("in process, without transport: two models are loaded")
    plain, ours = (show(row) for row in in_process(options.items))
    alone = await stages_alone(options, folder / "alone")
    async with Newsstand() as stand:
        tell("armswire run starts")
        async with Service(folder / "run", stand, "5m") as service:
            await settle()
            idle = service.memory()
            whole, parts = await whole_pipeline(service, options.items)
            show(whole)
            print("  of it " + ", ".join(f"{name} {cpu:,.0f}" for name, cpu in parts.items()), flush=True)
            tell(f"{options.latency_seconds:.0f} s at {RATE:g} articles a second")
            took, sent = await latency(service, RATE, options.latency_seconds)
    show_ratios(plain, ours, alone, whole)
    show_latency(took, sent)
    show_memory("idle", idle)
    print(f"  goal: at most {GOALS['idle']:.0f} when idle: {verdict(sum(idle.values()), GOALS['idle'])}")
    if options.full:
        await long_run(folder, options.full)


def show_ratios(plain: Row, ours: Row, alone: Alone, whole: Row) -> None:
    naive, stage = alone.naive, alone.stages[Stage.CLASSIFY]
    times = plain.micros / ours.micros
    print("\nclassify against the naive way, CPU an article at 3 in 100 relevant")
    print(
        f"  gate, parse and rules   1/{times:.0f} of full spaCy (goal: 1/{GOALS['classify']:.0f}): {verdict(times, GOALS['classify'], least=True)}"
    )
    print(
        f"  as a stage, with Kafka  1/{naive.micros / stage.micros:.0f} of the naive agent: one acknowledged hop is most of its cost"
    )
    share = whole.micros_in_all / naive.micros_in_all
    print("the whole pipeline against the naive agent, broker and store included on both sides")
    print(
        f"  {share:.2f} of its CPU an article (goal: {GOALS['pipeline']:.2f}): {verdict(share, GOALS['pipeline'])}; without broker and store {whole.micros / naive.micros:.2f}"
    )


def show_latency(took: Sequence[float], sent: int) -> None:
    p50, p99 = percentile(took, 0.5) * 1e3, percentile(took, 0.99) * 1e3
    print(f"\nfrom article in Kafka to webhook received, {RATE:g} articles/s, {len(took)} alerts of {sent} articles")
    print(
        f"  p50 {p50:.0f} ms (goal: {GOALS['p50']:.0f}): {verdict(p50, GOALS['p50'])}; p99 {p99:.0f} ms (goal: {GOALS['p99']:.0f}): {verdict(p99, GOALS['p99'])}"
    )


async def long_run(folder: Path, count: int) -> None:
    """Memory after ``count`` articles that came by way of the feeds."""
    async with Newsstand() as stand, Service(folder / "long", stand, "5s") as service:
        await through_feeds(service, count, tell)
        await settle()
        show_memory(f"after {count:,} articles from {len(stand.feeds)} feeds", service.memory())
        print(
            f"  the embedded broker was replaced by an empty one {service.log().count('replaced by an empty one')} times"
        )


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, default=3000, help="articles of each measurement")
    options.add_argument("--naive-items", type=int, default=600, help="articles for the naive way")
    options.add_argument("--latency-seconds", type=float, default=60)
    options.add_argument(
        "--full", type=int, nargs="?", const=LONG_RUN, metavar="ARTICLES",
        help=f"also the memory after so many articles ({LONG_RUN:,} if no number is given, half an hour)",
    )  # fmt: skip
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="armswire-bench-") as folder:
        asyncio.run(bench(options.parse_args(), Path(folder)))
    print(f"\ntook {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
