"""Which reports are one development: stories of one event within 72 hours, whatever outlets wrote them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from streams.records import Article, Assertion, Event, EventType, Realis

WINDOW = timedelta(hours=72)  # after its last report a development is over: later ones tell of something new


class Group(StrEnum):
    """Types that reports of one event are given; ``other`` holds texts without a type, which only their story joins."""

    TALKS = "talks"
    DEAL = "deal"
    MOVEMENT = "movement"
    STOP = "stop"
    RULES = "rules"
    OTHER = "other"


GROUPS = {
    EventType.OFFER: Group.TALKS,
    EventType.NEGOTIATION: Group.TALKS,
    EventType.AGREEMENT: Group.DEAL,
    EventType.AUTHORIZATION: Group.DEAL,
    EventType.AID: Group.DEAL,
    EventType.PRODUCTION: Group.DEAL,
    EventType.DELIVERY: Group.MOVEMENT,
    EventType.RESALE: Group.MOVEMENT,
    EventType.REACQUISITION: Group.MOVEMENT,
    EventType.ILLICIT_TRANSFER: Group.MOVEMENT,
    EventType.REFUSAL: Group.STOP,
    EventType.EMBARGO: Group.STOP,
    EventType.POLICY: Group.RULES,
    EventType.MARKET_REPORT: Group.RULES,
    EventType.INVESTIGATION: Group.RULES,
}


class Relation(StrEnum):
    """How a report stands to a development, or what keeps them apart."""

    SAME = "same"
    OTHER_GROUP = "other_group"
    OTHER_POLARITY = "other_polarity"
    OTHER_TIME = "other_time"
    OTHER_SUPPLIERS = "other_suppliers"
    OTHER_RECIPIENTS = "other_recipients"
    OTHER_SYSTEMS = "other_systems"
    NOTHING_SHARED = "nothing_shared"


@dataclass(frozen=True, slots=True)
class Development:
    """An event of the world; suppliers, recipients and systems are its founder's, or of the first report that names any.

    They do not grow beyond that: a round-up that names five recipients joins, but makes no bridge to the other four.
    A single report is the same thing with one time; ``types`` are primary first.
    """

    id: str
    groups: frozenset[Group]
    denied: bool
    first_reported: datetime
    last_reported: datetime
    suppliers: frozenset[str]
    recipients: frozenset[str]
    systems: frozenset[str]
    types: tuple[str, ...]


def reported_at(article: Article) -> datetime:
    """When the article reported: its date, or when it was fetched where it has none or one in the future."""
    return min(article.published or article.fetched, article.fetched)


def groups(types: Sequence[EventType], realis: Realis) -> frozenset[Group]:
    """The groups an event of these types belongs to.

    The primary type's, and between talks and deal those of the other types too: one report of a decision has it as an
    offer and aid, the next as an authorization. A delivery that is only planned is a decision as well as a movement; one
    that happened is a movement alone, whatever was decided before. A stop is never what it stops.
    """
    if not types:
        return frozenset({Group.OTHER})
    first = GROUPS[types[0]]
    if first is Group.MOVEMENT:
        return frozenset({first} if realis in (Realis.ACTUAL, Realis.HISTORICAL) else {first, Group.DEAL})
    decided = {Group.TALKS, Group.DEAL}
    return frozenset({first, *({GROUPS[kind] for kind in types} & decided)} if first in decided else {first})


def report(event: Event) -> Development:
    """The development that ``event`` would found."""
    at = reported_at(event.article)
    return Development(
        id=event.article.id,
        groups=groups(event.types, event.realis),
        denied=event.assertion is Assertion.DENIED,
        first_reported=at,
        last_reported=at,
        suppliers=frozenset(event.suppliers),
        recipients=frozenset(event.recipients),
        systems=frozenset(system.id for system in event.systems if system.of_event),
        types=tuple(event.types),
    )


def relation(new: Development, development: Development) -> Relation:
    """Whether the report ``new`` tells of ``development``, and if not, what keeps them apart."""
    if not (new.groups & development.groups) - {Group.OTHER}:
        return Relation.OTHER_GROUP
    if new.denied is not development.denied:
        return Relation.OTHER_POLARITY
    if not development.first_reported - WINDOW <= new.first_reported <= development.last_reported + WINDOW:
        return Relation.OTHER_TIME
    if not _contained(new.suppliers, development.suppliers):
        return Relation.OTHER_SUPPLIERS
    if not _contained(new.recipients, development.recipients):
        return Relation.OTHER_RECIPIENTS
    if not _contained(new.systems, development.systems):
        return Relation.OTHER_SYSTEMS
    return Relation.SAME if _shared(new, development) else Relation.NOTHING_SHARED


def _contained(one: frozenset[str], other: frozenset[str]) -> bool:
    """One set contains the other; the empty set is in every one."""
    return one <= other or other <= one


def _shared(new: Development, development: Development) -> bool:
    if new.recipients & development.recipients or new.systems & development.systems:
        return True
    if new.recipients or new.systems or development.recipients or development.systems:
        return False
    # Nobody named is not the same as the same one named: two texts without any supplier have nothing in common.
    same_suppliers = bool(new.suppliers) and new.suppliers == development.suppliers
    return same_suppliers and new.types[:1] == development.types[:1]


def choose(new: Development, candidates: Iterable[Development]) -> Development | None:
    """The development that the report joins: of several, the one reported last; none: it founds its own."""
    same = [one for one in candidates if relation(new, one) is Relation.SAME]
    return max(same, key=lambda one: (one.last_reported, one.id), default=None)


def join(new: Development, development: Development) -> Development:
    """The development with the report in it."""
    return replace(
        development,
        first_reported=min(development.first_reported, new.first_reported),
        last_reported=max(development.last_reported, new.last_reported),
        suppliers=development.suppliers or new.suppliers,
        recipients=development.recipients or new.recipients,
        systems=development.systems or new.systems,
    )


@dataclass(frozen=True, slots=True)
class Member:
    """One report in a development: a state of an article."""

    event: str
    article: str
    story: str
    outlet: str
    reported: datetime
    retracted: bool = False


def current(members: Sequence[Member]) -> list[Member]:
    """The members as they stand, in the order they came: of each article its last state, and none that was withdrawn."""
    last = {member.article: member for member in members}
    return [member for member in members if last[member.article] is member and not member.retracted]


def independent_outlets(members: Sequence[Member]) -> frozenset[str]:
    """Outlets that brought a story of their own; whoever only copied one does not count."""
    authors: dict[str, Member] = {}
    for member in current(members):
        if member.story not in authors or member.article == member.story:
            authors[member.story] = member
    return frozenset(member.outlet.casefold() for member in authors.values())
