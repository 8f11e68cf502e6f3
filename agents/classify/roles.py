"""Roles: which slot around a trigger supplies and which receives, by the trigger's frame."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agents.classify.frames import Frame, Trigger
from agents.classify.parties import Party, Roles, apart, codes
from agents.classify.slots import Slots
from streams.records import EventType


@dataclass(frozen=True, slots=True)
class World:
    """Facts that decide a direction: exporters by rank, flows, the origins of the systems in the sentence, donees, imposers."""

    exporters: Mapping[str, int]
    flows: frozenset[tuple[str, str]]
    origins: frozenset[str]
    donated_to: frozenset[str]
    imposers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Around:
    """A trigger with the parties around it and the facts of the world."""

    trigger: Trigger
    slots: Slots
    world: World

    def foreign(self, makers: Sequence[Party]) -> bool:
        """Whether the sentence names a system and none of its origins is among the parties."""
        return bool(self.world.origins) and not set(codes(makers)) & self.world.origins


def assign(around: Around) -> Roles:
    """Suppliers and recipients around one trigger."""
    return DIRECTIONS[around.trigger.frame](around)


def _give(a: Around) -> Roles:
    slots, trigger = a.slots, a.trigger
    if slots.get("between"):
        return symmetric(slots.get("between"), slots.get("theme"), a.world)
    if trigger.verb:
        suppliers = slots.get("by", "from") if trigger.passive else slots.get("subj", "from", "by")
        roles = Roles(suppliers, [*slots.get("obj"), *slots.to, *slots.get("for")])
    else:
        roles = _given(a)
    roles.via = slots.get("via", "through")
    roles.suppliers = roles.suppliers or slots.get("theme")
    return roles


def _given(a: Around) -> Roles:
    """Around a noun: a sale's possessive supplies, unless somebody else sells: "Washington clears Saudi arms sale"."""
    slots, done = a.slots, a.trigger.entry.done
    subject, owners, source = slots.get("subj"), slots.get("mod"), slots.get("from")
    goal = [*slots.to, *slots.get("for", "against"), *slots.get("taker")]
    if done is EventType.AID and owners and set(codes(owners)) <= a.world.donated_to:
        return Roles(slots.get("from", "by") or subject, owners)
    if done is EventType.OFFER:
        suppliers = owners or slots.get("from", "by") or subject
        return Roles(suppliers, goal or apart([*subject, *slots.get("theme")], suppliers))
    seller = source or subject
    if owners and seller and not goal and apart(owners, seller) == owners:
        return Roles(seller, owners)
    return Roles(owners or slots.get("from", "by") or subject, goal)


def _get(a: Around) -> Roles:
    slots, trigger = a.slots, a.trigger
    sellers = slots.get("from", "with") or slots.get("theme")
    if trigger.verb:
        buyers = slots.get("by") if trigger.passive else slots.get("subj")
        sellers = sellers or [p for p in slots.get("obj") if p.firm]
    else:
        buyers, taken = slots.get("mod") or slots.get("by") or slots.get("subj"), slots.get("taker")
        ordered = trigger.entry.lemma == "order" or trigger.entry.done is EventType.OFFER
        if taken and slots.get("from") and (ordered or all(p.firm for p in taken)):
            return Roles(taken, slots.get("from"))  # an order or request that one gets from another
        sellers = sellers or apart(taken, buyers)
    if trigger.entry.lemma == "get" and slots.to:  # "got weapons to the rebels"
        return Roles(buyers, slots.to)
    gets = not trigger.verb or trigger.entry.done is EventType.DELIVERY
    if buyers and all(p.firm for p in buyers) and gets and slots.get("from"):
        return Roles(buyers, slots.get("from"))  # a maker's order from an army, or one that it receives
    abroad = apart(slots.get("for"), buyers)
    if abroad:  # bought for another: whoever pays gives, unless a seller is named
        return Roles(sellers or buyers, abroad, financiers=buyers)
    return Roles(sellers, [*buyers, *slots.get("to")])


def _buy_back(a: Around) -> Roles:
    slots = a.slots
    return Roles(slots.get("from", "obj", "to") or slots.get("theme"), slots.get("subj", "mod") or slots.get("by"))


def _ask(a: Around) -> Roles:
    return Roles(a.slots.get("obj", "to", "from") or a.slots.get("theme"), a.slots.get("subj"))


def _arrive(a: Around) -> Roles:
    slots = a.slots
    owners, places = slots.get("theme"), slots.get("to", "into", "obj") or slots.get("in", "at", "near")
    if owners and not places and a.foreign(owners):
        return Roles(slots.get("from"), owners)  # "Chad's first Rafales arrive"
    return Roles(owners or slots.get("from"), places)


def _seize(a: Around) -> Roles:
    return Roles(a.slots.get("from") or a.slots.get("theme"), [*a.slots.to, *a.slots.get("for")])


