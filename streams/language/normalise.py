"""Text as the rules see it: cleaned for display and fingerprints, or folded one character to one for matching."""

import html
import re
import unicodedata

QUOTES = dict.fromkeys("‘’‚‛ʼ´`′", "'") | dict.fromkeys("“”„‟«»″", '"')
DASHES = dict.fromkeys("‐‑‒–—―−﹣－", "-")
SPACES = dict.fromkeys("\t\n\r\x0b\x0c\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
                       "\u2028\u2029\u202f\u205f\u3000", " ")  # fmt: skip
INVISIBLE = dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
BARE_ENTITY = re.compile(r"(?<!&)#(3[489]|\d{3,5}|x[0-9a-f]{2,5});", re.IGNORECASE)  # an entity that lost its ampersand
WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
STOP = re.compile(r"[.!?…]+[\"'’”»)\]]*(?=\s+[\"'‘“«(\[]*[A-Z0-9À-ÞЀ-Я€£$])|\n\s*\n")
# A full stop after these does not end a sentence.
ABBREVIATIONS = frozenset(
    [
        "mr", "mrs", "ms", "dr", "st", "sen", "rep", "gov", "gen", "lt", "col", "maj", "capt", "cmdr", "adm", "brig",
        "sgt", "prof", "hon", "pres", "sec", "amb", "fig", "no", "nos", "vs", "etc", "approx", "est", "jr", "sr",
        "co", "corp", "inc", "ltd", "plc", "bros", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept",
        "oct", "nov", "dec", "u.s", "u.k", "u.n", "u.a.e", "e.u", "d.c", "a.m", "p.m", "i.e", "e.g", "ga", "va", "md",
        "mt", "ft", "op", "vol",
    ]
)  # fmt: skip
IRREGULAR = {"man": "men", "foot": "feet", "knife": "knives"}
UNCOUNTED = ("craft", "s", "ry", "ition", "ment", "gear", "hardware", "firepower", "ordnance", "armour", "armor")


class _Fold(dict[int, str]):
    """Lower case, plain quotes, hyphens and all blanks as a space, no accents: always one character for one."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = QUOTES.get(character) or DASHES.get(character) or SPACES.get(character) or character
        plain = " " if plain == "-" else unicodedata.normalize("NFD", plain)[0].lower()
        self[code] = plain if len(plain) == 1 else character
        return self[code]


_FOLD = _Fold()
_CLEAN = str.maketrans(QUOTES | DASHES | SPACES | INVISIBLE)


def clean(text: str) -> str:
    """Text for display and fingerprints: entities resolved, NFC, plain quotes, dashes and spaces, single spaces."""
    text = html.unescape(BARE_ENTITY.sub(r"&#\1;", html.unescape(text)))  # twice, since feeds escape twice
    return " ".join(unicodedata.normalize("NFC", text).translate(_CLEAN).split())


def fold(text: str) -> str:
    """Text for matching, as long as the original: offsets in it are offsets in the original."""
    return text.translate(_FOLD)


def words(text: str) -> list[str]:
    """The words of a text in lower case, hyphens and inner apostrophes kept, possessives cut."""
    return [word.replace("’", "'").removesuffix("'s") for word in WORD.findall(text.lower())]


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence in code points, blanks around it left out."""
    spans: list[tuple[int, int]] = []
    start = 0
    for stop in STOP.finditer(text):
        if stop[0].strip() and stop[0][0] == "." and _abbreviated(text, start, stop.start()):
            continue
        _append(text, start, stop.end(), spans)
        start = stop.end()
    _append(text, start, len(text), spans)
    return spans


def plural(noun: str) -> str:
    """The plural of an English noun phrase; nouns without one are given back as they are."""
    head, _, last = noun.rpartition(" ")
    lead = f"{head} " if head else ""
    for one, many in IRREGULAR.items():
        if last.endswith(one):
            return lead + last.removesuffix(one) + many
    if last.endswith(UNCOUNTED) and not last.endswith(("battery", "ss")):
        return noun
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        return lead + last[:-1] + "ies"
    return lead + last + ("es" if last.endswith(("s", "x", "z", "ch", "sh")) else "s")


def _abbreviated(text: str, start: int, stop: int) -> bool:
    """Whether the full stop at ``stop`` belongs to an abbreviation or an initial."""
    word = text[max(start, stop - 12) : stop].rsplit(None, 1)[-1:] or [""]
    last = word[0].lstrip("(\"'‘“[").lower()
    return (
        last in ABBREVIATIONS or (len(last) == 1 and last.isalpha()) or bool(re.fullmatch(r"(?:[a-z]\.)+[a-z]", last))
    )


def _append(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))
