"""Lists of cases of every kind: filtered, counted, and found by their words. Plain SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    false,
    func,
    or_,
    select,
    tuple_,
)

from throughcare.case.base import Frozen
from throughcare.lifecycles.client.names import name_words, reference_keys
from throughcare.store.access import Scope
from throughcare.store.rows import NO_TOTAL, Total
from throughcare.store.tables import (
    CaseRow,
    ClientCaseRow,
    ClientReferenceRow,
    ClientRow,
    ConflictCaseRow,
)
from throughcare.time.deadline import Instant


def with_a_word(text: str) -> str:
    """What is looked for. Raises ValueError where it holds nothing to look for by."""
    if not any(map(str.isalnum, text)):
        raise ValueError(
            "There is no word in it. Write a letter or a digit at least; no sign stands for anything else."
        )
    return text


class CaseFilter(Frozen):
    """Which cases are asked for; together the fields narrow it. `seats`: only those in which one of these takes part. `text`:
    words that all stand in what the case or its client is called by."""

    kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    is_open: bool | None = None
    step: str | None = None
    program: str | None = None
    client: str | None = None
    ladder: str | None = None
    branch: str | None = None
    overdue: bool | None = None
    opened_after: datetime | None = None
    opened_before: datetime | None = None
    seats: tuple[str, ...] | None = None
    text: str | None = None


class CaseKey(Frozen):
    """Where a page of cases ended; they are listed newest first."""

    opened_at: Instant
    id: str


class CaseLine(Protocol):
    """A case as lists show it. What another kind of case has is None."""

    id: str
    kind: str
    status: str
    step: str | None
    step_title: str
    level: int
    program: str
    program_title: str
    due_at: datetime | None
    overdue: bool
    opened_at: datetime
    closed_at: datetime | None
    ladder: str | None
    youth: str | None
    subject: str | None
    raised_by: str | None
    branch: str | None
    client_id: str | None
    client_name: str | None


class CaseCount(Frozen):
    """How many cases of one kind and status there are."""

    kind: str
    status: str
    count: int
    overdue: int


OF_ITS_KIND = (
    ConflictCaseRow.ladder,
    ConflictCaseRow.youth,
    ConflictCaseRow.subject,
    ConflictCaseRow.raised_by,
    ClientCaseRow.branch,
    ClientRow.name.label("client_name"),
)


def joined(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """With the tables of each kind of case, and the client's."""
    return (
        query.outerjoin(ConflictCaseRow, ConflictCaseRow.case_id == CaseRow.id)
        .outerjoin(ClientCaseRow, ClientCaseRow.case_id == CaseRow.id)
        .outerjoin(ClientRow, ClientRow.id == CaseRow.client_id)
    )


_LINES = joined(
    select(
        CaseRow.id,
        CaseRow.kind,
        CaseRow.status,
        CaseRow.step,
        CaseRow.step_title,
        CaseRow.level,
        CaseRow.program,
        CaseRow.program_title,
        CaseRow.due_at,
        CaseRow.overdue,
        CaseRow.opened_at,
        CaseRow.closed_at,
        CaseRow.client_id,
        *OF_ITS_KIND,
    )
)


def list_cases(
    connection: Connection,
    scope: Scope,
    wanted: CaseFilter,
    *,
    after: CaseKey | None,
    limit: int,
    total: Total = NO_TOTAL,
) -> Sequence[CaseLine]:
    """Newest first. One more than `limit` comes back where there is another page."""
    query = _LINES.where(scope.covers(CaseRow.id), *_conditions(wanted))
    total.count(connection, query)
    if after:
        key = tuple_(CaseRow.opened_at, CaseRow.id)
        query = query.where(key < (after.opened_at, after.id))
    query = query.order_by(CaseRow.opened_at.desc(), CaseRow.id.desc())
    return _lines(connection, query.limit(limit + 1))


def count_cases(
    connection: Connection, scope: Scope, wanted: CaseFilter
) -> tuple[CaseCount, ...]:
    late = func.count().filter(CaseRow.overdue)
    query = (
        joined(select(CaseRow.kind, CaseRow.status, func.count(), late))
        .where(scope.covers(CaseRow.id), *_conditions(wanted))
        .group_by(CaseRow.kind, CaseRow.status)
        .order_by(CaseRow.kind, CaseRow.status)
    )
    return tuple(
        CaseCount(kind=kind, status=status, count=count, overdue=overdue)
        for kind, status, count, overdue in connection.execute(query)
    )


def _lines(
    connection: Connection, query: Select[*tuple[Any, ...]]
) -> Sequence[CaseLine]:
    found: Any = connection.execute(query)
    lines: Sequence[CaseLine] = found.all()
    return lines


def _conditions(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    given: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (CaseRow.step, wanted.step),
            (CaseRow.program, wanted.program),
            (CaseRow.client_id, wanted.client),
            (CaseRow.overdue, wanted.overdue),
            (ConflictCaseRow.ladder, wanted.ladder),
            (ClientCaseRow.branch, wanted.branch),
        )
        if value is not None
    ]
    if wanted.kind:
        given.append(CaseRow.kind.in_(wanted.kind))
    if wanted.status:
        given.append(CaseRow.status.in_(wanted.status))
    if wanted.is_open is not None:
        given.append(CaseRow.closed_at.is_(None) == wanted.is_open)
    if wanted.opened_after:
        given.append(CaseRow.opened_at > wanted.opened_after)
    if wanted.opened_before:
        given.append(CaseRow.opened_at < wanted.opened_before)
    if wanted.seats is not None:
        given.append(Scope(seats=wanted.seats).covers(CaseRow.id))
    return [*given, *(_says(word) for word in (wanted.text or "").split())]


def _says(word: str) -> ColumnElement[bool]:
    """Whether a case, or its client, is called by this word or by one that holds it. Nothing in it is a wildcard."""
    of_client = select(ClientReferenceRow.client_id).where(
        ClientReferenceRow.reference_key.in_(reference_keys([word]))
    )
    columns = (ConflictCaseRow.subject, ConflictCaseRow.youth)
    name = [ClientRow.name_key.contains(e, autoescape=True) for e in name_words(word)]
    return or_(
        CaseRow.id == word.upper(),
        CaseRow.client_id.in_(of_client),
        and_(*name) if name else false(),
        *(column.icontains(word, autoescape=True) for column in columns),
    )
