"""``armswire worker STAGE``: one worker of one stage, refused at start where anything would lose events."""

import asyncio
import importlib
import logging
import sys
from typing import NoReturn

import click
import faust
from aiokafka.errors import KafkaError

from config.mistakes import ConfigurationError
from config.settings import Settings, SettingsError, read_settings
from streams import faust_guards, metrics
from streams.app import StageApp
from streams.database import TRANSIENT, upgrade
from streams.logs import start_logging
from streams.retention import accepted_loss, lost_to_retention, rewind_shortened
from streams.topics import DEAD_LETTERS, SOURCES, Stage, await_broker, check_topics

log = logging.getLogger(__name__)
BROKER_SECONDS = 60.0


class Refused(RuntimeError):
    """Why a worker does not start, and what to do."""


@click.command()
@click.argument("stage", type=click.Choice([str(stage) for stage in Stage]))
def worker(stage: str) -> NoReturn:
    """Run one worker of STAGE against Kafka and Redis (collect, deduplicate, classify, watch, deliver or archive)."""
    run_stage(Stage(stage))


def run_stage(stage: Stage) -> NoReturn:
    """Run the stage until it is told to stop (exit 0) or crashes (exit 1); exit 2 where it must not start."""
    try:
        settings = read_settings()
        start_logging(settings.log_level, settings.log_format, stage)
        faust_guards.check_versions()
        asyncio.run(_check(settings, stage))
        if not settings.embedded:  # there the supervisor has done it
            upgrade(settings.database)
        # Imported only now: an agent's module makes its app, and that reads the settings.
        app = importlib.import_module(f"agents.{stage}.agent").app
        app.configuration  # noqa: B018 - read now, so that an invalid file refuses the start
    except (SettingsError, ConfigurationError, Refused, faust_guards.UncheckedVersion) as error:
        for line in str(error).splitlines():
            click.echo(f"armswire worker {stage}: {line}", err=True)
        sys.exit(2)
    except TRANSIENT as error:  # the database is away
        click.echo(f"armswire worker {stage}: {error}", err=True)
        sys.exit(1)
    except KafkaError as error:
        # The broker went away again, or the group's offsets cannot be set while another worker is in it: it passes.
        click.echo(f"armswire worker {stage}: looking at its topics: {type(error).__name__}: {error}", err=True)
        sys.exit(1)
    run_app(app)


class StageWorker(faust.Worker):
    """Faust's worker, which ends as soon as everything in it has ended."""

    async def _sentinel_task(self) -> None:
        """mode would sleep here for a second before it closes the loop."""


def run_app(app: StageApp) -> NoReturn:
    """Run a stage's app with its pages and its watchdog."""
    from streams.health import Health

    # Faust would set up logging of its own, and its spinner would leave the root logger at DEBUG.
    StageWorker(
        app, Health(app), loglevel="INFO", quiet=True, override_logging=False, redirect_stdouts=False
    ).execute_from_commandline()


async def _check(settings: Settings, stage: Stage) -> None:
    if not settings.broker:
        raise SettingsError(["ARMSWIRE_BROKER: must be given, for example 127.0.0.1:9092"])
    try:
        await await_broker(settings.broker, BROKER_SECONDS)
    except TimeoutError:
        raise Refused(f"the broker at {settings.broker} did not answer for {BROKER_SECONDS:.0f} s") from None
    wrong = await check_topics(settings.broker, (*SOURCES[stage], DEAD_LETTERS), sizes=not settings.embedded)
    if wrong:
        raise Refused("\n".join(wrong))
    if not settings.embedded:  # what that one forgets, the journal makes good
        await _check_logs(settings.broker, stage)


async def _check_logs(broker: str, stage: Stage) -> None:
    shortened = await rewind_shortened(broker, stage)
    for partition, count in shortened.items():
        where = f"{partition.topic}/{partition.partition}"
        log.error(
            "%s lost its last %d records, or was made anew: %s reads it again from its start", where, count, stage
        )
    for partition, count in (await lost_to_retention(broker, stage)).items():
        log.error(
            "%s/%d: %d records were deleted before %s read them", partition.topic, partition.partition, count, stage
        )
        raise Refused(
            f"{count} records of {partition.topic}/{partition.partition} were deleted before this stage read them; "
            f"to go on without them: armswire topics accept-loss {stage}"
        )
    metrics.SKIPPED_BY_RETENTION.labels(stage).inc(await accepted_loss(broker, stage))
