"""What another agency's own system sends: messages of its people, signed with the secret it was given (ruling 6)."""

import json
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, JsonValue, ValidationError
from sqlalchemy import Connection

from api.cases.message_bodies import body_of
from api.cases.messages import Outcome
from api.deps import TheParts
from api.examples import FROM_THEIR_SYSTEM
from api.problems import documented
from api.routing import MAX_WRITING_BYTES, Routes
from throughcare.case.base import Written
from throughcare.case.message import SENDERS_WORDS
from throughcare.case.seats import (
    Actor,
)
from throughcare.errors import BadRequestValue, NoSuchMessage, NotSigned
from throughcare.lifecycles.conflict.lifecycle import CONFLICT
from throughcare.notices.webhooks import is_signed
from throughcare.store.tables import CaseRow
from throughcare.store.webhooks import webhook_of
from throughcare.usecases.storable import Storable
from throughcare.usecases.webhook_messages import addressed, deliver_webhook

router = Routes(prefix="/webhooks", tags=["webhooks"], largest_body=MAX_WRITING_BYTES)
log = structlog.get_logger("throughcare.api")

BODIES = {
    name: body_of(kind.facts, kind.looked_up)
    for name, kind in CONFLICT.messages.items()
    if not kind.for_itself
}


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
    applied once, and answered alike; another message under it is refused."""
    if "webhook-signature" not in request.headers:
        raise NotSigned
    body = await request.body()

    def read(
        connection: Connection,
    ) -> tuple[Sent, dict[str, JsonValue], CaseRow, Actor]:
        hook = webhook_of(connection, organization_id)
        if hook is None or not is_signed(
            parts.secrets.open(hook.secret, organization_id), body, request.headers
        ):
            raise NotSigned
        sent = _read(body)
        facts = _facts(sent)
        row, actor = addressed(
            connection, organization_id, sent.case, sent.seat, sent.person
        )
        return sent, facts, row, actor

    try:
        sent, facts, row, actor = await parts.database.read(read)
    except NotSigned:
        parts.limits.failed("webhook", request)
        raise
    message_id, applied = await deliver_webhook(
        organization_id,
        request.headers["webhook-id"],
        row,
        sent.message,
        facts,
        actor,
        parts,
    )
    log.info(
        "webhook.heard",
        organization_id=organization_id,
        case_id=sent.case,
        message_name=sent.message,
    )
    outcome = Outcome.applied if applied else Outcome.recorded
    taken = Taken(id=message_id, outcome=outcome)
    return JSONResponse(taken.model_dump(mode="json"), 200 if applied else 202)


def _read(body: bytes) -> Sent:
    try:
        return Sent.model_validate_json(body)
    except ValidationError as error:
        raise _wrong(error, "body") from None


def _facts(sent: Sent) -> dict[str, JsonValue]:
    """Judged as the body of the message's own route is, but for who speaks: a webhook names its seat beside the facts, and
    enters nobody else's word."""
    if sent.message not in BODIES:
        raise NoSuchMessage(tuple(BODIES))
    for word in SENDERS_WORDS:
        if word in sent.facts:
            raise BadRequestValue(f"facts.{word}", "A webhook speaks for its own seat.")
    try:
        said = BODIES[sent.message].model_validate_json(json.dumps(sent.facts))
    except ValidationError as error:
        raise _wrong(error, "body", "facts") from None
    return said.model_dump(mode="json", exclude_unset=True)


def _wrong(error: ValidationError, *where: str) -> RequestValidationError:
    found = error.errors(include_url=False, include_input=False)
    return RequestValidationError(
        [{**each, "loc": (*where, *each["loc"])} for each in found]
    )
