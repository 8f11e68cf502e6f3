"""Rebalances that follow each other at once: the guards lose nothing and leave nothing stuck; without them something does."""

import asyncio
import random
import uuid
from pathlib import Path

import pytest

from streams.topics import make_topics
from tests.broker.processes import Reader, Workers, jumps, make_toy_topics, produce, until
from tests.broker.toy import GUST, Toy

SEEDS = (11, 23, 37, 41, 59)
GUSTS, RECORDS, PAUSE = 4, 120, 0.02  # records while each gust blows
STUCK_SECONDS = 45.0  # more than seven sessions of 6 s: what has not come by then waits for ever


async def weather(broker: str, folder: Path, seed: int, **environment: str) -> list[str]:
    """What went wrong in one storm: records that did not come through by the calm, or commits that jumped."""
    toy = Toy(uuid.uuid4().hex[:8], partitions=8)
    await make_toy_topics(toy, broker)
    dice = random.Random(seed)
    # The short session of the embedded form, so that what is slow is told from what is stuck.
    with Workers(toy, broker, folder, embedded=True, TOY_SLOW="1.0", **environment) as running:
        for place in range(2):
            running.start("first", place, TOY_STORM=f"{seed}/{place}")
        async with Reader(broker, toy.topic("middle").name) as middle:
            sent = {b"%d warm up" % n for n in range(20)}
            await produce(broker, toy.topic("in").name, sorted(sent))
            assert await until(lambda: sent <= set(middle.counts), 60), running.log("first-0")[-2000:]
            for number in range(GUSTS):
                values = [f"gust {number} record {n}".encode() for n in range(RECORDS)]
                source = asyncio.create_task(produce(broker, toy.topic("in").name, values, PAUSE))
                await asyncio.sleep(dice.uniform(0.2, 0.6))
                for worker in running.processes.values():
                    worker.send_signal(GUST)
                await source
                sent |= set(values)

                if missing := await never_came(running, middle, sent):
                    return [f"gust {number}: {len(missing)} records lost or stuck"]
        return await jumps(toy, broker, folder, "first", "in")


async def never_came(running: Workers, middle: Reader, sent: set[bytes]) -> set[bytes]:
    """The records that did not come through although every worker was started again and the air was calm."""

    def all_came() -> bool:
        running.revive()
        return sent <= set(middle.counts)

    await until(all_came, STUCK_SECONDS)
    return sent - set(middle.counts)


async def five_storms(broker: str, folder: Path, **environment: str) -> dict[int, list[str]]:
    """What went wrong by seed; the storms blow side by side, each on topics and in a group of its own."""
    folders = [folder / str(seed) for seed in SEEDS]
    for own in folders:
        own.mkdir()
    await make_topics(broker, 1)
    storms = [weather(broker, own, seed, **environment) for own, seed in zip(folders, SEEDS, strict=True)]
    return dict(zip(SEEDS, await asyncio.gather(*storms), strict=True))


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_five_storms_of_rebalances_lose_nothing_and_leave_nothing_stuck(kafka: str, tmp_path: Path) -> None:
    assert await five_storms(kafka, tmp_path) == {seed: [] for seed in SEEDS}


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_without_the_guards_against_overtaken_rebalances_the_same_storms_do_harm(
    kafka: str, tmp_path: Path
) -> None:
    wrong = await five_storms(kafka, tmp_path, TOY_GUARDS="COMMIT_BELOW_UNACKED")
    assert any(wrong.values()), "the storm proves nothing"
