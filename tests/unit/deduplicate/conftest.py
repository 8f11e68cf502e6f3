"""One deduplicator for all tests: a lexicon takes most of a second to compile."""

import pytest

from agents.deduplicate.deduplicator import Deduplicator
from config.lexicons import load_lexicon


@pytest.fixture(scope="session")
def deduplicator() -> Deduplicator:
    return Deduplicator(load_lexicon())
