"""``armswire feeds``: what is polled and how it does, and feeds by hand."""

import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import yaml

from config.load import load_configuration
from config.schema import Feed
from config.settings import Settings, SettingsError, read_settings
from streams.addresses import of_the_running_service
from streams.feeds import opml
from streams.output import output_option, print_rows

CHECKED_AT_ONCE = 16


@click.group()
def feeds() -> None:
    """List, check, poll, parse, import and export feeds."""


@feeds.command("list")
@output_option
def list_command(form: str) -> None:
    """Every configured feed, how it does, and when it is asked next."""
    settings = of_the_running_service(read_settings())
    configured = load_configuration(settings.config).feeds
    states, resting = asyncio.run(_states(settings)), _resting()
    rows = []
    show = _distance if form == "table" else _time
    for feed in configured:
        state = states.get(feed.id)
        rests = feed.pause or feed.id in resting
        rows.append(
            {
                "feed": feed.id,
                "state": "paused" if rests else state.condition if state else "never polled",
                "status": state.status if state else None,
                "failures": state.failures if state else None,
                "last_success": show(state.last_success) if state else None,
                "last_new": show(state.last_new) if state else None,
                "next": None if rests or not state else show(state.next_at),
                "why": state.message if state else None,
            }
        )
    counts = () if form == "table" else ("status", "failures")
    print_rows(
        rows,
        ("feed", "state", *counts, "last_success", "last_new", "next", "why"),
        form,
        nothing="no feed is configured",
    )


def _resting() -> frozenset[str]:
    """Feeds that a person told to rest, as far as the database can be asked."""
    from streams.feeds.ledger import FeedLedger
    from streams.ledger import ask

    try:
        return ask(lambda engine: FeedLedger(engine).paused())
    except click.ClickException as error:  # the list is worth showing without it
        click.echo(f"feeds that rest are not marked: {error.message}", err=True)
        return frozenset()


async def _states(settings: Settings) -> dict[str, Any]:
    from streams.feeds.memory import PollMemory
    from streams.store import STORE_TRANSIENT, open_store

    if not settings.redis:
        click.echo(
            "no service runs on this state and ARMSWIRE_REDIS is not set: how the feeds do is not known here", err=True
        )
        return {}
    async with open_store(settings) as store:
        try:
            return await PollMemory(store).states()
        except STORE_TRANSIENT as error:
            click.echo(f"reading the store: {error}; how the feeds do is not known", err=True)
            return {}


def _distance(seconds: float | None) -> str | None:
    """How far a moment is from now, in the unit that says most."""
    if not seconds:
        return None
    away = seconds - time.time()
    size, unit = next(
        (s, u) for s, u in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")) if abs(away) >= s or u == "s"
    )
    return f"in {away / size:.0f} {unit}" if away > 0 else f"{-away / size:.0f} {unit} ago"


def _time(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


@feeds.command()
@output_option
@click.argument("feed_ids", nargs=-1, metavar="[ID]...")
def check(feed_ids: tuple[str, ...], form: str) -> None:
    """Try every configured address once (or those of ID...); exit 1 where one is no feed."""
    settings = read_settings()
    chosen = _chosen(load_configuration(settings.config).feeds, feed_ids)
    rows = asyncio.run(_try_all(settings, chosen))
    print_rows(rows, ("feed", "result", "items", "newest", "why"), form, nothing="no feed is configured")
    bad = sum(row["result"] != "ok" for row in rows)
    if form == "table":
        click.echo(f"{len(rows) - bad} of {len(rows)} feeds answer well", err=True)
    sys.exit(1 if bad else 0)


def _chosen(configured: Sequence[Feed], feed_ids: Sequence[str]) -> list[Feed]:
    known = {feed.id: feed for feed in configured}
    for feed_id in feed_ids:
        if feed_id not in known:
            raise click.UsageError(f"no feed {feed_id!r} is configured")
    return [known[feed_id] for feed_id in feed_ids] if feed_ids else list(configured)


async def _try_all(settings: Settings, chosen: Sequence[Feed]) -> list[dict[str, Any]]:
    from streams.feeds.once import FeedFailed, PollOnce

    slots = asyncio.Semaphore(CHECKED_AT_ONCE)
    async with PollOnce(settings.contact) as poll:

        async def attempt(feed: Feed) -> dict[str, Any]:
            async with slots:
                try:
                    document = await poll.document(feed)
                except FeedFailed as error:
                    return {"feed": feed.id, "result": error.fault, "why": str(error)}
            newest = max((item.published for item in document.items if item.published), default=None)
            flaw = "" if document.items else "a feed without items"
            return {"feed": feed.id, "result": "ok", "items": len(document.items), "newest": newest, "why": flaw}

        return await asyncio.gather(*(attempt(feed) for feed in chosen))


@feeds.command()
@click.argument("which", metavar="ID|URL")
@click.option("--once", is_flag=True, help="Poll here and now, print the articles, change nothing.")
@click.option("--allow-private", is_flag=True, help="With --once and a URL: it may be a loopback or private address.")
def poll(which: str, once: bool, allow_private: bool) -> None:
    """Have the feed ID polled now; or, with --once, print the articles of an ID or URL as JSON lines."""
    settings = of_the_running_service(read_settings())
    if "://" in which:
        if not once:
            raise click.UsageError("an address can only be polled with --once")
        feed = Feed(id="once", url=which, outlet="", allow_private=allow_private)
    else:
        (feed,) = _chosen(load_configuration(settings.config).feeds, [which])
    if once:
        sys.exit(asyncio.run(_print_articles(settings, feed)))
    asyncio.run(_request(settings, feed))
    click.echo(f"{feed.id} will be polled now", err=True)


async def _print_articles(settings: Settings, feed: Feed) -> int:
    from streams.feeds.once import FeedFailed, PollOnce
    from streams.records import encode

    async with PollOnce(settings.contact) as poll_once:
        try:
            articles = await poll_once.articles(feed)
        except FeedFailed as error:
            click.echo(f'fetching feed "{feed.id}": {error}', err=True)
            return 1
    for article in articles:
        click.echo(encode(article).decode())
    return 0


async def _request(settings: Settings, feed: Feed) -> None:
    from aiokafka import AIOKafkaProducer
    from aiokafka.errors import KafkaError

    from streams.records import PollRequest, encode
    from streams.topics import POLLS_REQUESTED

    if not settings.broker:
        raise SettingsError(["ARMSWIRE_BROKER: must be given, for example 127.0.0.1:9092 (or use --once)"])
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what goes wrong is told once, below
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker)
    try:
        await producer.start()
        request = PollRequest(feed=feed.id, requested=datetime.now(UTC))
        await producer.send_and_wait(POLLS_REQUESTED.name, encode(request), feed.id.encode())
    except KafkaError as error:
        raise click.ClickException(f"asking the broker at {settings.broker}: {error}") from None
    finally:
        await producer.stop()  # also where it never started: it has opened what must be closed


