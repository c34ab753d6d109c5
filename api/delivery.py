"""A message on its way to its case: delivered while the case runs, taking a closed one up again, or kept; and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import Asking, Parts
from api.errors import (
    NothingRuns,
    NotThere,
)
from api.once import reply
from api.waiting import in_time
from throughcare.case.advance import handle
from throughcare.case.refusals import CaseIsClosed
from throughcare.case.wire import CaseRun, Envelope, Refusal
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.access import Scope
from throughcare.store.cases import carried_run, find_case, find_message
from throughcare.store.database import within
from throughcare.store.directory import find_seats
from throughcare.store.idempotency import Reply, was_sent
from throughcare.usecases.desk import GoneFromTemporal, RefusedByCase


class Outcome(StrEnum):
    recorded = "recorded"
    """Kept, and not yet heard."""
    applied = "applied"
    refused = "refused"


class MessageView(BaseModel):
    """What became of a message."""

    id: str = Field(examples=["01JZ0000000000000000000000"])
    name: str | None = Field(
        description="Null while it is recorded and nothing has heard it yet"
    )
    outcome: Outcome
    received_at: datetime | None
    refusal: Refusal | None = Field(
        default=None, description="Why it was refused after all"
    )


async def what_became_of(
    session: AsyncSession, case_id: str, message_id: str, asking: Asking
) -> MessageView:
    """Of a message to a case that this person may see. Raises NotThere where they sent none by this id."""
    row = await within(session, find_message, case_id, message_id)
    if row is None:
        if not await was_sent(session, asking.person_id, message_id):
            raise NotThere("message")
        return MessageView(
            id=message_id, name=None, outcome=Outcome.recorded, received_at=None
        )
    return MessageView(
        id=row.id,
        name=row.name,
        outcome=Outcome.applied if row.applied else Outcome.refused,
        received_at=row.received_at,
        refusal=Refusal.model_validate(row.refusal) if row.refusal else None,
    )


def kept(kind: str, case_id: str, name: str, envelope: Envelope) -> Reply:
    """The 202 of a message that will be applied later."""
    view = MessageView(
        id=envelope.message_id,
        name=name,
        outcome=Outcome.recorded,
        received_at=envelope.received_at,
    )
    path = LIFECYCLES[kind].path
    address = f"{path}/{case_id}/messages/{envelope.message_id}"
    return reply(202, view, location=address)


async def deliver(
    kind: str, case_id: str, name: str, envelope: Envelope, parts: Parts
) -> bool:
    """True where the message was applied, False where it is kept and will be. Raises RefusedByCase, CaseIsClosed,
    TemporalAway and NothingRuns."""
    try:
        return await parts.desk.send(kind, case_id, name, envelope) is not None
    except GoneFromTemporal:
        return await _heard_after_closing(kind, case_id, name, envelope, parts)


async def _heard_after_closing(
    kind: str, case_id: str, name: str, envelope: Envelope, parts: Parts
) -> bool:
    """Nothing runs any more. That is fine if this very message was heard while it did, or if it takes the case up again;
    else it is refused. False where it is kept and not yet heard."""
    message_id = envelope.message_id
    if await _was_heard(case_id, message_id, parts):
        return True
    async with parts.database.sessions() as session:
        case = await within(session, find_case, Scope(seats=None), case_id, kind=kind)
        run = await carried_run(session, case_id)
    if case is None or case.closed_at is None:
        raise NothingRuns(case_id)
    takes_up = LIFECYCLES[kind].messages[name].takes_up
    if not takes_up or run is None or run.carried is None:
        raise CaseIsClosed(name, case.status)
    await _try_it(run, name, envelope, parts)
    await parts.desk.take_up(run, name, envelope)
    return bool(await in_time(lambda: _was_heard(case_id, message_id, parts)))


async def _try_it(
    run: CaseRun[Any, Any], name: str, envelope: Envelope, parts: Parts
) -> None:
    """Raises Refused before anything is started, judged by who sits there now."""
    assert run.carried is not None
    state, now = run.carried.state, envelope.received_at
    message = state.messages.parse(
        name,
        envelope.facts,
        message_id=envelope.message_id,
        actor=envelope.actor,
        received_at=now,
    )
    found = await parts.database.read(
        find_seats, run.opening.agency, now, state.queries()
    )
    state.take_seats(found, now)
    handle(state, message)


async def _was_heard(case_id: str, message_id: str, parts: Parts) -> bool:
    """Raises RefusedByCase where it was, and refused."""
    row = await parts.database.read(find_message, case_id, message_id)
    if row and row.refusal:
        raise RefusedByCase(Refusal.model_validate(row.refusal))
    return row is not None
