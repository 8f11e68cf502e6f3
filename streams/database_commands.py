"""``armswire database upgrade``."""

import click

from config.settings import read_settings
from streams.database import TRANSIENT, upgrade


@click.group()
def database() -> None:
    """The database of events, alerts and deliveries."""


@database.command("upgrade")
def upgrade_command() -> None:
    """Bring the tables to the newest form."""
    try:
        upgrade(read_settings().database)
    except TRANSIENT as error:
        raise click.ClickException(str(error)) from error
    click.echo("the database is up to date")
