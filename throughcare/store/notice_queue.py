"""Notices on their way: every one is sent at most once, and none is lost without a word.

queued ── claim ──> sending ── settle ──> delivered, failed, uncertain, or queued again
                       └── cut off ──> uncertain

The table is the queue too: a record's transaction queues its notices, throughcare.notices.dispatch sends what stands here.
`sending` is committed before the mail server is spoken to. Whoever finds it there later cannot know whether the letter
went out, so it is never sent again; the case shows it as uncertain and somebody is told (ruling 5).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from throughcare.case.duty import DutyStatus
from throughcare.case.notice import Delivered, Delivery, Notice
from throughcare.store.tables import DutyRow, Json, NoticeRow, Utc

SEAT_TAKEN = "seat_taken"
GATHERING = timedelta(seconds=10)
"""How long word of a seat that was taken waits for that of its other cases, so that one letter tells of all."""

DAILY = "daily"
"""Begins the gathering of what waits for the daily letter of one person."""

CUT_OFF = "cut off while it was being sent, so it may have gone out"


class DueNotice(NamedTuple):
    """One that somebody has to see to now, as it stands; `attempts` counts those begun before."""

    key: str
    case_id: str
    delivery: str
    attempts: int
    body: Json
    gathering: str | None

    @property
    def is_of_daily_letter(self) -> bool:
        return self.gathering is not None and self.gathering.startswith(f"{DAILY}:")


def queued(
    case_id: str,
    notice: Notice,
    at: datetime,
    *,
    version: int = 0,
    place: int = 0,
    reports: bool = False,
) -> dict[str, object]:
    """The columns of a notice nobody has tried to send yet."""
    to = notice.receiver
    is_gathered = notice.kind == SEAT_TAKEN
    return {
        "key": notice.key,
        "case_id": case_id,
        "version": version,
        "place": place,
        "body": notice.model_dump(mode="json", exclude_defaults=True),
        "kind": notice.kind,
        "clause": notice.clause,
        "step": notice.step,
        "receiver_seat": to.seat,
        "receiver_person": to.person,
        "sender_seat": notice.sender.seat if notice.sender else None,
        "delivery": Delivery.queued,
        "reason": "",
        "attempts": 0,
        "queued_at": at,
        "try_at": at + GATHERING if is_gathered else None,
        "claimed_at": None,
        "settled_at": None,
        "channel": None,
        "reports": reports,
        "done_at": None,
        "gathering": f"{SEAT_TAKEN}:{to.seat}:{to.person}" if is_gathered else None,
    }


class Settlement(NamedTuple):
    """What became of a claimed notice; `queued` until `try_at` where certainly nothing was accepted."""

    outcome: Delivered
    try_at: datetime | None = None

    @property
    def waits_again(self) -> bool:
        return self.outcome.delivery is Delivery.queued


def claim_alone(connection: Connection) -> None:
    """Until this transaction ends nobody else claims, so that two of one case are never under way at once."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_CLAIMS)))


def to_do(
    connection: Connection, now: datetime, left_at: datetime, limit: int
) -> Sequence[DueNotice]:
    """Notices that are due, and those that somebody claimed before `left_at` and never came back to, in their order. While one
    of a case is being sent, its others wait."""
    given = {"now": now, "left_at": left_at, "limit": limit}
    return [DueNotice(*row) for row in connection.execute(_TO_DO, given)]


def gathered(connection: Connection, due: Sequence[DueNotice]) -> Sequence[DueNotice]:
    """What else waits to leave in one letter with any of these, of whatever case: due as well from now on."""
    ready = [each for each in due if each.delivery == Delivery.queued]
    given = {
        "gatherings": [each.gathering for each in ready if each.gathering],
        "notices": [each.key for each in ready],
    }
    found = connection.execute(_GATHERED, given).all() if given["gatherings"] else []
    others = [DueNotice(*row) for row in found]
    postpone(connection, [each.key for each in others], None)
    return others


def claim(
    connection: Connection, keys: Collection[str], channel: str, at: datetime
) -> set[str]:
    """Take queued notices to send them by this channel. Those that are another's by now, or not due, are left out."""
    given = {"notices": list(keys), "by_channel": channel, "now": at}
    return set(connection.execute(_CLAIM, given).scalars()) if keys else set()


def settle(
    connection: Connection, settlements: Iterable[Settlement], at: datetime
) -> set[str]:
    """Write down what became of claimed notices. The keys of those whose case is to be told.

    One that was found cut off meanwhile stays uncertain, because the case is told so.
    """
    wants: set[str] = set()
    alike = sorted(settlements, key=_like)
    for _, group in groupby(alike, _like):
        wants |= _settle(connection, list(group), at)
    return wants


def _like(each: Settlement) -> tuple[str, str, str]:
    return each.outcome.delivery, each.outcome.reason, str(each.try_at)


