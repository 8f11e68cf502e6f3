"""Evidence: the spans of the original strings that decided each field."""

from collections.abc import Iterator, Sequence

from agents.classify.assertion import Voice
from agents.classify.decision import Decided
from agents.classify.document import Story
from agents.classify.sentences import Sentence
from streams.language.mentions import Kind, Mention
from streams.records import EVIDENCE_SPANS, Evidence

ROLES = ("suppliers", "recipients", "authorizers", "financiers", "via")
Place = tuple[Sentence, int, int]


def evidence(story: Story, decided: Decided, voice: Voice, mentions: Sequence[tuple[str, Mention]]) -> list[Evidence]:
    """Spans for every field that is filled; ``mentions`` come with their source, title or summary."""
    return [*_types(story, decided), *_roles(decided), *_voice(voice), *_systems(mentions)][:EVIDENCE_SPANS]


def _types(story: Story, decided: Decided) -> Iterator[Evidence]:
    trigger, sentence = story.primary.trigger, story.primary.scene.sentence
    own: Place = (sentence, *sentence.span(trigger.i, trigger.last))
    yield _span("relevant", "true", own, f"{trigger.frame} frame")
    for kind in decided.types:
        yield _span("types", str(kind), decided.places.get(kind, own), decided.rules.get(kind, trigger.entry.lemma))


def _roles(decided: Decided) -> Iterator[Evidence]:
    for name in ROLES:
        for party in getattr(decided.roles, name):
            word = party.sentence.words[party.word]
            for code in party.codes:
                yield _span(name, code, (party.sentence, word.start, word.end), party.rule)


def _voice(voice: Voice) -> Iterator[Evidence]:
    if voice.sentence is not None:
        yield _span("assertion", str(voice.assertion), (voice.sentence, voice.start, voice.end), voice.rule)


def _systems(mentions: Sequence[tuple[str, Mention]]) -> Iterator[Evidence]:
    for source, mention in mentions:
        if mention.kind is Kind.SYSTEM:
            yield Evidence(
                field="systems",
                value=mention.id,
                source=source,
                start=mention.start,
                end=mention.end,
                text=mention.text,
                rule=mention.form,
            )


def _span(field: str, value: str, place: Place, rule: str) -> Evidence:
    sentence, start, end = place
    text = sentence.whole[start:end]
    return Evidence(field=field, value=value, source=sentence.source, start=start, end=end, text=text, rule=rule)
