"""Logs that do not fit to where a stage stands: Faust skips or drops records without a word then, so we look at start."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import OffsetAndMetadata

from streams.topics import SOURCES, Stage

ACCEPTED = "loss accepted: "  # with the number of records behind it, kept beside the committed offset


async def lost_to_retention(broker: str, stage: Stage) -> dict[TopicPartition, int]:
    """How many records of each partition lie between the stage's committed offset and the log's start."""
    consumer, partitions = await _as_group(broker, stage)
    try:
        starts = await consumer.beginning_offsets(partitions)
        lost = {}
        for partition in partitions:
            committed = await consumer.committed(partition)
            if committed is not None and committed < starts[partition]:
                lost[partition] = starts[partition] - committed
        return lost
    finally:
        await consumer.stop()


async def accept_loss(broker: str, stage: Stage) -> dict[TopicPartition, int]:
    """Move the stage's committed offsets up to the log's start; what was lost, by partition. The stage must not run."""
    lost = await lost_to_retention(broker, stage)
    if lost:
        consumer, _ = await _as_group(broker, stage)
        try:
            starts = await consumer.beginning_offsets(list(lost))
            await consumer.commit({p: OffsetAndMetadata(starts[p], f"{ACCEPTED}{n}") for p, n in lost.items()})
        finally:
            await consumer.stop()
    return lost


async def accepted_loss(broker: str, stage: Stage) -> int:
    """How many records a person gave up since the stage last ran: kept until it commits on those partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        committed = await admin.list_consumer_group_offsets(_group_of(stage), partitions=_partitions_of(stage))
    finally:
        await admin.close()
    notes = [known.metadata for known in committed.values() if known.metadata.startswith(ACCEPTED)]
    return sum(int(note.removeprefix(ACCEPTED)) for note in notes)


async def rewind_shortened(broker: str, stage: Stage) -> dict[TopicPartition, int]:
    """Go back to the log's start where it ends before the stage's committed offset; how much is missing, by partition.

    Such a log lost its end in a crash, or was made anew. Faust would drop each new record up to the committed offset; what
    is read again instead is recognised by its id. Raises KafkaError, also while another worker of the stage runs.
    """
    consumer, partitions = await _as_group(broker, stage)
    try:
        ends = await consumer.end_offsets(partitions)
        missing = {}
        for partition in partitions:
            committed = await consumer.committed(partition)
            if committed is not None and committed > ends[partition]:
                missing[partition] = committed - ends[partition]
        if missing:
            starts = await consumer.beginning_offsets(list(missing))
            await consumer.commit({p: OffsetAndMetadata(starts[p], "the log was shortened") for p in missing})
        return missing
    finally:
        await consumer.stop()


def _group_of(stage: Stage) -> str:
    return f"armswire-{stage}"


def _partitions_of(stage: Stage) -> list[TopicPartition]:
    return [TopicPartition(topic.name, n) for topic in SOURCES[stage] for n in range(topic.partitions)]


async def _as_group(broker: str, stage: Stage) -> tuple[AIOKafkaConsumer, list[TopicPartition]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, group_id=_group_of(stage), enable_auto_commit=False)
    await consumer.start()
    partitions = _partitions_of(stage)
    consumer.assign(partitions)
    return consumer, partitions
