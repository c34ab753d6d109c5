"""The directory: who sits where at an instant, and what else is known of the agency and its people.

What people change in it is in throughcare.store.changes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field
from sqlalchemy import (
    CompoundSelect,
    Connection,
    Row,
    Select,
    bindparam,
    null,
    or_,
    select,
)

from throughcare.case.base import Frozen, Written
from throughcare.case.seats import (
    Capacity,
    HeldSeat,
    Seated,
    SeatQuery,
)
from throughcare.errors import ThroughcareError
from throughcare.store.occupancy import Occupancy, not_over, occupancy
from throughcare.store.rows import one_row, rows
from throughcare.store.tables import (
    AbsenceRow,
    AgencyRow,
    CaseRow,
    CaseSeatRow,
    OrganizationRow,
    PersonRow,
    ReportsToRow,
    SeatRow,
)


class NoAgency(ThroughcareError):
    status = 503

    def __init__(self) -> None:
        super().__init__("The directory is empty: no agency has been set up.")


class NoSuchOrganization(ThroughcareError):
    status = 422

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"The directory has no organization {name!r}; it has: {', '.join(known) or 'none'}."
        )


class AnswersBy(StrEnum):
    """How an organization's people act in cases (ruling 6)."""

    account = "account"
    link = "link"
    """By the signed link in each notice that asks something of them."""
    webhook = "webhook"
    """In a system of their own, which is told and answers by signed webhooks."""


class AgencyFacts(Frozen):
    id: str
    name: str
    calendar: str
    packs: tuple[str, ...]


class OrganizationFacts(Frozen):
    id: str
    name: str
    aliases: tuple[str, ...]


class PersonFacts(Frozen):
    id: str
    name: str
    left_at: datetime | None


class MailSetting(Written):
    """How somebody's letters leave."""

    daily_hour: int | None = Field(
        ge=0,
        le=23,
        strict=True,
        description="The hour, in the agency's zone, of one letter a day about all that can wait for it; null: each at once",
    )


class SeatFacts(Frozen):
    """A seat and who sits there; `organization` is its name, `until_at` as in Seated."""

    id: str
    agency: str
    organization: str
    role: str
    program: str | None
    title: str
    person: str | None
    capacity: Capacity | None
    until_at: datetime | None


class AbsenceFacts(Frozen):
    id: str
    person: str
    substitute: str | None
    from_at: datetime
    to_at: datetime
    ended_early_at: datetime | None = None

    @classmethod
    def of(cls, row: AbsenceRow) -> "AbsenceFacts":
        return cls(
            id=row.id,
            person=row.person_id,
            substitute=row.substitute_id,
            from_at=row.from_at,
            to_at=row.to_at,
            ended_early_at=row.ended_early_at,
        )


# -- the agency, its organizations and people -----------------------------------------------------------------------


def agency(connection: Connection) -> AgencyFacts:
    """The agency this installation runs for. Raises NoAgency."""
    row = one_row(connection, select(AgencyRow).order_by(AgencyRow.id).limit(1))
    if row is None:
        raise NoAgency
    return AgencyFacts.model_validate(row, from_attributes=True)


def organization(connection: Connection, name_or_alias: str) -> OrganizationFacts:
    """An organization by any name it goes by, in small letters or capitals (CR-P-3). Raises NoSuchOrganization."""
    found = rows(connection, select(OrganizationRow).order_by(OrganizationRow.name))
    known = [
        OrganizationFacts.model_validate(row, from_attributes=True) for row in found
    ]
    for each in known:
        if name_or_alias.casefold() in map(str.casefold, (each.name, *each.aliases)):
            return each
    raise NoSuchOrganization(name_or_alias, (each.name for each in known))


def organizations_of(
    connection: Connection, person_id: str, seat_ids: Collection[str]
) -> tuple[OrganizationFacts, ...]:
    """Those that these seats are of, and those that this person holds, present or not; by name."""
    theirs = select(SeatRow.organization_id).where(
        SeatRow.id.in_(seat_ids) | (SeatRow.person_id == person_id)
    )
    query = select(OrganizationRow).where(OrganizationRow.id.in_(theirs))
    found = rows(connection, query.order_by(OrganizationRow.name))
    return tuple(
        OrganizationFacts.model_validate(row, from_attributes=True) for row in found
    )


