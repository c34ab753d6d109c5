"""Open cases moved to the version of a pack in force: what it would change, case by case, and the move itself.

The preview is computed and touches nothing. Nothing moves by itself: a case keeps the rules it was opened under (ruling 9).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field
from sqlalchemy import Connection, select
from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # It has no types.

from throughcare.case.duty import Duty, DutyStatus
from throughcare.case.refusals import Refused
from throughcare.case.wire import Envelope
from throughcare.errors import ThroughcareError
from throughcare.lifecycles.conflict.conflict import CLOSED
from throughcare.lifecycles.conflict.policy import ConflictPolicy
from throughcare.lifecycles.conflict.versions import misfit
from throughcare.store.cases import allowed_of, facts_of
from throughcare.store.directory import agency
from throughcare.store.packs import PackInForce, pack_by_digest
from throughcare.store.rows import rows
from throughcare.store.tables import CaseRow, DutyRow
from throughcare.time.calendar import Calendar
from throughcare.time.deadline import CalendarRunsOut, Within, derive
from throughcare.usecases.asking import Asking
from throughcare.usecases.limits import WHOSE
from throughcare.usecases.messages import deliver
from throughcare.usecases.services import Services


class ClockPreview(BaseModel):
    """The limit of the current rung."""

    due_at: datetime | None
    limit: str | None = Field(
        description="Whose limit it is: `policy` or `agency setting`"
    )
    receipt: str | None = None


class MovePreview(BaseModel):
    case: str
    ladder: str
    step: str | None
    version: int = Field(description="The version it is judged by now")
    before: ClockPreview
    after: ClockPreview
    lapses_at_once: bool = Field(
        description="Under the other version the limit has already passed"
    )
    problem: str = Field(default="", description="Why it cannot move; empty if it can")


class CaseMigrated(BaseModel):
    case: str
    outcome: str = Field(
        description="`applied`, `recorded` (applied later) or `refused`"
    )
    detail: str = ""


async def move_case(
    move: MovePreview,
    target: PackInForce,
    reason: str,
    message_id: str,
    asking: Asking,
    services: Services,
) -> CaseMigrated:
    """As a message of its own, on its own timeline."""
    ladder = target.pack.conflict_policy.ladder(move.ladder)
    policy = target.pack.conflict_policy.model_copy(update={"ladders": (ladder,)})
    envelope = Envelope(
        message_id=f"{message_id}-{move.case}",
        actor=asking.actor(None),
        received_at=datetime.now(UTC),
        facts={
            "reason": reason,
            "pack": target.ref.id,
            "version": target.ref.version,
            "digest": target.ref.digest,
            "policy": policy.model_dump(mode="json"),
        },
    )
    try:
        done = await deliver(
            "conflict", move.case, "move_to_version", envelope, services
        )
    except (Refused, ThroughcareError) as error:
        return CaseMigrated(case=move.case, outcome="refused", detail=str(error))
    return CaseMigrated(case=move.case, outcome="applied" if done else "recorded")


# -- what it would change ----------------------------------------------------------------------------------------------


def case_moves(
    connection: Connection,
    target: PackInForce,
    calendars: Mapping[str, Calendar],
) -> tuple[MovePreview, ...]:
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
    calendar = calendars.get(agency(connection).calendar)
    found = rows(connection, cases)
    duties = _duties_by_case(connection, [row.id for row in found])
    moves = []
    for row in found:
        pack = pack_by_digest(connection, row.pack_digest)
        assert pack is not None, "a pack is kept once a case was opened under it"
        mine, old = duties.get(row.id, []), pack.conflict_policy
        moves.append(_preview(row, mine, old, target, calendar))
    return tuple(moves)


def _duties_by_case(
    connection: Connection, case_ids: list[str]
) -> dict[str, list[Duty]]:
    found: dict[str, list[Duty]] = {}
    query = select(DutyRow.case_id, DutyRow.body).where(
        DutyRow.case_id.in_(case_ids),
        DutyRow.status == DutyStatus.open,
        DutyRow.due_at.is_not(None),
    )
    for case_id, body in connection.execute(query):
        found.setdefault(case_id, []).append(Duty.model_validate(body))
    return found


def _preview(
    row: CaseRow,
    duties: list[Duty],
    old: ConflictPolicy,
    target: PackInForce,
    calendar: Calendar | None,
) -> MovePreview:
    clocks = [duty for duty in duties if duty.due_at == row.due_at]
    before = _clock_of(clocks[0] if clocks else None)
    problem = _problem(row, old, target.pack.conflict_policy)
    after, undated = before, ""
    if clocks and not problem:
        after, undated = _clock_after(row, clocks[0], target, calendar)
    return MovePreview(
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
    if "move_to_version" not in [each.message for each in allowed_of(row)]:
        return "It was opened before cases could be moved."
    ladders = {ladder.id: ladder for ladder in new.ladders}
    ladder = facts_of(row).ladder
    if ladder not in ladders:
        return f"That version has no ladder {ladder}."
    one = {"ladders": (old.ladder(ladder),)}
    other = {"ladders": (ladders[ladder],)}
    rungs = [rung.id for rung in old.ladder(ladder).rungs][: row.level]
    return misfit(old.model_copy(update=one), new.model_copy(update=other), rungs)


def _clock_of(duty: Duty | None) -> ClockPreview:
    if duty is None:
        return ClockPreview(due_at=None, limit=None)
    return ClockPreview(
        due_at=duty.due_at,
        limit=WHOSE[duty.basis] if duty.basis else None,
        receipt=duty.receipt.plain() if duty.receipt else None,
    )


def _clock_after(
    row: CaseRow, duty: Duty, target: PackInForce, calendar: Calendar | None
) -> tuple[ClockPreview, str]:
    """The limit by the other version, counted from when the rung began; in words why there is none."""
    rungs = {
        rung.id: rung
        for rung in target.pack.conflict_policy.ladder(facts_of(row).ladder).rungs
    }
    rung = rungs[row.step or ""]
    if rung.limit is None or duty.receipt is None:
        return ClockPreview(due_at=None, limit=None), ""
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
    return ClockPreview(due_at=receipt.due_at, limit=whose, receipt=receipt.plain()), ""
