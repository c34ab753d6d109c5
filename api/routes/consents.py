"""Consents: given, withdrawn, listed. Open cases hear at once that something changed, and look it up."""

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.consentnews import tell_cases
from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.examples import CONSENT, WITHDRAWAL
from api.intakestaff import Staff
from api.once import AnsweredOnce, reply
from api.paging import (
    DEFAULT_LIMIT,
    After,
    Limit,
    Page,
    cut,
    next_address,
    read_cursor,
)
from api.problems import documented
from api.routes.clients import seen_client
from api.views import PersonView, View
from throughcare.case.base import Written
from throughcare.errors import NotThere
from throughcare.store.clients import records_of_same_person
from throughcare.store.consents import (
    Consent,
    ConsentKey,
    RecordedConsent,
    add_consent,
    consent_of,
    list_consents,
    withdraw_consent,
)
from throughcare.store.database import within
from throughcare.store.directory import names
from throughcare.store.idempotency import Reply
from throughcare.time.deadline import Instant
from throughcare.usecases.ids import new_id
from throughcare.usecases.storable import Storable

router = APIRouter(prefix="/consents", tags=["clients"])
log = structlog.get_logger("throughcare.api")


class NewConsent(Storable, Consent):
    """What a client agreed to may go to whom."""

    client: str = Field(description="Whose consent it is, by id")


class Withdrawal(Storable, Written):
    at: Instant | None = Field(
        default=None, description="Since when it no longer holds; now, if not given"
    )


class ConsentView(View):
    id: str
    client: str
    recipient: str
    purpose: str
    given_at: datetime
    expires_at: datetime | None
    withdrawn_at: datetime | None
    in_force: bool
    recorded_by: PersonView | None
    recorded_at: datetime
    reference: str

    @classmethod
    def of(cls, consent: RecordedConsent, known: dict[str, str]) -> "ConsentView":
        facts = consent.model_dump(exclude={"client_id", "recorded_by"})
        return cls(
            **facts,
            client=consent.client_id,
            in_force=consent.is_in_force(datetime.now(UTC)),
            recorded_by=PersonView.of(consent.recorded_by, known),
        )


@router.get("", responses=documented(401, 404, 422), dependencies=KNOWN_FILTERS)
async def list_consents_of(
    request: Request,
    client: Annotated[str, Query(description="Whose consents, by the client's id")],
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ConsentView]:
    """Every consent of a client, by all records of this person, those that are over among them; the latest first."""
    staff, cursor = await Staff.of(parts), read_cursor(after, ConsentKey)
    async with parts.database.sessions() as session:
        await seen_client(session, staff, asking, client)
        records = await within(session, records_of_same_person, client)
        found = await list_consents(session, records, after=cursor, limit=limit)
        page, last = cut(found, limit)
        known = await within(session, names, {each.recorded_by for each in page})
    return Page(
        items=tuple(ConsentView.of(each, known) for each in page),
        next=next_address(request, ConsentKey(id=last.id) if last else None),
    )


@router.post(
    "",
    status_code=201,
    response_model=ConsentView,
    responses=documented(401, 404, 409, 413, 422),
)
async def record_consent(
    body: Annotated[NewConsent, Body(examples=[CONSENT])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Record that a client agreed to something. What was held for want of it goes out."""
    staff = await Staff.of(parts)

    async def write(session: AsyncSession) -> Reply:
        await seen_client(session, staff, asking, body.client)
        consent = Consent.model_validate(body.model_dump(exclude={"client"}))
        now = datetime.now(UTC)
        found = await add_consent(
            session, new_id(), body.client, consent, by=asking.person_id, at=now
        )
        log.info("consent.given", client_id=body.client, consent_id=found.id)
        view = ConsentView.of(found, {asking.person_id: asking.name})
        return reply(201, view, location=f"/consents?client={body.client}")

    answer = await once.answer_in_sql(body, write)
    await tell_cases(parts.database, parts.desk, body.client)
    return answer


@router.post(
    "/{consent_id}/withdrawal",
    response_model=ConsentView,
    responses=documented(401, 404, 409, 413, 422),
)
async def record_withdrawal(
    consent_id: str,
    body: Annotated[Withdrawal, Body(examples=[WITHDRAWAL])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """The client takes a consent back. It stays on record, and nothing more goes out under it."""
    staff, now = await Staff.of(parts), datetime.now(UTC)
    async with parts.database.sessions() as session:
        consent = await consent_of(session, consent_id)
        if consent is None:
            raise NotThere("consent")
        await seen_client(session, staff, asking, consent.client_id)
    client_id = consent.client_id

    async def write(session: AsyncSession) -> Reply:
        found = await withdraw_consent(
            session, consent_id, body.at or now, by=asking.person_id, at=now
        )
        known = await within(session, names, {found.recorded_by})
        log.info("consent.withdrawn", client_id=client_id, consent_id=consent_id)
        return reply(200, ConsentView.of(found, known))

    answer = await once.answer_in_sql(body, write)
    await tell_cases(parts.database, parts.desk, client_id)
    return answer
