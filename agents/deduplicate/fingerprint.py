"""What of an article tells whether it is a copy: exact keys, rare words in pairs, and the facts that copies must share."""

import re
import struct
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

from agents.deduplicate.agreement import Facts
from agents.deduplicate.decisions import Decisions
from agents.deduplicate.furniture import Furniture
from agents.deduplicate.numbers import numbers
from agents.deduplicate.rarity import Rarity, plain
from streams.language.mentions import Kind, Mention, Mentions
from streams.language.normalise import clean, sentences, words
from streams.records import Article

EXACT_BYTES = 16
PAIR_BYTES = 8  # a chance hit costs one look at a text that is verified anyway
REF_BYTES = 8
PAIR_LEAD = 15  # words of the text, besides the title, whose pairs are kept: appended boilerplate lies behind them
RAREST = 8  # of these words make 28 pairs
DECISION_LEAD = 20  # words of the text in which its decision stands
STORY_WORDS = 60  # words of the text that are compared; beyond them any two long texts share much
TEXT_LEAST = 5  # words below which an equal text says nothing: "Press release"
SKETCH_WORDS = 8
TELLING = 0.3  # below this weight a word is a preposition or an article, and headlines differ in them
SOME_RARITY = 1.0  # words below this weight are in every tenth item: they make no pairs
NAME_RARITY = 3.0  # a capitalised word that is more common than this is a title, a month or a department
CHARACTERS = 4000  # of a text that are looked at for near copies
_WORD = re.compile(r"[^\W_]+(?:['’.&][^\W_]+)*")  # air-defence is two words, as air defence is
_KINDS = {Kind.COUNTRY: "country", Kind.SYSTEM: "system", Kind.FIRM: "firm"}


Token = tuple[str, int]  # a word and the offset of its end


@dataclass(frozen=True, slots=True)
class Story:
    """What near copies are found by (``pairs``) and judged by: hashes of words with weights, and facts."""

    pairs: tuple[bytes, ...]
    weights: dict[int, float]  # hash of a word -> its weight
    headline: frozenset[int]  # hashes of the telling words of the headline
    facts: Facts

    @property
    def weight(self) -> float:
        """The summed rarity of all words."""
        return sum(self.weights.values())

    def weigh(self, words: Iterable[int]) -> float:
        """The summed rarity of some of the words."""
        return sum(self.weights[word] for word in words)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """An article's keys; ``story`` only where near copies are looked for."""

    article: str
    item_key: bytes
    url_key: bytes | None
    text_key: bytes | None
    ref: bytes  # names this text of this article in the store
    sketch: frozenset[int]  # 16-bit hashes of the rarest words of title and lead
    story: Story | None = None


class Fingerprints:
    """Makes fingerprints: exact keys for every article, the rest for those that may be about an arms transfer."""

    def __init__(self, mentions: Mentions, rarity: Rarity, decisions: Decisions, furniture: Furniture) -> None:
        self._mentions, self._rarity, self._decisions, self._furniture = mentions, rarity, decisions, furniture

    def take(self, article: Article, *, near: bool) -> Fingerprint:
        """The fingerprint of an article, with its story where ``near``."""
        title = self._furniture.bare_title(clean(article.title), clean(article.outlet))
        text = self._furniture.bare_text(clean(article.summary))
        title_words, text_words = words(title), words(text)
        said = " ".join([*title_words, "|", *text_words])
        lead = {plain(w) for w in (*title_words, *text_words[:PAIR_LEAD])}
        return Fingerprint(
            article=article.id,
            item_key=_digest("item", article.id),
            url_key=_digest("url", url) if (url := article.canonical_url) and _names_a_page(url) else None,
            text_key=_digest("text", said) if len({*title_words, *text_words}) >= TEXT_LEAST else None,
            ref=_digest("ref", f"{article.id} {article.content_hash}")[:REF_BYTES],
            sketch=frozenset(_hash(w) & 0xFFFF for w in self._rarest(lead, frozenset(), SKETCH_WORDS, 0.0)),
            story=self._story(title, text[:CHARACTERS]) if near else None,
        )

    def _story(self, title: str, text: str) -> Story:
        title_mentions, text_mentions = self._mentions.find(title), self._mentions.find(text)
        heads = _tokens(title, title_mentions)
        body = _tokens(text, text_mentions)
        head_words = frozenset(token for token, _ in heads)
        story = head_words | {token for token, _ in body[:STORY_WORDS]}
        lead = head_words | {token for token, _ in body[:PAIR_LEAD]}
        # A text of a few words (Read more, a caption) is none: the headline stands alone.
        length = len(body) if len(body) >= TEXT_LEAST else 0
        return Story(
            pairs=tuple(
                sorted(_pair(a, b) for a, b in combinations(self._rarest(lead, head_words, RAREST, SOME_RARITY), 2))
            ),
            weights={_hash(token): self._rarity.weight(token) for token in story},
            headline=frozenset(_hash(token) for token in head_words if self._rarity.weight(token) >= TELLING),
            facts=Facts(
                said=_facts(text, text_mentions, body[:STORY_WORDS])
                | _facts(title, title_mentions, heads, headline=True),
                length=min(length, STORY_WORDS),
                names=frozenset(map(_hash, self._names(text[: _end(body, PAIR_LEAD)], text_mentions))),
                title_decisions=self._decisions.find(title),
                text_decisions=self._decisions.find(text[: _end(body, DECISION_LEAD)]),
            ),
        )

    def _rarest(self, tokens: frozenset[str] | set[str], head: frozenset[str], count: int, least: float) -> list[str]:
        """The rarest words; among equals those of the headline, which is what a headline alone can share, then the longer."""
        weighed = [(self._rarity.weight(token), token in head, len(token), token) for token in tokens]
        return [token for *_, token in sorted((w for w in weighed if w[0] >= least), reverse=True)[:count]]

    def _names(self, lead: str, mentions: list[Mention]) -> set[str]:
        """Capitalised words inside sentences that no list knows: a system, maker or place of which we have not heard."""
        openings = {start for start, _ in sentences(lead)}
        taken = {at for m in mentions if m.kind in _KINDS for at in range(m.start, m.end)}
        found = [n for n in _WORD.finditer(lead) if n[0][0].isupper() and n.start() not in openings | taken]
        names = {plain(word) for n in found for word in words(n[0]) if word not in self._furniture.agency_words}
        return {name for name in names if self._rarity.weight(name) >= NAME_RARITY}


