"""A stage made by stage_app and consume loses nothing when it is killed, stopped, poisoned or broken."""

import signal
import uuid
from pathlib import Path

import pytest

from streams.topics import DEAD_LETTERS, make_topics
from tests.broker.processes import Reader, Workers, committed, jumps, make_toy_topics, produce, until
from tests.broker.toy import Toy


@pytest.fixture
async def toy(broker: str) -> Toy:
    toy = Toy(uuid.uuid4().hex[:8])
    await make_topics(broker, 1)
    await make_toy_topics(toy, broker)
    return toy


def workers(toy: Toy, broker: str, folder: Path, request: pytest.FixtureRequest, **environment: str) -> Workers:
    embedded = "tansu" in request.node.callspec.params["broker"]
    return Workers(toy, broker, folder, embedded=embedded, **environment)


async def test_two_stages_lose_nothing_when_both_are_killed_again_and_again(
    toy: Toy, broker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    values = [f"record {n}".encode() for n in range(300)]
    with workers(toy, broker, tmp_path, request, TOY_SLOW="1.0") as running:
        running.start("first"), running.start("second")
        async with Reader(broker, toy.topic("out").name) as out:
            await produce(broker, toy.topic("in").name, values[:150])
            assert await until(lambda: len(out.counts) > 20, 40)
            running.kill("first-0")
            running.revive()
            await produce(broker, toy.topic("in").name, values[150:])
            assert await until(lambda: len(out.counts) > 100, 60)
            running.kill("second-0")
            running.revive()
            assert await until(lambda: set(values) <= set(out.counts), 90), (
                f"{len(out.counts)} of {len(values)} came through"
            )
        assert not await jumps(toy, broker, tmp_path, "first", "in")
        assert not await jumps(toy, broker, tmp_path, "second", "middle")


async def test_sigterm_ends_a_stage_with_exit_0_and_its_record_in_hand_is_read_again(
    toy: Toy, broker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with workers(toy, broker, tmp_path, request) as running:
        process = running.start("first")
        async with Reader(broker, toy.topic("middle").name) as middle:
            await produce(broker, toy.topic("in").name, [b"one"])
            assert await until(lambda: b"one" in middle.counts, 40)
            await produce(broker, toy.topic("in").name, [b"hang"])
            assert await until(lambda: "hang" not in middle.counts, 1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 0
        commits = await committed(broker, toy.group("first"), toy.topic("in").name, toy.partitions)
        assert sum(commits.values()) <= 1


async def test_a_poisoned_record_goes_to_the_dead_letters_untouched_and_the_rest_goes_on(
    toy: Toy, broker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with workers(toy, broker, tmp_path, request) as running:
        running.start("first")
        async with Reader(broker, toy.topic("middle").name) as middle, Reader(broker, DEAD_LETTERS.name) as dead:
            await produce(broker, toy.topic("in").name, [b"one", b"poison", b"two", b"three"])
            assert await until(lambda: {b"one", b"two", b"three"} <= set(middle.counts), 40)
            mine = [r for r in dead.records if dict(r.headers)["topic"] == toy.topic("in").name.encode()]
            assert await until(
                lambda: any(dict(r.headers)["topic"] == toy.topic("in").name.encode() for r in dead.records), 10
            )
            mine = [r for r in dead.records if dict(r.headers)["topic"] == toy.topic("in").name.encode()]
            headers = dict(mine[0].headers)
            assert mine[0].value == b"poison"
            assert headers["stage"] == b"classify"
            assert headers["reason"] == b"Poison: a poisoned record"
            assert b"Traceback" in headers["traceback"]
