"""Clients: who they are, who speaks for them, and which records may be of one person. Nothing is ever merged.

Workflows, logs and e-mails know a client by their id; what is said here stands nowhere else.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import uuid4  # noqa: TID251 (people enter clients, a workflow never does)

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen, Written
from throughcare.errors import ThroughcareError
from throughcare.lifecycles.client.fields import Name
from throughcare.notices.mail import ADDRESS
from throughcare.store.access import Scope
from throughcare.store.database import within
from throughcare.store.tables import (
    CaseRow,
    ClientChangeRow,
    ClientLikenessRow,
    ClientReferenceRow,
    ClientRow,
    Json,
)

COUNTRY_CODE = "1"
"""A phone number is the same with it and without."""

LOCAL_DIGITS = 10


class NoSuchClient(ThroughcareError):
    status = 404

    def __init__(self) -> None:
        super().__init__("There is no such client, or it is not yours to see.")


class NotLikeThemself(ThroughcareError):
    status = 422

    def __init__(self) -> None:
        super().__init__("other: Name another client's record than this one.")


def _storable(text: str) -> str:
    """PostgreSQL has no NUL character."""
    if "\0" in text:
        raise ValueError("A NUL character cannot be kept; leave it out.")
    return text


def _written_out(value: object) -> object:
    """A bare number would be taken for seconds since 1970, which nobody means."""
    if isinstance(value, int | float) or (
        isinstance(value, str) and value.strip().lstrip("+-").isdigit()
    ):
        raise ValueError("Input should be a date, such as 1990-04-12")
    return value


Text = Annotated[Name, AfterValidator(_storable)]
Day = Annotated[date, BeforeValidator(_written_out)]
Phone = Annotated[
    str,
    Field(
        pattern=r"^[0-9 ().+/x-]{3,40}$",
        description="Digits, as they are dialled; an extension after an `x`",
        examples=["414-555-0142"],
    ),
]
Email = Annotated[
    str, Field(pattern=f"^{ADDRESS.pattern}$", max_length=200, examples=["a@b.example"])
]
Language = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="As in BCP 47: `en`, `es`",
    ),
]


class Spokesperson(Written):
    """Somebody who speaks for a client."""

    name: Text
    relation: Text = Field(
        description="What they are to the client", examples=["mother"]
    )
    authorised: StrictBool = Field(
        description="Whether they may decide for the client, as a guardian may"
    )
    phone: Phone | None = None
    email: Email | None = None
    language: Language | None = None


class Identity(Written):
    """Who a client is, as they or whoever referred them said."""

    name: Text
    born_on: Day | None = None
    language: Language = Field(
        default="en", description="The language they are written to in, as `en` or `es`"
    )
    phone: Phone | None = None
    email: Email | None = None
    address: Text | None = None
    references: tuple[Text, ...] = Field(
        default=(), max_length=20, description="The agency's own ids for them"
    )
    spokespersons: tuple[Spokesperson, ...] = Field(default=(), max_length=20)


class ClientOnFile(Identity):
    id: str
    same_as: str | None
    created_by: str
    created_at: datetime


class Alike(Frozen):
    """Another record that may be of the same person, and why."""

    client: str
    reasons: tuple[str, ...]


class Settled(StrEnum):
    same = "same"
    different = "different"


class Likeness(Alike):
    """Of two records, as one of them is shown. `settled` is null until a person has said what it is."""

    settled: Settled | None
    settled_by: str | None
    settled_at: datetime | None


class Wanted(Written):
    """Whom to look for; together these narrow it. A name may be in parts, in any order, without its accents."""

    name: Text | None = None
    born_on: Day | None = None
    phone: Phone | None = None
    email: Email | None = None
    reference: Text | None = None


class ClientKey(Frozen):
    """Where a page of clients ended; they are listed newest first."""

    id: str


# -- who they are ---------------------------------------------------------------------------------------------------


async def add_client(
    session: AsyncSession, client_id: str, identity: Identity, *, by: str, at: datetime
) -> tuple[Alike, ...]:
    """Returns the records that may be of the same person; each waits for somebody to say whether it is."""
    row = ClientRow(id=client_id, created_by=by, created_at=at)
    _set(row, identity)
    session.add(row)
    await session.flush()
    _add_references(session, client_id, identity.references)
    record_client_change(
        session, client_id, "client_added", {}, _as_json(identity), by=by, at=at
    )
    return await _notice(session, client_id, identity)


async def change_client(
    session: AsyncSession, client_id: str, identity: Identity, *, by: str, at: datetime
) -> tuple[Alike, ...]:
    """As `add_client`: changed, they may be like somebody else. Raises NoSuchClient."""
    row = await _client(session, client_id)
    before, after = _as_json(_identity(row)), _as_json(identity)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        _set(row, identity)
        mine = ClientReferenceRow.client_id == client_id
        await session.execute(delete(ClientReferenceRow).where(mine))
        _add_references(session, client_id, identity.references)
        was: Json = {name: before[name] for name in changed}
        now: Json = {name: after[name] for name in changed}
        record_client_change(
            session, client_id, "client_changed", was, now, by=by, at=at
        )
        await session.flush()
    return await _notice(session, client_id, identity)


async def find_client(session: AsyncSession, client_id: str) -> ClientOnFile | None:
    row = await session.get(ClientRow, client_id)
    return _facts(row) if row else None


def in_a_case_within(scope: Scope) -> ColumnElement[bool]:
    """The clients of the cases that may be seen."""
    served = select(CaseRow.client_id).where(CaseRow.client_id.is_not(None))
    return ClientRow.id.in_(served.where(scope.covers(CaseRow.id)))


async def list_clients(
    session: AsyncSession,
    within: ColumnElement[bool],
    *,
    unsettled: bool,
    after: ClientKey | None,
    limit: int,
) -> Sequence[ClientOnFile]:
    """Newest first, of those `within`; `unsettled`: only those who may be here twice. One more than `limit` comes back
    where there is another page."""
    query = select(ClientRow).where(within)
    if unsettled:
        waiting = ClientLikenessRow.settled.is_(None)
        query = query.where(
            or_(
                ClientRow.id.in_(select(ClientLikenessRow.client_id).where(waiting)),
                ClientRow.id.in_(select(ClientLikenessRow.other_id).where(waiting)),
            )
        )
    if after:
        query = query.where(ClientRow.id < after.id)
    rows = await session.scalars(query.order_by(ClientRow.id.desc()).limit(limit + 1))
    return [_facts(row) for row in rows]


async def search_clients(
    session: AsyncSession, within: ColumnElement[bool], wanted: Wanted, *, limit: int
) -> Sequence[ClientOnFile]:
    """Of those `within`, the ones of whom all that is `wanted` is true, newest first."""
    query = select(ClientRow).where(within, *_conditions(wanted))
    rows = await session.scalars(query.order_by(ClientRow.id.desc()).limit(limit))
    return [_facts(row) for row in rows]


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    for word in name_key(wanted.name or "").split():
        yield ClientRow.name_key.contains(word, autoescape=True)
    if wanted.born_on:
        yield ClientRow.born_on == wanted.born_on
    if wanted.phone:
        yield ClientRow.phone_key == phone_key(wanted.phone)
    if wanted.email:
        yield ClientRow.email_key == email_key(wanted.email)
    if wanted.reference:
        yield _has_one_of(_reference_keys([wanted.reference]))


async def may_be_seen(
    session: AsyncSession, within: ColumnElement[bool], client_ids: Collection[str]
) -> set[str]:
    query = select(ClientRow.id).where(ClientRow.id.in_(list(client_ids)), within)
    return set(await session.scalars(query))


async def authorised_relations(
    session: AsyncSession, client_id: str
) -> tuple[str, ...]:
    """The relations by which somebody may speak for this client: `mother`."""
    row = await session.get(ClientRow, client_id)
    spokespersons = _identity(row).spokespersons if row else ()
    relations = (each.relation for each in spokespersons if each.authorised)
    return tuple(dict.fromkeys(relations))


# -- one person, perhaps ----------------------------------------------------------------------------------------------


async def alike(
    session: AsyncSession, identity: Identity, *, besides: str | None = None
) -> tuple[Alike, ...]:
    """Records that are likely of this very person, the oldest first. A name alone is not enough: many people share one."""
    name, phone = name_key(identity.name), phone_key(identity.phone)
    email, references = email_key(identity.email), _reference_keys(identity.references)
    found: dict[str, list[str]] = {}
    for reason, condition in (
        (
            "same name and birth date",
            and_(ClientRow.name_key == name, ClientRow.born_on == identity.born_on)
            if identity.born_on and name
            else None,
        ),
        ("same phone", ClientRow.phone_key == phone if phone else None),
        ("same e-mail", ClientRow.email_key == email if email else None),
        ("same reference", _has_one_of(references) if references else None),
    ):
        if condition is None:
            continue
        query = select(ClientRow.id).where(condition).order_by(ClientRow.id)
        for client_id in await session.scalars(query):
            found.setdefault(client_id, []).append(reason)
    found.pop(besides or "", None)
    return tuple(
        Alike(client=client_id, reasons=tuple(reasons))
        for client_id, reasons in sorted(found.items())
    )


async def likenesses(session: AsyncSession, client_id: str) -> tuple[Likeness, ...]:
    """Of this record with others, settled or not."""
    pairs = await within(session, _pairs, [client_id])
    return tuple(
        Likeness(
            client=row.other_id if row.client_id == client_id else row.client_id,
            reasons=tuple(map(str, row.reasons)),
            settled=Settled(row.settled) if row.settled else None,
            settled_by=row.settled_by,
            settled_at=row.settled_at,
        )
        for row in pairs
    )


async def settle_likeness(
    session: AsyncSession,
    client_id: str,
    other_id: str,
    settled: Settled,
    *,
    by: str,
    at: datetime,
) -> Likeness:
    """Somebody says whether two records are of one person, noticed or not, and may say otherwise later. Both records
    stay. Raises NoSuchClient and NotLikeThemself."""
    if client_id == other_id:
        raise NotLikeThemself
    for each in sorted((client_id, other_id)):
        await _client(session, each)
    row = await _pair(session, client_id, other_id)
    before, after = row.settled, settled.value
    row.settled, row.settled_by, row.settled_at = after, by, at
    await session.flush()
    if before != after:
        for each, another in ((client_id, other_id), (other_id, client_id)):
            was: Json = {"other": another, "settled": before}
            now: Json = {"other": another, "settled": after}
            record_client_change(
                session, each, "likeness_settled", was, now, by=by, at=at
            )
            await _name_the_oldest(session, each)
    return Likeness(
        client=other_id,
        reasons=tuple(map(str, row.reasons)),
        settled=settled,
        settled_by=by,
        settled_at=at,
    )


def records_of_same_person(connection: Connection, client_id: str) -> tuple[str, ...]:
    """This record and all that somebody said are of the same person, the oldest first."""
    known, new = {client_id}, {client_id}
    while new:
        rows = _pairs(connection, new, settled=Settled.same)
        new = {each for row in rows for each in (row.client_id, row.other_id)} - known
        known |= new
    return tuple(sorted(known))


async def cases_about(
    session: AsyncSession, scope: Scope, clients: Collection[str]
) -> Sequence[CaseRow]:
    """Their cases that may be seen, the newest first."""
    query = select(CaseRow).where(
        CaseRow.client_id.in_(list(clients)), scope.covers(CaseRow.id)
    )
    order = (CaseRow.opened_at.desc(), CaseRow.id.desc())
    return (await session.scalars(query.order_by(*order))).all()


async def open_cases_of(
    session: AsyncSession, client_id: str
) -> tuple[tuple[str, str], ...]:
    """The kind and id of every open case of this person, by any of their records."""
    records = await within(session, records_of_same_person, client_id)
    found = await session.execute(
        select(CaseRow.kind, CaseRow.id)
        .where(CaseRow.client_id.in_(records), CaseRow.closed_at.is_(None))
        .order_by(CaseRow.id)
    )
    return tuple((kind, case_id) for kind, case_id in found)


async def _name_the_oldest(session: AsyncSession, client_id: str) -> None:
    """Ids sort by when they were made, so of one person's records the first is the one the others name."""
    oldest, *others = await within(session, records_of_same_person, client_id)
    (await _client(session, oldest)).same_as = None
    for each in others:
        (await _client(session, each)).same_as = oldest


