"""deliver and archive as real workers: killed while a request is under way, and quick when nothing is wrong."""

import asyncio
import json
import signal
import statistics
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from streams.database import alerts, dead_letters, deliveries, open_engine, reading, transaction, upgrade
from streams.records import Alert, encode
from streams.topics import ALERTS_RAISED, Stage, make_topics
from tests.broker.inbox import Inbox, open_inbox
from tests.broker.pipeline import Pipeline, a_receiver, write_configuration
from tests.builders import an_alert

WATCHES = [{"id": "a-watch", "when": {"recipient": "UA"}}]


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    async with open_inbox() as opened:
        yield opened


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    url = f"sqlite+aiosqlite:///{tmp_path}/armswire.db"
    await asyncio.to_thread(upgrade, url)
    engine = open_engine(url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def workers(
    request: pytest.FixtureRequest, broker: str, ledger: AsyncEngine, inbox: Inbox, tmp_path: Path
) -> Pipeline:
    await make_topics(broker, 1)
    return Pipeline(
        broker,
        "redis://127.0.0.1:1/0",  # neither stage needs the store
        str(ledger.url),
        write_configuration(tmp_path / "config", [], WATCHES, [a_receiver(inbox.url)]),
        tmp_path / "state",
        embedded="tansu" in request.node.name,
        environment={"ARMSWIRE_RETRY_DELAYS": "0,0.2,0.5,1,2,4"},
        stages=(Stage.DELIVER, Stage.ARCHIVE),
    )


async def publish(broker: str, engine: AsyncEngine, *raised: Alert, pause: float = 0.0) -> None:
    """Alerts as watch raises them: committed, then published."""
    async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
        for alert in raised:
            alert.raised = datetime.now(UTC)
            row = {
                "id": alert.id,
                "created": alert.id,
                "kind": alert.kind,
                "raised": alert.raised,
                "body": encode(alert),
            }
            async with transaction(engine) as connection:
                await connection.execute(insert(alerts).values(row))
            await producer.send_and_wait(ALERTS_RAISED.name, encode(alert), key=alert.id.encode())
            await asyncio.sleep(pause)


def named(prefix: str, count: int) -> list[Alert]:
    """Alerts whose ids no other test on the same broker uses."""
    run = time.time_ns()
    return [an_alert(id=f"msg_{prefix}_{run}_{number}") for number in range(count)]


async def arrived(inbox: Inbox, ids: set[str], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not ids <= set(inbox.ids):
            await asyncio.sleep(0.02)


async def test_a_worker_killed_while_a_request_is_under_way_sends_it_again_with_its_id(
    broker: str, ledger: AsyncEngine, inbox: Inbox, workers: Pipeline
) -> None:
    raised = named("killed", 10)
    ids = {alert.id for alert in raised}
    under_way = inbox.hang_once = raised[2].id
    with workers:
        await workers.ready()
        await publish(broker, ledger, *raised)
        await arrived(inbox, {under_way})
        workers.kill(Stage.DELIVER)
        workers.revive()
        await arrived(inbox, ids)
        async with reading(ledger) as connection:
            taken = (await connection.execute(select(alerts.c.id).where(alerts.c.taken.is_not(None)))).scalars().all()
    assert ids <= set(taken)
    mine = [each for each in inbox.ids if each in ids]
    assert mine.count(under_way) == 2
    assert len(mine) == len(ids) + 1


async def test_a_worker_told_to_stop_keeps_the_answer_under_way_and_ends_in_time(
    broker: str, ledger: AsyncEngine, inbox: Inbox, workers: Pipeline
) -> None:
    (alert,) = named("stopped", 1)
    inbox.slow = 0.5
    with workers:
        await workers.ready()
        await publish(broker, ledger, alert)
        await arrived(inbox, {alert.id})
        process = workers.processes[Stage.DELIVER]
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 10) == 0
        assert time.monotonic() - began < 5
    query = select(deliveries.c.state).where(deliveries.c.alert == alert.id)
    async with reading(ledger) as connection:
        assert (await connection.execute(query)).scalars().all() == ["delivered"]


async def test_an_alert_reaches_its_receiver_within_a_moment(
    broker: str, ledger: AsyncEngine, inbox: Inbox, workers: Pipeline
) -> None:
    raised = named("quick", 25)
    with workers:
        await workers.ready()
        await publish(broker, ledger, *named("warm", 1))
        await inbox.got(1, seconds=30)
        came: dict[str, float] = {}
        watching = asyncio.create_task(_note_times(inbox, came))
        await publish(broker, ledger, *raised, pause=0.1)
        await arrived(inbox, {alert.id for alert in raised}, seconds=20)
        watching.cancel()
    waits = [came[alert.id] - alert.raised.timestamp() for alert in raised if alert.id in came]
    print(f"raised to received: p50 {statistics.median(waits) * 1000:.0f} ms, longest {max(waits) * 1000:.0f} ms")
    assert statistics.median(waits) < 0.15


async def _note_times(inbox: Inbox, came: dict[str, float]) -> None:
    while True:
        for each in inbox.ids:
            came.setdefault(each, time.time())
        await asyncio.sleep(0.002)


async def test_a_record_that_is_no_alert_is_parked_and_the_next_alert_is_delivered(
    broker: str, ledger: AsyncEngine, inbox: Inbox, workers: Pipeline
) -> None:
    (alert,) = named("after-rubbish", 1)
    rubbish = json.dumps({"no": "alert", "run": alert.id}).encode()
    async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
        await producer.send_and_wait(ALERTS_RAISED.name, rubbish, key=alert.id.encode())
    with workers:
        await workers.ready()
        await publish(broker, ledger, alert)
        await arrived(inbox, {alert.id})
        async with asyncio.timeout(30):
            while rubbish not in await _parked(ledger):
                await asyncio.sleep(0.1)


async def _parked(engine: AsyncEngine) -> list[bytes]:
    async with reading(engine) as connection:
        return list((await connection.execute(select(dead_letters.c.value))).scalars())
