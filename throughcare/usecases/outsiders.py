"""What of the directory somebody reads: the agency's own people all of it, an outsider what is of their own organizations."""

from sqlalchemy import Connection

from throughcare.case.seats import SeatKind
from throughcare.store.directory import (
    AbsenceFacts,
    OrganizationFacts,
    PersonFacts,
    SeatFacts,
    absence,
    absences,
    agency,
    organizations_of,
    people,
    seats,
)
from throughcare.store.packs import packs_in_force
from throughcare.time.deadline import Instant
from throughcare.usecases.asking import Asking
from throughcare.usecases.intake_staff import Staff


def own_organizations(
    connection: Connection, asking: Asking
) -> tuple[OrganizationFacts, ...] | None:
    """Those of the seats they may act from; None for the agency's own people, its administration and its operators, who read
    of every organization."""
    if asking.scope.seats is None or asking.is_operator:
        return None
    here = agency(connection)
    seat_ids = [held.seat for held in asking.seats]
    found = organizations_of(connection, asking.person_id, seat_ids)
    is_own = any(here.name in (each.name, *each.aliases) for each in found)
    return None if is_own else tuple(found)


def people_seen(connection: Connection, asking: Asking) -> tuple[PersonFacts, ...]:
    return people(connection, own_organizations(connection, asking), asking.person_id)


def person_seen(
    connection: Connection, asking: Asking, person_id: str
) -> PersonFacts | None:
    found = people_seen(connection, asking)
    return next((each for each in found if each.id == person_id), None)


def absences_seen(
    connection: Connection, asking: Asking, at: Instant
) -> tuple[AbsenceFacts, ...]:
    """Also those in which they stand in themself."""
    found = absences(connection, at)
    seen = {each.id for each in people_seen(connection, asking)}
    return tuple(each for each in found if _is_seen(each, seen, asking))


def absence_seen(
    connection: Connection, asking: Asking, absence_id: str
) -> AbsenceFacts | None:
    found = absence(connection, absence_id)
    seen = {each.id for each in people_seen(connection, asking)}
    return found if found and _is_seen(found, seen, asking) else None


def _is_seen(absence: AbsenceFacts, seen: set[str], asking: Asking) -> bool:
    return absence.person in seen or absence.substitute == asking.person_id


def seats_seen(
    connection: Connection, asking: Asking, at: Instant
) -> tuple[SeatFacts, ...]:
    """Of other organizations those that a conflict can be opened with, and not who sits there."""
    found, own = seats(connection, at), own_organizations(connection, asking)
    if own is None:
        return found
    mine, parties = {each.name for each in own}, _parties(connection)
    return tuple(
        each if each.organization in mine else _without_person(each)
        for each in found
        if each.organization in mine
        or any(kind.includes(each.role, each.program) for kind in parties)
    )


def _without_person(seat: SeatFacts) -> SeatFacts:
    nobody = {"person": None, "capacity": None, "until_at": None}
    return seat.model_copy(update=nobody)


def _parties(connection: Connection) -> list[SeatKind]:
    """The kinds of seat that the policies in force let a conflict be between."""
    _, packs = packs_in_force(connection)
    return [
        kind
        for each in packs
        if (policy := each.pack.conflict)
        for ladder in policy.ladders
        for worker in ladder.workers.values()
        for role in (
            (worker, *policy.above(worker))
            if ladder.supervisor_may_be_party
            else (worker,)
        )
        for kind in policy.roles[role].accepts
    ]


def refers(connection: Connection, asking: Asking) -> bool:
    """Whether they work with clients, or supervise who does: they look for agencies and providers of every organization."""
    staff = Staff.of(connection)
    workers = {kind.role for kind in staff.workers}
    return bool(staff.seats_of(asking)) or not workers.isdisjoint(asking.roles.values())