def _settle(
    connection: Connection, alike: Sequence[Settlement], at: datetime
) -> set[str]:
    one = alike[0]
    delivery = one.outcome.delivery
    given = {
        "notices": [each.outcome.key for each in alike],
        "now": at,
        "became": delivery,
        "why": one.outcome.reason,
        "again_at": one.try_at,
        "over_at": None if one.waits_again else at,
        "done": at if delivery is Delivery.delivered else None,
    }
    rows = connection.execute(_SETTLE, given).all()
    if one.waits_again:
        return set()
    return {row.key for row in rows if row.done_at is None}


def release(
    connection: Connection, keys: Collection[str], until: datetime | None = None
) -> None:
    """Queue claimed notices again that nobody began to send."""
    if keys:
        connection.execute(_RELEASE, {"notices": list(keys), "again_at": until})


def take_over(
    connection: Connection, keys: Collection[str], at: datetime, left_at: datetime
) -> Sequence[Delivered]:
    """What cases are to be told of those of these notices that were claimed before `left_at` and left: of one that was being
    sent, that it is uncertain. None of those that another took over."""
    given = {"notices": list(keys), "now": at, "left_at": left_at}
    statements = (_CUT_OFF, _UNTOLD) if keys else ()
    # Those that were cut off are claimed anew by that, and not left any more.
    found = [row for each in statements for row in connection.execute(each, given)]
    return [
        Delivered(
            key=row.key,
            delivery=Delivery(row.delivery),
            reason=row.reason,
            channel=row.channel,
        )
        for row in found
    ]


def still_to_do(connection: Connection, case_id: str, notice: Notice) -> Notice | None:
    """What of it is still to be told; None where all of it is done by now."""
    ids = [notice.duty] if notice.kind == "told" else [d.id for d in notice.duties]
    if not ids:
        return notice
    given = {"of_case": case_id, "duties": ids}
    over = set(connection.execute(_OVER, given).scalars())
    left = tuple(each for each in notice.duties if each.id not in over)
    if over.issuperset(ids) and notice.kind != "assigned":
        return None
    return notice.left_with(left) if over else notice


def not_needed(connection: Connection, keys: Collection[str], at: datetime) -> set[str]:
    """Of these that are still queued, nothing is left to be told. The keys of those whose case is to hear of it."""
    given = {"notices": list(keys), "now": at}
    rows = connection.execute(_NOT_NEEDED, given).all() if keys else []
    return {row.key for row in rows if row.done_at is None}


def postpone(
    connection: Connection, keys: Collection[str], until: datetime | None
) -> None:
    """Leave those of these that are still queued alone until then."""
    if keys:
        connection.execute(_POSTPONE, {"notices": list(keys), "again_at": until})


def put_off(connection: Connection, key: str, until: datetime) -> None:
    """Have it wait for the daily letter of who it is for."""
    connection.execute(_PUT_OFF, {"notices": [key], "again_at": until})


def put_off_no_longer(connection: Connection, person_id: str) -> None:
    """What waits for this person's daily letter is due now."""
    connection.execute(_PUT_OFF_NO_LONGER, {"gatherings": [f"{DAILY}:{person_id}"]})


def done(connection: Connection, keys: Collection[str], at: datetime) -> None:
    """Their case was told."""
    connection.execute(_DONE, {"notices": list(keys), "now": at})


def tell_again(connection: Connection, case_id: str, since: datetime) -> None:
    """Have a case told once more of what it wanted to hear of and was told since then."""
    connection.execute(_TELL_AGAIN, {"of_case": case_id, "since": since})


def await_reports(connection: Connection, case_id: str) -> tuple[str, ...]:
    """Have a closed case told of every notice it may still have to hear of. Returns their keys."""
    found = connection.execute(_AWAIT_REPORTS, {"of_case": case_id})
    return tuple(sorted(found.scalars()))


# Every notice passes here, so the statements are built once: building them takes longer than running them.

_CLAIMS = 0x6E6F7469636573
"""The number of the lock that whoever claims holds; any number would do that nobody else uses."""

_NOTICES: BindParameter[Collection[str]] = bindparam("notices", expanding=True)
_NOW: BindParameter[datetime] = bindparam("now", type_=Utc)
_LEFT_AT: BindParameter[datetime] = bindparam("left_at", type_=Utc)
_AGAIN_AT: BindParameter[datetime] = bindparam("again_at", type_=Utc)

_IS_ONE = NoticeRow.key.in_(_NOTICES)
_IS_QUEUED = NoticeRow.delivery == Delivery.queued
_IS_BEING_SENT = NoticeRow.delivery == Delivery.sending
_IS_TO_DO = NoticeRow.done_at.is_(None)
_IS_DUE = or_(NoticeRow.try_at.is_(None), NoticeRow.try_at <= _NOW)
_IS_LEFT = NoticeRow.claimed_at < _LEFT_AT
_OTHER = aliased(NoticeRow)
_UNDER_WAY = exists().where(
    _OTHER.case_id == NoticeRow.case_id, _OTHER.delivery == Delivery.sending
)

