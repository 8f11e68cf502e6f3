import codecs

import pytest

from streams.feeds.charset import decode

GERMAN = "Rüstungsexporte nach Österreich: Größe und Maß"
RUSSIAN = "<title>Россия передала Ирану самолёты, сообщает агентство</title> Москва поставила партию истребителей"
JAPANESE = "防衛省は新型護衛艦の輸出について協議を開始したと発表した。政府関係者によると"


@pytest.mark.parametrize("content_type", ["", "text/xml; charset=iso-8859-1", "text/xml; charset=windows-1251"])
def test_valid_utf_8_is_utf_8_whatever_is_declared(content_type):
    body = f'<?xml version="1.0" encoding="koi8-r"?>{GERMAN}'.encode()
    assert decode(body, content_type) == (body.decode(), "utf-8")


def test_what_the_header_declares_goes_before_the_prolog():
    body = b'<?xml version="1.0" encoding="cp1251"?>' + GERMAN.encode("cp1252")
    assert decode(body, "text/xml; charset=iso-8859-1")[0].endswith(GERMAN)


def test_the_prolog_counts_where_the_header_says_nothing():
    body = b'<?xml version="1.0" encoding="windows-1251"?>' + RUSSIAN.encode("cp1251")
    assert decode(body)[0].endswith(RUSSIAN)


@pytest.mark.parametrize(("text", "encoding"), [(RUSSIAN, "cp1251"), (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp")])
def test_an_undeclared_encoding_is_guessed(text, encoding):
    assert decode(text.encode(encoding))[0] == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_wide_encodings_are_known_by_mark_or_shape(encoding):
    text = f"<rss>{GERMAN}</rss>"
    assert decode(text.encode(encoding))[0] == text
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE, "utf-32-le": codecs.BOM_UTF32_LE}
    assert decode(marks[encoding] + text.encode(encoding))[0] == text


@pytest.mark.parametrize("name", ["undefined", "base64", "rot13", "no-such", "unicode_escape", "idna"])
def test_an_encoding_that_is_none_raises_nothing(name):
    body = f'<?xml version="1.0" encoding="{name}"?>'.encode() + GERMAN.encode("cp1252")
    assert decode(body)[0].endswith(GERMAN)


def test_a_cut_last_character_does_not_make_utf_8_something_else():
    assert decode(GERMAN.encode() + "ß".encode()[:1]) == (GERMAN, "utf-8")


def test_a_few_broken_bytes_in_declared_utf_8_are_only_these_bytes():
    body = b'<?xml version="1.0" encoding="utf-8"?>' + GERMAN.encode() * 5 + b"\xff" + GERMAN.encode()
    text, encoding = decode(body)
    assert encoding == "utf-8"
    assert text.count(GERMAN) == 6
