from datetime import UTC, datetime

from config.schema import Feed
from streams.feeds import outcome
from streams.feeds.answer import Answer, Fault, Validators
from streams.feeds.items import Document, Form, Item
from streams.feeds.state import Condition, FeedState, decode_state, encode_state

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86400.0
FEED = Feed(id="wire", url="http://feed.example/rss", outlet="The Wire")
GOOD = Answer(status=200, validators=Validators('"a"', "Mon, 02 Mar 2026 10:00:00 GMT"))
FAILED = Answer(fault=Fault.TIMEOUT, message="no answer")


def document(count=3, **values) -> Document:
    return Document(form=Form.RSS, items=[Item(guid=str(n)) for n in range(count)], **values)


def after_document(state=None, answer=GOOD, found=None, now=NOW, **values) -> FeedState:
    options = {"body_hash": "h", "fresh": 1, "more": False, "overlap": True, **values}
    return outcome.after_document(
        FEED, state or FeedState(), answer, found or document(), now=now, chance=0.0, **options
    )


def after_fault(state=None, answer=FAILED, now=NOW) -> FeedState:
    return outcome.after_fault(FEED, state or FeedState(), answer, now=now, chance=0.0)


def test_validators_are_kept_after_a_whole_document_and_not_after_a_cut_or_partial_one():
    assert (after_document().etag, after_document().body_hash) == ('"a"', "h")
    for state in (
        after_document(found=document(complete=False)),
        after_document(answer=Answer(status=200, complete=False, validators=GOOD.validators)),
        after_document(more=True),
    ):
        assert (state.etag, state.last_modified, state.body_hash) == (None, None, None)


def test_what_is_left_over_is_fetched_at_once():
    assert after_document(more=True).next_at == NOW


def test_validators_are_dropped_after_eight_days():
    state = after_document()
    assert outcome.validators_of(state, NOW + 7 * DAY) == GOOD.validators
    assert not outcome.validators_of(state, NOW + 9 * DAY)
    unchanged = outcome.after_unchanged(FEED, state, Answer(status=304), now=NOW + 5 * DAY, chance=0.0)
    assert not outcome.validators_of(unchanged, NOW + 9 * DAY)


def test_a_304_may_bring_new_validators():
    answer = Answer(status=304, validators=Validators('"b"', None))
    state = outcome.after_unchanged(FEED, after_document(), answer, now=NOW, chance=0.0)
    assert (state.etag, state.last_modified) == ('"b"', GOOD.validators.last_modified)


def test_another_address_forgets_the_old_ones_validators():
    state = FeedState(
        url="http://old.example/", etag='"a"', validators_at=NOW, body_hash="h", moved="http://x.example/"
    )
    fitted = outcome.fitted(state, FEED)
    assert (fitted.url, fitted.etag, fitted.body_hash, fitted.moved) == (FEED.url, None, None, None)


def test_one_success_ends_every_trouble():
    state = after_fault(after_fault(after_fault()))
    assert (state.failures, state.condition, state.message) == (3, Condition.FAILING, "no answer")
    assert state.failing_since == NOW
    well = after_document(state)
    assert (well.failures, well.failing_since, well.fault, well.message) == (0, None, "", "")


def test_a_failure_keeps_what_is_known_of_the_document():
    assert after_fault(after_document()).etag == '"a"'


def test_a_permanent_redirect_is_believed_after_three_polls_and_a_day():
    moved = Answer(status=200, moved_to="http://new.example/rss")
    state = after_document(answer=moved, now=NOW)
    state = after_document(state, answer=moved, now=NOW + 12 * HOUR)
    assert state.moved is None
    assert after_document(state, answer=moved, now=NOW + 20 * HOUR).moved is None
    assert after_document(state, answer=moved, now=NOW + 25 * HOUR).moved == "http://new.example/rss"
    elsewhere = Answer(status=200, moved_to="http://other.example/rss")
    assert after_document(state, answer=elsewhere, now=NOW + 25 * HOUR).moved_polls == 1


def test_a_poll_that_shares_nothing_with_the_one_before_is_counted_and_shortens_the_interval():
    first = after_document(overlap=False)
    assert first.overruns == 0
    second = after_document(first, overlap=False, now=NOW + HOUR)
    assert (second.overruns, second.shortened) == (1, 0.5)
    assert after_document(second, overlap=True, now=NOW + 2 * HOUR).shortened > 0.5


def test_a_state_survives_the_store_and_an_unreadable_one_is_a_new_one():
    state = after_document()
    assert decode_state(encode_state(state)) == state
    assert decode_state(b"junk") == decode_state(None) == FeedState()
