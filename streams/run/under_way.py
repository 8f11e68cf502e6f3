"""Articles under way on a broker that forgets: what it must be told again, by the journal."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaProducer
from sqlalchemy.ext.asyncio import AsyncEngine

from streams import journal
from streams.topics import ARTICLES_COLLECTED, REQUEST_BYTES

# Longer than an article takes through every stage: what stands in the journal for so long may never have been published,
# because collect was ended between writing and publishing, and its feed does not carry it any more.
OVERDUE = timedelta(minutes=10)


class UnderWay:
    """What the journal holds, published again; every repeat has its old id, so the stages recognise it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.overdue = OVERDUE
        self._engine = engine
        self._told_until = datetime.min.replace(tzinfo=UTC)  # the broker has surely been told of lines written before

    async def publish_all(self, broker: str, *, remembers: bool) -> int:
        """Publish everything that is not struck out; how many articles. A broker that remembers makes the journal empty.

        Raises KafkaError, or a fault of ``streams.database.TRANSIENT``; the caller tries again.
        """
        told_until = datetime.now(UTC)
        lines = await journal.outstanding(self._engine)
        await _publish(broker, lines)
        if remembers and lines:  # what an embedded broker before it owed is paid
            await journal.clear(self._engine)
        self._told_until = told_until
        return len(lines)

    async def publish_overdue(self, broker: str) -> int:
        """Publish, once on each broker, what stands in the journal for too long; how many articles. Raises as above."""
        until = datetime.now(UTC) - self.overdue
        if until <= self._told_until:
            return 0
        lines = await journal.outstanding(self._engine, after=self._told_until, until=until)
        await _publish(broker, lines)
        self._told_until = until
        return len(lines)


async def _publish(broker: str, lines: Sequence[tuple[bytes, bytes]]) -> None:
    if not lines:
        return
    producer = AIOKafkaProducer(bootstrap_servers=broker, max_request_size=REQUEST_BYTES)
    try:
        await producer.start()
        for key, value in lines:
            await producer.send_and_wait(ARTICLES_COLLECTED.name, key=key, value=value)
    finally:
        await producer.stop()  # also where it never started: it has opened what must be closed
