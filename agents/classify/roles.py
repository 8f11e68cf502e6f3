"""Roles: who supplies whom around a trigger, read from the parse first and from the order of words where that fails."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from agents.classify.frames import MOVES, Frame, Scene, Trigger
from agents.classify.sentences import OBJECTS, Sentence, Word
from streams.language.mentions import Kind

# How far a rule is trusted, by the way it read the role.
PARSED, LINEAR, CONTROL, THEME, PLACE = 0.9, 0.75, 0.8, 0.6, 0.5

NOMINAL = frozenset(("poss", "compound", "amod", "nmod", "nummod", "npadvmod", "appos", "quantmod"))
TO = frozenset(("to", "for", "into", "towards", "toward"))
LOOSE = frozenset(("with", "in", "on", "at", "of", "over"))  # these belong to the noun that the parser ties them to
IN = frozenset(("in", "at", "near", "inside", "on"))
PREPOSITIONS = TO | IN | frozenset(
    ("from", "by", "with", "between", "against", "via", "through", "of", "over", "about", "under", "across", "among", "amid", "around", "within")
)
# "Israeli-made" is a maker, "Soviet-era", "Iran-backed", "Russian-occupied" are not.
MADE = frozenset(["made", "built", "supplied", "produced", "manufactured", "developed", "donated", "sourced", "refurbished", "assembled", "provided", "owned", "origin"])
NOT_MAKER = frozenset(
    ["era", "designed", "style", "occupied", "backed", "held", "controlled", "led", "funded", "aligned", "allied", "occupied", "born", "speaking", "led", "sponsored", "type", "standard", "linked"]
)
BACK_REFERENCES = frozenset(
    ["country", "government", "kingdom", "company", "firm", "ministry", "administration", "nation", "state", "maker", "manufacturer", "island", "army", "bloc", "republic", "yard"]
)
MAKERS = frozenset(["maker", "makers", "manufacturer", "manufacturers", "factory", "factories", "firm", "firms", "company", "companies", "industry", "dealer", "dealers", "group", "giant"])
INSTITUTIONS = frozenset(
    ["army", "armies", "navy", "force", "forces", "troops", "military", "government", "governments", "police", "guard", "rebels", "fighters", "militia", "militias", "militants", "regime", "junta", "president", "minister", "ministry", "ministers", "officials", "official", "authorities", "company", "firm", "maker", "soldiers", "separatists", "government's", "customs", "ally", "leader", "leaders", "chief", "envoy", "delegation", "premier", "king", "prince", "allies", "opposition", "groups", "group", "side", "counterpart", "air"]
)
OWNED = frozenset(["owned", "made", "built", "produced", "manufactured", "held", "operated", "developed", "retired", "used"])  # "tanks once owned by Belgium"
ELSEWHERE = frozenset(  # words whose "to" leads to no recipient
    ["visit", "visits", "trip", "journey", "tour", "address", "according", "thanks", "compared", "due", "response", "reply", "opposition", "relation", "threat", "threats", "ambassador", "envoy", "next", "close", "closer", "similar", "neighbour", "addition", "contrary", "prior", "loyal", "relative", "ties", "return", "adviser"]
)
EXAMPLES = frozenset(("as", "like", "including"))  # "countries such as Chad": what follows stands for the noun before
PRONOUNS = frozenset(("it", "they", "he", "she", "its", "their", "his", "her", "we"))
# Verbs whose object does what stands under them.
OBJECT_CONTROL = frozenset(
    ["ask", "asks", "asked", "asking", "urge", "urges", "urged", "press", "presses", "pressed", "accuse", "accuses", "accused", "accusing", "suspect", "suspects", "suspected", "blame", "blamed", "allow", "allows", "allowed", "let", "lets", "permit", "permits", "permitted", "authorise", "authorised", "authorize", "authorized", "forbid", "forbids", "bar", "bars", "barred", "bars", "block", "blocks", "blocked", "stop", "stops", "stopped", "prevent", "prevents", "prevented", "sanction", "sanctions", "sanctioned", "want", "wants", "wanted", "warn", "warns", "warned", "call", "calls", "called", "calling", "demand", "demands", "demanded", "convince", "convinced", "persuade", "persuaded", "beg", "invite", "invited", "tell", "tells", "told", "help", "helps", "penalise", "penalised", "penalize", "penalized", "criticise", "criticised", "criticize", "criticized", "slam", "slammed", "condemn", "condemned"]
)
HOSTING = frozenset(["hosts", "hosted", "host", "hosting", "meets", "met", "meet", "meeting", "welcomes", "welcomed", "welcome", "visits", "visited", "visit", "receives", "received"])
SAYING = frozenset(["warn", "warns", "warned", "believe", "believes", "insist", "insists", "say", "says", "said", "saying", "tell", "tells", "told", "report", "reports", "reported", "claim", "claims", "claimed", "note", "noted", "add", "added", "quote", "quoted"])


@dataclass(frozen=True, slots=True)
class Party:
    """A state, group or firm in a role: codes, the word that names it and the rule that gave the role."""

    codes: tuple[str, ...]
    sentence: Sentence
    word: int
    rule: str
    weight: float
    firm: bool = False


@dataclass(slots=True)
class Roles:
    """The parties of one candidate event."""

    suppliers: list[Party] = field(default_factory=list)
    recipients: list[Party] = field(default_factory=list)
    authorizers: list[Party] = field(default_factory=list)
    financiers: list[Party] = field(default_factory=list)
    via: list[Party] = field(default_factory=list)


def codes(parties: Sequence[Party]) -> list[str]:
    """Codes of parties in order, each once."""
    return list(dict.fromkeys(code for party in parties for code in party.codes))


class Reader:
    """Reads the arguments of triggers in one sentence; ``focus`` are the parties a pronoun may stand for."""

    def __init__(self, scene: Scene, focus: Sequence[Party]) -> None:
        self.scene = scene
        self.words = scene.sentence.words
        self.focus = focus
        self.moves = [t.i for t in scene.triggers if t.frame in MOVES]
        self.verbs = frozenset(t.i for t in scene.triggers if t.verb)

    def party(self, word: Word, rule: str, weight: float) -> Party | None:
        """The word as a party, unless it has no code."""
        mention = word.mention
        if mention is None or not mention.codes:
            return None
        weight -= 0.2 if mention.weak else 0.0
        many = mention.kind is Kind.FIRM and len(mention.codes) > 1
        return None if many else Party(mention.codes, self.scene.sentence, word.i, rule, weight, mention.kind is Kind.FIRM)

    def named(self, i: int, rule: str, weight: float) -> list[Party]:
        """The parties that the noun phrase headed by word ``i`` names; a weapon's maker is not among them."""
        head = self.words[i]
        found: list[Party] = []
        if head.low in ("us", "our", "we"):
            found = self._speaker(rule)
        elif head.party:
            found = [p for p in [self.party(head, rule, weight)] if p]
            if not found or (head.mention is not None and head.mention.kind is Kind.FIRM and not found[0].codes):
                found = self._modifiers(head, rule, weight)
        elif head.weapon:
            return []
        elif head.low in PRONOUNS and head.tag.startswith("PRP"):
            found = self._meant(head, rule, weight)
        else:
            found = self._modifiers(head, rule, weight)
            if not found and head.low in BACK_REFERENCES:
                found = self._meant(head, rule, weight)
        for child in head.children:
            if self.words[child].dep == "conj" and child != i:
                found = [*found, *self.named(child, rule, weight)]
        return found

    def _modifiers(self, head: Word, rule: str, weight: float) -> list[Party]:
        found: list[Party] = []
        for child in head.children:
            word = self.words[child]
            if word.dep in NOMINAL or word.dep in ("nounmod", "case"):
                if word.party and self.made(word) is not False:
                    found.extend(p for p in [self.party(word, rule, weight)] if p)
                    found.extend(q for k in word.children if self.words[k].dep == "conj" and self.words[k].party
                                 for q in [self.party(self.words[k], rule, weight)] if q)  # fmt: skip
                elif not word.weapon and word.dep != "appos" and word.i not in self.verbs:
                    found.extend(self._modifiers(word, rule, weight))
            elif word.low in ("of", "in", "from") and not word.weapon and not head.weapon:
                for k in word.children:
                    if self.words[k].dep == "pobj" and self.words[k].party:
                        found.extend(p for p in [self.party(self.words[k], rule, weight)] if p)
        return found

    def made(self, word: Word) -> bool | None:
        """Whether a name before a hyphen makes the weapon ("Swiss-made"), does not ("Iran-backed"), or has no hyphen."""
        i = word.i
        if i + 2 < len(self.words) and self.words[i + 1].text in ("-", "‑", "–") and self.words[i + 1].start == word.end:
            return self.words[i + 2].low not in NOT_MAKER if self.words[i + 2].low not in MADE else True
        return None

    def _meant(self, pronoun: Word, rule: str, weight: float) -> list[Party]:
        """The party that a pronoun stands for: the subject before it, else the focus of the text so far."""
        for word in self.words[: pronoun.i]:
            if word.dep in ("nsubj", "nsubjpass") and word.i < pronoun.i:
                own = self.party(word, f"{rule}, pronoun", weight - 0.15) if word.party else None
                found = [own] if own else self._modifiers(word, f"{rule}, pronoun", weight - 0.15)
                if found:
                    return found
        return [Party(p.codes, p.sentence, p.word, f"{rule}, pronoun", weight - 0.2, p.firm) for p in self.focus]

    def _speaker(self, rule: str) -> list[Party]:
        """Who says the sentence: what "us" means."""
        for word in self.words:
            if word.low in SAYING and word.tag.startswith("V"):
                for child in word.children:
                    if self.words[child].dep == "nsubj" and self.words[child].party:
                        return [p for p in [self.party(self.words[child], f"{rule}, us", LINEAR)] if p]
        return []

    def slots(self, trigger: Trigger) -> Iterator[tuple[str, Party]]:
        """Each party around a trigger with its slot: subj, obj, mod, theme, or the preposition that leads to it."""
        subjects = self.subjects(trigger)
        taken = {p.word for p in subjects if p.sentence is self.scene.sentence}
        yield from (("subj", p) for p in subjects)
        if trigger.frame is Frame.DEAL and trigger.verb and (host := self.words[self.words[trigger.i].head]).low in HOSTING:
            for child in host.children:
                if self.words[child].dep in OBJECTS:
                    yield from (("with", p) for p in self.named(child, f"{trigger.entry.lemma}: guest", CONTROL))
        for child in self.words[trigger.i].children:
            if self.words[child].low in ("its", "their", "his") and not trigger.verb:
                yield from (("mod", p) for p in self._meant(self.words[child], trigger.entry.lemma, CONTROL))
            if self.words[child].low == "us" and trigger.verb:
                yield from (("dative", p) for p in self._speaker(trigger.entry.lemma))
        for word in self.words:
            if not word.party or word.i in taken or trigger.i <= word.i <= trigger.last:
                continue
            slot = self._parsed(trigger, word) or self._linear(trigger, word)
            if slot and slot[0] == "obj" and word.mention is not None and word.mention.form == "adjective" and not self._institution(word):
                slot = "theme", THEME
            if slot and slot[0] == "theme" and word.i < trigger.i and self._acts(trigger):  # "an Iranian ship carries", "a French frigate seizes"
                slot = "subj", THEME
            if slot:
                party = self.party(word, f"{trigger.entry.lemma}: {slot[0]}", slot[1])
                if party:
                    yield slot[0], party

    @staticmethod
    def _acts(trigger: Trigger) -> bool:
        """Whether a weapon before a trigger does what it says instead of being handled."""
        return trigger.verb and not trigger.passive and trigger.frame in (Frame.GIVE, Frame.SEIZE)

    def _institution(self, word: Word) -> bool:
        """Whether an adjective stands before people or forces rather than goods: "arming Chadian rebels"."""
        head = self.words[word.head]
        return head.low in INSTITUTIONS or word.head == word.i

    def _parsed(self, trigger: Trigger, word: Word) -> tuple[str, float] | None:
        """The slot by the path from the party up to the trigger."""
        if self.made(word) is False:
            return None
        at, preposition, theme = word, "", False
        for head in self.scene.sentence.above(word.i):
            inside = trigger.i <= head.i <= trigger.last
            if at.dep == "conj" and not at.tag.startswith("V"):
                pass
            elif at.dep in NOMINAL:
                if inside and not preposition and not trigger.verb:
                    return "mod", THEME + 0.1 if theme else PARSED
                if inside and not theme and not preposition:
                    return ("subj", LINEAR) if word.i < trigger.i else None
                if at.dep == "appos" and head.party:
                    return None
                theme = theme or (head.weapon and not preposition)
            elif at.dep in ("acl", "relcl") and at.low in OWNED and head.weapon:
                theme, preposition = True, ""
            elif at.dep in ("agent", "prep") and head.low in OWNED and at.low in ("by", "from", "in"):
                pass
            elif at.dep == "pobj" and head.low in EXAMPLES:
                at = head
                continue
            elif at.dep == "prep" and at.low in EXAMPLES and not inside:
                pass
            elif at.dep in ("pobj", "pcomp"):
                if not preposition and at is not head and (at.low != head.low):
                    if theme and head.low == "of":
                        pass
                    elif not theme:
                        preposition = head.low
            elif at.dep in ("prep", "agent", "dative") and at.low in PREPOSITIONS:
                if not inside and not (head.tag.startswith(("NN", "CD")) or head.weapon):
                    return None
            elif at.dep in OBJECTS or at.dep in ("attr", "oprd"):
                if not inside:
                    return None
                slot = "theme" if theme else preposition or "obj"
                return slot, THEME if theme else PARSED
            elif at.dep in ("nsubj", "nsubjpass", "csubj"):
                return ("theme", THEME) if inside and theme else (preposition, LINEAR) if inside and preposition else None
            else:
                return None
            if inside:
                if theme:
                    return "theme", THEME
                return (preposition, PARSED) if preposition else ("obj", LINEAR) if trigger.verb else ("mod", PARSED)
            at = head
        return None

    def _linear(self, trigger: Trigger, word: Word) -> tuple[str, float] | None:
        """The slot by the preposition before the party, in the trigger's clause, with no other move between."""
        clause = self.scene.clauses
        if clause[word.i] != trigger.clause or self.made(word) is False:
            return None
        start, theme = self._phrase_start(word)
        crossed = any(trigger.last < k < word.i for k in self.moves)
        before = self.words[start - 1] if start else None
        if theme and not crossed and not self._verb_between(trigger, word) and (word.i > trigger.i or trigger.passive or trigger.frame in (Frame.ARRIVE, Frame.GIVE)):
            return "theme", THEME - 0.1
        if before is None or before.low not in PREPOSITIONS or crossed:
            return None
        if before.i > trigger.last and not (before.low == "to" and self.words[before.i - 1].low in ELSEWHERE):
            if before.low == "of" and self.words[before.i - 1].low == "out":
                return "from", LINEAR
            holder = self.words[before.head]
            loose = before.low in LOOSE and holder.tag.startswith("NN") and not holder.weapon and not trigger.i <= holder.i <= trigger.last
            return None if loose else (before.low, LINEAR)
        return None

    def _verb_between(self, trigger: Trigger, word: Word) -> bool:
        """Whether another verb stands between a trigger and a party: its goods are not the trigger's."""
        first, last = sorted((trigger.i, word.i))
        return any(w.tag in ("VB", "VBZ", "VBD", "VBP", "VBG") and w.i not in self.verbs for w in self.words[first + 1 : last])

    def _phrase_start(self, word: Word) -> tuple[int, bool]:
        """First word of the noun phrase around a party, and whether the phrase is a weapon's."""
        words, i = self.words, word.i
        while i > 0:
            left = words[i - 1]
            if left.low in PREPOSITIONS or left.tag.startswith("V") or left.tag in ("TO", "RB", "MD"):
                break
            if left.tag in ("DT", "JJ", "CD", "POS", "PRP$", "JJS", "JJR", "CC", ",", "HYPH") or left.tag.startswith("NN") or left.party:
                if left.tag in ("CC", ",") and not (i > 1 and words[i - 2].party and (left.tag == "CC" or word.dep in ("conj", "appos"))):
                    break
                i -= 1
            else:
                break
        k = word.i + 1
        while k < len(words) and k not in self.verbs and (words[k].tag in ("JJ", "CD", "POS", "HYPH", "VBN", "JJR") or words[k].tag.startswith("NN") or words[k].low in ("'s", "-", "and")):
            if words[k].weapon:
                if k + 1 < len(words) and words[k + 1].low in MAKERS:
                    return i, False
                between = words[word.i + 1 : k]
                return i, all(w.low != "and" or words[w.i + 1].party for w in between)
            k += 1
        return i, False

    def subjects(self, trigger: Trigger) -> list[Party]:
        """Who does what the trigger says: its own subject, else its governor's, else the party before it."""
        rule = f"{trigger.entry.lemma}: subject"
        if not trigger.verb:
            return self._noun_subject(trigger, rule)
        if trigger.passive:
            return []
        found = self._verb_subject(self.words[trigger.i], rule, PARSED, 0)
        if found is not None:
            return found
        return self._before(trigger, rule)

    def _verb_subject(self, verb: Word, rule: str, weight: float, depth: int) -> list[Party] | None:
        """Parties of the subject; an empty list where there is one without a party, None where there is none."""
        if depth > 6:
            return None
        subject = next((self.words[k] for k in verb.children if self.words[k].dep in ("nsubj", "nsubjpass")), None)
        if subject is not None:
            if subject.tag in ("WDT", "WP") or subject.low == "that":
                return self.named(verb.head, rule, weight - 0.1) if verb.dep == "relcl" else None
            return self.named(subject.i, rule, weight) or self._inside(subject, rule) or (None if subject.weapon or depth == 0 else [])
        head = self.words[verb.head]
        if verb.head == verb.i:
            return None
        if verb.dep in ("pcomp", "prep", "pobj"):
            preposition, head = head, self.words[head.head]
            if preposition.low in ("for", "of", "from", "with", "into") and head.low in OBJECT_CONTROL:
                return self._controlled(head, rule)
        if verb.dep in ("xcomp", "ccomp", "advcl", "conj", "acl", "pcomp", "dep", "prep", "parataxis"):
            if head.low in OBJECT_CONTROL and verb.dep in ("xcomp", "ccomp", "advcl", "acl"):
                controlled = self._controlled(head, rule)
                if controlled:
                    return controlled
            if head.tag.startswith("V") or head.tag == "MD":
                return self._verb_subject(head, rule, CONTROL, depth + 1)
            if head.tag.startswith("NN"):
                return self._holder(head, rule, depth + 1)
        return None

    def _controlled(self, verb: Word, rule: str) -> list[Party]:
        """The object of a verb such as accuse or ask; of a passive one its subject."""
        passive = next((self.words[k] for k in verb.children if self.words[k].dep == "nsubjpass"), None)
        if passive is not None:
            return self.named(passive.i, f"{rule} of {verb.low}", CONTROL)
        found: list[Party] = []
        for k in verb.children:
            word = self.words[k]
            if word.dep in OBJECTS or (word.dep == "prep" and word.low in ("on", "to")):
                target = k if word.dep in OBJECTS else next(iter(word.children), k)
                found.extend(self.named(target, f"{rule} of {verb.low}", CONTROL))
        if not found and verb.i + 1 < len(self.words) and self.words[verb.i + 1].party:
            found = [p for p in [self.party(self.words[verb.i + 1], f"{rule} of {verb.low}", LINEAR)] if p]
        return found

    def _holder(self, noun: Word, rule: str, depth: int) -> list[Party] | None:
        """Who holds a plan, deal or contract: its possessive or demonym, else the subject of its verb."""
        if not noun.weapon:
            found = self._modifiers(noun, rule, CONTROL)
            if found:
                return found
        for head in self.scene.sentence.above(noun.i):
            if head.tag.startswith("V"):
                return self._verb_subject(head, rule, CONTROL, depth + 1)
        return None

    def _inside(self, subject: Word, rule: str) -> list[Party]:
        """Parties deeper in a subject that is no weapon: "officials of both Egypt and Chad"."""
        if subject.weapon:
            return []
        found = []
        for word in self.scene.sentence.below(subject.i):
            if word.party and word.dep in ("poss", "amod", "compound", "appos") and self.words[word.head].dep != "relcl":
                found.extend(p for p in [self.party(word, rule, LINEAR)] if p)
        return found[:2]

    def _noun_subject(self, trigger: Trigger, rule: str) -> list[Party]:
        """The subject of the verb that governs a noun: "Chad announces the purchase", "signs a contract"."""
        noun = self.words[trigger.i]
        before = self.words[noun.head]
        if noun.dep == "pobj" and before.low in ("after", "before", "amid", "despite", "following", "since", "over"):
            return []
        if noun.dep == "pobj" and before.low == "in" and before.head != before.i and not self.words[before.head].tag.startswith("V"):
            return self.named(before.head, rule, CONTROL)  # "Chad and Niger in talks"
        for head in self.scene.sentence.above(noun.i):
            if head.tag.startswith("V"):
                if head.low in SAYING or noun.dep in ("nsubj", "nsubjpass"):
                    return []
                return self._verb_subject(head, f"{rule} of {head.low}", CONTROL, 1) or []
        return []

    def _before(self, trigger: Trigger, rule: str) -> list[Party]:
        """A headline's subject: the first party of the clause before the trigger that no preposition leads to."""
        for word in self.words[: trigger.i]:
            if word.party and self.scene.clauses[word.i] == trigger.clause and self.made(word) is not False:
                start, theme = self._phrase_start(word)
                before = self.words[start - 1].low if start else ""
                if not theme and before not in PREPOSITIONS:
                    party = self.party(word, rule, LINEAR)
                    if party:
                        return [party]
        return []
