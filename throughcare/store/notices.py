"""Notices on their way: every one is sent at most once, and none is lost without a word.

queued ── claim ──> sending ── settle ──> delivered, failed, uncertain, or queued again
                       └── cut off ──> uncertain

The table is the outbox too: a record's transaction queues its notices, throughcare.notices.dispatch sends what stands here.
`sending` is committed before the mail server is spoken to. Whoever finds it there later cannot know whether the letter
went out, so it is never sent again; the case shows it as uncertain and somebody is told (ruling 5).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from throughcare.case.base import Frozen
from throughcare.case.notice import (
    Delivered,
    Delivery,
    Notice,
)
from throughcare.case.parts import PackRef
from throughcare.case.seats import Seated
from throughcare.lifecycles.care_plan.telling import OUTSIDE
from throughcare.lifecycles.client.plan_facts import CarePlanFacts
from throughcare.store.rows import one_row
from throughcare.store.tables import (
    AgencyRow,
    CaseRow,
    ClientRow,
    ConflictCaseRow,
    Json,
    NoticeRow,
    PersonRow,
    ProviderRow,
    Utc,
)

CUT_OFF = "cut off while it was being sent, so it may have gone out"

PRINT_IT = "no e-mail: print the letter"
"""Why a letter to a client was not mailed, where they have no address: no fault of the mail, and a duty in its case."""


class DueNotice(NamedTuple):
    """One that somebody has to see to now, as it stands; `attempts` counts those begun before."""

    key: str
    case_id: str
    delivery: str
    attempts: int
    body: Json


class Addressee(Frozen):
    """Where to write to somebody, and what they are called; `language` is a client's, who is called by no name."""

    id: str
    name: str
    email: str | None
    language: str | None = None


class LetterCase(Frozen):
    """What letters say of their case, and in whose name they are written. `ladder`: of one that climbs one, its id."""

    case_id: str
    kind: str
    pack: PackRef
    ladder: str = ""
    agency: str = ""
    calendar: str | None = None


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
    return {
        "key": notice.key,
        "case_id": case_id,
        "version": version,
        "place": place,
        "body": notice.model_dump(mode="json", exclude_defaults=True),
        "kind": notice.kind,
        "clause": notice.clause,
        "step": notice.step,
        "receiver_seat": notice.receiver.seat,
        "receiver_person": notice.receiver.person,
        "sender_seat": notice.sender.seat if notice.sender else None,
        "delivery": Delivery.queued,
        "reason": "",
        "attempts": 0,
        "queued_at": at,
        "try_at": None,
        "claimed_at": None,
        "settled_at": None,
        "reports": reports,
        "done_at": None,
    }


def to_do(
    connection: Connection,
    now: datetime,
    left_at: datetime,
    limit: int,
    *,
    in_hand: Collection[str] = (),
) -> Sequence[DueNotice]:
    """Notices that are due, and those that somebody claimed before `left_at` and never came back to, in their order; none of
    the cases `in_hand`."""
    given = {"now": now, "left_at": left_at, "limit": limit, "in_hand": list(in_hand)}
    return [DueNotice(*row) for row in connection.execute(_TO_DO, given)]


def claim(connection: Connection, key: str, at: datetime) -> bool:
    """Take a queued notice to send it. False where it is another's by now, or another letter of its case is under way."""
    given = {"notice": key, "now": at}
    return connection.execute(_CLAIM, given).one_or_none() is not None


def settle(
    connection: Connection,
    outcome: Delivered,
    at: datetime,
    try_at: datetime | None = None,
) -> bool:
    """Write down what became of a claimed notice, `queued` until `try_at` where certainly nothing was accepted.

    Whether its case is to be told. One that was found cut off meanwhile stays uncertain, because the case is told so.
    """
    waits_again = outcome.delivery is Delivery.queued
    given = {
        "notice": outcome.key,
        "now": at,
        "became": outcome.delivery,
        "why": outcome.reason,
        "again_at": try_at,
        "over_at": None if waits_again else at,
        "done": at if outcome.delivery is Delivery.delivered else None,
    }
    row = connection.execute(_SETTLE, given).one_or_none()
    return row is not None and not waits_again and row.done_at is None


def take_over(
    connection: Connection, key: str, at: datetime, left_at: datetime
) -> Delivered | None:
    """What its case is to be told of a notice that was claimed before `left_at` and left: that it is uncertain, where it was
    being sent. None where another took it over."""
    given = {"notice": key, "now": at, "left_at": left_at}
    for statement in (_CUT_OFF, _UNTOLD):
        row = connection.execute(statement, given).one_or_none()
        if row:
            return Delivered(
                key=key, delivery=Delivery(row.delivery), reason=row.reason
            )
    return None


