"""Who is there: a holder, the substitute of an absent one, or nobody."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    and_,
    bindparam,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from throughcare.case.base import Frozen
from throughcare.case.seats import Capacity
from throughcare.store.tables import AbsenceRow, DirectoryChangeRow, PersonRow

HOLDER_PLANNED = "holder_planned"
"""In the trail: who takes a seat on the day its holder leaves."""


class _Leaver(Frozen):
    person: str


class _Follower(Frozen):
    person: str | None


class PlannedHolder(Frozen):
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
class KnownAbsence:
    """While it lasts the substitute sits in this person's seats, or nobody. One that was ended early ends there."""

    person: str
    substitute: str | None
    from_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Occupancy:
    """The absences that are not over, when people left or will leave, and who follows them, by seat and leaver."""

    absences: Sequence[KnownAbsence]
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
        return {each.person for each in self.absences if each.substitute == person}

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
        substitute = absence.substitute
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
        for each in self.absences:
            turns |= {each.from_at, each.ends_at}
        return (turn for turn in sorted(turns) if turn > at)

    def _has_left(self, person: str, at: datetime) -> bool:
        return person in self.left_at and self.left_at[person] <= at

    def _absence(self, person: str, at: datetime) -> KnownAbsence | None:
        running = (
            each
            for each in self.absences
            if each.person == person and each.from_at <= at < each.ends_at
        )
        return next(running, None)


def occupancy(
    connection: Connection, holders: Collection[str | None], at: datetime
) -> Occupancy:
    """What must be known to say who sits in the seats of these holders, at an instant and after it."""
    absences: list[KnownAbsence] = []
    left_at: dict[str, datetime] = {}
    given = {"at": at, "people": [person for person in holders if person]}
    for row in connection.execute(_ABSENT_OR_LEAVING, given):
        # Who only leaves has no such day.
        if row.from_at:
            absences.append(
                KnownAbsence(
                    row.person_id,
                    row.substitute_id,
                    row.from_at,
                    _end(row.to_at, row.ended_early_at),
                )
            )
        if row.left_at:
            left_at[row.person_id] = row.left_at
        if row.substitute_left_at:
            left_at[row.substitute_id] = row.substitute_left_at
    successors: dict[tuple[str, str], str | None] = {}
    # Hardly anybody who leaves still holds a seat, so this is seldom asked.
    if leavers := left_at.keys() & set(holders):
        planned = plans_for(connection, leavers)
        successors = {which: plan.after.person for which, plan in planned.items()}
        followers = {person for person in successors.values() if person}
        left_at |= _leaving(connection, followers)
    return Occupancy(absences, left_at, successors)


def plans_for(
    connection: Connection, leavers: Collection[str]
) -> dict[tuple[str, str], PlannedHolder]:
    """Who takes a seat when its holder has left, by seat and leaver: the latest plan counts."""
    plans = connection.execute(
        select(*DirectoryChangeRow.__table__.columns)
        .where(DirectoryChangeRow.what == HOLDER_PLANNED)
        .order_by(DirectoryChangeRow.at)
    )
    read = (PlannedHolder.model_validate(row, from_attributes=True) for row in plans)
    return {
        (plan.seat_ids[0], plan.before.person): plan
        for plan in read
        if plan.before.person in leavers
    }


def _leaving(connection: Connection, people: Collection[str]) -> dict[str, datetime]:
    left = connection.execute(_LEAVING, {"people": list(people)})
    return {person: left_at for person, left_at in left if left_at}


def not_over(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The absences that are running or still to come."""
    ended = AbsenceRow.ended_early_at
    return and_(AbsenceRow.to_at > at, or_(ended.is_(None), ended > at))


def ends_at(row: AbsenceRow) -> datetime:
    return _end(row.to_at, row.ended_early_at)


def _end(to_at: datetime, ended_early_at: datetime | None) -> datetime:
    return min(to_at, ended_early_at or to_at)


# Every request and every look at a seat asks this, so it is one statement, and built once: building it takes longer than
# running it.

_THESE: BindParameter[Collection[str]] = bindparam("people", expanding=True)
_LEAVING = select(PersonRow.id, PersonRow.left_at).where(
    PersonRow.left_at.is_not(None), PersonRow.id.in_(_THESE)
)


def _absent_or_leaving() -> CompoundSelect[*tuple[object, ...]]:
    """The absences that are not over, with when those two left, and which of these people left, or will."""
    substitute = aliased(PersonRow)
    absent = (
        select(
            AbsenceRow.person_id,
            AbsenceRow.substitute_id,
            AbsenceRow.from_at,
            AbsenceRow.to_at,
            AbsenceRow.ended_early_at,
            PersonRow.left_at,
            substitute.left_at.label("substitute_left_at"),
        )
        .join(PersonRow, PersonRow.id == AbsenceRow.person_id)
        .outerjoin(substitute, substitute.id == AbsenceRow.substitute_id)
        .where(not_over(bindparam("at")))
    )
    leaving = _LEAVING.with_only_columns(
        PersonRow.id, null(), null(), null(), null(), PersonRow.left_at, null()
    )
    return absent.union_all(leaving)


_ABSENT_OR_LEAVING = _absent_or_leaving()