def people(
    connection: Connection,
    of: tuple[OrganizationFacts, ...] | None = None,
    beside: str | None = None,
) -> tuple[PersonFacts, ...]:
    """Everybody; or who holds a seat of these organizations or stands in for one who does, and this one person `beside`."""
    query = select(PersonRow).order_by(PersonRow.id)
    if of is not None:
        here = select(SeatRow.person_id).where(
            SeatRow.organization_id.in_([each.id for each in of]),
            SeatRow.person_id.is_not(None),
        )
        stands_in = select(AbsenceRow.substitute_id).where(
            AbsenceRow.person_id.in_(here), AbsenceRow.substitute_id.is_not(None)
        )
        query = query.where(
            or_(
                PersonRow.id.in_(here),
                PersonRow.id.in_(stands_in),
                PersonRow.id == beside,
            )
        )
    found = rows(connection, query)
    return tuple(PersonFacts.model_validate(row, from_attributes=True) for row in found)


def person(connection: Connection, person_id: str) -> PersonFacts | None:
    row = one_row(connection, select(PersonRow).where(PersonRow.id == person_id))
    return PersonFacts.model_validate(row, from_attributes=True) if row else None


def mail_setting(connection: Connection, person_id: str) -> MailSetting | None:
    row = one_row(connection, select(PersonRow).where(PersonRow.id == person_id))
    return MailSetting(daily_hour=row.daily_hour) if row else None


def names(connection: Connection, person_ids: Collection[str]) -> dict[str, str]:
    found = connection.execute(_NAMES, {"people": list(person_ids)})
    return {person: name for person, name in found}


_NAMES = select(PersonRow.id, PersonRow.name).where(
    PersonRow.id.in_(bindparam("people", expanding=True))
)


def absences(connection: Connection, at: datetime) -> tuple[AbsenceFacts, ...]:
    """Those that are running or still to come, the earliest first."""
    found = rows(
        connection,
        select(AbsenceRow)
        .where(not_over(at))
        .order_by(AbsenceRow.from_at, AbsenceRow.id),
    )
    return tuple(map(AbsenceFacts.of, found))


def absence(connection: Connection, absence_id: str) -> AbsenceFacts | None:
    """Whether or not it is over."""
    row = one_row(connection, select(AbsenceRow).where(AbsenceRow.id == absence_id))
    return AbsenceFacts.of(row) if row else None


# -- seats ----------------------------------------------------------------------------------------------------------


def seat_facts(connection: Connection, seat_id: str, at: datetime) -> SeatFacts | None:
    return next(iter(_seat_facts(connection, _SEAT, {"seat": seat_id}, at)), None)


def seats(
    connection: Connection, at: datetime, agency: str | None = None
) -> tuple[SeatFacts, ...]:
    """Every seat, or those of one agency, by id."""
    which = (
        _ANY_SEAT if agency is None else _ANY_SEAT.where(SeatRow.agency_id == agency)
    )
    return _seat_facts(connection, which, {}, at)


def _seat_facts(
    connection: Connection,
    which: Select[*tuple[Any, ...]],
    given: Mapping[str, object],
    at: datetime,
) -> tuple[SeatFacts, ...]:
    found = connection.execute(which, given).all()
    here = occupancy(connection, [row.person_id for row in found], at)
    return tuple(_facts(row, here, at) for row in found)


def _facts(row: Row[*tuple[Any, ...]], here: Occupancy, at: datetime) -> SeatFacts:
    occupant = here.occupant(row.id, row.person_id, at)
    return SeatFacts(
        id=row.id,
        agency=row.agency_id,
        organization=row.organization,
        role=row.role,
        program=row.program,
        title=row.title,
        person=occupant.person,
        capacity=occupant.capacity,
        until_at=occupant.until_at,
    )


# Every rung asks for its seats, so the statements are built once: building them takes longer than running them.

_ANY_SEAT = (
    select(
        SeatRow.id,
        SeatRow.agency_id,
        SeatRow.role,
        SeatRow.program,
        SeatRow.title,
        SeatRow.person_id,
        OrganizationRow.name.label("organization"),
    )
    .join(OrganizationRow, OrganizationRow.id == SeatRow.organization_id)
    .order_by(SeatRow.id)
)
_SEAT = _ANY_SEAT.where(SeatRow.id == bindparam("seat"))
_WANTED = _ANY_SEAT.where(
    or_(
        SeatRow.id.in_(bindparam("wanted", expanding=True)),
        (SeatRow.agency_id == bindparam("agency"))
        & SeatRow.role.in_(bindparam("roles", expanding=True)),
    )
)


def held_seats(
    connection: Connection, person_id: str, at: datetime
) -> tuple[HeldSeat, ...]:
    """Every seat this person may act from: their own, those of absent people, and those that report directly to either."""
    return rights_of(connection, person_id, at)[0]


