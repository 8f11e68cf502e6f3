"""The schedule in the store: who polls what, and who may write about it."""

from streams.feeds.memory import PollMemory
from streams.feeds.seen import Seen, encode_alias, seen_key
from streams.feeds.state import FeedState

NOW = 1_800_000_000.0
HOSTS = {"a": "one.example", "b": "two.example", "c": "one.example"}
ITEM = "ab" * 32


async def enlisted(store, *feeds: str) -> PollMemory:
    memory = PollMemory(store)
    await memory.enlist(dict.fromkeys(feeds, NOW), {feed: HOSTS[feed] for feed in feeds})
    return memory


async def test_a_due_feed_goes_to_one_collector_only(store):
    memory = await enlisted(store, "a", "b")
    first, second = await memory.lease(NOW, 30, 1), await memory.lease(NOW, 30, 10)
    assert {lease.feed for lease in first + second} == {"a", "b"}
    assert await memory.lease(NOW + 29, 30, 10) == []


async def test_a_feed_is_not_leased_before_it_is_due(store):
    memory = await enlisted(store, "a")
    assert await memory.lease(NOW - 0.1, 30, 10) == []


async def test_a_dead_collectors_lease_runs_out_and_its_late_word_counts_for_nothing(store):
    memory = await enlisted(store, "a")
    (dead,) = await memory.lease(NOW, 30, 10)
    (alive,) = await memory.lease(NOW + 31, 30, 10)
    late = await memory.done(dead, FeedState(next_at=NOW + 60), host_free_at=NOW, seen={seen_key(ITEM): b"x" * 13})
    assert not late
    assert not await memory.renew(dead, NOW + 100)
    assert await memory.states() == {}
    assert await memory.done(alive, FeedState(next_at=NOW + 90), host_free_at=NOW, seen={})
    assert await memory.listed() == {"a": NOW + 90}


async def test_a_renewed_lease_does_not_run_out(store):
    memory = await enlisted(store, "a")
    (lease,) = await memory.lease(NOW, 30, 10)
    assert await memory.renew(lease, NOW + 50)
    assert await memory.lease(NOW + 40, 30, 10) == []


async def test_a_host_is_asked_one_feed_at_a_time_and_rests_after_it(store):
    memory = await enlisted(store, "a", "b", "c")
    leases = {lease.feed: lease for lease in await memory.lease(NOW, 30, 10)}
    assert len(leases) == 2
    assert "b" in leases
    (taken,) = leases.keys() - {"b"}
    (other,) = {"a", "c"} - {taken}
    assert await memory.lease(NOW + 5, 30, 10) == []
    await memory.done(leases[taken], FeedState(next_at=NOW + 900), host_free_at=NOW + 7, seen={})
    assert await memory.lease(NOW + 6.9, 30, 10) == []
    assert [lease.feed for lease in await memory.lease(NOW + 7.5, 30, 10)] == [other]


async def test_what_is_done_is_remembered_at_once(store):
    memory = await enlisted(store, "a")
    (lease,) = await memory.lease(NOW, 30, 10)
    seen = {seen_key(ITEM): Seen(b"contents", 3, 77).encode(), b"aliasone": encode_alias(ITEM, 77)}
    await memory.done(lease, FeedState(next_at=NOW + 60, etag='"x"'), host_free_at=NOW, seen=seen)
    assert (await memory.state("a")).etag == '"x"'
    known, owners = await memory.known("a", [ITEM, "cd" * 32], [b"aliasone", b"aliastwo"])
    assert known == {ITEM: Seen(b"contents", 3, 77)}
    assert owners == {b"aliasone": ITEM}


async def test_the_owner_of_a_second_key_is_found_with_what_is_known_of_it(store):
    memory = await enlisted(store, "a")
    (lease,) = await memory.lease(NOW, 30, 10)
    seen = {seen_key(ITEM): Seen(b"contents", 3, 77).encode(), b"aliasone": encode_alias(ITEM, 77)}
    await memory.done(lease, FeedState(), host_free_at=NOW, seen=seen)
    known, _ = await memory.known("a", ["cd" * 32], [b"aliasone"])
    assert known == {ITEM: Seen(b"contents", 3, 77)}


async def test_stale_entries_are_found_by_when_they_were_last_carried(store):
    memory = await enlisted(store, "a")
    (lease,) = await memory.lease(NOW, 30, 10)
    seen = {seen_key(ITEM): Seen(b"contents", 0, 77).encode(), b"aliasone": encode_alias(ITEM, 99)}
    await memory.done(lease, FeedState(), host_free_at=NOW, seen=seen)
    assert await memory.stale("a", 90) == [seen_key(ITEM)]
    (lease,) = await memory.lease(NOW + 40, 30, 10)
    await memory.done(lease, FeedState(), host_free_at=NOW, seen={}, forget=[seen_key(ITEM)])
    assert await memory.stale("a", 1000) == [b"aliasone"]


async def test_a_request_makes_a_feed_due_unless_it_is_being_polled(store):
    memory = await enlisted(store, "a")
    (lease,) = await memory.lease(NOW, 30, 10)
    assert not await memory.request("a", NOW + 1)
    await memory.done(lease, FeedState(next_at=NOW + 3600), host_free_at=NOW, seen={})
    assert await memory.request("a", NOW + 2)
    assert [lease.feed for lease in await memory.lease(NOW + 2, 30, 10)] == ["a"]


async def test_a_feed_that_left_the_configuration_is_not_polled_any_more(store):
    memory = await enlisted(store, "a", "b")
    await memory.enlist({}, {"b": HOSTS["b"]})
    assert [lease.feed for lease in await memory.lease(NOW, 30, 10)] == ["b"]


async def test_enlisting_again_moves_no_poll(store):
    memory = await enlisted(store, "a")
    (lease,) = await memory.lease(NOW, 30, 10)
    await memory.done(lease, FeedState(next_at=NOW + 3600), host_free_at=NOW, seen={})
    await memory.enlist({"a": NOW + 10}, {"a": HOSTS["a"]})
    assert await memory.listed() == {"a": NOW + 3600}
