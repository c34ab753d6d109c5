"""Consents: given, withdrawn, listed. Open cases hear at once that something changed, and look it up."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import Body, Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from api.clients.views import ConsentView, records_seen
from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.examples import CONSENT, WITHDRAWAL
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
from api.routing import Routes
from api.shown import shows
from throughcare.case.base import Written
from throughcare.store.consents import (
    Consent,
    ConsentKey,
    NoSuchConsent,
    RecordedConsent,
    add_consent,
    consent_of,
    list_consents,
    withdraw_consent,
)
from throughcare.store.directory import names
from throughcare.store.idempotency import Reply
from throughcare.time.deadline import Instant
from throughcare.usecases.client_news import notify_at_once
from throughcare.usecases.ids import new_id
from throughcare.usecases.intake_staff import Staff, seen_client
from throughcare.usecases.rights import check_keeps_consents, recipients_shown
from throughcare.usecases.storable import Storable

router = Routes(prefix="/consents", tags=["clients"])
log = structlog.get_logger("throughcare.api")


class NewConsent(Storable, Consent):
    """What a client agreed to may go to whom."""

    client: str = Field(description="Whose consent it is, by id")


class Withdrawal(Storable, Written):
    at: Instant | None = Field(
        default=None, description="Since when it no longer holds; now, if not given"
    )


@router.get("", responses=documented(401, 404, 422), dependencies=KNOWN_FILTERS)
async def list_consents_of(
    request: Request,
    client: Annotated[str, Query(description="Whose consents, by the client's id")],
    asking: SignedIn,
    parts: TheParts,
    total: TotalAsked,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[ConsentView]:
    """Every consent of a client, by all records of this person that you see, those that are over among them; the latest first. Who reads a
    client by a consent sees their own."""
    cursor = read_cursor(after, ConsentKey)

    def listed(
        connection: Connection,
    ) -> tuple[Sequence[RecordedConsent], dict[str, str]]:
        staff = Staff.of(connection)
        seen_client(connection, asking, client, staff)
        records = records_seen(connection, staff, asking, client)
        shown = recipients_shown(connection, asking, client)
        found = list_consents(
            connection,
            records,
            recipients=shown,
            after=cursor,
            limit=limit,
            total=total,
        )
        return found, names(connection, {each.recorded_by for each in found})

    found, known = await parts.database.read(listed)
    page, last = cut(found, limit)
    shows(clients=[client])
    return Page(
        items=tuple(ConsentView.of(each, known) for each in page),
        next=next_address(request, ConsentKey(id=last.id) if last else None),
        total=total.rows,
    )


@router.post(
    "",
    status_code=201,
    response_model=ConsentView,
    responses=documented(401, 403, 404, 409, 413, 422),
)
async def record_consent(
    body: Annotated[NewConsent, Body(examples=[CONSENT])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Record that a client agreed to something. What was held for want of it goes out."""

    def write(connection: Connection) -> Reply:
        check_keeps_consents(connection, asking, body.client)
        consent = Consent.model_validate(body.model_dump(exclude={"client"}))
        now = datetime.now(UTC)
        found = add_consent(
            connection, new_id(), body.client, consent, by=asking.person_id, at=now
        )
        log.info("consent.given", client_id=body.client, consent_id=found.id)
        shows(clients=[body.client])
        view = ConsentView.of(found, {asking.person_id: asking.name})
        return reply(201, view, location=f"/consents?client={body.client}")

    answer = await once.answer_in_transaction(body, write)
    await notify_at_once(parts.database, parts.desk, body.client)
    return answer


@router.post(
    "/{consent_id}/withdrawal",
    response_model=ConsentView,
    responses=documented(401, 403, 404, 409, 413, 422),
)
async def record_withdrawal(
    consent_id: str,
    body: Annotated[Withdrawal, Body(examples=[WITHDRAWAL])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """The client takes a consent back. It stays on record, and nothing more goes out under it."""
    now = datetime.now(UTC)
    consent = await parts.database.read(consent_of, consent_id)
    if consent is None:
        raise NoSuchConsent

    def write(connection: Connection) -> Reply:
        # Its record stays whose it is, so it needs no lock to be judged.
        check_keeps_consents(connection, asking, consent.client_id)
        found = withdraw_consent(
            connection, consent_id, body.at or now, by=asking.person_id, at=now
        )
        log.info(
            "consent.withdrawn", client_id=consent.client_id, consent_id=consent_id
        )
        shows(clients=[consent.client_id])
        known = names(connection, {found.recorded_by})
        return reply(200, ConsentView.of(found, known))

    answer = await once.answer_in_transaction(body, write)
    await notify_at_once(parts.database, parts.desk, consent.client_id)
    return answer
