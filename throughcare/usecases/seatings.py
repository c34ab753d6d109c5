"""Who confirms that somebody sits as administrator or operator, and who is shown what waits for that."""

from datetime import datetime

from sqlalchemy import Connection

from throughcare.case.seats import Capacity
from throughcare.errors import NotForYou
from throughcare.store.access import ADMINISTRATOR, OVERSIGHT
from throughcare.store.directory import rights_of
from throughcare.store.seatings import (
    Seating,
    confirm_seating,
    decline_seating,
    pending_seatings,
)


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
