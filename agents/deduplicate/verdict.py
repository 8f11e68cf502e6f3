"""Whether an article is a story of its own, a copy or a revision: decided from what the store knew when it was asked."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from agents.deduplicate.agreement import Disagreement, Facts, disagreement
from agents.deduplicate.decisions import Decisions
from agents.deduplicate.fingerprint import Fingerprint, Story
from streams.records import Verdict

SIMILAR = 0.6  # of the rarity of the shorter text that the other must hold
SHARED_LEAST = 4  # words that are shared at least
SAME_PAGE = (
    2  # of the eight rarest words of title and lead: two texts at one address are one page, unless they share nothing
)


class Reason(StrEnum):
    """What gave a copy or a revision away."""

    ITEM = "item"  # the same item of the same feed with another text
    TEXT = "text"
    URL = "url"
    NEAR = "near"
    NONE = "none"  # a story of its own


class Decision(msgspec.Struct, array_like=True, frozen=True):
    """What is said of one text of one article, for good; ``similarity`` from 0 to 1."""

    verdict: Verdict
    story: str
    copy_of: str | None
    similarity: float | None
    reason: Reason


class Holder(msgspec.Struct, array_like=True, frozen=True):
    """The article that an exact key belongs to."""

    article: str
    story: str
    sketch: frozenset[int]


class Candidate(msgspec.Struct, array_like=True, frozen=True):
    """A text that shares rare words: words as hashes, ``weight`` their summed rarity."""

    article: str
    story: str
    words: frozenset[int]
    weight: float
    headline: frozenset[int]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows that may concern an article."""

    item_story: str | None = None  # of the same item with another text
    text: Holder | None = None
    url: Holder | None = None
    candidates: Sequence[Candidate] = ()


def as_candidate(fingerprint: Fingerprint, story: str) -> Candidate | None:
    """The article as later ones find it in ``story``; None where no near copies are looked for."""
    if not (told := fingerprint.story):
        return None
    words = frozenset(told.weights)
    return Candidate(fingerprint.article, story, words, told.weight, told.headline, told.facts)


def judge(fingerprint: Fingerprint, known: Known, decisions: Decisions) -> Decision:
    """The verdict on an article; near copies must agree, and no member of their story may disagree."""
    # Where the item's own key has ended its life, one of its texts may still be there: copies keep it in use.
    own_texts = (c.story for c in known.candidates if c.article == fingerprint.article)
    if item_story := known.item_story or next(own_texts, None):
        return Decision(Verdict.REVISION, item_story, None, None, Reason.ITEM)
    if known.text:
        return Decision(Verdict.COPY, known.text.story, known.text.article, 1.0, Reason.TEXT)
    near = _near(fingerprint.story, known.candidates, decisions) if fingerprint.story else _Near({}, frozenset())
    if known.url and known.url.story not in near.excluded:
        similarity = _same_page(fingerprint, known.url, known.candidates, decisions)
        if similarity:
            return Decision(Verdict.COPY, known.url.story, known.url.article, similarity, Reason.URL)
    if near.similar:
        similarity, candidate = max(near.similar.values(), key=lambda found: (found[0], found[1].article))
        return Decision(Verdict.COPY, candidate.story, candidate.article, round(similarity, 3), Reason.NEAR)
    return Decision(Verdict.NEW, fingerprint.article, None, None, Reason.NONE)


@dataclass(frozen=True, slots=True)
class _Near:
    """The best candidate of each story that may be joined, and the stories with a member that disagrees."""

    similar: dict[str, tuple[float, Candidate]]
    excluded: frozenset[str]


def _near(story: Story, candidates: Sequence[Candidate], decisions: Decisions) -> _Near:
    by_story: defaultdict[str, list[tuple[float, Candidate, Disagreement | None]]] = defaultdict(list)
    for candidate in candidates:
        if similarity := resemblance(story, candidate):
            differs = disagreement(story.facts, story.weights, candidate.facts, candidate.words, decisions)
            by_story[candidate.story].append((similarity, candidate, differs))
    excluded = frozenset(key for key, members in by_story.items() if any(differs for _, _, differs in members))
    return _Near({key: _best(members) for key, members in by_story.items() if key not in excluded}, excluded)


def _best(members: list[tuple[float, Candidate, Disagreement | None]]) -> tuple[float, Candidate]:
    similarity, candidate, _ = max(members, key=lambda member: (member[0], member[1].article))
    return similarity, candidate


def resemblance(story: Story, candidate: Candidate) -> float:
    """The share of the lighter text's rarity that both hold, 0 to 1; 0 where they are too different to be near copies."""
    shared = story.weights.keys() & candidate.words
    if len(shared) < SHARED_LEAST:
        return 0.0
    headline_alone = not (story.facts.length and candidate.facts.length)
    if headline_alone and not (story.headline <= candidate.headline or story.headline >= candidate.headline):
        return 0.0  # so few words allow no difference: it may be another report of the same event
    similarity = min(1.0, story.weigh(shared) / min(story.weight, candidate.weight))
    return similarity if similarity >= SIMILAR else 0.0


def _same_page(
    fingerprint: Fingerprint, holder: Holder, candidates: Sequence[Candidate], decisions: Decisions
) -> float:
    """How alike two texts at one address are; 0 where they share nothing, as on a page of links, or disagree."""
    if story := fingerprint.story:
        behind = [c for c in candidates if c.article == holder.article]
        if any(disagreement(story.facts, story.weights, c.facts, c.words, decisions) for c in behind):
            return 0.0
    if fingerprint.sketch == holder.sketch:
        return 1.0
    shared = len(fingerprint.sketch & holder.sketch)
    return round(shared / min(len(fingerprint.sketch), len(holder.sketch)), 3) if shared >= SAME_PAGE else 0.0
