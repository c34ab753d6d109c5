"""Seatings that a second person confirms: nobody becomes administrator or operator by one person's word.

proposed ──> confirmed, and only then seated
       └──> declined, by whoever may confirm it or by who proposed it; or replaced by another proposal for the seat
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from uuid import uuid4  # noqa: TID251 (people change the directory, a workflow never does)

from sqlalchemy import Connection, func, insert, select, update

from throughcare.case.base import Frozen
from throughcare.errors import ThroughcareError
from throughcare.store.access import ADMINISTRATOR, OPERATOR
from throughcare.store.changes import (
    change_holder,
    check_here,
    lock_for_transfer,
    record_change,
)
from throughcare.store.directory import absences
from throughcare.store.rows import one_row, rows
from throughcare.store.tables import Json, PersonRow, SeatingRow, SeatRow

NEED_TWO = (ADMINISTRATOR, OPERATOR)
"""The roles whose seats give no right before a second person has confirmed who sits there."""

_ADMINISTRATORS = 0x61646D696E
"""The number of the lock under which it is seen that an administrator stays; any number would do that nobody else uses."""


class NoSuchSeating(ThroughcareError):
    status = 404

    def __init__(self, seating_id: str) -> None:
        super().__init__(f"No seating {seating_id!r} waits for a confirmation.")


class NeedsSecondPerson(ThroughcareError):
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "Neither who proposed a seating nor who is to sit there confirms it; another administrator or Quality Assurance does."
        )


class CannotStandIn(ThroughcareError):
    status = 409

    def __init__(self, person_id: str, substitute_id: str, role: str) -> None:
        super().__init__(
            f"{person_id} sits as {role}, which takes a second person's confirmation: {substitute_id} can stand in once "
            "they were seated as such themself. Leave the substitute out, or have them seated first."
        )


class LastAdministrator(ThroughcareError):
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "Nobody would be left who sits as administrator. Have somebody else seated and confirmed there first."
        )


class SettledAs(StrEnum):
    confirmed = "confirmed"
    declined = "declined"
    replaced = "replaced"
    """By another proposal for the seat."""


class Seating(Frozen):
    """One that waits for its confirmation."""

    id: str
    seat_id: str
    person_id: str
    proposed_by: str
    proposed_at: datetime


def needs_two(connection: Connection, seat_id: str) -> bool:
    role = connection.scalar(select(SeatRow.role).where(SeatRow.id == seat_id))
    return role in NEED_TWO


def pending_seatings(connection: Connection) -> tuple[Seating, ...]:
    """The earliest first."""
    query = select(SeatingRow).where(SeatingRow.settled_at.is_(None))
    found = rows(connection, query.order_by(SeatingRow.proposed_at, SeatingRow.id))
    return tuple(Seating.model_validate(row, from_attributes=True) for row in found)


def seat_or_propose(
    connection: Connection,
    seat_id: str,
    person_id: str | None,
    *,
    by: str,
    at: datetime,
) -> bool:
    """Seat somebody, or nobody; False where it is proposed and waits. Raises as change_holder, and LastAdministrator."""
    known, seat = lock_for_transfer(connection, seat_id, person_id)
    if person_id is None or person_id == seat.person_id or seat.role not in NEED_TWO:
        with keeping_an_administrator(connection):
            change_holder(connection, seat_id, person_id, by=by, at=at)
        return True
    check_here(known, person_id, at)
    waiting = {each.seat_id: each for each in pending_seatings(connection)}
    before = waiting.get(seat_id)
    if before and before.person_id == person_id:
        return False
    if before:
        _settle(connection, before, SettledAs.replaced, by=by, at=at)
    seating = Seating(
        id=uuid4().hex,
        seat_id=seat_id,
        person_id=person_id,
        proposed_by=by,
        proposed_at=at,
    )
    connection.execute(insert(SeatingRow), seating.model_dump())
    after: Json = _described(seating)
    record_change(connection, "seating_proposed", [], {}, after, by=by, at=at)
    return False


def confirm_seating(
    connection: Connection, seating_id: str, *, by: str, at: datetime
) -> Seating:
    """Whoever may confirm is the caller's to know. Raises NoSuchSeating, NeedsSecondPerson, HasLeft and CannotStandIn."""
    seating = _waiting(connection, seating_id)
    if by in (seating.proposed_by, seating.person_id):
        raise NeedsSecondPerson
    lock_for_transfer(connection, seating.seat_id, seating.person_id)
    seating = _waiting(connection, seating_id)
    _settle(connection, seating, SettledAs.confirmed, by=by, at=at)
    with keeping_an_administrator(connection):
        change_holder(connection, seating.seat_id, seating.person_id, by=by, at=at)
    for each in absences(connection, at):
        if each.person == seating.person_id:
            check_may_stand_in(connection, each.person, each.substitute)
    return seating


