"""The feed of changes: which cases were recorded anew since a reader last looked, none left out and none told twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    tuple_,
)

from throughcare.case.base import Frozen
from throughcare.store.access import Scope
from throughcare.store.rows import rows
from throughcare.store.tables import CaseChangeRow

KEPT_FOR = timedelta(days=7)
"""Whoever looks less often than that reads the cases themselves."""


class ChangeKey(Frozen):
    """Where a reader of the feed was. Numbers are given before a transaction commits, transactions end in any order: so all
    of an earlier transaction comes first, and none is told that is not earlier than every one still running."""

    transaction_id: int
    seq: int


START = ChangeKey(transaction_id=0, seq=0)


def note_change(connection: Connection, case_id: str, at: datetime) -> None:
    """As a part of the transaction that records the case."""
    row = {"case_id": case_id, "at": at}
    if connection.dialect.name == "postgresql":
        connection.execute(_NOTE_IN_POSTGRESQL, row)
    else:
        connection.execute(insert(CaseChangeRow), row | {"transaction_id": 0})


def changes_after(
    connection: Connection, scope: Scope, after: ChangeKey, *, limit: int
) -> Sequence[CaseChangeRow]:
    """In order, of the cases that may be seen. One more than `limit` comes back where there are more."""
    key = tuple_(CaseChangeRow.transaction_id, CaseChangeRow.seq)
    query = select(CaseChangeRow).where(
        key > tuple_(literal(after.transaction_id), literal(after.seq)),
        _is_over(connection),
        scope.covers(CaseChangeRow.case_id),
    )
    order = (CaseChangeRow.transaction_id, CaseChangeRow.seq)
    return rows(connection, query.order_by(*order).limit(limit + 1))


def newest_change(connection: Connection) -> ChangeKey:
    """Where a reader begins who knows the cases as they are now."""
    query = select(CaseChangeRow).where(_is_over(connection))
    order = (CaseChangeRow.transaction_id.desc(), CaseChangeRow.seq.desc())
    for row in rows(connection, query.order_by(*order).limit(1)):
        return ChangeKey(transaction_id=row.transaction_id, seq=row.seq)
    return START


def drop_old_changes(connection: Connection, now: datetime) -> None:
    connection.execute(delete(CaseChangeRow).where(CaseChangeRow.at < now - KEPT_FOR))


def _is_over(connection: Connection) -> ColumnElement[bool]:
    """Whether every transaction that comes before a change has ended."""
    if connection.dialect.name != "postgresql":
        return true()
    oldest = func.pg_snapshot_xmin(func.pg_current_snapshot())
    return CaseChangeRow.transaction_id < oldest.cast(Text).cast(BigInteger)


_NOTE_IN_POSTGRESQL = insert(CaseChangeRow).values(
    transaction_id=func.pg_current_xact_id().cast(Text).cast(BigInteger)
)
