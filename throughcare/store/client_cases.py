"""Reading cases about a client: what was before, what is known, and who they are about. Plain SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from throughcare.case.taking_back import OPENED_IN_ERROR
from throughcare.lifecycles.client.facts import ClientFacts, Former
from throughcare.store.directory import seat_facts
from throughcare.store.likenesses import records_of_same_person
from throughcare.store.rows import rows
from throughcare.store.tables import CaseRow

GO_ALONG = ("intake", "care-plan")
"""The kinds of case that go along with a client. A request for a service is a part of a care plan, and counts with none."""


def known_of(row: CaseRow) -> ClientFacts:
    return ClientFacts.model_validate(row.facts)


def cases_of(
    connection: Connection, client: str, *, kinds: Collection[str] = GO_ALONG
) -> Sequence[CaseRow]:
    """Every case about this client, the newest first, whoever asks."""
    query = select(CaseRow).where(CaseRow.client_id == client, CaseRow.kind.in_(kinds))
    return rows(connection, query.order_by(CaseRow.opened_at.desc()))


def recipients_at(
    connection: Connection, client: str, seats: Collection[str]
) -> set[str]:
    """What a consent names that lets these seats know of this client, as members of their team."""
    plans = cases_of(connection, client, kinds=("care-plan",))
    lives = (known_of(row).life for row in plans)
    members = (each for life in lives if life for each in life.members)
    return {name for each in members if each.seat in seats for name in each.recipients}


def live_cases(connection: Connection, client: str, kind: str) -> tuple[str, ...]:
    """The open cases of this kind about this client, whichever of their records each is under, the oldest first. Of care plans
    there is one at a time (CP-P-1)."""
    query = select(CaseRow.id).where(
        CaseRow.client_id.in_(records_of_same_person(connection, client)),
        CaseRow.kind == kind,
        CaseRow.closed_at.is_(None),
    )
    return tuple(connection.scalars(query.order_by(CaseRow.opened_at, CaseRow.id)))


def ended_care_plans(connection: Connection, client: str) -> tuple[str, ...]:
    """The care plans of this person that are over, the oldest first, whichever of their records each is under."""
    query = select(CaseRow.id).where(
        CaseRow.client_id.in_(records_of_same_person(connection, client)),
        CaseRow.kind == "care-plan",
        CaseRow.closed_at.is_not(None),
        CaseRow.status != OPENED_IN_ERROR,
    )
    return tuple(connection.scalars(query.order_by(CaseRow.opened_at, CaseRow.id)))


def former_workers(
    connection: Connection, client: str, program: str, now: datetime
) -> tuple[Former, ...]:
    """Who was this client's worker in cases of this program that are over, the latest first (CS-X-6)."""
    found: dict[str, Former] = {}
    records = records_of_same_person(connection, client)
    earlier = [row for each in records for row in cases_of(connection, each)]
    for row in sorted(earlier, key=lambda row: row.opened_at, reverse=True):
        if row.closed_at is None or row.program != program:
            continue
        if row.status == OPENED_IN_ERROR:
            continue
        for each in reversed(known_of(row).assignments):
            if each.seat in found or each.taken_back:
                continue
            seat = seat_facts(connection, each.seat, now)
            found[each.seat] = Former(
                case=row.id,
                seat=each.seat,
                title=seat.title if seat else each.seat,
                person=each.person,
                here=bool(seat and seat.person and seat.person == each.person),
            )
    return tuple(found.values())
