"""Who is told."""

from agents.deliver.letters import letters_of
from agents.deliver.routing import Why, route
from streams.records import AlertKind
from tests.builders import a_configuration, a_receiver, a_watch, an_alert

DESK = a_receiver(id="desk")
CHAT = a_receiver(id="chat", events=["alert", "source"])
OPERATIONS = a_receiver(id="operations", events=["source", "receiver"])
TELL = {"country": "UA"}


def ids(alert_kind: AlertKind, subject: str | None = None) -> list[str]:
    alert = an_alert(kind=alert_kind, watch=None, event=None, subject=subject)
    return [r.id for r in route(alert, a_configuration(receivers=[DESK, CHAT, OPERATIONS])).receivers]


def test_a_watch_tells_those_it_names() -> None:
    chosen = route(an_alert(), a_configuration(a_watch(TELL, send_to=["chat"]), receivers=[DESK, CHAT]))
    assert [r.id for r in chosen.receivers] == ["chat"]


def test_a_watch_that_names_nobody_tells_all_that_take_alerts() -> None:
    chosen = route(an_alert(), a_configuration(a_watch(TELL), receivers=[DESK, CHAT, OPERATIONS]))
    assert [r.id for r in chosen.receivers] == ["desk", "chat"]


def test_an_experimental_watch_tells_nobody() -> None:
    chosen = route(an_alert(), a_configuration(a_watch(TELL, status="experimental"), receivers=[DESK]))
    assert (chosen.receivers, chosen.why) == ((), Why.EXPERIMENTAL)


def test_an_alert_of_a_watch_that_is_gone_is_rather_told_to_all_than_lost() -> None:
    chosen = route(an_alert(), a_configuration(receivers=[DESK, OPERATIONS]))
    assert [r.id for r in chosen.receivers] == ["desk"]


def test_news_of_feeds_goes_to_those_that_take_it() -> None:
    assert ids(AlertKind.SOURCE_FAILING) == ["chat", "operations"]
    assert ids(AlertKind.SOURCE_RECOVERED) == ["chat", "operations"]


def test_news_of_a_receiver_does_not_go_to_that_receiver() -> None:
    assert ids(AlertKind.RECEIVER_DISABLED, subject="desk") == ["operations"]
    assert ids(AlertKind.RECEIVER_DISABLED, subject="operations") == []


def test_every_receiver_gets_a_letter_in_its_own_form() -> None:
    plain = a_receiver(id="plain", type="console")
    desk, console = letters_of(an_alert(), a_configuration(a_watch(TELL), receivers=[DESK, plain]))
    assert (desk.receiver, desk.content_type) == ("desk", "application/json")
    assert console.body.startswith(b"[high] A watch")
