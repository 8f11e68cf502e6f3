"""``armswire database upgrade``."""

import click

from config.settings import read_settings
from streams.database import upgrade


@click.group()
def database() -> None:
    """The database of events, alerts and deliveries."""


@database.command("upgrade")
def upgrade_command() -> None:
    """Bring the tables to the newest form."""
    upgrade(read_settings().database)
    click.echo("the database is up to date")
