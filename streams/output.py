"""How commands print rows: a table for people, JSON and CSV for pipes."""

import csv
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

WORDS_LEAST = 20  # characters of a column in words
GAP = 2  # between columns
UNBOUND = 1000  # columns where nobody looks at a terminal: a row that is piped on is one line

output_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print.",
)


def print_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], form: str, nothing: str = "nothing to show"
) -> None:
    """Print ``columns`` of ``rows`` to stdout as table, json or csv."""
    if form == "json":
        for row in rows:
            click.echo(json.dumps({name: row.get(name) for name in columns}, ensure_ascii=False, default=_cell))
    elif form == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    elif not rows:
        click.echo(nothing, err=True)
    else:
        _print_table(rows, columns)


def utc_text(moment: datetime) -> str:
    """``2026-03-02T12:00:00Z``, with fractions of a second where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    if not (console.is_terminal or "COLUMNS" in os.environ):
        console.width = UNBOUND
    cells = [[_plain(row.get(name)) for name in columns] for row in rows]
    titles = [name.replace("_", " ") for name in columns]
    # The last column is the one in words: it takes what the others leave, and more than one line where it must.
    taken = sum(max(map(len, column)) + GAP for column in list(zip(titles, *cells, strict=True))[:-1])
    fits = taken + WORDS_LEAST <= console.width
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles[:-1]:
        table.add_column(title, overflow="fold", no_wrap=fits)
    table.add_column(titles[-1], overflow="fold")
    for row in cells:
        table.add_row(*map(escape, row))
    console.print(table)


def _cell(value: Any) -> str:
    return utc_text(value) if isinstance(value, datetime) else _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return str(value)
