"""The messages a conflict hears: one documented route each, and what became of a message sent before."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy.ext.asyncio import AsyncSession

from api.attesting import Attested, attested_actor, check_assigned
from api.body import Storable
from api.deps import Asking, Parts, SignedIn, TheParts
from api.desk import GoneFromTemporal
from api.errors import NoSuchMessage, NothingRuns, NotThere, RefusedByCase
from api.examples import MESSAGES
from api.once import AnsweredOnce, reply
from api.problems import documented
from api.routes.conflicts import read_case
from api.views import CaseView
from api.waiting import in_time
from throughcare.case.message import Facts, Message
from throughcare.case.refusals import CaseIsClosed
from throughcare.lifecycle import Incoming
from throughcare.lifecycles.conflict.acts import (
    ACTS,
    BY_ROUTES_OF_THEIR_OWN,
    TAKES_UP,
    AssignSeat,
    ConflictFacts,
)
from throughcare.lifecycles.conflict.conflict import Conflict
from throughcare.lifecycles.conflict.hearing import hear
from throughcare.messages import ConflictRun, Envelope, Refusal, SeatLookup
from throughcare.store.access import Scope
from throughcare.store.cases import (
    carried_case,
    find_case,
    find_message,
    sees_case,
)
from throughcare.store.directory import find_seats
from throughcare.store.idempotency import Reply, was_sent

router = APIRouter(prefix="/conflicts/{case_id}/messages", tags=["messages"])


class Spoken(Storable, ConflictFacts):
    """A message as its sender writes it: a word nobody knows is a mistake, and a blank is no reason."""

    model_config = ConfigDict(str_strip_whitespace=True)

    seat: str | None = Field(
        default=None, description="The seat you speak from, when you hold several."
    )
    attested: Attested | None = Field(
        default=None, description="Where you enter somebody else's word for them."
    )


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


@router.get(
    "/{message_id}",
    responses=documented(401, 404),
)
async def read_message(
    case_id: str, message_id: str, asking: SignedIn, parts: TheParts
) -> MessageView:
    """What became of a message that was answered with 202."""
    async with parts.database.sessions() as session:
        if not await sees_case(session, asking.scope, case_id, kind="conflict"):
            raise NotThere("conflict")
        return await what_became_of(session, case_id, message_id, asking)


async def what_became_of(
    session: AsyncSession, case_id: str, message_id: str, asking: Asking
) -> MessageView:
    """Of a message to a case that this person may see. Raises NotThere where they sent none by this id."""
    row = await find_message(session, case_id, message_id)
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


async def _send(
    name: str,
    case_id: str,
    body: Spoken,
    asking: Asking,
    parts: Parts,
    once: AnsweredOnce,
) -> Response:
    async with parts.database.sessions() as session:
        if not await sees_case(session, asking.scope, case_id, kind="conflict"):
            raise NotThere("conflict")
    facts = body.model_dump(
        mode="json", exclude={"seat", "attested"}, exclude_unset=True
    )
    if isinstance(body, AssignSeat):
        await check_assigned(case_id, body, parts)
    if body.attested:
        actor = await attested_actor(case_id, body.seat, body.attested, asking, parts)
        facts.setdefault("event_at", body.attested.said_at.isoformat())
    else:
        actor = asking.actor(body.seat)

    async def act(message_id: str) -> Reply:
        envelope = Envelope(
            message_id=message_id,
            actor=actor,
            received_at=datetime.now(UTC),
            facts=facts,
        )
        return await hand_in(case_id, name, envelope, asking, parts)

    return await once.answer(body, act)


async def hand_in(
    case_id: str, name: str, envelope: Envelope, asking: Asking, parts: Parts
) -> Reply:
    """Give a message to its case: 200 with the case as it then is, or 202 where it will be applied later. Raises as
    `deliver`."""
    if not await deliver(case_id, name, envelope, parts):
        return _recorded(case_id, name, envelope)
    page = await read_case(case_id, asking, parts)
    if page is None:
        raise NotThere("conflict")
    return reply(200, page)


async def deliver(case_id: str, name: str, envelope: Envelope, parts: Parts) -> bool:
    """True where the message was applied, False where it is kept and will be. Raises RefusedByCase, CaseIsClosed,
    TemporalAway and NothingRuns."""
    try:
        return await parts.desk.send(case_id, name, envelope) is not None
    except GoneFromTemporal:
        return await _heard_after_closing(case_id, name, envelope, parts)


def _recorded(case_id: str, name: str, envelope: Envelope) -> Reply:
    view = MessageView(
        id=envelope.message_id,
        name=name,
        outcome=Outcome.recorded,
        received_at=envelope.received_at,
    )
    address = f"/conflicts/{case_id}/messages/{envelope.message_id}"
    return reply(202, view, location=address)


async def _heard_after_closing(
    case_id: str, name: str, envelope: Envelope, parts: Parts
) -> bool:
    """Nothing runs any more. That is fine if this very message was heard while it did, or if it takes the case up again;
    else it is refused. False where it is kept and not yet heard."""
    message_id = envelope.message_id
    if await was_heard(case_id, message_id, parts):
        return True
    async with parts.database.sessions() as session:
        case = await find_case(session, Scope(seats=None), case_id, kind="conflict")
        run = await carried_case(session, case_id)
    if case is None or case.closed_at is None:
        raise NothingRuns(case_id)
    if name not in TAKES_UP or run is None or run.carried is None:
        raise CaseIsClosed(name, case.status)
    await _try_it(run, run.carried.conflict, Incoming(name, envelope).read(), parts)
    await parts.desk.take_up(run, name, envelope)
    return bool(await in_time(lambda: was_heard(case_id, message_id, parts)))


async def _try_it(
    run: ConflictRun, conflict: Conflict, message: Message, parts: Parts
) -> None:
    """Raises Refused before anything is started, judged by who sits there now."""
    now, queries = message.received_at, conflict.queries()
    lookup = SeatLookup(agency=run.opening.agency, at=now, queries=queries)
    async with parts.database.sessions() as session:
        found = await find_seats(session, lookup)
    conflict.wake_up(found.seats)
    hear(conflict, message)


async def was_heard(case_id: str, message_id: str, parts: Parts) -> bool:
    """Raises RefusedByCase where it was, and refused."""
    async with parts.database.sessions() as session:
        row = await find_message(session, case_id, message_id)
    if row and row.refusal:
        raise RefusedByCase(Refusal.model_validate(row.refusal))
    return row is not None


MESSAGE_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {
        "model": MessageView,
        "description": "Kept, and applied as soon as it can be; `Location` tells what became of it",
    },
    **documented(401, 403, 404, 409, 413, 422, 503),
}

Endpoint = Callable[..., Awaitable[Response]]


def body_of(kind: type[Facts]) -> type[Facts]:
    """The strict model of a message's body."""
    bases: tuple[type[Facts], ...] = (Spoken, kind)
    return create_model(
        kind.__name__,
        __base__=bases,
        __doc__=kind.__doc__,
        __cls_kwargs__={"extra": "forbid"},
    )


def _endpoint(name: str, kind: type[Facts]) -> Endpoint:
    async def send(
        case_id: str,
        body: Spoken,
        asking: SignedIn,
        parts: TheParts,
        once: AnsweredOnce,
    ) -> Response:
        return await _send(name, case_id, body, asking, parts, once)

    # The framework reads the body's model here, and each message has its own.
    send.__annotations__["body"] = Annotated[
        body_of(kind), Body(examples=[MESSAGES[name]])
    ]
    return send


for _name, _kind in ACTS.items():
    if _name in BY_ROUTES_OF_THEIR_OWN:
        continue
    router.add_api_route(
        f"/{_name}",
        _endpoint(_name, _kind),
        methods=["POST"],
        name=_name,
        summary=_name.replace("_", " ").capitalize(),
        description=_kind.__doc__,
        response_model=CaseView,
        response_description="Applied; the case as it now is",
        responses=MESSAGE_ANSWERS,
    )


@router.post("/{name}", include_in_schema=False)
async def send_unknown(name: str, asking: SignedIn) -> None:
    raise NoSuchMessage(tuple(ACTS))
