"""What receivers get."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.deliver.message import BODY_BYTES, fitted, render, standard_body, type_of
from streams.records import ALERT_BYTES, Alert, AlertArticle, AlertKind, WatchLabel, encode
from tests.builders import NOW, a_receiver, an_alert

SCHEMAS = Path(__file__).parents[3] / "agents/deliver/schemas"


def test_a_standard_body_has_type_timestamp_and_the_alert() -> None:
    body = json.loads(standard_body(an_alert(id="msg_7")))
    assert (body["type"], body["timestamp"], body["data"]["id"]) == ("alert.created", "2026-03-02T12:00:00Z", "msg_7")
    assert body["data"]["event"]["recipients"] == ["UA"]


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_of_body_has_a_schema_that_names_its_type(kind: AlertKind) -> None:
    schema = json.loads((SCHEMAS / f"{type_of(kind)}.json").read_text(encoding="utf-8"))
    assert schema["properties"]["type"] == {"const": type_of(kind)}


def test_the_schemas_know_exactly_the_fields_of_an_alert() -> None:
    shared = json.loads((SCHEMAS / "alert.json").read_text(encoding="utf-8"))
    assert set(shared["properties"]) == set(Alert.__struct_fields__)
    assert set(shared["$defs"]["article"]["properties"]) == set(AlertArticle.__struct_fields__)


def test_the_bytes_are_the_same_each_time() -> None:
    alert = an_alert()
    assert render(alert, a_receiver()) == render(msgspec.convert(msgspec.to_builtins(alert), Alert), a_receiver())


def test_an_alert_as_watch_makes_it_is_sent_whole() -> None:
    alert = an_alert(detail="x" * (ALERT_BYTES - len(encode(an_alert())) - 10))
    assert len(encode(alert)) <= ALERT_BYTES
    assert fitted(alert) is alert
    assert len(standard_body(alert)) <= BODY_BYTES


texts = st.text(max_size=60).map(lambda t: t * 40)
spans = st.fixed_dictionaries({"field": st.just("types"), "text": texts})
articles = st.builds(AlertArticle, id=texts, outlet=texts, tier=st.just(4), title=texts, url=st.none() | texts)
huge = st.builds(
    an_alert,
    id=texts,
    kind=st.sampled_from(AlertKind),
    watch=st.none() | st.builds(WatchLabel, id=texts, title=texts, level=texts),
    reasons=st.lists(texts, max_size=8),
    development=st.none() | texts,
    event=st.none()
    | st.fixed_dictionaries({"id": texts, "evidence": st.lists(spans, max_size=20), "suppliers": st.lists(texts)}),
    articles=st.lists(articles, max_size=8),
    link=st.none() | texts,
    subject=st.none() | texts,
    detail=st.none() | texts,
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(huge, st.sampled_from(["standard", "alertmanager"]))
def test_no_body_is_larger_than_twenty_kilobytes_whatever_the_alert_holds(alert: Alert, form: str) -> None:
    body = render(alert, a_receiver(format=form)).body
    assert len(body) <= BODY_BYTES
    json.loads(body)


def test_evidence_goes_before_articles_when_an_alert_is_too_large() -> None:
    many = [{"field": "types", "text": "word " * 100} for _ in range(40)]
    alert = an_alert()
    lean = fitted(
        msgspec.structs.replace(alert, event={**(alert.event or {}), "evidence": many}, articles=alert.articles * 20)
    )
    assert lean.event is not None
    assert (len(lean.event["evidence"]), len(lean.articles)) == (10, 20)


def test_chat_gets_a_headline_and_then_what_a_person_needs() -> None:
    lines = render(an_alert(reasons=["pair: DE → UA"]), a_receiver(type="apprise")).body.decode().splitlines()
    assert lines[0] == "[high] A watch: DE → UA, Taurus, delivery (reported)"
    assert "Berlin hands Taurus to Kyiv (The Wire, tier 1)" in lines
    assert "“hands”" in lines
    assert "watch a-watch; 1 outlets, 1 independent; pair: DE → UA" in lines


def test_the_console_gets_one_line_without_control_characters() -> None:
    watch = WatchLabel(id="w", title="one\x1b[2J\ntwo", level="low")
    body = render(an_alert(watch=watch, kind=AlertKind.RETRACTED), a_receiver(type="console")).body.decode()
    assert body.startswith("[low] retracted: one [2J two: ")
    assert body.isprintable()


def test_a_message_about_a_receiver_names_it() -> None:
    alert = an_alert(
        kind=AlertKind.RECEIVER_DISABLED, watch=None, event=None, articles=[], subject="chat", detail="410"
    )
    assert render(alert, a_receiver(type="console")).body == b"receiver.disabled chat: 410"


def alertmanager(alert: Alert) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(render(alert, a_receiver(format="alertmanager")).body)
    return body


def test_alertmanager_gets_version_4_with_labels_that_routes_can_match() -> None:
    body = alertmanager(an_alert())
    assert (body["version"], body["status"], body["receiver"]) == ("4", "firing", "desk")
    (alert,) = body["alerts"]
    assert alert["labels"] | {"watch": "a-watch", "severity": "high", "recipients": "UA"} == alert["labels"]
    assert (alert["startsAt"], alert["endsAt"]) == ("2026-03-02T12:00:00Z", "0001-01-01T00:00:00Z")


def test_a_retraction_resolves_the_very_alert_that_was_firing() -> None:
    fired = alertmanager(an_alert(development="d-1"))
    over = alertmanager(an_alert(development="d-1", kind=AlertKind.RETRACTED))
    assert over["status"] == "resolved"
    assert over["alerts"][0]["fingerprint"] == fired["alerts"][0]["fingerprint"]


def test_a_template_has_the_alert_the_type_and_the_headline() -> None:
    template = '{"text": {{ headline | tojson }}, "id": {{ alert.id | tojson }}, "type": "{{ type }}"}'
    rendering = render(an_alert(id="msg_1"), a_receiver(template=template))
    assert json.loads(rendering.body)["type"] == "alert.created"
    assert rendering.content_type == "application/json"
    assert render(an_alert(), a_receiver(template="{{ alert.watch.title }}")).content_type.startswith("text/plain")


@pytest.mark.parametrize(
    "template",
    [
        "{{ alert.nothing.there }}",
        "{{ headline",
        "{{ 1 / 0 }}",
        "{{ 'x' * 30000 }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    ],
)
def test_a_template_that_fails_gives_way_to_the_plain_form_and_says_so(
    template: str, caplog: pytest.LogCaptureFixture
) -> None:
    alert = an_alert()
    assert render(alert, a_receiver(template=template)) == render(alert, a_receiver())
    assert "filling the template of receiver 'desk'" in caplog.text


def test_raised_is_the_time_in_the_body_not_the_time_of_the_attempt() -> None:
    assert json.loads(standard_body(an_alert(raised=NOW)))["timestamp"] == "2026-03-02T12:00:00Z"
