"""What a report means for a watch: told at once, collected, waiting for a second outlet, or nothing; and under which id."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from agents.watch.match import PARTIES
from agents.watch.rules import Match, Miss, spans
from config.schema import Backfill, Watch
from streams.records import AlertKind, Article, Verdict

DIGEST_LONGEST = timedelta(minutes=15)  # a first poll's digest goes out by then, also while matches still come in
LEAD = 300  # code points of a summary in which a notice of withdrawal stands
NAMESPACE = uuid.UUID(
    "5b0f6c1e-6d43-5a53-9d9e-0c1f6f1b7a11"
)  # of our ids: never change it, receivers know alerts by them
RETRACTIONS = (
    "retraction:", "retracted:", "[retracted]", "(retracted)", "withdrawn:", "[withdrawn]", "(withdrawn)", "kill notice",
    "mandatory kill", "story withdrawn", "article withdrawn", "report withdrawn", "story retracted", "article retracted",
    "report retracted", "this story has been withdrawn", "this article has been withdrawn", "this report has been withdrawn",
    "this story has been retracted", "this article has been retracted", "this report has been retracted",
    "this story has been removed", "this article has been removed", "has withdrawn this story", "has withdrawn this article",
    "has retracted this story", "has retracted this article", "we have retracted", "we retract", "we withdraw this",
    "story was published in error", "article was published in error", "published in error and",
)  # fmt: skip


class Outcome(StrEnum):
    """What a watch does with a report; a near miss is kept under its own reason."""

    CREATED = "created"
    WAITING = "waiting"  # for as many independent outlets as the watch asks for
    DIGEST = "digest"
    NOTHING = "nothing"  # the feed's first poll raises nothing
    UPDATED = "updated"  # collected until group_interval is over
    AMENDED = "amended"
    RETRACTED = "retracted"
    UNCHANGED = "unchanged"  # another state of an article that says the same
    WITHDRAWN = "withdrawn"  # before anybody was told


@dataclass(frozen=True, slots=True)
class Standing:
    """What a watch has done with a development so far; ``pending``: its first word waits in a digest that is not yet sent."""

    reported: bool = False
    pending: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a report is beyond its event: withdrawn, a later state of a known article, changed, part of a first poll."""

    withdrawn: bool = False
    known_article: bool = False
    changes: Sequence[str] = ()  # against the last message, where a message rested on this very article
    backfill: Backfill | None = None
    independent: int = 1


def outcome(watch: Watch, found: Match | Miss, standing: Standing, arrival: Arrival) -> Outcome | None:
    """What ``watch`` does with the report; None: it is not for this watch."""
    if standing.reported:
        return _follow_up(standing, arrival)
    matches = isinstance(found, Match)
    if arrival.withdrawn:
        return Outcome.WITHDRAWN if standing.waiting or matches else None
    if arrival.backfill is Backfill.NOTHING:
        return Outcome.NOTHING if matches else None
    if not matches and not standing.waiting:
        return None
    if arrival.independent < watch.independent_outlets:
        return Outcome.WAITING if matches else None
    return Outcome.DIGEST if arrival.backfill is Backfill.DIGEST else Outcome.CREATED


def _follow_up(standing: Standing, arrival: Arrival) -> Outcome:
    """A changed statement is told at once only where an article changed it that a message rests on.

    Other articles say less or more in their own words; telling each difference at once would be a message an outlet.
    They are collected, and the next ``updated`` says what they add.
    """
    if arrival.withdrawn:
        return Outcome.WITHDRAWN if standing.pending else Outcome.RETRACTED
    if arrival.known_article:
        return Outcome.AMENDED if arrival.changes and not standing.pending else Outcome.UNCHANGED
    if arrival.backfill is Backfill.NOTHING:
        return Outcome.NOTHING
    return Outcome.DIGEST if standing.pending else Outcome.UPDATED  # the digest goes out sooner, and shows it


def withdraws(article: Article, cues: Iterable[str] = RETRACTIONS) -> bool:
    """Whether a revision says in title or lead that the outlet takes its report back."""
    if article.verdict is not Verdict.REVISION:
        return False
    wanted = tuple(cues)
    return bool(spans(wanted, "title", article.title) or spans(wanted, "summary", article.summary[:LEAD]))


Facts = Mapping[str, Any]  # an event as alerts carry it


def changes(told: Facts, now: Facts) -> list[str]:
    """What ``now`` says otherwise than ``told``: primary type, assertion, parties, systems; one sentence each."""
    found = []
    for name, before, after in (
        ("type", (told["types"] or ["none"])[0], (now["types"] or ["none"])[0]),
        ("assertion", told["assertion"], now["assertion"]),
    ):
        if before != after:
            found.append(f"{name}: {after}, was {before}")
    for name in PARTIES:
        found += _changed(name, told[name], now[name])
    return found + _changed("systems", systems(told), systems(now))


def _changed(name: str, before: Sequence[str], after: Sequence[str]) -> list[str]:
    if set(before) == set(after):
        return []
    return [f"{name}: {', '.join(after) or 'none'}, was {', '.join(before) or 'none'}"]


def systems(facts: Facts) -> list[str]:
    """Names of the weapon systems that the event is about."""
    return [system["name"] for system in facts["systems"] if system["of_event"]]


def says_all(richer: Facts, told: Facts) -> bool:
    """Whether ``richer`` says everything that ``told`` says, and perhaps more."""
    if richer["types"][:1] != told["types"][:1] or richer["assertion"] != told["assertion"]:
        return False
    return set(systems(told)) <= set(systems(richer)) and all(set(told[name]) <= set(richer[name]) for name in PARTIES)


def headline(facts: Facts, articles: int) -> str:
    """One line on a development: who to whom, what, how sure, in how many articles."""
    ends = [", ".join(facts[name]) or "?" for name in ("suppliers", "recipients")]
    who = " → ".join(ends) if facts["suppliers"] or facts["recipients"] else ", ".join(facts["countries"])
    what = ", ".join([*facts["types"][:1], *systems(facts)])
    lead = ": ".join(part for part in (who, what) if part)
    count = f"{articles} article{'' if articles == 1 else 's'}"
    return f"{lead or facts['title']} ({facts['assertion']}, {count})"


def created_id(watch: str, development: str) -> str:
    """Id of a watch's first alert on a development: the same on every retry and every repeat."""
    return _id(watch, development)


def follow_up_id(created: str, kind: AlertKind, article: str, content_hash: str) -> str:
    """Id of an alert that one state of an article raised."""
    return _id(created, kind, article, content_hash)


def batch_id(created: str, kind: AlertKind, events: Iterable[str]) -> str:
    """Id of an alert that collected reports raised; for a digest ``created`` is the watch's id."""
    return _id(created, kind, *sorted(events))


def _id(*parts: str) -> str:
    return f"msg_{uuid.uuid5(NAMESPACE, json.dumps(parts)).hex}"


def digest_due(first: datetime, now: datetime, wait: float) -> datetime:
    """When a digest goes out: ``wait`` seconds after its last match, at most 15 minutes after its first."""
    return min(now + timedelta(seconds=wait), first + DIGEST_LONGEST)
