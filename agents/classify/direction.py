"""Direction: which slot around a trigger supplies and which receives, by the trigger's frame."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agents.classify.frames import Frame, Trigger
from agents.classify.roles import Party, Roles, codes
from streams.records import EventType


class Slots:
    """The parties around a trigger by slot: subj, obj, mod, theme (makers of the goods), and prepositions."""

    def __init__(self, found: Mapping[str, list[Party]]) -> None:
        self._found = found

    def get(self, *names: str) -> list[Party]:
        """The parties of some slots, in the order of the names."""
        return [party for name in names for party in self._found.get(name, ())]

    @property
    def to(self) -> list[Party]:
        """Where the goods go."""
        return self.get("to", "into", "dative", "toward", "towards")

    @property
    def actors(self) -> list[Party]:
        """Who does what an approval or a refusal says."""
        return self.get("subj") or self.get("mod") or self.get("by")


@dataclass(frozen=True, slots=True)
class World:
    """Facts that decide a deal's direction: exporters by rank, and the origins of the systems in the sentence."""

    exporters: Mapping[str, int]
    flows: frozenset[tuple[str, str]]
    origins: frozenset[str]
    donated_to: frozenset[str]
    imposers: frozenset[str]


def assign(trigger: Trigger, slots: Slots, world: World) -> Roles:
    """Suppliers and recipients around one trigger."""
    return DIRECTIONS[trigger.frame](trigger, slots, world)


def _give(trigger: Trigger, slots: Slots, world: World) -> Roles:
    roles = Roles(via=slots.get("via", "through"))
    if trigger.verb:
        roles.suppliers = slots.get("by", "from") if trigger.passive else slots.get("subj", "from", "by")
        roles.recipients = [*slots.get("obj"), *slots.to, *slots.get("for")]
    elif trigger.entry.done is EventType.AID and slots.get("mod") and set(codes(slots.get("mod"))) <= world.donated_to:
        roles.suppliers, roles.recipients = slots.get("from", "by") or slots.get("subj"), slots.get("mod")
    else:
        _given(trigger, slots, roles)
    if not roles.suppliers:
        roles.suppliers = slots.get("theme")
    if slots.get("between"):
        paired = symmetric(slots.get("between"), slots.get("theme"), world)
        roles.suppliers, roles.recipients = paired.suppliers, paired.recipients
    return roles


def _given(trigger: Trigger, slots: Slots, roles: Roles) -> None:
    """A sale's possessive supplies, unless somebody else sells: "Washington clears Saudi arms sale"."""
    subject, owners = slots.get("subj"), slots.get("mod")
    roles.recipients = [*slots.to, *slots.get("for", "against")]
    source = slots.get("from")
    seller = source or subject
    if trigger.entry.done is EventType.OFFER:
        roles.suppliers = owners or slots.get("from", "by") or subject
        holders = set(codes(roles.suppliers))
        roles.recipients = roles.recipients or [p for p in [*subject, *slots.get("theme")] if not set(p.codes) & holders]
    elif owners and seller and not roles.recipients and not set(codes(owners)) & set(codes(seller)):
        roles.suppliers, roles.recipients = seller, owners
    else:
        roles.suppliers = owners or slots.get("from", "by") or subject


def _get(trigger: Trigger, slots: Slots, world: World) -> Roles:
    if trigger.verb:
        buyers = slots.get("by") if trigger.passive else slots.get("subj")
        sellers = slots.get("from", "with") or slots.get("theme") or [p for p in slots.get("obj") if p.firm]
    else:
        buyers = slots.get("mod") or slots.get("by") or slots.get("subj")
        sellers = slots.get("from", "with") or slots.get("theme")
    if trigger.entry.lemma == "get" and slots.to:  # "got weapons to the rebels"
        return Roles(buyers, slots.to)
    if buyers and all(p.firm for p in buyers) and not trigger.verb and slots.get("from"):
        return Roles(suppliers=buyers, recipients=slots.get("from"))  # a maker's order from an army
    abroad = [p for p in slots.get("for") if not set(p.codes) & set(codes(buyers))]
    if abroad:  # bought for another: whoever pays gives, unless a seller is named
        return Roles(sellers or buyers, abroad, financiers=buyers)
    return Roles(sellers, [*buyers, *slots.get("to")])


def _buy_back(trigger: Trigger, slots: Slots, world: World) -> Roles:
    return Roles(slots.get("from", "obj", "to") or slots.get("theme"), slots.get("subj", "mod") or slots.get("by"))


def _ask(trigger: Trigger, slots: Slots, world: World) -> Roles:
    return Roles(slots.get("obj", "to", "from") or slots.get("theme"), slots.get("subj"))


