"""The embedded broker never frees memory: above a limit it is drained and replaced, and nothing is lost."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import read_settings
from streams.run.lock import hold
from streams.run.supervisor import Supervisor
from tests.end_to_end.surroundings import Desk, FeedSite, Service


@pytest.mark.slow
async def test_a_broker_above_its_limit_is_drained_and_replaced_and_articles_flow_on(
    service: Service, site: FeedSite, desk: Desk, tmp_path: Path
):
    settings = replace(read_settings(service.environment), broker=None, redis=None)
    told: list[str] = []
    site.publish(
        "/mine.rss",
        "one",
        "Denmark delivers Leopard 1 tanks to Ukraine",
        "Denmark has delivered Leopard 1 tanks to Ukraine.",
    )
    stop = asyncio.Event()
    with hold(settings.state) as lock:
        supervisor = Supervisor(
            settings, lock, os.environ | service.environment, lambda note, _level: told.append(note)
        )
        running = asyncio.create_task(supervisor.run(stop))
        async with asyncio.timeout(90):
            while not desk.accepted():
                await asyncio.sleep(0.2)
            first = supervisor.servers.broker
            supervisor.broker_bytes = 1
            while supervisor.servers.broker is first:
                await asyncio.sleep(0.2)
            supervisor.broker_bytes = 1 << 40
            assert any("never frees memory" in note for note in told)
            assert not first.child.running
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
