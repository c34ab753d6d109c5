"""Departures: what moves when somebody leaves, and its carrying out. Who sits where afterwards decides; clocks run on."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen
from throughcare.errors import ThroughcareError
from throughcare.store.changes import (
    HasLeft,
    NoSuchPerson,
    change_holder,
    record_change,
    seats_filled_by,
    someone_here,
)
from throughcare.store.database import within
from throughcare.store.directory import AbsenceFacts, absences
from throughcare.store.moves import Move, digest, moved_by, sitting
from throughcare.store.presence import HOLDER_PLANNED, plans_for
from throughcare.store.tables import ApiKeyRow, Json, PersonRow, SeatRow


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
    moves: tuple[Move, ...]
    absences: tuple[AbsenceFacts, ...]
    api_keys: tuple[str, ...]

    @property
    def digest(self) -> str:
        return digest(self.moves, *(each.id for each in self.absences), *self.api_keys)


async def depart(
    session: AsyncSession,
    person_id: str,
    left_at: datetime,
    successors: Mapping[str, str | None],
    *,
    by: str,
    at: datetime,
) -> Departure:
    """They leave, now or on a day to come, and their seats go to whoever is named, or to nobody. Rolled back, it is the
    preview. Raises NoSuchPerson, HasLeftAlready, HasLeft and NotADeparture."""
    person = await _leaver(session, person_id, at)
    own = await _own_seats(session, person_id)
    await _check_successors(session, person_id, own, successors, left_at)
    if left_at < at:
        raise NotADeparture("A departure is now or on a day to come.")
    seat_ids = await seats_filled_by(session, person_id, at)
    before = await sitting(session, seat_ids, left_at)
    here: Json = {"person": person_id}
    leaving: Json = {"person": person_id, "left_at": left_at.isoformat()}
    record_change(session, "person_leaves", seat_ids, here, leaving, by=by, at=at)
    person.left_at = left_at
    for seat_id in own:
        follower = successors.get(seat_id)
        if left_at > at:
            _plan(session, seat_id, person_id, follower, by=by, at=at)
        else:
            await change_holder(session, seat_id, follower, by=by, at=at)
    await session.flush()
    return Departure(
        person=person_id,
        left_at=left_at,
        moves=await moved_by(session, before, left_at, meant=successors),
        absences=await _absences_of(session, person_id, left_at),
        api_keys=await _keys_of(session, person_id),
    )


async def stay(session: AsyncSession, person_id: str, *, by: str, at: datetime) -> None:
    """They do not leave after all. Raises NoSuchPerson, HasLeftAlready and LeavesNowhere."""
    person = await _leaver(session, person_id, at)
    if person.left_at is None:
        raise LeavesNowhere(person_id)
    seat_ids = await seats_filled_by(session, person_id, at)
    before: Json = {"person": person_id, "left_at": person.left_at.isoformat()}
    after: Json = {"person": person_id}
    record_change(session, "person_stays", seat_ids, before, after, by=by, at=at)
    person.left_at = None


async def seats_left_behind(session: AsyncSession, at: datetime) -> tuple[str, ...]:
    """The seats of people who have left, to be given to their successors."""
    found = await session.scalars(
        select(SeatRow.id)
        .join(PersonRow, PersonRow.id == SeatRow.person_id)
        .where(PersonRow.left_at <= at)
        .order_by(SeatRow.id)
    )
    return tuple(found)


async def seat_successor(session: AsyncSession, seat_id: str, at: datetime) -> None:
    """Seat whoever was to follow; done before, it changes nothing. One who has left meanwhile leaves the seat empty."""
    seat = await session.get_one(SeatRow, seat_id, with_for_update=True)
    leaver = await session.get(PersonRow, seat.person_id) if seat.person_id else None
    if leaver is None or leaver.left_at is None or leaver.left_at > at:
        return
    plan = (await within(session, plans_for, {leaver.id})).get((seat_id, leaver.id))
    if plan is None:
        return
    try:
        await change_holder(
            session, seat_id, plan.after.person, by=plan.person_id, at=at
        )
    except HasLeft:
        await change_holder(session, seat_id, None, by=plan.person_id, at=at)


def _plan(
    session: AsyncSession,
    seat_id: str,
    leaver: str,
    follower: str | None,
    *,
    by: str,
    at: datetime,
) -> None:
    before: Json = {"person": leaver}
    after: Json = {"person": follower}
    record_change(session, HOLDER_PLANNED, [seat_id], before, after, by=by, at=at)


async def _leaver(session: AsyncSession, person_id: str, at: datetime) -> PersonRow:
    person = await session.get(PersonRow, person_id, with_for_update=True)
    if person is None:
        raise NoSuchPerson(person_id)
    if person.left_at is not None and person.left_at <= at:
        raise HasLeftAlready(person_id)
    return person


async def _own_seats(session: AsyncSession, person_id: str) -> tuple[str, ...]:
    mine = select(SeatRow.id).where(SeatRow.person_id == person_id)
    return tuple(await session.scalars(mine.order_by(SeatRow.id)))


async def _check_successors(
    session: AsyncSession,
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
            await someone_here(session, follower, left_at)


async def _absences_of(
    session: AsyncSession, person_id: str, left_at: datetime
) -> tuple[AbsenceFacts, ...]:
    """Those they are absent for or stand in at, from then on."""
    found = await absences(session, left_at)
    return tuple(each for each in found if person_id in (each.person, each.substitute))


async def _keys_of(session: AsyncSession, person_id: str) -> tuple[str, ...]:
    found = await session.scalars(
        select(ApiKeyRow.id)
        .where(ApiKeyRow.person_id == person_id, ApiKeyRow.revoked_at.is_(None))
        .order_by(ApiKeyRow.id)
    )
    return tuple(found)
