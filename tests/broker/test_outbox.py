"""The outbox on a real database and against real receivers: nothing lost, nobody delayed by somebody else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from agents.deliver.dispatch import Bell, Dispatch, senders_of
from agents.deliver.ledger import Wanted, enable, find_deliveries, receiver_rows, replay
from agents.deliver.letters import letters_of
from agents.deliver.outbox import Outbox
from agents.deliver.receivers import Answer, Message, Reason
from agents.deliver.receivers.webhook import Webhooks
from agents.deliver.settlement import Attempt, State
from config.load import Configuration
from config.schema import Receiver
from streams import journal, metrics
from streams.database import alerts, deliveries, reading, transaction
from streams.database import journal as journal_table
from streams.records import Alert, AlertKind, encode
from tests.broker.inbox import HANG, open_inbox
from tests.builders import NOW, a_configuration, a_receiver, a_watch, an_alert, an_article

DELAYS = (0.0, 5.0, 300.0)
SOON = (0.0, 0.05, 0.05)
DESK, CHAT = a_receiver(id="desk"), a_receiver(id="chat")
OK, DOWN = Answer(Reason.OK, 200), Answer(Reason.SERVER_ERROR, 500, "500 down")


def told(*receivers: Receiver) -> Configuration:
    return a_configuration(a_watch({"country": "UA"}), receivers=receivers)


def box(engine: AsyncEngine, *receivers: Receiver, delays: tuple[float, ...] = DELAYS, owner: str = "one") -> Outbox:
    configuration = told(*receivers)
    return Outbox(engine, delays, lambda alert: letters_of(alert, configuration), owner)


async def keep(engine: AsyncEngine, alert: Alert, event: str | None = None) -> None:
    """The alert's row, as watch commits it before it publishes."""
    async with transaction(engine) as connection:
        values = {
            "id": alert.id,
            "created": alert.id,
            "kind": alert.kind,
            "event": event,
            "raised": NOW,
            "body": encode(alert),
        }
        await connection.execute(insert(alerts).values(values))


async def rows(engine: AsyncEngine, table: Any = deliveries) -> list[Any]:
    async with reading(engine) as connection:
        return list((await connection.execute(select(table).order_by(*table.primary_key))).all())


async def attempt(outbox: Outbox, receiver: str, answer: Answer, now: datetime) -> str | None:
    """Claim what is due and settle it with ``answer``; the alert's id, or None where nothing is due."""
    due = await outbox.claim(receiver, now)
    if due is None:
        return None
    await outbox.settle(Attempt(due, answer, now, now, 1.0))
    return due.message.id


class TestTaking:
    async def test_an_alert_becomes_one_row_a_receiver_with_its_bytes(self, engine: AsyncEngine) -> None:
        alert = an_alert()
        await keep(engine, alert)
        assert sorted(await box(engine, DESK, CHAT).take(alert, NOW)) == ["chat", "desk"]
        found = await rows(engine)
        assert {(row.receiver, row.state, row.next_at) for row in found} == {
            ("desk", "pending", NOW),
            ("chat", "pending", NOW),
        }
        assert (await rows(engine, alerts))[0].taken == NOW

    async def test_a_repeat_changes_nothing_even_when_the_receivers_have_changed(self, engine: AsyncEngine) -> None:
        alert = an_alert()
        await keep(engine, alert)
        await box(engine, DESK).take(alert, NOW)
        assert await box(engine, DESK, CHAT).take(alert, NOW + timedelta(seconds=9)) == []
        assert [row.receiver for row in await rows(engine)] == ["desk"]
        assert (await rows(engine, alerts))[0].taken == NOW

    async def test_an_alert_without_a_receiver_is_taken_too(self, engine: AsyncEngine) -> None:
        alert = an_alert()
        await keep(engine, alert)
        assert await box(engine).take(alert, NOW) == []
        assert (await rows(engine, alerts))[0].taken == NOW

    async def test_an_alert_that_has_no_row_of_its_own_is_delivered_and_its_repeat_recognised(
        self, engine: AsyncEngine
    ) -> None:
        failing = an_alert(kind=AlertKind.SOURCE_FAILING, watch=None, event=None, subject="wire")
        outbox = box(engine, a_receiver(id="desk", events=["source"]))
        assert await outbox.take(failing, NOW) == ["desk"]
        assert await attempt(outbox, "desk", OK, NOW) == failing.id
        assert await outbox.take(failing, NOW) == []
        assert [row.state for row in await rows(engine)] == ["delivered"]

    async def test_the_journal_is_struck_when_the_last_alert_of_an_article_is_taken(self, engine: AsyncEngine) -> None:
        article = an_article()
        first, second = an_alert(), an_alert()
        await journal.write(engine, [article])
        for alert in (first, second):
            await keep(engine, alert, article.event_id)
        async with transaction(engine) as connection:
            await journal.mark_archived(connection, article.event_id)
            await journal.mark_watched(connection, article.event_id)
        outbox = box(engine, DESK)
        await outbox.take(first, NOW)
        assert len(await rows(engine, journal_table)) == 1
        await outbox.take(second, NOW)
        assert await rows(engine, journal_table) == []

    async def test_two_workers_that_take_one_alert_at_once_make_one_delivery(self, engine: AsyncEngine) -> None:
        alert = an_alert()
        await keep(engine, alert)
        made = await asyncio.gather(box(engine, DESK).take(alert, NOW), box(engine, DESK, owner="two").take(alert, NOW))
        assert sorted(map(len, made)) == [0, 1]
        assert len(await rows(engine)) == 1


