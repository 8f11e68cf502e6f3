"""What deduplicate remembers, on a real store: races, repeats, revisions, an emptied store, keys and their life."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis.asyncio
from redis.exceptions import OutOfMemoryError

from agents.deduplicate.deduplicator import Deduplicator
from agents.deduplicate.fingerprint import Fingerprint
from agents.deduplicate.memory import (
    KEPT_SECONDS,
    LOOKS,
    PAIR_HOLDS,
    CandidatesKeepChanging,
    Memory,
    Seen,
)
from agents.deduplicate.verdict import Decision, Reason
from config.lexicons import load_lexicon
from streams.records import Article, Verdict
from streams.store import STORE_TRANSIENT
from tests.builders import an_article

TITLE = "Estonia takes over six HIMARS"
TEXT = (
    "Estonia's division took over six HIMARS launchers at Amari air base on Wednesday, bought from the United States for 200 million dollars. "
    "Estonian gunners trained beside the American unit in Voru."
)


@pytest.fixture(scope="module")
def deduplicator() -> Deduplicator:
    return Deduplicator(load_lexicon())


@pytest.fixture
async def second_client(store_server: str) -> AsyncIterator[redis.asyncio.Redis]:
    client = redis.asyncio.Redis.from_url(store_server)
    yield client
    await client.aclose()


async def decide(memory: Memory, deduplicator: Deduplicator, article: Article) -> Decision:
    return await memory.decide(deduplicator.fingerprint(article), deduplicator.judge)


def a_report(**values: Any) -> Article:
    return an_article(**{"title": TITLE, "summary": TEXT} | values)


def a_copy(**values: Any) -> Article:
    return an_article(
        **{"title": "Six HIMARS land at Amari air base for Estonia", "summary": "TALLINN (Reuters) - " + TEXT} | values
    )


async def test_two_copies_judged_by_two_workers_at_once_are_not_both_new(
    store: redis.asyncio.Redis, second_client: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    """Both look before either stores: the order that a lock-free memory gets wrong."""
    both_looked = asyncio.Barrier(2)

    class Waiting(Memory):
        waited = False

        async def look(self, fingerprint: Fingerprint) -> Seen:
            seen = await super().look(fingerprint)
            if not self.waited:
                self.waited = True
                await both_looked.wait()
            return seen

    first, second = a_report(feed="one"), a_copy(feed="two")
    decisions = await asyncio.gather(
        decide(Waiting(store), deduplicator, first), decide(Waiting(second_client), deduplicator, second)
    )
    assert Counter(d.verdict for d in decisions) == {Verdict.NEW: 1, Verdict.COPY: 1}
    assert len({d.story for d in decisions}) == 1


async def test_the_same_article_judged_by_two_workers_at_once_gets_one_decision(
    store: redis.asyncio.Redis, second_client: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    one, other = Memory(store), Memory(second_client)
    article = a_report()
    taken = deduplicator.fingerprint(article)
    seen, seen_too = await one.look(taken), await other.look(taken)
    assert await one.keep(taken, seen, deduplicator.judge(taken, seen.known))
    assert not await other.keep(taken, seen_too, Decision(Verdict.COPY, "another", "another", 0.7, Reason.NEAR))
    assert await decide(other, deduplicator, article) == Decision(Verdict.NEW, article.id, None, None, Reason.NONE)


async def test_of_twenty_copies_judged_at_once_one_is_new(
    store_server: str, store: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    clients = [redis.asyncio.Redis.from_url(store_server) for _ in range(4)]
    articles = [(a_copy if n % 2 else a_report)(feed=f"feed-{n}") for n in range(20)]
    # One text an article: equal texts would meet at their exact key already.
    for number, article in enumerate(articles):
        article.summary += f" The {'abcdefghijklmnopqrst'[number]}-unit was there."
    try:
        decisions = await asyncio.gather(
            *(decide(Memory(clients[n % 4]), deduplicator, a) for n, a in enumerate(articles))
        )
    finally:
        for client in clients:
            await client.aclose()
    assert Counter(d.verdict for d in decisions) == {Verdict.NEW: 1, Verdict.COPY: 19}
    assert len({d.story for d in decisions}) == 1


async def test_a_repeat_gets_the_same_decision_whatever_came_in_between(
    store: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    memory = Memory(store)
    founder, copy = a_report(feed="one"), a_copy(feed="two")
    first = [await decide(memory, deduplicator, article) for article in (founder, copy)]
    await decide(memory, deduplicator, a_report(feed="three", summary=TEXT + " Latvia is next."))
    again = [await decide(Memory(store), deduplicator, article) for article in (founder, copy)]
    assert again == first
    assert [d.verdict for d in first] == [Verdict.NEW, Verdict.COPY]


async def test_a_revision_stays_in_its_story_and_an_older_text_keeps_its_decision(
    store: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    memory = Memory(store)
    founder, copy = a_report(feed="one"), a_copy(feed="two")
    revised = an_article(
        id=copy.id, title="Estonia sends back six HIMARS", summary="The launchers did not work, the ministry said."
    )
    await decide(memory, deduplicator, founder)
    was = await decide(memory, deduplicator, copy)
    now = await decide(memory, deduplicator, revised)
    assert (now.verdict, now.story, now.copy_of, now.reason) == (Verdict.REVISION, founder.id, None, Reason.ITEM)
    assert await decide(memory, deduplicator, copy) == was


async def test_an_item_that_changes_all_day_takes_no_more_room_and_keeps_its_decisions(
    store: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    memory = Memory(store)
    founder = an_article(title="Flood warning on the river: live updates", summary="Text 0 of this page.", feed="live")
    first = await decide(memory, deduplicator, founder)
    key = deduplicator.fingerprint(founder).item_key
    room = await store.strlen(key)
    changes = [an_article(id=founder.id, title=founder.title, summary=f"Text {n} of this page.") for n in range(1, 30)]
    decisions = [await decide(memory, deduplicator, change) for change in changes]
    assert {(d.verdict, d.story) for d in decisions} == {(Verdict.REVISION, founder.id)}
    assert await store.strlen(key) == room
    assert [await decide(memory, deduplicator, change) for change in changes] == decisions
    assert await decide(memory, deduplicator, founder) == first


async def test_a_copy_of_a_revised_text_joins_the_story(store: redis.asyncio.Redis, deduplicator: Deduplicator) -> None:
    memory = Memory(store)
    founder = a_report(
        feed="one", title="Estonia expects news from Amari", summary="A ceremony is planned at the air base."
    )
    await decide(memory, deduplicator, founder)
    await decide(memory, deduplicator, a_report(id=founder.id))
    assert (await decide(memory, deduplicator, a_copy(feed="two"))).story == founder.id


async def test_a_wire_story_in_five_feeds_is_one_story(store: redis.asyncio.Redis, deduplicator: Deduplicator) -> None:
    memory = Memory(store)
    articles = [
        a_report(feed="wire"),
        a_copy(feed="daily"),
        a_report(feed="site", summary=" ".join(TEXT.split()[:22]) + "…"),
        a_report(feed="ticker", summary=""),
        a_report(feed="blog", summary=TEXT + " The post Estonia takes over six HIMARS appeared first on Baltic Guard."),
    ]
    decisions = [await decide(memory, deduplicator, article) for article in articles]
    assert [d.verdict for d in decisions] == [Verdict.NEW] + [Verdict.COPY] * 4
    assert {d.story for d in decisions} == {articles[0].id}


async def test_five_independent_texts_on_one_event_are_five_stories(
    store: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    memory = Memory(store)
    texts = [
        (TITLE, TEXT),
        (
            "HIMARS arrive in Estonia",
            "Rocket artillery from America has reached the Baltic state: six truck-mounted HIMARS rolled off a transport plane, Tallinn reported.",
        ),
        (
            "Tallinn receives long-awaited rocket launchers",
            "Defence minister Pevkur welcomed the first HIMARS in Estonian colours. They can hit targets 300 kilometres away.",
        ),
        (
            "Baltic rocket artillery grows",
            "With six M142 HIMARS now in Estonian hands, Latvia and Lithuania wait for their own launchers, ordered from Lockheed Martin.",
        ),
        (
            "US delivers HIMARS to Estonia",
            "An American C-17 brought the weapons, part of a purchase agreed in 2022, to an airfield west of the capital.",
        ),
    ]
    decisions = [
        await decide(memory, deduplicator, an_article(title=t, summary=s, feed=f"feed-{n}"))
        for n, (t, s) in enumerate(texts)
    ]
    assert [d.verdict for d in decisions] == [Verdict.NEW] * 5


async def test_the_store_emptied_in_mid_run_gives_new_verdicts_and_no_error(
    store: redis.asyncio.Redis, deduplicator: Deduplicator, caplog: pytest.LogCaptureFixture
) -> None:
    memory = Memory(store)
    await decide(memory, deduplicator, a_report(feed="one"))
    await store.flushall()
    with caplog.at_level(logging.WARNING):
        decision = await decide(memory, deduplicator, a_copy(feed="two"))
    assert decision.verdict is Verdict.NEW
    assert "the store came back empty" in caplog.text


async def test_the_store_emptied_between_look_up_and_storing_is_looked_at_again(
    store: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    memory = Memory(store)
    await decide(memory, deduplicator, a_report(feed="one"))
    taken = deduplicator.fingerprint(a_copy(feed="two"))
    seen = await memory.look(taken)
    await store.flushall()
    assert not await memory.keep(taken, seen, deduplicator.judge(taken, seen.known))
    assert (await memory.decide(taken, deduplicator.judge)).verdict is Verdict.NEW


async def test_a_store_that_forgot_the_scripts_learns_them_again(
    store: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    memory = Memory(store)
    await decide(memory, deduplicator, a_report(feed="one"))
    await store.script_flush()
    assert (await decide(memory, deduplicator, a_copy(feed="two"))).verdict is Verdict.COPY


async def test_candidates_that_change_all_the_time_are_a_passing_fault(
    store: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    looks = 0

    class Unlucky(Memory):
        async def look(self, fingerprint: Fingerprint) -> Seen:
            nonlocal looks
            looks += 1
            seen = await super().look(fingerprint)
            await decide(
                Memory(store),
                deduplicator,
                a_copy(feed=f"other-{looks}", summary=f"{TEXT} Report number {looks} of the day."),
            )
            return seen

    article = a_report(feed="one")
    with pytest.raises(CandidatesKeepChanging) as raised:
        await decide(Unlucky(store), deduplicator, article)
    assert isinstance(raised.value, TimeoutError)
    assert looks == LOOKS
    assert (await decide(Memory(store), deduplicator, article)).verdict is Verdict.COPY


async def test_a_full_store_is_a_passing_fault_and_leaves_nothing_half_done(
    store: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    memory = Memory(store)
    taken = deduplicator.fingerprint(a_report())
    seen = await memory.look(taken)
    before = await store.dbsize()
    await store.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(OutOfMemoryError) as raised:
            await memory.keep(taken, seen, deduplicator.judge(taken, seen.known))
        assert isinstance(raised.value, STORE_TRANSIENT)
        assert await store.dbsize() == before
    finally:
        await store.config_set("maxmemory", "0")


async def test_an_article_that_is_not_about_arms_leaves_exact_keys_only(
    store: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    article = an_article(
        title="Lakers win again in overtime",
        summary="A late basket decided the game.",
        canonical_url="http://127.0.0.1/lakers",
    )
    await decide(Memory(store), deduplicator, article)
    keys = await store.keys()
    assert sorted(len(key) for key in keys if not key.startswith(b"armswire:")) == [16, 16, 16]


async def test_keys_live_72_hours_from_their_last_use(store: redis.asyncio.Redis, deduplicator: Deduplicator) -> None:
    memory = Memory(store)
    founder = a_report(feed="one", canonical_url="http://127.0.0.1/himars")
    await decide(memory, deduplicator, founder)
    keys = [key for key in await store.keys() if not key.startswith(b"armswire:")]
    assert {await store.ttl(key) for key in keys} <= {KEPT_SECONDS, KEPT_SECONDS - 1}
    for key in keys:
        await store.expire(key, 60)
    await decide(memory, deduplicator, a_report(feed="two", canonical_url="http://127.0.0.1/himars"))
    not_renewed = [key for key in keys if await store.ttl(key) <= 60]
    assert not_renewed == []


async def test_a_repeat_is_a_use(store: redis.asyncio.Redis, deduplicator: Deduplicator) -> None:
    memory = Memory(store)
    article = a_report()
    await decide(memory, deduplicator, article)
    key = deduplicator.fingerprint(article).item_key
    await store.expire(key, 60)
    await decide(memory, deduplicator, article)
    assert await store.ttl(key) > 60


async def test_a_pair_remembers_the_newest_texts_only(store: redis.asyncio.Redis, deduplicator: Deduplicator) -> None:
    memory = Memory(store)
    for number in range(PAIR_HOLDS + 5):
        await decide(memory, deduplicator, a_report(feed="one", summary=f"{TEXT} Note {number} of the day."))
    taken = deduplicator.fingerprint(a_report())
    assert taken.story
    held = [await store.get(pair) for pair in taken.story.pairs]
    assert {len(value) for value in held if value} == {PAIR_HOLDS * 8}


async def test_ids_that_are_no_digests_are_kept_as_they_are(
    store: redis.asyncio.Redis, deduplicator: Deduplicator
) -> None:
    memory = Memory(store)
    await decide(memory, deduplicator, a_report(id="first item", feed="one"))
    decision = await decide(memory, deduplicator, a_copy(id="zweiter Artikel ü", feed="two"))
    assert (decision.story, decision.copy_of) == ("first item", "first item")
    assert await decide(memory, deduplicator, a_copy(id="zweiter Artikel ü", feed="two")) == decision
