"""Systems: the families that a text names, each once, and whether the primary event is about them."""

from collections.abc import Mapping, Sequence

from agents.classify.candidates import Candidate
from agents.classify.sentences import Sentence
from config.lexicons import SystemEntry
from streams.language.mentions import Kind, Mention
from streams.records import System


def named(
    mentions: Sequence[tuple[str, Mention]],
    entries: Mapping[str, SystemEntry],
    primary: Candidate | None,
    sentences: Sequence[Sentence],
) -> list[System]:
    """Systems in order of first mention; those outside the primary event's clauses are not of the event."""
    found: dict[str, System] = {}
    about = _about(primary, sentences)
    for source, mention in mentions:
        if mention.kind is not Kind.SYSTEM:
            continue
        of_event = primary is not None and (source, mention.start) in about
        known = found.get(mention.id)
        if known is None:
            entry = entries.get(mention.id)
            found[mention.id] = System(
                id=mention.id,
                name=mention.name,
                variant=mention.variant,
                class_=entry.class_ if entry else None,
                unroca=(entry.unroca or None) if entry else None,
                surface=mention.text,
                of_event=of_event,
            )
        else:
            known.of_event = known.of_event or of_event
            known.variant = known.variant or mention.variant
    return list(found.values())


def _about(primary: Candidate | None, sentences: Sequence[Sentence]) -> set[tuple[str, int]]:
    """Where the mentions stand that the primary event is about: its own clause, and title and lead beside it."""
    if primary is None:
        return set()
    scene = primary.scene
    places = {
        (scene.sentence.source, word.start)
        for word in scene.sentence.words
        if word.weapon
        and (
            scene.clauses[word.i] == primary.trigger.clause
            or scene.clauses[word.i] in {o.clause for o in primary.operators}
        )
    }
    for sentence in sentences:
        if sentence.number == 0 or (not places and sentence.number == 1):
            places |= {(sentence.source, word.start) for word in sentence.words if word.weapon}
    return places
