"""Changes to the directory. Each writes its own trail, from which open cases are told of it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4  # noqa: TID251 (people change the directory, a workflow never does)

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen
from throughcare.errors import ThroughcareError
from throughcare.store.presence import ends_at, not_over
from throughcare.store.tables import (
    AbsenceRow,
    DirectoryChangeRow,
    Json,
    PersonRow,
    SeatRow,
)


class NoSuchSeat(ThroughcareError):
    status = 404

    def __init__(self, seat_id: str) -> None:
        super().__init__(f"The directory has no seat {seat_id!r}.")


class NoSuchPerson(ThroughcareError):
    status = 422

    def __init__(self, person_id: str) -> None:
        super().__init__(f"The directory has no person {person_id!r}.")
        self.person_id = person_id


class HasLeft(ThroughcareError):
    status = 422

    def __init__(self, person_id: str) -> None:
        super().__init__(f"{person_id} has left; name somebody who is still there.")


class NoSuchAbsence(ThroughcareError):
    status = 404

    def __init__(self, absence_id: str) -> None:
        super().__init__(f"The directory has no absence {absence_id!r}.")


class AbsenceIsOver(ThroughcareError):
    status = 409

    def __init__(self, absence_id: str) -> None:
        super().__init__(f"The absence {absence_id} is over already.")


class AlreadyAbsent(ThroughcareError):
    status = 409

    def __init__(self, other: AbsenceRow) -> None:
        super().__init__(
            f"{other.person_id} is already absent from {other.from_at.isoformat()} to {ends_at(other).isoformat()}; end that absence first."
        )


class NotAnAbsence(ThroughcareError):
    status = 422


class UntoldChange(Frozen):
    """A change that open cases have not been told of yet."""

    id: str
    seat_ids: tuple[str, ...]


async def change_holder(
    session: AsyncSession,
    seat_id: str,
    person_id: str | None,
    *,
    by: str,
    at: datetime,
) -> None:
    """Seat somebody, or nobody. Clocks are untouched. Raises NoSuchSeat, NoSuchPerson and HasLeft."""
    seat = await session.get(SeatRow, seat_id, with_for_update=True)
    if seat is None:
        raise NoSuchSeat(seat_id)
    if person_id is not None:
        await someone_here(session, person_id, at)
    if seat.person_id == person_id:
        return
    before: Json = {"person": seat.person_id, "since_at": seat.since_at.isoformat()}
    after: Json = {"person": person_id, "since_at": at.isoformat()}
    seat.person_id, seat.since_at = person_id, at
    record_change(session, "holder_changed", [seat_id], before, after, by=by, at=at)


async def add_absence(
    session: AsyncSession,
    person_id: str,
    substitute_id: str | None,
    from_at: datetime,
    to_at: datetime,
    *,
    by: str,
    at: datetime,
) -> str:
    """Returns its id. Raises NotAnAbsence, AlreadyAbsent, NoSuchPerson and HasLeft."""
    if not from_at < to_at or to_at <= at:
        raise NotAnAbsence("An absence ends after it begins, and not in the past.")
    if substitute_id == person_id:
        raise NotAnAbsence(
            "Nobody stands in for themself; name somebody else, or nobody."
        )
    for person in filter(None, (person_id, substitute_id)):
        await someone_here(session, person, at)
    await _refuse_overlap(session, person_id, from_at, to_at, at)
    row = AbsenceRow(
        id=uuid4().hex,
        person_id=person_id,
        substitute_id=substitute_id,
        from_at=from_at,
        to_at=to_at,
    )
    seat_ids = await seats_filled_by(session, person_id, at)
    session.add(row)
    record_change(session, "absence_added", seat_ids, {}, _described(row), by=by, at=at)
    return row.id


async def end_absence(
    session: AsyncSession, absence_id: str, *, by: str, at: datetime
) -> None:
    """They are back, or will not be away after all. Raises NoSuchAbsence and AbsenceIsOver."""
    row = await session.get(AbsenceRow, absence_id, with_for_update=True)
    if row is None:
        raise NoSuchAbsence(absence_id)
    if ends_at(row) <= at:
        raise AbsenceIsOver(absence_id)
    before = _described(row)
    row.ended_early_at = at
    seat_ids = await seats_filled_by(session, row.person_id, at)
    record_change(
        session, "absence_ended", seat_ids, before, _described(row), by=by, at=at
    )


async def untold_changes(session: AsyncSession) -> tuple[UntoldChange, ...]:
    """The earliest first."""
    rows = await session.scalars(
        select(DirectoryChangeRow)
        .where(DirectoryChangeRow.told_at.is_(None))
        .order_by(DirectoryChangeRow.at, DirectoryChangeRow.id)
    )
    return tuple(UntoldChange.model_validate(row, from_attributes=True) for row in rows)


async def mark_told(session: AsyncSession, change_id: str, at: datetime) -> None:
    await session.execute(
        update(DirectoryChangeRow)
        .where(DirectoryChangeRow.id == change_id)
        .values(told_at=at)
    )


async def someone_here(session: AsyncSession, person_id: str, at: datetime) -> None:
    person = await session.get(PersonRow, person_id)
    if person is None:
        raise NoSuchPerson(person_id)
    if person.left_at is not None and person.left_at <= at:
        raise HasLeft(person_id)


async def _refuse_overlap(
    session: AsyncSession,
    person_id: str,
    from_at: datetime,
    to_at: datetime,
    at: datetime,
) -> None:
    rows = await session.scalars(
        select(AbsenceRow).where(not_over(at), AbsenceRow.person_id == person_id)
    )
    for other in rows:
        if from_at < ends_at(other) and other.from_at < to_at:
            raise AlreadyAbsent(other)


async def seats_filled_by(
    session: AsyncSession, person_id: str, at: datetime
) -> Sequence[str]:
    """The person's own seats, and those they take as somebody's substitute."""
    covered = select(AbsenceRow.person_id).where(
        not_over(at), AbsenceRow.substitute_id == person_id
    )
    held = SeatRow.person_id == person_id
    found = await session.scalars(
        select(SeatRow.id)
        .where(held | SeatRow.person_id.in_(covered))
        .order_by(SeatRow.id)
    )
    return found.all()


def _described(row: AbsenceRow) -> Json:
    ended = row.ended_early_at
    return {
        "absence": row.id,
        "person": row.person_id,
        "substitute": row.substitute_id,
        "from_at": row.from_at.isoformat(),
        "to_at": row.to_at.isoformat(),
        "ended_early_at": ended.isoformat() if ended else None,
    }


def record_change(
    session: AsyncSession,
    what: str,
    seat_ids: Sequence[str],
    before: Json,
    after: Json,
    *,
    by: str,
    at: datetime,
) -> None:
    session.add(
        DirectoryChangeRow(
            id=uuid4().hex,
            at=at,
            person_id=by,
            what=what,
            seat_ids=list(seat_ids),
            before=before,
            after=after,
        )
    )
