"""What moves with a change of the directory: the seats that change hands, with the open cases and duties that go along."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select, tuple_

from throughcare.case.base import Frozen
from throughcare.case.seats import Capacity
from throughcare.errors import ThroughcareError
from throughcare.store.directory import SeatFacts, seats
from throughcare.store.duties import DUE
from throughcare.store.rows import rows
from throughcare.store.tables import CaseRow, CaseSeatRow, DutyHolderRow, DutyRow


class MovedMeanwhile(ThroughcareError):
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "What would move has changed since the preview. Nothing was done; look at it again."
        )


class MovedDuty(Frozen):
    """It keeps its due date, whoever holds it."""

    case: str
    duty: str
    clause: str
    text: str
    due_at: datetime | None


class SeatTransfer(Frozen):
    """A seat that somebody else sits in afterwards, or nobody, with what goes along. `warnings` are for who decides."""

    seat: str
    title: str
    organization: str
    before: str | None
    after: str | None
    capacity: Capacity | None
    until_at: datetime | None
    cases: tuple[str, ...]
    duties: tuple[MovedDuty, ...]
    warnings: tuple[str, ...] = ()


Sitting = Mapping[str, SeatFacts]
"""By seat, who sits there at an instant."""


def sitting(connection: Connection, seat_ids: Collection[str], at: datetime) -> Sitting:
    return {seat.id: seat for seat in seats(connection, at) if seat.id in seat_ids}


def moved_by(
    connection: Connection,
    before: Sitting,
    at: datetime,
    *,
    meant: Mapping[str, str | None],
    until_at: datetime | None = None,
) -> tuple[SeatTransfer, ...]:
    """What differs from `before` now that the change is made, at this instant. `meant` says who is to sit where, until
    `until_at`."""
    after = sitting(connection, before, at)
    return tuple(
        _transfer(connection, before[seat_id], after, meant.get(seat_id), until_at)
        for seat_id in before
        if before[seat_id].person != after[seat_id].person
    )


def digest(moves: Sequence[SeatTransfer], *others: str) -> str:
    """What was looked at before deciding: which seats, cases and duties go to whom, and no time of day."""
    said = [*others]
    for move in moves:
        said += [move.seat, move.before or "", move.after or "", *move.cases]
        said += [f"{duty.case}/{duty.duty}" for duty in move.duties]
    return sha256("\n".join(said).encode()).hexdigest()[:16]


def _transfer(
    connection: Connection,
    before: SeatFacts,
    after: Sitting,
    meant: str | None,
    until_at: datetime | None,
) -> SeatTransfer:
    seat = after[before.id]
    parts = _parts(connection, seat.id)
    cases = tuple(sorted({part.case_id for part in parts if part.seat_id == seat.id}))
    return SeatTransfer(
        seat=seat.id,
        title=seat.title,
        organization=seat.organization,
        before=before.person,
        after=seat.person,
        capacity=seat.capacity,
        until_at=seat.until_at,
        cases=cases,
        duties=_duties(connection, seat.id),
        warnings=tuple(_warnings(seat, parts, after, meant, until_at)),
    )


def _warnings(
    seat: SeatFacts,
    parts: Sequence[CaseSeatRow],
    after: Sitting,
    meant: str | None,
    until_at: datetime | None,
) -> Iterator[str]:
    if seat.person is None:
        if meant:
            yield f"{meant} is away then as well, or has left."
        yield "Nobody would sit here. A case that needs this seat halts, and its administrator is asked to fill it."
        return
    if until_at and seat.until_at and seat.until_at < until_at:
        yield f"{seat.person} would sit here only until {seat.until_at.isoformat()}."
    for part in parts:
        if part.seat_id in (None, seat.id) or not part.on_side:
            continue
        other = after.get(part.seat_id or "")
        # Nobody speaks from two seats of a case.
        if (other.person if other else part.person_id) == seat.person:
            yield f"{seat.person} has another part in case {part.case_id}, as {part.title}; the case halts where it needs both."


def _parts(connection: Connection, seat_id: str) -> Sequence[CaseSeatRow]:
    """Every part in the open cases that this seat has a part in."""
    cases = (
        select(CaseRow.id)
        .join(CaseSeatRow, CaseSeatRow.case_id == CaseRow.id)
        .where(CaseRow.closed_at.is_(None), CaseSeatRow.seat_id == seat_id)
    )
    query = select(CaseSeatRow).where(CaseSeatRow.case_id.in_(cases))
    ordered = query.order_by(CaseSeatRow.case_id, CaseSeatRow.role)
    return rows(connection, ordered)


def _duties(connection: Connection, seat_id: str) -> tuple[MovedDuty, ...]:
    """What is still waited for from this seat, the soonest due first."""
    held = select(DutyHolderRow.case_id, DutyHolderRow.duty_id).where(
        DutyHolderRow.seat_id == seat_id, DutyHolderRow.open.is_(True)
    )
    found = rows(
        connection,
        select(DutyRow)
        .where(tuple_(DutyRow.case_id, DutyRow.id).in_(held))
        .order_by(DUE, DutyRow.case_id, DutyRow.id),
    )
    return tuple(
        MovedDuty(
            case=row.case_id,
            duty=row.id,
            clause=row.clause,
            text=row.text,
            due_at=row.due_at,
        )
        for row in found
    )
