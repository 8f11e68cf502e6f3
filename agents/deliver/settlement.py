"""What an attempt changes: the delivery, its receiver, and everything else that waits for that receiver."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from agents.deliver import receiver_state
from agents.deliver.receivers import Answer, Message, Reason
from agents.deliver.retry import next_attempt
from streams.database import attempts, deliveries
from streams.records import Alert, AlertKind

DISABLED_IDS = uuid.UUID("5a0b1a3e-6c1f-5f6b-9a52-6a2f3f1d7c10")  # namespace of the ids of receiver.disabled alerts


class State(StrEnum):
    """What has become of a delivery; ``refused``: the receiver said 410 to it."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to be attempted now; ``hurried_from`` is when the schedule has it, if its receiver just came back."""

    receiver: str
    message: Message
    kind: str
    attempts: int
    hurried_from: datetime | None
    published: datetime | None
    fetched: datetime | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What an attempt came to.

    ``first``: no other receiver had this alert yet; ``next_at``: when it is tried again; ``alert``: what is to be told of it.
    """

    state: State
    first: bool = False
    next_at: datetime | None = None
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: begun ``at``, answered ``now``; ``jitter`` is its factor from 0.8 to 1.2 for the wait that may follow."""

    due: Due
    answer: Answer
    at: datetime
    now: datetime
    jitter: float


async def settle(connection: AsyncConnection, attempt: Attempt, delays: Sequence[float]) -> Settled:
    """Write down the attempt and what follows from it; ``delays`` is the retry schedule in seconds."""
    due, answer = attempt.due, attempt.answer
    await connection.execute(
        attempts.insert().values(
            alert=due.message.id,
            receiver=due.receiver,
            at=attempt.at,
            reason=answer.reason,
            status=answer.status,
            error=answer.error,
            duration=(attempt.now - attempt.at).total_seconds(),
        )
    )
    match answer.reason:
        case Reason.OK:
            return await _delivered(connection, due, attempt.now)
        case Reason.GONE:
            return await _gone(connection, due, answer, attempt.now)
        case _:
            return await _failed(connection, attempt, delays)


async def _delivered(connection: AsyncConnection, due: Due, now: datetime) -> Settled:
    # By the alert alone: asked for the state too, SQLite would read every delivery that was ever made.
    of_alert = select(deliveries.c.state).where(deliveries.c.alert == due.message.id)
    first = State.DELIVERED not in (await connection.execute(of_alert)).scalars().all()
    await _end(connection, due, State.DELIVERED, due.attempts + 1, now)
    if await receiver_state.recovered(connection, due.receiver):
        await _hurry(connection, due.receiver, now)
    return Settled(State.DELIVERED, first=first)


async def _hurry(connection: AsyncConnection, receiver: str, now: datetime) -> None:
    """The receiver is back: everything that waits for it is due now; such an attempt costs no place in the schedule."""
    later = (deliveries.c.receiver == receiver, deliveries.c.state == State.PENDING, deliveries.c.next_at > now)
    scheduled = func.coalesce(deliveries.c.hurried_from, deliveries.c.next_at)
    await connection.execute(update(deliveries).where(*later).values(hurried_from=scheduled, next_at=now))


async def _gone(connection: AsyncConnection, due: Due, answer: Answer, now: datetime) -> Settled:
    await _end(connection, due, State.REFUSED, due.attempts + 1, now)
    await receiver_state.disable(connection, due.receiver, now, answer.error)
    alert = Alert(
        id=f"msg_{uuid.uuid5(DISABLED_IDS, f'{due.receiver} {now.isoformat()}')}",
        kind=AlertKind.RECEIVER_DISABLED,
        subject=due.receiver,
        detail=f"it answered 410 Gone; what waits for it is kept. Run: armswire receivers enable {due.receiver}",
        raised=now,
    )
    return Settled(State.REFUSED, alert=alert)


async def _failed(connection: AsyncConnection, attempt: Attempt, delays: Sequence[float]) -> Settled:
    due, answer, now = attempt.due, attempt.answer, attempt.now
    await receiver_state.failed(connection, due.receiver, now, answer.error, answer.retry_after)
    made = due.attempts + 1
    again = next_attempt(made, now, answer.retry_after, delays, attempt.jitter)
    if due.hurried_from is not None and due.hurried_from > now:
        made, again = due.attempts, max(due.hurried_from, now + timedelta(seconds=answer.retry_after or 0))
    if again is None:
        await _end(connection, due, State.EXHAUSTED, made, now)
        return Settled(State.EXHAUSTED)
    await connection.execute(_row(due).values(attempts=made, next_at=again, hurried_from=None))
    return Settled(State.PENDING, next_at=again)


async def _end(connection: AsyncConnection, due: Due, state: State, made: int, now: datetime) -> None:
    done = {"state": state, "attempts": made, "next_at": None, "hurried_from": None, "finished": now}
    await connection.execute(_row(due).values(done))


def _row(due: Due) -> Any:
    """The delivery's row, unless something else has ended it meanwhile."""
    return update(deliveries).where(
        deliveries.c.alert == due.message.id,
        deliveries.c.receiver == due.receiver,
        deliveries.c.state == State.PENDING,
    )
