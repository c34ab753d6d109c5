"""Departures: what moves when somebody leaves, and its carrying out. Who sits where afterwards decides; clocks run on."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from throughcare.case.base import Frozen
from throughcare.errors import NotForYou, ThroughcareError
from throughcare.store.changes import (
    HasLeft,
    NoSuchPerson,
    change_holder,
    check_here,
    lock_people,
    lock_seat,
    record_change,
    seats_filled_by,
)
from throughcare.store.database import undone
from throughcare.store.directory import AbsenceFacts, absences
from throughcare.store.occupancy import HOLDER_PLANNED, plans_for
from throughcare.store.seatings import keeping_an_administrator, needs_two
from throughcare.store.tables import ApiKeyRow, Json, PersonRow, SeatRow
from throughcare.usecases.asking import Asking, supervises
from throughcare.usecases.seat_transfers import (
    MovedMeanwhile,
    SeatTransfer,
    digest,
    moved_by,
    sitting,
)


class HasLeftAlready(ThroughcareError):
    status = 409

    def __init__(self, person_id: str) -> None:
        super().__init__(f"{person_id} has left already.")


class LeavesNowhere(ThroughcareError):
    status = 409

    def __init__(self, person_id: str) -> None:
        super().__init__(f"No departure of {person_id} is planned.")


class NotADeparture(ThroughcareError):
    status = 422


class Departure(Frozen):
    """What moves, which absences lose their substitute or their reason, and which API keys end."""

    person: str
    left_at: datetime
    moves: tuple[SeatTransfer, ...]
    absences: tuple[AbsenceFacts, ...]
    api_keys: tuple[str, ...]

    @property
    def digest(self) -> str:
        return digest(self.moves, *(each.id for each in self.absences), *self.api_keys)


def departure_preview(
    connection: Connection,
    asking: Asking,
    person_id: str,
    left_at: datetime,
    successors: Mapping[str, str | None],
    *,
    at: datetime,
) -> Departure:
    """For the administrator, and for whoever supervises them. Raises NotForYou, and as `depart`."""
    if not asking.is_administrator and not supervises(connection, asking, person_id):
        raise NotForYou(
            "Somebody's departure is for the Agency Administrator; whoever supervises them may see what it would move."
        )
    with undone(connection):
        return depart(
            connection, person_id, left_at, successors, by=asking.person_id, at=at
        )


def depart(
    connection: Connection,
    person_id: str,
    left_at: datetime,
    successors: Mapping[str, str | None],
    *,
    by: str,
    at: datetime,
    expected: str | None = None,
) -> Departure:
    """They leave, now or on a day to come, and their seats go to whoever is named, or to nobody. `expected` is the digest
    of a preview. Raises NoSuchPerson, HasLeftAlready, HasLeft, NotADeparture, LastAdministrator and MovedMeanwhile."""
    known = lock_leaver(connection, person_id, successors.values())
    _check_leaver(known, person_id, at)
    own = _own_seats(connection, person_id)
    _check_successors(connection, known, person_id, own, successors, left_at)
    if left_at < at:
        raise NotADeparture("A departure is now or on a day to come.")
    seat_ids = seats_filled_by(connection, person_id, at)
    before = sitting(connection, seat_ids, left_at)
    with keeping_an_administrator(connection):
        _record_leaving(connection, person_id, left_at, seat_ids, by=by, at=at)
    for seat_id in own:
        follower = successors.get(seat_id)
        if left_at > at:
            _plan(connection, seat_id, person_id, follower, by=by, at=at)
        else:
            change_holder(connection, seat_id, follower, by=by, at=at)
    departure = Departure(
        person=person_id,
        left_at=left_at,
        moves=moved_by(connection, before, left_at, meant=successors),
        absences=_absences_of(connection, person_id, left_at),
        api_keys=_keys_of(connection, person_id),
    )
    if expected not in (None, departure.digest):
        raise MovedMeanwhile
    return departure


def lock_leaver(
    connection: Connection, person_id: str, successors: Collection[str | None]
) -> dict[str, PersonRow]:
    """With whoever follows them: who is locked later than another would be waited for the wrong way round."""
    return lock_people(connection, [person_id, *filter(None, successors)])


def stay(connection: Connection, person_id: str, *, by: str, at: datetime) -> None:
    """They do not leave after all. Raises NoSuchPerson, HasLeftAlready and LeavesNowhere."""
    person = _check_leaver(lock_people(connection, [person_id]), person_id, at)
    if person.left_at is None:
        raise LeavesNowhere(person_id)
    seat_ids = seats_filled_by(connection, person_id, at)
    before: Json = {"person": person_id, "left_at": person.left_at.isoformat()}
    after: Json = {"person": person_id}
    record_change(connection, "person_stays", seat_ids, before, after, by=by, at=at)
    _set_left_at(connection, person_id, None)


def seats_left_behind(connection: Connection, at: datetime) -> tuple[str, ...]:
    """The seats of people who have left, to be given to their successors."""
    found = connection.scalars(
        select(SeatRow.id)
        .join(PersonRow, PersonRow.id == SeatRow.person_id)
        .where(PersonRow.left_at <= at)
        .order_by(SeatRow.id)
    )
    return tuple(found)


def seat_successor(connection: Connection, seat_id: str, at: datetime) -> None:
    """Seat whoever was to follow; done before, it changes nothing. One who has left meanwhile leaves the seat empty."""
    holder = connection.scalar(select(SeatRow.person_id).where(SeatRow.id == seat_id))
    plan = plans_for(connection, {holder}).get((seat_id, holder)) if holder else None
    if holder is None or plan is None:
        return
    follower = plan.after.person
    known = lock_people(connection, [each for each in (holder, follower) if each])
    left_at = known[holder].left_at
    # Looked at again now that nobody can change it: somebody else may have been seated, or they may stay.
    if (
        left_at is None
        or left_at > at
        or lock_seat(connection, seat_id).person_id != holder
    ):
        return
    try:
        change_holder(connection, seat_id, follower, by=plan.person_id, at=at)
    except HasLeft:
        change_holder(connection, seat_id, None, by=plan.person_id, at=at)


def _record_leaving(
    connection: Connection,
    person_id: str,
    left_at: datetime,
    seat_ids: Sequence[str],
    *,
    by: str,
    at: datetime,
) -> None:
    before: Json = {"person": person_id}
    after: Json = {"person": person_id, "left_at": left_at.isoformat()}
    record_change(connection, "person_leaves", seat_ids, before, after, by=by, at=at)
    _set_left_at(connection, person_id, left_at)


def _set_left_at(
    connection: Connection, person_id: str, left_at: datetime | None
) -> None:
    connection.execute(
        update(PersonRow).where(PersonRow.id == person_id).values(left_at=left_at)
    )


def _plan(
    connection: Connection,
    seat_id: str,
    leaver: str,
    follower: str | None,
    *,
    by: str,
    at: datetime,
) -> None:
    before: Json = {"person": leaver}
    after: Json = {"person": follower}
    record_change(connection, HOLDER_PLANNED, [seat_id], before, after, by=by, at=at)


def _check_leaver(
    known: Mapping[str, PersonRow], person_id: str, at: datetime
) -> PersonRow:
    person = known.get(person_id)
    if person is None:
        raise NoSuchPerson(person_id)
    if person.left_at is not None and person.left_at <= at:
        raise HasLeftAlready(person_id)
    return person


def _own_seats(connection: Connection, person_id: str) -> tuple[str, ...]:
    mine = select(SeatRow.id).where(SeatRow.person_id == person_id)
    locked = mine.order_by(SeatRow.id).with_for_update(key_share=True)
    return tuple(connection.scalars(locked))


def _check_successors(
    connection: Connection,
    known: Mapping[str, PersonRow],
    person_id: str,
    own: tuple[str, ...],
    successors: Mapping[str, str | None],
    left_at: datetime,
) -> None:
    for seat_id, follower in successors.items():
        if seat_id not in own:
            listed = ", ".join(own) or "none"
            raise NotADeparture(
                f"{person_id} does not hold the seat {seat_id!r}. Seats they hold: {listed}."
            )
        if follower == person_id:
            raise NotADeparture("Nobody follows themself; name somebody else.")
        if follower is not None:
            check_here(known, follower, left_at)
            if needs_two(connection, seat_id):
                raise NotADeparture(
                    f"{seat_id} is given to somebody by PUT /seats/{seat_id}/holder, which a second person confirms. Leave it "
                    "out here."
                )


def _absences_of(
    connection: Connection, person_id: str, left_at: datetime
) -> tuple[AbsenceFacts, ...]:
    """Those they are absent for or stand in at, from then on."""
    found = absences(connection, left_at)
    return tuple(each for each in found if person_id in (each.person, each.substitute))


def _keys_of(connection: Connection, person_id: str) -> tuple[str, ...]:
    found = connection.scalars(
        select(ApiKeyRow.id)
        .where(ApiKeyRow.person_id == person_id, ApiKeyRow.revoked_at.is_(None))
        .order_by(ApiKeyRow.id)
    )
    return tuple(found)
