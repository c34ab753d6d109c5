"""What moving open cases to the version of a pack in force would change, case by case: computed, and nothing touched."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # It has no types.

from api.cases.page import ALLOWED
from api.cases.views import WHOSE
from api.deps import Parts
from throughcare.case.duty import Duty, DutyStatus
from throughcare.lifecycles.conflict.conflict import CLOSED
from throughcare.lifecycles.conflict.policy import ConflictPolicy
from throughcare.lifecycles.conflict.versions import misfit
from throughcare.store.cases import facts_of
from throughcare.store.tables import CaseRow, DutyRow
from throughcare.time.calendar import Calendar
from throughcare.time.deadline import (
    CalendarRunsOut,
    Within,
    derive,
)
from throughcare.usecases.adopted_packs import PackInForce


class Clock(BaseModel):
    """The limit of the current rung."""

    due_at: datetime | None
    limit: str | None = Field(
        description="Whose limit it is: `policy` or `agency setting`"
    )
    receipt: str | None = None


class Move(BaseModel):
    case: str
    ladder: str
    step: str | None
    version: int = Field(description="The version it is judged by now")
    before: Clock
    after: Clock
    lapses_at_once: bool = Field(
        description="Under the other version the limit has already passed"
    )
    problem: str = Field(default="", description="Why it cannot move; empty if it can")


async def moves_of(target: PackInForce, parts: Parts) -> tuple[Move, ...]:
    """The open cases under another text of this pack, the earliest opened first."""
    cases = (
        select(CaseRow)
        .where(
            CaseRow.pack_id == target.ref.id,
            CaseRow.pack_digest != target.ref.digest,
            CaseRow.status.not_in(CLOSED),
        )
        .order_by(CaseRow.opened_at, CaseRow.id)
    )
    agency, _ = await parts.adopted_packs.in_force()
    calendar = parts.calendars.get(agency.calendar)
    async with parts.database.sessions() as session:
        rows = (await session.scalars(cases)).all()
        duties = await _duties_by_case(session, [row.id for row in rows])
    found = []
    for row in rows:
        old = (await parts.adopted_packs.pack(row.pack_digest)).conflict_policy
        found.append(_move(row, duties.get(row.id, []), old, target, calendar))
    return tuple(found)


async def _duties_by_case(
    session: AsyncSession, case_ids: list[str]
) -> dict[str, list[Duty]]:
    found: dict[str, list[Duty]] = {}
    query = select(DutyRow.case_id, DutyRow.body).where(
        DutyRow.case_id.in_(case_ids),
        DutyRow.status == DutyStatus.open,
        DutyRow.due_at.is_not(None),
    )
    for case_id, body in await session.execute(query):
        found.setdefault(case_id, []).append(Duty.model_validate(body))
    return found


def _move(
    row: CaseRow,
    duties: list[Duty],
    old: ConflictPolicy,
    target: PackInForce,
    calendar: Calendar | None,
) -> Move:
    clocks = [duty for duty in duties if duty.due_at == row.due_at]
    before = _clock_of(clocks[0] if clocks else None)
    problem = _problem(row, old, target.pack.conflict_policy)
    after, undated = before, ""
    if clocks and not problem:
        after, undated = _clock_after(row, clocks[0], target, calendar)
    return Move(
        case=row.id,
        ladder=facts_of(row).ladder,
        step=row.step,
        version=row.pack_version,
        before=before,
        after=after,
        lapses_at_once=after.due_at is not None and after.due_at <= datetime.now(UTC),
        problem=problem or undated,
    )


def _problem(row: CaseRow, old: ConflictPolicy, new: ConflictPolicy) -> str:
    if not any(
        each.message == "move_to_version"
        for each in ALLOWED.validate_python(row.allowed)
    ):
        return "It was opened before cases could be moved."
    ladders = {ladder.id: ladder for ladder in new.ladders}
    ladder = facts_of(row).ladder
    if ladder not in ladders:
        return f"That version has no ladder {ladder}."
    one = {"ladders": (old.ladder(ladder),)}
    other = {"ladders": (ladders[ladder],)}
    rungs = [rung.id for rung in old.ladder(ladder).rungs][: row.level]
    return misfit(old.model_copy(update=one), new.model_copy(update=other), rungs)


def _clock_of(duty: Duty | None) -> Clock:
    if duty is None:
        return Clock(due_at=None, limit=None)
    return Clock(
        due_at=duty.due_at,
        limit=WHOSE[duty.basis] if duty.basis else None,
        receipt=duty.receipt.plain() if duty.receipt else None,
    )


def _clock_after(
    row: CaseRow, duty: Duty, target: PackInForce, calendar: Calendar | None
) -> tuple[Clock, str]:
    """The limit by the other version, counted from when the rung began; in words why there is none."""
    rungs = {
        rung.id: rung
        for rung in target.pack.conflict_policy.ladder(facts_of(row).ladder).rungs
    }
    rung = rungs[row.step or ""]
    if rung.limit is None or duty.receipt is None:
        return Clock(due_at=None, limit=None), ""
    if calendar is None:
        return _clock_of(duty), "The agency's calendar is missing."
    try:
        receipt = derive(
            Within.model_validate(rung.limit.model_dump()),
            duty.receipt.started_at,
            calendar,
            ZoneInfo(calendar.zone),
            tzdata=IANA_VERSION,
        )
    except CalendarRunsOut as error:
        return _clock_of(duty), str(error)
    whose = WHOSE[rung.limit.basis]
    return Clock(due_at=receipt.due_at, limit=whose, receipt=receipt.plain()), ""
