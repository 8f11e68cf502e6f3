"""``armswire run``: everything on this machine, until Ctrl-C or SIGTERM."""

import asyncio
import logging
import os
import shutil
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.live import Live

from config.load import load_configuration
from config.settings import Settings, database_url, read_settings
from streams.addresses import LOCK
from streams.database import TRANSIENT, reading
from streams.logs import start_logging
from streams.run.demo.newsroom import Newsroom
from streams.run.http import Pages
from streams.run.ledger import last_attempt, latest_alerts, latest_events, new_attempts
from streams.run.lock import StateInUse, hold
from streams.run.plain import alert_text, attempt_text, event_text
from streams.run.servers import StartRefused
from streams.run.status import Status
from streams.run.supervisor import Supervisor
from streams.run.view import render

log = logging.getLogger("armswire")

REFRESH_SECONDS = 1.0
ROWS = 100  # events and alerts read at most for one screen, or between two looks
LOOK_BACK = timedelta(seconds=30)
DEMO_GROUP_INTERVAL = "20"  # seconds, instead of 15 minutes: a person who looks on shall see the follow-ups


@click.command()
@click.option(
    "--demo", is_flag=True, help="A newsroom on loopback with its own configuration and state; nothing else is polled."
)
@click.option(
    "--durable", is_flag=True, help="A local Apache Kafka that keeps its log, instead of the embedded broker."
)
def run(*, demo: bool, durable: bool) -> None:
    """Run everything on this machine: all stages, and broker and store unless ARMSWIRE_BROKER and ARMSWIRE_REDIS are set."""
    settings = read_settings()
    if durable and settings.broker:
        raise click.UsageError("--durable starts a broker of its own, but ARMSWIRE_BROKER names one: choose")
    if demo:
        settings = _demo_settings(settings)
    else:
        load_configuration(settings.config)  # a mistake is told before anything starts
    live = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    try:
        with hold(settings.state) as lock:
            _start_logging(settings, live=live)
            asyncio.run(_Service(settings, lock, demo=demo, durable=durable, live=live).run())
        if live:
            click.echo(f"armswire run: ended; state and logs in {settings.state}", err=True)
    except (StateInUse, StartRefused) as error:
        click.echo(f"armswire run: {error}", err=True)
        sys.exit(1)


def _demo_settings(settings: Settings) -> Settings:
    state = settings.state / "demo"
    return replace(
        settings,
        state=state,
        config=state / "config",
        database=database_url(f"sqlite:///{state}/armswire.db"),
        broker=None,
        redis=None,
    )


def _empty(state: Path, keep: str = LOCK) -> None:
    for path in state.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != keep:
            path.unlink()


def _start_logging(settings: Settings, *, live: bool) -> None:
    if not live:
        start_logging(settings.log_level, settings.log_format)
        return
    logs = settings.state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=logs / "run.log", level=settings.log_level, format="%(asctime)s %(levelname)s %(message)s"
    )