def _arrive(trigger: Trigger, slots: Slots, world: World) -> Roles:
    owners, places = slots.get("theme"), slots.get("to", "into", "obj") or slots.get("in", "at", "near")
    if owners and not places and world.origins and not set(codes(owners)) & world.origins:
        return Roles(slots.get("from"), owners)  # "Chad's first Rafales arrive"
    return Roles(owners or slots.get("from"), places)


def _seize(trigger: Trigger, slots: Slots, world: World) -> Roles:
    return Roles(slots.get("from") or slots.get("theme"), [*slots.to, *slots.get("for")])


def _produce(trigger: Trigger, slots: Slots, world: World) -> Roles:
    makers = slots.get("subj") if trigger.verb else slots.get("subj", "mod")
    firms = [p for p in [*makers, *slots.get("by", "with")] if p.firm]
    if not firms and makers and world.origins and not set(codes(makers)) & world.origins:
        return Roles(slots.get("from", "with"), makers)  # a state that builds another's system under licence
    own = set(codes(firms or makers))
    places = [p for p in slots.get("in", "near", "at") or slots.get("for") if not set(p.codes) & own] or slots.to
    if not places and firms:
        places = [p for p in [*makers, *slots.get("with", "by")] if not set(p.codes) & own]
    return Roles(firms or slots.get("from", "with") or makers or slots.get("theme"), places)


def _turn(trigger: Trigger, slots: Slots, world: World) -> Roles:
    return Roles(slots.get("to", "on", "obj"), slots.get("subj"))


def _pay(trigger: Trigger, slots: Slots, world: World) -> Roles:
    payers = slots.get("by") if trigger.passive else slots.get("subj") or slots.get("mod")
    abroad = [p for p in slots.get("for", "to") if not set(p.codes) & set(codes(payers))]
    return Roles(slots.get("theme") or payers, abroad, financiers=payers)


def _win(trigger: Trigger, slots: Slots, world: World) -> Roles:
    winners = [p for p in slots.get("subj") if p.firm]
    return _paid(winners, slots.get("from", "by"), slots)


def _award(trigger: Trigger, slots: Slots, world: World) -> Roles:
    winners = slots.get("obj", "dative", "to")
    return _paid([p for p in winners if p.firm] or winners, slots.get("subj"), slots)


def _paid(winners: list[Party], payers: list[Party], slots: Slots) -> Roles:
    abroad = [p for p in slots.get("for") if not set(p.codes) & set(codes(winners))]
    return Roles(winners, abroad or [p for p in payers if not p.firm] or slots.to)


def _deal(trigger: Trigger, slots: Slots, world: World) -> Roles:
    roles = symmetric(slots.get("subj", "mod", "between", "with", "obj"), slots.get("theme"), world)
    abroad = [p for p in slots.get("for") if not set(p.codes) & set(codes(roles.suppliers))]
    roles.recipients = slots.to or abroad or roles.recipients
    return roles


def _embargo(trigger: Trigger, slots: Slots, world: World) -> Roles:
    if trigger.verb:
        return Roles(recipients=slots.get("on", "against", "to", "over", "obj"))
    return Roles(recipients=slots.get("on", "against", "to", "over") or _held(slots, world))


def _held(slots: Slots, world: World) -> list[Party]:
    """Who an embargo with a modifier holds: the Libya embargo holds Libya, the EU embargo holds another."""
    return [p for p in slots.get("mod") if not set(p.codes) & world.imposers]


def _decide(trigger: Trigger, slots: Slots, world: World) -> Roles:
    actors = slots.get("by") if trigger.passive else slots.actors
    goal, objects = [*slots.to, *slots.get("for")], [p for p in slots.get("obj") if not p.firm]
    if not trigger.verb and slots.get("subj") and slots.get("mod") and not goal:  # "Chad revokes Nigerian permits"
        goal = slots.get("mod")
    if goal and trigger.frame is Frame.REFUSE:  # "turns Chad down over shells for Niger": Chad would have sent them
        return Roles([*actors, *objects], goal)
    return Roles(actors, goal or objects)


def _rule(trigger: Trigger, slots: Slots, world: World) -> Roles:
    if slots.get("between"):
        return symmetric(slots.get("between"), slots.get("theme"), world)
    return Roles(slots.get("subj") or slots.get("mod"), slots.to)


def _none(trigger: Trigger, slots: Slots, world: World) -> Roles:
    return Roles(recipients=slots.to)


DIRECTIONS: Mapping[Frame, Callable[[Trigger, Slots, World], Roles]] = {
    Frame.GIVE: _give, Frame.RESELL: _give, Frame.SMUGGLE: _give, Frame.RETURN: _give, Frame.GET: _get, Frame.BUYBACK: _buy_back,
    Frame.ASK: _ask, Frame.ARRIVE: _arrive, Frame.SEIZE: _seize, Frame.PRODUCE: _produce, Frame.TURN: _turn, Frame.PAY: _pay, Frame.WIN: _win, Frame.AWARD: _award,
    Frame.DEAL: _deal, Frame.EMBARGO: _embargo, Frame.AUTHORIZE: _decide, Frame.REFUSE: _decide, Frame.POLICY: _rule,
    Frame.INVESTIGATE: _none, Frame.MARKET: _none,
}  # fmt: skip


