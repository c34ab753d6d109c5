"""The figures operators watch, counted over all cases. Counts, ages, and words of the policy: nothing about anybody."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, case, func, null, or_, select

from throughcare.case.base import Frozen
from throughcare.case.duty import DutyStatus
from throughcare.case.notice import Delivery
from throughcare.lifecycles.conflict.conflict import CLOSED, ConflictStatus
from throughcare.store.addressees import PRINT_IT
from throughcare.store.duties import OUTSTANDING
from throughcare.store.notice_queue import DAILY
from throughcare.store.outbox import untold_since
from throughcare.store.rows import one_row
from throughcare.store.tables import (
    CaseRow,
    DutyRow,
    EmergencyAccessRow,
    NoticeRow,
    RecordCheckRow,
)

OPEN = tuple(status for status in ConflictStatus if status not in CLOSED)
"""Named one by one, because an index finds what a status is and not what it is not."""

WATCHED = (Delivery.queued, Delivery.sending, Delivery.failed, Delivery.uncertain)


class ClauseFigures(Frozen):
    """Of one clause in the open cases of one lifecycle: how many duties are still to be done, and how many are late."""

    lifecycle: str
    clause: str
    outstanding: int
    overdue: int


class CheckFigures(Frozen):
    """What the last comparison of the tables with the workflows found."""

    ended_at: datetime
    different: int
    mended: int
    unreachable: int
    ahead: int


class Figures(Frozen):
    """`cases`: open ones by lifecycle and status. `untold_since`: of the oldest change that cases were not told of yet.
    `emergency_accesses`: those that nobody has reviewed, and those of them that are overdue apart."""

    duties: tuple[ClauseFigures, ...]
    cases: Mapping[tuple[str, ...], int]
    notices: Mapping[str, int]
    queued_since: datetime | None
    untold_since: datetime | None
    check: CheckFigures | None
    emergency_accesses: Mapping[str, int]


def figures(connection: Connection, now: datetime) -> Figures:
    notices, queued_since = _notices(connection)
    return Figures(
        duties=_duties(connection, now),
        cases=_cases(connection),
        notices=notices,
        queued_since=queued_since,
        untold_since=untold_since(connection),
        check=_last_check(connection),
        emergency_accesses=_emergency_accesses(connection, now),
    )


def _duties(connection: Connection, now: datetime) -> tuple[ClauseFigures, ...]:
    late = or_(DutyRow.status == DutyStatus.missed, DutyRow.due_at < now)
    found = connection.execute(
        select(
            CaseRow.kind,
            DutyRow.clause,
            func.count(),
            func.count().filter(late),
        )
        .join(CaseRow, CaseRow.id == DutyRow.case_id)
        .where(DutyRow.status.in_(OUTSTANDING), CaseRow.status.in_(OPEN))
        .group_by(CaseRow.kind, DutyRow.clause)
    )
    return tuple(
        ClauseFigures(lifecycle=kind, clause=clause, outstanding=all_, overdue=late_)
        for kind, clause, all_, late_ in found
    )


def _cases(connection: Connection) -> dict[tuple[str, ...], int]:
    found = connection.execute(
        select(CaseRow.kind, CaseRow.status, func.count())
        .where(CaseRow.status.in_(OPEN))
        .group_by(CaseRow.kind, CaseRow.status)
    )
    return {(kind, status): count for kind, status, count in found}


def _notices(connection: Connection) -> tuple[dict[str, int], datetime | None]:
    """How many of each delivery, and since when the oldest one waits, but for those that wait for a daily letter. A letter
    that is printed instead is none of them."""
    is_put_off = NoticeRow.gathering.startswith(f"{DAILY}:")
    since = case((is_put_off, null()), else_=NoticeRow.queued_at)
    query = select(NoticeRow.delivery, func.count(), func.min(since))
    watched = NoticeRow.delivery.in_(WATCHED), NoticeRow.reason != PRINT_IT
    found = connection.execute(query.where(*watched).group_by(NoticeRow.delivery))
    # None of a kind is a figure too: an alert looks for a rise.
    counts: dict[str, int] = dict.fromkeys(WATCHED, 0)
    oldest: dict[str, datetime | None] = {}
    for delivery, count, since in found:
        counts[delivery], oldest[delivery] = count, since
    return counts, oldest.get(Delivery.queued)


def _last_check(connection: Connection) -> CheckFigures | None:
    query = select(RecordCheckRow).where(RecordCheckRow.ended_at.is_not(None))
    last = query.order_by(RecordCheckRow.started_at.desc()).limit(1)
    row = one_row(connection, last)
    return CheckFigures.model_validate(row, from_attributes=True) if row else None


def _emergency_accesses(connection: Connection, now: datetime) -> dict[str, int]:
    late = func.count().filter(EmergencyAccessRow.review_due_at < now)
    query = select(func.count(), late).where(EmergencyAccessRow.reviewed_at.is_(None))
    every, overdue = connection.execute(query).one()
    return {"unreviewed": every - overdue, "overdue": overdue}
