"""Reports over the cases about clients that one may see."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import KNOWN_FILTERS, Parts, SignedIn, TheParts
from api.errors import BadRequestValue
from api.problems import documented
from api.served import ClientView
from api.views import PersonView
from throughcare.store import reports
from throughcare.store.database import within
from throughcare.store.directory import agency, names
from throughcare.store.served import client_names

router = APIRouter(prefix="/reports", tags=["reports"])
log = structlog.get_logger("throughcare.api")

Program = Annotated[str | None, Query(description="Only cases of this program")]

PROBLEMS = documented(401, 422)

NOT_LATE = "Ages only. What is due and whose limit it is, the duties of each case say."


class CaseLine(BaseModel):
    """The case a line is about."""

    case: str
    kind: str = Field(description="`intake` or `care-plan`")
    program: str
    client: ClientView


class AgeingLine(CaseLine):
    since_at: datetime
    age: timedelta = Field(examples=["P9DT4H"])


class Report(BaseModel):
    at: datetime


class UnassignedLine(AgeingLine):
    """Waiting since they were found eligible, or since they came where the policy has no such step."""

    opened_at: datetime
    stage: str
    eligible_at: datetime | None
    offer: str | None = Field(description="What they said to the offer, if anything")
    due_at: datetime | None = Field(description="When the assignment is due")


class Unassigned(Report):
    items: tuple[UnassignedLine, ...]


class WithoutPlanLine(CaseLine):
    enrolled_at: datetime
    care_plan: str | None = Field(description="The care plan that was to go on")
    withdrawn: bool = Field(description="Whether it began, and was withdrawn")


class WithoutPlan(Report):
    items: tuple[WithoutPlanLine, ...]


class UnreimbursedLine(AgeingLine):
    """Since it was paid."""

    reference: str
    service: str
    amount: str = Field(description="In dollars", examples=["120.00"])


class Unreimbursed(Report):
    items: tuple[UnreimbursedLine, ...]


class ExceptionLine(CaseLine):
    number: int
    clause: str
    about: str
    opened_at: datetime
    resolution: str | None = Field(
        description="`accepted` or `mended`; null until somebody looked at it"
    )
    reason: str | None
    settled_by: PersonView | None


class AgencyLine(BaseModel):
    organization: str
    referrals: int
    own: int = Field(description="Of these, the ones that went to it itself")
    share: float = Field(examples=[0.25])


class IndependenceReport(Report):
    from_on: date
    to_on: date
    exceptions: tuple[ExceptionLine, ...]
    agencies: tuple[AgencyLine, ...] = Field(
        description="Every agency whose workers made referrals in the period"
    )


class StepDownLine(CaseLine):
    plan: str = Field(description="The version that is on file")
    renewals: int = Field(description="Since it last said if less help would do")
    renewed_at: datetime


class StepDown(Report):
    items: tuple[StepDownLine, ...]


class ChoiceLine(BaseModel):
    client: ClientView
    cases: tuple[str, ...] = Field(description="Those that are open")
    offered_at: tuple[datetime, ...] = Field(
        description="When they could state a choice; empty where they never could"
    )


class Choice(Report):
    since: datetime
    items: tuple[ChoiceLine, ...]


class TransferLine(AgeingLine):
    """Since it was asked for."""

    by: reports.Asker
    asked_of: str
    would_try_first: bool | None
    met: bool = Field(description="Whether they talked it over; nobody has to")
    worker: str | None = Field(description="The seat of the worker they have")


class Transfers(Report):
    note: str
    items: tuple[TransferLine, ...]


Line = TypeVar("Line", bound=BaseModel)


@router.get("/unassigned", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def unassigned_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> Unassigned:
    """Whoever is eligible and has no worker, the longest waiting first (CS-P-1)."""
    now = _read("unassigned")
    async with parts.database.sessions() as session:
        found = await reports.unassigned(session, asking.scope, program)
        lines = await _lines(session, UnassignedLine, found, now)
    return Unassigned(at=now, items=lines)


@router.get("/without-plan", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def without_plan_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> WithoutPlan:
    """Whoever was enrolled and has no live care plan (CP-P-1)."""
    now = _read("without-plan")
    async with parts.database.sessions() as session:
        found = await reports.without_plan(session, asking.scope, program)
        lines = await _lines(session, WithoutPlanLine, found, now)
    return WithoutPlan(at=now, items=lines)


@router.get("/unreimbursed", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def unreimbursed_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> Unreimbursed:
    """Every payment from the discretionary fund that nobody asked back, the oldest first (CP-E-10b)."""
    now = _read("unreimbursed")
    async with parts.database.sessions() as session:
        found = await reports.unreimbursed(session, asking.scope, program)
        lines = await _lines(session, UnreimbursedLine, found, now)
    return Unreimbursed(at=now, items=lines)


@router.get("/independence", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def independence_report(
    from_on: Annotated[date, Query(alias="from", description="The first day of it")],
    to_on: Annotated[date, Query(alias="to", description="The last day of it")],
    asking: SignedIn,
    parts: TheParts,
    program: Program = None,
) -> IndependenceReport:
    """Every exception opened in a period with its reason and resolution (CF-S-3), and per agency how many of the referrals
    its workers made went to itself (CF-K-2b)."""
    if to_on < from_on:
        raise BadRequestValue("to", "The last day is not before the first.")
    now = _read("independence")
    async with parts.database.sessions() as session:
        from_at, to_at = await _period(session, parts, from_on, to_on)
        found = await reports.independence(
            session, asking.scope, from_at, to_at, program
        )
        exceptions = await _lines(session, ExceptionLine, found.exceptions, now)
    return IndependenceReport(
        at=now,
        from_on=from_on,
        to_on=to_on,
        exceptions=exceptions,
        agencies=tuple(
            AgencyLine(**each.model_dump(), share=each.share) for each in found.agencies
        ),
    )


@router.get("/step-down", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def step_down_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> StepDown:
    """Plans renewed two times or more without a word on whether less help would do (CF-K-2a)."""
    now = _read("step-down")
    async with parts.database.sessions() as session:
        found = await reports.no_step_down(session, asking.scope, program)
        lines = await _lines(session, StepDownLine, found, now)
    return StepDown(at=now, items=lines)


@router.get("/choice", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def choice_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> Choice:
    """Per client in service, when in the last year they could say whom they would rather work with; whoever never could
    comes first (CS-V-3)."""
    now = _read("choice")
    async with parts.database.sessions() as session:
        found = await reports.choices(session, asking.scope, now, program)
        lines = await _lines(session, ChoiceLine, found, now)
    return Choice(at=now, since=now - reports.A_YEAR, items=lines)


@router.get("/transfers", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def transfers_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> Transfers:
    """How long every wish for another worker has waited for its answer (CS-V-8)."""
    now = _read("transfers")
    async with parts.database.sessions() as session:
        found = await reports.transfers(session, asking.scope, program)
        lines = await _lines(session, TransferLine, found, now)
    return Transfers(at=now, note=NOT_LATE, items=lines)


def _read(report: str) -> datetime:
    """It shows who clients are, so that it was read is kept as a case's reading is."""
    log.info("report.read", kind=report)
    return datetime.now(UTC)


