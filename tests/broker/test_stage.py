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


async def test_refused_records_go_to_the_dead_letters_untouched_and_the_rest_goes_on(
    toy: Toy, broker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with workers(toy, broker, tmp_path, request) as running:
        running.start("first")
        async with Reader(broker, toy.topic("middle").name) as middle, Reader(broker, DEAD_LETTERS.name) as dead:
            await produce(broker, toy.topic("in").name, [b"one", b"poison", b"two", b"broken", b"too big", b"three"])

            def refused() -> dict[bytes, dict[str, bytes]]:
                found = {record.value: dict(record.headers) for record in dead.records}
                return {v: h for v, h in found.items() if h["topic"] == toy.topic("in").name.encode()}

            assert await until(lambda: {b"one", b"two", b"three"} <= set(middle.counts), 40)
            assert await until(lambda: len(refused()) == 3, 20)
            assert set(refused()) == {b"poison", b"broken", b"too big"}
            assert refused()[b"poison"]["stage"] == b"classify"
            assert refused()[b"poison"]["reason"] == b"Poison: a poisoned record"
            assert b"Traceback" in refused()[b"poison"]["traceback"]
            assert refused()[b"broken"]["reason"].startswith(b"KeyError")


async def test_a_stage_that_is_held_by_an_outage_waits_and_loses_nothing(
    toy: Toy, broker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with workers(toy, broker, tmp_path, request) as running:
        running.start("first")
        async with Reader(broker, toy.topic("middle").name) as middle:
            await produce(broker, toy.topic("in").name, [b"one", b"held", b"two"])
            assert await until(lambda: {b"one", b"held", b"two"} <= set(middle.counts), 60)
        assert "stage classify is held: TimeoutError: what it needs is away" in running.log("first-0")
        assert "stage classify goes on after" in running.log("first-0")


async def test_a_stage_that_makes_no_progress_ends_itself_and_its_record_is_read_again(
    toy: Toy, broker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with workers(toy, broker, tmp_path, request, TOY_STUCK="6") as running:
        process = running.start("first")
        async with Reader(broker, toy.topic("middle").name) as middle:
            await produce(broker, toy.topic("in").name, [b"one"])
            assert await until(lambda: b"one" in middle.counts, 40)
            await produce(broker, toy.topic("in").name, [b"hang once"])
            assert await until(lambda: process.poll() is not None, 40)
            assert process.returncode == 1
            assert "is stuck and ends, to be started again: nothing handled for 6 s" in running.log("first-0")
            running.revive()
            assert await until(lambda: b"hang once" in middle.counts, 60)
