"""The live view: a snapshot of the service as one screen. Pure; columns give way from the right when the screen is narrow."""

from collections.abc import Sequence
from datetime import timedelta

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streams.run.lines import AlertLine, EventLine, FeedLine, ProcessLine, Snapshot

MEGABYTE = 1024 * 1024
PROCESS_ROWS = 8  # broker, store, six stages
FRAME = 2  # lines a panel's border takes
HEAD_LINES, FOOT_LINES = 3, 1
ALERT_LINES = 3  # what and for whom; the title; why, with the sentence that decided
LOW = 36  # lines below which an alert has no line for its title
WIDE = 130  # columns from which on events show their outlet and title in full

STATES = {"up": "green", "starting": "yellow", "down": "bold red"}
FEED_STATES = {"ok": "green", "not_modified": "green", "empty": "yellow", "waiting": "dim", "paused": "dim"}
FEED_WORDS = {"not_modified": "ok"}  # the feed says that nothing is new
LEVELS = {
    "informational": "dim",
    "low": "cyan",
    "medium": "yellow",
    "high": "bright_red",
    "critical": "bold white on red",
}
ASSERTIONS = {"reported": "", "alleged": "yellow", "denied": "magenta"}
KINDS = {"created": "bold green", "updated": "cyan", "amended": "yellow", "retracted": "magenta", "digest": "cyan"}


def render(snapshot: Snapshot, width: int, height: int) -> RenderableType:
    """The screen of ``width`` columns and ``height`` lines."""
    middle = PROCESS_ROWS + FRAME
    left = max(0, height - HEAD_LINES - FOOT_LINES - middle)
    wanted = len(snapshot.events) + FRAME
    events_height = max(FRAME + 2, min(wanted, left * 2 // 5))
    alerts_height = max(FRAME + ALERT_LINES, left - events_height)
    lines = ALERT_LINES if height >= LOW else ALERT_LINES - 1
    grid = Table.grid(expand=True)
    grid.add_column(width=40)
    grid.add_column(ratio=1)
    grid.add_row(
        _panel("stages", _processes(snapshot.processes), middle),
        _panel("feeds", _feeds(snapshot.feeds, snapshot.now.timestamp(), PROCESS_ROWS), middle),
    )
    shown_alerts = snapshot.alerts[: (alerts_height - FRAME) // lines]
    shown_events = snapshot.events[: events_height - FRAME]
    return Group(
        _head(snapshot),
        grid,
        _panel("alerts", _alerts(shown_alerts, snapshot, titles=height >= LOW), alerts_height),
        _panel("events", _events(shown_events, wide=width >= WIDE), events_height),
        _foot(snapshot),
    )


def _panel(title: str, content: RenderableType, height: int) -> Panel:
    return Panel(
        content, title=f"[bold]{title}", title_align="left", box=box.ROUNDED, border_style="dim", height=height
    )


def _head(snapshot: Snapshot) -> RenderableType:
    uptime = str(timedelta(seconds=int(snapshot.uptime)))
    state = Text("● running", "green") if snapshot.ready else Text("● starting", "yellow")
    if snapshot.ending:
        state = Text("● ending", "yellow")
    first = Table.grid(expand=True, padding=(0, 1))
    first.add_column(no_wrap=True)
    first.add_column(justify="right", no_wrap=True)
    memory = (sum(line.memory for line in snapshot.processes) + snapshot.own_memory) // MEGABYTE
    first.add_row(
        Text.assemble((" Armswire ", "bold reverse"), "  ", state, f"  up {uptime}  {memory} MB"),
        Text(f"{snapshot.address}/metrics  ·  Ctrl-C ends it", "dim"),
    )
    funnel = Text(" ", no_wrap=True, overflow="ellipsis")
    for number, (name, count) in enumerate(snapshot.funnel.items()):
        funnel.append(" ▸ " if number else "", "dim")
        funnel.append(f"{count:,} ", "bold")
        funnel.append(name)
    if snapshot.pending:
        funnel.append(f"   {snapshot.pending} deliveries waiting", "yellow")
    if snapshot.desk:
        funnel.append(f"   {snapshot.desk}", "green")
    return Group(first, funnel, Text())


def _processes(processes: Sequence[ProcessLine]) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, ratio=1)
    table.add_column(justify="right", no_wrap=True, style="dim")
    table.add_column(justify="right", no_wrap=True)
    for line in processes:
        again = f" ↻{line.restarts}" if line.restarts else ""
        table.add_row(
            line.name,
            Text("● " + line.state + again, STATES.get(line.state, "dim"), overflow="ellipsis"),
            str(line.pid or ""),
            f"{line.memory // MEGABYTE} MB" if line.memory else "",
        )
    return table


def _feeds(feeds: Sequence[FeedLine], now: float, rows: int) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, justify="right")
    shown = feeds if len(feeds) <= rows else feeds[: rows - 1]
    for feed in shown:
        table.add_row(
            feed.outlet,
            Text(
                "● " + FEED_WORDS.get(feed.state, feed.state.replace("_", " ")), FEED_STATES.get(feed.state, "bold red")
            ),
            Text(f"polled {ago(feed.last_success, now)}", "dim"),
            Text(f"new {ago(feed.last_new, now)}", "dim" if not feed.last_new else ""),
        )
    if len(shown) < len(feeds):
        table.add_row(Text(f"and {len(feeds) - len(shown)} more: armswire feeds list", "dim"), "", "", "")
    return table


def ago(then: float, now: float) -> str:
    """How long ago in one short word; times in unix seconds, 0: never."""
    if not then:
        return "–"
    seconds = max(0, int(now - then))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit} ago"
    return f"{seconds}s ago"


