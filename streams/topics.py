"""Every topic, its key, its size: made by us, verified at start, never by accident."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

DAY = 86_400_000  # milliseconds
REQUEST_BYTES = 2 * 1024 * 1024  # the largest record of any topic: a refused record must always fit the dead letters
EMBEDDED_PARTITIONS = 1  # one process a stage shares nothing out, and a waiting fetch costs the broker by the partition
ENVELOPE_BYTES = 16 * 1024  # headers, key and the batch's own bytes on top of a value


class Stage(StrEnum):
    """The stages of the pipeline, in its order; one verb names a stage everywhere."""

    COLLECT = "collect"
    DEDUPLICATE = "deduplicate"
    CLASSIFY = "classify"
    WATCH = "watch"
    DELIVER = "deliver"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: partitions are fixed when it is made; retention in milliseconds; sizes in bytes."""

    name: str
    key: str
    partitions: int
    retention: int
    max_bytes: int


POLLS_REQUESTED = Topic("polls.requested", "feed id", 1, 1 * DAY, 64 * 1024)
ARTICLES_COLLECTED = Topic("articles.collected", "article id", 8, 14 * DAY, 64 * 1024 + ENVELOPE_BYTES)
ARTICLES_DEDUPLICATED = Topic("articles.deduplicated", "story id", 8, 14 * DAY, 64 * 1024 + ENVELOPE_BYTES)
EVENTS_CLASSIFIED = Topic("events.classified", "story id", 8, 30 * DAY, 256 * 1024 + ENVELOPE_BYTES)
ALERTS_RAISED = Topic("alerts.raised", "id of the `created` alert", 8, 30 * DAY, 64 * 1024)
DEAD_LETTERS = Topic("dead-letters", "key of the refused record", 1, 30 * DAY, REQUEST_BYTES)

TOPICS = (POLLS_REQUESTED, ARTICLES_COLLECTED, ARTICLES_DEDUPLICATED, EVENTS_CLASSIFIED, ALERTS_RAISED, DEAD_LETTERS)

SOURCES: dict[Stage, tuple[Topic, ...]] = {
    Stage.COLLECT: (POLLS_REQUESTED,),
    Stage.DEDUPLICATE: (ARTICLES_COLLECTED,),
    Stage.CLASSIFY: (ARTICLES_DEDUPLICATED,),
    Stage.WATCH: (EVENTS_CLASSIFIED,),
    Stage.DELIVER: (ALERTS_RAISED,),
    Stage.ARCHIVE: (EVENTS_CLASSIFIED, DEAD_LETTERS),
}


def _config(topic: Topic, replication: int) -> dict[str, str]:
    config = {
        "retention.ms": str(topic.retention),
        "max.message.bytes": str(topic.max_bytes),
        "cleanup.policy": "delete",
    }
    if replication > 1:
        config["min.insync.replicas"] = str(replication - 1)
    return config


async def make_topics(broker: str, replication: int, partitions: int | None = None) -> list[str]:
    """Create the topics that are missing, all with ``partitions`` where it is given; names of those made.

    Raises KafkaError where the broker refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in TOPICS if topic.name not in there]
        if not missing:
            return []
        response = await admin.create_topics(
            [
                NewTopic(t.name, partitions or t.partitions, replication, topic_configs=_config(t, replication))
                for t in missing
            ]
        )
        for name, code, *rest in response.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"making topic {name}: {rest[0] if rest else error.__name__}")
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def check_topics(broker: str, topics: tuple[Topic, ...] = TOPICS, *, sizes: bool = True) -> list[str]:
    """What is wrong with the topics, a sentence each; ``sizes``: also sizes, which the embedded broker has others of."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        wrong = [f"topic {t.name} does not exist; run: armswire topics make" for t in topics if t.name not in there]
        found = [topic for topic in topics if topic.name in there]
        described = {d["topic"]: d for d in await admin.describe_topics([t.name for t in found])} if found else {}
        for topic in found:
            count = len(described[topic.name]["partitions"])
            if sizes and count != topic.partitions:
                wrong.append(f"topic {topic.name} has {count} partitions, not {topic.partitions}; it must be made anew")
        if sizes and found:
            wrong += await _check_sizes(admin, found)
        return wrong
    finally:
        await admin.close()


async def _check_sizes(admin: AIOKafkaAdminClient, topics: list[Topic]) -> list[str]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    limits: dict[str, int] = {}
    for response in await admin.describe_configs(asked):
        for resource in response.resources:
            values = {entry[0]: entry[1] for entry in resource[4]}
            limits[resource[3]] = int(values.get("max.message.bytes") or REQUEST_BYTES)
    return [
        f"topic {topic.name} takes records of {limits[topic.name]} bytes, not {topic.max_bytes}"
        for topic in topics
        if limits.get(topic.name, REQUEST_BYTES) < topic.max_bytes
    ]


async def await_broker(broker: str, seconds: float) -> None:
    """Return when the broker answers; raises TimeoutError after ``seconds``."""
    async with asyncio.timeout(seconds):
        while True:
            admin = AIOKafkaAdminClient(bootstrap_servers=broker)
            try:
                await admin.start()
                await admin.list_topics()
                return
            except (KafkaError, OSError):
                await asyncio.sleep(0.2)
            finally:
                await admin.close()
