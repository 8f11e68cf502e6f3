"""How commands look into the database: questions and times as people write them, faults told and not thrown."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from config.schema import seconds
from config.settings import read_settings
from streams.database import opened

T = TypeVar("T")


def ask(question: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    """The answer of ``question`` on the database of the settings; raises ClickException where it cannot be asked."""
    url = make_url(read_settings().database)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        raise click.ClickException(f"there is no database at {url.database} yet; armswire run makes one")
    try:
        return asyncio.run(_asked(url.render_as_string(hide_password=False), question))
    except (DBAPIError, OSError) as error:
        said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        shown = url.render_as_string(hide_password=True)
        raise click.ClickException(
            f"reading the database {shown}: {said}; is it up to date? armswire database upgrade"
        ) from None


async def _asked(url: str, question: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    async with opened(url) as engine:
        return await question(engine)


class Since(click.ParamType):
    """A time in UTC: ``24h`` or ``30d`` ago, or an ISO date such as 2026-03-01 or 2026-03-01T12:00."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return datetime.now(UTC) - timedelta(seconds=seconds(value))
        except (ValueError, OverflowError):
            pass
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; write 24h, 30d or 2026-03-01", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
