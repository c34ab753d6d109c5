"""Which records may be of one person. A person says whether they are, and nothing is ever merged."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from itertools import islice

from sqlalchemy import ColumnElement, Connection, Select, or_, select, update

from throughcare.case.base import Frozen
from throughcare.errors import ThroughcareError
from throughcare.lifecycles.client.names import (
    are_similar,
    email_key,
    name_key,
    phone_key,
    reference_keys,
)
from throughcare.store.client_changes import (
    lock_client,
    record_client_change,
)
from throughcare.store.database import insert_into
from throughcare.store.identity import Identity
from throughcare.store.rows import one_row, rows
from throughcare.store.tables import (
    ClientLikenessRow,
    ClientReferenceRow,
    ClientRow,
    Json,
)


class NotLikeThemself(ThroughcareError):
    status = 422

    def __init__(self) -> None:
        super().__init__("other: Name another client's record than this one.")


MANY = 5
"""How many others may have the same phone, e-mail address or reference and still be taken for one person with it: a household is
smaller, and a shelter is not."""

SHARED = "shared"


class Alike(Frozen):
    """Another record that may be of the same person, and why."""

    client: str
    reasons: tuple[str, ...]

    @property
    def is_of_many(self) -> bool:
        """Whether they have nothing in common but what many share."""
        return all(each.startswith(SHARED) for each in self.reasons)


class Settled(StrEnum):
    same = "same"
    different = "different"


class Likeness(Alike):
    """Of two records, as one of them is shown. `settled` is null until a person has said what it is."""

    settled: Settled | None
    settled_by: str | None
    settled_at: datetime | None


def alike(
    connection: Connection, identity: Identity, *, besides: str | None = None
) -> tuple[Alike, ...]:
    """Records that are likely of this very person, the oldest first. A name alone is not enough: many people share one. What
    more than MANY others have is as good as nothing: of those the oldest is named, as one that shares it."""
    found: dict[str, list[str]] = {}

    def add(same: str, shared: str, ids: Sequence[str]) -> None:
        if len(ids) > MANY:
            found.setdefault(ids[0], []).append(shared)
        else:
            for client_id in ids:
                found.setdefault(client_id, []).append(same)

    for reason, ids in _named_alike(connection, identity, besides):
        add(reason, reason, ids)
    phone, email = phone_key(identity.phone), email_key(identity.email)
    references = reference_keys(identity.references)
    for what, condition in (
        ("phone", ClientRow.phone_key == phone if phone else None),
        ("e-mail", ClientRow.email_key == email if email else None),
        ("reference", has_one_of(references) if references else None),
    ):
        if condition is not None:
            query = _others(besides).where(condition).limit(MANY + 1)
            ids = [row.id for row in connection.execute(query)]
            add(f"same {what}", f"{SHARED} {what}", ids)
    return tuple(
        Alike(client=client_id, reasons=tuple(reasons))
        for client_id, reasons in sorted(found.items())
    )


def _named_alike(
    connection: Connection, identity: Identity, besides: str | None
) -> Iterator[tuple[str, Sequence[str]]]:
    """Per reason the records, the oldest first, of one name and birth date, or nearly so."""
    born_on, key = identity.born_on, name_key(identity.name)
    if born_on is None or not key:
        return
    here = _others(besides)
    same = here.where(ClientRow.name_key == key)
    for reason, day in (
        ("same name and birth date", born_on),
        ("same name, day and month of birth swapped", swapped(born_on)),
    ):
        if day:
            query = same.where(ClientRow.born_on == day).limit(MANY + 1)
            yield reason, [row.id for row in connection.execute(query)]
    near = here.where(ClientRow.born_on == born_on, ClientRow.name_key != key)
    ids = (
        row.id
        for row in connection.execute(near)
        if are_similar(row.name, identity.name)
    )
    yield "similar name and same birth date", list(islice(ids, MANY + 1))


def _others(besides: str | None) -> Select[str, str]:
    query = select(ClientRow.id, ClientRow.name).order_by(ClientRow.id)
    return query.where(ClientRow.id != besides) if besides else query


def swapped(day: date) -> date | None:
    """4 December for 12 April, and None where it would be no other day."""
    if day.day > 12 or day.day == day.month:
        return None
    return day.replace(month=day.day, day=day.month)


def note_alike(
    connection: Connection, client_id: str, identity: Identity
) -> tuple[Alike, ...]:
    """The records like this one, each of which waits for somebody to say what it is, unless all they have in common is shared by
    many. What is settled already stays so."""
    found = alike(connection, identity, besides=client_id)
    noting = insert_into(connection.dialect.name, ClientLikenessRow)
    for each in found:
        if each.is_of_many:
            continue
        first, second = sorted((client_id, each.client))
        reasons = list(each.reasons)
        connection.execute(
            noting.values(
                client_id=first, other_id=second, reasons=reasons
            ).on_conflict_do_update(
                index_elements=["client_id", "other_id"], set_={"reasons": reasons}
            )
        )
    return found


def likenesses(connection: Connection, client_id: str) -> tuple[Likeness, ...]:
    """Of this record with others, settled or not."""
    return tuple(
        _likeness(row, row.other_id if row.client_id == client_id else row.client_id)
        for row in _pairs(connection, [client_id])
    )


def settle_likeness(
    connection: Connection,
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
        lock_client(connection, each)
    row = _settled(connection, client_id, other_id)
    before, after = row.settled if row else None, settled.value
    _settle(connection, client_id, other_id, settled, by=by, at=at)
    if before != after:
        for each, another in ((client_id, other_id), (other_id, client_id)):
            was: Json = {"other": another, "settled": before}
            now: Json = {"other": another, "settled": after}
            what = "likeness_settled"
            record_client_change(connection, each, what, was, now, by=by, at=at)
            _name_the_oldest(connection, each)
    return Likeness(
        client=other_id,
        reasons=tuple(map(str, row.reasons)) if row else (),
        settled=settled,
        settled_by=by,
        settled_at=at,
    )


def records_of_same_person(connection: Connection, client_id: str) -> tuple[str, ...]:
    """This record and all that somebody said are of the same person, the oldest first."""
    known, new = {client_id}, {client_id}
    while new:
        pairs = _pairs(connection, new, settled=Settled.same)
        new = {each for row in pairs for each in (row.client_id, row.other_id)} - known
        known |= new
    return tuple(sorted(known))


def has_one_of(keys: Sequence[str]) -> ColumnElement[bool]:
    mine = ClientReferenceRow.reference_key.in_(keys)
    return ClientRow.id.in_(select(ClientReferenceRow.client_id).where(mine))


def _settled(
    connection: Connection, client_id: str, other_id: str
) -> ClientLikenessRow | None:
    first, second = sorted((client_id, other_id))
    return one_row(
        connection,
        select(ClientLikenessRow)
        .where(
            ClientLikenessRow.client_id == first, ClientLikenessRow.other_id == second
        )
        .with_for_update(),
    )


def _settle(
    connection: Connection,
    client_id: str,
    other_id: str,
    settled: Settled,
    *,
    by: str,
    at: datetime,
) -> None:
    first, second = sorted((client_id, other_id))
    said = {"settled": settled.value, "settled_by": by, "settled_at": at}
    connection.execute(
        insert_into(connection.dialect.name, ClientLikenessRow)
        .values(client_id=first, other_id=second, reasons=[], **said)
        .on_conflict_do_update(index_elements=["client_id", "other_id"], set_=said)
    )


def _name_the_oldest(connection: Connection, client_id: str) -> None:
    """Ids sort by when they were made, so of one person's records the first is the one the others name."""
    oldest, *others = records_of_same_person(connection, client_id)
    for each, named in ((oldest, None), *((other, oldest) for other in others)):
        naming = update(ClientRow).where(ClientRow.id == each)
        connection.execute(naming.values(same_as=named))


def _likeness(row: ClientLikenessRow, client_id: str) -> Likeness:
    return Likeness(
        client=client_id,
        reasons=tuple(map(str, row.reasons)),
        settled=Settled(row.settled) if row.settled else None,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
    )


def _pairs(
    connection: Connection, clients: Iterable[str], settled: Settled | None = None
) -> Sequence[ClientLikenessRow]:
    ids = list(clients)
    concerned = or_(
        ClientLikenessRow.client_id.in_(ids), ClientLikenessRow.other_id.in_(ids)
    )
    query = select(ClientLikenessRow).where(concerned)
    if settled:
        query = query.where(ClientLikenessRow.settled == settled)
    order = (ClientLikenessRow.client_id, ClientLikenessRow.other_id)
    return rows(connection, query.order_by(*order))