async def _lines(
    session: AsyncSession,
    line: type[Line],
    found: Sequence[reports.About | reports.Choices],
    now: datetime,
) -> tuple[Line, ...]:
    clients = await within(session, client_names, {each.client for each in found})
    settled = [
        each.settled_by
        for each in found
        if isinstance(each, reports.ExceptionOpened) and each.settled_by
    ]
    people = await within(session, names, settled)
    shown = []
    for each in found:
        fields: dict[str, object] = each.model_dump()
        name = clients.get(each.client, "")
        fields["client"] = ClientView(id=each.client, name=name)
        if isinstance(each, reports.Waiting):
            fields["age"] = _age(each.since_at, now)
        if isinstance(each, reports.ExceptionOpened):
            fields["settled_by"] = PersonView.of(each.settled_by, people)
        shown.append(line.model_validate(fields))
    return tuple(shown)


def _age(since_at: datetime, now: datetime) -> timedelta:
    """In whole seconds: RFC 3339 knows no parts of them in a duration."""
    return timedelta(seconds=(now - since_at) // timedelta(seconds=1))


async def _period(
    session: AsyncSession, parts: Parts, from_on: date, to_on: date
) -> tuple[datetime, datetime]:
    """From the first instant of the first day to that of the day after the last, as the agency's clocks show them."""
    calendar = parts.calendars.get((await agency(session)).calendar)
    zone = ZoneInfo(calendar.zone) if calendar else UTC
    try:
        after = to_on + timedelta(days=1)
        first, end = (
            datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
            for day in (from_on, after)
        )
    except OverflowError:
        raise BadRequestValue("to", "Write a day of the years 2 to 9998.") from None
    return first, end
