"""Reading cases: plain SQL over what the workflows recorded. Nothing here writes, and nothing here asks Temporal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    func,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, defer

from throughcare.case.base import Frozen
from throughcare.case.duty import Duty
from throughcare.case.entry import Entry
from throughcare.case.wire import CaseRun, RecordedDuty
from throughcare.lifecycles.conflict.conflict import CLOSED
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.access import Scope, ways_to_see
from throughcare.store.directory import names
from throughcare.store.tables import (
    CaseLinkRow,
    CaseRow,
    CaseSeatRow,
    DutyRow,
    EntryRow,
    MessageRow,
    NoticeRow,
)
from throughcare.time.deadline import Instant

Found = TypeVar("Found")

MOST_ENTRIES = 2**31 - 1
"""What the database counts them with."""


class CaseFilter(Frozen):
    """Which cases are asked for. `seats`: only those in which one of these takes part."""

    status: tuple[str, ...] = ()
    ladder: str | None = None
    rung: str | None = None
    program: str | None = None
    overdue: bool | None = None
    opened_after: datetime | None = None
    opened_before: datetime | None = None
    seats: tuple[str, ...] | None = None


class CaseKey(Frozen):
    """Where a page of cases ended; they are listed newest first."""

    opened_at: Instant
    id: str


@dataclass(frozen=True)
class WholeCase:
    """A case with everything that is shown of it but its timeline. `names` are of the people in it, by id."""

    row: CaseRow
    seats: Sequence[CaseSeatRow]
    duties: Sequence[RecordedDuty]
    notices: Sequence[NoticeRow]
    links: Sequence[CaseLinkRow]
    names: dict[str, str]


async def list_cases(
    session: AsyncSession,
    scope: Scope,
    wanted: CaseFilter,
    *,
    after: CaseKey | None,
    limit: int,
) -> Sequence[CaseRow]:
    """Conflicts, newest first. One more than `limit` comes back where there is another page."""
    conflicts = CaseRow.kind == "conflict"
    query = select(CaseRow).where(
        conflicts, scope.covers(CaseRow.id), *_conditions(wanted)
    )
    if after:
        key = tuple_(CaseRow.opened_at, CaseRow.id)
        query = query.where(key < (after.opened_at, after.id))
    query = query.order_by(CaseRow.opened_at.desc(), CaseRow.id.desc())
    found = await session.scalars(query.limit(limit + 1).options(*_UNLISTED))
    return found.all()


# No list shows them, and to read them takes longer than the rest of a line.
_UNLISTED = [
    defer(column, raiseload=True)
    for column in (CaseRow.allowed, CaseRow.agreed, CaseRow.facts)
]


def find_case(
    connection: Connection, scope: Scope, case_id: str, *, kind: str | None = None
) -> CaseRow | None:
    """The case, where it may be seen and is of this kind."""
    found = Session(connection).scalars(*_asked(_CASE, _SEEN_CASE, scope, case_id))
    row = found.one_or_none()
    return row if row and kind in (None, row.kind) else None


def sees_case(connection: Connection, scope: Scope, case_id: str, *, kind: str) -> bool:
    """Whether there is such a case of this kind, and it may be seen."""
    found = Session(connection).scalars(*_asked(_KIND, _SEEN_KIND, scope, case_id))
    return found.one_or_none() == kind


def whole_case(
    connection: Connection, scope: Scope, case_id: str, *, kind: str | None = None
) -> WholeCase | None:
    row = find_case(connection, scope, case_id, kind=kind)
    if row is None:
        return None
    given = {"case_id": case_id}
    seats = Session(connection).scalars(_SEATS, given).all()
    bodies = Session(connection).scalars(_DUTIES, given)
    duties = [RecordedDuty.model_validate(body) for body in bodies]
    notices = Session(connection).scalars(_NOTICES, given).all()
    links = Session(connection).scalars(_LINKS, given).all()
    mentioned = [row.opened_by, *(seat.person_id for seat in seats)]
    mentioned += [notice.receiver_person for notice in notices]
    for duty in duties:
        mentioned += people_of(duty)
    people = {person for person in mentioned if person}
    known = names(connection, people)
    return WholeCase(row, seats, duties, notices, links, known)


# On the way of every message, so these are built once: building them takes longer than running them.

_THIS: BindParameter[str] = bindparam("case_id")
_CASE = select(CaseRow).where(CaseRow.id == _THIS)
_ON_A_SIDE, _REPORTED = ways_to_see(bindparam("seats", expanding=True))
# Judged for the one case: to find all that may be seen first takes long for whoever sees many.
_SEEN_CASE = _CASE.where(
    _ON_A_SIDE.where(CaseSeatRow.case_id == _THIS).exists()
    | _REPORTED.where(NoticeRow.case_id == _THIS).exists()
)
_KIND = _CASE.with_only_columns(CaseRow.kind)
_SEEN_KIND = _SEEN_CASE.with_only_columns(CaseRow.kind)
_SEATS = select(CaseSeatRow).where(CaseSeatRow.case_id == _THIS)
_DUTIES = (
    select(DutyRow.body)
    .where(DutyRow.case_id == _THIS)
    .order_by(DutyRow.opened_at, DutyRow.id)
)
_NOTICES = (
    select(NoticeRow)
    .where(NoticeRow.case_id == _THIS)
    .order_by(NoticeRow.queued_at, NoticeRow.key)
)
_LINKS = (
    select(CaseLinkRow)
    .where(CaseLinkRow.case_id == _THIS)
    .order_by(CaseLinkRow.other_id)
)


def _asked(
    every: Select[Found], seen: Select[Found], scope: Scope, case_id: str
) -> tuple[Select[Found], dict[str, object]]:
    """What to ask for this case, and with what: whoever sees every case is not asked for their seats."""
    if scope.seats is None:
        return every, {"case_id": case_id}
    return seen, {"case_id": case_id, "seats": list(scope.seats)}


async def carried_run(session: AsyncSession, case_id: str) -> CaseRun[Any, Any] | None:
    """All that is needed to take a closed case up again; None while it is open."""
    query = select(CaseRow.kind, CaseRow.carried).where(CaseRow.id == case_id)
    found = (await session.execute(query)).one_or_none()
    if found is None or not found.carried:
        return None
    run: CaseRun[Any, Any] = LIFECYCLES[found.kind].run.model_validate(found.carried)
    return run


async def timeline(
    session: AsyncSession, case_id: str, *, after: int, limit: int
) -> Sequence[EntryRow]:
    """Entries in order, from the one behind `after`; one more than `limit` where there is another page."""
    query = select(EntryRow).where(EntryRow.case_id == case_id, EntryRow.seq > after)
    return (await session.scalars(query.order_by(EntryRow.seq).limit(limit + 1))).all()


async def find_entry(session: AsyncSession, case_id: str, seq: int) -> Entry | None:
    row = await session.get(EntryRow, (case_id, seq)) if seq <= MOST_ENTRIES else None
    return Entry.model_validate(row.body) if row else None


def find_message(
    connection: Connection, case_id: str, message_id: str
) -> MessageRow | None:
    """What became of a message, once the case has heard it."""
    query = select(MessageRow).where(
        MessageRow.id == message_id, MessageRow.case_id == case_id
    )
    return Session(connection).scalars(query).one_or_none()


def people_of(duty: Duty) -> list[str | None]:
    end = duty.discharge
    done_by = [end.person, end.attested_by] if end else []
    return [*done_by, *(holder.person for holder in duty.holders)]


def people_in(entry: Entry) -> list[str | None]:
    said = entry.attested
    attested = [said.entered_by, said.said_by, said.told_to] if said else []
    return [entry.person, entry.before, *attested]


class Age(Frozen):
    """How many open cases stand on one rung, and since when the oldest has been open."""

    ladder: str
    rung: str | None
    count: int
    oldest_opened_at: datetime
    newest_opened_at: datetime


async def ageing(
    session: AsyncSession, scope: Scope, program: str | None
) -> tuple[Age, ...]:
    """Open conflicts by ladder and rung (CR-P-2)."""
    oldest, newest = func.min(CaseRow.opened_at), func.max(CaseRow.opened_at)
    query = (
        select(CaseRow.ladder, CaseRow.rung, func.count(), oldest, newest)
        .where(
            CaseRow.kind == "conflict",
            scope.covers(CaseRow.id),
            CaseRow.status.not_in(CLOSED),
        )
        .group_by(CaseRow.ladder, CaseRow.rung)
        .order_by(CaseRow.ladder, CaseRow.rung)
    )
    if program:
        query = query.where(CaseRow.program == program)
    return tuple(
        Age(
            ladder=ladder,
            rung=rung,
            count=count,
            oldest_opened_at=first,
            newest_opened_at=last,
        )
        for ladder, rung, count, first, last in await session.execute(query)
    )


def _conditions(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    equal: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (CaseRow.ladder, wanted.ladder),
            (CaseRow.rung, wanted.rung),
            (CaseRow.program, wanted.program),
            (CaseRow.overdue, wanted.overdue),
        )
        if value is not None
    ]
    if wanted.status:
        equal.append(CaseRow.status.in_(wanted.status))
    if wanted.opened_after:
        equal.append(CaseRow.opened_at > wanted.opened_after)
    if wanted.opened_before:
        equal.append(CaseRow.opened_at < wanted.opened_before)
    if wanted.seats is not None:
        equal.append(Scope(seats=wanted.seats).covers(CaseRow.id))
    return equal
