"""Whether the entries of the configuration fit together: names that exist, ids that stand once, limits that are kept."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from config.mistakes import Mistake, nearest
from config.schema import EVERY_LEAST, EVERY_LEAST_PRIVATE, Clause, Feed, Receiver, Status, Watch


@dataclass(frozen=True, slots=True)
class Known:
    """The names that entries may use."""

    countries: frozenset[str]
    systems: frozenset[str]
    feeds: frozenset[str]
    receivers: frozenset[str]


def check_feeds(feeds: list[Feed], known: Known) -> Iterator[Mistake]:
    """Ids once, addresses that can be fetched, intervals that are polite, countries that exist."""
    seen: set[str] = set()
    for index, feed in enumerate(feeds):
        where = f"feeds[{index}]"
        parts = urlsplit(feed.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            yield Mistake("feeds.yaml", f"{where}.url", feed.url, "must be an http or https address")
        if feed.id in seen:
            yield Mistake("feeds.yaml", f"{where}.id", feed.id, "another feed has this id")
        seen.add(feed.id)
        least = EVERY_LEAST_PRIVATE if feed.allow_private else EVERY_LEAST
        if feed.every < least:
            yield Mistake("feeds.yaml", f"{where}.every", f"{feed.every:g}s", f"must be at least {least:g}s")
        if feed.country:
            yield from _check_names("feeds.yaml", f"{where}.country", [feed.country], known.countries, "country")


def check_receivers(receivers: list[Receiver]) -> Iterator[Mistake]:
    """Ids once, an address and a secret where the type needs them."""
    seen: set[str] = set()
    for index, receiver in enumerate(receivers):
        where = f"receivers[{index}]"
        if receiver.id in seen:
            yield Mistake("receivers.yaml", f"{where}.id", receiver.id, "another receiver has this id")
        seen.add(receiver.id)
        if receiver.type != "console" and not receiver.url:
            yield Mistake("receivers.yaml", f"{where}.url", "", "must be given")
        if receiver.type == "webhook" and receiver.url:
            yield from _check_webhook(receiver, where)


def _check_webhook(receiver: Receiver, where: str) -> Iterator[Mistake]:
    parts = urlsplit(receiver.url or "")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield Mistake("receivers.yaml", f"{where}.url", receiver.url or "", "must be an http or https address")
    elif parts.scheme == "http" and not receiver.allow_http and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        reason = "must be https (or set allow_http: true)"
        yield Mistake("receivers.yaml", f"{where}.url", receiver.url or "", reason)
    secrets = re.split(r"[\s,]+", (receiver.secret or "").strip())  # several while one takes over from another
    if receiver.format == "standard" and not all(re.fullmatch(r"whsec_[A-Za-z0-9+/=]{32,88}", one) for one in secrets):
        reason = "must be whsec_ and base64 of 24 to 64 bytes (several: spaces between), given as ${NAME}"
        yield Mistake("receivers.yaml", f"{where}.secret", "", reason)


def check_watch(watch: Watch, file: str, where: str, known: Known) -> Iterator[Mistake]:
    """Every code, system, feed and receiver that a watch names exists; a stable watch carries tests."""
    yield from _check_clause(watch.when, file, f"{where}.when", known)
    for number, clause in enumerate(watch.unless):
        yield from _check_clause(clause, file, f"{where}.unless[{number}]", known)
    if watch.send_to is not None:
        yield from _check_names(file, f"{where}.send_to", watch.send_to, known.receivers, "receiver")
    fires = {test.fires for test in watch.tests}
    if watch.status is Status.STABLE and fires != {True, False}:
        yield Mistake(file, f"{where}.tests", "", "a stable watch needs a test that fires and one that does not")


def _check_clause(clause: Clause, file: str, where: str, known: Known) -> Iterator[Mistake]:
    if clause == Clause():
        yield Mistake(file, where, "", "says nothing: give at least one of pair, parties, systems, types, text, …")
    pairs = {"pair.supplier": clause.pair.supplier, "pair.recipient": clause.pair.recipient} if clause.pair else {}
    countries = {name: getattr(clause, name) for name in ("parties", "supplier", "recipient", "country")}
    for key, codes in (pairs | countries).items():
        yield from _check_names(file, f"{where}.{key}", codes or [], known.countries, "country or group")
    yield from _check_names(file, f"{where}.systems", clause.systems or [], known.systems, "weapon system")
    yield from _check_names(file, f"{where}.feeds", clause.feeds or [], known.feeds, "feed")
    for group in ("all", "any"):
        for number, inner in enumerate(getattr(clause, group) or []):
            yield from _check_clause(inner, file, f"{where}.{group}[{number}]", known)
    if clause.not_:
        yield from _check_clause(clause.not_, file, f"{where}.not", known)


def _check_names(file: str, key: str, names: Iterable[str], valid: frozenset[str], what: str) -> Iterator[Mistake]:
    for name in names:
        if name not in valid:
            yield Mistake(file, key, name, f"no such {what}", nearest(name, valid))