def rights_of(
    connection: Connection, person_id: str, at: datetime
) -> tuple[tuple[HeldSeat, ...], dict[str, str]]:
    """As `held_seats`, and the directory's role of each. Every request asks for it, so it takes few statements."""
    here = occupancy(connection, [person_id], at)
    holders = {person_id, *here.covered_by(person_id)}
    found = connection.execute(_SEATS_OF, {"holders": list(holders)}).all()
    held: dict[str, Capacity] = {}
    for row in found:
        if row.above_id is None:
            occupant = here.occupant(row.id, row.person_id, at)
            if occupant.person == person_id and occupant.capacity:
                held[row.id] = occupant.capacity
    own = set(held)
    for row in found:
        if row.above_id in own:
            held.setdefault(row.id, Capacity.supervisor)
    seats = tuple(HeldSeat(seat=seat, capacity=right) for seat, right in held.items())
    return seats, {row.id: row.role for row in found if row.id in held}


def _seats_of() -> CompoundSelect[str, str, str | None, str | None]:
    """The seats of these holders, and with `above_id` those that report to them."""
    theirs = SeatRow.person_id.in_(bindparam("holders", expanding=True))
    above = select(SeatRow.id).where(theirs)
    own = select(
        SeatRow.id, SeatRow.role, SeatRow.person_id, null().label("above_id")
    ).where(theirs)
    below = (
        select(SeatRow.id, SeatRow.role, SeatRow.person_id, ReportsToRow.above_id)
        .join(ReportsToRow, ReportsToRow.seat_id == SeatRow.id)
        .where(ReportsToRow.above_id.in_(above))
    )
    return own.union_all(below).order_by("id")


_SEATS_OF = _seats_of()


def find_seats(
    connection: Connection, agency_id: str, at: datetime, queries: Sequence[SeatQuery]
) -> tuple[Seated, ...]:
    """Who sits in these seats at this instant: one answer per query, in their order."""
    above = _reporting_lines(connection, {q.below for q in queries if q.below})
    wanted = {q.seat for q in queries if q.seat} | {
        i for ids in above.values() for i in ids
    }
    roles = {
        kind.role for q in queries if not (q.seat or q.below) for kind in q.accepts
    }
    given = {"wanted": list(wanted), "agency": agency_id, "roles": list(roles)}
    found = _seat_facts(connection, _WANTED, given, at)
    known = {seat.id: seat for seat in found}
    return tuple(_seated(q, _best(q, above, known, agency_id)) for q in queries)


def _reporting_lines(
    connection: Connection, below: Collection[str]
) -> dict[str, list[str]]:
    """Per seat, the seats it reports to, the preferred one first."""
    lines: dict[str, list[str]] = {}
    found = connection.execute(_REPORTING, {"below": list(below)}) if below else ()
    for seat, above in found:
        lines.setdefault(seat, []).append(above)
    return lines


_REPORTING = (
    select(ReportsToRow.seat_id, ReportsToRow.above_id)
    .where(ReportsToRow.seat_id.in_(bindparam("below", expanding=True)))
    .order_by(ReportsToRow.seat_id, ReportsToRow.position)
)


def _best(
    query: SeatQuery,
    above: dict[str, list[str]],
    known: dict[str, SeatFacts],
    agency: str,
) -> SeatFacts | None:
    """The seat already chosen; else the first of the accepted kinds that is filled, or the first, so that it is seen empty."""
    if query.seat:
        return known.get(query.seat)
    if query.below:
        candidates = [known[seat] for seat in above.get(query.below, [])]
    else:
        candidates = [seat for seat in known.values() if seat.agency == agency]
    accepted = [seat for seat in candidates if _is_accepted(query, seat)]
    return next((s for s in accepted if s.person), accepted[0] if accepted else None)


def _is_accepted(query: SeatQuery, seat: SeatFacts) -> bool:
    return any(kind.includes(seat.role, seat.program) for kind in query.accepts)


def _seated(query: SeatQuery, seat: SeatFacts | None) -> Seated:
    if seat is None:
        return Seated(role=query.role, title=query.title)
    # Where seats of different roles may fill the part, the title says which of them does (CR-B-3b).
    is_either = len({kind.role for kind in query.accepts}) > 1
    return Seated(
        role=query.role,
        title=seat.title if is_either else query.title,
        organization=seat.organization,
        seat=seat.id,
        person=seat.person,
        capacity=seat.capacity,
        until_at=seat.until_at,
    )


def open_cases_touching(
    connection: Connection, seat_ids: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """The kind and id of cases in which these seats have a part, and of those that wait for a seat to be filled: another
    may now fill it."""
    touched = or_(CaseSeatRow.seat_id.in_(seat_ids), CaseSeatRow.person_id.is_(None))
    found = connection.execute(
        select(CaseRow.kind, CaseRow.id)
        .where(CaseRow.closed_at.is_(None), CaseRow.id == CaseSeatRow.case_id, touched)
        .distinct()
        .order_by(CaseRow.id)
    )
    return tuple((kind, case_id) for kind, case_id in found)
