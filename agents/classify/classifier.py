"""The classifier: one text in, its Classification out; pure apart from the model it loads."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agents.classify import amounts, systems
from agents.classify.assertion import Cues, Voice, realis
from agents.classify.candidates import Candidate, Candidates
from agents.classify.confidence import confidence
from agents.classify.decision import Types
from agents.classify.document import Resolver, Story
from agents.classify.event_type import Phrases
from agents.classify.evidence import evidence
from agents.classify.frames import Scene
from agents.classify.grammar import SUBJECTS, Grammar
from agents.classify.money import money
from agents.classify.parties import Names, Party, codes
from agents.classify.reading import Reading
from agents.classify.relevance import Relevance, Verdict
from agents.classify.sentences import Parser
from agents.classify.triggers import Triggers
from config.lexicons import Lexicon
from streams.language.gate import Gate
from streams.language.mentions import Kind, Mention, Mentions
from streams.records import Assertion, Classification, EventType

VERSION = "1"  # of the rules: a change of any rule changes what a text is classified as
ENGLISH = ("en", "und")
BELGIUM = "BE"
ABSTAIN = 0.4  # overall confidence under which a register had rather have nothing


class Classifier:
    """Gate, mentions, parse, frames, roles, type, assertion; built once from a lexicon and a spaCy model."""

    def __init__(self, lexicon: Lexicon, parser: Parser) -> None:
        self._lexicon, self._parser = lexicon, parser
        self._mentions = Mentions(lexicon)
        self._gate = Gate(lexicon, self._mentions)
        self._grammar = Grammar.of(lexicon.events)
        self._triggers = Triggers(lexicon.events, lexicon.cues, self._grammar)
        self._origins = {entry.id: entry.origin for entry in lexicon.systems.values()}
        self._candidates = Candidates(lexicon.events, self._origins, self._grammar)
        self._resolver = Resolver(self._grammar, self._origins)
        self._cues = Cues(lexicon.cues)
        self._types = Types(lexicon.events, Phrases(lexicon.events), self._cues, self._grammar)
        self._relevance = Relevance(self._cues)
        self._versions = {"classifier": VERSION, "model": parser.model, **lexicon.versions}

    @classmethod
    def load(cls, lexicon: Lexicon, model: str = "en_core_web_sm") -> "Classifier":
        """A classifier on an installed spaCy model; OSError where the model is not installed."""
        return cls(lexicon, Parser(model))

    def classify(self, title: str, text: str, language: str | None = None) -> Classification:
        """What title and text say; a text that is said to be in another language than English is read for names only."""
        return self.read(title, text, language).classification

    def read(self, title: str, text: str, language: str | None = None) -> Reading:
        """The classification with everything that led to it."""
        verdict = self._gate.judge(title, text)
        found = _settled(*self._mentions.find_article(title, text))
        if language and not language.lower().startswith(ENGLISH):
            reading = self._irrelevant(found, "language", Reading(verdict, found))
            reading.classification.roles = "unresolved"  # no rules tell them in that language
            return reading
        if not verdict.passes:
            return self._irrelevant(found, str(verdict.reason), Reading(verdict, found))
        scenes = [self._triggers.read(s) for s in self._parser.parse(title, text, found)]
        candidates = self._build(scenes)
        story = self._resolver.resolve(candidates, scenes)
        reading = Reading(verdict, found, scenes, candidates, story)
        judged = self._relevance.judge(reading, self._types.phrases(scenes))
        if judged is not Verdict.RELEVANT or story is None:
            return self._irrelevant(found, str(judged), reading)
        self._fill(reading, story, title, text)
        return reading

    def _build(self, scenes: Sequence[Scene]) -> list[Candidate]:
        found: list[Candidate] = []
        focus: list[Party] = []
        for scene in scenes:
            found.extend(self._candidates.build(scene, focus))
            focus = _focus(scene, focus, self._grammar) or focus
        return found

    def _irrelevant(self, found: tuple[list[Mention], list[Mention]], reason: str, reading: Reading) -> Reading:
        mentions = [("title", m) for m in found[0]] + [("summary", m) for m in found[1]]
        reading.classification = Classification(
            relevant=False,
            reason=reason,
            countries=_countries(mentions),
            systems=systems.named(mentions, self._lexicon.systems, None, ()),
            classifier=self._versions,
        )
        return reading

    def _fill(self, reading: Reading, story: Story, title: str, text: str) -> None:
        mentions = [("title", m) for m in reading.mentions[0]] + [("summary", m) for m in reading.mentions[1]]
        sentences = [scene.sentence for scene in reading.scenes]
        voice = self._cues.voice(sentences, story.primary)
        decided = self._types.decide(story, reading.scenes, voice)
        voice = decided.voice or voice
        if decided.types[0] in (EventType.REFUSAL, EventType.EMBARGO):  # acts of their own, whoever tells of them
            voice = Voice(Assertion.REPORTED)
        roles = decided.roles
        kinds = decided.types
        one = systems.named(mentions, self._lexicon.systems, story.primary, sentences)
        sure = confidence(story, roles, voice, reading.verdict.score)
        suppliers, recipients = codes(roles.suppliers), codes(roles.recipients)
        reading.classification = Classification(
            relevant=True,
            reason="event",
            types=kinds,
            assertion=voice.assertion,
            realis=realis(story.primary),
            suppliers=suppliers,
            recipients=recipients,
            authorizers=codes(roles.authorizers),
            financiers=codes(roles.financiers),
            via=codes(roles.via),
            countries=_countries(mentions),
            systems=one,
            quantities=[
                *amounts.quantities(title, reading.mentions[0]),
                *amounts.quantities(text, reading.mentions[1]),
            ],
            money=_once([*money(title), *money(text)]),
            dates=_once([*amounts.dates(title), *amounts.dates(text)]),
            confidence=sure,
            alternatives=[kind for kind in decided.alternatives if kind not in kinds[:1]][:2],
            abstain=sure.overall < ABSTAIN,
            evidence=evidence(story, decided, voice, mentions),
            classifier=self._versions,
        )


def _settled(title: list[Mention], text: list[Mention]) -> tuple[list[Mention], list[Mention]]:
    """Brussels is the EU, but the Belgian government where title or text names Belgium."""
    if not any(mention.id == BELGIUM for mention in (*title, *text)):
        return title, text

    def meant(mention: Mention) -> Mention:
        return replace(mention, id=BELGIUM, name="Belgium", codes=(BELGIUM,)) if mention.text == "Brussels" else mention

    return [meant(mention) for mention in title], [meant(mention) for mention in text]


def _focus(scene: Scene, before: Sequence[Party], grammar: Grammar) -> list[Party]:
    """The parties of a sentence's main subject, for the pronouns after it."""
    names = Names(scene, before, grammar)
    for word in scene.sentence.words:
        if word.dep in SUBJECTS:
            found = names.named(word.i, "subject", 0.8)
            if found:
                return found
    return []


def _countries(mentions: Sequence[tuple[str, Mention]]) -> list[str]:
    return list(dict.fromkeys(m.id for _, m in mentions if m.kind is Kind.COUNTRY))


def _once(rows: list[Any]) -> list[Any]:
    return [row for i, row in enumerate(rows) if row not in rows[:i]]
