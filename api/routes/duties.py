"""Duties across cases: my work, a seat's, a clause's, what is overdue."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
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
from api.views import DutyView
from throughcare.case.duty import DutyStatus
from throughcare.case.wire import RecordedDuty
from throughcare.store.cases import people_of
from throughcare.store.database import within
from throughcare.store.directory import names
from throughcare.store.duties import (
    OUTSTANDING,
    DutyFilter,
    DutyKey,
    key_of,
    list_duties,
)

router = APIRouter(prefix="/duties", tags=["duties"])


class Wanted(BaseModel):
    """The filters of the list; together they narrow it."""

    mine: bool = Field(default=False, description="Held by a seat you sit in yourself")
    seat: str | None = None
    clause: str | None = Field(default=None, examples=["CR-A-1"])
    case: str | None = None
    overdue: bool = Field(
        default=False, description="Past their limit and still to be done"
    )
    status: list[DutyStatus] = Field(
        default=list(OUTSTANDING), description="Without it: what is still to be done"
    )


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def duties(
    request: Request,
    wanted: Annotated[Wanted, Query()],
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[DutyView]:
    """The duties of the cases you may see, soonest due first; those without a limit come last."""
    filters = DutyFilter(
        status=tuple(wanted.status),
        seats=_seats(wanted, asking.own_seats),
        clause=wanted.clause,
        case_id=wanted.case,
        overdue_at=datetime.now(UTC) if wanted.overdue else None,
    )
    cursor = read_cursor(after, DutyKey)
    async with parts.database.sessions() as session:
        rows = await list_duties(
            session, asking.scope, filters, after=cursor, limit=limit
        )
        page, last = cut(rows, limit)
        found = [(row.case_id, RecordedDuty.model_validate(row.body)) for row in page]
        people = {who for _, duty in found for who in people_of(duty) if who}
        known = await within(session, names, people)
    return Page(
        items=tuple(
            DutyView.of(case_id, duty, known, asking.own_seats)
            for case_id, duty in found
        ),
        next=next_address(request, key_of(last) if last else None),
    )


def _seats(wanted: Wanted, mine: tuple[str, ...]) -> tuple[str, ...] | None:
    if wanted.seat is None:
        return mine if wanted.mine else None
    return (wanted.seat,) if wanted.seat in mine or not wanted.mine else ()
