"""Governing: what a word over a move says of its parties: who allows, forbids, asks, pays, or is party to the deal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agents.classify.frames import Frame
from agents.classify.parties import Party, Roles, apart, codes
from agents.classify.roles import Around, embargoed, symmetric
from agents.classify.slots import Slots


@dataclass(frozen=True, slots=True)
class Over:
    """A word with its slots over a move with its own."""

    operator: Around
    move: Around

    @property
    def above(self) -> Slots:
        """The slots of the word above."""
        return self.operator.slots


def govern(over: Over, roles: Roles) -> None:
    """Amend the roles of a move by one word over it."""
    rule = RULES.get(over.operator.trigger.frame)
    if rule is not None:
        rule(over, roles)


def _decision(over: Over, roles: Roles) -> None:
    """Who approves or refuses supplies, unless another does: then he consents, or holds back what the other would send."""
    actors = over.above.get("by") if over.operator.trigger.passive else over.above.actors
    if actors and apart(actors, roles.recipients) == actors:
        refuses = over.operator.trigger.frame is Frame.REFUSE
        makers = over.move.slots.get("theme")
        if all(p in makers for p in roles.suppliers):
            others = apart(makers, [*actors, *roles.recipients]) if refuses else []
            roles.suppliers = [*actors, *others]
        else:
            if refuses and apart(actors, roles.suppliers) == actors:
                roles.suppliers = [*actors, *roles.suppliers]
            roles.authorizers = actors
    roles.recipients = roles.recipients or over.above.get("to", "for")


def _asking(over: Over, roles: Roles) -> None:
    if over.move.trigger.frame in (Frame.GIVE, Frame.RETURN):
        roles.recipients = roles.recipients or over.above.get("subj")
    roles.suppliers = roles.suppliers or over.above.get("obj", "to")


def _turning(over: Over, roles: Roles) -> None:
    roles.suppliers = over.above.get("to", "on", "obj") or roles.suppliers
    roles.recipients = roles.recipients or over.above.get("subj")


def _paying(over: Over, roles: Roles) -> None:
    roles.financiers = over.above.get("subj")


def _dealing(over: Over, roles: Roles) -> None:
    parties = over.above.get("subj", "with", "between", "mod")
    own = over.move.slots
    bare = not over.move.trigger.verb and not own.get("mod", "to", "from", "for", "by")
    if bare and len({p.codes for p in parties}) > 1:
        paired = symmetric(parties, own.get("theme"), over.move.world)
        roles.suppliers, roles.recipients = paired.suppliers, paired.recipients
        return
    others = apart(parties, [*roles.suppliers, *roles.recipients])
    if roles.suppliers and not roles.recipients:
        roles.recipients = others[:1]
    elif roles.recipients and not roles.suppliers:
        roles.suppliers = others[:1]


def _awarding(over: Over, roles: Roles) -> None:
    roles.suppliers = _firms(over.above.get("obj")) or roles.suppliers


def _winning(over: Over, roles: Roles) -> None:
    roles.suppliers = roles.suppliers or _firms(over.above.get("subj"))


def _embargo(over: Over, roles: Roles) -> None:
    if over.operator.trigger.verb:
        return
    if not over.move.trigger.verb:
        roles.suppliers = []
    roles.recipients = roles.recipients or over.above.get("on", "against") or embargoed(over.above, over.operator.world)


def _firms(parties: list[Party]) -> list[Party]:
    return [p for p in parties if p.firm]


RULES: Mapping[Frame, Callable[[Over, Roles], None]] = {
    Frame.AUTHORIZE: _decision,
    Frame.REFUSE: _decision,
    Frame.ASK: _asking,
    Frame.TURN: _turning,
    Frame.PAY: _paying,
    Frame.DEAL: _dealing,
    Frame.AWARD: _awarding,
    Frame.WIN: _winning,
    Frame.EMBARGO: _embargo,
}


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
