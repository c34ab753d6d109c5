"""Who is there: a holder, the substitute of an absent one, or nobody."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.domain.base import Frozen
from throughcare.domain.seats import Capacity
from throughcare.store.tables import AbsenceRow, DirectoryChangeRow, PersonRow

HOLDER_PLANNED = "holder_planned"
"""In the trail: who takes a seat on the day its holder leaves."""


class _Leaver(Frozen):
    person: str


class _Follower(Frozen):
    person: str | None


class Plan(Frozen):
    """A line of the trail that says who follows a holder, and by whose word."""

    person_id: str
    seat_ids: tuple[str, ...]
    before: _Leaver
    after: _Follower


@dataclass(frozen=True)
class Occupant:
    """`until_at` is when the directory already knows that this will be different."""

    person: str | None
    capacity: Capacity | None
    until_at: datetime | None


@dataclass(frozen=True)
class Presence:
    """The absences that are not over, when people left or will leave, and who follows them, by seat and leaver."""

    absences: Sequence[AbsenceRow]
    left_at: dict[str, datetime]
    successors: dict[tuple[str, str], str | None]

    def occupant(self, seat: str, holder: str | None, at: datetime) -> Occupant:
        """Who sits in this seat, of this holder."""

        def sitting(when: datetime) -> tuple[str | None, Capacity | None]:
            return self._sitting(self._holder(seat, holder, when), when)

        person, capacity = sitting(at)
        later = (turn for turn in self._turns(at) if sitting(turn)[0] != person)
        return Occupant(person, capacity, next(later, None))

    def covered_by(self, person: str) -> set[str]:
        """Whose seats this person takes, now or later."""
        return {row.person_id for row in self.absences if row.substitute_id == person}

    def _holder(self, seat: str, holder: str | None, at: datetime) -> str | None:
        if holder is None or not self._has_left(holder, at):
            return holder
        return self.successors.get((seat, holder))

    def _sitting(
        self, holder: str | None, at: datetime
    ) -> tuple[str | None, Capacity | None]:
        if holder is None or self._has_left(holder, at):
            return None, None
        absence = self._absence(holder, at)
        if absence is None:
            return holder, Capacity.holder
        substitute = absence.substitute_id
        # A substitute who is away as well fills nothing; nobody stands in for a stand-in.
        if (
            substitute is None
            or self._has_left(substitute, at)
            or self._absence(substitute, at)
        ):
            return None, None
        return substitute, Capacity.substitute

    def _turns(self, at: datetime) -> Iterator[datetime]:
        turns = set(self.left_at.values())
        for row in self.absences:
            turns |= {row.from_at, ends_at(row)}
        return (turn for turn in sorted(turns) if turn > at)

    def _has_left(self, person: str, at: datetime) -> bool:
        return person in self.left_at and self.left_at[person] <= at

    def _absence(self, person: str, at: datetime) -> AbsenceRow | None:
        running = (
            row
            for row in self.absences
            if row.person_id == person and row.from_at <= at < ends_at(row)
        )
        return next(running, None)


async def presence(
    session: AsyncSession, holders: Collection[str | None], at: datetime
) -> Presence:
    """What must be known to say who sits in the seats of these holders, at an instant and after it."""
    absences = (await session.scalars(select(AbsenceRow).where(not_over(at)))).all()
    concerned = {person for person in holders if person}
    concerned |= {row.person_id for row in absences}
    concerned |= {row.substitute_id for row in absences if row.substitute_id}
    left_at = await _leaving(session, concerned)
    successors: dict[tuple[str, str], str | None] = {}
    # Hardly anybody who leaves still holds a seat, so this is seldom asked.
    if leavers := left_at.keys() & set(holders):
        planned = await plans_for(session, leavers)
        successors = {which: plan.after.person for which, plan in planned.items()}
        followers = {person for person in successors.values() if person}
        left_at |= await _leaving(session, followers)
    return Presence(absences, left_at, successors)


async def plans_for(
    session: AsyncSession, leavers: Collection[str]
) -> dict[tuple[str, str], Plan]:
    """Who takes a seat when its holder has left, by seat and leaver: the latest plan counts."""
    plans = await session.scalars(
        select(DirectoryChangeRow)
        .where(DirectoryChangeRow.what == HOLDER_PLANNED)
        .order_by(DirectoryChangeRow.at)
    )
    read = (Plan.model_validate(row, from_attributes=True) for row in plans)
    return {
        (plan.seat_ids[0], plan.before.person): plan
        for plan in read
        if plan.before.person in leavers
    }


async def _leaving(
    session: AsyncSession, people: Collection[str]
) -> dict[str, datetime]:
    left = await session.execute(
        select(PersonRow.id, PersonRow.left_at).where(
            PersonRow.left_at.is_not(None), PersonRow.id.in_(people)
        )
    )
    return {person: left_at for person, left_at in left if left_at}


def not_over(at: datetime) -> ColumnElement[bool]:
    """The absences that are running or still to come."""
    ended = AbsenceRow.ended_early_at
    return and_(AbsenceRow.to_at > at, or_(ended.is_(None), ended > at))


def ends_at(row: AbsenceRow) -> datetime:
    return min(row.to_at, row.ended_early_at or row.to_at)
