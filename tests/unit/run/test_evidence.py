"""The sentence that decided."""

from streams.run.evidence import because, sentence_at

TITLE = "Norway orders eight more howitzers"
SUMMARY = "Norway has ordered eight howitzers. Oslo will pay for them in three years. The U.S. offered others."


def _span(field, source, text, whole):
    start = whole.index(text)
    return {"field": field, "source": source, "start": start, "end": start + len(text), "text": text}


def test_the_sentence_with_the_most_evidence_is_told():
    spans = [
        _span("types", "summary", "ordered", SUMMARY),
        _span("recipients", "summary", "Norway", SUMMARY),
        _span("systems", "title", "howitzers", TITLE),
    ]
    assert because(spans, TITLE, SUMMARY) == "Norway has ordered eight howitzers."


def test_evidence_that_decides_nothing_a_reader_asks_for_has_no_vote():
    spans = [_span("money", "summary", "pay", SUMMARY), _span("types", "title", "orders", TITLE)]
    assert because(spans, TITLE, SUMMARY) == TITLE


def test_without_the_text_the_spans_own_words_are_told():
    spans = [_span("types", "summary", "ordered", SUMMARY), _span("recipients", "summary", "Norway", SUMMARY)]
    assert because(spans, TITLE, "") == "ordered … Norway"


def test_no_evidence_gives_no_sentence():
    assert because([], TITLE, SUMMARY) == ""


def test_the_last_sentence_ends_with_the_text():
    assert sentence_at(SUMMARY, SUMMARY.index("offered")) == "The U.S. offered others."
