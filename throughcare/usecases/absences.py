"""Absences: who may enter and end them, and what moves when one begins."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from throughcare.errors import NotForYou
from throughcare.store.changes import (
    NotAnAbsence,
    add_absence,
    lock_people,
    seats_filled_by,
)
from throughcare.store.seatings import check_may_stand_in
from throughcare.usecases.asking import Asking, supervises
from throughcare.usecases.seat_transfers import SeatTransfer, moved_by, sitting


def record_absence(
    connection: Connection,
    asking: Asking,
    person_id: str,
    substitute_id: str | None,
    from_at: datetime,
    to_at: datetime,
    *,
    at: datetime,
) -> tuple[str, tuple[SeatTransfer, ...]]:
    """Its id, and what moves when it begins. Rolled back, it is the preview. Raises NotForYou, CannotStandIn, and as add_absence."""
    check_may_enter(connection, asking, person_id)
    check_may_stand_in(connection, person_id, substitute_id)
    begins_at, by = max(from_at, at), asking.person_id
    # Before anything is looked at: what is shown as moving is what moves.
    lock_people(connection, [each for each in (person_id, substitute_id) if each])
    seat_ids = seats_filled_by(connection, person_id, at)
    before = sitting(connection, seat_ids, begins_at)
    entered = add_absence(
        connection, person_id, substitute_id, from_at, to_at, by=by, at=at
    )
    meant = dict.fromkeys(seat_ids, substitute_id)
    moves = moved_by(connection, before, begins_at, meant=meant, until_at=to_at)
    return entered, moves


def start_of(when: date, zone: ZoneInfo) -> datetime:
    """The instant itself; of a plain date its first, where the agency is."""
    if isinstance(when, datetime):
        return when
    return datetime.combine(when, time.min, zone).astimezone(UTC)


def end_of(when: date, zone: ZoneInfo) -> datetime:
    """The instant itself; of a plain date the first of the day after, where the agency is. Raises NotAnAbsence."""
    if isinstance(when, datetime):
        return when
    if when == date.max:
        raise NotAnAbsence("An absence ends before the year 9999 does.")
    return start_of(when + timedelta(days=1), zone)


def check_may_enter(connection: Connection, asking: Asking, person_id: str) -> None:
    """Raises NotForYou."""
    if asking.is_administrator or person_id == asking.person_id:
        return
    if not supervises(connection, asking, person_id):
        raise NotForYou(
            "An absence is entered by the person themself, their supervisor, or the Agency Administrator."
        )
