"""The messages that cases take: one documented route each, what became of one sent before, and one's own that still wait."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Body, Request, Response
from pydantic import BaseModel, Field, JsonValue
from sqlalchemy import Connection

from api.cases.message_bodies import MessageBody, body_of, told
from api.cases.page import read_page, shown_as
from api.deps import KNOWN_FILTERS, Parts, SignedIn, TheParts
from api.once import AnsweredOnce, reply
from api.paging import (
    DEFAULT_LIMIT,
    After,
    Page,
    PageSize,
    TotalAsked,
    cut,
    next_address,
    read_cursor,
)
from api.problems import documented
from api.routing import MAX_WRITING_BYTES, Routes
from throughcare.case.lifecycle import Lifecycle
from throughcare.case.message import MessageType
from throughcare.case.seats import Actor
from throughcare.case.wire import Envelope, Refusal
from throughcare.errors import IsRecused, NoSuchMessage, NotThere
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.access import Scope
from throughcare.store.cases import find_case, message_sent, sees_case
from throughcare.store.idempotency import Reply, was_sent
from throughcare.store.own_messages import MessageKey, OwnMessage, own_messages
from throughcare.store.tables import CaseRow, MessageRow
from throughcare.usecases.asking import Asking
from throughcare.usecases.attesting import check_assigned
from throughcare.usecases.desk import after_the_act
from throughcare.usecases.messages import deliver, make_envelope

router = Routes(tags=["messages"])


class Outcome(StrEnum):
    recorded = "recorded"
    """Kept, and not yet applied."""
    applied = "applied"
    refused = "refused"
    superseded = "superseded"
    """Its case was restored from an earlier moment, and has not heard it: it is to be sent again."""


class MessageView(BaseModel):
    """What became of a message."""

    id: str = Field(examples=["01JZ0000000000000000000000"])
    name: str | None = Field(
        description="Null while it is recorded and its case has not taken it yet"
    )
    outcome: Outcome
    received_at: datetime | None
    refusal: Refusal | None = Field(
        default=None, description="Why it was refused after all"
    )


class OwnMessageView(MessageView):
    """A message of one's own that was not applied: kept for later, or refused after it was answered with 202."""

    address: str = Field(description="Where to ask what became of it")

    @classmethod
    def of(cls, message: OwnMessage) -> "OwnMessageView":
        return cls(
            id=message.id,
            name=message.name,
            outcome=Outcome.refused if message.refusal else Outcome.recorded,
            received_at=message.at,
            refusal=message.refusal,
            address=message.address,
        )


# -- sending -----------------------------------------------------------------------------------------------------------


async def send(
    kind: str,
    name: str,
    case_id: str,
    body: MessageBody,
    asking: Asking,
    parts: Parts,
    once: AnsweredOnce,
) -> Response:
    row = await seen(kind, case_id, asking, parts)
    facts, actor = await told(case_id, body, asking, parts)
    await check_assigned(row, name, facts, parts)

    async def act(message_id: str) -> Reply:
        later = await tell(row, name, facts, actor, parts, message_id, once.at)
        return later or await _as_it_now_is(kind, case_id, asking, parts)

    return await once.answer(body, act)


async def seen(kind: str, case_id: str, asking: Asking, parts: Parts) -> CaseRow:
    """Raises NotThere."""
    row = await parts.database.read(find_case, asking.scope, case_id, kind=kind)
    if row is None:
        raise NotThere(kind.replace("-", " "))
    return row


async def tell(
    row: CaseRow,
    name: str,
    facts: dict[str, JsonValue],
    actor: Actor,
    parts: Parts,
    message_id: str,
    received_at: datetime,
) -> Reply | None:
    """The 202 where the message is only kept for now, None where it was applied. Raises as `deliver` does."""
    envelope = await make_envelope(
        row, name, facts, actor, parts, message_id, received_at
    )
    if await deliver(row.kind, row.id, name, envelope, parts):
        return None
    return _kept(row.kind, row.id, name, envelope)


async def hand_in(
    kind: str, case_id: str, name: str, envelope: Envelope, asking: Asking, parts: Parts
) -> Reply:
    """Give a message to its case: 200 with the case as it then is, or 202 where it will be applied later. Raises as
    `deliver`."""
    if await deliver(kind, case_id, name, envelope, parts):
        return await _as_it_now_is(kind, case_id, asking, parts)
    return _kept(kind, case_id, name, envelope)


def _kept(kind: str, case_id: str, name: str, envelope: Envelope) -> Reply:
    view = MessageView(
        id=envelope.message_id,
        name=name,
        outcome=Outcome.recorded,
        received_at=envelope.received_at,
    )
    address = f"{LIFECYCLES[kind].path}/{case_id}/messages/{envelope.message_id}"
    return reply(202, view, location=address)


async def _as_it_now_is(kind: str, case_id: str, asking: Asking, parts: Parts) -> Reply:
    """204 for whoever has just recused themself: their message was applied, and they read the case no more."""
    try:
        with after_the_act():
            page = await read_page(kind, case_id, asking, parts)
    except IsRecused:
        return Reply(status=204, body="", location=None)
    if page is None:
        raise NotThere(kind.replace("-", " "))
    return reply(200, page)


