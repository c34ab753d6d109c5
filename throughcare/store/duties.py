"""Reading duties across cases: my work, a seat's, a clause's, what is overdue."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Subquery, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen
from throughcare.case.duty import DutyStatus
from throughcare.store.access import Scope
from throughcare.store.tables import DutyHolderRow, DutyRow, Utc
from throughcare.time.deadline import Instant

OUTSTANDING = (DutyStatus.open, DutyStatus.missed)

# A duty without a limit comes after every duty that has one.
NEVER_AT = datetime(9999, 12, 31, tzinfo=UTC)
DUE = func.coalesce(DutyRow.due_at, literal(NEVER_AT, Utc()), type_=Utc())


class DutyFilter(Frozen):
    """Which duties are asked for. `seats`: only those held by one of these. `overdue_at`: past their limit then."""

    status: tuple[str, ...] = OUTSTANDING
    seats: tuple[str, ...] | None = None
    clause: str | None = None
    case_id: str | None = None
    overdue_at: datetime | None = None

    @property
    def only_outstanding(self) -> bool:
        return set(self.status) <= set(OUTSTANDING)


class DutyKey(Frozen):
    """Where a page of duties ended."""

    due_at: Instant
    case_id: str
    id: str


def key_of(row: DutyRow) -> DutyKey:
    return DutyKey(due_at=row.due_at or NEVER_AT, case_id=row.case_id, id=row.id)


async def list_duties(
    session: AsyncSession,
    scope: Scope,
    wanted: DutyFilter,
    *,
    after: DutyKey | None,
    limit: int,
) -> Sequence[DutyRow]:
    """Soonest due first. One more than `limit` comes back where there is another page."""
    query = select(DutyRow)
    if wanted.seats is not None:
        # Joined, not asked for by IN: the database would else look through every duty that is still to be done.
        held = _held_by(wanted.seats, still=wanted.only_outstanding)
        theirs = (DutyRow.case_id == held.c.case_id) & (DutyRow.id == held.c.duty_id)
        query = query.join(held, theirs)
    query = query.where(scope.covers(DutyRow.case_id), *_conditions(wanted))
    key = tuple_(DUE, DutyRow.case_id, DutyRow.id)
    if after:
        end = (literal(after.due_at, Utc()), after.case_id, after.id)
        query = query.where(key > tuple_(*end))
    query = query.order_by(DUE, DutyRow.case_id, DutyRow.id)
    return (await session.scalars(query.limit(limit + 1))).all()


def _conditions(wanted: DutyFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [DutyRow.status.in_(wanted.status)]
    if wanted.clause:
        found.append(DutyRow.clause == wanted.clause)
    if wanted.case_id:
        found.append(DutyRow.case_id == wanted.case_id)
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
