"""Reports over the cases that one may see."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Generic, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, Parts, SignedIn, TheParts
from api.problems import documented
from api.routing import Routes
from api.shown import shows
from throughcare.errors import BadRequestValue
from throughcare.store import reports
from throughcare.store.access import Scope
from throughcare.store.identity import Day
from throughcare.usecases.asking import Asking

router = Routes(prefix="/reports", tags=["reports"])

Program = Annotated[str | None, Query(description="Only cases of this program")]
Line = TypeVar("Line", bound=BaseModel)
ReportOf = Callable[[Connection, Scope, datetime, str | None], tuple[Line, ...]]

PROBLEMS = documented(401, 422)

NO_LIMIT = "Ages only. The policy sets no time for any step, so none is late under it."
NOT_LATE = "Ages only. What is due and whose limit it is, the duties of each case say."


class Report(BaseModel, Generic[Line]):
    at: datetime
    items: tuple[Line, ...]


class AgeingReport(Report[Line], Generic[Line]):
    note: str


class ChoiceReport(Report[reports.Choices]):
    since: datetime


class IndependenceReport(reports.Independent):
    at: datetime
    from_on: date
    to_on: date


@router.get("/ageing", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def ageing_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> AgeingReport[reports.StepAge]:
    """How long open conflicts have been open, by ladder and step (CR-P-2)."""
    now = datetime.now(UTC)
    items = await parts.database.read(reports.ageing, asking.scope, now, program)
    limited = await parts.database.read(reports.policy_sets_time, asking.scope)
    return AgeingReport(at=now, note=NOT_LATE if limited else NO_LIMIT, items=items)


@router.get("/unassigned", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def unassigned_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> Report[reports.Unassigned]:
    """Whoever is eligible and has no worker, the longest waiting first (CS-P-1)."""
    return await _report(reports.unassigned, asking, parts, program)


@router.get("/without-plan", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def without_plan_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> Report[reports.WithoutPlan]:
    """Whoever was enrolled and has no live care plan (CP-P-1)."""
    return await _report(reports.without_plan, asking, parts, program)


@router.get("/unreimbursed", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def unreimbursed_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> Report[reports.Unreimbursed]:
    """Every payment from the discretionary fund that nobody asked back, the oldest first (CP-E-10b)."""
    return await _report(reports.unreimbursed, asking, parts, program)


@router.get("/step-down", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def step_down_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> Report[reports.NoStepDown]:
    """Plans renewed two times or more without a word on whether less help would do (CF-K-2a)."""
    return await _report(reports.no_step_down, asking, parts, program)


@router.get("/transfers", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def transfers_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> AgeingReport[reports.WantsTransfer]:
    """How long every wish for another worker has waited for its answer (CS-V-8)."""
    found = await _report(reports.transfers, asking, parts, program)
    return AgeingReport(at=found.at, note=NOT_LATE, items=found.items)


@router.get("/choice", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def choice_report(
    asking: SignedIn, parts: TheParts, program: Program = None
) -> ChoiceReport:
    """Per client in service, when in the last year they could say whom they would rather work with; whoever never could
    comes first (CS-V-3)."""
    found = await _report(reports.choices, asking, parts, program)
    since = found.at - reports.A_YEAR
    return ChoiceReport(at=found.at, since=since, items=found.items)


@router.get("/independence", responses=PROBLEMS, dependencies=KNOWN_FILTERS)
async def independence_report(
    from_on: Annotated[Day, Query(alias="from", description="The first day of it")],
    to_on: Annotated[Day, Query(alias="to", description="The last day of it")],
    asking: SignedIn,
    parts: TheParts,
    program: Program = None,
) -> IndependenceReport:
    """Every exception opened in a period with its reason and resolution (CF-S-3), per agency how many of the referrals its
    workers made went to itself (CF-K-2b), and every meeting at which no family was (CF-S-5b)."""
    if to_on < from_on:
        raise BadRequestValue("to", "The last day is not before the first.")
    now = datetime.now(UTC)
    from_at, to_at = await period(parts, from_on, to_on)
    found = await parts.database.read(
        reports.independence, asking.scope, from_at, to_at, program
    )
    for _, lines in found:
        _show(lines)
    return IndependenceReport(at=now, from_on=from_on, to_on=to_on, **dict(found))


async def _report(
    report: ReportOf[Line],
    asking: Asking,
    parts: Parts,
    program: str | None,
) -> Report[Line]:
    now = datetime.now(UTC)
    items = await parts.database.read(report, asking.scope, now, program)
    _show(items)
    return Report(at=now, items=items)


def _show(lines: Iterable[BaseModel]) -> None:
    """Whom a line is about stands in it: one case, or a client with several."""
    for line in lines:
        match line:
            case reports.About():
                shows(cases=[line.case], clients=[line.client.id])
            case reports.Choices():
                shows(cases=line.cases, clients=[line.client.id])


async def period(parts: Parts, from_on: date, to_on: date) -> tuple[datetime, datetime]:
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
