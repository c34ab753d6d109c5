"""Duties across cases: my work, my team's, a seat's, a clause's, what is overdue, what was done."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.cases.views import DutyView
from api.deps import KNOWN_FILTERS, SignedIn, TheParts
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
from throughcare.case.duty import DutyStatus
from throughcare.case.wire import RecordedDuty
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.cases import people_of
from throughcare.store.directory import names
from throughcare.store.duties import (
    DONE,
    OUTSTANDING,
    DutyFilter,
    DutyKey,
    DutyLine,
    Urgency,
    count_duties,
    key_of,
    list_duties,
    seats_below,
)
from throughcare.usecases.asking import Asking
from throughcare.usecases.views import ClientView, View

router = Routes(prefix="/duties", tags=["duties"])


class CaseOfDuty(View):
    """The case that a duty in a list is of."""

    id: str
    kind: str
    address: str
    status: str
    step: str | None
    step_title: str
    program: str
    program_title: str
    client: ClientView | None = Field(description="Whom it serves; null of a conflict")
    ladder: str | None = Field(description="Of a conflict")
    subject: str | None = Field(description="Of a conflict")

    @classmethod
    def of(cls, line: DutyLine) -> "CaseOfDuty":
        client = line.client_id
        return cls(
            id=line.id,
            kind=line.kind,
            address=f"{LIFECYCLES[line.kind].path}/{line.id}",
            status=line.status,
            step=line.step,
            step_title=line.step_title,
            program=line.program,
            program_title=line.program_title,
            client=ClientView(id=client, name=line.client_name or "")
            if client
            else None,
            ladder=line.ladder,
            subject=line.subject,
        )


class ListedDuty(DutyView):
    """A duty with the case it is of."""

    case: CaseOfDuty


class DutyQuery(BaseModel):
    """The filters of the list; together they narrow it."""

    mine: bool = Field(default=False, description="Held by a seat you sit in yourself")
    team: bool = Field(
        default=False,
        description="Held by a seat that reports to one you sit in, straight or through others",
    )
    seat: str | None = None
    clause: str | None = Field(default=None, examples=["CR-A-1"])
    case: str | None = None
    overdue: bool = Field(
        default=False, description="Past their limit and still to be done"
    )
    status: list[DutyStatus] = Field(
        default=list(OUTSTANDING), description="Without it: what is still to be done"
    )
    done: bool = Field(
        default=False,
        description="What was done, the last first, in place of what is still to be done",
    )
    done_by: str | None = Field(default=None, description="The person who did it")

    def as_filter(self, connection: Connection, asking: Asking) -> DutyFilter:
        return DutyFilter(
            status=DONE if self.done else tuple(self.status),
            seats=self._seats(connection, asking.own_seats),
            clause=self.clause,
            case_id=self.case,
            overdue_at=datetime.now(UTC) if self.overdue else None,
            done_by=self.done_by,
        )

    def _seats(
        self, connection: Connection, own: tuple[str, ...]
    ) -> tuple[str, ...] | None:
        if not (self.mine or self.team):
            return None if self.seat is None else (self.seat,)
        found = (own if self.mine else ()) + (
            seats_below(connection, own) if self.team else ()
        )
        if self.seat is None:
            return found
        return (self.seat,) if self.seat in found else ()


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def duties(
    request: Request,
    wanted: Annotated[DutyQuery, Query()],
    asking: SignedIn,
    parts: TheParts,
    total: TotalAsked,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[ListedDuty]:
    """The duties of the cases you may see, soonest due first; those without a limit come last. Of those that were done, the
    last comes first."""
    cursor = read_cursor(after, DutyKey)

    def read(
        connection: Connection,
    ) -> tuple[list[tuple[DutyLine, RecordedDuty]], DutyLine | None, dict[str, str]]:
        lines = list_duties(
            connection,
            asking.scope,
            wanted.as_filter(connection, asking),
            after=cursor,
            limit=limit,
            last_done_first=wanted.done,
            total=total,
        )
        page, last = cut(lines, limit)
        found = [(line, RecordedDuty.model_validate(line.body)) for line in page]
        people = {who for _, duty in found for who in people_of(duty) if who}
        return found, last, names(connection, people)

    found, last, known = await parts.database.read(read)
    shows(cases=[line.id for line, _ in found])
    key = key_of(last, last_done_first=wanted.done) if last else None
    return Page(
        items=tuple(
            ListedDuty.of(duty, known, asking.own_seats, case=CaseOfDuty.of(line))
            for line, duty in found
        ),
        next=next_address(request, key),
        total=total.rows,
    )


@router.get("/counts", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def read_duty_counts(
    wanted: Annotated[DutyQuery, Query()], asking: SignedIn, parts: TheParts
) -> Urgency:
    """How many of these duties are overdue, due today, in the next seven days, later, and without a limit. A day ends when
    the agency's day ends."""
    agency, _ = await parts.adopted_packs.in_force()
    calendar = parts.calendars.get(agency.calendar)
    now = datetime.now(UTC)
    here = now.astimezone(ZoneInfo(calendar.zone) if calendar else UTC)
    midnight = datetime.combine(here.date(), time.min, here.tzinfo)

    def read(connection: Connection) -> Urgency:
        return count_duties(
            connection,
            asking.scope,
            wanted.as_filter(connection, asking),
            now=now,
            end_of_today=midnight + timedelta(days=1),
            end_of_week=midnight + timedelta(days=8),
        )

    return await parts.database.read(read)