def postpone(connection: Connection, keys: Collection[str], until: datetime) -> None:
    """Leave those of these that are still queued alone until then."""
    connection.execute(_POSTPONE, {"notices": list(keys), "again_at": until})


def done(connection: Connection, keys: Collection[str], at: datetime) -> None:
    """Their case was told."""
    connection.execute(_DONE, {"notices": list(keys), "now": at})


def await_reports(connection: Connection, case_id: str) -> tuple[str, ...]:
    """Have a closed case told of every notice it may still have to hear of. Returns their keys."""
    found = connection.execute(_AWAIT_REPORTS, {"of_case": case_id})
    return tuple(sorted(found.scalars()))


# Every notice passes here, so the statements are built once: building them takes longer than running them.

_NOTICE: BindParameter[str] = bindparam("notice")
_NOTICES: BindParameter[Collection[str]] = bindparam("notices", expanding=True)
_NOW: BindParameter[datetime] = bindparam("now", type_=Utc)
_LEFT_AT: BindParameter[datetime] = bindparam("left_at", type_=Utc)
_AGAIN_AT: BindParameter[datetime] = bindparam("again_at", type_=Utc)

_IS_QUEUED = NoticeRow.delivery == Delivery.queued
_IS_TO_DO = NoticeRow.done_at.is_(None)
_IS_DUE = or_(NoticeRow.try_at.is_(None), NoticeRow.try_at <= _NOW)
_IS_LEFT = and_(~_IS_QUEUED, NoticeRow.claimed_at < _LEFT_AT)
_OTHER = aliased(NoticeRow)
_UNDER_WAY = exists().where(
    _OTHER.case_id == NoticeRow.case_id, _OTHER.delivery == Delivery.sending
)

_TO_DO = (
    select(*(getattr(NoticeRow, column) for column in DueNotice._fields))
    .where(
        _IS_TO_DO,
        or_(and_(_IS_QUEUED, _IS_DUE), _IS_LEFT),
        NoticeRow.case_id.not_in(bindparam("in_hand", expanding=True)),
    )
    .order_by(NoticeRow.queued_at, NoticeRow.version, NoticeRow.place, NoticeRow.key)
    .limit(bindparam("limit"))
)
_CLAIM = (
    update(NoticeRow)
    .where(NoticeRow.key == _NOTICE, _IS_QUEUED, _IS_DUE, ~_UNDER_WAY)
    .values(
        delivery=Delivery.sending,
        attempts=NoticeRow.attempts + 1,
        claimed_at=_NOW,
        try_at=None,
    )
    .returning(NoticeRow.key)
)
_SETTLE = (
    update(NoticeRow)
    .where(NoticeRow.key == _NOTICE, NoticeRow.delivery == Delivery.sending)
    .values(
        delivery=bindparam("became"),
        reason=bindparam("why"),
        claimed_at=_NOW,
        try_at=_AGAIN_AT,
        settled_at=bindparam("over_at", type_=Utc),
        done_at=case((NoticeRow.reports, null()), else_=bindparam("done", type_=Utc)),
    )
    .returning(NoticeRow.done_at)
)
_CUT_OFF = (
    update(NoticeRow)
    .where(
        NoticeRow.key == _NOTICE,
        NoticeRow.delivery == Delivery.sending,
        NoticeRow.claimed_at < _LEFT_AT,
    )
    .values(
        delivery=Delivery.uncertain, reason=CUT_OFF, claimed_at=_NOW, settled_at=_NOW
    )
    .returning(NoticeRow.delivery, NoticeRow.reason)
)
_UNTOLD = (
    update(NoticeRow)
    .where(NoticeRow.key == _NOTICE, NoticeRow.settled_at.is_not(None), _IS_TO_DO)
    .where(NoticeRow.claimed_at < _LEFT_AT)
    .values(claimed_at=_NOW)
    .returning(NoticeRow.delivery, NoticeRow.reason)
)
_POSTPONE = (
    update(NoticeRow)
    .where(NoticeRow.key.in_(_NOTICES), _IS_QUEUED)
    .values(try_at=_AGAIN_AT)
)
_DONE = update(NoticeRow).where(NoticeRow.key.in_(_NOTICES)).values(done_at=_NOW)
_AWAIT_REPORTS = (
    update(NoticeRow)
    .where(NoticeRow.case_id == bindparam("of_case"), _IS_TO_DO)
    .values(reports=True)
    .returning(NoticeRow.key)
)


