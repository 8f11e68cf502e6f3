"""``armswire topics``: make, check, and accept a loss to retention."""

import asyncio
import sys

import click

from config.settings import SettingsError, read_settings
from streams.retention import accept_loss
from streams.topics import Stage, check_topics, make_topics


def _broker() -> str:
    broker = read_settings().broker
    if not broker:
        raise SettingsError(["ARMSWIRE_BROKER: must be given, for example 127.0.0.1:9092"])
    return broker


@click.group()
def topics() -> None:
    """The Kafka topics of the pipeline."""


@topics.command()
def make() -> None:
    """Create the topics that are missing."""
    made = asyncio.run(make_topics(_broker(), read_settings().replication))
    click.echo(f"made {', '.join(made)}" if made else "every topic is there already")


@topics.command()
def check() -> None:
    """Say what is wrong with the topics; exit 1 if anything is."""
    settings = read_settings()
    wrong = asyncio.run(check_topics(_broker(), sizes=not settings.embedded))
    for sentence in wrong:
        click.echo(sentence)
    if wrong:
        sys.exit(1)
    click.echo("every topic is as it must be")


@topics.command("accept-loss")
@click.argument("stage", type=click.Choice([str(stage) for stage in Stage]))
def accept_loss_command(stage: str) -> None:
    """Let STAGE (which must not run) go on although its topic deleted records before it read them."""
    lost = asyncio.run(accept_loss(_broker(), Stage(stage)))
    for partition, count in lost.items():
        click.echo(f"{partition.topic}/{partition.partition}: {count} records given up")
    if not lost:
        click.echo("nothing was lost")
