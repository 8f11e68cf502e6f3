"""The final types of an event: its candidates' and whole phrases' votes, the voice, and facts of the world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.classify.assertion import Cues, Voice
from agents.classify.candidates import Candidate
from agents.classify.document import Story
from agents.classify.event_type import Phrases
from agents.classify.frames import Frame, Scene
from agents.classify.grammar import Grammar
from agents.classify.parties import Roles, codes
from agents.classify.sentences import Sentence, Word
from streams.language.mentions import Kind
from streams.records import Assertion, EventType

T = EventType
SECOND = 0.55  # share of the primary's score from which another candidate's type is reported too
SUPPLIED = frozenset((T.DELIVERY, T.AGREEMENT, T.AID, T.OFFER, T.NEGOTIATION, T.RESALE))
Place = tuple[Sentence, int, int]


@dataclass(slots=True)
class Decided:
    """Types, primary first, with the place and rule of each; the roles that go with them."""

    types: list[EventType]
    roles: Roles
    alternatives: list[EventType] = field(default_factory=list)
    places: dict[EventType, Place] = field(default_factory=dict)
    rules: dict[EventType, str] = field(default_factory=dict)
    refused: bool = False
    voice: Voice | None = None  # where the parties decide on it


class Types:
    """Decides types; holds phrases and the facts of events.yaml."""

    def __init__(self, events: Mapping[str, Any], phrases: Phrases, cues: Cues, grammar: Grammar) -> None:
        self._grammar = grammar
        self._phrases, self._cues = phrases, cues
        facts = {name: frozenset(map(str, events[name])) for name in (
            "forbidden_suppliers", "forbidden_recipients", "sanctioned_recipients", "sanctioned_suppliers")}  # fmt: skip
        self._forbidden = facts["forbidden_suppliers"], facts["forbidden_recipients"]
        self._sanctioned = facts["sanctioned_suppliers"], facts["sanctioned_recipients"]

    def phrases(self, scenes: Sequence[Scene]) -> dict[EventType, dict[int, Place]]:
        """Types that phrases settle, with the number of the sentence and the place of each."""
        found: dict[EventType, dict[int, Place]] = {}
        for scene in scenes:
            sentence = scene.sentence
            start, end = sentence.span(0, len(sentence.words) - 1)
            for kind, (first, last) in self._phrases.find(sentence.whole[start:end]).items():
                found.setdefault(kind, {})[sentence.number] = sentence, start + first, start + last
        return found

    def decide(self, story: Story, scenes: Sequence[Scene], voice: Voice) -> Decided:
        """Types and roles of a relevant text."""
        phrases = self.phrases(scenes)
        primary, roles = story.primary, story.roles
        kinds = list(primary.types)
        kinds += [k for c in story.others if c.score >= SECOND * primary.score for k in c.types[:1]]
        alternatives = list(dict.fromkeys(k for c in story.others[:4] for k in c.types[:1]))
        sentence = primary.scene.sentence
        lead = [s.sentence for s in scenes if s.sentence.number <= 1]
        decided = Decided(kinds, roles, alternatives)
        dyad = bool(primary.roles.suppliers and primary.roles.recipients) and primary.trigger.verb
        self._refuse(decided, [*lead, sentence], voice)
        self._settle(decided, phrases, primary, dyad)
        speaker = (
            None
            if primary.trigger.frame is Frame.SEIZE
            else self._speaker([*lead, sentence], {*codes(roles.suppliers), *codes(roles.recipients)})
        )
        self._illicit(decided, voice, speaker is not None)
        if speaker is not None and decided.types[0] is T.ILLICIT_TRANSFER and voice.assertion is Assertion.REPORTED:
            word, told = speaker
            decided.voice = Voice(Assertion.ALLEGED, told, word.start, word.end, "told by a state that takes no part")
        if kinds[0] is not T.NEGOTIATION and any(self._cues.undecided(s) for s in [*lead, sentence]):
            kinds.insert(0, T.NEGOTIATION)
        decided.types = list(dict.fromkeys(kinds))[:3]
        self._roles(decided)
        return decided

    def _refuse(self, decided: Decided, lead: Sequence[Sentence], voice: Voice) -> None:
        kinds = decided.types
        for sentence in lead:
            place = self._cues.refusal(sentence)
            if place and voice.assertion is not Assertion.DENIED:
                kinds.insert(0, T.REFUSAL)
                decided.places[T.REFUSAL] = sentence, *place
                decided.rules[T.REFUSAL] = "nothing will be sent"
                decided.refused = True
                return
            if kinds[0] is T.REFUSAL and self._cues.unrefused(sentence):
                kinds[:] = [k for k in kinds if k is not T.REFUSAL] or [T.DELIVERY]
                if self._cues.open_question(sentence):
                    kinds.insert(0, T.NEGOTIATION)
                return
        if voice.assertion is Assertion.DENIED:  # who says that he sent nothing and never will refuses nobody anything
            kinds[:] = [k for k in kinds if k is not T.REFUSAL] or [T.DELIVERY]

    def _settle(
        self, decided: Decided, phrases: Mapping[EventType, Mapping[int, Place]], primary: Candidate, dyad: bool
    ) -> None:
        """Phrases in title or lead before the candidates' types, where they outrank them."""
        kinds, alternatives = decided.types, decided.alternatives
        frame, in_title = primary.trigger.frame, primary.scene.sentence.number == 0

        def lead(kind: EventType, last: int = 1) -> bool:
            places = phrases.get(kind)
            if not places or min(places) > last:
                return False
            decided.places.setdefault(kind, places[min(places)])
            decided.rules.setdefault(kind, "phrase")
            return True

        talk = kinds[0] in (T.MARKET_REPORT, T.POLICY)
        statistics = lead(T.MARKET_REPORT) and (
            not dyad or talk or 0 in phrases[T.MARKET_REPORT] or len(phrases[T.MARKET_REPORT]) > 1
        )
        if statistics and kinds[0] not in (T.REFUSAL, T.EMBARGO) and 0 not in phrases.get(T.POLICY, ()):
            kinds.insert(0, T.MARKET_REPORT)
        aimless = not decided.roles.recipients
        if (kinds[0] is T.REFUSAL and aimless and 0 in phrases.get(T.POLICY, ())) or (
            kinds[0] in (T.DELIVERY, T.AGREEMENT, T.OFFER)
            and aimless
            and lead(T.POLICY, 2)
            and T.POLICY in alternatives
        ):
            kinds.insert(0, T.POLICY)
        elif lead(T.POLICY) and kinds[0] not in (
            T.MARKET_REPORT,
            T.EMBARGO,
            T.REFUSAL,
            T.AUTHORIZATION,
            T.INVESTIGATION,
        ):
            kinds.insert(
                0
                if not dyad
                or talk
                or 0 in phrases[T.POLICY]
                or frame in (Frame.POLICY, Frame.DEAL)
                or kinds[0] is T.NEGOTIATION
                else 1,
                T.POLICY,
            )
        if lead(T.RESALE, 2) and kinds[0] in SUPPLIED:
            second_hand = 0 in phrases[T.RESALE] and kinds[0] is not T.AID
            kinds.insert(
                0 if second_hand or (frame in (Frame.GIVE, Frame.RESELL) and kinds[0] is T.AGREEMENT) else 1, T.RESALE
            )
        if lead(T.PRODUCTION) and kinds[0] in SUPPLIED:
            kinds.insert(0 if frame in (Frame.PRODUCE, Frame.DEAL) and kinds[0] is not T.AGREEMENT else 1, T.PRODUCTION)
        if lead(T.REACQUISITION):
            kinds.insert(0, T.REACQUISITION)
        titled = 0 in phrases.get(T.INVESTIGATION, ()) and not in_title
        if lead(T.INVESTIGATION) and (titled or kinds[0] not in (T.REFUSAL, T.EMBARGO, T.AUTHORIZATION)):
            kinds.insert(0, T.INVESTIGATION)
        if lead(T.EMBARGO) and kinds[0] not in (T.REFUSAL, T.ILLICIT_TRANSFER, T.INVESTIGATION):
            kinds.insert(0, T.EMBARGO)
        smuggled = phrases.get(T.ILLICIT_TRANSFER, {})
        if lead(T.ILLICIT_TRANSFER, 2) and (
            kinds[0] not in (T.REFUSAL, T.INVESTIGATION) or (0 in smuggled and kinds[0] is T.REFUSAL)
        ):
            kinds.insert(0, T.ILLICIT_TRANSFER)

    def _illicit(self, decided: Decided, voice: Voice, told: bool) -> None:
        """A supply that embargo or sanctions forbid, or that is denied or alleged where they would."""
        kinds = decided.types
        if kinds[0] not in SUPPLIED:
            return
        open_ended = kinds[0] in (T.NEGOTIATION, T.OFFER)
        suppliers, recipients = set(codes(decided.roles.suppliers)), set(codes(decided.roles.recipients))
        plain = voice.assertion is Assertion.REPORTED
        forbidden = suppliers & self._forbidden[0] or recipients & self._forbidden[1]
        denied = voice.assertion is Assertion.DENIED
        doubtful = denied or (
            (told or not plain) and (suppliers & self._sanctioned[0] or recipients & self._sanctioned[1])
        )
        if (forbidden and kinds[0] is not T.NEGOTIATION) or (doubtful and (denied or not open_ended)):
            kinds.insert(0, T.ILLICIT_TRANSFER)
            decided.rules[T.ILLICIT_TRANSFER] = "forbidden by embargo or sanctions"

    def _roles(self, decided: Decided) -> None:
        if decided.types[0] is T.MARKET_REPORT:
            decided.roles = Roles()
        elif decided.types[0] is T.POLICY and decided.roles.recipients and not decided.roles.suppliers:
            decided.roles.suppliers, decided.roles.recipients = decided.roles.recipients, []
        elif decided.types[0] is T.EMBARGO and not decided.roles.recipients:
            decided.roles.suppliers = []

    def _speaker(self, sentences: Sequence[Sentence], parties: set[str]) -> tuple[Word, Sentence] | None:
        """A state, no party to the event, that says so itself: "Seoul says", "US warns"."""
        for sentence in sentences:
            for word in sentence.words:
                mention = word.mention
                if (
                    mention is None
                    or mention.kind is not Kind.COUNTRY
                    or mention.form in ("adjective", "people", "leader")
                ):
                    continue
                verb = sentence.words[word.head]
                after = sentence.words[word.i + 1] if word.i + 1 < len(sentence.words) else None
                said = (word.dep == "nsubj" and verb.low in self._grammar.saying) or (
                    after is not None and after.low in self._grammar.saying and after.tag.startswith("V")
                )
                if said and not set(mention.codes) & parties:
                    return word, sentence
        return None
