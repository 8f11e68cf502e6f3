"""The whole pipeline on Apache Kafka: killed, poisoned, emptied — every alert comes, every repeat carries its first id."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition
from standardwebhooks.webhooks import Webhook

from agents.classify.classifier import Classifier
from config.lexicons import load_lexicon
from streams.local_kafka import KafkaUnavailable, LocalKafka, free_port
from streams.records import ARTICLE_BYTES, encode
from streams.topics import (
    ALERTS_RAISED,
    ARTICLES_COLLECTED,
    ARTICLES_DEDUPLICATED,
    DEAD_LETTERS,
    EVENTS_CLASSIFIED,
    POLLS_REQUESTED,
    Stage,
    make_topics,
)
from tests.broker.newsstand import Item, Newsstand
from tests.broker.pipeline import SECRET, Pipeline, a_loopback_feed, a_receiver, write_configuration
from tests.broker.processes import Reader, produce, until
from tests.builders import an_article
from tests.conftest import REQUIRE_SERVERS

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(900)]

FEEDS = [f"feed-{n}" for n in range(5)]
ITEMS = 1000
WATCHES = [{"id": "american-supply", "when": {"supplier": "US"}}, {"id": "taurus", "when": {"systems": ["taurus"]}}]


@pytest.fixture(scope="session")
def sales() -> list[Item]:
    """Sales that are each a development of their own: no two share a recipient or a system."""
    lexicon = load_lexicon(None)
    classifier = Classifier.load(lexicon)
    states = [code for code in sorted(lexicon.country_codes) if len(code) == 2 and code not in ("US", "EU")]
    systems = [s for s in lexicon.systems.values() if "US" in s.origin and not s.weak]
    found: list[Item] = []
    taken: set[str] = set()
    for code in states:
        for system in systems:
            if system.id in taken:
                continue
            state = lexicon.countries[code].name
            item = Item(f"sale-{code}", f"United States delivers {system.name} systems to {state}")
            result = classifier.classify(item.title, item.text)
            named = {s.id for s in result.systems}
            if result.relevant and result.suppliers == ["US"] and result.recipients == [code] and named == {system.id}:
                taken.add(system.id)
                found.append(item)
                break
        if len(found) == 60:
            break
    assert len(found) >= 40, f"only {len(found)} sales are classified as they were written"
    return found


def noise(number: int) -> Item:
    towns = ("harbour", "valley", "island", "northern", "lakeside")
    return Item(
        f"noise-{number}",
        f"The {towns[number % 5]} council opens library number {number} after {number % 37} years of work",
    )


@pytest.fixture
async def newsstand() -> AsyncIterator[Newsstand]:
    async with Newsstand() as stand:
        yield stand


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[str]:
    """An Apache Kafka of the test's own, with our topics: groups and records of other tests would speak in it."""
    node = LocalKafka(tmp_path / "kafka")
    try:
        node.start()
    except KafkaUnavailable as error:
        pytest.fail(str(error))
    asyncio.run(make_topics(node.address, 1))
    yield node.address
    node.stop(kill=True)


@pytest.fixture
def fresh(
    own_kafka: str, store: redis.asyncio.Redis, store_server: str, tmp_path: Path, newsstand: Newsstand
) -> Pipeline:
    """A pipeline that has not started yet."""
    configuration = write_configuration(
        tmp_path / "config",
        [a_loopback_feed(feed, newsstand.feed_url(feed)) for feed in FEEDS],
        WATCHES,
        [a_receiver(newsstand.hook_url)],
    )
    return Pipeline(
        own_kafka,
        store_server,
        f"sqlite+aiosqlite:///{tmp_path}/armswire.db",
        configuration,
        tmp_path / "state",
        environment={"ARMSWIRE_RETRY_DELAYS": "0,1,2,4,8,15,30,60"},
    )


def created(newsstand: Newsstand) -> dict[str, set[str]]:
    """Webhook ids of the ``created`` alerts by the title of their article."""
    ids: dict[str, set[str]] = {}
    for webhook_id, bodies in newsstand.delivered().items():
        for body in bodies:
            if body["type"] == "alert.created":
                for article in body["data"]["articles"]:
                    ids.setdefault(article["title"], set()).add(webhook_id)
    return ids


