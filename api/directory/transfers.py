"""What a change of the directory would move, as it is shown before and after it is made."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.shown import shows
from throughcare.case.seats import Capacity
from throughcare.store.access import Scope, cases_within
from throughcare.store.directory import names
from throughcare.usecases.seat_transfers import MovedDuty, SeatTransfer
from throughcare.usecases.views import PersonView


class SeatTransferView(BaseModel):
    """A seat that changes hands, with the open cases and duties that go along. Every due date stays as it is."""

    seat: str
    title: str
    organization: str
    before: PersonView | None
    after: PersonView | None = Field(description="Null where nobody would sit here")
    capacity: Capacity | None
    until_at: datetime | None = Field(
        description="When the directory already knows that somebody else will sit here"
    )
    cases: tuple[str, ...] = Field(
        description="The open cases this seat has a part in, of those you may see"
    )
    duties: tuple[MovedDuty, ...]
    warnings: tuple[str, ...]


class SeatTransfers(BaseModel):
    moves: tuple[SeatTransferView, ...]


def transfer_views(
    connection: Connection, moves: Sequence[SeatTransfer], scope: Scope
) -> tuple[SeatTransferView, ...]:
    """Of cases only those in scope."""
    cases = {case for move in moves for case in move.cases}
    seen = cases_within(connection, scope, cases)
    shows(cases=seen)
    people = {who for move in moves for who in (move.before, move.after) if who}
    known = names(connection, people)
    return tuple(_view(move, seen, known) for move in moves)


def _view(
    move: SeatTransfer, seen: set[str], known: dict[str, str]
) -> SeatTransferView:
    facts = move.model_dump(exclude={"before", "after", "cases", "duties", "warnings"})
    hidden = set(move.cases) - seen
    return SeatTransferView(
        **facts,
        before=PersonView.of(move.before, known),
        after=PersonView.of(move.after, known),
        cases=tuple(case for case in move.cases if case in seen),
        duties=tuple(duty for duty in move.duties if duty.case in seen),
        warnings=tuple(
            said for said in move.warnings if not any(case in said for case in hidden)
        ),
    )
