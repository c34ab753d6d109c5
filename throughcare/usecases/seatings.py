"""Who confirms that somebody sits as administrator or operator, and what would move when a seat changes hands."""

from datetime import datetime

from sqlalchemy import Connection

from throughcare.case.base import Frozen
from throughcare.case.seats import Capacity
from throughcare.errors import NotForYou
from throughcare.store.access import ADMINISTRATOR, OVERSIGHT
from throughcare.store.changes import change_holder, lock_for_transfer
from throughcare.store.database import undone
from throughcare.store.directory import rights_of
from throughcare.store.seatings import (
    Seating,
    confirm_seating,
    decline_seating,
    pending_seatings,
)
from throughcare.usecases.seat_transfers import SeatTransfer, digest, moved_by, sitting


def waiting_seatings(
    connection: Connection, by: str, at: datetime
) -> tuple[Seating, ...]:
    """Raises NotForYou."""
    _check_may_confirm(connection, by, at)
    return pending_seatings(connection)


def confirm(
    connection: Connection, seating_id: str, *, by: str, at: datetime
) -> Seating:
    """Raises NotForYou, and as confirm_seating."""
    _check_may_confirm(connection, by, at)
    return confirm_seating(connection, seating_id, by=by, at=at)


def decline(
    connection: Connection, seating_id: str, *, by: str, at: datetime
) -> Seating:
    """Whoever proposed it may take it back. Raises NotForYou, and as decline_seating."""
    _check_may_confirm(connection, by, at)
    return decline_seating(connection, seating_id, by=by, at=at)


def _check_may_confirm(connection: Connection, person_id: str, at: datetime) -> None:
    seats, roles = rights_of(connection, person_id, at)
    own = {
        roles[held.seat] for held in seats if held.capacity is not Capacity.supervisor
    }
    if own.isdisjoint((ADMINISTRATOR, OVERSIGHT)):
        raise NotForYou(
            "Who sits as administrator or operator is confirmed by another administrator, or by Quality Assurance."
        )


# -- what a change would move -------------------------------------------------------------------------------------------


class SeatChange(Frozen):
    """What moves when somebody else sits in a seat. `told`: by person, in how many cases they are told of duties that are theirs
    now, in one letter."""

    moves: tuple[SeatTransfer, ...]
    told: dict[str, int]

    @property
    def digest(self) -> str:
        return digest(self.moves)


def seat_change_preview(
    connection: Connection,
    seat_id: str,
    person_id: str | None,
    *,
    by: str,
    at: datetime,
) -> SeatChange:
    """As if it needed no second person. Nothing is changed. Raises as change_holder."""
    lock_for_transfer(connection, seat_id, person_id)
    before = sitting(connection, [seat_id], at)
    with undone(connection):
        change_holder(connection, seat_id, person_id, by=by, at=at)
        moves = moved_by(connection, before, at, meant={seat_id: person_id})
    told = {
        move.after: len({duty.case for duty in move.duties})
        for move in moves
        if move.after and move.duties
    }
    return SeatChange(moves=moves, told=told)