async def test_every_stage_is_killed_in_turn_while_a_thousand_items_flow_and_every_alert_comes(
    fresh: Pipeline, newsstand: Newsstand, sales: list[Item]
) -> None:
    items = [noise(n) for n in range(ITEMS - len(sales))]
    for number, sale in enumerate(sales):
        items.insert(number * 15, sale)
    with fresh as pipeline:
        await pipeline.ready()
        for number, item in enumerate(items):
            newsstand.feeds[FEEDS[number % 5]].insert(0, item)
            if number % 40 == 0:
                await asyncio.sleep(0.4)
            if number and number % 150 == 0:
                stage = list(Stage)[number // 150 - 1]
                pipeline.kill(stage)
                pipeline.revive()

        def complete() -> bool:
            pipeline.revive()
            return len(created(newsstand)) >= len(sales)

        assert await until(complete, 240), f"{len(created(newsstand))} of {len(sales)} alerts came\n{pipeline.logs()}"
        assert pipeline.restarts == 6
    assert set(created(newsstand)) == {sale.title for sale in sales}
    assert all(len(ids) == 1 for ids in created(newsstand).values()), "a repeat came under another id"
    for _, headers, body in newsstand.posts:
        Webhook(SECRET).verify(body, {k.lower(): v for k, v in headers.items()})


async def test_a_store_emptied_in_mid_run_and_feeds_served_backwards_raise_no_second_alert(
    fresh: Pipeline, newsstand: Newsstand, store: redis.asyncio.Redis, sales: list[Item]
) -> None:
    first, later = sales[:15], sales[15:25]
    newsstand.feeds[FEEDS[0]] = [*first, noise(1)]
    with fresh as pipeline:
        await pipeline.ready()
        assert await until(lambda: len(created(newsstand)) == 15, 120), pipeline.logs()
        await store.flushall()
        newsstand.feeds[FEEDS[0]] = [noise(2), *reversed([*first, *later])]
        assert await until(lambda: len(created(newsstand)) >= 25, 120), pipeline.logs()
        polls = len(newsstand.polls)
        await until(lambda: len(newsstand.polls) > polls + 10, 30)
    assert all(len(ids) == 1 for ids in created(newsstand).values())
    assert len(created(newsstand)) == 25


async def test_what_no_stage_can_read_is_named_counted_and_parked_and_the_rest_goes_on(
    fresh: Pipeline, newsstand: Newsstand, sales: list[Item]
) -> None:
    topics = (POLLS_REQUESTED, ARTICLES_COLLECTED, ARTICLES_DEDUPLICATED, EVENTS_CLASSIFIED, ALERTS_RAISED)
    with fresh as pipeline:
        await pipeline.ready()
        async with Reader(fresh.broker, DEAD_LETTERS.name) as dead:
            for topic in topics:
                await produce(fresh.broker, topic.name, [b"{no json", b""])
            newsstand.feeds[FEEDS[0]] = [sales[0]]
            newsstand.feeds[FEEDS[1]] = []
            assert await until(lambda: created(newsstand), 60), pipeline.logs()
            # events.classified has two readers: watch and archive.
            assert await until(lambda: len(dead.records) >= 12, 60), (
                f"{len(dead.records)} dead letters\n{pipeline.logs()}"
            )
        stages = {dict(record.headers)["stage"].decode() for record in dead.records}
        assert stages == {str(stage) for stage in Stage}
        assert 'armswire_dead_letters_total{reason="poison",stage="classify"} 2.0' in await pipeline.metrics(
            Stage.CLASSIFY
        )
        assert all(process.poll() is None for process in pipeline.processes.values())


async def test_the_largest_article_passes_every_stage(fresh: Pipeline, newsstand: Newsstand, sales: list[Item]) -> None:
    article = an_article(
        title=sales[0].title, summary="The jets follow. " * 1800, feed=FEEDS[0], outlet="Outlet ✈" * 20
    )
    article.guid = "g" * (ARTICLE_BYTES - len(encode(article)) - 40)
    assert ARTICLE_BYTES - 100 < len(encode(article)) <= ARTICLE_BYTES
    with fresh as pipeline:
        await pipeline.ready()
        await produce(fresh.broker, ARTICLES_COLLECTED.name, [encode(article)])
        assert await until(lambda: created(newsstand), 60), pipeline.logs()
    assert all(len(body) < 20_000 for _, _, body in newsstand.posts)


async def test_a_wire_story_in_five_feeds_gives_one_story_and_one_alert(fresh: Pipeline, newsstand: Newsstand) -> None:
    title = "Germany approves delivery of Taurus cruise missiles to Ukraine"
    text = (
        "The federal government in Berlin has cleared the delivery of Taurus cruise missiles to Ukraine after months of "
        "debate, the defence ministry said on Tuesday, with the first of them due to arrive before the summer."
    )
    prefixes = ("", "(Reuters) - ", "KYIV, March 3 (AP) — ", "", "")
    titles = (title, title, f"{title} - agency", f"UPDATE 1-{title}", title)
    with fresh as pipeline:
        await pipeline.ready()
        for number, feed in enumerate(FEEDS):
            newsstand.feeds[feed] = [Item(f"wire-{number}", titles[number], prefixes[number] + text)]
        assert await until(lambda: created(newsstand), 60), pipeline.logs()
        await until(lambda: len({feed for _, feed, status in newsstand.polls if status == 304}) == 5, 30)
        events = await ledger(fresh)
    assert len({event["story"] for event in events}) == 1
    assert len(events) == 5
    taurus = [b for bodies in newsstand.delivered().values() for b in bodies if b["data"]["watch"]["id"] == "taurus"]
    assert [body["type"] for body in taurus] == ["alert.created"]


async def test_five_independent_texts_on_one_event_give_five_stories_and_one_alert(
    fresh: Pipeline, newsstand: Newsstand
) -> None:
    texts = [
        ("Berlin sends Taurus missiles to Kyiv", "Ukraine is to get the weapons from Bundeswehr stocks within weeks."),
        (
            "Taurus for Ukraine: Germany delivers after long debate",
            "Opposition politicians welcomed that the first cruise missiles left.",
        ),
        (
            "First German Taurus cruise missiles arrive in Ukraine",
            "Kyiv's air force confirmed that a batch landed on Monday.",
        ),
        ("Germany hands over Taurus missiles", "The defence minister watched as Ukraine took the long-range weapons."),
        (
            "Ukraine receives Taurus cruise missiles from Germany",
            "President Zelensky thanked Berlin for keeping its promise.",
        ),
    ]
    fresh.environment["ARMSWIRE_GROUP_INTERVAL"] = "5"
    with fresh as pipeline:
        await pipeline.ready()
        for number, feed in enumerate(FEEDS):
            newsstand.feeds[feed] = [Item(f"own-{number}", *texts[number])]

        def told_of_five() -> bool:
            bodies = [
                b for found in newsstand.delivered().values() for b in found if b["data"]["watch"]["id"] == "taurus"
            ]
            return any(body["data"]["independent_outlets"] == 5 for body in bodies)

        assert await until(told_of_five, 90), pipeline.logs()
        events = await ledger(fresh)
    assert len({event["story"] for event in events}) == 5
    taurus = [b for bodies in newsstand.delivered().values() for b in bodies if b["data"]["watch"]["id"] == "taurus"]
    assert [body["type"] for body in taurus].count("alert.created") == 1
    assert len({body["data"]["development"] for body in taurus}) == 1


async def ledger(pipeline: Pipeline) -> list[dict[str, Any]]:
    """The relevant events, as ``armswire events list`` prints them."""
    import os
    import sys

    environment = {
        **os.environ,
        "ARMSWIRE_DATABASE": pipeline.database,
        "ARMSWIRE_CONFIG": str(pipeline.configuration),
        "DESK_SECRET": SECRET,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "streams.cli",
        "events",
        "list",
        "-o",
        "json",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    return [json.loads(line) for line in printed.splitlines()]


async def test_a_worker_that_starts_without_its_topics_is_refused_and_says_what_to_do(
    own_kafka: str, fresh: Pipeline
) -> None:
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=own_kafka)
    await admin.start()
    await admin.delete_topics([ARTICLES_COLLECTED.name])
    await admin.close()
    fresh.stages = (Stage.DEDUPLICATE,)
    with fresh as pipeline:
        assert await until(lambda: pipeline.processes[Stage.DEDUPLICATE].poll() is not None, 30)
        assert pipeline.processes[Stage.DEDUPLICATE].returncode == 2
        assert "topic articles.collected does not exist; run: armswire topics make" in pipeline.log(Stage.DEDUPLICATE)


async def commit_for_classify(broker: str, offset: int) -> list[TopicPartition]:
    """Commit ``offset`` in classify's name for each partition of its input; those partitions."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, group_id="armswire-classify", enable_auto_commit=False)
    await consumer.start()
    partitions = [TopicPartition(ARTICLES_DEDUPLICATED.name, n) for n in range(8)]
    consumer.assign(partitions)
    await consumer.commit(dict.fromkeys(partitions, offset))
    await consumer.stop()
    return partitions


async def test_records_deleted_before_a_stage_read_them_refuse_its_start_until_a_person_accepts(
    own_kafka: str, fresh: Pipeline
) -> None:
    from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

    from streams.retention import accept_loss, lost_to_retention

    values = [encode(an_article(feed=FEEDS[0])) for _ in range(20)]
    await produce(own_kafka, ARTICLES_DEDUPLICATED.name, values)
    partitions = await commit_for_classify(own_kafka, 0)
    admin = AIOKafkaAdminClient(bootstrap_servers=own_kafka)
    await admin.start()
    await admin.delete_records({p: RecordsToDelete(before_offset=-1) for p in partitions})
    await admin.close()
    fresh.stages = (Stage.CLASSIFY,)
    with fresh as pipeline:
        assert await until(lambda: pipeline.processes[Stage.CLASSIFY].poll() is not None, 30)
        assert pipeline.processes[Stage.CLASSIFY].returncode == 2
        assert "armswire topics accept-loss classify" in pipeline.log(Stage.CLASSIFY)
    assert sum((await accept_loss(own_kafka, Stage.CLASSIFY)).values()) == 20
    assert not await lost_to_retention(own_kafka, Stage.CLASSIFY)
    with fresh as pipeline:  # what was given up is shown by the worker that goes on without it
        await pipeline.ready()
        shown = 'armswire_records_skipped_by_retention_total{stage="classify"} 20.0'
        assert shown in await pipeline.metrics(Stage.CLASSIFY)


async def test_a_stage_whose_topic_was_made_anew_or_lost_its_end_reads_it_from_its_start(
    own_kafka: str, fresh: Pipeline
) -> None:
    """Faust alone would drop each record up to the offset that it remembers, without a word."""
    values = [encode(an_article(feed=FEEDS[0])) for _ in range(20)]
    await produce(own_kafka, ARTICLES_DEDUPLICATED.name, values)
    await commit_for_classify(own_kafka, 1000)
    fresh.stages = (Stage.CLASSIFY,)
    with fresh:
        async with Reader(own_kafka, EVENTS_CLASSIFIED.name) as events:
            assert await until(lambda: sum(events.counts.values()) >= 20, 60)


async def test_a_worker_that_starts_while_its_database_is_away_ends_with_one_sentence(fresh: Pipeline) -> None:
    fresh.stages = (Stage.WATCH,)
    fresh.database = f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/nothing"
    with fresh as pipeline:
        assert await until(lambda: pipeline.processes[Stage.WATCH].poll() is not None, 30)
        assert pipeline.processes[Stage.WATCH].returncode == 1
        assert "armswire worker watch: connecting to the database: " in pipeline.log(Stage.WATCH)
        assert "Traceback" not in pipeline.log(Stage.WATCH)


async def test_metrics_are_accepted_by_prometheus(fresh: Pipeline) -> None:
    promtool = shutil.which("promtool")
    if not promtool:
        if REQUIRE_SERVERS:
            pytest.fail("promtool is not here; install it (Debian: apt install prometheus)")
        pytest.skip("promtool is not here (Debian: apt install prometheus)")
    with fresh as pipeline:
        await pipeline.ready()
        for stage in Stage:
            process = await asyncio.create_subprocess_exec(
                promtool, "check", "metrics", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            said, _ = await process.communicate((await pipeline.metrics(stage)).encode())
            assert process.returncode == 0, f"{stage}: {said.decode()}"
