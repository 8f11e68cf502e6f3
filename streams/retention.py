"""Records that a topic deleted before a stage read them; Faust skips them without a word, so we look at start."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from streams.topics import SOURCES, Stage


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
            await consumer.commit({p: OffsetAndMetadata(starts[p], "loss accepted") for p in lost})
        finally:
            await consumer.stop()
    return lost


async def _as_group(broker: str, stage: Stage) -> tuple[AIOKafkaConsumer, list[TopicPartition]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, group_id=f"armswire-{stage}", enable_auto_commit=False)
    await consumer.start()
    partitions = [TopicPartition(topic.name, n) for topic in SOURCES[stage] for n in range(topic.partitions)]
    consumer.assign(partitions)
    return consumer, partitions
