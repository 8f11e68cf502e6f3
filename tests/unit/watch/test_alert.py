"""An alert stays within its size, whatever the articles carry."""

import msgspec
import pytest

from agents.watch.alert import alert_article, compose, flat
from agents.watch.rules import Match
from config.schema import Level
from streams.records import ALERT_BYTES, Alert, AlertKind, Article, Event, Evidence, Quantity, encode
from tests.builders import NOW, a_system, a_watch, an_article, an_event


def an_alert(
    event: Event, articles: list[Article], match: Match | None = None, reasons: list[str] | None = None
) -> Alert:
    return compose(
        alert_id="msg_1",
        kind=AlertKind.CREATED,
        watch=a_watch({"country": "UA"}),
        level=Level.HIGH,
        development="d",
        match=match,
        reasons=reasons or [],
        event=flat(event),
        articles=[alert_article(article) for article in articles],
        articles_total=len(articles),
        outlets=1,
        independent_outlets=1,
        raised=NOW,
    )


def a_span(start: int, text: str = "Berlin", **values: str) -> Evidence:
    return Evidence(
        **{"field": "suppliers", "value": "DE", "source": "summary", "rule": "r"} | values,
        start=start,
        end=start + 6,
        text=text,
    )


def test_the_event_is_flat_without_article_and_summary_and_speaks_of_text_as_classify_does() -> None:
    article = an_article(title="Berlin clears Taurus", summary="A long story")
    event = flat(an_event(article, systems=["Taurus"], evidence=[a_span(0)]))
    assert (event["title"], event["url"], event["types"], event["relevant"]) == (
        article.title,
        article.url,
        ["delivery"],
        True,
    )
    assert event["evidence"][0]["source"] == "text"
    assert event["fetched"] == msgspec.to_builtins(article.fetched)
    assert event["systems"][0]["name"] == "Taurus"
    assert not {"article", "story", "summary"} & set(event)
    assert "A long story" not in str(event)


def test_the_spans_of_the_match_come_first_and_none_twice() -> None:
    spans = [a_span(n) for n in range(30)]
    alert = an_alert(an_event(evidence=spans), [], Match(level=Level.HIGH, evidence=(spans[25], spans[3])))
    assert alert.event is not None
    assert [span["start"] for span in alert.event["evidence"]][:4] == [25, 3, 0, 1]
    assert len(alert.event["evidence"]) == 20


def test_long_spans_and_titles_are_cut_and_an_address_is_whole_or_absent() -> None:
    article = an_article(title="T" * 1000, url="http://127.0.0.1/" + "x" * 2000)
    alert = an_alert(an_event(article, evidence=[a_span(0, "x" * 900)]), [article])
    assert alert.event is not None
    assert len(alert.event["evidence"][0]["text"]) == 300
    assert len(alert.articles[0].title) == 300
    assert alert.articles[0].url is None


@pytest.mark.parametrize("letter", ["x", "ж", "漢", "\U0001f680", '"', "\x01"])
@pytest.mark.parametrize("articles", [1, 25])
def test_the_largest_alert_takes_18_kilobytes_in_any_script(letter: str, articles: int) -> None:
    many = [
        an_article(title=letter * 1000, url="http://127.0.0.1/" + "x" * 900, outlet=letter * 100)
        for _ in range(articles)
    ]
    event = an_event(
        many[0],
        evidence=[a_span(n, letter * 400, value=letter * 400, rule=letter * 100) for n in range(200)],
        systems=[a_system(f"{letter * 60}{n}", surface=letter * 60) for n in range(60)],
        quantities=[Quantity(value=float(n), unit=letter * 60) for n in range(60)],
        countries=["DE"] * 200,
        classifier={f"file{n}": "0" * 64 for n in range(12)},
    )
    alert = an_alert(event, many, reasons=[letter * 900] * 50)
    assert len(encode(alert)) <= ALERT_BYTES
    assert alert.articles_total == articles
    assert alert.event is not None
    assert alert.event["types"] == ["delivery"]


def test_an_alert_of_usual_size_keeps_twenty_articles_and_all_its_evidence() -> None:
    articles = [an_article(title=f"Berlin clears Taurus for Kyiv, part {n}") for n in range(25)]
    alert = an_alert(an_event(articles[0], evidence=[a_span(n) for n in range(18)]), articles)
    assert alert.event is not None
    assert (len(alert.articles), alert.articles_total, len(alert.event["evidence"])) == (20, 25, 18)
    assert alert.link == articles[0].url
