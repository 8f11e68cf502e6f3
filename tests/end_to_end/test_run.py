"""`armswire run` as its user meets it: a feed of one's own in, signed webhooks out, also through kill -9."""

import contextlib
import signal
import time
from pathlib import Path

import psutil
import pytest
from standardwebhooks import Webhook as Verifier

from tests.end_to_end.surroundings import Desk, FeedSite, Service, wait_for

DELIVERED_SECONDS = 30.0
STORIES = {
    "taurus": (
        "Germany approves Taurus cruise missiles for Ukraine",
        "Germany has approved the delivery of 40 Taurus cruise missiles to Ukraine, the chancellery said on Monday.",
        {"taurus", "germany-ukraine"},
    ),
    "leopard": (
        "Denmark delivers Leopard 1 tanks to Ukraine",
        "Denmark has delivered fourteen Leopard 1A5 tanks to Ukraine, its defence minister said.",
        {"leopard-1"},
    ),
    "shells": (
        "North Korea sends artillery shells to Russia",
        "North Korea has sent a trainload of artillery shells to Russia, officials in Seoul said.",
        {"russia-north-korea"},
    ),
    "weather": ("Typhoon closes two harbours", "A typhoon closed two harbours in the north on Friday.", set()),
    "iris": (
        "Germany delivers fourth IRIS-T SLM system to Ukraine",
        "Germany has delivered a fourth IRIS-T SLM air defence system to Ukraine, the government's list shows.",
        {"germany-ukraine"},
    ),
    "football": ("Patriots sign a young quarterback", "The Patriots signed a quarterback on a four-year deal.", set()),
}
EXPECTED = {(watch, title) for title, _, watches in STORIES.values() for watch in watches}


def _publish(site: FeedSite, name: str) -> None:
    title, text, _ = STORIES[name]
    site.publish("/mine.rss", name, title, text)


def _delivered(desk: Desk) -> set[tuple[str, str]]:
    return {hook.alert for hook in desk.accepted()}


@pytest.mark.slow
def test_each_expected_alert_is_delivered_once_and_signed_and_a_second_start_repeats_nothing(
    service: Service, site: FeedSite, desk: Desk, secret: str
):
    service.start().wait_ready()
    for name, (title, _, watches) in STORIES.items():
        _publish(site, name)
        expected = {(watch, title) for watch in watches}
        wait_for(
            lambda wanted=expected: wanted <= _delivered(desk),
            DELIVERED_SECONDS,
            f"{name} delivered: {_delivered(desk)}",
        )
    time.sleep(2)
    assert _delivered(desk) == EXPECTED
    assert len(desk.accepted()) == len(EXPECTED)
    verifier = Verifier(secret)
    for hook in desk.got:
        verifier.verify(hook.body, hook.headers)
    assert len(site.asked["/slow.rss"]) == 1

    metrics = service.page("metrics")[1]
    assert metrics.count("# TYPE armswire_alerts_total counter") == 1
    assert metrics.count('armswire_stage_up{stage="deliver"} 1.0') == 1

    code, seconds = service.terminate()
    assert code == 0
    assert seconds < 5
    asked, got = len(site.asked["/mine.rss"]), len(desk.got)

    service.start().wait_ready()
    wait_for(lambda: len(site.asked["/mine.rss"]) >= asked + 2, 30, "the feed is polled again")
    time.sleep(3)
    assert len(desk.got) == got
    assert len(site.asked["/slow.rss"]) == 1  # its hour is not over
    assert service.terminate()[0] == 0


@pytest.mark.slow
def test_two_services_on_one_state_folder_refuse_each_other(service: Service, tmp_path):
    service.start()
    wait_for(lambda: service.page("healthz")[0] == 200, 30, "the first answers")
    second = Service(tmp_path, service.environment | {"ARMSWIRE_PORT": "0"})
    (tmp_path / "second").mkdir()
    second.folder = tmp_path / "second"
    second.start()
    assert second.process.wait(30) == 1
    assert f"another armswire run (process {service.process.pid}) works on the state folder" in second.errors()


