"""The messages that cases about clients hear: one documented route each, and what became of a message sent before."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import ConfigDict, Field, JsonValue, create_model

from api.attesting import Attested, attested_actor
from api.body import Storable
from api.deps import Asking, Parts, SignedIn, TheParts
from api.desk import GoneFromTemporal
from api.errors import NoSuchMessage, NothingRuns, NotThere
from api.examples import SERVED_MESSAGES
from api.lookups import look_up
from api.once import AnsweredOnce, reply
from api.problems import documented
from api.routes.intakes import PATHS, read_served
from api.routes.messages import (
    MESSAGE_ANSWERS,
    MessageView,
    Outcome,
    was_heard,
    what_became_of,
)
from api.served import ServedView
from api.waiting import in_time
from throughcare.case.message import Facts
from throughcare.case.refusals import CaseIsClosed
from throughcare.case.seats import Actor
from throughcare.lifecycle import Incoming
from throughcare.lifecycles.care_plan.acts import (
    CARE_PLAN_ACTS,
    EVERY_ACT,
    SERVICE_REQUEST_ACTS,
)
from throughcare.lifecycles.client.acts import INTAKE_ACTS, LOOKED_UP
from throughcare.lifecycles.client_hearing import hear
from throughcare.messages import Envelope
from throughcare.store.access import Scope
from throughcare.store.cases import find_case
from throughcare.store.idempotency import Reply
from throughcare.store.served import carried_served
from throughcare.store.tables import CaseRow

router = APIRouter(tags=["messages"])

TAKES_UP = ("correct_entry",)
"""Messages that a closed case hears."""


class Said(Storable, Facts):
    """A message as its sender writes it: a word nobody knows is a mistake, and a blank is no reason."""

    model_config = ConfigDict(str_strip_whitespace=True)

    seat: str | None = Field(
        default=None, description="The seat you speak from, when you hold several."
    )
    attested: Attested | None = Field(
        default=None, description="Where you enter somebody else's word for them."
    )


async def _send(
    kind: str,
    name: str,
    case_id: str,
    body: Said,
    asking: Asking,
    parts: Parts,
    once: AnsweredOnce,
) -> Response:
    row = await seen(kind, case_id, asking, parts)
    facts, actor = await told(case_id, body, asking, parts)

    async def act(message_id: str) -> Reply:
        kept = await tell(row, name, facts, actor, parts, message_id)
        if kept:
            return kept
        page = await read_served(kind, case_id, asking, parts)
        if page is None:
            raise NotThere(kind.replace("-", " "))
        return reply(200, page)

    return await once.answer(body, act)


async def told(
    case_id: str, body: Said, asking: Asking, parts: Parts
) -> tuple[dict[str, JsonValue], Actor]:
    """What the body says, and who speaks. Raises BadRequestValue and NotForYou."""
    facts = body.model_dump(
        mode="json", exclude={"seat", "attested"}, exclude_unset=True
    )
    if body.attested is None:
        return facts, asking.actor(body.seat)
    actor = await attested_actor(case_id, body.seat, body.attested, asking, parts)
    facts.setdefault("event_at", body.attested.said_at.isoformat())
    return facts, actor


async def tell(
    row: CaseRow,
    name: str,
    facts: dict[str, JsonValue],
    actor: Actor,
    parts: Parts,
    message_id: str,
) -> Reply | None:
    """The 202 where the message is only kept for now, None where it was applied. Raises as `deliver_served` does."""
    found = await look_up(EVERY_ACT[name], facts, row, parts, message_id)
    envelope = Envelope(
        message_id=message_id,
        actor=actor,
        received_at=datetime.now(UTC),
        facts=facts | found,
    )
    if await deliver_served(row, name, envelope, parts):
        return None
    return _recorded(row.kind, row.id, name, envelope)


async def seen(kind: str, case_id: str, asking: Asking, parts: Parts) -> CaseRow:
    async with parts.database.sessions() as session:
        row = await find_case(session, asking.scope, case_id, kind=kind)
    if row is None:
        raise NotThere(kind.replace("-", " "))
    return row


async def deliver_served(
    row: CaseRow, name: str, envelope: Envelope, parts: Parts
) -> bool:
    """True where the message was applied, False where it is kept and will be. Raises RefusedByCase, CaseIsClosed,
    TemporalAway and NothingRuns."""
    try:
        return await parts.desk.send(row.id, name, envelope, row.kind) is not None
    except GoneFromTemporal:
        return await _heard_after_closing(row.id, name, envelope, parts)


async def _heard_after_closing(
    case_id: str, name: str, envelope: Envelope, parts: Parts
) -> bool:
    """As of a conflict: fine if it was heard while the case ran, or if it takes the case up again; else it is refused."""
    if await was_heard(case_id, envelope.message_id, parts):
        return True
    async with parts.database.sessions() as session:
        case = await find_case(session, Scope(seats=None), case_id)
        run = await carried_served(session, case_id)
    if case is None or case.closed_at is None:
        raise NothingRuns(case_id)
    if name not in TAKES_UP or run is None or run.carried is None:
        raise CaseIsClosed(name, case.status)
    hear(run.carried.case, Incoming(name, envelope).read(EVERY_ACT))
    await parts.desk.take_up_served(run, name, envelope)
    message_id = envelope.message_id
    return bool(await in_time(lambda: was_heard(case_id, message_id, parts)))


def _recorded(kind: str, case_id: str, name: str, envelope: Envelope) -> Reply:
    view = MessageView(
        id=envelope.message_id,
        name=name,
        outcome=Outcome.recorded,
        received_at=envelope.received_at,
    )
    address = f"{PATHS[kind]}/{case_id}/messages/{envelope.message_id}"
    return reply(202, view, location=address)


Endpoint = Callable[..., Awaitable[Any]]


NAMED = {"team_meeting_held": "CareTeamMeetingHeld"}
"""Bodies of whose own name a conflict has another one."""


@cache
def body_of(name: str, kind: type[Facts]) -> type[Said]:
    """The strict model of a message's body, without the facts that are not for its sender to say."""
    hidden = (*LOOKED_UP.get(name, ()), *Facts.model_fields)
    clash = {"seat", "attested"} & kind.model_fields.keys()
    assert not clash, f"{name} has {clash}, which say who speaks"
    fields: dict[str, Any] = {
        field: (info.annotation, info)
        for field, info in kind.model_fields.items()
        if field not in hidden
    }
    return create_model(
        NAMED.get(name, kind.__name__),
        __base__=Said,
        __doc__=kind.__doc__,
        __cls_kwargs__={"extra": "forbid"},
        **fields,
    )