class _Service:
    """The supervisor with its pages, its newsroom and what a person sees."""

    def __init__(self, settings: Settings, lock: int, *, demo: bool, durable: bool, live: bool) -> None:
        self._settings = settings
        self._lock = lock
        self._newsroom = Newsroom() if demo else None
        self._durable = durable
        self._live = live
        self._notes: deque[str] = deque(maxlen=50)
        self._stop = asyncio.Event()

    async def run(self) -> None:
        environment = dict(os.environ)
        if self._newsroom:
            _empty(self._settings.state)
            await self._newsroom.start()
            self._newsroom.configure(self._settings.config)
            environment |= self._newsroom.environment()
            environment.setdefault("ARMSWIRE_GROUP_INTERVAL", DEMO_GROUP_INTERVAL)
        feeds = load_configuration(self._settings.config, environment).feeds
        supervisor = Supervisor(self._settings, self._lock, environment, self._tell, durable=self._durable)
        pages = Pages(supervisor)
        await pages.start()
        self._obey_signals(supervisor)
        status = Status(supervisor, pages, feeds)
        self._tell(f"state and logs in {self._settings.state}; {pages.address}/metrics, /readyz", logging.INFO)
        try:
            async with _beside(self._show(supervisor, status), self._open_newsroom(supervisor)):
                await supervisor.run(self._stop)
        finally:
            await pages.stop()
            if self._newsroom:
                await self._newsroom.stop()

    def _tell(self, note: str, level: int) -> None:
        self._notes.append(f"{datetime.now(UTC):%H:%M:%S} {note}")
        log.log(level, "%s", note)

    def _obey_signals(self, supervisor: Supervisor) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, supervisor)
        # In a terminal a hang-up means that it was closed; elsewhere it asks for the configuration to be read again.
        on_hangup: Callable[[], None] = self._stop.set if self._live else lambda: _pass_on(supervisor, signal.SIGHUP)
        loop.add_signal_handler(signal.SIGHUP, on_hangup)

    def _end(self, supervisor: Supervisor) -> None:
        if self._stop.is_set():  # asked twice: at once
            for child in supervisor.children():
                child.kill()
        self._stop.set()

    async def _open_newsroom(self, supervisor: Supervisor) -> None:
        if self._newsroom:
            await supervisor.all_ready.wait()
            self._newsroom.open()

    async def _show(self, supervisor: Supervisor, status: Status) -> None:
        if self._live:
            await self._show_live(status)
        else:
            await self._show_lines(supervisor)

    async def _show_live(self, status: Status) -> None:
        console = Console()
        with Live(console=console, screen=True, auto_refresh=False, transient=True) as live:
            while True:
                desk = f"desk: {len(self._newsroom.received)} signed webhooks" if self._newsroom else ""
                with _looking_again():
                    snapshot = await status.snapshot(self._notes, rows=ROWS, desk=desk)
                    live.update(render(snapshot, console.width, console.height), refresh=True)
                await asyncio.sleep(REFRESH_SECONDS)

    async def _show_lines(self, supervisor: Supervisor) -> None:
        await supervisor.migrated.wait()
        begin = datetime.now(UTC)
        shown: dict[str, datetime] = {}
        async with reading(supervisor.engine) as connection:
            attempt = await last_attempt(connection)
        while True:
            # A row is committed a moment after the time it carries: look back, and show each once.
            after = max(begin, datetime.now(UTC) - LOOK_BACK)
            with _looking_again():
                async with reading(supervisor.engine) as connection:
                    events = await latest_events(connection, ROWS, after)
                    alerts = await latest_alerts(connection, ROWS, after)
                    attempts = await new_attempts(connection, attempt)
                lines = [(line.at, line.id, event_text(line)) for line in events]
                lines += [(line.at, line.id, alert_text(line)) for line in alerts]
                lines += [(line.at, f"attempt {line.id}", attempt_text(line)) for line in attempts]
                for at, known, text in sorted(lines):
                    if known not in shown:
                        shown[known] = at
                        click.echo(text)
                attempt = max([attempt, *(line.id for line in attempts)])
            shown = {known: at for known, at in shown.items() if at > after - LOOK_BACK}
            await asyncio.sleep(REFRESH_SECONDS)


@contextmanager
def _looking_again() -> Iterator[None]:
    """A busy or restarting database leaves the view as it is: the next look shows what is missing."""
    try:
        yield
    except TRANSIENT as error:
        log.warning("reading the service's state for the view: %s", error)


def _pass_on(supervisor: Supervisor, number: signal.Signals) -> None:
    for process in supervisor.stages.values():
        if process.up and process.child and process.child.process:
            process.child.process.send_signal(number)


@asynccontextmanager
async def _beside(*coroutines: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run coroutines while the body runs; a fault of theirs is logged, it does not end the service."""

    async def guarded(coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await coroutine
        except Exception:
            log.exception("showing the service's state")

    tasks = [asyncio.create_task(guarded(coroutine)) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