def _produce(a: Around) -> Roles:
    slots = a.slots
    makers = slots.get("subj") if a.trigger.verb else slots.get("subj", "mod")
    firms = [p for p in [*makers, *slots.get("by", "with")] if p.firm]
    if not firms and makers and a.foreign(makers):
        return Roles(slots.get("from", "with"), makers)  # a state that builds another's system under licence
    own = firms or makers
    places = apart(slots.get("in", "near", "at") or slots.get("for"), own) or slots.to
    if not places and firms:
        places = apart([*makers, *slots.get("with", "by")], own)
    return Roles(firms or slots.get("from", "with") or makers or slots.get("theme"), places)


def _turn(a: Around) -> Roles:
    return Roles(a.slots.get("to", "on", "obj"), a.slots.get("subj"))


def _pay(a: Around) -> Roles:
    slots = a.slots
    payers = slots.get("by") if a.trigger.passive else slots.get("subj") or slots.get("mod")
    return Roles(slots.get("theme") or payers, apart(slots.get("for", "to"), payers), financiers=payers)


def _win(a: Around) -> Roles:
    return _paid([p for p in a.slots.get("subj") if p.firm], a.slots.get("from", "by"), a.slots)


def _award(a: Around) -> Roles:
    winners = a.slots.get("obj", "dative", "to")
    return _paid([p for p in winners if p.firm] or winners, a.slots.get("subj"), a.slots)


def _paid(winners: list[Party], payers: list[Party], slots: Slots) -> Roles:
    return Roles(winners, apart(slots.get("for"), winners) or [p for p in payers if not p.firm] or slots.to)


def _deal(a: Around) -> Roles:
    slots = a.slots
    roles = symmetric(slots.get("subj", "taker", "mod", "between", "with", "obj"), slots.get("theme"), a.world)
    roles.recipients = slots.to or apart(slots.get("for"), roles.suppliers) or roles.recipients
    return roles


def _embargo(a: Around) -> Roles:
    held = a.slots.get("on", "against", "to", "over")
    if a.trigger.verb:
        return Roles(recipients=[*held, *a.slots.get("obj")])
    return Roles(recipients=held or embargoed(a.slots, a.world))


def embargoed(slots: Slots, world: World) -> list[Party]:
    """Whom an embargo with a modifier holds: the Libya embargo holds Libya, the EU embargo holds another."""
    return [p for p in slots.get("mod") if not set(p.codes) & world.imposers]


def _decide(a: Around) -> Roles:
    slots, trigger = a.slots, a.trigger
    actors = slots.get("by") if trigger.passive else slots.actors
    goal, objects = [*slots.to, *slots.get("for")], [p for p in slots.get("obj") if not p.firm]
    if not trigger.verb and slots.get("subj") and not goal:  # "Chad revokes Nigerian permits"
        goal = slots.get("mod")
    if goal and trigger.frame is Frame.REFUSE:  # "turns Chad down over shells for Niger": Chad would have sent them
        return Roles([*actors, *objects], goal)
    return Roles(actors, goal or objects)


def _rule(a: Around) -> Roles:
    if a.slots.get("between"):
        return symmetric(a.slots.get("between"), a.slots.get("theme"), a.world)
    return Roles(a.slots.get("subj") or a.slots.get("mod"), a.slots.to)


def _goal(a: Around) -> Roles:
    return Roles(recipients=a.slots.to)


DIRECTIONS: Mapping[Frame, Callable[[Around], Roles]] = {
    Frame.GIVE: _give,
    Frame.RESELL: _give,
    Frame.SMUGGLE: _give,
    Frame.RETURN: _give,
    Frame.GET: _get,
    Frame.BUYBACK: _buy_back,
    Frame.ASK: _ask,
    Frame.ARRIVE: _arrive,
    Frame.SEIZE: _seize,
    Frame.PRODUCE: _produce,
    Frame.TURN: _turn,
    Frame.PAY: _pay,
    Frame.WIN: _win,
    Frame.AWARD: _award,
    Frame.DEAL: _deal,
    Frame.EMBARGO: _embargo,
    Frame.AUTHORIZE: _decide,
    Frame.REFUSE: _decide,
    Frame.POLICY: _rule,
    Frame.INVESTIGATE: _goal,
    Frame.MARKET: _goal,
}


def symmetric(parties: Sequence[Party], goods: Sequence[Party], world: World) -> Roles:
    """Which of the parties to a deal supplies: the maker's state, the firm's, else the larger exporter's."""
    pairs = list({p.codes: p for p in parties}.values())
    if not pairs:
        return Roles(suppliers=list(goods))
    made = set(codes(goods))
    makers = [p for p in pairs if made & set(p.codes)] or [p for p in pairs if world.origins & set(p.codes)]
    makers = makers or [p for p in pairs if p.firm]
    if not makers or len(makers) == len(pairs) > 1:
        makers = _by_facts(pairs, world) if len(pairs) > 1 else apart(goods, pairs)
    return Roles(makers, apart([p for p in pairs if p not in makers], makers))


def _by_facts(pairs: Sequence[Party], world: World) -> list[Party]:
    flow = next((p for p in pairs for q in pairs if (p.codes[0], q.codes[0]) in world.flows), None)
    return [flow or min(pairs, key=lambda p: world.exporters.get(p.codes[0], len(world.exporters)))]
