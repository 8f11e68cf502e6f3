"""What a store that is in trouble says, on a real one: what passes by itself must hold a stage, not refuse its records."""

from collections.abc import AsyncIterator

import pytest
import redis.asyncio
from redis.exceptions import ResponseError

from config.settings import Settings
from streams.store import STORE_TRANSIENT, open_store


@pytest.fixture
async def client(store: redis.asyncio.Redis, store_server: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with open_store(Settings(redis=store_server)) as opened:
        yield opened
    for option in ("maxmemory", "min-replicas-to-write"):
        await store.config_set(option, "0")


@pytest.mark.parametrize(("option", "value"), [("maxmemory", "1"), ("min-replicas-to-write", "1")])
async def test_a_store_that_takes_no_writes_for_now_holds_the_stage(
    client: redis.asyncio.Redis, option: str, value: str
) -> None:
    await client.config_set(option, value)
    with pytest.raises(STORE_TRANSIENT):
        await client.set("key", "value")
    with pytest.raises(STORE_TRANSIENT):
        await client.register_script("return redis.call('SET', KEYS[1], 'value')")(keys=["key"])
    async with client.pipeline(transaction=True) as pipe:
        pipe.set("key", "value")
        with pytest.raises(STORE_TRANSIENT):
            await pipe.execute()


async def test_a_key_of_another_type_is_no_outage(client: redis.asyncio.Redis) -> None:
    await client.lpush("key", "value")
    with pytest.raises(ResponseError) as raised:
        await client.get("key")
    assert not isinstance(raised.value, STORE_TRANSIENT)