class TestSettling:
    @pytest.fixture
    async def outbox(self, engine: AsyncEngine) -> Outbox:
        outbox = box(engine, DESK)
        for number in range(2):
            await outbox.take(an_alert(id=f"msg_{number}"), NOW)
        return outbox

    async def test_a_failed_attempt_waits_for_the_schedule_and_the_last_one_stays_listed(
        self, engine: AsyncEngine, outbox: Outbox
    ) -> None:
        now = NOW
        for wait in (5, 300):
            assert await attempt(outbox, "desk", DOWN, now) == "msg_0"
            assert (await rows(engine))[0].next_at == now + timedelta(seconds=wait)
            now += timedelta(seconds=wait)
            await self._skip_the_other(engine, now)
        assert await attempt(outbox, "desk", DOWN, now) == "msg_0"
        listed = await find_deliveries(engine, Wanted(state=State.EXHAUSTED))
        assert [(row["alert"], row["attempts"], row["error"]) for row in listed] == [("msg_0", 3, "500 down")]

    async def _skip_the_other(self, engine: AsyncEngine, now: datetime) -> None:
        async with transaction(engine) as connection:
            other = deliveries.update().where(deliveries.c.alert == "msg_1")
            await connection.execute(other.values(next_at=now + timedelta(hours=1)))

    async def test_the_first_success_after_failures_sends_everything_that_waits(
        self, engine: AsyncEngine, outbox: Outbox
    ) -> None:
        await attempt(outbox, "desk", DOWN, NOW)
        await attempt(outbox, "desk", DOWN, NOW)
        await outbox.take(an_alert(id="msg_2"), NOW + timedelta(seconds=1))
        back = NOW + timedelta(seconds=2)
        assert [await attempt(outbox, "desk", OK, back) for _ in range(4)] == ["msg_2", "msg_0", "msg_1", None]

    async def test_an_extra_attempt_after_a_recovery_costs_no_place_in_the_schedule(
        self, engine: AsyncEngine, outbox: Outbox
    ) -> None:
        """One message that a receiver never takes must not run out of attempts because others get through."""
        await attempt(outbox, "desk", DOWN, NOW)
        scheduled = (await rows(engine))[0].next_at
        for number in range(10, 20):
            await outbox.take(an_alert(id=f"msg_{number}"), NOW)
            while (claimed := await outbox.claim("desk", NOW + timedelta(seconds=1))) is not None:
                answer = DOWN if claimed.message.id == "msg_0" else OK
                await outbox.settle(Attempt(claimed, answer, NOW, NOW + timedelta(seconds=1), 1.0))
        stubborn = next(row for row in await rows(engine) if row.alert == "msg_0")
        assert (stubborn.state, stubborn.attempts, stubborn.next_at) == ("pending", 1, scheduled)

    async def test_a_receiver_that_asks_for_a_pause_gets_nothing_until_it_is_over(self, outbox: Outbox) -> None:
        busy = Answer(Reason.THROTTLED, 429, "429", 60.0)
        assert await attempt(outbox, "desk", busy, NOW) == "msg_0"
        assert await attempt(outbox, "desk", OK, NOW + timedelta(seconds=59)) is None
        assert (await outbox.waiting())["desk"].due == NOW + timedelta(seconds=60)
        assert await attempt(outbox, "desk", OK, NOW + timedelta(seconds=61)) == "msg_1"

    async def test_410_disables_the_receiver_until_a_person_enables_it(
        self, engine: AsyncEngine, outbox: Outbox
    ) -> None:
        gone = Answer(Reason.GONE, 410, "410 Gone")
        assert await attempt(outbox, "desk", gone, NOW) == "msg_0"
        later = NOW + timedelta(days=1)
        assert await attempt(outbox, "desk", OK, later) is None
        assert (await outbox.waiting())["desk"].due is None
        assert (await receiver_rows(engine))["desk"]["disabled"] == NOW
        assert await enable(engine, "desk")
        assert await attempt(outbox, "desk", OK, later) == "msg_1"

    async def test_that_a_receiver_was_disabled_is_told_to_those_that_want_to_know(self, engine: AsyncEngine) -> None:
        outbox = box(engine, DESK, a_receiver(id="operations", events=["receiver"]))
        await outbox.take(an_alert(), NOW)
        await attempt(outbox, "desk", Answer(Reason.GONE, 410, "410 Gone"), NOW)
        notice = await outbox.claim("operations", NOW)
        assert notice is not None
        assert b'"type":"receiver.disabled"' in notice.message.body
        assert b'"subject":"desk"' in notice.message.body
        assert [(row.kind, row.taken) for row in await rows(engine, alerts)] == [("receiver.disabled", NOW)]

    async def test_a_replay_starts_the_schedule_again_with_the_same_id_and_bytes(
        self, engine: AsyncEngine, outbox: Outbox
    ) -> None:
        before = (await rows(engine))[0].body
        await attempt(outbox, "desk", OK, NOW)
        assert await replay(engine, Wanted(("msg_0",)), NOW) == 1
        claimed = await outbox.claim("desk", NOW)
        assert claimed is not None
        assert (claimed.message.id, claimed.message.body, claimed.attempts) == ("msg_0", before, 0)

    async def test_only_exhausted_deliveries_are_replayed_where_no_alert_is_named(
        self, engine: AsyncEngine, outbox: Outbox
    ) -> None:
        await attempt(outbox, "desk", OK, NOW)
        assert await replay(engine, Wanted(state=State.EXHAUSTED), NOW) == 0


