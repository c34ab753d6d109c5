"""Clients opened in an emergency: by whom and why, until when, and what the review came to."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from throughcare.case.base import Frozen
from throughcare.errors import NotForYou, NotThere, ThroughcareError
from throughcare.store.rows import NO_TOTAL, Total, one_row, rows
from throughcare.store.tables import EmergencyAccessRow


class ReviewedAlready(ThroughcareError):
    status = 409

    def __init__(self) -> None:
        super().__init__("This emergency access was reviewed already.")


class EmergencyAccess(Frozen):
    id: str
    person_id: str
    client_id: str
    reason: str
    opened_at: datetime
    until_at: datetime
    review_due_at: datetime
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    review: str | None = None


class AccessKey(Frozen):
    """Where a page of them ended; the latest comes first."""

    id: str


def add_access(connection: Connection, access: EmergencyAccess) -> None:
    connection.execute(insert(EmergencyAccessRow), access.model_dump())


def list_accesses(
    connection: Connection,
    *,
    by: str | None,
    unreviewed: bool,
    after: AccessKey | None,
    limit: int,
    total: Total = NO_TOTAL,
) -> Sequence[EmergencyAccess]:
    """The latest first; `by`: only this person's. One more than `limit` comes back where there is another page."""
    query = select(EmergencyAccessRow)
    if by:
        query = query.where(EmergencyAccessRow.person_id == by)
    if unreviewed:
        query = query.where(EmergencyAccessRow.reviewed_at.is_(None))
    total.count(connection, query)
    if after:
        query = query.where(EmergencyAccessRow.id < after.id)
    latest = query.order_by(EmergencyAccessRow.id.desc()).limit(limit + 1)
    return [_access(row) for row in rows(connection, latest)]


def overdue_reviews(connection: Connection, at: datetime) -> Sequence[EmergencyAccess]:
    """Those that nobody has reviewed by when it was due."""
    query = select(EmergencyAccessRow).where(
        EmergencyAccessRow.reviewed_at.is_(None), EmergencyAccessRow.review_due_at < at
    )
    return [_access(row) for row in rows(connection, query)]


def review_access(
    connection: Connection, access_id: str, words: str, *, by: str, at: datetime
) -> EmergencyAccess:
    """Raises NotThere, NotForYou for who opened it themselves, and ReviewedAlready."""
    this = EmergencyAccessRow.id == access_id
    query = select(EmergencyAccessRow).where(this)
    row = one_row(connection, query.with_for_update())
    if row is None:
        raise NotThere("emergency access")
    if row.person_id == by:
        raise NotForYou("Somebody else reviews what you opened.")
    if row.reviewed_at:
        raise ReviewedAlready
    review = {"reviewed_by": by, "reviewed_at": at, "review": words}
    connection.execute(update(EmergencyAccessRow).where(this).values(review))
    return _access(row).model_copy(update=review)


def _access(row: EmergencyAccessRow) -> EmergencyAccess:
    return EmergencyAccess.model_validate(row, from_attributes=True)
