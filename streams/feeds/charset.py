"""Bytes of a document → its text. Valid UTF-8 is UTF-8, whatever header and prolog say; then what is declared; then a guess."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHAPES = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_PROLOG = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:\-]{1,40})[\"']", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:\-]{1,40})", re.IGNORECASE)
_PROLOG_BYTES = 1024
_SAMPLE_BYTES = 64 * 1024  # enough for a guess; the rest would only cost time

# What browsers take these names for: pages that claim latin-1 mean Windows, ones that claim a part mean the whole.
_MEANT = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "euc_kr": "cp949",
}
_NO_TEXT = frozenset(
    {"undefined", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "cp037", "cp500"}
)


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """The text of ``body`` and the name of the encoding that gave it; never raises."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace"), encoding
    for shape, encoding in _SHAPES:
        if body.startswith(shape):
            return body.decode(encoding, "replace"), encoding
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        # One that is cut in the middle of its last character is still UTF-8.
        if error.start >= len(body) - 3 and error.start > 0:
            return body[: error.start].decode("utf-8"), "utf-8"
    declared = [found[1] for found in (_HEADER.search(content_type),) if found]
    declared += [found[1].decode("ascii") for found in (_PROLOG.search(body[:_PROLOG_BYTES]),) if found]
    for name in declared:
        meant = _encoding(name)
        if meant and meant != "utf-8":
            text = _decoded(body, meant)
            if text is not None:
                return text, meant
    return _guessed(body, claims_utf8=any(_encoding(name) == "utf-8" for name in declared))


def _encoding(name: str) -> str | None:
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return None
    known = _MEANT.get(known, known)
    return None if known in _NO_TEXT or not getattr(codecs.lookup(known), "_is_text_encoding", True) else known


def _decoded(body: bytes, encoding: str) -> str | None:
    try:
        text = body.decode(encoding, "replace")
    except (UnicodeError, ValueError):
        return None
    broken = text.count("\ufffd")
    return text if broken * 50 <= len(text) else None


def _guessed(body: bytes, *, claims_utf8: bool) -> tuple[str, str]:
    as_utf8 = body.decode("utf-8", "replace")
    beyond_ascii = sum(1 for char in as_utf8 if char > "\x7f")
    if claims_utf8 and as_utf8.count("\ufffd") * 10 <= beyond_ascii:
        return as_utf8, "utf-8"  # a few broken bytes in honest UTF-8
    from charset_normalizer import from_bytes

    best = from_bytes(_sample(body)).best()
    encoding = _encoding(best.encoding) if best else None
    text = _decoded(body, encoding) if encoding else None
    if text is not None and encoding is not None:
        return text, encoding
    return body.decode("cp1252", "replace"), "cp1252"


def _sample(body: bytes) -> bytes:
    """The letters of ``body`` beyond its markup: tags are ASCII in every encoding and hide the language."""
    words = re.sub(rb"<[^>]{0,500}>", b" ", body[: 4 * _SAMPLE_BYTES])
    return words[:_SAMPLE_BYTES]
