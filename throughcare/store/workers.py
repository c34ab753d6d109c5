"""Workers: what each brings, how many they can have and how many they have."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection, func, insert, select, update

from throughcare.case.base import Frozen, Written
from throughcare.case.seats import SeatKind
from throughcare.lifecycles.client.fit import Candidate
from throughcare.store.changes import lock_seat, record_change
from throughcare.store.directory import SeatFacts, seats
from throughcare.store.duties import OUTSTANDING
from throughcare.store.identity import StorableText
from throughcare.store.providers import ProviderFacts, providers_named
from throughcare.store.rows import one_row, rows
from throughcare.store.tables import (
    CaseRow,
    CaseSeatRow,
    DutyRow,
    Json,
    OrganizationRow,
    WorkerProfileRow,
)

WORKER_ROLE = "coordinator"
"""The worker's part in a case about a client, whatever the agency calls them."""

CASELOAD = ("intake", "care-plan")
"""The kinds of case that fill a worker's day."""


TextList = Annotated[tuple[StorableText, ...], Field(max_length=100)]


class Profile(Written):
    """What a worker brings, in the agency's own words: clients' wishes are looked for in them."""

    gender: StorableText | None = None
    experience: TextList = ()
    culture: TextList = ()
    languages: TextList = ()
    skills: TextList = ()
    other: TextList = ()
    capacity: int = Field(
        strict=True,
        ge=0,
        le=1000,
        description="How many intakes and care plans at once",
    )


class RecordedProfile(Profile):
    updated_at: datetime
    updated_by: str

    def with_changes(self, profile: Profile) -> Profile:
        """What is left out of this one stays as it is."""
        before = self.model_dump(include=set(Profile.model_fields))
        given = profile.model_dump(exclude_unset=True)
        return Profile.model_validate(before | given)

    def says(self, profile: Profile) -> bool:
        """Whether to write this one would change nothing."""
        return all(
            getattr(self, name) == getattr(profile, name)
            for name in Profile.model_fields
        )


class Worker(Frozen):
    """A worker's seat. `profile` is None until somebody has written one."""

    seat: SeatFacts
    profile: Profile | None
    caseload: int


class Agency(Frozen):
    """An organization that has workers, with the languages they speak."""

    id: str
    name: str
    programs: tuple[str, ...]
    languages: tuple[str, ...]
    workers: int


def put_profile(
    connection: Connection, seat_id: str, profile: Profile, *, by: str, at: datetime
) -> None:
    """The seat is to be a worker's; whoever calls this has seen to that."""
    before = write_profile(connection, seat_id, profile, by=by, at=at)
    after: Json = profile.model_dump(mode="json")
    if before != after:
        # No seat changes hands by it, so there is none whose cases would have to look anything up.
        record_change(connection, "profile_changed", [], before, after, by=by, at=at)


def write_profile(
    connection: Connection, seat_id: str, profile: Profile, *, by: str, at: datetime
) -> dict[str, object]:
    """Without a trail. Returns what it was before, nothing where there was none."""
    known = lock_profile(connection, seat_id)
    before = known.model_dump(mode="json", include=_WRITTEN) if known else {}
    given = profile.model_dump(mode="json", include=_WRITTEN)
    changed = {
        name: given[name] for name in given if before.get(name, ...) != given[name]
    }
    if changed:
        values = changed | {"updated_at": at, "updated_by": by}
        mine = update(WorkerProfileRow).where(WorkerProfileRow.seat_id == seat_id)
        writing = mine if known else insert(WorkerProfileRow).values(seat_id=seat_id)
        connection.execute(writing.values(values))
    return before


def lock_profile(connection: Connection, seat_id: str) -> RecordedProfile | None:
    """As it is, and stays until this transaction ends. The seat's row stands for one that nobody has written yet. Raises
    NoSuchSeat."""
    lock_seat(connection, seat_id)
    return profile_of(connection, seat_id)


_WRITTEN = set(Profile.model_fields)


def profile_of(connection: Connection, seat_id: str) -> RecordedProfile | None:
    query = select(WorkerProfileRow).where(WorkerProfileRow.seat_id == seat_id)
    row = one_row(connection, query)
    return _recorded(row) if row else None


