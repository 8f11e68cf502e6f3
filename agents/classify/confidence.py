"""Confidence: how far each field is to be trusted, from the rules that filled it."""

import math
from collections.abc import Sequence

from agents.classify.assertion import Voice
from agents.classify.document import Story
from agents.classify.parties import Party, Roles
from streams.records import Assertion, Confidence

GATE_MIDDLE = 3.0  # gate score at which relevance is even
LONG = 40  # words beyond which parses grow doubtful


def confidence(story: Story, roles: Roles, voice: Voice, gate: float) -> Confidence:
    """Confidence from 0 to 1 in each field; ``overall`` is relevance times the weaker of type and roles."""
    primary = story.primary
    relevant = _squash(gate - GATE_MIDDLE + 2 * primary.score)
    rival = max((c.score for c in story.others if c.types[0] is not primary.types[0]), default=0.0)
    clear = (primary.score - rival) / primary.score if primary.score else 0.0
    types = min(0.95, 0.45 + 0.35 * primary.score + 0.2 * clear)
    penalty = 0.1 if len(primary.scene.sentence.words) > LONG else 0.0
    penalty += 0.05 if primary.scene.sentence.truecased else 0.0
    suppliers, recipients = _role(roles.suppliers, penalty), _role(roles.recipients, penalty)
    named = [value for value in (suppliers, recipients) if value]
    return Confidence(
        overall=round(relevant * min(types, *(named or [types])), 3),
        relevant=round(relevant, 3),
        types=round(types, 3),
        assertion=0.8 if voice.assertion is not Assertion.REPORTED else 0.85,
        suppliers=suppliers,
        recipients=recipients,
        systems=0.9,
    )


def _role(parties: Sequence[Party], penalty: float) -> float:
    return round(max(0.05, min(p.weight for p in parties) - penalty), 3) if parties else 0.0


def _squash(x: float) -> float:
    return 1 / (1 + math.exp(-x))
