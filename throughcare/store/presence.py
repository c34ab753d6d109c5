"""Who is there: a holder, the substitute of an absent one, or nobody."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.domain.seats import Capacity
from throughcare.store.tables import AbsenceRow, PersonRow


@dataclass(frozen=True)
class Occupant:
    """`until_at` is when the directory already knows that this will be different."""

    person: str | None
    capacity: Capacity | None
    until_at: datetime | None


@dataclass(frozen=True)
class Presence:
    """The absences that are not over, and when people left or will leave."""

    absences: Sequence[AbsenceRow]
    left_at: dict[str, datetime]

    def occupant(self, holder: str | None, at: datetime) -> Occupant:
        """Who sits in a seat of this holder."""
        person, capacity = self._sitting(holder, at)
        later = (
            turn for turn in self._turns(at) if self._sitting(holder, turn)[0] != person
        )
        return Occupant(person, capacity, next(later, None))

    def covered_by(self, person: str) -> set[str]:
        """Whose seats this person takes, now or later."""
        return {row.person_id for row in self.absences if row.substitute_id == person}

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
    left = await session.execute(
        select(PersonRow.id, PersonRow.left_at).where(
            PersonRow.left_at.is_not(None), PersonRow.id.in_(concerned)
        )
    )
    return Presence(absences, {person: left_at for person, left_at in left if left_at})


def not_over(at: datetime) -> ColumnElement[bool]:
    """The absences that are running or still to come."""
    ended = AbsenceRow.ended_early_at
    return and_(AbsenceRow.to_at > at, or_(ended.is_(None), ended > at))


def ends_at(row: AbsenceRow) -> datetime:
    return min(row.to_at, row.ended_early_at or row.to_at)
