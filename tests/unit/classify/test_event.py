from agents.classify.event import event_of
from streams.records import EVENT_BYTES, Classification, Event, EventType, Evidence, decode
from tests.builders import an_article


def test_an_event_carries_its_article_and_the_id_of_that_very_text():
    article = an_article(title="Norway sells jets", story="a-story")
    event, value = event_of(article, Classification(relevant=True, types=[EventType.AGREEMENT], suppliers=["NO"]))
    assert (event.id, event.story) == (article.event_id, "a-story")
    assert decode(Event, value) == event


def test_an_article_without_a_story_is_its_own():
    article = an_article(story=None)
    assert event_of(article, Classification())[0].story == article.id


def test_evidence_is_cut_where_the_event_would_be_too_large():
    span = Evidence(field="types", value="aid", source="summary", start=0, end=4000, text="x" * 4000, rule="a rule")
    event, value = event_of(an_article(summary="y" * 30_000), Classification(relevant=True, evidence=[span] * 200))
    assert len(value) <= EVENT_BYTES
    assert event.evidence
