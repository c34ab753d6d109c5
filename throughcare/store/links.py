"""Signed links: issued once per notice, used once, revocable."""

import secrets  # noqa: TID251 (ids are made in an activity, never in a workflow)
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, bindparam, case, select, update
from sqlalchemy.sql.dml import ReturningInsert

from throughcare.case.notice import Notice
from throughcare.store.database import insert_into
from throughcare.store.directory import AnswersBy
from throughcare.store.rows import one_row, rows
from throughcare.store.tables import LinkRow, OrganizationRow, SeatRow

ID_BYTES = 16


def answering_by_link(connection: Connection, seats: Collection[str]) -> set[str]:
    """Those of these seats whose organization's people answer by links."""
    return set(connection.scalars(_ANSWERING_BY_LINK, {"seats": list(seats)}))


_ANSWERING_BY_LINK = (
    select(SeatRow.id)
    .join(OrganizationRow, OrganizationRow.id == SeatRow.organization_id)
    .where(OrganizationRow.answers_by == AnswersBy.link)
    .where(SeatRow.id.in_(bindparam("seats", expanding=True)))
)


def issue(
    connection: Connection,
    case_id: str,
    notice: Notice,
    at: datetime,
    good_for: timedelta,
) -> str:
    """The id of the link that goes out with this notice: the same one however often sending is tried, good from the
    latest try. To be called with the notice claimed, so that nobody else issues it at the same time."""
    link = {
        "id": secrets.token_hex(ID_BYTES),
        "case_id": case_id,
        "seat_id": notice.receiver.seat or "",
        "person_id": notice.receiver.person or "",
        "step": notice.step,
        "notice_key": notice.key,
        "created_by": None,
        "created_at": at,
        "expires_at": at + good_for,
    }
    issued = connection.execute(_issuing(connection.dialect.name), link)
    return issued.scalar_one()


@cache
def _issuing(dialect: str) -> ReturningInsert[str]:
    insert = insert_into(dialect, LinkRow)
    expires_at = insert.excluded.expires_at
    return insert.on_conflict_do_update(
        index_elements=["notice_key"], set_={"expires_at": expires_at}
    ).returning(LinkRow.id)


def find_link(
    connection: Connection, link_id: str, *, lock: bool = False
) -> LinkRow | None:
    """`lock`: nobody else uses it or takes it away until the transaction is over."""
    query = select(LinkRow).where(LinkRow.id == link_id)
    return one_row(connection, query.with_for_update() if lock else query)


def links_of(connection: Connection, case_id: str) -> Sequence[LinkRow]:
    """The links of a case, the latest first."""
    query = select(LinkRow).where(LinkRow.case_id == case_id)
    return rows(connection, query.order_by(LinkRow.created_at.desc(), LinkRow.id))


def use(
    connection: Connection,
    link_id: str,
    message_id: str,
    at: datetime,
    *,
    refused: str | None = None,
) -> bool:
    """Take the link for this message, which may be sent again, in place of `refused`, which the case did not take. False
    where it was taken for another one."""
    free = LinkRow.message_id.is_(None) | LinkRow.message_id.in_([message_id, refused])
    first_at = case((LinkRow.message_id == message_id, LinkRow.used_at), else_=at)
    taken = connection.scalars(
        update(LinkRow)
        .where(LinkRow.id == link_id, free)
        .values(used_at=first_at, message_id=message_id)
        .returning(LinkRow.id)
    )
    return taken.one_or_none() is not None


def give_back(connection: Connection, link_id: str, message_id: str) -> None:
    """The case refused this answer, or could not be reached: the link is as good as before. One taken for another answer
    meanwhile stays taken."""
    mine = (LinkRow.id == link_id) & (LinkRow.message_id == message_id)
    connection.execute(
        update(LinkRow).where(mine).values(used_at=None, message_id=None)
    )


def revoke(connection: Connection, link_id: str, by: str, at: datetime) -> LinkRow:
    """It is good for nothing from now on; revoking it again changes nothing. The link as it then is."""
    connection.execute(
        update(LinkRow)
        .where(LinkRow.id == link_id, LinkRow.revoked_at.is_(None))
        .values(revoked_at=at, revoked_by=by)
    )
    (row,) = rows(connection, select(LinkRow).where(LinkRow.id == link_id))
    return row
