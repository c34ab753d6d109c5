"""The messages that cases hear: one documented route each, and what became of a message sent before."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import JsonValue

from api.attesting import check_assigned
from api.delivery import MessageView, deliver, kept, what_became_of
from api.deps import Asking, Parts, SignedIn, TheParts
from api.errors import (
    NoSuchMessage,
    NotThere,
)
from api.lookups import look_up
from api.message_bodies import MessageBody, body_of, told
from api.once import AnsweredOnce, reply
from api.problems import documented
from api.routes.conflicts import read_case
from api.routes.intakes import read_served
from api.served import ServedView
from api.views import CaseView
from throughcare.case.message import Messages, MessageType
from throughcare.case.seats import Actor
from throughcare.case.wire import Envelope
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.cases import find_case
from throughcare.store.idempotency import Reply
from throughcare.store.tables import CaseRow

router = APIRouter(tags=["messages"])


async def _send(
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
        later = await tell(row, name, facts, actor, parts, message_id)
        return later or await _as_it_now_is(kind, case_id, asking, parts)

    return await once.answer(body, act)


async def seen(kind: str, case_id: str, asking: Asking, parts: Parts) -> CaseRow:
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
) -> Reply | None:
    """The 202 where the message is only kept for now, None where it was applied. Raises as `deliver` does."""
    kind = LIFECYCLES[row.kind].messages[name]
    found = await look_up(kind, facts, row, parts, message_id)
    envelope = Envelope(
        message_id=message_id,
        actor=actor,
        received_at=datetime.now(UTC),
        facts=facts | found,
    )
    if await deliver(row.kind, row.id, name, envelope, parts):
        return None
    return kept(row.kind, row.id, name, envelope)


async def hand_in(
    case_id: str, name: str, envelope: Envelope, asking: Asking, parts: Parts
) -> Reply:
    """Give a message to a conflict: 200 with the case as it then is, or 202 where it will be applied later. Raises as
    `deliver`."""
    if await deliver("conflict", case_id, name, envelope, parts):
        return await _as_it_now_is("conflict", case_id, asking, parts)
    return kept("conflict", case_id, name, envelope)


async def _as_it_now_is(kind: str, case_id: str, asking: Asking, parts: Parts) -> Reply:
    page: CaseView | ServedView | None
    if kind == "conflict":
        page = await read_case(case_id, asking, parts)
    else:
        page = await read_served(kind, case_id, asking, parts)
    if page is None:
        raise NotThere(kind.replace("-", " "))
    return reply(200, page)


# -- one route each -----------------------------------------------------------------------------------------------------

MESSAGE_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {
        "model": MessageView,
        "description": "Kept, and applied as soon as it can be; `Location` tells what became of it",
    },
    **documented(401, 403, 404, 409, 413, 422, 503),
}

OVERWRITES = {"section_written": documented(412)}

Endpoint = Callable[..., Awaitable[Any]]


def _sending(kind: str, message: MessageType) -> Endpoint:
    async def send(
        case_id: str,
        body: MessageBody,
        asking: SignedIn,
        parts: TheParts,
        once: AnsweredOnce,
    ) -> Response:
        return await _send(kind, message.name, case_id, body, asking, parts, once)

    # The framework reads the body's model here, and each message has its own.
    model = body_of(message.facts, message.looked_up)
    send.__annotations__["body"] = Annotated[model, Body(examples=[message.example])]
    return send


def _reading(kind: str) -> Endpoint:
    async def read(
        case_id: str, message_id: str, asking: SignedIn, parts: TheParts
    ) -> MessageView:
        await seen(kind, case_id, asking, parts)
        async with parts.database.sessions() as session:
            return await what_became_of(session, case_id, message_id, asking)

    return read


def _unknown(known: tuple[str, ...]) -> Endpoint:
    async def send_unknown(name: str, asking: SignedIn) -> None:
        raise NoSuchMessage(known)

    return send_unknown


def _add_routes(kind: str, path: str, messages: Messages) -> None:
    offered = [each for each in messages.values() if not each.for_itself]
    is_conflict = kind == "conflict"
    known = tuple(messages) if is_conflict else tuple(e.name for e in offered)
    prefix = "" if is_conflict else f"{kind.replace('-', '_')}_"
    router.add_api_route(
        f"{path}/{{message_id}}",
        _reading(kind),
        methods=["GET"],
        name=f"read_{prefix}message",
        summary=f"Read {prefix.replace('_', ' ')}message",
        description="What became of a message that was answered with 202.",
        responses=documented(401, 404),
    )
    for each in offered:
        router.add_api_route(
            f"{path}/{each.name}",
            _sending(kind, each),
            methods=["POST"],
            name=f"{prefix}{each.name}",
            summary=each.name.replace("_", " ").capitalize(),
            description=each.facts.__doc__,
            response_model=CaseView if is_conflict else ServedView,
            response_description="Applied; the case as it now is",
            responses=MESSAGE_ANSWERS | OVERWRITES.get(each.name, {}),
        )
    router.add_api_route(
        f"{path}/{{name}}",
        _unknown(known),
        methods=["POST"],
        name=f"unknown_{prefix}message",
        include_in_schema=False,
    )


for _lifecycle in LIFECYCLES.values():
    _path = f"{_lifecycle.path}/{{case_id}}/messages"
    _add_routes(_lifecycle.kind, _path, _lifecycle.messages)
