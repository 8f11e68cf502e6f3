"""The document: which candidate is the primary event, and who its parties are when one sentence does not name both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agents.classify.candidates import Candidate
from agents.classify.frames import BOUNDARIES, Frame, Scene
from agents.classify.roles import IN, INSTITUTIONS, PREPOSITIONS, TO, Party, Roles, codes
from agents.classify.sentences import Sentence, Word
from streams.language.mentions import Kind
from streams.records import EventType

BACK_OFF, FIRM_PRIOR, ORIGIN_PRIOR, FILLED = 0.5, 0.5, 0.4, 0.6
ROLE_BEARING = 0.3  # a candidate below this share of the best one fills no role
BUYER_FIRST = frozenset((Frame.GET, Frame.ASK, Frame.BUYBACK, Frame.DEAL))
SPEAKING = frozenset(["said", "says", "say", "told", "tells", "according", "reported", "reports", "announced", "minister", "spokesman", "spokesperson", "ambassador"])
PLACES = IN - {"on"}
UNORDERED = frozenset((Frame.SEIZE, Frame.INVESTIGATE, Frame.MARKET))  # whose other parties are police and courts
UNSUPPLIED = frozenset((Frame.EMBARGO,))


@dataclass(slots=True)
class Story:
    """What the whole text says: its primary candidate, the others by score, and the roles after filling."""

    primary: Candidate
    others: list[Candidate]
    roles: Roles
    rules: list[str] = field(default_factory=list)


def rank(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Candidates, the best first; of equals the earlier."""
    return sorted(candidates, key=lambda c: (-c.score, c.scene.sentence.number, c.trigger.i))


def resolve(candidates: Sequence[Candidate], scenes: Sequence[Scene], origins: Mapping[str, Sequence[str]]) -> Story | None:
    """The primary event and its roles, filled from other candidates, the order of the lead, firms and origins."""
    ranked = rank(candidates)
    if not ranked:
        return None
    primary = ranked[0]
    story = Story(primary, ranked[1:], Roles(*(list(x) for x in (
        primary.roles.suppliers, primary.roles.recipients, primary.roles.authorizers, primary.roles.financiers, primary.roles.via))))  # fmt: skip
    if primary.trigger.frame is Frame.EMBARGO:
        return story
    _fill(story)
    lead = [scene for scene in scenes if scene.sentence.number <= 1]
    if primary.scene.sentence.number > 1:
        lead.append(primary.scene)
    if not story.roles.suppliers:
        _firms(story, lead)
    if not story.roles.suppliers:
        _origins(story, scenes, origins)
    if (not story.roles.recipients or not story.roles.suppliers) and primary.trigger.frame not in UNORDERED:
        _order(story, lead)
    return story


def _fill(story: Story) -> None:
    """Empty roles from other candidates that do not contradict what is known."""
    roles = story.roles
    _chain(story)
    for other in story.others:
        if roles.suppliers and roles.recipients:
            return
        if other.score < ROLE_BEARING * story.primary.score or other.trigger.frame in UNSUPPLIED:
            continue
        supplied, received = codes(other.roles.suppliers), codes(other.roles.recipients)
        known_s, known_r = codes(roles.suppliers), codes(roles.recipients)
        if not known_r and received and not set(received) & set(known_s) and (not known_s or not supplied or set(supplied) & set(known_s)):
            roles.recipients = [_lower(p, "filled from another event") for p in other.roles.recipients]
            known_r = received
        if not known_s and supplied and not set(supplied) & set(known_r) and (not received or set(received) & set(known_r)):
            roles.suppliers = [_lower(p, "filled from another event") for p in other.roles.suppliers]


def _chain(story: Story) -> None:
    """The earlier deal in goods that move again: who sold them first takes no part in a sale, but holds what is bought back."""
    roles, primary = story.roles, story.primary
    if roles.suppliers or not roles.recipients:
        return
    receiving = set(codes(roles.recipients))
    for other in story.others:
        if other.scene is not primary.scene:
            continue
        back = primary.trigger.frame is Frame.BUYBACK and set(codes(other.roles.suppliers)) == receiving
        onward = primary.trigger.frame in (Frame.ARRIVE, Frame.GIVE) and other.trigger.frame is Frame.GET and other.trigger.background
        if back and other.roles.recipients:
            roles.suppliers = [_lower(p, "sold to him before") for p in other.roles.recipients]
        elif onward and other.roles.suppliers:
            roles.suppliers = [_lower(p, "bought from him before") for p in other.roles.suppliers]
            primary.types.insert(0, EventType.RESALE)
        else:
            continue
        return


