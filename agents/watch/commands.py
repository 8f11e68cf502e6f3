"""``armswire alerts list``: what was raised, and on which development."""

from datetime import datetime
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from agents.watch.grouping import headline
from streams.database import alerts as table
from streams.database import reading
from streams.ledger import Since, ask
from streams.output import output_option, print_rows
from streams.records import Alert, decode

COLUMNS = (
    "raised", "id", "kind", "level", "watch", "about", "reasons", "development", "articles", "outlets", "independent_outlets",
    "suppliers", "recipients", "systems", "types", "assertion", "title", "link", "held", "taken",
)  # fmt: skip
SHOWN = ("raised", "kind", "level", "outlets", "about")


@click.group()
def alerts() -> None:
    """The alerts that were raised."""


@alerts.command("list")
@click.option("--watch", help="Only of the watch with this id.")
@click.option("--since", type=Since(), help="Only later ones: 24h, 30d or a date.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@output_option
def list_alerts(watch: str | None, since: datetime | None, limit: int, form: str) -> None:
    """The newest alerts, newest first; held ones are stored and never sent (experimental watches).

    Outlets: how many are independent, of how many.
    """
    rows = ask(lambda engine: find_alerts(engine, watch, since, limit))
    if form == "table":
        print_rows([_short(row) for row in rows], SHOWN, form, "no alert matches")
    else:
        print_rows(rows, COLUMNS, form)


async def find_alerts(
    engine: AsyncEngine, watch: str | None, since: datetime | None, limit: int
) -> list[dict[str, Any]]:
    """The newest alerts that match, newest first."""
    query = select(table.c.body, table.c.held, table.c.taken).order_by(table.c.raised.desc(), table.c.id).limit(limit)
    if watch is not None:
        query = query.where(table.c.watch == watch)
    if since is not None:
        query = query.where(table.c.raised >= since)
    async with reading(engine) as connection:
        rows = (await connection.execute(query)).mappings().all()
    return [_row(decode(Alert, row["body"]), row["held"], row["taken"]) for row in rows]


def _row(alert: Alert, held: str | None, taken: datetime | None) -> dict[str, Any]:
    event = alert.event or {}
    return {
        "raised": alert.raised,
        "id": alert.id,
        "kind": str(alert.kind),
        "level": alert.watch.level if alert.watch else None,
        "watch": alert.watch.id if alert.watch else alert.subject,
        "about": headline(event, alert.articles_total) if event else "; ".join(alert.reasons) or alert.detail,
        "reasons": alert.reasons,
        "development": alert.development,
        "articles": alert.articles_total,
        "outlets": alert.outlets,
        "independent_outlets": alert.independent_outlets,
        **{name: event.get(name) for name in ("suppliers", "recipients", "types", "assertion", "title")},
        "systems": [system["name"] for system in event.get("systems", ())],
        "link": alert.link,
        "held": held,
        "taken": taken,
    }


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """A row for people."""
    held = f" ({row['held']})" if row["held"] else ""
    outlets = f"{row['independent_outlets']} of {row['outlets']}" if row["outlets"] else ""
    return row | {"kind": row["kind"] + held, "outlets": outlets, "about": f"{row['watch']}: {row['about']}"}
