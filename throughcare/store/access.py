"""What a person may see and change: row access follows the seats they act from (and the case's seats), never a list."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    select,
    true,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from throughcare.case.base import Frozen
from throughcare.errors import IsRecused
from throughcare.store.tables import (
    CaseRow,
    CaseSeatRow,
    EmergencyAccessRow,
    NoticeRow,
    RecusalRow,
    SeatRow,
)

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
    emergency = "emergency"
    """They opened the client for a time, with a reason."""
    administrator = "administrator"
    oversight = "oversight"
    link = "link"
    """A signed link was made out to them."""
    operator = "operator"
    """They may have payloads decoded."""


class Scope(Frozen):
    """The seats whose cases may be seen; None is every case of the agency. `person`: whose recusals count, and whose emergency
    accesses as of `at`."""

    seats: tuple[str, ...] | None
    person: str | None = None
    at: datetime | None = None

    def covers(self, case_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        """For a list: what may be seen is found first."""
        not_out = case_id.not_in(recused_from(self.person)) if self.person else true()
        if self.seats is None:
            return not_out
        ways = ways_to_see(self.seats)
        if self.person and self.at:
            opened = opened_for(self.person, self.at)
            ways = (*ways, select(_OPENED.id).where(_OPENED.client_id.in_(opened)))
        return case_id.in_(union(*ways)) & not_out


def opened_for(
    person: str | BindParameter[str], at: datetime | BindParameter[datetime]
) -> Select[str]:
    """The clients this person has opened in an emergency, for as long as that lasts."""
    return select(EmergencyAccessRow.client_id).where(
        EmergencyAccessRow.person_id == person, EmergencyAccessRow.until_at > at
    )


_OPENED = aliased(CaseRow)


def recused_from(person: str) -> Select[str]:
    """The cases this person is out of: whoever steps back reads nothing of what comes after (ruling 20)."""
    return select(RecusalRow.case_id).where(RecusalRow.person_id == person)


def check_not_recused(connection: Connection, case_id: str, person: str | None) -> None:
    """Raises IsRecused. They had a part in the case, so that there is one is no news to them."""
    given = {"case_id": case_id, "person": person}
    if person and connection.scalar(_RECUSAL, given):
        raise IsRecused


def recused_in(connection: Connection, case_id: str) -> set[str]:
    """The people who are out of this case."""
    return set(connection.scalars(_RECUSED_IN, {"case_id": case_id}))


_RECUSED_IN = select(RecusalRow.person_id).where(
    RecusalRow.case_id == bindparam("case_id")
)
_RECUSAL = select(RecusalRow.case_id).where(
    RecusalRow.case_id == bindparam("case_id"),
    RecusalRow.person_id == bindparam("person"),
)


def ways_to_see(
    seats: tuple[str, ...] | BindParameter[str],
) -> tuple[Select[str], ...]:
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
