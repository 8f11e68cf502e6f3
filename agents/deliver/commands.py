"""``armswire deliveries`` and ``armswire receivers``."""

import asyncio
import sys
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import click

from agents.deliver.dispatch import senders_of
from agents.deliver.ledger import Wanted, enable, find_alerts, find_deliveries, receiver_rows, replay
from agents.deliver.message import render
from agents.deliver.receivers import Answer, Message, Reason
from agents.deliver.receivers.webhook import Webhooks, shown
from agents.deliver.settlement import State
from config.load import load_configuration
from config.schema import Receiver
from config.settings import read_settings
from streams.ledger import Since, ask
from streams.logs import start_logging
from streams.output import output_option, print_rows
from streams.records import Alert, AlertKind

TABLE = ("created", "alert", "receiver", "state", "about")
ID_SHOWN = 17  # characters of an alert's id: msg_ and enough to tell it from others
COLUMNS = (
    "created", "alert", "receiver", "kind", "watch", "level", "state", "attempts", "next_at", "finished", "last_attempt",
    "reason", "status", "error", "duration",
)  # fmt: skip


@click.group()
def deliveries() -> None:
    """What was delivered to whom, and what waits."""


@deliveries.command("list")
@click.option("--alert", help="Only of this alert.")
@click.option("--receiver", help="Only to this receiver.")
@click.option("--state", type=click.Choice([str(state) for state in State]), help="Only in this state.")
@click.option("--since", type=Since(), help="Only later ones: 24h, 30d or a date.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@output_option
def list_deliveries(
    alert: str | None, receiver: str | None, state: str | None, since: datetime | None, *, limit: int, form: str
) -> None:
    """The newest deliveries, newest first, with what their last attempt came to."""
    wanted = Wanted(_alerts([alert]) if alert else (), receiver, state, since, limit)
    rows = ask(lambda engine: find_deliveries(engine, wanted))
    if form == "table":
        rows = [_short(row) for row in rows]
    print_rows(rows, TABLE if form == "table" else COLUMNS, form, "no delivery matches")


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """A row for people."""
    about = f"{row['kind']} {row['watch'] or ''}".strip() + (f": {row['error']}" if row["error"] else "")
    tries = f", {row['attempts']} tries" if row["attempts"] > 1 else ""
    again = f", next {row['next_at']:%H:%M:%S}" if row["next_at"] else ""
    return row | {"alert": row["alert"][:ID_SHOWN], "state": f"{row['state']}{tries}{again}", "about": about}


@deliveries.command("replay")
@click.argument("alerts", metavar="ID...", nargs=-1)
@click.option("--receiver", help="Only to this receiver.")
@click.option("--exhausted", is_flag=True, help="All that ran out of attempts; no ID is needed.")
def replay_deliveries(alerts: tuple[str, ...], receiver: str | None, *, exhausted: bool) -> None:
    """Send alerts again from the start of the schedule.

    ID is the alert's, or its first characters; it stays the webhook-id, so a receiver knows a repeat.
    """
    if not alerts and not exhausted:
        raise click.UsageError("name alerts, or say --exhausted")
    wanted = Wanted(_alerts(alerts), receiver, State.EXHAUSTED if exhausted else None)
    count = ask(lambda engine: replay(engine, wanted, datetime.now(UTC)))
    click.echo(f"due now: {count}" if count else "no delivery matches", err=not count)
    if not count:
        sys.exit(1)


def _alerts(prefixes: Iterable[str]) -> list[str]:
    """The alerts whose ids start so; each prefix must tell one from all others."""
    found = []
    for prefix in prefixes:
        matches = ask(partial(find_alerts, prefix=prefix))
        if len(matches) != 1:
            count = "more than one" if matches else "no"
            raise click.ClickException(f"{count} alert with deliveries has an id that starts with {prefix!r}")
        found += matches
    return found


@click.group()
def receivers() -> None:
    """Who is told, and how they are doing."""


@receivers.command("list")
@output_option
def list_receivers(form: str) -> None:
    """Every configured receiver; secrets and the paths of addresses are not shown."""
    configuration = load_configuration(read_settings().config)
    try:
        known = ask(receiver_rows)
    except click.ClickException as error:  # the list is worth showing without it
        click.echo(f"how they are doing is not known: {error.message}", err=True)
        known = {}
    rows = [_row(receiver, known.get(receiver.id, {})) for receiver in configuration.receivers]
    columns = ["id", "type", "to", "events", "state", "waiting", "exhausted", "reason"]
    if form != "table":
        columns.append("delivered")
    print_rows(rows, columns, form, "no receiver is configured")


def _row(receiver: Receiver, known: Mapping[str, Any]) -> dict[str, Any]:
    counts = {name: known.get(name, 0) for name in ("waiting", "delivered", "exhausted")}
    facts = {"id": receiver.id, "type": receiver.type, "to": shown(receiver), "events": receiver.events}
    return facts | counts | {"state": _state(known, datetime.now(UTC)), "reason": known.get("reason")}


def _state(known: Mapping[str, Any], now: datetime) -> str:
    if known.get("disabled"):
        return f"disabled since {known['disabled']:%Y-%m-%d %H:%M}"
    if known.get("held_until") and known["held_until"] > now:
        return f"asked for a pause until {known['held_until']:%Y-%m-%d %H:%M}"
    return f"failing since {known['failing_since']:%Y-%m-%d %H:%M}" if known.get("failing_since") else "ok"


@receivers.command("enable")
@click.argument("name")
def enable_receiver(name: str) -> None:
    """Send again to a receiver that answered 410 or asked for a pause; what waited for it goes out."""
    _find(name)
    changed = ask(lambda engine: enable(engine, name))
    click.echo(f"{name} is sent to again" if changed else f"{name} was neither disabled nor held")


@receivers.command("test")
@click.argument("name")
def test_receiver(name: str) -> None:
    """Send test.ping to a receiver now, past the outbox, and say what came of it."""
    receiver = _find(name)
    if receiver.type == "console":
        start_logging("INFO", "text", "deliver")
    alert = Alert(
        id=f"msg_{uuid.uuid4()}",
        kind=AlertKind.TEST_PING,
        subject=name,
        detail="a test of the way to this receiver; nothing has happened",
        raised=datetime.now(UTC),
    )
    rendering = render(alert, receiver)
    began = time.monotonic()
    answer = asyncio.run(_send(receiver, Message(alert.id, rendering.body, rendering.content_type)))
    took = f"{(time.monotonic() - began) * 1000:.0f} ms"
    if answer.reason is Reason.OK:
        status = f" with {answer.status}" if answer.status else ""
        click.echo(f"{name} took {alert.id}{status} in {took} ({len(rendering.body)} bytes)")
        return
    click.echo(f"{name} did not take {alert.id}: {answer.reason}: {answer.error} ({took})", err=True)
    sys.exit(1)


async def _send(receiver: Receiver, message: Message) -> Answer:
    async with Webhooks() as webhooks:
        return await senders_of(webhooks)[receiver.type](receiver, message)


def _find(name: str) -> Receiver:
    configured = load_configuration(read_settings().config).receivers
    for receiver in configured:
        if receiver.id == name:
            return receiver
    raise click.UsageError(f"no receiver {name!r}; there are {', '.join(r.id for r in configured) or 'none'}")