class TestSeveralWorkers:
    @pytest.fixture(autouse=True)
    def _only_postgresql(self, engine: AsyncEngine) -> None:
        if engine.dialect.name == "sqlite":
            pytest.skip("with SQLite there is one worker")

    async def test_one_receiver_is_served_by_one_worker_at_a_time(self, engine: AsyncEngine) -> None:
        one, two = box(engine, DESK, owner="one"), box(engine, DESK, owner="two")
        for _ in range(2):
            await one.take(an_alert(), NOW)
        held = await one.claim("desk", NOW)
        assert held is not None
        assert await two.claim("desk", NOW) is None
        await one.settle(Attempt(held, OK, NOW, NOW, 1.0))
        assert await two.claim("desk", NOW) is None  # more is due, and it is the first worker's
        await attempt(one, "desk", OK, NOW)
        await one.take(an_alert(), NOW)
        assert await two.claim("desk", NOW) is not None  # nothing more was due, so the receiver was free

    async def test_what_a_killed_worker_held_is_taken_over_when_its_lease_runs_out(self, engine: AsyncEngine) -> None:
        one, two = box(engine, DESK, owner="one"), box(engine, DESK, owner="two")
        await one.take(an_alert(id="msg_1"), NOW)
        assert await one.claim("desk", NOW) is not None
        assert await two.claim("desk", NOW + timedelta(seconds=59)) is None
        taken_over = await two.claim("desk", NOW + timedelta(seconds=61))
        assert taken_over is not None
        assert taken_over.message.id == "msg_1"


