"""What deduplicate remembers, in Redis or Valkey: decisions, exact keys and rare-word pairs, 72 hours from their last use."""

import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

import msgspec
import redis.asyncio

from agents.deduplicate.fingerprint import REF_BYTES, Fingerprint
from agents.deduplicate.verdict import Candidate, Decision, Holder, Known, as_candidate

log = logging.getLogger(__name__)

KEPT_SECONDS = 72 * 3600
EPOCH_KEY = b"armswire:deduplicate:epoch"
TEXT_PREFIX = b"dd"  # keys of texts are 10 bytes, of pairs 8, exact keys 16: they never meet
CANDIDATES = 24  # texts that are verified at most, those with most pairs in common first
PAIR_HOLDS = 16  # texts that a pair remembers, the newest: a pair that more of them share is not rare
LOOKS = 20  # at changing candidates, before the article is tried again later
HEX_ID = re.compile(r"[0-9a-f]{64}")


class CandidatesKeepChanging(TimeoutError):
    """Other workers store decisions on the same words all the time; it passes by itself."""


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """The decision on one text of an item; ids are packed, those equal to the item's own are left out."""

    content: bytes
    decision: tuple[str, bytes | None, bytes | None, float | None, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """One look-up: what is known, the decision if there is one, and the stamp by which a change is noticed."""

    stamp: bytes
    entries: tuple[Entry, ...]
    decision: Decision | None
    known: Known


Judge = Callable[[Fingerprint, Known], Decision]
_entries = msgspec.msgpack.Decoder(tuple[Entry, ...])
_holder = msgspec.msgpack.Decoder(tuple[bytes, bytes, frozenset[int]])
_candidate = msgspec.msgpack.Decoder(Candidate)
_pack = msgspec.msgpack.Encoder().encode


class Memory:
    """Decisions and what they are made from; all calls raise what redis raises."""

    def __init__(self, store: redis.asyncio.Redis, *, kept_seconds: int = KEPT_SECONDS) -> None:
        self._kept = kept_seconds
        self._epoch: bytes | None = None
        view = _script("view")
        self._look = store.register_script(view + _script("look"))
        self._keep = store.register_script(view + _script("keep"))

    async def decide(self, fingerprint: Fingerprint, judge: Judge) -> Decision:
        """The decision on this text of this article, for good: the stored one, or ``judge``'s, which is then stored."""
        for _ in range(LOOKS):
            seen = await self.look(fingerprint)
            if seen.decision:
                return seen.decision
            decision = judge(fingerprint, seen.known)
            if await self.keep(fingerprint, seen, decision):
                return decision
        raise CandidatesKeepChanging(f"deciding on article {fingerprint.article}: the candidates changed {LOOKS} times")

    async def look(self, fingerprint: Fingerprint) -> Seen:
        """What is known now that may concern an article."""
        exact = _exact_keys(fingerprint)
        stamp, epoch, values, texts = await self._look(
            keys=[EPOCH_KEY, *exact.values(), *_pairs(fingerprint)],
            args=[len(exact), secrets.token_bytes(8), TEXT_PREFIX, CANDIDATES, self._kept],
        )
        self._notice(epoch)
        found = dict(zip(exact, values, strict=True))
        entries = _entries.decode(found["item"]) if found["item"] else ()
        mine = next((entry for entry in entries if entry.content == fingerprint.content), None)
        known = Known(
            item_story=_decision(entries[0], fingerprint.article).story if entries else None,
            text=_held(found.get("text")),
            url=_held(found.get("url")),
            candidates=[_candidate.decode(text) for text in texts],
        )
        return Seen(stamp, entries, _decision(mine, fingerprint.article) if mine else None, known)

    async def keep(self, fingerprint: Fingerprint, seen: Seen, decision: Decision) -> bool:
        """Store a decision if nothing changed since ``seen``; False: look again."""
        exact = _exact_keys(fingerprint)
        holder = fingerprint.ref + _pack((_packed(fingerprint.article), _packed(decision.story), fingerprint.sketch))
        values = {
            "item": _pack((*seen.entries, _entry(fingerprint, decision))),
            "text": b"" if seen.known.text else holder,
            "url": b"" if seen.known.url else holder,
        }
        candidate = as_candidate(fingerprint, decision.story)
        kept = await self._keep(
            keys=[EPOCH_KEY, *exact.values(), *_pairs(fingerprint)],
            args=[
                seen.stamp,
                len(exact),
                self._kept,
                PAIR_HOLDS,
                TEXT_PREFIX + fingerprint.ref,
                _pack(candidate) if candidate else b"",
                fingerprint.ref,
                *(values[name] for name in exact),
            ],
        )
        return bool(kept)

    def _notice(self, epoch: bytes) -> None:
        if self._epoch not in (None, epoch):
            log.warning("the store came back empty: articles of the last %d hours get new verdicts", self._kept // 3600)
        self._epoch = epoch


def _script(name: str) -> str:
    return resources.files(__package__ or "agents.deduplicate").joinpath(f"{name}.lua").read_text(encoding="utf-8")


def _exact_keys(fingerprint: Fingerprint) -> dict[str, bytes]:
    keys = {"item": fingerprint.item_key, "text": fingerprint.text_key, "url": fingerprint.url_key}
    return {name: key for name, key in keys.items() if key}


def _pairs(fingerprint: Fingerprint) -> tuple[bytes, ...]:
    return fingerprint.story.pairs if fingerprint.story else ()


def _held(value: bytes | None) -> Holder | None:
    if not value:
        return None
    article, story, sketch = _holder.decode(value[REF_BYTES:])
    return Holder(_unpacked(article), _unpacked(story), sketch)


def _entry(fingerprint: Fingerprint, decision: Decision) -> Entry:
    story = None if decision.story == fingerprint.article else _packed(decision.story)
    copy_of = _packed(decision.copy_of) if decision.copy_of else None
    return Entry(fingerprint.content, (decision.verdict, story, copy_of, decision.similarity, decision.reason))


def _decision(entry: Entry, article: str) -> Decision:
    verdict, story, copy_of, similarity, reason = entry.decision
    return msgspec.convert(
        (verdict, _unpacked(story) if story else article, _unpacked(copy_of) if copy_of else None, similarity, reason),
        Decision,
    )


def _packed(article: str) -> bytes:
    """An article id in half its bytes."""
    return b"\0" + bytes.fromhex(article) if HEX_ID.fullmatch(article) else article.encode()


def _unpacked(packed: bytes) -> str:
    return packed[1:].hex() if packed[:1] == b"\0" else packed.decode()


assert REF_BYTES == 8, "view.lua cuts pairs into references of eight bytes"