async def _notice(
    session: AsyncSession, client_id: str, identity: Identity
) -> tuple[Alike, ...]:
    """What is settled already stays so."""
    found = await alike(session, identity, besides=client_id)
    for each in found:
        row = await _pair(session, client_id, each.client)
        row.reasons = list(each.reasons)
    await session.flush()
    return found


async def _pair(
    session: AsyncSession, client_id: str, other_id: str
) -> ClientLikenessRow:
    first, second = sorted((client_id, other_id))
    row = await session.get(ClientLikenessRow, (first, second))
    if row is None:
        row = ClientLikenessRow(client_id=first, other_id=second, reasons=[])
        session.add(row)
    return row


def _pairs(
    connection: Connection, clients: Iterable[str], settled: Settled | None = None
) -> Sequence[Row[*tuple[Any, ...]]]:
    ids = list(clients)
    concerned = or_(
        ClientLikenessRow.client_id.in_(ids), ClientLikenessRow.other_id.in_(ids)
    )
    query = select(*ClientLikenessRow.__table__.columns).where(concerned)
    if settled:
        query = query.where(ClientLikenessRow.settled == settled)
    order = (ClientLikenessRow.client_id, ClientLikenessRow.other_id)
    return connection.execute(query.order_by(*order)).all()


# -- keys to be found by -----------------------------------------------------------------------------------------------


