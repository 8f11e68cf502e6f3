"""An embedded broker that hangs without dying is replaced; what collect wrote down and never published is published."""

import asyncio
import os
import signal
from dataclasses import replace
from datetime import timedelta

import pytest

from config.settings import read_settings
from streams import journal
from streams.run import supervisor as supervising
from streams.run.lock import hold
from streams.run.supervisor import Supervisor
from tests.builders import an_article
from tests.end_to_end.surroundings import Desk, FeedSite, Service


@pytest.mark.slow
async def test_a_broker_that_hangs_is_replaced_and_an_article_that_was_only_written_down_is_published(
    service: Service, site: FeedSite, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(supervising, "ANSWER_SECONDS", 1.0)
    settings = replace(read_settings(service.environment), broker=None, redis=None)
    told: list[str] = []
    stop = asyncio.Event()
    with hold(settings.state) as lock:
        supervisor = Supervisor(
            settings, lock, os.environ | service.environment, lambda note, _level: told.append(note)
        )
        supervisor.ask_seconds = 0.5
        supervisor.overdue_look_seconds, supervisor.under_way.overdue = 0.5, timedelta(seconds=1)
        running = asyncio.create_task(supervisor.run(stop))
        async with asyncio.timeout(120):
            await supervisor.all_ready.wait()
            first = supervisor.servers.broker
            assert not any("did not answer" in note for note in told)
            written = an_article(
                feed="mine",
                title="Denmark delivers Leopard 1 tanks to Ukraine",
                summary="Denmark has delivered fourteen Leopard 1 tanks to Ukraine.",
            )
            await journal.write(supervisor.engine, [written])  # collect was ended before it published
            while not desk.accepted():
                await asyncio.sleep(0.2)
            assert [note for note in told if "under way for long" in note]

            os.kill(first.child.pid, signal.SIGSTOP)
            while supervisor.servers.broker is first:
                await asyncio.sleep(0.2)
            assert [note for note in told if "did not answer 3 times in a row" in note]
            site.publish(
                "/mine.rss",
                "two",
                "North Korea sends artillery shells to Russia",
                "North Korea has sent artillery shells to Russia.",
            )
            while len(desk.accepted()) < 2:
                await asyncio.sleep(0.2)
        stop.set()
        await running
    assert {hook.alert[0] for hook in desk.accepted()} == {"leopard-1", "russia-north-korea"}
