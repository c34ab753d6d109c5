"""Reading cases about a client: who they serve, what was before, and what stands across many of them. Plain SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen
from throughcare.lifecycles.client.facts import ClientFacts, Former
from throughcare.store.access import Scope
from throughcare.store.cases import CaseKey
from throughcare.store.clients import records_of_same_person
from throughcare.store.database import within
from throughcare.store.directory import seat_facts
from throughcare.store.tables import CaseRow, ClientRow

SERVED = ("intake", "care-plan")
"""The kinds of case that go along with a client. A request for a service is a part of a care plan, and counts with none."""


class ServedFilter(Frozen):
    """Which cases about clients are asked for. `seats`: only those in which one of these takes part."""

    kind: str
    status: tuple[str, ...] = ()
    stage: str | None = None
    branch: str | None = None
    program: str | None = None
    client: str | None = None
    overdue: bool | None = None
    opened_after: datetime | None = None
    opened_before: datetime | None = None
    seats: tuple[str, ...] | None = None


async def list_served(
    session: AsyncSession,
    scope: Scope,
    wanted: ServedFilter,
    *,
    after: CaseKey | None,
    limit: int,
) -> Sequence[CaseRow]:
    """Newest first. One more than `limit` comes back where there is another page."""
    query = select(CaseRow).where(scope.covers(CaseRow.id), *_conditions(wanted))
    if after:
        key = tuple_(CaseRow.opened_at, CaseRow.id)
        query = query.where(key < (after.opened_at, after.id))
    query = query.order_by(CaseRow.opened_at.desc(), CaseRow.id.desc())
    return (await session.scalars(query.limit(limit + 1))).all()


def _conditions(wanted: ServedFilter) -> list[ColumnElement[bool]]:
    given = (
        (CaseRow.kind, wanted.kind),
        (CaseRow.rung, wanted.stage),
        (CaseRow.ladder, wanted.branch),
        (CaseRow.program, wanted.program),
        (CaseRow.client_id, wanted.client),
        (CaseRow.overdue, wanted.overdue),
    )
    found: list[ColumnElement[bool]] = [
        column == value for column, value in given if value is not None
    ]
    if wanted.status:
        found.append(CaseRow.status.in_(wanted.status))
    if wanted.opened_after:
        found.append(CaseRow.opened_at > wanted.opened_after)
    if wanted.opened_before:
        found.append(CaseRow.opened_at < wanted.opened_before)
    if wanted.seats is not None:
        found.append(Scope(seats=wanted.seats).covers(CaseRow.id))
    return found


async def cases_of(
    session: AsyncSession, client: str, *, kinds: Collection[str] = SERVED
) -> Sequence[CaseRow]:
    """Every case about this client, the newest first, whoever asks."""
    query = select(CaseRow).where(CaseRow.client_id == client, CaseRow.kind.in_(kinds))
    return (await session.scalars(query.order_by(CaseRow.opened_at.desc()))).all()


async def live_case(session: AsyncSession, client: str, kind: str) -> str | None:
    """The open case of this kind about this client, whichever of their records it is under: there is one at a time
    (CP-P-1)."""
    query = select(CaseRow.id).where(
        CaseRow.client_id.in_(await within(session, records_of_same_person, client)),
        CaseRow.kind == kind,
        CaseRow.closed_at.is_(None),
    )
    return await session.scalar(query.limit(1))


async def ended_care_plans(session: AsyncSession, client: str) -> tuple[str, ...]:
    """The care plans of this person that are over, the oldest first, whichever of their records each is under."""
    query = select(CaseRow.id).where(
        CaseRow.client_id.in_(await within(session, records_of_same_person, client)),
        CaseRow.kind == "care-plan",
        CaseRow.closed_at.is_not(None),
    )
    found = await session.scalars(query.order_by(CaseRow.opened_at, CaseRow.id))
    return tuple(found)


async def former_workers(
    session: AsyncSession, client: str, now: datetime
) -> tuple[Former, ...]:
    """Who was this client's worker in cases that are over, the latest first (CS-X-6)."""
    found: dict[str, Former] = {}
    records = await within(session, records_of_same_person, client)
    earlier = [row for each in records for row in await cases_of(session, each)]
    for row in sorted(earlier, key=lambda row: row.opened_at, reverse=True):
        if row.closed_at is None:
            continue
        for each in reversed(known_of(row).assignments):
            if each.seat in found:
                continue
            seat = await within(session, seat_facts, each.seat, now)
            found[each.seat] = Former(
                case=row.id,
                seat=each.seat,
                title=seat.title if seat else each.seat,
                person=each.person,
                here=bool(seat and seat.person and seat.person == each.person),
            )
    return tuple(found.values())


def known_of(row: CaseRow) -> ClientFacts:
    return ClientFacts.model_validate(row.facts or {})


def client_names(connection: Connection, clients: Collection[str]) -> dict[str, str]:
    found = connection.execute(
        select(ClientRow.id, ClientRow.name).where(ClientRow.id.in_(list(clients)))
    )
    return {client: name for client, name in found}


async def served_rows(
    session: AsyncSession, scope: Scope, *, open_only: bool = False
) -> Sequence[CaseRow]:
    """The cases about clients that may be seen, for a report over all of them."""
    query = select(CaseRow).where(scope.covers(CaseRow.id), CaseRow.kind.in_(SERVED))
    if open_only:
        query = query.where(CaseRow.closed_at.is_(None))
    return (await session.scalars(query.order_by(CaseRow.opened_at, CaseRow.id))).all()
