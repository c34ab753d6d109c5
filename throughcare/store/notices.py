"""Notices on their way: every one is sent at most once, and none is lost without a word.

queued ── claim ──> sending ── settle ──> delivered, failed, uncertain, or queued again
                       └────── claim ──> uncertain

`sending` is committed before the mail server is spoken to. Whoever finds it there later cannot know whether the letter
went out, so it is never sent again; the case shows it as uncertain and somebody is told (ruling 5).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen
from throughcare.case.notice import (
    Delivered,
    Delivery,
    Notice,
)
from throughcare.case.seats import Seated
from throughcare.lifecycles.care_plan.telling import OUTSIDE
from throughcare.lifecycles.client.plan_facts import CarePlanFacts
from throughcare.store.database import insert_into
from throughcare.store.tables import (
    AgencyRow,
    CaseRow,
    ClientRow,
    NoticeRow,
    PersonRow,
    ProviderRow,
)

CUT_OFF = "cut off while it was being sent, so it may have gone out"

PRINT_IT = "no e-mail: print the letter"
"""Why a letter to a client was not mailed, where they have no address: no fault of the mail, and a duty in its case."""


class Addressee(Frozen):
    """Where to write to somebody, and what they are called; `language` is a client's, who is called by no name."""

    id: str
    name: str
    email: str | None
    language: str | None = None


class FromAgency(Frozen):
    """In whose name a case's letters are written, and on whose calendar."""

    name: str
    calendar: str


def queued(case_id: str, notice: Notice, at: datetime) -> dict[str, object]:
    """The columns of a notice nobody has tried to send yet."""
    return {
        "key": notice.key,
        "case_id": case_id,
        "kind": notice.kind,
        "clause": notice.clause,
        "rung": notice.step,
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
    connection = await session.connection()
    taken = (await connection.execute(_TAKE, {"notice": notice.key})).one_or_none()
    if taken:
        return Delivered(key=notice.key, delivery=Delivery.sending, reason=taken.reason)
    row = await session.get(NoticeRow, notice.key, with_for_update=True)
    if row is None or row.delivery == Delivery.queued:
        # Another may be at the same: whoever comes second waits here, and finds the row of the first, or one that it gave
        # back just now.
        insert = insert_into(connection.dialect.name, NoticeRow)
        new = queued(case_id, notice, at)
        await connection.execute(insert.values(new).on_conflict_do_nothing())
        return await claim(session, case_id, notice, at)
    if row.delivery == Delivery.sending:
        cut_off = Delivered(key=notice.key, delivery=Delivery.uncertain, reason=CUT_OFF)
        return await settle(session, cut_off, at)
    return _outcome(row)


async def settle(session: AsyncSession, outcome: Delivered, at: datetime) -> Delivered:
    """Write down what became of a claimed notice, `queued` where certainly nothing was accepted.

    Returns what stands: one that was found in `sending` meanwhile stays uncertain, because the case was told so.
    """
    connection = await session.connection()
    waits_again = outcome.delivery is Delivery.queued
    given = {
        "notice": outcome.key,
        "became": outcome.delivery,
        "why": outcome.reason,
        "over_at": None if waits_again else at,
    }
    if (await connection.execute(_SETTLE, given)).one_or_none():
        return outcome
    row = await session.get_one(NoticeRow, outcome.key, with_for_update=True)
    return _outcome(row)


def _outcome(row: NoticeRow | Row[*tuple[Any, ...]]) -> Delivered:
    return Delivered(key=row.key, delivery=Delivery(row.delivery), reason=row.reason)


async def so_far(
    session: AsyncSession, keys: Collection[str]
) -> tuple[dict[str, Delivered], dict[str, int]]:
    """What became of those of these notices that are nobody's to send any more, and how often each was taken to be sent."""
    rows = (await session.execute(_SO_FAR, {"notices": list(keys)})).all()
    over = {row.key: _outcome(row) for row in rows if row.settled_at}
    return over, {row.key: row.attempts for row in rows}


# Every notice passes here, so the statements are built once: building them takes longer than running them.

_NOTICE: BindParameter[str] = bindparam("notice")

_TAKE = (
    update(NoticeRow)
    .where(NoticeRow.key == _NOTICE, NoticeRow.delivery == Delivery.queued)
    .values(delivery=Delivery.sending, attempts=NoticeRow.attempts + 1)
    .returning(NoticeRow.reason)
)
_SETTLE = (
    update(NoticeRow)
    .where(NoticeRow.key == _NOTICE, NoticeRow.delivery == Delivery.sending)
    .values(
        delivery=bindparam("became"),
        reason=bindparam("why"),
        settled_at=bindparam("over_at"),
    )
    .returning(NoticeRow.key)
)
_SO_FAR = select(
    NoticeRow.key,
    NoticeRow.delivery,
    NoticeRow.reason,
    NoticeRow.attempts,
    NoticeRow.settled_at,
).where(NoticeRow.key.in_(bindparam("notices", expanding=True)))


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


async def addressees(
    session: AsyncSession, keys: Iterable[str]
) -> dict[str, Addressee]:
    """Everybody who has an `address_key` among these, by it."""
    by_part: dict[str, set[str]] = {}
    for key in keys:
        part, _, of_part = key.rpartition(":")
        by_part.setdefault(part, set()).add(of_part)
    found = await _people(session, by_part.pop("", set()))
    found |= await _clients(session, by_part.pop("client", set()))
    return found | await _providers(session, by_part.pop("provider", set()))


async def _people(session: AsyncSession, ids: Collection[str]) -> dict[str, Addressee]:
    rows = await session.execute(_PEOPLE, {"ids": list(ids)}) if ids else ()
    return {
        row.id: Addressee(id=row.id, name=row.name, email=row.email) for row in rows
    }


async def _clients(session: AsyncSession, ids: Collection[str]) -> dict[str, Addressee]:
    """Without their names: an e-mail has no use for one."""
    rows = await session.execute(_CLIENTS, {"ids": list(ids)}) if ids else ()
    return {
        f"client:{row.id}": Addressee(
            id=row.id, name="", email=row.email, language=row.language
        )
        for row in rows
    }


async def _providers(
    session: AsyncSession, ids: Collection[str]
) -> dict[str, Addressee]:
    rows = await session.execute(_PROVIDERS, {"ids": list(ids)}) if ids else ()
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


async def letter_to_client(
    session: AsyncSession, case_id: str, key: str
) -> NoticeRow | None:
    """The notice with this key, where it is this case's and for the client."""
    row = await session.get(NoticeRow, key)
    is_theirs = row and row.case_id == case_id and row.receiver_seat == "client"
    return row if is_theirs else None


async def written_from(session: AsyncSession, case_id: str) -> FromAgency | None:
    """The case's agency. None where the case is not written down yet."""
    row = (await session.execute(_WRITTEN_FROM, {"case_id": case_id})).one_or_none()
    return FromAgency(name=row.name, calendar=row.calendar) if row else None


_WRITTEN_FROM = (
    select(AgencyRow.name, AgencyRow.calendar)
    .join(CaseRow, CaseRow.agency_id == AgencyRow.id)
    .where(CaseRow.id == bindparam("case_id"))
)


async def calendar_of(session: AsyncSession, case_id: str) -> str | None:
    agency = await written_from(session, case_id)
    return agency.calendar if agency else None