def name_key(name: str) -> str:
    """Letters and digits alone, without accents or case; the order of the words does not matter."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return " ".join(sorted(re.findall(r"\w+", letters.replace("'", ""))))


def phone_key(phone: str | None) -> str | None:
    digits = re.sub(r"\D", "", phone or "")
    if len(digits) == LOCAL_DIGITS + 1:
        digits = digits.removeprefix(COUNTRY_CODE)
    return digits or None


def email_key(email: str | None) -> str | None:
    return (email or "").strip().casefold() or None


def _reference_keys(references: Iterable[str]) -> list[str]:
    keys = (each.strip().casefold() for each in references)
    return list(dict.fromkeys(filter(None, keys)))


def _has_one_of(keys: Sequence[str]) -> ColumnElement[bool]:
    mine = ClientReferenceRow.reference_key.in_(keys)
    return ClientRow.id.in_(select(ClientReferenceRow.client_id).where(mine))


# -- rows ---------------------------------------------------------------------------------------------------------------


def record_client_change(
    session: AsyncSession,
    client_id: str,
    what: str,
    before: Json,
    after: Json,
    *,
    by: str,
    at: datetime,
) -> None:
    session.add(
        ClientChangeRow(
            id=uuid4().hex,
            client_id=client_id,
            at=at,
            person_id=by,
            what=what,
            before=before,
            after=after,
        )
    )


async def _client(session: AsyncSession, client_id: str) -> ClientRow:
    row = await session.get(ClientRow, client_id, with_for_update=True)
    if row is None:
        raise NoSuchClient
    return row


def _set(row: ClientRow, identity: Identity) -> None:
    row.name, row.born_on = identity.name, identity.born_on
    row.language, row.address = identity.language, identity.address
    row.phone, row.email = identity.phone, identity.email
    row.references = list(identity.references)
    row.spokespersons = [each.model_dump() for each in identity.spokespersons]
    row.name_key = name_key(identity.name)
    row.phone_key, row.email_key = phone_key(identity.phone), email_key(identity.email)


def _add_references(
    session: AsyncSession, client_id: str, references: Iterable[str]
) -> None:
    session.add_all(
        ClientReferenceRow(client_id=client_id, reference_key=key)
        for key in _reference_keys(references)
    )


def _identity(row: ClientRow) -> Identity:
    return Identity.model_validate(row, from_attributes=True)


def _facts(row: ClientRow) -> ClientOnFile:
    return ClientOnFile.model_validate(row, from_attributes=True)


def _as_json(identity: Identity) -> dict[str, object]:
    return identity.model_dump(mode="json")
