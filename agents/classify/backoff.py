"""Back-off: parties that grammar does not tell, from makers, origins and the order of the lead, with less trust."""

from collections.abc import Mapping, Sequence

from agents.classify.candidates import Candidate
from agents.classify.frames import Frame, Scene
from agents.classify.grammar import IN, OBJECTS, PREPOSITIONS, TO, Grammar
from agents.classify.parties import Party, Roles, codes
from agents.classify.sentences import Sentence, Word
from streams.language.mentions import Kind

ORDER, FIRM_PRIOR, ORIGIN_PRIOR = 0.5, 0.5, 0.4  # how far each is trusted
NEAR = 4  # words before a party in which a preposition leads to it
ACCUSING = 4  # sentences in which an accusation is looked for
PLACES = IN - {"on"}
ASIDE = frozenset(("against", "via", "through", "over", "amid"))
BUYER_FIRST = frozenset((Frame.GET, Frame.ASK, Frame.BUYBACK, Frame.DEAL))


class BackOff:
    """Fills what is still empty."""

    def __init__(self, grammar: Grammar, origins: Mapping[str, Sequence[str]]) -> None:
        self._grammar, self._origins = grammar, origins

    def supplier(self, primary: Candidate, roles: Roles, lead: Sequence[Scene], scenes: Sequence[Scene]) -> None:
        """A supplier: the accused, a maker named in the lead, or the state that a named system comes from."""
        if not roles.suppliers:
            taken = set(codes(roles.recipients))
            found = self._accused(scenes, taken) or _maker(lead, taken) or self._origin(primary, scenes, taken)
            roles.suppliers = [found] if found else []

    def _accused(self, scenes: Sequence[Scene], taken: set[str]) -> Party | None:
        """The supplier of a denied transfer, where the text only says against whom the claims were made."""
        for scene in scenes[:ACCUSING]:
            words = scene.sentence.words
            if any(word.low in self._grammar.claims for word in words):
                for word in words:
                    if word.party and not set(word.codes) & taken and self._led(scene.sentence, word) == "against":
                        return _party(scene.sentence, word, "accused", ORDER)
        return None

    def _origin(self, primary: Candidate, scenes: Sequence[Scene], taken: set[str]) -> Party | None:
        """The state a named system comes from supplies it, if the text names that state."""
        for system in primary.scene.sentence.words:
            home = (
                self._origins.get(system.mention.id, ())
                if system.mention and system.mention.kind is Kind.SYSTEM
                else ()
            )
            for scene in scenes if home else ():
                for word in scene.sentence.words:
                    state = word.mention is not None and word.mention.kind is Kind.COUNTRY
                    if state and set(word.codes) & set(home) and not set(word.codes) & taken:
                        return _party(scene.sentence, word, "origin of the system", ORIGIN_PRIOR)
        return None

    def order(self, primary: Candidate, roles: Roles, lead: Sequence[Scene]) -> None:
        """What is left by the order of the lead: parties that neither speak nor are places, by the frame's direction."""
        for scene in lead:
            if roles.suppliers and roles.recipients:
                return
            sentence = scene.sentence
            known = [*roles.suppliers, *roles.recipients, *roles.authorizers, *roles.financiers, *roles.via]
            free = [w for w in sentence.words if self._may_act(sentence, w) and not set(w.codes) & set(codes(known))]
            led = [word for word in free if self._led(sentence, word) in TO]
            if roles.suppliers and led:
                roles.recipients = [_party(sentence, led[0], "preposition in the lead", ORDER)]
            elif not roles.suppliers and not roles.recipients:
                _both(primary, roles, sentence, free)
            elif free and not roles.recipients:
                roles.recipients = [_party(sentence, free[0], "order of the lead", ORDER)]
            elif free and not roles.suppliers and not _asked_others(primary):
                roles.suppliers = [_party(sentence, free[0], "order of the lead", ORDER)]

    def _may_act(self, sentence: Sentence, word: Word) -> bool:
        """Whether a party can be one of the event: no place, no speaker, no demonym of goods."""
        if not word.party or word.mention is None or len(word.codes) != 1:
            return False
        if word.mention.form == "adjective" and sentence.words[word.head].low not in self._grammar.institutions:
            return False
        led = self._led(sentence, word)
        if led in ASIDE or (led in PLACES and word.mention.form in ("capital", "name")):
            return False
        verb = next((head for head in sentence.above(word.i) if head.tag.startswith("V")), None)
        speaks = verb is not None and verb.low in self._grammar.speaking
        return not speaks and not any(
            w.low in self._grammar.speaking for w in sentence.words[word.i + 1 : word.i + NEAR]
        )

    def _led(self, sentence: Sentence, word: Word) -> str:
        """The preposition before a party's noun phrase, or nothing."""
        for left in reversed(sentence.words[max(0, word.i - NEAR) : word.i]):
            if left.low in PREPOSITIONS:
                return left.low
            if left.tag.startswith("V") or left.low in self._grammar.boundaries or left.party:
                return ""
        return ""


def _maker(lead: Sequence[Scene], taken: set[str]) -> Party | None:
    """A maker named in the lead supplies, unless it is the buyer's own."""
    for scene in lead:
        for word in scene.sentence.words:
            firm = word.mention is not None and word.mention.kind is Kind.FIRM
            if firm and len(word.codes) == 1 and not set(word.codes) & taken:
                return _party(scene.sentence, word, "maker named in the lead", FIRM_PRIOR)
    return None


def _both(primary: Candidate, roles: Roles, sentence: Sentence, free: Sequence[Word]) -> None:
    second = next((word for word in free[1:] if word.codes != free[0].codes), None)
    if second is None:
        return
    giver, taker = (second, free[0]) if primary.trigger.frame in BUYER_FIRST else (free[0], second)
    roles.suppliers = [_party(sentence, giver, "order of the lead", ORDER)]
    roles.recipients = [_party(sentence, taker, "order of the lead", ORDER)]


def _asked_others(primary: Candidate) -> bool:
    """Whether somebody is asked whom no name tells: "asked its allies"."""
    words = primary.scene.sentence.words
    return primary.trigger.frame is Frame.ASK and any(
        words[k].dep in OBJECTS for k in words[primary.trigger.i].children
    )


def _party(sentence: Sentence, word: Word, rule: str, weight: float) -> Party:
    firm = word.mention is not None and word.mention.kind is Kind.FIRM
    return Party(word.codes, sentence, word.i, rule, weight, firm)
