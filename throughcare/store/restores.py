"""Restores that an operator declared: Temporal, or the tables, are from an earlier moment since."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from throughcare.case.base import Frozen
from throughcare.case.notice import Notice
from throughcare.store.tables import NoticeRow, RestoreRow


class Restore(Frozen):
    number: int
    declared_at: datetime


def declare_restore(
    connection: Connection, at: datetime, by: str, reason: str
) -> Restore:
    row = {"declared_at": at, "declared_by": by, "reason": reason}
    number = connection.scalar(
        insert(RestoreRow).values(row).returning(RestoreRow.number)
    )
    assert number is not None
    return Restore(number=number, declared_at=at)


def last_restore(connection: Connection) -> Restore | None:
    query = select(RestoreRow.number, RestoreRow.declared_at)
    row = connection.execute(query.order_by(RestoreRow.number.desc()).limit(1)).first()
    return Restore(number=row.number, declared_at=row.declared_at) if row else None


def unused(connection: Connection, notices: Sequence[Notice]) -> Sequence[Notice]:
    """A step that begins anew after a restore tells under keys that were used before. Those get the number of the restore, so that
    the notices go out; any other key used before is of a notice that was queued already."""
    if not notices:
        return notices
    declared = select(func.max(RestoreRow.declared_at)).scalar_subquery()
    query = select(NoticeRow.key).where(
        NoticeRow.key.in_([each.key for each in notices]),
        NoticeRow.queued_at <= declared,
    )
    used = set(connection.scalars(query))
    if not used:
        return notices
    restore = last_restore(connection)
    assert restore is not None, "a key counts as used only before a declared restore"
    return [
        each.model_copy(update={"key": f"{each.key}@{restore.number}"})
        if each.key in used
        else each
        for each in notices
    ]
