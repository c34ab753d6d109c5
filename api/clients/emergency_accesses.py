"""A client opened in an emergency by who has no right to see them: with a reason, for a time, told and reviewed."""

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import Body, Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.examples import EMERGENCY_ACCESS, EMERGENCY_REVIEW
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
from throughcare.errors import NotForYou
from throughcare.store.directory import names
from throughcare.store.emergency_access import (
    AccessKey,
    EmergencyAccess,
    list_accesses,
    review_access,
)
from throughcare.store.idempotency import Reply
from throughcare.store.identity import StorableText
from throughcare.usecases.emergency_access import EmergencyReason, open_in_emergency
from throughcare.usecases.ids import new_id
from throughcare.usecases.storable import Storable
from throughcare.usecases.views import PersonView, View

router = Routes(prefix="/emergency-accesses", tags=["clients"])
log = structlog.get_logger("throughcare.api")


class NewEmergencyAccess(Storable, EmergencyReason):
    """Whom somebody must see, and why."""


class EmergencyReview(Storable, Written):
    """What the reviewer says of it."""

    words: StorableText


class EmergencyAccessView(View):
    id: str
    client: str
    opened_by: PersonView | None
    reason: str
    opened_at: datetime
    until_at: datetime
    review_due_at: datetime = Field(
        description="By when it is to be reviewed; the product sets that, and no policy"
    )
    overdue: bool
    reviewed_by: PersonView | None
    reviewed_at: datetime | None
    review: str | None

    @classmethod
    def of(
        cls, access: EmergencyAccess, known: dict[str, str]
    ) -> "EmergencyAccessView":
        waits = access.reviewed_at is None
        return cls(
            **access.model_dump(exclude={"person_id", "client_id", "reviewed_by"}),
            client=access.client_id,
            opened_by=PersonView.of(access.person_id, known),
            overdue=waits and access.review_due_at < datetime.now(UTC),
            reviewed_by=PersonView.of(access.reviewed_by, known),
        )


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_emergency_accesses(
    request: Request,
    asking: SignedIn,
    parts: TheParts,
    total: TotalAsked,
    unreviewed: Annotated[
        bool, Query(description="Only those that wait for their review")
    ] = False,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[EmergencyAccessView]:
    """All of them for oversight and the administrator, else your own; the latest first. To review them is oversight's duty."""
    cursor = read_cursor(after, AccessKey)
    by = asking.person_id if asking.scope.seats is not None else None

    def listed(
        connection: Connection,
    ) -> tuple[list[EmergencyAccess], str | None, dict[str, str]]:
        found = list_accesses(
            connection,
            by=by,
            unreviewed=unreviewed,
            after=cursor,
            limit=limit,
            total=total,
        )
        page, last = cut(found, limit)
        people = {each.person_id for each in page}
        people |= {each.reviewed_by for each in page if each.reviewed_by}
        return list(page), last.id if last else None, names(connection, people)

    page, last, known = await parts.database.read(listed)
    shows(clients=[each.client_id for each in page])
    return Page(
        items=tuple(EmergencyAccessView.of(each, known) for each in page),
        next=next_address(request, AccessKey(id=last) if last else None),
        total=total.rows,
    )


@router.post(
    "",
    status_code=201,
    response_model=EmergencyAccessView,
    responses=documented(401, 403, 409, 413, 422),
)
async def open_client_in_emergency(
    body: Annotated[NewEmergencyAccess, Body(examples=[EMERGENCY_ACCESS])],
    asking: SignedIn,
    once: AnsweredOnce,
) -> Response:
    """Read one client and their cases for four hours, with a reason. It is on record, the client's worker and oversight are told
    at once, and oversight reviews it. Nothing may be changed by it. For those who work with clients."""

    def write(connection: Connection) -> Reply:
        now = datetime.now(UTC)
        found = open_in_emergency(connection, new_id(), asking, body, now)
        log.warning(
            "client.opened_in_emergency", client_id=found.client_id, access_id=found.id
        )
        shows(clients=[found.client_id])
        view = EmergencyAccessView.of(found, {asking.person_id: asking.name})
        return reply(201, view, location="/emergency-accesses")

    return await once.answer_in_transaction(body, write)


@router.post(
    "/{access_id}/review",
    response_model=EmergencyAccessView,
    responses=documented(401, 403, 404, 409, 413, 422),
)
async def review_emergency_access(
    access_id: str,
    body: Annotated[EmergencyReview, Body(examples=[EMERGENCY_REVIEW])],
    asking: SignedIn,
    once: AnsweredOnce,
) -> Response:
    """Say what came of looking at it. For oversight and the administrator, and never who opened it."""
    if asking.scope.seats is not None:
        raise NotForYou(
            "An emergency access is reviewed from Quality Assurance's seat or the Agency Administrator's."
        )

    def write(connection: Connection) -> Reply:
        now, by = datetime.now(UTC), asking.person_id
        found = review_access(connection, access_id, body.words, by=by, at=now)
        shows(clients=[found.client_id])
        known = names(connection, {found.person_id, by})
        return reply(200, EmergencyAccessView.of(found, known))

    return await once.answer_in_transaction(body, write)