def caseload(connection: Connection, seat_ids: Collection[str]) -> dict[str, int]:
    """How many open intakes and care plans each of these seats has; none is told as 0."""
    found = connection.execute(
        select(CaseSeatRow.seat_id, func.count())
        .join(CaseRow, CaseRow.id == CaseSeatRow.case_id)
        .where(
            CaseSeatRow.seat_id.in_(list(seat_ids)),
            CaseSeatRow.role == WORKER_ROLE,
            CaseRow.kind.in_(CASELOAD),
            CaseRow.closed_at.is_(None),
        )
        .group_by(CaseSeatRow.seat_id)
    )
    counted = {seat: count for seat, count in found}
    return {seat: counted.get(seat, 0) for seat in seat_ids}


def workers(
    connection: Connection, kinds: Collection[SeatKind], at: datetime
) -> tuple[Worker, ...]:
    """Every seat that can be a worker's, by id: a policy says of which kinds they are."""
    mine = [
        seat
        for seat in seats(connection, at)
        if any(kind.includes(seat.role, seat.program) for kind in kinds)
    ]
    ids = [seat.id for seat in mine]
    written = select(WorkerProfileRow).where(WorkerProfileRow.seat_id.in_(ids))
    profiles = {row.seat_id: _recorded(row) for row in rows(connection, written)}
    loads = caseload(connection, ids)
    return tuple(
        Worker(seat=seat, profile=profiles.get(seat.id), caseload=loads[seat.id])
        for seat in mine
    )


def agencies(
    connection: Connection,
    kinds: Collection[SeatKind],
    program: str | None,
    at: datetime,
) -> tuple[Agency, ...]:
    """The organizations that have workers, by name; a program narrows it to those with workers of that one."""
    found = [
        worker
        for worker in workers(connection, kinds, at)
        if program in (None, worker.seat.program)
    ]
    ids = connection.execute(select(OrganizationRow.name, OrganizationRow.id))
    known = {name: organization_id for name, organization_id in ids}
    by_name: dict[str, list[Worker]] = {}
    for worker in found:
        by_name.setdefault(worker.seat.organization, []).append(worker)
    return tuple(
        Agency(
            id=known[name],
            name=name,
            programs=_sorted(each.seat.program for each in theirs),
            languages=_sorted(
                language
                for each in theirs
                if each.profile
                for language in each.profile.languages
            ),
            workers=len(theirs),
        )
        for name, theirs in sorted(by_name.items())
    )


def _sorted(words: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({word for word in words if word}))


def candidates(
    connection: Connection,
    kinds: Collection[SeatKind],
    providing: Mapping[str, str],
    former: Collection[str],
    at: datetime,
) -> tuple[Candidate, ...]:
    """Who could be a client's worker. `providing`: who delivers services to them, by provider, and whose each is; `former`:
    the seats their earlier workers still sit in."""
    named = providers_named(connection, providing)
    return tuple(
        _candidate(worker, providing, named, worker.seat.id in former)
        for worker in workers(connection, kinds, at)
    )


def open_cases_with(connection: Connection, act: str) -> Sequence[CaseRow]:
    """The open cases about clients in which this is still to be done, whoever asks."""
    found = select(DutyRow.case_id).where(
        DutyRow.act == act, DutyRow.status.in_(OUTSTANDING)
    )
    query = select(CaseRow).where(
        CaseRow.id.in_(found), CaseRow.kind.in_(CASELOAD), CaseRow.closed_at.is_(None)
    )
    return rows(connection, query.order_by(CaseRow.id))


def _candidate(
    worker: Worker,
    providing: Mapping[str, str],
    named: Collection[ProviderFacts],
    former: bool,
) -> Candidate:
    seat, person = worker.seat, worker.seat.person
    themself = [each.name for each in named if person and each.person == person]
    shares = [each.name for each in named if each.organization == seat.organization]
    independent = not (themself or shares) if providing else None
    profile = worker.profile.model_dump() if worker.profile else {}
    return Candidate(
        seat=seat.id,
        title=seat.title,
        organization=seat.organization,
        person=person,
        caseload=worker.caseload,
        former=former,
        independent=independent,
        shares_with=tuple(shares),
        delivers=tuple(themself),
        **{name: profile[name] for name in Profile.model_fields if name in profile},
    )


def _recorded(row: WorkerProfileRow) -> RecordedProfile:
    return RecordedProfile.model_validate(row, from_attributes=True)
