"""A reading: a classification with everything that led to it, for those who ask why."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.classify.candidates import Candidate
from agents.classify.document import Story
from agents.classify.frames import Scene
from streams.language.gate import GateVerdict
from streams.language.mentions import Mention
from streams.records import Classification


@dataclass(slots=True)
class Reading:
    """Gate, mentions of title and text, parsed sentences, candidates, and the result."""

    verdict: GateVerdict
    mentions: tuple[list[Mention], list[Mention]]
    scenes: Sequence[Scene] = ()
    candidates: Sequence[Candidate] = ()
    story: Story | None = None
    classification: Classification = field(default_factory=Classification)
