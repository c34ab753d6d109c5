"""Notices on their way: every one is sent at most once, and none is lost without a word.

queued ── claim ──> sending ── settle ──> delivered, failed, uncertain, or queued again
                       └────── claim ──> uncertain

`sending` is committed before the mail server is spoken to. Whoever finds it there later cannot know whether the letter
went out, so it is never sent again; the case shows it as uncertain and somebody is told (ruling 5).
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.domain.base import Frozen
from throughcare.domain.casefile import Delivered, Delivery, Notice
from throughcare.store.database import insert_into
from throughcare.store.tables import AgencyRow, CaseRow, NoticeRow, PersonRow

CUT_OFF = "cut off while it was being sent, so it may have gone out"


class Addressee(Frozen):
    id: str
    name: str
    email: str | None


def queued(case_id: str, notice: Notice, at: datetime) -> dict[str, object]:
    """The columns of a notice nobody has tried to send yet."""
    return {
        "key": notice.key,
        "case_id": case_id,
        "kind": notice.kind,
        "clause": notice.clause,
        "rung": notice.rung,
        "receiver_seat": notice.receiver.seat,
        "receiver_person": notice.receiver.person,
        "sender_seat": notice.sender.seat if notice.sender else None,
        "delivery": Delivery.queued,
        "reason": "",
        "attempts": 0,
        "queued_at": at,
        "settled_at": None,
    }


async def claim(
    session: AsyncSession, case_id: str, notice: Notice, at: datetime
) -> Delivered:
    """Take a notice to send it: `sending` means that it is the caller's to send, anything else that it is not."""
    row = await session.get(NoticeRow, notice.key, with_for_update=True)
    if row is None:
        # Another may be at the same: whoever comes second waits here, and finds the row of the first.
        insert = insert_into(session.get_bind().dialect.name, NoticeRow)
        new = queued(case_id, notice, at)
        await session.execute(insert.values(new).on_conflict_do_nothing())
        row = await session.get_one(NoticeRow, notice.key, with_for_update=True)
    if row.delivery == Delivery.queued:
        row.delivery = Delivery.sending
        row.attempts += 1
    elif row.delivery == Delivery.sending:
        _end(row, Delivery.uncertain, CUT_OFF, at)
    return _outcome(row)


async def settle(session: AsyncSession, outcome: Delivered, at: datetime) -> Delivered:
    """Write down what became of a claimed notice, `queued` where certainly nothing was accepted.

    Returns what stands: one that was found in `sending` meanwhile stays uncertain, because the case was told so.
    """
    row = await session.get_one(NoticeRow, outcome.key, with_for_update=True)
    if row.delivery == Delivery.sending:
        _end(row, outcome.delivery, outcome.reason, at)
    return _outcome(row)


def _end(row: NoticeRow, delivery: Delivery, reason: str, at: datetime) -> None:
    row.delivery, row.reason = delivery, reason
    row.settled_at = None if delivery is Delivery.queued else at


def _outcome(row: NoticeRow) -> Delivered:
    return Delivered(key=row.key, delivery=Delivery(row.delivery), reason=row.reason)


async def settled(session: AsyncSession, keys: Collection[str]) -> dict[str, Delivered]:
    """What became of those of these notices that are nobody's to send any more."""
    over = NoticeRow.settled_at.is_not(None)
    rows = await session.scalars(select(NoticeRow).where(NoticeRow.key.in_(keys), over))
    return {row.key: _outcome(row) for row in rows}


async def tries(session: AsyncSession, keys: Collection[str]) -> dict[str, int]:
    """How often each of these notices was taken to be sent."""
    query = select(NoticeRow.key, NoticeRow.attempts).where(NoticeRow.key.in_(keys))
    return {key: attempts for key, attempts in await session.execute(query)}


async def addressees(
    session: AsyncSession, people: Collection[str]
) -> dict[str, Addressee]:
    rows = await session.scalars(select(PersonRow).where(PersonRow.id.in_(people)))
    return {
        row.id: Addressee(id=row.id, name=row.name, email=row.email) for row in rows
    }


async def calendar_of(session: AsyncSession, case_id: str) -> str | None:
    """The calendar of the case's agency. None where the case is not written down yet."""
    agency = select(CaseRow.agency_id).where(CaseRow.id == case_id).scalar_subquery()
    return await session.scalar(
        select(AgencyRow.calendar).where(AgencyRow.id == agency)
    )
