"""The ``armswire`` command; sub-commands live beside what they serve and are loaded when they are asked for."""

import importlib
import importlib.metadata
import sys

import click

from config.mistakes import ConfigurationError
from config.settings import SettingsError

COMMANDS = {
    "run": ("streams.run.command:run", "Everything on this machine: broker, store, stages, live view."),
    "worker": ("streams.worker:worker", "One worker of one stage against Kafka and Redis."),
    "check": ("streams.check_command:check", "Check the configuration; what would be polled, watched and sent."),
    "test": ("agents.workbench.test:test", "Run the tests in the watch files."),
    "classify": ("agents.workbench.classify:classify", "Filter: articles as JSON lines in, events out."),
    "explain": ("agents.workbench.explain:explain", "Why a text is what event, and why not."),
    "feeds": ("streams.feeds.commands:feeds", "List, check, poll, parse, import and export feeds."),
    "events": ("agents.archive.commands:events", "The ledger of events."),
    "alerts": ("agents.watch.commands:alerts", "The alerts that were raised."),
    "deliveries": ("agents.deliver.commands:deliveries", "What was delivered, what waits; replay."),
    "receivers": ("agents.deliver.commands:receivers", "Who is told; send a test."),
    "dead-letters": ("agents.archive.commands:dead_letters", "Records that a stage refused; replay."),
    "topics": ("streams.topic_commands:topics", "Make and check the Kafka topics."),
    "database": ("streams.database_commands:database", "Migrate the database."),
}


class Lazy(click.Group):
    """A group that imports a sub-command only when it is called, so that each starts fast."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return [*COMMANDS, "version"]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return super().get_command(context, name)
        module, _, attribute = COMMANDS[name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, text) for name, (_, text) in COMMANDS.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*rows, ("version", "The version that is installed.")])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def armswire() -> None:
    """Armswire watches the international arms trade: feeds in, signed webhooks out."""


@armswire.command()
def version() -> None:
    """The version that is installed."""
    click.echo(f"armswire {importlib.metadata.version('armswire')}")


def main() -> None:
    """Entry of the console script: mistakes in settings and configuration are told, not thrown."""
    try:
        armswire()
    except (SettingsError, ConfigurationError) as error:
        for line in str(error).splitlines():
            click.echo(f"armswire: {line}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
