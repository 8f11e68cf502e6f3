"""`armswire run` on brokers of other kinds, and what it occupies."""

import asyncio
import shutil
import time

import psutil
import pytest

from streams import journal
from streams.database import open_engine, upgrade
from streams.run.child import memory_share
from tests.builders import an_article
from tests.end_to_end.surroundings import Desk, FeedSite, Service, wait_for

IDLE_BYTES = 800 * 1024 * 1024
LEOPARD = (
    "Denmark delivers Leopard 1 tanks to Ukraine",
    "Denmark has delivered fourteen Leopard 1A5 tanks to Ukraine.",
)
SHELLS = (
    "North Korea sends artillery shells to Russia",
    "North Korea has sent artillery shells to Russia, Seoul said.",
)


@pytest.mark.slow
def test_everything_together_occupies_at_most_800_megabytes_when_idle(service: Service):
    service.start().wait_ready()
    time.sleep(5)
    shares = {}
    for process in [psutil.Process(service.process.pid), *psutil.Process(service.process.pid).children()]:
        shares[" ".join(process.cmdline()[-2:])[-40:]] = (
            memory_share(process.pid) if process.pid != service.process.pid else process.memory_full_info().pss
        )
    assert len(shares) == 9  # itself, broker, store, six stages
    assert sum(shares.values()) <= IDLE_BYTES, shares


@pytest.mark.slow
def test_commands_on_the_same_state_find_the_services_broker_and_store(service: Service, site: FeedSite, desk: Desk):
    site.publish("/mine.rss", "one", *LEOPARD)
    service.start().wait_ready()
    wait_for(desk.accepted, 30, "the alert is delivered")
    listed = service.command("feeds", "list", "-o", "csv")
    assert "slow,empty,200" in listed
    asked = len(site.asked["/slow.rss"])
    service.command("feeds", "poll", "slow")  # its hour is not over
    wait_for(lambda: len(site.asked["/slow.rss"]) == asked + 1, 30, "the feed is polled when asked for")


@pytest.mark.slow
@pytest.mark.kafka
def test_a_durable_run_goes_on_when_kafka_is_killed(service: Service, site: FeedSite, desk: Desk):
    service.arguments = ("--durable",)
    service.start().wait_ready()
    site.publish("/mine.rss", "one", *LEOPARD)
    wait_for(lambda: len(desk.accepted()) == 1, 30, "the first alert is delivered")
    (kafka,) = service.children("kafka.Kafka")
    kafka.kill()
    wait_for(lambda: "Apache Kafka ended" in service.errors(), 10, "the death is noticed")
    site.publish("/mine.rss", "two", *SHELLS)
    wait_for(lambda: len(desk.accepted()) == 2, 90, "the second alert is delivered")
    assert {hook.alert[0] for hook in desk.accepted()} == {"leopard-1", "russia-north-korea"}
    code, seconds = service.terminate()
    assert code == 0
    assert seconds < 5
    assert (service.folder / "state" / "kafka" / "log").is_dir()


@pytest.mark.slow
@pytest.mark.kafka
async def test_what_an_embedded_broker_owed_is_published_once_to_a_broker_that_remembers(service: Service, desk: Desk):
    url = f"sqlite+aiosqlite:///{service.folder}/state/armswire.db"
    await asyncio.to_thread(upgrade, url)
    engine = open_engine(url)
    title, summary = LEOPARD
    await journal.write(engine, [an_article(feed="mine", title=title, summary=summary)])
    service.arguments = ("--durable",)
    await asyncio.to_thread(service.start().wait_ready)
    await asyncio.to_thread(wait_for, desk.accepted, 30, "the alert is delivered")
    assert await journal.outstanding(engine) == []
    await engine.dispose()
    assert "1 articles that were under way are published again" in service.errors()


@pytest.mark.slow
@pytest.mark.kafka
def test_a_run_on_brokers_of_ones_own_starts_none(
    service: Service, site: FeedSite, desk: Desk, kafka: str, store_server: str
):
    service.environment |= {"ARMSWIRE_BROKER": kafka, "ARMSWIRE_REDIS": store_server, "ARMSWIRE_REPLICATION": "1"}
    service.start().wait_ready()
    assert not service.children("tansu")
    assert not service.children("valkey-server")
    site.publish("/mine.rss", "one", *LEOPARD)
    wait_for(lambda: len(desk.accepted()) == 1, 30, "the alert is delivered")


@pytest.mark.skipif(shutil.which("java") is not None, reason="Java is here: --durable works")
def test_without_java_a_durable_run_says_what_to_install(service: Service):
    service.arguments = ("--durable",)
    service.start()
    assert service.process.wait(60) == 1
    assert "needs Java" in service.errors()


def test_a_durable_run_refuses_a_broker_that_is_named_too(service: Service):
    service.arguments = ("--durable",)
    service.environment["ARMSWIRE_BROKER"] = "127.0.0.1:9"
    service.start()
    assert service.process.wait(30) == 2
    assert "--durable starts a broker of its own" in service.errors()


def test_a_port_that_is_taken_is_refused_with_the_setting_to_change(service: Service, desk: Desk):
    service.environment["ARMSWIRE_PORT"] = desk.address.rpartition(":")[2]
    service.start()
    assert service.process.wait(30) == 1
    assert "set ARMSWIRE_PORT to a free port" in service.errors()
