"""What a person may see and change: row access follows the seats they act from (and the case's seats), never a list."""

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    select,
    true,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute

from throughcare.case.base import Frozen
from throughcare.store.tables import CaseRow, CaseSeatRow, NoticeRow, SeatRow

ADMINISTRATOR = "agency-administrator"
OVERSIGHT = "quality-assurance"
OPERATOR = "operator"
"""May have payloads of Temporal decoded, which is logged."""


class Right(StrEnum):
    """By which right somebody sees a case or a client. Of several, the first of these is the one to name."""

    seat = "seat"
    """A seat they sit in is on a side of the case."""
    supervisor = "supervisor"
    """They sit above one that is."""
    program = "program"
    """They take people in for the program, or are above whoever does."""
    consent = "consent"
    """They are on the client's team, as the client agreed that they may know."""
    reported = "reported"
    """A violation found in the case was reported to them."""
    administrator = "administrator"
    oversight = "oversight"


class Scope(Frozen):
    """The seats whose cases may be seen; None is every case of the agency."""

    seats: tuple[str, ...] | None

    def covers(self, case_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        """For a list: what may be seen is found first."""
        if self.seats is None:
            return true()
        on_a_side, reported = ways_to_see(self.seats)
        return case_id.in_(union(on_a_side, reported))


def ways_to_see(
    seats: tuple[str, ...] | BindParameter[str],
) -> tuple[Select[str], Select[str]]:
    """The cases in which one of these seats is on a side, and those that were reported to it."""
    on_a_side = select(CaseSeatRow.case_id).where(
        CaseSeatRow.seat_id.in_(seats), CaseSeatRow.on_side
    )
    # Who reviews violations sees the cases that were reported to them (CR-N-3).
    reported = select(NoticeRow.case_id).where(
        NoticeRow.receiver_seat.in_(seats), NoticeRow.kind == "violation_reported"
    )
    return on_a_side, reported


def cases_within(
    connection: Connection, scope: Scope, case_ids: Collection[str]
) -> set[str]:
    """Of these cases, those that may be seen."""
    query = select(CaseRow.id).where(CaseRow.id.in_(case_ids), scope.covers(CaseRow.id))
    return set(connection.scalars(query))


def holds_any(
    connection: Connection, person_id: str, seat_ids: tuple[str, ...]
) -> bool:
    """Whether this person is the holder of one of these seats, present or not."""
    query = select(SeatRow.id).where(
        SeatRow.person_id == person_id, SeatRow.id.in_(seat_ids)
    )
    return connection.execute(query.limit(1)).first() is not None
