"""``armswire events`` and ``armswire dead-letters``."""

import logging
import sys
from datetime import datetime
from typing import Any

import click
from aiokafka.errors import KafkaError

from agents.archive.ledger import EVENT_COLUMNS, Wanted, find_dead_letters, find_events, read_dead_letter, replay
from config.settings import SettingsError, read_settings
from streams.addresses import of_the_running_service
from streams.ledger import Since, ask
from streams.output import output_option, print_rows
from streams.records import Assertion, EventType

ID_SHOWN = 12  # characters that tell one dead letter from another

limit_option = click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
since_option = click.option("--since", type=Since(), help="Only later ones: 24h, 30d or a date.")


@click.group()
def events() -> None:
    """The ledger of events."""


@events.command("list")
@since_option
@click.option("--type", "kind", type=click.Choice([str(kind) for kind in EventType]), help="Type of event.")
@click.option("--supplier", help="Country code or group of a supplier, such as DE.")
@click.option("--recipient", help="Country code or group of a recipient, such as UA.")
@click.option("--system", help="Id of a weapon system, such as taurus.")
@click.option("--relevant/--all", default=True, help="Only arms-trade events, or every article that was judged.")
@limit_option
@output_option
def list_events(
    since: datetime | None,
    kind: str | None,
    supplier: str | None,
    recipient: str | None,
    system: str | None,
    *,
    relevant: bool,
    limit: int,
    form: str,
) -> None:
    """The newest events, newest first."""
    wanted = Wanted(since, kind, _code(supplier), _code(recipient), system and system.lower(), relevant, limit)
    rows = ask(lambda engine: find_events(engine, wanted))
    if form == "table":
        rows = [_short(row) for row in rows]
    shown = ["stored", "type", "parties", "systems", "title"]
    if not relevant:
        shown = ["stored", "relevant", "verdict", "parties", "title"]
    print_rows(rows, shown if form == "table" else EVENT_COLUMNS, form, "no event matches")


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """A row for people: an assertion stands where it is not the usual one."""
    ends = [" ".join(row[name]) or "?" for name in ("suppliers", "recipients")]
    told = f" ({row['assertion']})" if row["assertion"] not in (None, Assertion.REPORTED) else ""
    return row | {
        "relevant": "yes" if row["relevant"] else f"no: {row['reason']}",
        "type": f"{row['type'] or ''}{told}",
        "parties": " → ".join(ends) if row["suppliers"] or row["recipients"] else None,
        "title": f"{row['title']} ({row['outlet']})" if row["title"] else None,
    }


def _code(value: str | None) -> str | None:
    """Countries are upper case, groups such as hezbollah lower: two letters are a country."""
    if value is None:
        return None
    return value.upper() if len(value) == len("DE") or value.upper() == "NATO" else value.lower()


@click.group("dead-letters")
def dead_letters() -> None:
    """Records that a stage could not process, kept untouched."""


@dead_letters.command("list")
@since_option
@limit_option
@output_option
def list_dead_letters(since: datetime | None, limit: int, form: str) -> None:
    """The newest dead letters, newest first."""
    rows = ask(lambda engine: find_dead_letters(engine, since, limit))
    columns = ["stored", "id", "stage", "topic", "partition", "offset", "reason", "replayed", "traceback"]
    if form == "table":
        columns = ["stored", "id", "stage", "place", "replayed", "reason"]
        rows = [row | {"id": row["id"][:ID_SHOWN], "place": _place(row)} for row in rows]
    print_rows(rows, columns, form, "no dead letters")


@dead_letters.command("show")
@click.argument("letter", metavar="ID")
def show_dead_letter(letter: str) -> None:
    """Why a record was refused, with the traceback and the value; ID may be its first characters."""
    row: dict[str, Any] | None = ask(lambda engine: read_dead_letter(engine, letter))
    if row is None:
        raise click.ClickException(f"no dead letter, or more than one, has an id that starts with {letter!r}")
    click.echo(f"{row['id']}\n{row['stage']} refused {_place(row)}: {_visible(row['reason'])}")
    click.echo(
        f"\n{_visible(row['traceback'] or 'no traceback')}\n\n{_visible(row['value'].decode('utf-8', 'replace'))}"
    )


def _place(row: dict[str, Any]) -> str:
    return f"{row['topic']}/{row['partition']}/{row['offset']}"


def _visible(text: str) -> str:
    """Without control characters: a record may hold anything, and a terminal obeys what it is sent."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


@dead_letters.command("replay")
@click.argument("letters", metavar="ID...", nargs=-1, required=True)
def replay_dead_letters(letters: tuple[str, ...]) -> None:
    """Publish records again, untouched, to the topics they came from; an ID may be its first characters."""
    settings = of_the_running_service(read_settings())
    broker = settings.broker
    if not broker:
        raise SettingsError(
            ["ARMSWIRE_BROKER: no service runs on this state, so it must be given, for example 127.0.0.1:9092"]
        )
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what goes wrong is told once, below
    try:
        done = ask(lambda engine: replay(engine, broker, letters, journaled=settings.embedded))
    except KafkaError as error:
        raise click.ClickException(f"publishing to the broker at {broker}: {error}") from None
    for each in done:
        line = f"{each.id[:ID_SHOWN]}: {each.problem or f'published to {each.topic}'}"
        click.echo(line, err=each.problem is not None)
    if any(each.problem for each in done):
        sys.exit(1)