@asynccontextmanager
async def dispatching(
    outbox: Outbox, bell: Bell, *receivers: Receiver, timeout: float = 1.0, grace: float = 0.0
) -> AsyncIterator[asyncio.Task[None]]:
    configuration = told(*receivers)
    async with Webhooks(timeout=timeout) as webhooks:
        task = asyncio.create_task(Dispatch(outbox, lambda: configuration, senders_of(webhooks), bell, grace).run())
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def states(engine: AsyncEngine, wanted: Callable[[Mapping[str, int]], bool]) -> Mapping[str, int]:
    """How many deliveries are in each state, as soon as that is ``wanted``."""
    async with asyncio.timeout(10):
        while True:
            found: dict[str, int] = {}
            for row in await rows(engine):
                found[row.state] = found.get(row.state, 0) + 1
            if wanted(found):
                return found
            await asyncio.sleep(0.02)


class Clock:
    """Alerts are taken now, for the scheduler looks at the real clock."""

    @staticmethod
    def now() -> datetime:
        return datetime.now(NOW.tzinfo)


class TestDispatching:
    async def test_an_alert_is_delivered_the_moment_it_is_taken(self, engine: AsyncEngine) -> None:
        async with open_inbox() as inbox:
            desk, bell = a_receiver(id="desk", url=inbox.url), Bell()
            outbox = box(engine, desk)
            async with dispatching(outbox, bell, desk):
                await asyncio.sleep(0.1)  # it has looked, and waits
                began = asyncio.get_running_loop().time()
                bell.ring(await outbox.take(an_alert(), Clock.now()))
                await inbox.got(1)
                assert asyncio.get_running_loop().time() - began < 0.4
                await states(engine, lambda found: found == {"delivered": 1})

    async def test_a_dead_receiver_delays_no_other(self, engine: AsyncEngine) -> None:
        async with open_inbox(HANG) as dead, open_inbox() as alive:
            receivers = a_receiver(id="dead", url=dead.url), a_receiver(id="alive", url=alive.url)
            outbox, bell = box(engine, *receivers), Bell()
            async with dispatching(outbox, bell, *receivers, timeout=30):
                for _ in range(20):
                    bell.ring(await outbox.take(an_alert(), Clock.now()))
                await alive.got(20, seconds=5)
                assert (len(dead.requests), dead.most_together) == (1, 1)
                found = await receiver_rows(engine)
                assert found["dead"]["waiting"] == 20

    async def test_one_request_is_in_flight_for_each_receiver(self, engine: AsyncEngine) -> None:
        async with open_inbox(200, slow=0.02) as inbox:
            desk, bell = a_receiver(id="desk", url=inbox.url), Bell()
            outbox = box(engine, desk)
            async with dispatching(outbox, bell, desk):
                for _ in range(10):
                    bell.ring(await outbox.take(an_alert(), Clock.now()))
                await states(engine, lambda found: found == {"delivered": 10})
            assert inbox.most_together == 1
            assert len(inbox.ids) == len(set(inbox.ids)) == 10

    async def test_a_receiver_that_fails_is_tried_again_with_the_same_id_and_bytes(self, engine: AsyncEngine) -> None:
        async with open_inbox(500, 404, 204) as inbox:
            desk, bell = a_receiver(id="desk", url=inbox.url), Bell()
            outbox = box(engine, desk, delays=SOON)
            before = metrics.DELIVERIES.labels("desk", "failed", "client_error")._value.get()
            async with dispatching(outbox, bell, desk):
                bell.ring(await outbox.take(an_alert(), Clock.now()))
                await states(engine, lambda found: found == {"delivered": 1})
            assert len({(headers["webhook-id"], body) for headers, body in inbox.requests}) == 1
            assert len(inbox.requests) == 3
            assert metrics.DELIVERIES.labels("desk", "failed", "client_error")._value.get() == before + 1

    async def test_the_attempts_end_and_the_delivery_stays(self, engine: AsyncEngine) -> None:
        async with open_inbox(503) as inbox:
            desk, bell = a_receiver(id="desk", url=inbox.url), Bell()
            outbox = box(engine, desk, delays=SOON)
            async with dispatching(outbox, bell, desk):
                bell.ring(await outbox.take(an_alert(), Clock.now()))
                await states(engine, lambda found: found == {"exhausted": 1})
                assert len(inbox.requests) == 3
                await replay(engine, Wanted(state=State.EXHAUSTED), Clock.now())
                await inbox.got(4)  # a replay by a command in another process is seen without being rung for

    async def test_what_was_under_way_when_the_stage_died_is_sent_again_with_its_id(self, engine: AsyncEngine) -> None:
        async with open_inbox(HANG, 204) as inbox:
            desk = a_receiver(id="desk", url=inbox.url)
            outbox = box(engine, desk)
            await outbox.take(an_alert(id="msg_1"), Clock.now())
            async with dispatching(outbox, Bell(), desk, timeout=30):
                await inbox.got(1)  # sent; the stage dies before it learns what came of it
            async with dispatching(box(engine, desk), Bell(), desk):
                await states(engine, lambda found: found == {"delivered": 1})
            assert inbox.ids == ["msg_1", "msg_1"]

    async def test_an_answer_that_comes_while_the_stage_stops_is_kept(self, engine: AsyncEngine) -> None:
        async with open_inbox(204, slow=0.3) as inbox:
            desk = a_receiver(id="desk", url=inbox.url)
            outbox = box(engine, desk)
            for _ in range(3):
                await outbox.take(an_alert(), Clock.now())
            async with dispatching(outbox, Bell(), desk, grace=5.0):
                await inbox.got(1)
            assert sorted(row.state for row in await rows(engine)) == ["delivered", "pending", "pending"]
            assert len(inbox.requests) == 1  # and nothing new was begun

    async def test_a_sender_that_breaks_is_a_failed_attempt_not_the_end_of_the_stage(self, engine: AsyncEngine) -> None:
        async def broken(_receiver: Receiver, _message: Message) -> Answer:
            raise ZeroDivisionError("a bug")

        outbox, bell = box(engine, DESK, delays=(0.0,)), Bell()
        configuration = told(DESK)
        task = asyncio.create_task(Dispatch(outbox, lambda: configuration, {"webhook": broken}, bell).run())
        bell.ring(await outbox.take(an_alert(), Clock.now()))
        await states(engine, lambda found: found == {"exhausted": 1})
        assert not task.done()
        task.cancel()

    async def test_a_receiver_that_left_the_configuration_keeps_what_waits_for_it(self, engine: AsyncEngine) -> None:
        async with open_inbox() as inbox:
            desk = a_receiver(id="desk", url=inbox.url)
            outbox = box(engine, desk)
            await outbox.take(an_alert(), Clock.now())
            async with dispatching(outbox, Bell()):
                await asyncio.sleep(0.2)
            assert [row.state for row in await rows(engine)] == ["pending"]
            async with dispatching(outbox, Bell(), desk):
                await states(engine, lambda found: found == {"delivered": 1})

    async def test_a_database_that_is_away_when_an_answer_comes_does_not_lose_the_answer(
        self, engine: AsyncEngine
    ) -> None:
        if engine.dialect.name != "sqlite":
            pytest.skip("a lock of the whole database is SQLite's")
        async with open_inbox(200, slow=0.3) as inbox:
            desk, bell = a_receiver(id="desk", url=inbox.url), Bell()
            outbox = box(engine, desk)
            async with dispatching(outbox, bell, desk):
                bell.ring(await outbox.take(an_alert(), Clock.now()))
                await inbox.got(1)
                async with transaction(engine) as connection:  # another stage holds the only write lock
                    await connection.execute(text("SELECT 1"))
                    await asyncio.sleep(0.8)
                await states(engine, lambda found: found == {"delivered": 1})
            assert len(inbox.requests) == 1


async def test_the_oldest_pending_delivery_and_the_latency_of_an_alert_are_measured(engine: AsyncEngine) -> None:
    async with open_inbox(500, 204) as inbox:
        desk, bell = a_receiver(id="measured", url=inbox.url), Bell()
        outbox = box(engine, desk, delays=(0.0, 0.5, 5.0))
        before = metrics.ALERT_LATENCY.labels("published")._sum.get()
        async with dispatching(outbox, bell, desk):
            bell.ring(await outbox.take(an_alert(), Clock.now() - timedelta(seconds=50)))
            async with asyncio.timeout(5):
                while metrics.OLDEST_PENDING.labels("measured")._value.get() < 50:
                    await asyncio.sleep(0.02)
            await states(engine, lambda found: found == {"delivered": 1})
            async with asyncio.timeout(5):
                while metrics.OLDEST_PENDING.labels("measured")._value.get() > 0:
                    await asyncio.sleep(0.02)
        assert metrics.ALERT_LATENCY.labels("published")._sum.get() > before
