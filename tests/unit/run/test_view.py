"""The live view on screens of several sizes, and the plain lines."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from streams.run.gather import read_metrics
from streams.run.lines import AlertLine, AttemptLine, EventLine, FeedLine, ProcessLine, Snapshot
from streams.run.plain import alert_text, attempt_text, event_text
from streams.run.status import feed_lines
from streams.run.view import ago, render

NOW = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)


def an_event_line(**changes):
    values = {
        "id": "e1",
        "at": NOW,
        "type": "authorization",
        "assertion": "reported",
        "suppliers": ("DE",),
        "recipients": ("UA",),
        "systems": ("Taurus",),
        "outlet": "Harbour Wire",
        "title": "Germany approves delivery of Taurus cruise missiles to Ukraine",
        "verdict": "new",
        "because": "Germany has approved the delivery of 60 Taurus cruise missiles.",
    }
    return EventLine(**(values | changes))


def an_alert_line(**changes):
    values = {
        "id": "msg_1",
        "at": NOW,
        "kind": "created",
        "level": "high",
        "watch": "taurus",
        "watch_title": "German long-range missiles for Ukraine",
        "title": "Germany approves delivery of Taurus cruise missiles to Ukraine",
        "reasons": ("supplier DE", "recipient UA"),
        "because": "Germany has approved the delivery of 60 Taurus cruise missiles.",
        "outlets": 3,
        "independent": 2,
        "delivered": 1,
        "receivers": 1,
    }
    return AlertLine(**(values | changes))


def a_snapshot(**changes):
    values = {
        "address": "http://127.0.0.1:6066",
        "uptime": 42.0,
        "ready": True,
        "steps": {"broker": "embedded", "store": "embedded"},
        "processes": [
            ProcessLine(name, "up", 4000, 70 << 20)
            for name in ("broker", "store", "collect", "deduplicate", "classify", "watch", "deliver", "archive")
        ],
        "own_memory": 80 << 20,
        "funnel": {"collected": 23, "unique": 18, "relevant": 12, "alerts": 9},
        "feeds": [
            FeedLine(f"f{n}", f"Outlet {n}", "ok", NOW.timestamp() - 3, NOW.timestamp() - 70, 4) for n in range(5)
        ],
        "events": [an_event_line() for _ in range(30)],
        "alerts": [an_alert_line() for _ in range(30)],
        "pending": 0,
        "notes": ["12:00:00 every stage is ready after 9.1 s"],
        "now": NOW,
    }
    return Snapshot(**(values | changes))


def _screen(snapshot, width, height):
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None, legacy_windows=False)
    console.print(render(snapshot, width, height))
    return console.file.getvalue().rstrip("\n").split("\n")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (160, 50), (220, 70)])
def test_the_screen_is_filled_and_never_overflows(width, height):
    lines = _screen(a_snapshot(), width, height)
    assert len(lines) <= height
    assert len(lines) >= height - 3
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(("width", "height"), [(100, 30), (160, 50)])
def test_an_alert_shows_level_watch_title_sentence_and_delivery(width, height):
    screen = "\n".join(_screen(a_snapshot(), width, height))
    for words in (
        "high",
        "created",
        "German long-range missiles",
        "Germany",
        "“Germany has approved",
        "✓ delivered",
    ):
        assert words in screen


def test_an_event_shows_type_assertion_supplier_recipient_and_system():
    screen = "\n".join(_screen(a_snapshot(alerts=[]), 100, 30))
    for words in ("authorization", "reported", "DE → UA", "Taurus"):
        assert words in screen


def test_outlets_are_counted_apart_from_those_that_only_copied():
    assert "3 outlets, 2 independent" in "\n".join(_screen(a_snapshot(), 160, 50))


def test_a_delivery_that_failed_and_is_tried_again_says_so():
    screen = "\n".join(_screen(a_snapshot(alerts=[an_alert_line(delivered=0, failing=1)], pending=1), 100, 30))
    assert "retrying 0/1" in screen
    assert "1 deliveries waiting" in screen


def test_an_alert_of_an_experimental_watch_says_that_it_is_not_sent():
    held = an_alert_line(held="experimental", delivered=0, receivers=0)
    assert "experimental, not sent" in "\n".join(_screen(a_snapshot(alerts=[held]), 100, 30))
    assert "created (experimental, not sent)" in alert_text(held)


def test_while_stages_start_the_steps_are_told():
    screen = "\n".join(_screen(a_snapshot(ready=False, alerts=[], events=[], uptime=2), 100, 30))
    assert "starting" in screen
    assert "broker: embedded" in screen


def test_more_feeds_than_lines_name_the_command_that_lists_them():
    feeds = [FeedLine(f"f{n}", f"Outlet {n}", "ok", 0, 0, 0) for n in range(40)]
    assert "and 33 more: armswire feeds list" in "\n".join(_screen(a_snapshot(feeds=feeds), 100, 30))


def test_titles_with_markup_of_the_terminal_library_are_shown_as_they_are():
    screen = "\n".join(_screen(a_snapshot(alerts=[an_alert_line(title="[bold]Deal[/bold] of [the] year")]), 160, 50))
    assert "[bold]Deal[/bold] of [the] year" in screen


def test_a_feed_in_trouble_stands_before_healthy_ones():
    text = (
        'armswire_feed_state{feed="good",state="ok"} 1\narmswire_feed_state{feed="bad",state="failing"} 1\n'
        'armswire_feed_state{feed="bad",state="ok"} 0\n'
        'armswire_feed_last_new_article_timestamp_seconds{feed="good"} 1795000000\n'
        'armswire_feed_fetches_total{feed="good",result="ok"} 2\narmswire_feed_fetches_total{feed="good",result="not_modified"} 3\n'
    )
    lines = feed_lines(read_metrics(text), {"good": "Good", "bad": "Bad", "new": "New"})
    assert [(line.id, line.state) for line in lines] == [("bad", "failing"), ("good", "ok"), ("new", "waiting")]
    assert lines[1].polls == 5


def test_times_past_are_told_in_one_word():
    now = NOW.timestamp()
    past = [ago(0, now), ago(now - 3, now), ago(now - 70, now), ago(now - 7300, now), ago(now - 200_000, now)]
    assert past == ["–", "3s ago", "1m ago", "2h ago", "2d ago"]


def test_a_plain_alert_says_watch_kind_reasons_and_evidence_in_one_line():
    line = alert_text(an_alert_line())
    assert "\n" not in line
    for words in (
        "ALERT high created",
        "taurus",
        "supplier DE; recipient UA",
        "evidence: “Germany has approved",
        "2 independent",
    ):
        assert words in line


def test_a_plain_event_without_parties_shows_question_marks():
    line = event_text(an_event_line(suppliers=(), recipients=("UA",), verdict="copy"))
    assert "? → UA" in line
    assert "[Harbour Wire, copy]" in line


def test_a_plain_attempt_says_whether_the_receiver_took_it():
    attempt = AttemptLine(1, NOW + timedelta(seconds=1), "msg_1", "created", "taurus", "desk", 204, "")
    assert "delivered created taurus to desk (msg_1)" in attempt_text(attempt)
    refused = AttemptLine(2, NOW, "msg_1", "created", "taurus", "desk", 503, "")
    assert "to desk failed: status 503" in attempt_text(refused)
