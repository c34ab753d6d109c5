"""What a change of the directory would move, as it is shown before and after it is made."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import Asking
from api.views import PersonView
from throughcare.case.seats import Capacity
from throughcare.store.access import Scope, holds_any
from throughcare.store.database import within
from throughcare.store.directory import names
from throughcare.store.moves import Move, MovedDuty
from throughcare.store.tables import CaseRow


class MoveView(BaseModel):
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


class Moves(BaseModel):
    moves: tuple[MoveView, ...]


@asynccontextmanager
async def rolled_back(session: AsyncSession) -> AsyncIterator[None]:
    """A preview does the very thing and takes it back, so that the two cannot differ."""
    async with session.begin() as transaction:
        try:
            yield
        finally:
            await transaction.rollback()


async def supervises(session: AsyncSession, asking: Asking, person: str) -> bool:
    below = tuple(
        held.seat for held in asking.seats if held.capacity is Capacity.supervisor
    )
    return await holds_any(session, person, below)


async def move_views(
    session: AsyncSession, moves: Sequence[Move], scope: Scope
) -> tuple[MoveView, ...]:
    """Of cases only those in scope."""
    cases = {case for move in moves for case in move.cases}
    in_scope = select(CaseRow.id).where(CaseRow.id.in_(cases), scope.covers(CaseRow.id))
    seen = set(await session.scalars(in_scope))
    people = {who for move in moves for who in (move.before, move.after) if who}
    known = await within(session, names, people)
    return tuple(_view(move, seen, known) for move in moves)


def _view(move: Move, seen: set[str], known: dict[str, str]) -> MoveView:
    facts = move.model_dump(exclude={"before", "after", "cases", "duties", "warnings"})
    hidden = set(move.cases) - seen
    return MoveView(
        **facts,
        before=PersonView.of(move.before, known),
        after=PersonView.of(move.after, known),
        cases=tuple(case for case in move.cases if case in seen),
        duties=tuple(duty for duty in move.duties if duty.case in seen),
        warnings=tuple(
            said for said in move.warnings if not any(case in said for case in hidden)
        ),
    )