def decline_seating(
    connection: Connection, seating_id: str, *, by: str, at: datetime
) -> Seating:
    """Raises NoSuchSeating."""
    seating = _waiting(connection, seating_id)
    lock_for_transfer(connection, seating.seat_id, seating.person_id)
    seating = _waiting(connection, seating_id)
    _settle(connection, seating, SettledAs.declined, by=by, at=at)
    return seating


def check_may_stand_in(
    connection: Connection, person_id: str, substitute_id: str | None
) -> None:
    """A substitute has the rights of the seat, so they too were confirmed in one like it. Raises CannotStandIn."""
    if substitute_id is None:
        return
    own, theirs = _roles(connection, person_id), _roles(connection, substitute_id)
    for role in NEED_TWO:
        if role in own and role not in theirs:
            raise CannotStandIn(person_id, substitute_id, role)


def has_administrator(connection: Connection) -> bool:
    """Whether somebody sits as administrator who has not left, and is not about to."""
    query = (
        select(SeatRow.id)
        .join(PersonRow, PersonRow.id == SeatRow.person_id)
        .where(SeatRow.role == ADMINISTRATOR, PersonRow.left_at.is_(None))
    )
    return connection.execute(query.limit(1)).first() is not None


@contextmanager
def keeping_an_administrator(connection: Connection) -> Iterator[None]:
    """For a change of the directory. Raises LastAdministrator where it would leave nobody who can change it back."""
    had = has_administrator(connection)
    yield
    if had and not has_administrator(connection):
        raise LastAdministrator
    if had and connection.dialect.name == "postgresql":
        # Two who leave at once: the second one looks when the first is done.
        connection.execute(select(func.pg_advisory_xact_lock(_ADMINISTRATORS)))
        if not has_administrator(connection):
            raise LastAdministrator


def _roles(connection: Connection, person_id: str) -> set[str]:
    query = select(SeatRow.role).where(SeatRow.person_id == person_id)
    return set(connection.scalars(query))


def _waiting(connection: Connection, seating_id: str) -> Seating:
    row = one_row(
        connection,
        select(SeatingRow).where(
            SeatingRow.id == seating_id, SeatingRow.settled_at.is_(None)
        ),
    )
    if row is None:
        raise NoSuchSeating(seating_id)
    return Seating.model_validate(row, from_attributes=True)


def _settle(
    connection: Connection, seating: Seating, how: SettledAs, *, by: str, at: datetime
) -> None:
    connection.execute(
        update(SeatingRow)
        .where(SeatingRow.id == seating.id)
        .values(settled_as=how, settled_by=by, settled_at=at)
    )
    before: Json = _described(seating)
    after: Json = {"seating": seating.id}
    record_change(connection, f"seating_{how}", [], before, after, by=by, at=at)


def _described(seating: Seating) -> dict[str, object]:
    return {
        "seating": seating.id,
        "seat": seating.seat_id,
        "person": seating.person_id,
        "proposed_by": seating.proposed_by,
    }
