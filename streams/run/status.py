"""The service's state at one moment: from the supervisor, the database and the stages' metrics."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from prometheus_client.metrics_core import Metric

from config.schema import Feed
from streams.database import reading
from streams.run.child import memory_share
from streams.run.http import Pages
from streams.run.ledger import funnel, latest_alerts, latest_events, waiting
from streams.run.lines import FeedLine, ProcessLine, Snapshot
from streams.run.supervisor import Supervisor

MEMORY_SECONDS = 5.0  # reading a process's share of memory takes some milliseconds


class Status:
    """Reads the service's state; ``since`` is when it started."""

    def __init__(self, supervisor: Supervisor, pages: Pages, feeds: Iterable[Feed]) -> None:
        self._supervisor = supervisor
        self._pages = pages
        self._outlets = {feed.id: feed.outlet for feed in feeds}
        self._since = datetime.now(UTC)
        self._memory: dict[str, int] = {}
        self._own = 0
        self._measured = 0.0

    async def snapshot(self, notes: Sequence[str], *, rows: int, desk: str = "") -> Snapshot:
        """The state now, with up to ``rows`` events and alerts."""
        supervisor = self._supervisor
        found: Mapping[str, Any] = await self._stored(rows) if supervisor.migrated.is_set() else EMPTY
        await self._measure()
        return Snapshot(
            address=self._pages.address,
            uptime=time.monotonic() - supervisor.started,
            ready=supervisor.ready,
            ending=supervisor.ending,
            steps=dict(supervisor.steps),
            processes=self._processes(),
            own_memory=self._own,
            feeds=feed_lines(await self._pages.gather(), self._outlets),
            notes=tuple(notes),
            desk=desk,
            **found,
        )

    async def _stored(self, rows: int) -> Mapping[str, Any]:
        async with reading(self._supervisor.engine) as connection:
            return {
                "funnel": await funnel(connection, self._since),
                "events": await latest_events(connection, rows),
                "alerts": await latest_alerts(connection, rows),
                "pending": await waiting(connection),
            }

    async def _measure(self) -> None:
        if time.monotonic() - self._measured < MEMORY_SECONDS:
            return
        self._measured = time.monotonic()
        children = self._supervisor.children()
        shares = await asyncio.to_thread(lambda: {child.name: child.share() for child in children})
        self._memory = shares
        self._own = await asyncio.to_thread(memory_share)

    def _processes(self) -> list[ProcessLine]:
        lines = []
        for name, server in (("broker", self._supervisor.servers.broker), ("store", self._supervisor.servers.store)):
            if server:
                state = "up" if server.child.running else "down"
                lines.append(ProcessLine(name, state, server.child.pid, self._memory.get(name, 0)))
            else:
                lines.append(ProcessLine(name, self._supervisor.steps.get(name, ""), None, 0))
        for stage, process in self._supervisor.stages.items():
            state = "up" if process.ready else "starting" if process.up else "down"
            pid = process.child.pid if process.child else None
            lines.append(ProcessLine(str(stage), state, pid, self._memory.get(str(stage), 0), process.restarts))
        return lines


EMPTY: Mapping[str, Any] = {
    "funnel": dict.fromkeys(("collected", "unique", "relevant", "alerts"), 0), "events": (), "alerts": (), "pending": 0
}  # fmt: skip


def feed_lines(families: Iterable[Metric], outlets: Mapping[str, str]) -> list[FeedLine]:
    """Health of the feeds from collect's metrics: those in trouble first, then those that brought something last."""
    values: dict[str, dict[str, Any]] = {feed: {} for feed in outlets}
    for family in families:
        for sample in family.samples:
            feed = sample.labels.get("feed")
            if not feed:
                continue
            row = values.setdefault(feed, {})
            match sample.name:
                case "armswire_feed_state" if sample.value:
                    row["state"] = sample.labels["state"]
                case "armswire_feed_last_success_timestamp_seconds":
                    row["success"] = sample.value
                case "armswire_feed_last_new_article_timestamp_seconds":
                    row["new"] = sample.value
                case "armswire_feed_fetches_total":
                    row["polls"] = row.get("polls", 0) + int(sample.value)
    lines = [
        FeedLine(
            feed,
            outlets.get(feed, feed),
            row.get("state", "waiting"),
            row.get("success", 0.0),
            row.get("new", 0.0),
            row.get("polls", 0),
        )
        for feed, row in values.items()
    ]
    healthy = ("ok", "not_modified", "empty", "waiting", "paused")
    return sorted(lines, key=lambda line: (line.state in healthy, -line.last_new, line.id))