# -- what became of them -----------------------------------------------------------------------------------------------


def what_became_of(
    connection: Connection,
    scope: Scope,
    kind: str,
    case_id: str,
    message_id: str,
    person: str,
) -> MessageView:
    """Of a message to a case that may be seen. Raises NotThere, also where this person sent none by this id."""
    if not sees_case(connection, scope, case_id, kind=kind):
        raise NotThere(kind.replace("-", " "))
    row = message_sent(connection, case_id, message_id)
    if row is None:
        if not was_sent(connection, person, message_id):
            raise NotThere("message")
        return MessageView(
            id=message_id, name=None, outcome=Outcome.recorded, received_at=None
        )
    return MessageView(
        id=row.id,
        name=row.name,
        outcome=_outcome(row),
        received_at=row.received_at,
        refusal=Refusal.model_validate(row.refusal) if row.refusal else None,
    )


def _outcome(row: MessageRow) -> Outcome:
    if row.superseded_at:
        return Outcome.superseded
    return Outcome.applied if row.applied else Outcome.refused


@router.get("/messages", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_own_messages(
    request: Request,
    asking: SignedIn,
    parts: TheParts,
    total: TotalAsked,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[OwnMessageView]:
    """Your own messages that were not applied, the newest first: those that are kept until their case can take them, and
    those that were refused after they had been answered with 202."""
    found = await parts.database.read(
        own_messages,
        asking.person_id,
        after=read_cursor(after, MessageKey),
        limit=limit,
        total=total,
    )
    page, last = cut(found, limit)
    key = MessageKey(at=last.at, id=last.id) if last else None
    return Page(
        items=tuple(OwnMessageView.of(each) for each in page),
        next=next_address(request, key),
        total=total.rows,
    )


# -- one route each -----------------------------------------------------------------------------------------------------

MESSAGE_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {
        "model": MessageView,
        "description": "Kept, and applied as soon as it can be; `Location` tells what became of it",
    },
    **documented(401, 403, 404, 409, 413, 422, 503),
}

OF_ITS_OWN: dict[str, dict[int | str, dict[str, Any]]] = {
    "section_written": documented(412),
    "recuse": {
        204: {"description": "Applied; you are out of the case and read it no more"}
    },
}

MessageEndpoint = Callable[..., Awaitable[Any]]


def _sending(kind: str, message: MessageType) -> MessageEndpoint:
    async def send_this(
        case_id: str,
        body: MessageBody,
        asking: SignedIn,
        parts: TheParts,
        once: AnsweredOnce,
    ) -> Response:
        return await send(kind, message.name, case_id, body, asking, parts, once)

    # The framework reads the body's model here, and each message has its own.
    model: Any = body_of(message.facts, message.looked_up)
    body = Annotated[model, Body(examples=[message.example])]
    send_this.__annotations__["body"] = body
    return send_this


def _reading(kind: str) -> MessageEndpoint:
    async def read(
        case_id: str, message_id: str, asking: SignedIn, parts: TheParts
    ) -> MessageView:
        return await parts.database.read(
            what_became_of, asking.scope, kind, case_id, message_id, asking.person_id
        )

    return read


def _unknown(known: tuple[str, ...]) -> MessageEndpoint:
    async def send_unknown(name: str, asking: SignedIn) -> None:
        raise NoSuchMessage(known)

    return send_unknown


def _routes(lifecycle: Lifecycle) -> Routes:
    router = Routes(tags=["messages"], largest_body=MAX_WRITING_BYTES)
    kind, path = lifecycle.kind, f"{lifecycle.path}/{{case_id}}/messages"
    messages = lifecycle.messages.values()
    offered = [each for each in messages if not each.for_itself]
    name = kind.replace("-", "_")
    # The messages of conflicts have names of their own; those of cases about clients are shared.
    prefix = "" if kind == "conflict" else f"{name}_"
    router.add_api_route(
        f"{path}/{{message_id}}",
        _reading(kind),
        methods=["GET"],
        name=f"read_{prefix}message",
        summary=f"Read {prefix.replace('_', ' ')}message",
        description="What became of a message that was answered with 202.",
        responses=documented(401, 403, 404),
    )
    for each in offered:
        router.add_api_route(
            f"{path}/{each.name}",
            _sending(kind, each),
            methods=["POST"],
            name=f"{prefix}{each.name}",
            summary=each.name.replace("_", " ").capitalize(),
            description=each.facts.__doc__,
            response_model=shown_as(lifecycle),
            response_description="Applied; the case as it now is",
            responses=MESSAGE_ANSWERS | OF_ITS_OWN.get(each.name, {}),
        )
    known = messages if kind == "conflict" else offered
    router.add_api_route(
        f"{path}/{{name}}",
        _unknown(tuple(each.name for each in known)),
        methods=["POST"],
        name=f"unknown_{prefix}message",
        include_in_schema=False,
    )
    return router


of_each_kind = [_routes(lifecycle) for lifecycle in LIFECYCLES.values()]