def parties(event: EventLine) -> str:
    """Supplier → recipient; a question mark where the text names none."""
    return f"{'+'.join(event.suppliers) or '?'} → {'+'.join(event.recipients) or '?'}"


def _events(events: Sequence[EventLine], *, wide: bool) -> RenderableType:
    if not events:
        return Text("no relevant event yet", "dim")
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True, max_width=16)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, max_width=14, style="bold", overflow="ellipsis")
    table.add_column(no_wrap=True, max_width=18, overflow="ellipsis", style="cyan")
    table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    if wide:
        table.add_column(no_wrap=True, max_width=20, overflow="ellipsis", style="dim")
    for event in events:
        mark = {"copy": "⧉ ", "revision": "✎ "}.get(event.verdict, "")
        row: list[RenderableType] = [
            f"{event.at:%H:%M:%S}",
            event.type,
            Text(event.assertion, ASSERTIONS.get(event.assertion, "")),
            parties(event),
            ", ".join(event.systems),
            Text(mark + event.title, "dim" if mark else ""),
        ]
        table.add_row(*row, *([event.outlet] if wide else []))
    return table


def _alerts(alerts: Sequence[AlertLine], snapshot: Snapshot, *, titles: bool) -> RenderableType:
    if not alerts:
        return Text("no alert yet" if snapshot.ready else "no alert yet: the stages are starting", "dim")
    blocks: list[RenderableType] = []
    for alert in alerts:
        head = Table.grid(expand=True, padding=(0, 1))
        head.add_column(no_wrap=True, ratio=1)
        head.add_column(no_wrap=True, justify="right")
        what = Text.assemble(
            (f"{alert.at:%H:%M:%S} ", "dim"),
            (f" {alert.level} ", LEVELS.get(alert.level, "")),
            " ",
            (alert.kind, KINDS.get(alert.kind, "")),
            " ",
            (alert.watch_title, "bold"),
            overflow="ellipsis",
        )
        head.add_row(what, Text.assemble((outlets(alert), "dim"), "  ", delivery(alert)))
        blocks.append(head)
        if titles:
            blocks.append(Text(f"  {alert.title}", no_wrap=True, overflow="ellipsis"))
        blocks.append(_why(alert, title_shown=titles))
    return Group(*blocks)


def _why(alert: AlertLine, *, title_shown: bool) -> Text:
    sentence = alert.because or alert.title
    told = "" if title_shown and sentence == alert.title else f"“{sentence}”"
    reasons = " · ".join(alert.reasons)
    line = Text("  ", no_wrap=True, overflow="ellipsis")
    if told and not title_shown:
        return line.append(told).append(f"  {reasons}", "dim")
    line.append(f"why: {reasons}", "dim")
    return line.append(f"  {told}", "italic") if told else line


def outlets(alert: AlertLine) -> str:
    """How many outlets report it, and how many of them on their own."""
    if not alert.outlets:
        return ""
    named = f"{alert.outlets} outlet{'s' if alert.outlets > 1 else ''}"
    return named if alert.independent == alert.outlets else f"{named}, {alert.independent} independent"


def delivery(alert: AlertLine) -> Text:
    """Whether the receivers have it."""
    if alert.held:
        return Text(f"{alert.held}, not sent", "dim")
    if not alert.receivers:
        return Text("not sent yet", "dim")
    done = alert.delivered == alert.receivers
    if done:
        return Text("✓ delivered", "green")
    style, word = ("bold red", "retrying") if alert.failing else ("yellow", "sending")
    return Text(f"{word} {alert.delivered}/{alert.receivers}", style)


def _foot(snapshot: Snapshot) -> Text:
    if not snapshot.ready and snapshot.uptime < 60:
        steps = "  ".join(f"{name}: {state}" for name, state in snapshot.steps.items())
        return Text(f" {steps}", "dim", no_wrap=True, overflow="ellipsis")
    note = snapshot.notes[-1].splitlines()[0] if snapshot.notes else ""
    return Text(f" {note}", "dim", no_wrap=True, overflow="ellipsis")