def _firms(story: Story, lead: Sequence[Scene]) -> None:
    """A maker named in the lead supplies, unless it is the buyer's own."""
    taken = set(codes(story.roles.recipients))
    for scene in lead:
        for word in scene.sentence.words:
            mention = word.mention
            if mention is not None and mention.kind is Kind.FIRM and len(mention.codes) == 1 and not set(mention.codes) & taken:
                story.roles.suppliers = [Party(mention.codes, scene.sentence, word.i, "maker named in the lead", FIRM_PRIOR, True)]
                return


def _origins(story: Story, scenes: Sequence[Scene], origins: Mapping[str, Sequence[str]]) -> None:
    """The state a named system comes from supplies it, if the text names that state."""
    taken = set(codes(story.roles.recipients))
    homes = [origins.get(w.mention.id, ()) for w in story.primary.scene.sentence.words if w.mention and w.mention.kind is Kind.SYSTEM]
    for home in homes:
        for scene in scenes:
            for word in scene.sentence.words:
                codes_ = word.mention.codes if word.mention and word.mention.kind is Kind.COUNTRY else ()
                if codes_ and set(codes_) & set(home) and not set(codes_) & taken:
                    story.roles.suppliers = [Party(codes_, scene.sentence, word.i, "origin of the system", ORIGIN_PRIOR)]
                    return


def _order(story: Story, lead: Sequence[Scene]) -> None:
    """What is left by the order of the lead: the first party that neither speaks nor is a place, by the frame's direction."""
    roles = story.roles
    for scene in lead:
        taken = {*codes(roles.suppliers), *codes(roles.recipients), *codes(roles.authorizers), *codes(roles.financiers), *codes(roles.via)}
        free = [word for word in scene.sentence.words if _may_act(scene.sentence, word) and not set(word.mention.codes) & taken]  # type: ignore[union-attr]
        led = [w for w in free if _led(scene.sentence, w) in TO]
        if not roles.recipients and led and roles.suppliers:
            roles.recipients = [_party(scene.sentence, led[0], "preposition in the lead")]
            free = [w for w in free if w is not led[0]]
        if not roles.suppliers and not roles.recipients and len(free) > 1:
            first, second = free[0], next((w for w in free[1:] if w.mention and w.mention.codes != free[0].mention.codes), None)  # type: ignore[union-attr]
            if second is None:
                continue
            if story.primary.trigger.frame in BUYER_FIRST:
                first, second = second, first
            roles.suppliers, roles.recipients = [_party(scene.sentence, first, "order of the lead")], [
                _party(scene.sentence, second, "order of the lead")]  # fmt: skip
        elif not roles.suppliers and roles.recipients and free:
            roles.suppliers = [_party(scene.sentence, free[0], "order of the lead")]
        elif not roles.recipients and roles.suppliers and free:
            roles.recipients = [_party(scene.sentence, free[0], "order of the lead")]
        if roles.suppliers and roles.recipients:
            return


def _may_act(sentence: Sentence, word: Word) -> bool:
    if not word.party or word.mention is None or len(word.mention.codes) != 1:
        return False
    led = _led(sentence, word)
    if word.mention.form == "adjective" and sentence.words[word.head].low not in INSTITUTIONS:
        return False
    if (led in PLACES and word.mention.form in ("capital", "name")) or led in ("against", "via", "through", "over", "amid"):
        return False
    for head in sentence.above(word.i):
        if head.low in SPEAKING and head.tag.startswith("V"):
            return False
        if head.tag.startswith("V"):
            break
    after = sentence.words[word.i + 1 : word.i + 4]
    return not any(w.low in SPEAKING for w in after)


def _led(sentence: Sentence, word: Word) -> str:
    """The preposition before a party's noun phrase, or nothing."""
    for left in reversed(sentence.words[max(0, word.i - 4) : word.i]):
        if left.low in PREPOSITIONS:
            return left.low
        if left.tag.startswith("V") or left.low in BOUNDARIES or left.party:
            return ""
    return ""


def _party(sentence: Sentence, word: Word, rule: str) -> Party:
    mention = word.mention
    return Party(mention.codes if mention else (), sentence, word.i, rule, BACK_OFF, mention is not None and mention.kind is Kind.FIRM)


def _lower(party: Party, rule: str) -> Party:
    return Party(party.codes, party.sentence, party.word, f"{rule} ({party.rule})", min(party.weight, FILLED), party.firm)
