"""One lexicon's way from an article to its verdict: gate, fingerprint, judgement, marks."""

import msgspec

from agents.deduplicate.decisions import shipped_decisions
from agents.deduplicate.fingerprint import Fingerprint, Fingerprints
from agents.deduplicate.furniture import shipped_furniture
from agents.deduplicate.rarity import shipped_rarity
from agents.deduplicate.verdict import Decision, Known, judge
from config.lexicons import Lexicon
from streams.language.gate import Gate
from streams.language.mentions import Mentions
from streams.records import Article


class Deduplicator:
    """What deduplicate knows before it asks the store; built once from a lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        mentions = Mentions(lexicon)
        self.lexicon = lexicon
        self._gate = Gate(lexicon, mentions)
        self._decisions = shipped_decisions()
        self._fingerprints = Fingerprints(mentions, shipped_rarity(), self._decisions, shipped_furniture())

    def fingerprint(self, article: Article) -> Fingerprint:
        """The article's keys; those of near copies only where it may be about an arms transfer."""
        return self._fingerprints.take(article, near=self._gate.judge(article.title, article.summary).passes)

    def judge(self, fingerprint: Fingerprint, known: Known) -> Decision:
        """The verdict, from what the store knows."""
        return judge(fingerprint, known, self._decisions)


def marked(article: Article, decision: Decision) -> Article:
    """The article as it goes on: with its story, and with what it is a copy of."""
    return msgspec.structs.replace(
        article,
        story=decision.story,
        verdict=decision.verdict,
        copy_of=decision.copy_of,
        similarity=decision.similarity,
    )