_TO_DO = (
    select(*(getattr(NoticeRow, column) for column in DueNotice._fields))
    .where(
        _IS_TO_DO,
        or_(
            and_(_IS_QUEUED, _IS_DUE, ~_UNDER_WAY),
            and_(~_IS_QUEUED, _IS_LEFT),
        ),
    )
    .order_by(NoticeRow.queued_at, NoticeRow.version, NoticeRow.place, NoticeRow.key)
    .limit(bindparam("limit"))
)
_IS_GATHERED = NoticeRow.gathering.in_(bindparam("gatherings", expanding=True))
_GATHERED = (
    select(*(getattr(NoticeRow, column) for column in DueNotice._fields))
    .where(
        _IS_TO_DO,
        _IS_QUEUED,
        _IS_GATHERED,
        NoticeRow.key.not_in(_NOTICES),
    )
    .order_by(NoticeRow.queued_at, NoticeRow.key)
)
_CLAIM = (
    update(NoticeRow)
    .where(_IS_ONE, _IS_QUEUED, _IS_DUE)
    .values(
        delivery=Delivery.sending,
        channel=bindparam("by_channel"),
        attempts=NoticeRow.attempts + 1,
        claimed_at=_NOW,
        try_at=None,
    )
    .returning(NoticeRow.key)
)
_SETTLE = (
    update(NoticeRow)
    .where(_IS_ONE, _IS_BEING_SENT)
    .values(
        delivery=bindparam("became"),
        reason=bindparam("why"),
        claimed_at=_NOW,
        try_at=_AGAIN_AT,
        settled_at=bindparam("over_at", type_=Utc),
        done_at=case((NoticeRow.reports, null()), else_=bindparam("done", type_=Utc)),
    )
    .returning(NoticeRow.key, NoticeRow.done_at)
)
_RELEASE = (
    update(NoticeRow)
    .where(_IS_ONE, _IS_BEING_SENT)
    .values(delivery=Delivery.queued, attempts=NoticeRow.attempts - 1, try_at=_AGAIN_AT)
)
_TAKEN_OVER = NoticeRow.key, NoticeRow.delivery, NoticeRow.reason, NoticeRow.channel
_CUT_OFF = (
    update(NoticeRow)
    .where(_IS_ONE, _IS_BEING_SENT, _IS_LEFT)
    .values(
        delivery=Delivery.uncertain, reason=CUT_OFF, claimed_at=_NOW, settled_at=_NOW
    )
    .returning(*_TAKEN_OVER)
)
_UNTOLD = (
    update(NoticeRow)
    .where(_IS_ONE, NoticeRow.settled_at.is_not(None), _IS_TO_DO, _IS_LEFT)
    .values(claimed_at=_NOW)
    .returning(*_TAKEN_OVER)
)
_OVER = select(DutyRow.id).where(
    DutyRow.case_id == bindparam("of_case"),
    DutyRow.id.in_(bindparam("duties", expanding=True)),
    DutyRow.status.not_in((DutyStatus.open, DutyStatus.missed)),
)
_NOT_NEEDED = (
    update(NoticeRow)
    .where(NoticeRow.key.in_(_NOTICES), _IS_QUEUED)
    .values(
        delivery=Delivery.needless,
        claimed_at=_NOW,
        settled_at=_NOW,
        done_at=case((NoticeRow.reports, null()), else_=_NOW),
    )
    .returning(NoticeRow.key, NoticeRow.done_at)
)
_POSTPONE = (
    update(NoticeRow)
    .where(NoticeRow.key.in_(_NOTICES), _IS_QUEUED)
    .values(try_at=_AGAIN_AT)
)
_PUT_OFF = _POSTPONE.values(gathering=literal(f"{DAILY}:") + NoticeRow.receiver_person)
_PUT_OFF_NO_LONGER = (
    update(NoticeRow).where(_IS_TO_DO, _IS_QUEUED, _IS_GATHERED).values(try_at=None)
)
_DONE = update(NoticeRow).where(NoticeRow.key.in_(_NOTICES)).values(done_at=_NOW)
_TELL_AGAIN = (
    update(NoticeRow)
    .where(
        NoticeRow.case_id == bindparam("of_case"),
        NoticeRow.done_at > bindparam("since", type_=Utc),
        NoticeRow.delivery != Delivery.superseded,
        or_(NoticeRow.reports, NoticeRow.delivery != Delivery.delivered),
    )
    .values(done_at=None)
)
_AWAIT_REPORTS = (
    update(NoticeRow)
    .where(NoticeRow.case_id == bindparam("of_case"), _IS_TO_DO)
    .values(reports=True)
    .returning(NoticeRow.key)
)
