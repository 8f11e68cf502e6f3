"""Poll state in the store: what is due, who polls it (leases with fencing tokens), which items were seen.

Keys (one hash tag, so that scripts work on a cluster): ``due`` feed → time (of the lease's end while it is leased),
``tokens`` feed → token, ``hosts`` feed → host, ``busy`` host → until when nobody may ask it (L: it is being asked, and may be
free sooner), ``states`` feed → FeedState,
``seen:FEED`` item id or second key → what is known of it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis.asyncio

from streams.feeds.seen import Seen, alias_owner, seen_key, stamp_of
from streams.feeds.state import FeedState, decode_state, encode_state

PREFIX = "armswire:{collect}:"
DUE, TOKENS, HOSTS, BUSY, STATES, COUNTER = (
    PREFIX + name for name in ("due", "tokens", "hosts", "busy", "states", "counter")
)
LOOK_AGAIN = 0.1  # seconds until a feed whose host is busy is looked at again
GONE_KEPT = 40 * 86400  # seconds that the items of a feed stay known after it left the configuration
LOOKED_AT_MOST = 1000  # due feeds a call

# Atomic: of two collectors one gets the feed. Every feed that is looked at is leased or put behind the others.
_LEASE = """
local due, tokens, hosts, busy, counter = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local now, till, count, again, most = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local leased = {}
for _, feed in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, most)) do
  if #leased / 2 >= count then break end
  local host = redis.call('HGET', hosts, feed)
  local mark = host and redis.call('HGET', busy, host) or '0'
  local asked = string.sub(mark, 1, 1) == 'L'
  local free = tonumber(asked and string.sub(mark, 2) or mark)
  if free > now then
    if asked then free = math.min(free, now + again) end
    redis.call('ZADD', due, string.format('%.3f', free), feed)
  else
    local token = redis.call('INCR', counter)
    redis.call('HSET', tokens, feed, token)
    redis.call('ZADD', due, till, feed)
    if host then redis.call('HSET', busy, host, 'L' .. till) end
    leased[#leased + 1] = feed
    leased[#leased + 1] = token
  end
end
return leased
"""
# Fenced: a collector whose lease ran out, and was given to another, writes nothing.
_RENEW = """
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
local host = redis.call('HGET', KEYS[3], ARGV[1])
if host then redis.call('HSET', KEYS[4], host, 'L' .. ARGV[3]) end
return 1
"""
_RELEASE = """
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
local host = redis.call('HGET', KEYS[3], ARGV[1])
if host then redis.call('HSET', KEYS[4], host, ARGV[4]) end
return 1
"""
_DONE = """
local feed = ARGV[1]
if redis.call('HGET', KEYS[2], feed) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[2], feed)
redis.call('ZADD', KEYS[1], ARGV[3], feed)
local host = redis.call('HGET', KEYS[3], feed)
if host then redis.call('HSET', KEYS[4], host, ARGV[4]) end
redis.call('HSET', KEYS[5], feed, ARGV[5])
local set = tonumber(ARGV[6])
for i = 7, 6 + 2 * set, 2 do redis.call('HSET', KEYS[6], ARGV[i], ARGV[i + 1]) end
for i = 7 + 2 * set, #ARGV do redis.call('HDEL', KEYS[6], ARGV[i]) end
redis.call('PERSIST', KEYS[6])
return 1
"""
_REQUEST = """
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 and tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0) > tonumber(ARGV[2])
then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
return 1
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to poll a feed until it runs out; ``token`` fences what is written under it."""

    feed: str
    token: int


class PollMemory:
    """The store as collect uses it; every method is one round trip and may raise what STORE_TRANSIENT names."""

    def __init__(self, store: redis.asyncio.Redis) -> None:
        self._store: Any = store

    async def enlist(self, first_polls: Mapping[str, float], hosts: Mapping[str, str]) -> None:
        """Put feeds that are not in the schedule there, at their first polls; forget those that are not among ``hosts``."""
        listed = {feed.decode() for feed in await self._store.zrange(DUE, 0, -1)}
        async with self._store.pipeline(transaction=True) as pipe:
            if gone := listed - hosts.keys():
                pipe.zrem(DUE, *gone)
                pipe.hdel(TOKENS, *gone)
                for feed in gone:
                    pipe.expire(_seen(feed), GONE_KEPT)
            if first_polls:
                pipe.zadd(DUE, dict(first_polls), nx=True)
            if hosts:
                pipe.hset(HOSTS, mapping=dict(hosts))
            await pipe.execute()

    async def listed(self) -> dict[str, float]:
        """Feeds in the schedule with the times when they are due."""
        return {feed.decode(): float(at) for feed, at in await self._store.zrange(DUE, 0, -1, withscores=True)}

    async def lease(self, now: float, seconds: float, count: int) -> list[Lease]:
        """At most ``count`` of the feeds that are due, each for ``seconds``; none whose host is being asked."""
        keys = (DUE, TOKENS, HOSTS, BUSY, COUNTER)
        flat = await self._store.eval(_LEASE, len(keys), *keys, now, now + seconds, count, LOOK_AGAIN, LOOKED_AT_MOST)
        return [Lease(flat[n].decode(), int(flat[n + 1])) for n in range(0, len(flat), 2)]

    async def next_due(self) -> float | None:
        """When the next feed is due."""
        first = await self._store.zrange(DUE, 0, 0, withscores=True)
        return float(first[0][1]) if first else None

    async def renew(self, lease: Lease, until: float) -> bool:
        """Keep a lease for longer; False where it is no longer ours."""
        keys = (DUE, TOKENS, HOSTS, BUSY)
        return bool(await self._store.eval(_RENEW, len(keys), *keys, lease.feed, lease.token, until))

    async def release(self, lease: Lease, at: float, host_free_at: float) -> bool:
        """Give a lease back without a word on the poll: the feed is due ``at``."""
        keys = (DUE, TOKENS, HOSTS, BUSY)
        return bool(await self._store.eval(_RELEASE, len(keys), *keys, lease.feed, lease.token, at, host_free_at))

    async def done(
        self,
        lease: Lease,
        state: FeedState,
        *,
        host_free_at: float,
        seen: Mapping[bytes, bytes],
        forget: Iterable[bytes] = (),
    ) -> bool:
        """The done-mark: state, next poll and seen items at once; False, and nothing written, where the lease is not ours."""
        keys = (DUE, TOKENS, HOSTS, BUSY, STATES, _seen(lease.feed))
        pairs = [part for pair in seen.items() for part in pair]
        arguments = (
            lease.feed,
            lease.token,
            state.next_at,
            host_free_at,
            encode_state(state),
            len(seen),
            *pairs,
            *forget,
        )
        return bool(await self._store.eval(_DONE, len(keys), *keys, *arguments))

    async def request(self, feed: str, now: float) -> bool:
        """Make a feed due now; False where it is being polled at this moment."""
        return bool(await self._store.eval(_REQUEST, 2, DUE, TOKENS, feed, now))

    async def state(self, feed: str) -> FeedState:
        return decode_state(await self._store.hget(STATES, feed))

    async def states(self) -> dict[str, FeedState]:
        """The state of every feed that was ever polled."""
        return {feed.decode(): decode_state(value) for feed, value in (await self._store.hgetall(STATES)).items()}

    async def known(
        self, feed: str, ids: Sequence[str], aliases: Sequence[bytes]
    ) -> tuple[dict[str, Seen], dict[bytes, str]]:
        """Of ``ids`` those seen before, and of ``aliases`` the ids they stand for (these among the seen ones too)."""
        if not ids:
            return {}, {}
        values = await self._store.hmget(_seen(feed), [*map(seen_key, ids), *aliases])
        seen = {item: Seen.decode(value) for item, value in zip(ids, values, strict=False) if value is not None}
        found = zip(aliases, values[len(ids) :], strict=True)
        owners = {alias: alias_owner(value) for alias, value in found if value is not None}
        others = sorted(set(owners.values()) - set(ids))
        if others:
            values = await self._store.hmget(_seen(feed), [seen_key(item) for item in others])
            seen |= {item: Seen.decode(value) for item, value in zip(others, values, strict=True) if value is not None}
        return seen, owners

    async def stale(self, feed: str, before: float) -> list[bytes]:
        """Seen entries that no document has carried since ``before``."""
        return [field for field, value in (await self._store.hgetall(_seen(feed))).items() if stamp_of(value) < before]


def _seen(feed: str) -> str:
    return f"{PREFIX}seen:{feed}"


def host_key(url_host: str, port: int | None) -> str:
    """A host as politeness counts it."""
    return f"{url_host.lower()}:{port}" if port else url_host.lower()


def body_digest(body: bytes) -> str:
    """By which an unchanged body is recognised before it is parsed."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()