NOT_OF_THE_DIRECTORY = ("client", "provider", OUTSIDE)
"""Receivers in a case about a client who have no seat: they are found elsewhere, or in the case itself."""


def is_of_directory(kind: str, seated: Seated) -> bool:
    return kind == "conflict" or seated.role not in NOT_OF_THE_DIRECTORY


def address_key(kind: str, seated: Seated) -> str | None:
    """What an address is looked up by. In a case about a client, some parts are played by nobody of the directory."""
    if seated.person is None:
        return None
    if not is_of_directory(kind, seated):
        return f"{seated.role}:{seated.person}"
    return seated.person


def members_outside(life: CarePlanFacts) -> dict[str, Addressee]:
    """The members of one team who have no seat, as its case knows them."""
    return {
        f"{OUTSIDE}:{each.id}": Addressee(id=each.id, name=each.name, email=each.email)
        for each in life.members
        if each.is_outside
    }


def addressees(connection: Connection, keys: Iterable[str]) -> dict[str, Addressee]:
    """Everybody who has an `address_key` among these, by it."""
    by_part: dict[str, set[str]] = {}
    for key in keys:
        part, _, of_part = key.rpartition(":")
        by_part.setdefault(part, set()).add(of_part)
    found = _people(connection, by_part.pop("", set()))
    found |= _clients(connection, by_part.pop("client", set()))
    return found | _providers(connection, by_part.pop("provider", set()))


def _people(connection: Connection, ids: Collection[str]) -> dict[str, Addressee]:
    rows = connection.execute(_PEOPLE, {"ids": list(ids)}) if ids else ()
    return {
        row.id: Addressee(id=row.id, name=row.name, email=row.email) for row in rows
    }


def _clients(connection: Connection, ids: Collection[str]) -> dict[str, Addressee]:
    """Without their names: an e-mail has no use for one."""
    rows = connection.execute(_CLIENTS, {"ids": list(ids)}) if ids else ()
    return {
        f"client:{row.id}": Addressee(
            id=row.id, name="", email=row.email, language=row.language
        )
        for row in rows
    }


def _providers(connection: Connection, ids: Collection[str]) -> dict[str, Addressee]:
    rows = connection.execute(_PROVIDERS, {"ids": list(ids)}) if ids else ()
    return {
        f"provider:{row.id}": Addressee(id=row.id, name=row.name, email=row.email)
        for row in rows
    }


_IDS: BindParameter[Collection[str]] = bindparam("ids", expanding=True)
_PEOPLE = select(PersonRow.id, PersonRow.name, PersonRow.email).where(
    PersonRow.id.in_(_IDS)
)
_CLIENTS = select(ClientRow.id, ClientRow.email, ClientRow.language).where(
    ClientRow.id.in_(_IDS)
)
_PROVIDERS = select(ProviderRow.id, ProviderRow.name, ProviderRow.email).where(
    ProviderRow.id.in_(_IDS)
)


def letter_to_client(
    connection: Connection, case_id: str, key: str
) -> NoticeRow | None:
    """The notice with this key, where it is this case's and for the client."""
    this = select(NoticeRow).where(NoticeRow.key == key, NoticeRow.case_id == case_id)
    return one_row(connection, this.where(NoticeRow.receiver_seat == "client"))


def letter_case(connection: Connection, case_id: str) -> LetterCase | None:
    row = connection.execute(_LETTER_CASE, {"case_id": case_id}).one_or_none()
    if row is None:
        return None
    pack = PackRef(id=row.pack_id, version=row.pack_version, digest=row.pack_digest)
    return LetterCase(
        case_id=case_id,
        kind=row.kind,
        pack=pack,
        ladder=row.ladder or "",
        agency=row.name or "",
        calendar=row.calendar,
    )


_LETTER_CASE = (
    select(
        CaseRow.kind,
        CaseRow.pack_id,
        CaseRow.pack_version,
        CaseRow.pack_digest,
        ConflictCaseRow.ladder,
        AgencyRow.name,
        AgencyRow.calendar,
    )
    .outerjoin(AgencyRow, CaseRow.agency_id == AgencyRow.id)
    .outerjoin(ConflictCaseRow, ConflictCaseRow.case_id == CaseRow.id)
    .where(CaseRow.id == bindparam("case_id"))
)
