"""Reading duties across cases: my work, a seat's, a team's, a clause's, what is overdue, what was done. Plain SQL."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    case,
    func,
    literal,
    select,
    tuple_,
)

from throughcare.case.base import Frozen
from throughcare.case.duty import DutyStatus
from throughcare.store.access import Scope
from throughcare.store.case_lists import OF_ITS_KIND, CaseLine, joined
from throughcare.store.rows import NO_TOTAL, Total
from throughcare.store.tables import (
    CaseRow,
    DutyHolderRow,
    DutyRow,
    Json,
    ReportsToRow,
    Utc,
)
from throughcare.time.deadline import Instant

OUTSTANDING = (DutyStatus.open, DutyStatus.missed)
DONE = (DutyStatus.met, DutyStatus.met_late)

# A duty without a limit comes after every duty that has one.
NEVER_AT = datetime(9999, 12, 31, tzinfo=UTC)
DUE = func.coalesce(DutyRow.due_at, literal(NEVER_AT, Utc()), type_=Utc())


class DutyFilter(Frozen):
    """Which duties are asked for. `seats`: only those held by one of these. `overdue_at`: past their limit then. `done_by`:
    whoever did them."""

    status: tuple[str, ...] = OUTSTANDING
    seats: tuple[str, ...] | None = None
    clause: str | None = None
    case_id: str | None = None
    overdue_at: datetime | None = None
    done_by: str | None = None

    @property
    def only_outstanding(self) -> bool:
        return set(self.status) <= set(OUTSTANDING)


class DutyKey(Frozen):
    """Where a page of duties ended. `at` is what they are ordered by: when they are due, or when they were done."""

    at: Instant
    case_id: str
    id: str


class DutyLine(CaseLine, Protocol):
    """A duty with the case it is of."""

    duty_id: str
    duty_due_at: datetime | None
    done_at: datetime | None
    body: Json


class Urgency(Frozen):
    """How many duties are still to be done, by when they are due."""

    overdue: int
    today: int
    in_seven_days: int
    later: int
    without_limit: int


_LINES = joined(
    select(
        DutyRow.id.label("duty_id"),
        DutyRow.due_at.label("duty_due_at"),
        DutyRow.done_at,
        DutyRow.body,
        CaseRow.id,
        CaseRow.kind,
        CaseRow.status,
        CaseRow.step,
        CaseRow.step_title,
        CaseRow.program,
        CaseRow.program_title,
        CaseRow.client_id,
        *OF_ITS_KIND,
    ).join(CaseRow, CaseRow.id == DutyRow.case_id)
)


def list_duties(
    connection: Connection,
    scope: Scope,
    wanted: DutyFilter,
    *,
    after: DutyKey | None,
    limit: int,
    last_done_first: bool = False,
    total: Total = NO_TOTAL,
) -> Sequence[DutyLine]:
    """Soonest due first, or what was done last first. One more than `limit` comes back where there is another page."""
    query = _asked(_LINES, scope, wanted)
    total.count(connection, query)
    order = (DutyRow.done_at if last_done_first else DUE, DutyRow.case_id, DutyRow.id)
    if after:
        key, end = (
            tuple_(*order),
            tuple_(literal(after.at, Utc()), literal(after.case_id), literal(after.id)),
        )
        query = query.where(key < end if last_done_first else key > end)
    if last_done_first:
        query = query.order_by(*(each.desc() for each in order))
    else:
        query = query.order_by(*order)
    found: Any = connection.execute(query.limit(limit + 1))
    lines: Sequence[DutyLine] = found.all()
    return lines


def key_of(line: DutyLine, *, last_done_first: bool = False) -> DutyKey:
    at = line.done_at if last_done_first else line.duty_due_at
    return DutyKey(at=at or NEVER_AT, case_id=line.id, id=line.duty_id)


def count_duties(
    connection: Connection,
    scope: Scope,
    wanted: DutyFilter,
    *,
    now: datetime,
    end_of_today: datetime,
    end_of_week: datetime,
) -> Urgency:
    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(case((condition, 1)))

    due = DutyRow.due_at
    query = _asked(
        select(
            number(due < now),
            number(due.between(now, end_of_today)),
            number((due > end_of_today) & (due <= end_of_week)),
            number(due > end_of_week),
            number(due.is_(None)),
        ).select_from(DutyRow),
        scope,
        wanted,
    )
    overdue, today, week, later, without = connection.execute(query).one()
    return Urgency(
        overdue=overdue,
        today=today,
        in_seven_days=week,
        later=later,
        without_limit=without,
    )


def seats_below(connection: Connection, seats: Collection[str]) -> tuple[str, ...]:
    """Every seat that reports to one of these, straight or through others; not these themselves."""
    found, new = set(seats), set(seats)
    while new:
        query = select(ReportsToRow.seat_id).where(ReportsToRow.above_id.in_(new))
        new = set(connection.scalars(query)) - found
        found |= new
    return tuple(sorted(found - set(seats)))


def _asked(
    query: Select[*tuple[Any, ...]], scope: Scope, wanted: DutyFilter
) -> Select[*tuple[Any, ...]]:
    if wanted.seats is not None:
        # Joined, not asked for by IN: the database would else look through every duty that is still to be done.
        held = _held_by(wanted.seats, still=wanted.only_outstanding)
        theirs = (DutyRow.case_id == held.c.case_id) & (DutyRow.id == held.c.duty_id)
        query = query.join(held, theirs)
    return query.where(scope.covers(DutyRow.case_id), *_conditions(wanted))


def _conditions(wanted: DutyFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [DutyRow.status.in_(wanted.status)]
    if wanted.clause:
        found.append(DutyRow.clause == wanted.clause)
    if wanted.case_id:
        found.append(DutyRow.case_id == wanted.case_id)
    if wanted.done_by:
        found.append(DutyRow.done_by == wanted.done_by)
    if wanted.overdue_at:
        found.append(DutyRow.due_at < wanted.overdue_at)
        found.append(DutyRow.status.in_(OUTSTANDING))
    if wanted.seats is not None and not wanted.only_outstanding:
        # Whoever has done their part of a shared duty has nothing left to do in it.
        open_to_them = _held_by(wanted.seats, still=True)
        duty = tuple_(DutyRow.case_id, DutyRow.id)
        found.append(
            DutyRow.status.not_in(OUTSTANDING)
            | duty.in_(select(open_to_them.c.case_id, open_to_them.c.duty_id))
        )
    return found


def _held_by(seats: tuple[str, ...], *, still: bool) -> Subquery:
    """Each duty once, however many of these seats hold it."""
    held = select(DutyHolderRow.case_id, DutyHolderRow.duty_id).distinct()
    held = held.where(DutyHolderRow.seat_id.in_(seats))
    if still:
        held = held.where(DutyHolderRow.open.is_(True))
    return held.subquery()
