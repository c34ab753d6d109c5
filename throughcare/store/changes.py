"""Changes to the directory. Each writes its own trail, from which open cases are told of it.

Rows are locked in one order, so that two changes never wait for each other: people by id, then seats by id. A person's
row stands for their absences and for the seats they hold.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import uuid4  # noqa: TID251 (people change the directory, a workflow never does)

from sqlalchemy import Connection, insert, select, update

from throughcare.errors import ThroughcareError
from throughcare.store.occupancy import ends_at, not_over
from throughcare.store.outbox import note_untold
from throughcare.store.rows import one_row, rows
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


def change_holder(
    connection: Connection,
    seat_id: str,
    person_id: str | None,
    *,
    by: str,
    at: datetime,
) -> None:
    """Seat somebody, or nobody. Clocks are untouched. Raises NoSuchSeat, NoSuchPerson and HasLeft."""
    known, seat = lock_for_transfer(connection, seat_id, person_id)
    if person_id is not None:
        check_here(known, person_id, at)
    if seat.person_id == person_id:
        return
    before: Json = {"person": seat.person_id, "since_at": seat.since_at.isoformat()}
    after: Json = {"person": person_id, "since_at": at.isoformat()}
    connection.execute(
        update(SeatRow)
        .where(SeatRow.id == seat_id)
        .values(person_id=person_id, since_at=at)
    )
    record_change(connection, "holder_changed", [seat_id], before, after, by=by, at=at)


def add_absence(
    connection: Connection,
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
    named = [person for person in (person_id, substitute_id) if person]
    known = lock_people(connection, named)
    for person in named:
        check_here(known, person, at)
    _refuse_overlap(connection, person_id, from_at, to_at, at)
    absence_id = uuid4().hex
    connection.execute(
        insert(AbsenceRow).values(
            id=absence_id,
            person_id=person_id,
            substitute_id=substitute_id,
            from_at=from_at,
            to_at=to_at,
        )
    )
    seat_ids = seats_filled_by(connection, person_id, at)
    after = _described(lock_absence(connection, absence_id))
    record_change(connection, "absence_added", seat_ids, {}, after, by=by, at=at)
    return absence_id


def end_absence(
    connection: Connection, absence_id: str, *, by: str, at: datetime
) -> None:
    """They are back, or will not be away after all. Raises NoSuchAbsence and AbsenceIsOver."""
    row = lock_absence(connection, absence_id)
    if ends_at(row) <= at:
        raise AbsenceIsOver(absence_id)
    connection.execute(
        update(AbsenceRow).where(AbsenceRow.id == absence_id).values(ended_early_at=at)
    )
    before = _described(row)
    after: Json = {**before, "ended_early_at": at.isoformat()}
    seat_ids = seats_filled_by(connection, row.person_id, at)
    record_change(connection, "absence_ended", seat_ids, before, after, by=by, at=at)


# -- what is locked and checked -------------------------------------------------------------------------------------


def lock_people(
    connection: Connection, person_ids: Collection[str]
) -> dict[str, PersonRow]:
    """By id, those there are. Until the end of the transaction nobody else changes what they hold or when they are away."""
    query = select(PersonRow).where(PersonRow.id.in_(person_ids)).order_by(PersonRow.id)
    # A row that only refers to one of them, a key or a trail, need not wait.
    locked = rows(connection, query.with_for_update(key_share=True))
    return {row.id: row for row in locked}


def lock_for_transfer(
    connection: Connection, seat_id: str, person_id: str | None
) -> tuple[dict[str, PersonRow], SeatRow]:
    """A seat and who is to sit there. Raises NoSuchSeat."""
    known = lock_people(connection, [person_id] if person_id else [])
    return known, lock_seat(connection, seat_id)


def lock_seat(connection: Connection, seat_id: str) -> SeatRow:
    """Raises NoSuchSeat."""
    query = select(SeatRow).where(SeatRow.id == seat_id)
    row = one_row(connection, query.with_for_update(key_share=True))
    if row is None:
        raise NoSuchSeat(seat_id)
    return row


def lock_absence(connection: Connection, absence_id: str) -> AbsenceRow:
    """Raises NoSuchAbsence."""
    query = select(AbsenceRow).where(AbsenceRow.id == absence_id)
    row = one_row(connection, query.with_for_update())
    if row is None:
        raise NoSuchAbsence(absence_id)
    return row


def check_here(known: Mapping[str, PersonRow], person_id: str, at: datetime) -> None:
    """Raises NoSuchPerson and HasLeft."""
    person = known.get(person_id)
    if person is None:
        raise NoSuchPerson(person_id)
    if person.left_at is not None and person.left_at <= at:
        raise HasLeft(person_id)


def someone_here(connection: Connection, person_id: str, at: datetime) -> None:
    """Raises NoSuchPerson and HasLeft."""
    check_here(lock_people(connection, [person_id]), person_id, at)


def _refuse_overlap(
    connection: Connection,
    person_id: str,
    from_at: datetime,
    to_at: datetime,
    at: datetime,
) -> None:
    theirs = select(AbsenceRow).where(not_over(at), AbsenceRow.person_id == person_id)
    for other in rows(connection, theirs):
        if from_at < ends_at(other) and other.from_at < to_at:
            raise AlreadyAbsent(other)


def seats_filled_by(
    connection: Connection, person_id: str, at: datetime
) -> Sequence[str]:
    """The person's own seats, and those they take as somebody's substitute."""
    covered = select(AbsenceRow.person_id).where(
        not_over(at), AbsenceRow.substitute_id == person_id
    )
    held = SeatRow.person_id == person_id
    found = connection.scalars(
        select(SeatRow.id)
        .where(held | SeatRow.person_id.in_(covered))
        .order_by(SeatRow.id)
    )
    return found.all()


# -- the trail ------------------------------------------------------------------------------------------------------


def _described(row: AbsenceRow) -> dict[str, object]:
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
    connection: Connection,
    what: str,
    seat_ids: Sequence[str],
    before: Json,
    after: Json,
    *,
    by: str,
    at: datetime,
) -> None:
    change = {
        "id": uuid4().hex,
        "at": at,
        "person_id": by,
        "what": what,
        "seat_ids": list(seat_ids),
        "before": before,
        "after": after,
    }
    connection.execute(insert(DirectoryChangeRow), change)
    if seat_ids:
        note_untold(connection, at, seat_ids=seat_ids)
