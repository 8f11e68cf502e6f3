import pytest

from streams.feeds.plain_text import clean, from_html, title_from


def test_paragraphs_become_lines_and_markup_vanishes():
    markup = "<div><p>Berlin <b>approves</b> the sale</p><p>of&nbsp;tanks &amp; spares<br/>to Oslo</p><!-- ad --></div>"
    assert from_html(markup) == "Berlin approves the sale\nof tanks & spares\nto Oslo"


def test_scripts_and_styles_are_not_text():
    assert from_html("<style>p{}</style>Deal<script>alert('<p>')</script> signed<script>never closed") == "Deal\nsigned"


@pytest.mark.parametrize("text", ["a < b", "List<String>", "x<y and y>z", "5 > 3", "<3", "Map<K, V>"])
def test_what_only_looks_like_a_tag_is_kept(text):
    assert title_from(text, literal=False) == text
    assert from_html(text) == text


def test_a_title_has_no_tags_no_entities_and_one_line():
    assert title_from("<em>Arms</em> &amp; the\n  man<script>x()</script>", literal=False) == "Arms & the man"


def test_a_title_that_is_plain_by_its_type_keeps_its_words():
    assert title_from("Using <b> in prose &amp; code", literal=True) == "Using <b> in prose &amp; code"
    assert title_from("A <b>bold</b> claim", literal=True) == "A bold claim"


def test_characters_that_break_readers_are_removed_and_letters_are_composed():
    assert clean("a\x00b\x1b[0m\x85c\ud800d\ufeff\r\ne\tu\u0308") == "ab[0mcd\ne\tü"


def test_a_tag_that_was_cut_off_is_not_text():
    assert from_html("<p>Deal signed</p><a href='http://exa") == "Deal signed"


def test_deep_nesting_takes_no_quadratic_time():
    assert from_html("<div>" * 20_000 + "x") == "x"