@feeds.command()
@click.argument("feed_id", metavar="ID")
def pause(feed_id: str) -> None:
    """Let the feed ID rest until it is resumed."""
    _rest(feed_id, rests=True)


@feeds.command()
@click.argument("feed_id", metavar="ID")
def resume(feed_id: str) -> None:
    """Ask the feed ID again."""
    _rest(feed_id, rests=False)


def _rest(feed_id: str, *, rests: bool) -> None:
    from streams.feeds.ledger import FeedLedger
    from streams.ledger import ask

    _chosen(load_configuration(read_settings().config).feeds, [feed_id])
    ask(lambda engine: FeedLedger(engine).pause(feed_id, rests=rests))
    click.echo(f"{feed_id} {'rests' if rests else 'is asked again'} within seconds", err=True)


@feeds.command("parse")
def parse_command() -> None:
    """Filter: JSON lines {file, content_type, url, feed_id} in, the items of each file out."""
    from streams.feeds.parse_filter import parse_lines

    asyncio.run(parse_lines())


@feeds.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--add", is_flag=True, help="Add the entries to feeds.yaml instead of printing them.")
def import_command(file: Any, add: bool) -> None:
    """Turn the OPML FILE (- for stdin) into entries of feeds.yaml; feeds that are there already are left out."""
    settings = read_settings()
    try:
        outlines = opml.read_opml(file.read(opml.MOST_BYTES + 1))
    except opml.NotAnOutline as error:
        click.echo(f"reading {file.name}: {error}", err=True)
        sys.exit(1)
    entries = opml.as_entries(outlines, load_configuration(settings.config).feeds)
    text = _as_yaml(entries)
    if add and entries:
        _append(settings.config / "feeds.yaml", text)
        click.echo(f"added {len(entries)} of {len(outlines)} feeds to {settings.config / 'feeds.yaml'}", err=True)
    elif text:
        click.echo(text, nl=False)
    if not entries:
        click.echo(f"none of {len(outlines)} feeds is new", err=True)


def _as_yaml(entries: Sequence[dict[str, str]]) -> str:
    if not entries:
        return ""
    written: str = yaml.safe_dump(list(entries), sort_keys=False, allow_unicode=True, width=1000)
    return "".join(f"  {line}\n" for line in written.splitlines())


def _append(path: Path, text: str) -> None:
    """Add entries at the end of the file, comments and order of the rest untouched; refused where that gives no valid file."""
    before = path.read_text(encoding="utf-8")
    listed = yaml.safe_load(before)
    # "feeds: []" has no line to add to.
    head = before if (listed or {}).get("feeds") else "feeds:\n"
    after = head + ("" if head.endswith("\n") else "\n") + text
    added = yaml.safe_load(text)
    if yaml.safe_load(after)["feeds"] != [*((listed or {}).get("feeds") or []), *added]:
        raise click.ClickException(
            f"{path} is written in a way that entries cannot be added to; add them by hand:\n{text}"
        )
    path.write_text(after, encoding="utf-8")


@feeds.command()
def export() -> None:
    """Print the configured feeds as OPML."""
    click.echo(opml.write_opml(load_configuration(read_settings().config).feeds), nl=False)
