"""Rebalances that follow each other at once: the guards lose nothing and leave nothing stuck; without them something does."""

import asyncio
import random
import uuid
from pathlib import Path

import pytest

from streams.topics import make_topics
from tests.broker.processes import Reader, Workers, jumps, make_toy_topics, produce, until
from tests.broker.toy import Toy

SEEDS = (11, 23, 37, 41, 59)
RECORDS, PAUSE = 600, 0.03
KILL_EVERY, KILLS = 6.0, 3
STUCK_SECONDS = 40.0  # the session timeout is 15 s: that long without a record is no rebalance any more


async def weather(broker: str, folder: Path, seed: int, **environment: str) -> list[str]:
    """What went wrong in one storm: lost records, commits that jumped, or workers that stood still."""
    toy = Toy(uuid.uuid4().hex[:8], partitions=8)
    await make_topics(broker, 1)
    await make_toy_topics(toy, broker)
    dice = random.Random(seed)
    values = [f"record {n}".encode() for n in range(RECORDS)]
    wrong: list[str] = []
    with Workers(
        toy, broker, folder, TOY_SLOW="2.0", **environment
    ) as running:
        for place in range(2):
            running.start("first", place, TOY_STORM=f"{seed}/{place}")
        async with Reader(broker, toy.topic("middle").name) as middle:
            source = asyncio.create_task(produce(broker, toy.topic("in").name, values, PAUSE))
            assert await until(lambda: middle.counts, 60), running.log("first-0")[-2000:]
            for _ in range(KILLS):
                await asyncio.sleep(KILL_EVERY * dice.uniform(0.5, 1.5))
                running.kill(f"first-{dice.randrange(2)}")
                await asyncio.sleep(dice.uniform(0, 1))
                running.revive()
            await source

            def finished() -> bool:
                running.revive()
                quiet = asyncio.get_running_loop().time() - middle.last
                return set(values) <= set(middle.counts) or quiet > STUCK_SECONDS

            assert await until(finished, 240)
            if missing := set(values) - set(middle.counts):
                wrong.append(f"{len(missing)} of {RECORDS} records never came through: lost or stuck")
        wrong += await jumps(toy, broker, folder, "first", "in")
    return wrong


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_storm_of_rebalances_loses_nothing_and_leaves_nothing_stuck(
    kafka: str, tmp_path: Path, seed: int
) -> None:
    assert not await weather(kafka, tmp_path, seed)


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(1500)
async def test_without_the_guards_against_overtaken_rebalances_at_least_one_storm_does_harm(
    kafka: str, tmp_path: Path
) -> None:
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        if await weather(kafka, folder, seed, TOY_GUARDS="COMMIT_BELOW_UNACKED"):
            return
    pytest.fail("five storms did no harm although the guards were off: the storm proves nothing")
