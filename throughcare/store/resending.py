"""Notices that did not arrive, or may not have, and sending them again: a person's doing, on record with the notice."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, insert, select, tuple_, update

from throughcare.case.base import Frozen
from throughcare.case.notice import Delivery, Notice, Undelivered
from throughcare.store.notice_queue import queued
from throughcare.store.rows import NO_TOTAL, Total
from throughcare.store.tables import NoticeRow
from throughcare.time.deadline import Instant

IN_DOUBT = tuple(map(Delivery, Undelivered))


class UndeliveredNotice(Frozen):
    """`failed`: it did not arrive. `uncertain`: it may have."""

    key: str
    case_id: str
    kind: str
    clause: str | None
    receiver_seat: str | None
    delivery: Delivery
    reason: str
    channel: str | None
    settled_at: Instant


class UndeliveredKey(Frozen):
    """Where a page of them ended; they are listed latest first."""

    settled_at: Instant
    key: str


def undelivered(
    connection: Connection,
    delivery: Delivery | None,
    *,
    after: UndeliveredKey | None = None,
    limit: int | None = None,
    total: Total = NO_TOTAL,
) -> Sequence[UndeliveredNotice]:
    """Those that nobody has sent again, the latest first. One more than `limit` where there is another page."""
    order = NoticeRow.settled_at, NoticeRow.key
    query = _undelivered((delivery,) if delivery else IN_DOUBT)
    total.count(connection, query)
    if after:
        query = query.where(tuple_(*order) < (after.settled_at, after.key))
    query = query.order_by(*(each.desc() for each in order))
    if limit is not None:
        query = query.limit(limit + 1)
    columns = [getattr(NoticeRow, name) for name in UndeliveredNotice.model_fields]
    found = connection.execute(query.with_only_columns(*columns))
    return [UndeliveredNotice.model_validate(dict(row._mapping)) for row in found]


def send_again(
    connection: Connection, keys: Collection[str], by: str, at: datetime
) -> tuple[str, ...]:
    """Queue these anew, each under a key of its own; those that arrived, wait, or were sent again by somebody are left out. Returns
    the keys of those that go out."""
    query = _undelivered(IN_DOUBT).where(NoticeRow.key.in_(keys))
    query = query.order_by(NoticeRow.queued_at, NoticeRow.version, NoticeRow.place)
    found = connection.scalars(query.with_for_update()).all()
    for key in found:
        _queue_again(connection, key, by, at)
    return tuple(found)


def _queue_again(connection: Connection, key: str, by: str, at: datetime) -> None:
    columns = NoticeRow.__table__.columns
    row = connection.execute(select(*columns).where(columns.key == key)).one()
    again = Notice.model_validate(row.body).model_copy(update={"key": f"{key}+"})
    # Its case was told that it did not arrive, and wants to hear if it does now.
    said = queued(
        row.case_id, again, at, version=row.version, place=row.place, reports=True
    )
    connection.execute(insert(NoticeRow).values(said | {"again_of": key}))
    told = {"sent_again_at": at, "sent_again_by": by}
    connection.execute(update(NoticeRow).where(NoticeRow.key == key).values(told))


def _undelivered(deliveries: Collection[Delivery]) -> Select[str]:
    return select(NoticeRow.key).where(
        NoticeRow.delivery.in_(deliveries), NoticeRow.sent_again_at.is_(None)
    )
