"""Workers: what each brings, how many they can have and how many they have."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen, Written
from throughcare.case.seats import SeatKind
from throughcare.lifecycles.client.fit import Candidate
from throughcare.store.changes import record_change
from throughcare.store.clients import Text
from throughcare.store.database import within
from throughcare.store.directory import SeatFacts, seats
from throughcare.store.duties import OUTSTANDING
from throughcare.store.providers import ProviderFacts, providers_named
from throughcare.store.rows import one_row
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


Listed = Annotated[tuple[Text, ...], Field(max_length=100)]


class Profile(Written):
    """What a worker brings, in the agency's own words: clients' wishes are looked for in them."""

    gender: Text | None = None
    experience: Listed = ()
    culture: Listed = ()
    languages: Listed = ()
    skills: Listed = ()
    other: Listed = ()
    capacity: int = Field(
        strict=True,
        ge=0,
        le=1000,
        description="How many intakes and care plans at once",
    )


class RecordedProfile(Profile):
    updated_at: datetime
    updated_by: str


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


async def put_profile(
    session: AsyncSession, seat_id: str, profile: Profile, *, by: str, at: datetime
) -> None:
    """The seat is to be a worker's; whoever calls this has seen to that."""
    before = await within(session, write_profile, seat_id, profile, by=by, at=at)
    after: Json = profile.model_dump(mode="json")
    if before != after:
        # No seat changes hands by it, so there is none whose cases would have to look anything up.
        what = "profile_changed"
        await within(session, record_change, what, [], before, after, by=by, at=at)


def write_profile(
    connection: Connection, seat_id: str, profile: Profile, *, by: str, at: datetime
) -> dict[str, object]:
    """Without a trail. Returns what it was before, nothing where there was none."""
    theirs = WorkerProfileRow.seat_id == seat_id
    query = select(WorkerProfileRow).where(theirs).with_for_update()
    row = one_row(connection, query)
    before = _as_json(row) if row else {}
    columns = profile.model_dump(mode="json")
    if before == columns:
        return before
    columns |= {"updated_at": at, "updated_by": by}
    if row:
        connection.execute(update(WorkerProfileRow).where(theirs).values(columns))
    else:
        connection.execute(insert(WorkerProfileRow).values(seat_id=seat_id, **columns))
    return before


async def profile_of(session: AsyncSession, seat_id: str) -> RecordedProfile | None:
    row = await session.get(WorkerProfileRow, seat_id)
    return _recorded(row) if row else None


async def caseload(session: AsyncSession, seat_ids: Collection[str]) -> dict[str, int]:
    """How many open intakes and care plans each of these seats has; none is told as 0."""
    found = await session.execute(
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


async def workers(
    session: AsyncSession, kinds: Collection[SeatKind], at: datetime
) -> tuple[Worker, ...]:
    """Every seat that can be a worker's, by id: a policy says of which kinds they are."""
    mine = [
        seat
        for seat in await within(session, seats, at)
        if any(kind.includes(seat.role, seat.program) for kind in kinds)
    ]
    ids = [seat.id for seat in mine]
    rows = await session.scalars(
        select(WorkerProfileRow).where(WorkerProfileRow.seat_id.in_(ids))
    )
    profiles = {row.seat_id: _recorded(row) for row in rows}
    loads = await caseload(session, ids)
    return tuple(
        Worker(seat=seat, profile=profiles.get(seat.id), caseload=loads[seat.id])
        for seat in mine
    )


async def agencies(
    session: AsyncSession,
    kinds: Collection[SeatKind],
    program: str | None,
    at: datetime,
) -> tuple[Agency, ...]:
    """The organizations that have workers, by name; a program narrows it to those with workers of that one."""
    found = [
        worker
        for worker in await workers(session, kinds, at)
        if program in (None, worker.seat.program)
    ]
    ids = await session.execute(select(OrganizationRow.name, OrganizationRow.id))
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


async def candidates(
    session: AsyncSession,
    kinds: Collection[SeatKind],
    providing: Mapping[str, str],
    former: Collection[str],
    at: datetime,
) -> tuple[Candidate, ...]:
    """Who could be a client's worker. `providing`: who delivers services to them, by provider, and whose each is; `former`:
    the seats their earlier workers still sit in."""
    named = await providers_named(session, providing)
    return tuple(
        _candidate(worker, providing, named, worker.seat.id in former)
        for worker in await workers(session, kinds, at)
    )


async def open_cases_with(session: AsyncSession, act: str) -> Sequence[CaseRow]:
    """The open cases about clients in which this is still to be done, whoever asks."""
    found = select(DutyRow.case_id).where(
        DutyRow.act == act, DutyRow.status.in_(OUTSTANDING)
    )
    query = select(CaseRow).where(
        CaseRow.id.in_(found), CaseRow.kind.in_(CASELOAD), CaseRow.closed_at.is_(None)
    )
    return (await session.scalars(query.order_by(CaseRow.id))).all()


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


def _as_json(row: WorkerProfileRow) -> dict[str, object]:
    whole = _recorded(row).model_dump(mode="json")
    return {name: whole[name] for name in Profile.model_fields}