def _sending(kind: str, name: str, body: type[Said]) -> Endpoint:
    async def send(
        case_id: str,
        body: Said,
        asking: SignedIn,
        parts: TheParts,
        once: AnsweredOnce,
    ) -> Response:
        return await _send(kind, name, case_id, body, asking, parts, once)

    # The framework reads the body's model here, and each message has its own.
    example = SERVED_MESSAGES[name]
    send.__annotations__["body"] = Annotated[body, Body(examples=[example])]
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


OVERWRITES = {"section_written": documented(412)}


def _add_routes(kind: str, acts: dict[str, type[Facts]]) -> None:
    path, word = f"{PATHS[kind]}/{{case_id}}/messages", kind.replace("-", "_")
    router.add_api_route(
        f"{path}/{{message_id}}",
        _reading(kind),
        methods=["GET"],
        name=f"read_{word}_message",
        summary=f"Read {kind.replace('-', ' ')} message",
        description="What became of a message that was answered with 202.",
        responses=documented(401, 404),
    )
    for name, facts in acts.items():
        router.add_api_route(
            f"{path}/{name}",
            _sending(kind, name, body_of(name, facts)),
            methods=["POST"],
            name=f"{word}_{name}",
            summary=name.replace("_", " ").capitalize(),
            description=facts.__doc__,
            response_model=ServedView,
            response_description="Applied; the case as it now is",
            responses=MESSAGE_ANSWERS | OVERWRITES.get(name, {}),
        )
    router.add_api_route(
        f"{path}/{{name}}",
        _unknown(tuple(acts)),
        methods=["POST"],
        name=f"unknown_{word}_message",
        include_in_schema=False,
    )


IN_A_CARE_PLAN = (
    "contact_attempted",
    "client_contacted",
    "preferences_recorded",
    "assessment_filed",
    "need_added",
    "need_determined",
    "need_recorded",
    "circumstances_changed",
    "conflict_of_interest_reported",
    "exception_settled",
    "change_requested",
    "resolution_meeting_held",
    "change_withdrawn",
    "worker_changed",
    "assignment_documented",
    "change_not_granted",
    "match_looked_for",
    "explanation_given",
    "other_worker_offered",
    "satisfaction_recorded",
    "supervision_held",
    "self_assessed",
    "contact_held",
    "fund_payment_made",
    "reimbursement_requested",
    "plan_revised",
    "letter_sent",
    "correct_entry",
    "call_unreachable",
    "moved",
    "died",
    "withdraw",
)
"""What a care plan hears of what an intake does: what its duties ask for, and what can be said of any case about a client. A
policy with a team has `call_unreachable` beside it, and instead of `plan_revised` the plan's own sections and versions."""

IN_A_REQUEST = ("letter_sent", "correct_entry")
"""What a request for a service hears of that."""

_add_routes("intake", INTAKE_ACTS)
_add_routes(
    "care-plan",
    {name: INTAKE_ACTS[name] for name in IN_A_CARE_PLAN} | CARE_PLAN_ACTS,
)
_add_routes(
    "service-request",
    SERVICE_REQUEST_ACTS | {name: INTAKE_ACTS[name] for name in IN_A_REQUEST},
)
