"""Reports over the cases that one may see."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, Parts, SignedIn, TheParts
from api.problems import documented
from api.views import ClientView, PersonView
from throughcare.errors import BadRequestValue
from throughcare.store import reports
from throughcare.store.access import Scope
from throughcare.store.client_cases import client_names
from throughcare.store.directory import names

router = APIRouter(prefix="/reports", tags=["reports"])
log = structlog.get_logger("throughcare.api")

Program = Annotated[str | None, Query(description="Only cases of this program")]

PROBLEMS = documented(401, 422)

NO_LIMIT = "Ages only. The policy sets no time for any step, so none is late under it."
NOT_LATE = "Ages only. What is due and whose limit it is, the duties of each case say."


class ReportLine(BaseModel):
    """The case a line is about."""

    case: str
    kind: str = Field(description="`intake` or `care-plan`")
    program: str
    client: ClientView


class AgeingLine(ReportLine):
    since_at: datetime
    age: timedelta = Field(examples=["P9DT4H"])


class Report(BaseModel):
    at: datetime


class UnassignedLine(AgeingLine):
    """Waiting since they were found eligible, or since they came where the policy has no such step."""

    opened_at: datetime
    step: str
    eligible_at: datetime | None
    offer: str | None = Field(description="What they said to the offer, if anything")
    due_at: datetime | None = Field(description="When the assignment is due")


class UnassignedReport(Report):
    items: tuple[UnassignedLine, ...]


class WithoutPlanLine(ReportLine):
    enrolled_at: datetime
    care_plan: str | None = Field(description="The care plan that was to go on")
    withdrawn: bool = Field(description="Whether it began, and was withdrawn")


class WithoutPlanReport(Report):
    items: tuple[WithoutPlanLine, ...]


class UnreimbursedLine(AgeingLine):
    """Since it was paid."""

    reference: str
    service: str
    amount: str = Field(description="In dollars", examples=["120.00"])


class UnreimbursedReport(Report):
    items: tuple[UnreimbursedLine, ...]


class ExceptionLine(ReportLine):
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


class StepDownLine(ReportLine):
    plan: str = Field(description="The version that is on file")
    renewals: int = Field(description="Since it last said if less help would do")
    renewed_at: datetime


class StepDownReport(Report):
    items: tuple[StepDownLine, ...]


class ChoiceLine(BaseModel):
    client: ClientView
    cases: tuple[str, ...] = Field(description="Those that are open")
    offered_at: tuple[datetime, ...] = Field(
        description="When they could state a choice; empty where they never could"
    )


class ChoiceReport(Report):
    since: datetime
    items: tuple[ChoiceLine, ...]


class TransferLine(AgeingLine):
    """Since it was asked for."""

    by: reports.Asker
    asked_of: str
    would_try_first: bool | None
    met: bool = Field(description="Whether they talked it over; nobody has to")
    worker: str | None = Field(description="The seat of the worker they have")


class TransfersReport(Report):
    note: str
    items: tuple[TransferLine, ...]


class StepAgeLine(BaseModel):
    ladder: str
    step: str | None = Field(description="Null before the first could begin")
    count: int
    oldest_opened_at: datetime
    oldest_age: timedelta = Field(examples=["P93DT4H"])
    newest_opened_at: datetime


class AgeingReport(Report):
    note: str
    items: tuple[StepAgeLine, ...]


Line = TypeVar("Line", bound=BaseModel)
Args = ParamSpec("Args")
Reported = reports.About | reports.Choices


@router.get("/ageing", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def ageing_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> AgeingReport:
    """How long open conflicts have been open, by ladder and step (CR-P-2)."""
    now = datetime.now(UTC)
    found = await parts.database.read(reports.ageing, asking.scope, program)
    lines = (
        StepAgeLine(**each.model_dump(), oldest_age=_age(each.oldest_opened_at, now))
        for each in found
    )
    return AgeingReport(at=now, note=NO_LIMIT, items=tuple(lines))


@router.get("/unassigned", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def unassigned_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> UnassignedReport:
    """Whoever is eligible and has no worker, the longest waiting first (CS-P-1)."""
    now = _read("unassigned")
    lines = await _lines(
        parts, UnassignedLine, now, reports.unassigned, asking.scope, program
    )
    return UnassignedReport(at=now, items=lines)


@router.get("/without-plan", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def without_plan_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> WithoutPlanReport:
    """Whoever was enrolled and has no live care plan (CP-P-1)."""
    now = _read("without-plan")
    lines = await _lines(
        parts, WithoutPlanLine, now, reports.without_plan, asking.scope, program
    )
    return WithoutPlanReport(at=now, items=lines)


@router.get("/unreimbursed", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def unreimbursed_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> UnreimbursedReport:
    """Every payment from the discretionary fund that nobody asked back, the oldest first (CP-E-10b)."""
    now = _read("unreimbursed")
    lines = await _lines(
        parts, UnreimbursedLine, now, reports.unreimbursed, asking.scope, program
    )
    return UnreimbursedReport(at=now, items=lines)


@router.get("/step-down", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def step_down_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> StepDownReport:
    """Plans renewed two times or more without a word on whether less help would do (CF-K-2a)."""
    now = _read("step-down")
    lines = await _lines(
        parts, StepDownLine, now, reports.no_step_down, asking.scope, program
    )
    return StepDownReport(at=now, items=lines)


@router.get("/transfers", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def transfers_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> TransfersReport:
    """How long every wish for another worker has waited for its answer (CS-V-8)."""
    now = _read("transfers")
    lines = await _lines(
        parts, TransferLine, now, reports.transfers, asking.scope, program
    )
    return TransfersReport(at=now, note=NOT_LATE, items=lines)


@router.get("/choice", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def choice_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> ChoiceReport:
    """Per client in service, when in the last year they could say whom they would rather work with; whoever never could
    comes first (CS-V-3)."""
    now = _read("choice")
    lines = await _lines(
        parts, ChoiceLine, now, reports.choices, asking.scope, now, program
    )
    return ChoiceReport(at=now, since=now - reports.A_YEAR, items=lines)


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
    from_at, to_at = await _period(parts, from_on, to_on)

    def read(
        connection: Connection, scope: Scope
    ) -> tuple[reports.Independent, tuple[ExceptionLine, ...]]:
        found = reports.independence(connection, scope, from_at, to_at, program)
        return found, _shown(connection, ExceptionLine, found.exceptions, now)

    found, exceptions = await parts.database.read(read, asking.scope)
    return IndependenceReport(
        at=now,
        from_on=from_on,
        to_on=to_on,
        exceptions=exceptions,
        agencies=tuple(
            AgencyLine(**each.model_dump(), share=each.share) for each in found.agencies
        ),
    )


def _read(report: str) -> datetime:
    """It shows who clients are, so that it was read is kept as a case's reading is."""
    log.info("report.read", kind=report)
    return datetime.now(UTC)


async def _lines(
    parts: Parts,
    line: type[Line],
    now: datetime,
    report: Callable[Concatenate[Connection, Args], Sequence[Reported]],
    *args: Args.args,
    **kwargs: Args.kwargs,
) -> tuple[Line, ...]:
    def read(connection: Connection) -> tuple[Line, ...]:
        return _shown(connection, line, report(connection, *args, **kwargs), now)

    return await parts.database.read(read)


def _shown(
    connection: Connection, line: type[Line], found: Sequence[Reported], now: datetime
) -> tuple[Line, ...]:
    clients = client_names(connection, {each.client for each in found})
    settled = [
        each.settled_by
        for each in found
        if isinstance(each, reports.ExceptionOpened) and each.settled_by
    ]
    people = names(connection, settled)
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
    parts: Parts, from_on: date, to_on: date
) -> tuple[datetime, datetime]:
    """From the first instant of the first day to that of the day after the last, as the agency's clocks show them."""
    agency, _ = await parts.adopted_packs.in_force()
    calendar = parts.calendars.get(agency.calendar)
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
