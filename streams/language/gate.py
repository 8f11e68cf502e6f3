"""The first stage: tells in microseconds whether an item may be about an arms transfer. It leans to letting through."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation

from config.lexicons import Lexicon
from streams.language.mentions import Kind, Mention, Mentions
from streams.language.normalise import fold
from streams.language.triggers import transfer_triggers

ENOUGH = 3  # triggers beyond which more of them add nothing
TITLE_END = b"\n"
LEAD = 1200  # characters of the text in which a foreign party must be named
SHORTEST_NAME = 3  # of a system, for the first look
INNER = tuple(byte >= 0x80 or chr(byte).isalnum() for byte in range(256))  # whether a byte of UTF-8 belongs to a word


class GateReason(StrEnum):
    """Why an item passes or does not."""

    EVIDENCE = "evidence"  # weapon, trigger and foreign party, or a rule or market of the trade
    NO_WEAPON = "no_weapon"
    NO_TRIGGER = "no_trigger"  # weapons, but nothing that changes hands
    NO_FOREIGN_PARTY = "no_foreign_party"
    OFF_TOPIC = "off_topic"  # what speaks for it is outweighed by nuclear talks, sport, combat, gun crime …


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """``score`` is the weighed evidence, comparable with the threshold in gate.yaml; 0 where the first look found nothing."""

    passes: bool
    reason: GateReason
    score: float = 0.0


class Hit(NamedTuple):
    """A term in folded text, in bytes."""

    tag: str
    start: int
    end: int


class Terms:
    """Words and phrases with tags, found in folded text by whole words; a final * allows any ending."""

    def __init__(self, tagged: Iterable[tuple[str, str]]) -> None:
        tags: dict[bytes, set[tuple[str, bool]]] = {}
        for tag, term in tagged:
            if pattern := fold(term.rstrip("*")).encode():
                tags.setdefault(pattern, set()).add((tag, term.endswith("*")))
        self._tags = [sorted(found) for found in tags.values()]
        self._finder = BytesAhoCorasick(list(tags), implementation=Implementation.DFA)

    def find(self, folded: bytes) -> list[Hit]:
        """Every term in the text, those inside others too."""
        length, hits = len(folded), []
        for index, start, end in self._finder.find_matches_as_indexes(folded, overlapping=True):
            if start and INNER[folded[start - 1]]:
                continue
            whole = end == length or not INNER[folded[end]]
            hits += [Hit(tag, start, end) for tag, any_ending in self._tags[index] if whole or any_ending]
        return hits


class Gate:
    """Judges items by three kinds of evidence: a weapon, a trigger of transfer, a foreign party."""

    def __init__(self, lexicon: Lexicon, mentions: Mentions | None = None) -> None:
        gate, vetoes = lexicon.gate, lexicon.vetoes
        self._mentions = mentions or Mentions(lexicon)
        self._weights: dict[str, float] = gate["weights"]
        self._first = Terms(_first_terms(lexicon))
        self._second = Terms(
            chain(
                (("phrase", phrase) for phrase in vetoes.phrases),
                ((tag, term) for tag in ("military", "market", "combat") for term in gate[tag]),
                (("trigger", term) for term in transfer_triggers(lexicon)),
                ((topic, term) for topic, terms in vetoes.topics.items() for term in terms),
            )
        )
        self._topics = frozenset(vetoes.topics)

    def judge(self, title: str, text: str) -> GateVerdict:
        """Whether the item goes on to the classifier, and why; a few microseconds for what is plainly something else."""
        folded = fold(title).encode() + TITLE_END + fold(text).encode()
        first = self._first.find(folded)
        if not first:
            return GateVerdict(False, GateReason.NO_WEAPON)
        second = self._second.find(folded)
        weapons = _weapons(first, second)
        if not weapons:
            return GateVerdict(False, GateReason.NO_WEAPON)
        tags = Counter(hit.tag for hit in second)
        triggers = {folded[h.start : h.end] for h in second if h.tag == "trigger" and not _inside(h, weapons)}
        strong = any(hit.tag == "strong" for hit in weapons)
        if not triggers and not strong:
            return GateVerdict(False, GateReason.NO_TRIGGER)
        states = self._states(title, text)
        if not states or (len(states) == 1 and not tags["market"] and not strong):
            return GateVerdict(False, GateReason.NO_FOREIGN_PARTY)
        weigh = self._weights
        score = (
            max(weigh[hit.tag] for hit in weapons)
            + weigh["trigger"] * min(len(triggers), ENOUGH)
            + weigh["states"] * min(len(states), 2)
            + weigh["market"] * bool(tags["market"])
            + weigh["combat"] * min(tags["combat"], ENOUGH)
            + weigh["topic"] * min(sum(tags[topic] for topic in self._topics), ENOUGH)
        )
        passes = score >= weigh["threshold"]
        return GateVerdict(passes, GateReason.EVIDENCE if passes else GateReason.OFF_TOPIC, round(score, 2))

    def _states(self, title: str, text: str) -> set[str]:
        """The states, groups and homes of makers and systems that title and lead name."""
        states: set[str] = set()
        for part in (title, text[:LEAD]):
            states.update(code for mention in self._mentions.find(part) for code in _home(mention))
        return states


def _home(mention: Mention) -> tuple[str, ...]:
    return mention.codes[:1] if mention.kind in (Kind.COUNTRY, Kind.FIRM, Kind.SYSTEM) else ()


def _weapons(first: list[Hit], second: list[Hit]) -> list[Hit]:
    """What names a weapon: not within a longer phrase (think tanks), everyday hardware only beside a military word."""
    phrases = [hit for hit in second if hit.tag == "phrase"]
    military = any(hit.tag == "military" for hit in second)
    return [
        hit for hit in first if (hit.tag != "hardware" or military) and not _inside(hit, phrases)
    ]


def _inside(hit: Hit, others: list[Hit]) -> bool:
    return any(other.start <= hit.start and hit.end <= other.end for other in others)


def _first_terms(lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """What may name a weapon: nouns, strong phrases, everyday hardware, systems in every spelling, makers of arms."""
    for tag, column in (("weapon", "weapons"), ("strong", "strong"), ("hardware", "hardware")):
        yield from ((tag, term) for term in lexicon.gate[column])
    for system in lexicon.systems.values():
        yield from (("system", f"{name}*") for name in (*system.surfaces, *system.weak) if len(name) >= SHORTEST_NAME)
        for name in system.designations:
            yield from (("system", f"{spelled}*") for spelled in {name, name.replace("-", ""), name.replace(" ", "")})
    civil = frozenset(lexicon.gate["civil_firms"])
    for firm in lexicon.firms.values():
        if firm.id not in civil:
            yield from (("firm", name) for name in (firm.name, *firm.surfaces) if name not in firm.weak)
