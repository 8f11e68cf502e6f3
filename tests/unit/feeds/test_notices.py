"""What people hear of feeds that fail, and of most of them failing at once."""

from datetime import UTC, datetime

import msgspec

from config.schema import Feed
from streams.feeds import outcome
from streams.feeds.answer import Answer, Fault
from streams.feeds.notices import is_outage, notice
from streams.feeds.state import Condition, FeedState
from streams.records import Alert, AlertKind

RAISED = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = RAISED.timestamp()
HOUR, DAY = 3600.0, 86400.0
NAMES = [f"feed-{number}" for number in range(10)]


def a_feed(name: str = "wire") -> Feed:
    return Feed(id=name, url=f"http://{name}.example/rss", outlet="The Wire")


def failing(hours: float, **values) -> FeedState:
    options = {"failures": 9, "condition": Condition.FAILING, "fault": Fault.UNREACHABLE, "polled_at": NOW}
    return FeedState(**{**options, "failing_since": NOW - hours * HOUR, **values})


def failed(before: FeedState, fault: Fault = Fault.TIMEOUT) -> FeedState:
    answer = Answer(fault=fault, message="no answer")
    return outcome.after_fault(a_feed(), before, answer, now=NOW, chance=0.0)


def well(before: FeedState) -> FeedState:
    answer = Answer(status=200)
    return outcome.after_unchanged(a_feed(), before, answer, now=NOW, chance=0.0)


def all_poll(states: dict[str, FeedState], poll) -> list[Alert]:
    """Every feed polled once, in turn, and what people hear of it; ``states`` are then as they were kept."""
    heard = []
    for name in list(states):
        after = poll(states[name])
        others = {other: state for other, state in states.items() if other != name}
        heard.append(notice(a_feed(name), states[name], after, others, RAISED))
        states[name] = after
    return [alert for alert in heard if alert is not None]


def test_people_are_told_once_of_an_outage_of_hours_and_once_of_its_end():
    early = failed(failing(1))
    assert notice(a_feed(), early, early, {}, RAISED) is None
    before = failing(7)
    after = failed(before)
    told = notice(a_feed(), before, after, {}, RAISED)
    assert (told.kind, told.subject, told.detail) == (AlertKind.SOURCE_FAILING, "wire", 'feed "wire": no answer')
    again = failed(before)
    assert notice(a_feed(), before, again, {}, RAISED).id == told.id
    later = failed(after)
    assert notice(a_feed(), after, later, {}, RAISED) is None
    healed = well(later)
    recovered = notice(a_feed(), later, healed, {}, RAISED)
    assert recovered.kind is AlertKind.SOURCE_RECOVERED
    assert recovered.id != told.id
    assert notice(a_feed(), healed, well(healed), {}, RAISED) is None


def test_people_hear_that_a_feed_answers_again_at_the_address_that_mended_it():
    before = outcome.fitted(failing(7, url="http://old.example/", told="msg_1"), a_feed())
    assert notice(a_feed(), before, failed(before), {}, RAISED) is None
    assert notice(a_feed(), before, well(before), {}, RAISED).kind is AlertKind.SOURCE_RECOVERED


def test_most_feeds_failing_at_once_are_one_incident():
    states = {name: failing(7 + number / 10) for number, name in enumerate(NAMES)}
    heard = all_poll(states, failed)
    assert {alert.id for alert in heard} == {heard[0].id}
    assert heard[0].subject == "feeds"
    assert heard[0].detail.startswith("10 of 10 feeds cannot be reached, so it may be the network of this machine")
    assert all_poll(states, failed) == []


def test_the_end_of_an_incident_is_told_when_most_answer_again_and_once():
    states = {name: failing(7) for name in NAMES}
    all_poll(states, failed)
    first = {name: states.pop(name) for name in NAMES[:3]}
    for name, before in first.items():
        after = well(before)
        assert (
            notice(a_feed(name), before, after, states | {n: FeedState() for n in first if n != name}, RAISED) is None
        )
    states |= dict.fromkeys(first, FeedState())
    heard = all_poll(states, well)
    assert {(alert.kind, alert.subject) for alert in heard} == {(AlertKind.SOURCE_RECOVERED, "feeds")}
    assert len({alert.id for alert in heard}) == 1


def test_who_still_fails_after_an_incident_is_told_by_itself():
    states = {name: failing(7) for name in NAMES}
    all_poll(states, failed)
    states = {NAMES[0]: states[NAMES[0]]} | dict.fromkeys(NAMES[1:], FeedState())
    (alert,) = all_poll(states, lambda state: failed(state) if state.failures else state)
    assert (alert.kind, alert.subject) == (AlertKind.SOURCE_FAILING, NAMES[0])


def test_servers_that_answer_with_errors_and_feeds_that_failed_long_ago_are_no_incident():
    errors = {name: failing(7, fault=Fault.STATUS) for name in NAMES}
    assert {alert.subject for alert in all_poll(errors, lambda s: failed(s, Fault.STATUS))} == set(NAMES)
    old = {name: failing(24 * 30, told=f"msg_{name}") for name in NAMES[1:]}
    (alert,) = all_poll({NAMES[0]: failing(7)} | old, lambda s: failed(s) if s.told is None else s)
    assert alert.subject == NAMES[0]


def test_a_later_incident_has_another_id():
    first = {name: failing(7) for name in NAMES}
    later = {name: msgspec.structs.replace(state, failing_since=NOW - 6.5 * HOUR) for name, state in first.items()}
    assert all_poll(first, failed)[0].id != all_poll(later, failed)[0].id


def test_a_few_feeds_are_no_incident():
    assert not is_outage(4, 4)
    assert not is_outage(5, 10)
    assert is_outage(6, 10)
