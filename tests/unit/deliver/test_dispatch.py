"""What starts a delivery, without a receiver."""

import asyncio

from agents.deliver.dispatch import Bell


async def test_a_bell_that_rings_while_the_stage_is_told_to_end_does_not_hide_that() -> None:
    bell = Bell()

    async def listen() -> None:
        while True:
            await bell.wait(60.0)

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.01)
    bell.ring(["desk"])
    await asyncio.sleep(0)  # the bell is heard, but who waits for it may not have gone on yet
    listening.cancel()
    done, _ = await asyncio.wait([listening], timeout=0.1)
    listening.cancel()
    assert done


async def test_a_bell_says_for_whom_it_rang() -> None:
    bell = Bell()
    bell.ring(["desk"])
    bell.ring(["chat"])
    assert await bell.wait(1.0) == {"desk", "chat"}
    assert await bell.wait(0.01) == set()