def _names_a_page(url: str) -> bool:
    """Whether an address is that of one page rather than of a whole site."""
    _, _, path = url.partition("://")[2].partition("/")
    return bool(path.strip("/")) or "?" in url


def _tokens(text: str, mentions: list[Mention]) -> list[Token]:
    """The words of a text, each with the offset of its end; names of the lexicon as ``@BG``, whatever they are called here."""
    tokens: list[Token] = []
    named = [m for m in mentions if m.kind in _KINDS]
    at = 0
    for mention in [*named, None]:
        stop = mention.start if mention else len(text)
        for found in _WORD.finditer(text, at, stop):
            tokens += [(plain(word), found.end()) for word in words(found[0])]
        if mention:
            tokens.append((f"@{mention.id}", mention.end))
            at = mention.end
    return tokens


def _end(tokens: list[Token], count: int) -> int:
    """The offset behind the first ``count`` words."""
    return tokens[min(count, len(tokens)) - 1][1] if tokens else 0


def _facts(text: str, mentions: list[Mention], tokens: list[Token], *, headline: bool = False) -> dict[str, int]:
    """The marked facts of a text, each with the number of words that stand before it, 0 throughout a headline."""
    end = tokens[-1][1] if tokens else 0
    ends = [token_end for _, token_end in tokens]
    found: list[tuple[int, str]] = []
    for mention in mentions:
        if mention.end > end:
            break
        if mention.kind in _KINDS:
            found.append((mention.start, f"{_KINDS[mention.kind]}:{mention.id}"))
        if mention.kind is Kind.WEAPON and not mention.weak:
            found.append((mention.start, f"weapon:{mention.id}"))
        if mention.variant:
            found.append((mention.start, f"variant:{mention.id} {re.sub(r'[^a-z0-9]', '', mention.variant.lower())}"))
    found += [(at, f"number:{value}") for at, value in numbers(_without_names(text[:end], mentions))]
    return {fact: 0 if headline else bisect_right(ends, at) for at, fact in sorted(found, reverse=True)}


def _without_names(text: str, mentions: list[Mention]) -> str:
    """The text with blanks for the names of systems and makers, whose figures are no counts."""
    for mention in mentions:
        if mention.kind in (Kind.SYSTEM, Kind.FIRM, Kind.VETO):
            text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
    return text


def _pair(one: str, other: str) -> bytes:
    return _digest("pair", " ".join(sorted((one, other))))[:PAIR_BYTES]


def _digest(kind: str, value: str) -> bytes:
    return blake2b(value.encode(), digest_size=EXACT_BYTES, person=kind.encode()).digest()


def _hash(word: str) -> int:
    """32 bits of a word."""
    return int(struct.unpack("<I", blake2b(word.encode(), digest_size=4).digest())[0])
