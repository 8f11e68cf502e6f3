"""What a person sees of both ledgers, and what they can change, through the command itself."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.ext.asyncio import AsyncEngine

from agents.archive.dead_letter import dead_letter_of
from agents.archive.store import store_dead_letter, store_event
from agents.deliver.letters import letters_of
from agents.deliver.outbox import Outbox
from agents.deliver.receivers import Answer, Reason
from agents.deliver.settlement import Attempt
from streams.cli import armswire
from streams.database import open_engine
from streams.dead_letters import Inbound, headers_of
from streams.records import Poison, encode
from tests.broker.pipeline import SECRET, write_configuration
from tests.builders import NOW, a_configuration, a_receiver, a_watch, an_alert, an_article, an_event

HOOK = {
    "id": "desk",
    "type": "webhook",
    "url": "https://user:word@desk.example/secret-path",
    "secret": "${DESK_SECRET}",
}


async def _fill(url: str) -> None:
    engine = open_engine(url)
    configuration = a_configuration(a_watch({"country": "UA"}), receivers=[a_receiver(id="desk")])
    outbox = Outbox(engine, (0.0, 5.0), lambda alert: letters_of(alert, configuration), "one")
    for name, answer in (("aa", Answer(Reason.OK, 204)), ("ab", Answer(Reason.SERVER_ERROR, 503, "503 down"))):
        await outbox.take(an_alert(id=f"msg_{name}"), NOW)
        due = await outbox.claim("desk", NOW)
        assert due is not None
        await outbox.settle(Attempt(due, answer, NOW, NOW, 1.0))
    await _fill_archive(engine)
    await engine.dispose()


async def _fill_archive(engine: AsyncEngine) -> None:
    event = an_event(
        an_article(title="Berlin hands Taurus to Kyiv"), suppliers=["DE"], recipients=["UA"], systems=["Taurus"]
    )
    await store_event(engine, event, encode(event), NOW, journaled=False)
    value = b'{"broken": "\x1b[2J'
    inbound = Inbound("articles.collected", 2, 17, b"k", value, {})
    headers = headers_of("deduplicate", inbound, Poison("it is cut short"))
    await store_dead_letter(engine, dead_letter_of(Inbound("dead-letters", 0, 0, b"k", value, headers)), NOW)


@pytest.fixture
def ledger(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    asyncio.run(_fill(database_url))
    folder = write_configuration(tmp_path / "config", [], [], [HOOK, {"id": "console", "type": "console"}])
    for name, value in {"DATABASE": database_url, "CONFIG": str(folder), "STATE": str(tmp_path)}.items():
        monkeypatch.setenv(f"ARMSWIRE_{name}", value)
    monkeypatch.delenv("ARMSWIRE_BROKER", raising=False)
    monkeypatch.setenv("DESK_SECRET", SECRET)
    return database_url


def run(*words: str) -> Result:
    return CliRunner().invoke(armswire, words)


def rows(*words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*words, "-o", "json").stdout.splitlines()]


def test_deliveries_are_listed_with_what_their_last_attempt_came_to(ledger: str) -> None:
    found = {row["alert"]: (row["state"], row["error"]) for row in rows("deliveries", "list")}
    assert found == {"msg_aa": ("delivered", None), "msg_ab": ("pending", "503 down")}


def test_a_delivery_is_replayed_by_the_first_characters_of_its_alert(ledger: str) -> None:
    assert run("deliveries", "replay", "msg_aa").output == "due now: 1\n"
    assert {row["state"] for row in rows("deliveries", "list")} == {"pending"}


def test_characters_that_fit_two_alerts_replay_none(ledger: str) -> None:
    result = run("deliveries", "replay", "msg_a")
    assert (result.exit_code, "more than one" in result.stderr) == (1, True)
    assert [row["state"] for row in rows("deliveries", "list", "--alert", "msg_aa")] == ["delivered"]


def test_receivers_are_listed_without_secrets(ledger: str) -> None:
    everything = run("receivers", "list", "-o", "json").stdout
    assert "https://desk.example" in everything
    assert not any(secret in everything for secret in ("secret-path", "word", SECRET))
    desk = next(row for row in rows("receivers", "list") if row["id"] == "desk")
    assert (desk["waiting"], desk["delivered"], desk["state"][:13]) == (1, 1, "failing since")


def test_an_unknown_receiver_is_told_with_those_there_are(ledger: str) -> None:
    result = run("receivers", "test", "deks")
    assert (result.exit_code, "there are desk, console" in result.stderr) == (2, True)


def test_events_are_found_by_country_in_any_case(ledger: str) -> None:
    assert [row["title"] for row in rows("events", "list", "--supplier", "de")] == ["Berlin hands Taurus to Kyiv"]
    assert rows("events", "list", "--supplier", "UA") == []


def test_a_dead_letter_is_shown_without_obeying_its_control_characters(ledger: str) -> None:
    (letter,) = rows("dead-letters", "list")
    shown = run("dead-letters", "show", letter["id"][:12]).stdout
    assert "deduplicate refused articles.collected/2/17: Poison: it is cut short" in shown
    assert "\x1b" not in shown


def test_a_command_that_needs_a_database_says_that_there_is_none(
    ledger: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ARMSWIRE_DATABASE", f"sqlite:///{tmp_path}/nothing.db")
    result = run("events", "list")
    assert (result.exit_code, "there is no database at" in result.stderr) == (1, True)
    assert not (tmp_path / "nothing.db").exists()
