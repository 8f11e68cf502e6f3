"""Markup → plain text, and text without the characters that break what reads it later."""

import html
import re
import unicodedata

# NUL, C0 and C1 controls but tab and newline, lone surrogates, noncharacters, byte order marks inside a text.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\ufeff]")
_NO_SENSE = re.compile(
    r"<!--.*?(?:-->|$)|<(?P<name>script|style|template|noscript|svg|head|iframe|object)\b[^>]*>.*?(?:</(?P=name)\s*>|$)"
    r"|<!\[CDATA\[|\]\]>|<[!?][^>]*>",
    re.IGNORECASE | re.DOTALL,
)
_BLOCK_NAMES = (
    "address article aside blockquote br caption dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4"
    " h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul"
)
_INLINE_NAMES = (
    "a abbr acronym audio b base bdi bdo big body button canvas center cite code col colgroup data datalist del dfn em embed"
    " font frame frameset head html i iframe img input ins kbd label legend link map mark marquee menu meta meter nobr noscript"
    " object optgroup option output param picture progress q rp rt ruby s samp script select small source span strike strong"
    " style sub sup svg template textarea time title track tt u var video wbr"
)
_BLOCKS, _INLINE = frozenset(_BLOCK_NAMES.split()), frozenset(_INLINE_NAMES.split())
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]*)(?:\s[^<>]*|/)?>")
_BROKEN_END = re.compile(r"<(?:/?[A-Za-z][^<>]{0,2000})?$")
_SPACES = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" ?\n[ \n]*")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


def clean(text: str) -> str:
    """``text`` without characters that no reader wants, in the composed form (NFC)."""
    return unicodedata.normalize("NFC", _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def from_html(markup: str) -> str:
    """The words of ``markup``: no tags, no scripts, paragraphs as lines. Text that only looks like a tag is kept."""
    text = _NO_SENSE.sub("\n", markup) if "<" in markup else markup
    text = _TAG.sub(_space_of_tag, text)
    text = _BROKEN_END.sub("", text) if _is_html(markup) else text
    return lines(html.unescape(text))


def title_from(markup: str, *, literal: bool) -> str:
    """A title on one line; ``literal`` ones (Atom's type text) lose a tag only where it is closed like markup."""
    if literal and not _is_html(markup):
        return one_line(markup)
    text = _NO_SENSE.sub(" ", markup) if "<" in markup else markup
    text = _TAG.sub(_space_of_tag, text)
    return one_line(text if literal else html.unescape(text))


def lines(text: str) -> str:
    """Runs of spaces as one, of line breaks as one."""
    return clean(_BREAKS.sub("\n", _SPACES.sub(" ", clean(text)))).strip()


def one_line(text: str) -> str:
    """Everything on one line."""
    return " ".join(clean(text).split())


def is_markup(text: str) -> bool:
    """Whether ``text`` holds a known tag or an entity."""
    return bool(_ENTITY.search(text)) or any(_known(found[1]) for found in _TAG.finditer(text))


def _is_html(text: str) -> bool:
    """Whether a known tag is closed, or is one that needs no end."""
    names = {(found[0][1] == "/", found[1].lower()) for found in _TAG.finditer(text)}
    opened = {name for ends, name in names if not ends and _known(name)}
    return bool(opened & {name for ends, name in names if ends}) or bool(opened & {"br", "img", "hr"})


def _known(name: str) -> bool:
    return name.lower() in _BLOCKS or name.lower() in _INLINE


def _space_of_tag(found: re.Match[str]) -> str:
    name = found[1].lower()
    if name in _BLOCKS:
        return "\n"
    return "" if name in _INLINE else found[0]
