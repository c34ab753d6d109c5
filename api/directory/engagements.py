"""Who was asked and took part in how the system is run, and which group never was (CF-S-5a)."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Body, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.examples import ENGAGEMENT
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
from throughcare.errors import BadRequestValue, NotForYou
from throughcare.store.engagements import (
    Engagement,
    EngagementKey,
    Group,
    RecordedEngagement,
    add_engagement,
    engaged,
    list_engagements,
)
from throughcare.store.idempotency import Reply
from throughcare.store.identity import Day
from throughcare.usecases.ids import new_id
from throughcare.usecases.storable import Storable

router = Routes(tags=["reports"])


class NewEngagement(Storable, Engagement):
    """That a group was asked or took part."""


class GroupView(BaseModel):
    group: Group
    title: str
    engaged: bool
    count: int
    last_on: date | None


class EngagementReport(BaseModel):
    from_on: date
    to_on: date
    items: tuple[GroupView, ...] = Field(
        description="Every group, those that were not engaged among them"
    )


@router.get("/engagements", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_all_engagements(
    request: Request,
    asking: SignedIn,
    parts: TheParts,
    total: TotalAsked,
    group: Group | None = None,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[RecordedEngagement]:
    """The log, the latest first."""
    cursor = read_cursor(after, EngagementKey)
    found = await parts.database.read(
        list_engagements, group, after=cursor, limit=limit, total=total
    )
    page, last = cut(found, limit)
    key = EngagementKey(on_date=last.on_date, id=last.id) if last else None
    return Page(items=tuple(page), next=next_address(request, key), total=total.rows)


@router.post(
    "/engagements",
    status_code=201,
    response_model=RecordedEngagement,
    responses=documented(401, 403, 409, 413, 422),
)
async def record_engagement(
    body: Annotated[NewEngagement, Body(examples=[ENGAGEMENT])],
    asking: SignedIn,
    once: AnsweredOnce,
) -> Response:
    """Record that a group was engaged. For the administrator, and for quality assurance."""
    if asking.scope.seats is not None:
        raise NotForYou(
            "The log is kept from the Agency Administrator's seat or Quality Assurance's."
        )

    def write(connection: Connection) -> Reply:
        now = datetime.now(UTC)
        found = add_engagement(connection, new_id(), body, by=asking.person_id, at=now)
        return reply(201, found, location="/engagements")

    return await once.answer_in_transaction(body, write)


@router.get(
    "/reports/engagement", responses=documented(401, 422), dependencies=KNOWN_FILTERS
)
async def engagement_report(
    from_on: Annotated[Day, Query(alias="from", description="The first day of it")],
    to_on: Annotated[Day, Query(alias="to", description="The last day of it")],
    asking: SignedIn,
    parts: TheParts,
) -> EngagementReport:
    """Which groups were engaged in a period. One with no entry is shown as not engaged (CF-S-5a)."""
    if to_on < from_on:
        raise BadRequestValue("to", "The last day is not before the first.")
    found = await parts.database.read(engaged, from_on, to_on)
    return EngagementReport(
        from_on=from_on,
        to_on=to_on,
        items=tuple(
            GroupView(
                group=each.group,
                title=each.group.in_words,
                engaged=each.is_engaged,
                count=each.count,
                last_on=each.last_on,
            )
            for each in found
        ),
    )
