"""``armswire check``: every configuration file, every mistake, and what would be polled, watched and sent."""

import sys
from collections import Counter

import click

from config.load import load_configuration
from config.mistakes import ConfigurationError
from config.settings import read_settings


@click.command()
def check() -> None:
    """Check the configuration; exit 1 and name every mistake where there is one."""
    settings = read_settings()
    try:
        configuration = load_configuration(settings.config)
    except ConfigurationError as error:
        for mistake in error.mistakes:
            click.echo(str(mistake))
        click.echo(f"{len(error.mistakes)} mistakes in {settings.config}", err=True)
        sys.exit(1)
    polled = [feed for feed in configuration.feeds if not feed.pause]
    tiers = Counter(feed.tier for feed in polled)
    click.echo(f"{settings.config}: no mistakes")
    click.echo(
        f"polls     {len(polled)} feeds of {len(configuration.feeds)}"
        + "".join(f", {count} of tier {tier}" for tier, count in sorted(tiers.items()))
    )
    lexicon = configuration.lexicon
    click.echo(f"knows     {len(lexicon.system_ids)} weapon systems, {len(lexicon.country_codes)} countries and groups")
    for watch in configuration.watches:
        names = ", ".join(receiver.id for receiver in configuration.receivers_of(watch)) or "nobody"
        click.echo(f"watches   {watch.id} ({watch.level}, {watch.status}) and tells {names}")
    for receiver in configuration.receivers:
        click.echo(f"tells     {receiver.id} by {receiver.type} of {', '.join(receiver.events)}")