def symmetric(parties: Sequence[Party], goods: Sequence[Party], world: World) -> Roles:
    """Which of the parties to a deal supplies: the maker's state, the firm's, else the larger exporter's."""
    pairs = list({p.codes: p for p in parties}.values())
    if not pairs:
        return Roles(suppliers=list(goods))
    made = set(codes(goods))
    makers = [p for p in pairs if made & set(p.codes)] or [p for p in pairs if world.origins & set(p.codes)] or [p for p in pairs if p.firm]
    if not makers or len(makers) == len(pairs) > 1:
        makers = []
        if len(pairs) > 1:
            flow = next((p for p in pairs for q in pairs if (p.codes[0], q.codes[0]) in world.flows), None)
            makers = [flow or min(pairs, key=lambda p: world.exporters.get(p.codes[0], len(world.exporters)))]
        elif goods:
            makers = [p for p in goods if not set(p.codes) & set(pairs[0].codes)]
    return Roles(makers, [p for p in pairs if p not in makers and not set(p.codes) & set(codes(makers))])


def govern(trigger: Trigger, operator: Trigger, above: Slots, own: Slots, roles: Roles, world: World) -> None:
    """What a word over a move says of its parties: who allows, who forbids, who asks, who is party to the deal."""
    frame = operator.frame
    if frame in (Frame.AUTHORIZE, Frame.REFUSE):
        _decided(frame, above.get("by") if operator.passive else above.actors, own, roles)
        roles.recipients = roles.recipients or above.get("to", "for")
    elif frame is Frame.ASK:
        if trigger.frame in (Frame.GIVE, Frame.RETURN):
            roles.recipients = roles.recipients or above.get("subj")
        roles.suppliers = roles.suppliers or above.get("obj", "to")
    elif frame is Frame.TURN:
        roles.suppliers = above.get("to", "on", "obj") or roles.suppliers
        roles.recipients = roles.recipients or above.get("subj")
    elif frame is Frame.PAY:
        roles.financiers = above.get("subj")
    elif frame is Frame.DEAL:
        parties = above.get("subj", "with", "between", "mod")
        if not trigger.verb and len({p.codes for p in parties}) > 1 and not own.get("mod", "to", "from", "for", "by"):
            paired = symmetric(parties, own.get("theme"), world)
            roles.suppliers, roles.recipients = paired.suppliers, paired.recipients
            return
        known = set(codes([*roles.suppliers, *roles.recipients]))
        others = [p for p in above.get("subj", "with", "between", "mod") if not set(p.codes) & known]
        if roles.suppliers and not roles.recipients:
            roles.recipients = others[:1]
        elif roles.recipients and not roles.suppliers:
            roles.suppliers = others[:1]
    elif frame is Frame.AWARD:
        roles.suppliers = [p for p in above.get("obj") if p.firm] or roles.suppliers
    elif frame is Frame.WIN:
        roles.suppliers = roles.suppliers or [p for p in above.get("subj") if p.firm]
    elif frame is Frame.EMBARGO and not operator.verb:
        if not trigger.verb:
            roles.suppliers = []
        roles.recipients = roles.recipients or above.get("on", "against") or _held(above, world)


def _decided(frame: Frame, actors: list[Party], own: Slots, roles: Roles) -> None:
    """Who approves or refuses supplies, unless another does: then he consents, or holds back what the other would send."""
    if not actors or set(codes(actors)) & set(codes(roles.recipients)):
        return
    makers = own.get("theme")
    if not roles.suppliers or all(p in makers for p in roles.suppliers):
        others = [p for p in makers if frame is Frame.REFUSE and not set(p.codes) & set(codes([*actors, *roles.recipients]))]
        roles.suppliers = [*actors, *others]
        return
    if frame is Frame.REFUSE and not set(codes(actors)) & set(codes(roles.suppliers)):
        roles.suppliers = [*actors, *roles.suppliers]
    roles.authorizers = actors


def distinct(roles: Roles) -> None:
    """Nobody supplies himself: the better founded of two roles of one state stays."""
    for code in set(codes(roles.suppliers)) & set(codes(roles.recipients)):
        supplied = max(p.weight for p in roles.suppliers if code in p.codes)
        received = max(p.weight for p in roles.recipients if code in p.codes)
        many_s, many_r = len(codes(roles.suppliers)) > 1, len(codes(roles.recipients)) > 1
        if supplied > received or (supplied == received and many_r and not many_s):
            roles.recipients = [p for p in roles.recipients if code not in p.codes]
        elif supplied < received or many_s:
            roles.suppliers = [p for p in roles.suppliers if code not in p.codes]
