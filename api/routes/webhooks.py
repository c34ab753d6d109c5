"""What another agency's own system sends: messages of its people, signed with the secret it was given (ruling 6)."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, JsonValue, ValidationError

from api.attesting import check_assigned
from api.body import Storable
from api.deps import Parts, TheParts
from api.errors import BadRequestValue, NoSuchMessage, NotForYou, NotSigned, NotThere
from api.examples import FROM_THEIR_SYSTEM
from api.problems import documented
from api.routes.messages import Outcome, body_of, deliver
from throughcare.case.base import Written
from throughcare.case.message import Facts
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
)
from throughcare.lifecycles.conflict.acts import (
    ACTS,
    BY_ROUTES_OF_THEIR_OWN,
    AssignSeat,
)
from throughcare.messages import Envelope
from throughcare.notices.webhooks import is_signed
from throughcare.store.access import Scope
from throughcare.store.cases import find_case
from throughcare.store.directory import seat_facts
from throughcare.store.tables import SeatRow
from throughcare.store.webhooks import webhook_of

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
log = structlog.get_logger("throughcare.api")

BODIES = {
    name: body_of(kind)
    for name, kind in ACTS.items()
    if name not in BY_ROUTES_OF_THEIR_OWN
}
OUR_OWN_WORDS = ("seat", "attested")
"""Facts of people with an account; a webhook names its seat beside the facts, and enters nobody else's word."""


class Sent(Storable, Written):
    """A message of whoever sits in the seat now."""

    case: str = Field(max_length=100)
    seat: str = Field(max_length=200)
    message: str = Field(max_length=100, examples=["contact_made"])
    person: str | None = Field(
        default=None,
        description="Whose message it is; whoever sits there now, if it is not given",
    )
    facts: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="As the body of POST /conflicts/{case_id}/messages/{message}",
    )


class Taken(BaseModel):
    id: str
    outcome: Outcome = Field(
        description="applied, or recorded where it will be applied later; the same webhook again is answered with what became of it"
    )


def _header(name: str, description: str) -> dict[str, Any]:
    schema = {"type": "string"}
    return {
        "name": name,
        "in": "header",
        "required": True,
        "schema": schema,
        "description": description,
    }


SIGNED: dict[str, Any] = {
    "parameters": [
        _header("webhook-id", "The same whenever the same message is sent"),
        _header("webhook-timestamp", "When it was sent, in seconds since 1970"),
        _header("webhook-signature", "As standardwebhooks.com says"),
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": Sent.model_json_schema() | {"examples": [FROM_THEIR_SYSTEM]}
            }
        },
    },
}


@router.post(
    "/{organization_id}",
    response_model=Taken,
    response_description="Applied",
    responses={
        202: {"model": Taken, "description": "Kept, and applied as soon as it can be"},
        **documented(401, 403, 404, 409, 413, 422, 503),
    },
    openapi_extra=SIGNED,
)
async def hear_system(
    organization_id: str, request: Request, parts: TheParts
) -> Response:
    """A message from another agency's own system. The same `webhook-id` about the same case is the same message: it is
    applied once, and answered alike."""
    body = await request.body()
    async with parts.database.sessions() as session:
        hook = await webhook_of(session, organization_id)
    if hook is None or not is_signed(
        parts.secrets.open(hook.secret, organization_id), body, request.headers
    ):
        raise NotSigned
    sent = _read(body)
    facts = _facts(sent)
    actor = await _actor(organization_id, sent, parts)
    if isinstance(facts, AssignSeat):
        await check_assigned(sent.case, facts, parts)
    words = (organization_id, sent.case, request.headers["webhook-id"])
    envelope = Envelope(
        message_id=sha256("\0".join(words).encode()).hexdigest()[:32],
        actor=actor,
        received_at=datetime.now(UTC),
        facts=facts.model_dump(
            mode="json", exclude=set(OUR_OWN_WORDS), exclude_unset=True
        ),
    )
    applied = await deliver(sent.case, sent.message, envelope, parts)
    log.info(
        "webhook.heard",
        organization_id=organization_id,
        case_id=sent.case,
        message_name=sent.message,
    )
    outcome = Outcome.applied if applied else Outcome.recorded
    taken = Taken(id=envelope.message_id, outcome=outcome)
    return JSONResponse(taken.model_dump(mode="json"), 200 if applied else 202)


def _read(body: bytes) -> Sent:
    try:
        return Sent.model_validate_json(body)
    except ValidationError as error:
        raise _wrong(error, "body") from None


def _facts(sent: Sent) -> Facts:
    """Judged as the body of the message's own route is."""
    if sent.message not in BODIES:
        raise NoSuchMessage(tuple(BODIES))
    for word in OUR_OWN_WORDS:
        if word in sent.facts:
            raise BadRequestValue(f"facts.{word}", "A webhook speaks for its own seat.")
    try:
        return BODIES[sent.message].model_validate_json(json.dumps(sent.facts))
    except ValidationError as error:
        raise _wrong(error, "body", "facts") from None


def _wrong(error: ValidationError, *where: str) -> RequestValidationError:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return RequestValidationError(
        [{**each, "loc": (*where, *each["loc"])} for each in found]
    )


async def _actor(organization_id: str, sent: Sent, parts: Parts) -> Actor:
    """Whoever sits there now, by the right of their agency's system. Raises NotForYou and NotThere."""
    async with parts.database.sessions() as session:
        seat = await session.get(SeatRow, sent.seat)
        if seat is None or seat.organization_id != organization_id:
            raise NotForYou("A system speaks for the seats of its own organization.")
        facts = await seat_facts(session, sent.seat, datetime.now(UTC))
        case = await find_case(session, Scope(seats=(sent.seat,)), sent.case)
    if case is None:
        raise NotThere("conflict")
    here = facts.person if facts else None
    if here is None or sent.person not in (None, here):
        who = f"{here} does" if here else "nobody does"
        raise NotForYou(f"That person does not sit there now; {who}.")
    held = HeldSeat(seat=sent.seat, capacity=Capacity.webhook)
    return Actor(person=here, seats=(held,), chosen=sent.seat)
