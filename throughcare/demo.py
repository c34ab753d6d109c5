"""The demonstration agency: invented people in every seat of the ladders, so that there is something to try."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.domain.base import Frozen, Written
from throughcare.domain.seats import Capacity
from throughcare.store.apikeys import issue_key
from throughcare.store.directory import AnswersBy, held_seats, organization
from throughcare.store.tables import (
    AbsenceRow,
    AgencyRow,
    OrganizationRow,
    PersonRow,
    ReportsToRow,
    SeatRow,
)
from throughcare.yamlfile import load

AGENCY = Path(__file__).parent.parent / "demo" / "agency.yaml"


class DemoPerson(Frozen):
    """`seats` are those they sit in, as holder or substitute. The key is shown here only: the database keeps a hash."""

    id: str
    name: str
    seats: tuple[str, ...]
    api_key: str


class _Agency(Written):
    id: str
    name: str
    calendar: str
    packs: tuple[str, ...]


class _Organization(Written):
    id: str
    name: str
    aliases: tuple[str, ...] = ()
    answers_by: AnswersBy = AnswersBy.account


class _Person(Written):
    id: str
    name: str
    email: str


class _Seat(Written):
    """`organization` is any name it goes by; `reports_to` the seats above, the preferred one first."""

    id: str
    organization: str
    role: str
    program: str | None = None
    title: str
    person: str | None = None
    reports_to: tuple[str, ...] = ()


class _Absence(Written):
    """`begins` counts from when the agency is loaded."""

    person: str
    substitute: str | None = None
    begins: timedelta
    lasts: timedelta


class _Demo(Written):
    """demo/agency.yaml"""

    agency: _Agency
    organizations: tuple[_Organization, ...]
    people: tuple[_Person, ...]
    seats: tuple[_Seat, ...]
    absences: tuple[_Absence, ...] = ()


async def load_demo(
    session: AsyncSession, at: datetime, file: Path = AGENCY
) -> tuple[DemoPerson, ...]:
    """Fill an empty directory and give everybody a key. Nobody where there is an agency already.

    Raises BadFile, and NoSuchOrganization for a seat of an organization the file does not name.
    """
    if await session.scalar(select(AgencyRow.id).limit(1)) is not None:
        return ()
    demo = load(file, _Demo)
    await _add_people(session, demo)
    await _add_seats(session, demo, at)
    session.add_all(_absence(absence, at) for absence in demo.absences)
    await session.flush()
    return tuple([await _demo_person(session, person, at) for person in demo.people])


async def _add_people(session: AsyncSession, demo: _Demo) -> None:
    agency = demo.agency
    session.add(
        AgencyRow(
            id=agency.id,
            name=agency.name,
            calendar=agency.calendar,
            packs=list(agency.packs),
        )
    )
    session.add_all(
        OrganizationRow(
            id=each.id,
            name=each.name,
            aliases=list(each.aliases),
            answers_by=each.answers_by,
        )
        for each in demo.organizations
    )
    session.add_all(
        PersonRow(id=each.id, name=each.name, email=each.email) for each in demo.people
    )
    await session.flush()


async def _add_seats(session: AsyncSession, demo: _Demo, at: datetime) -> None:
    for seat in demo.seats:
        session.add(
            SeatRow(
                id=seat.id,
                agency_id=demo.agency.id,
                organization_id=(await organization(session, seat.organization)).id,
                role=seat.role,
                program=seat.program,
                title=seat.title,
                person_id=seat.person,
                since_at=at,
            )
        )
    await session.flush()
    session.add_all(
        ReportsToRow(seat_id=seat.id, position=position, above_id=above)
        for seat in demo.seats
        for position, above in enumerate(seat.reports_to)
    )


def _absence(absence: _Absence, at: datetime) -> AbsenceRow:
    begins_at = at + absence.begins
    return AbsenceRow(
        id=f"absence-of-{absence.person}",
        person_id=absence.person,
        substitute_id=absence.substitute,
        from_at=begins_at,
        to_at=begins_at + absence.lasts,
    )


async def _demo_person(
    session: AsyncSession, person: _Person, at: datetime
) -> DemoPerson:
    held = await held_seats(session, person.id, at)
    return DemoPerson(
        id=person.id,
        name=person.name,
        seats=tuple(
            each.seat for each in held if each.capacity is not Capacity.supervisor
        ),
        api_key=await issue_key(session, person.id, at),
    )
