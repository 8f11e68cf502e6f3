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

ENOUGH = 3  # words of a kind beyond which more of them add nothing
NEAR = 40  # bytes between a weapon and its trigger
BESIDE = 60  # bytes between everyday hardware and the military word that makes it a weapon
TITLE_END = b"\n"
LEAD = 1200  # characters of the text in which a foreign party must be named
NEED_NO_TRIGGER = ("strong", "system")  # a system beside two states is judged by its weights: First Polish K2s
ARMS = (Kind.SYSTEM, Kind.WEAPON)
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
        self._finder = BytesAhoCorasick(list(tags), implementation=Implementation.ContiguousNFA)

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
        weapons = [hit for hit in _weapons(first, second) if hit.tag != "system" or _capital(hit, title, text, folded)]
        if not weapons:
            return GateVerdict(False, GateReason.NO_WEAPON)
        triggers = [hit for hit in second if hit.tag == "trigger" and not _inside(hit, weapons)]
        if not triggers and not any(hit.tag in NEED_NO_TRIGGER for hit in weapons):
            return GateVerdict(False, GateReason.NO_TRIGGER)
        # "attack helicopter" is a weapon, no attack
        tags = Counter(hit.tag for hit in second if hit.tag != "combat" or not _inside(hit, weapons))
        score = self._weigh(weapons, triggers, tags, folded)
        if score + self._weights["states"] < self._weights["threshold"]:
            return GateVerdict(False, GateReason.OFF_TOPIC, round(score, 2))
        mentions = [mention for part in (title, text[:LEAD]) for mention in self._mentions.find(part)]
        if all(hit.tag == "system" for hit in weapons) and not any(mention.kind in ARMS for mention in mentions):
            return GateVerdict(False, GateReason.NO_WEAPON, round(score, 2))
        states = {code for mention in mentions for code in _home(mention)}
        if not states and not tags["market"]:
            return GateVerdict(False, GateReason.NO_FOREIGN_PARTY, round(score, 2))
        score += self._weights["states"] * (len(states) > 1)
        if score >= self._weights["threshold"]:
            return GateVerdict(True, GateReason.EVIDENCE, round(score, 2))
        reason = GateReason.OFF_TOPIC if len(states) > 1 else GateReason.NO_FOREIGN_PARTY
        return GateVerdict(False, reason, round(score, 2))

    def _weigh(self, weapons: list[Hit], triggers: list[Hit], tags: Counter[str], folded: bytes) -> float:
        """The evidence of the words alone, states left out."""
        weights = self._weights
        near = any(hit.tag == "strong" or any(_distance(hit, t) <= NEAR for t in triggers) for hit in weapons)
        named = {folded[hit.start : hit.end] for hit in weapons if hit.tag != "hardware"}
        return (
            max(weights[hit.tag] for hit in weapons)
            + weights["more_weapons"] * min(max(len(named) - 1, 0), ENOUGH)
            + weights["near"] * near
            + weights["market"] * bool(tags["market"])
            + weights["combat"] * min(tags["combat"], ENOUGH)
            + weights["topic"] * min(sum(tags[topic] for topic in self._topics), ENOUGH)
        )


def _home(mention: Mention) -> tuple[str, ...]:
    return mention.codes[:1] if mention.kind in (Kind.COUNTRY, Kind.FIRM, Kind.SYSTEM) else ()


def _weapons(first: list[Hit], second: list[Hit]) -> list[Hit]:
    """What names a weapon: not within a longer phrase (think tanks), everyday hardware only beside a military word."""
    phrases = [hit for hit in second if hit.tag == "phrase"]
    military = [hit for hit in second if hit.tag == "military"]
    return [
        hit
        for hit in first
        if not _inside(hit, phrases)
        and (hit.tag != "hardware" or any(0 <= _distance(hit, m) <= BESIDE for m in military))
    ]


def _capital(hit: Hit, title: str, text: str, folded: bytes) -> bool:
    """Whether the original has a capital or a digit where a system's name begins: Eagle, not eagle."""
    at = hit.start if len(folded) == len(title) + len(text) + 1 else len(folded[: hit.start].decode())
    initial = title[at] if at < len(title) else text[at - len(title) - 1]
    return not initial.islower()


def _distance(hit: Hit, other: Hit) -> int:
    return max(hit.start - other.end, other.start - hit.end)


def _inside(hit: Hit, others: list[Hit]) -> bool:
    return any(other.start <= hit.start and hit.end <= other.end for other in others)


def _first_terms(lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """What may name a weapon: nouns, strong phrases, everyday hardware, systems in every spelling, makers of arms."""
    for tag, column in (("weapon", "weapons"), ("strong", "strong"), ("hardware", "hardware")):
        yield from ((tag, term) for term in lexicon.gate[column])
    for system in lexicon.systems.values():
        for name in (*system.surfaces, *system.weak):
            yield from (("system", spelled) for spelled in (name, f"{name}s") if len(name) >= SHORTEST_NAME)
        for name in system.designations:  # any ending: F-16AM, F16s, F 16C/D
            yield from (("system", f"{spelled}*") for spelled in {name, name.replace("-", ""), name.replace(" ", "")})
    civil = frozenset(lexicon.gate["civil_firms"])
    for firm in lexicon.firms.values():
        if firm.id not in civil:
            yield from (("firm", name) for name in (firm.name, *firm.surfaces) if name not in firm.weak)
