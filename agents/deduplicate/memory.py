"""What deduplicate remembers, in Redis or Valkey: decisions, exact keys and rare-word pairs, 72 hours from their last use."""

import logging
import re
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

import msgspec
import redis.asyncio

from agents.deduplicate.fingerprint import EXACT_BYTES, REF_BYTES, Fingerprint
from agents.deduplicate.verdict import Candidate, Decision, Holder, Known, Reason, as_candidate
from streams.records import Verdict

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


Outcome = tuple[
    str, bytes | None, bytes | None, float | None, str
]  # a decision with packed ids, the story's own left out


class Item(msgspec.Struct, array_like=True, frozen=True):
    """An item as it is stored: packed id, sketch and reference of its first text, and what was decided on it; None is new.

    Every other text of the item is a revision of the same story, so nothing is stored for it here.
    """

    article: bytes
    sketch: bytes
    ref: bytes
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One look-up: what is known, the decision if there is one, and the stamp by which a change is noticed."""

    stamp: bytes
    decision: Decision | None
    known: Known


Judge = Callable[[Fingerprint, Known], Decision]
_item = msgspec.msgpack.Decoder(Item)
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
        """The decision on this text of this article, for good: the stored one, or ``judge``'s, which is then stored.

        Raises CandidatesKeepChanging where other workers are always faster.
        """
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
        items = {name: _item.decode(value) for name, value in zip(exact, values, strict=True) if value}
        item = items.get("item")
        known = Known(
            item_story=_decision(item).story if item else None,
            text=_holder(items.get("text")),
            url=_holder(items.get("url")),
            candidates=[_candidate.decode(text) for text in texts],
        )
        return Seen(stamp, _decision(item) if item and item.ref == fingerprint.ref else None, known)

    async def keep(self, fingerprint: Fingerprint, seen: Seen, decision: Decision) -> bool:
        """Store a decision if nothing changed since ``seen``; False: look again."""
        exact = _exact_keys(fingerprint)
        here = fingerprint.item_key + fingerprint.ref
        values = {
            "item": b"" if seen.known.item_story else _pack(_as_item(fingerprint, decision)),
            "text": b"" if seen.known.text else here,
            "url": b"" if seen.known.url else here,
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


def _holder(item: Item | None) -> Holder | None:
    if not item:
        return None
    sketch = frozenset(struct.unpack(f"<{len(item.sketch) // 2}H", item.sketch))
    return Holder(_unpacked(item.article), _decision(item).story, sketch)


def _as_item(fingerprint: Fingerprint, decision: Decision) -> Item:
    story = None if decision.story == fingerprint.article else _packed(decision.story)
    copy_of = _packed(decision.copy_of) if decision.copy_of else None
    new = decision.verdict is Verdict.NEW
    outcome = None if new else (decision.verdict, story, copy_of, decision.similarity, decision.reason)
    sketch = struct.pack(f"<{len(fingerprint.sketch)}H", *sorted(fingerprint.sketch))
    return Item(_packed(fingerprint.article), sketch, fingerprint.ref, outcome)


def _decision(item: Item) -> Decision:
    article = _unpacked(item.article)
    if item.outcome is None:
        return Decision(Verdict.NEW, article, None, None, Reason.NONE)
    verdict, story, copy_of, similarity, reason = item.outcome
    packed = (
        verdict,
        _unpacked(story) if story else article,
        _unpacked(copy_of) if copy_of else None,
        similarity,
        reason,
    )
    return msgspec.convert(packed, Decision)


def _packed(article: str) -> bytes:
    """An article id in half its bytes."""
    return b"\0" + bytes.fromhex(article) if HEX_ID.fullmatch(article) else article.encode()


def _unpacked(packed: bytes) -> str:
    return packed[1:].hex() if packed[:1] == b"\0" else packed.decode()


assert (EXACT_BYTES, REF_BYTES) == (16, 8), "the scripts cut values by these lengths"