@pytest.mark.slow
def test_a_broker_killed_and_then_the_whole_service_killed_lose_no_alert_and_no_id(
    service: Service, site: FeedSite, desk: Desk, secret: str
):
    service.environment["ARMSWIRE_RETRY_DELAYS"] = "0," + ",".join(["2"] * 60)
    desk.status = 503
    service.start().wait_ready()
    first, *others = STORIES
    _publish(site, first)
    wait_for(lambda: desk.got, DELIVERED_SECONDS, "the first attempt")
    for name in others[:2]:
        _publish(site, name)
    polls = len(site.asked["/mine.rss"])
    wait_for(lambda: len(site.asked["/mine.rss"]) > polls, 20, "the feed with the new items is polled")
    (broker,) = service.children("tansu")
    broker.kill()  # while what it was told flows
    wait_for(lambda: "the embedded broker ended" in service.errors(), 10, "the death is noticed")
    for name in others[2:]:
        _publish(site, name)
    service.wait_ready()
    polls = len(site.asked["/mine.rss"])
    wait_for(lambda: len(site.asked["/mine.rss"]) > polls, 30, "the feed with the last items is polled")
    time.sleep(1.0)
    family = service.kill()
    site.take_away("/mine.rss")
    wait_for(lambda: not any(_lives(process) for process in family), 5, "every process of the service is gone")
    attempted = {hook.id: hook.alert for hook in desk.got}

    desk.status = 204
    service.start().wait_ready()
    wait_for(lambda: _delivered(desk) >= EXPECTED, 60, f"all delivered: {_delivered(desk)}")
    time.sleep(3)
    assert _delivered(desk) == EXPECTED
    ids = {hook.alert: {other.id for other in desk.got if other.alert == hook.alert} for hook in desk.accepted()}
    assert all(len(known) == 1 for known in ids.values()), ids
    assert all(ids[alert] == {known} for known, alert in attempted.items())
    assert len(desk.accepted()) == len(EXPECTED)
    for hook in desk.accepted():
        Verifier(secret).verify(hook.body, hook.headers)


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest.mark.slow
def test_a_stage_and_the_store_that_are_killed_are_started_again_and_the_service_goes_on(
    service: Service, site: FeedSite, desk: Desk, tmp_path: Path
):
    service.start().wait_ready()
    (watch,) = service.children("worker watch")
    watch.kill()
    wait_for(lambda: service.page("readyz")[0] == 503, 10, "the service is not ready without watch")
    service.wait_ready()
    service.process.send_signal(signal.SIGHUP)  # read the configuration again: nobody ends of it
    (store,) = service.children("valkey-server")
    store.kill()
    wait_for(lambda: "the embedded store ended" in service.errors(), 10, "the store's death is noticed")
    _publish(site, "leopard")
    wait_for(lambda: _delivered(desk), DELIVERED_SECONDS, "the alert is delivered")
    ended = [line for line in service.errors().splitlines() if '"message": "stage ' in line]
    assert len(ended) == 1  # watch, which was killed
    wait_for(lambda: "was read again" in (tmp_path / "state/logs/deliver.log").read_text(), 10, "it is read again")


@pytest.mark.slow
def test_the_demo_shows_three_alerts_with_evidence_within_a_minute(demo: Service):
    demo.start()
    seconds = wait_for(
        lambda: demo.alive() and demo.output().count(" ALERT ") >= 3, 60, f"three alerts:\n{demo.output()}"
    )
    assert seconds < 60
    alerts = [line for line in demo.output().splitlines() if " ALERT " in line]
    assert all("evidence: “" in line for line in alerts)
    wait_for(lambda: "delivered created" in demo.output(), 10, "a signed delivery is shown")
    assert demo.terminate()[0] == 0


@pytest.mark.slow
def test_a_configuration_with_a_mistake_is_refused_before_anything_starts(service: Service):
    (service.folder / "config" / "watches.yaml").write_text("watches:\n  - {id: a, when: {systems: [tauros]}}\n")
    service.start()
    assert service.process.wait(30) == 2
    assert "watches[0].when.systems" in service.errors()
    assert "did you mean 'taurus'" in service.errors()
