"""Clients on file: entered, changed, listed and found.

Workflows, logs and e-mails know a client by their id; what is said here stands nowhere else.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Annotated, NamedTuple

from pydantic import AfterValidator
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    delete,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from throughcare.case.base import Frozen, Written
from throughcare.lifecycles.client.names import (
    email_key,
    is_found_by,
    name_key,
    phone_key,
    reference_keys,
    search_words,
)
from throughcare.store.access import Scope
from throughcare.store.case_lists import with_a_word
from throughcare.store.client_changes import (
    lock_client,
    lock_likenesses,
    record_client_change,
)
from throughcare.store.identity import (
    Day,
    Email,
    Identity,
    IdentityChange,
    PhoneText,
    Spokesperson,
    StorableText,
)
from throughcare.store.likenesses import (
    Alike,
    has_one_of,
    note_alike,
    records_of_same_person,
)
from throughcare.store.rows import NO_TOTAL, Total, one_row, rows
from throughcare.store.tables import (
    CaseRow,
    ClientLikenessRow,
    ClientReferenceRow,
    ClientRow,
    Json,
)


class ClientOnFile(Identity):
    id: str
    same_as: str | None
    created_by: str
    created_at: datetime


def _found_by(key: Callable[[str], str | None]) -> AfterValidator:
    """Of what is looked for: where it comes down to nothing it would find everybody."""

    def check(text: str) -> str:
        with_a_word(key(text) or "")
        return text

    return AfterValidator(check)


class ClientQuery(Written):
    """Whom to look for; together these narrow it. A name may be in parts, in any order and in a similar spelling;
    nothing in it stands for anything else."""

    name: Annotated[StorableText, _found_by(name_key)] | None = None
    born_on: Day | None = None
    phone: Annotated[PhoneText, _found_by(phone_key)] | None = None
    email: Annotated[Email, _found_by(email_key)] | None = None
    reference: (
        Annotated[StorableText, _found_by(lambda text: "".join(reference_keys([text])))]
        | None
    ) = None


class Elsewhere(NamedTuple):
    """A record that another program has: by a case, or because its intake unit entered it."""

    client: str
    program: str | None
    entered_from: str | None


WORDS_OF_A_NAME = 2
"""So many say whom somebody means; a birth date counts as one."""


class ClientKey(Frozen):
    """Where a page of clients ended; they are listed newest first."""

    id: str


# -- entering and changing ------------------------------------------------------------------------------------------


def add_client(
    connection: Connection,
    client_id: str,
    identity: Identity,
    *,
    by: str,
    entered_from: str | None = None,
    at: datetime,
) -> tuple[Alike, ...]:
    """`entered_from`: the seat, where it takes people in. Returns the records that may be of the same person; each waits for somebody to say whether it is."""
    lock_likenesses(connection)
    given = {"id": client_id, "created_by": by, "created_at": at}
    given["entered_from"] = entered_from
    connection.execute(insert(ClientRow), given | _columns(identity))
    _add_references(connection, client_id, identity.references)
    after: Json = _as_json(identity)
    record_client_change(connection, client_id, "client_added", {}, after, by=by, at=at)
    return note_alike(connection, client_id, identity)


def change_client(
    connection: Connection,
    client_id: str,
    change: IdentityChange,
    *,
    by: str,
    at: datetime,
) -> tuple[Alike, ...]:
    """Writes what the change was given and nothing else. As `add_client`: changed, they may be like somebody else. Raises
    NoSuchClient."""
    known = _identity(lock_client(connection, client_id))
    wanted = change.model_dump(exclude_unset=True)
    identity = Identity.model_validate(known.model_dump() | wanted)
    before, after = _as_json(known), _as_json(identity)
    changed = [name for name in wanted if after[name] != before[name]]
    if changed:
        _write(connection, client_id, identity, changed)
        was: Json = {name: before[name] for name in changed}
        now: Json = {name: after[name] for name in changed}
        record_client_change(
            connection, client_id, "client_changed", was, now, by=by, at=at
        )
    return note_alike(connection, client_id, identity)


def _write(
    connection: Connection, client_id: str, identity: Identity, changed: Collection[str]
) -> None:
    columns = _columns(identity)
    keys = [f"{name}_key" for name in changed if f"{name}_key" in columns]
    values = {name: columns[name] for name in (*changed, *keys)}
    connection.execute(
        update(ClientRow).where(ClientRow.id == client_id).values(values)
    )
    if "references" in changed:
        mine = ClientReferenceRow.client_id == client_id
        connection.execute(delete(ClientReferenceRow).where(mine))
        _add_references(connection, client_id, identity.references)


def _columns(identity: Identity) -> dict[str, object]:
    return identity.model_dump() | {
        "references": list(identity.references),
        "spokespersons": [each.model_dump() for each in identity.spokespersons],
        "name_key": name_key(identity.name),
        "phone_key": phone_key(identity.phone),
        "email_key": email_key(identity.email),
    }


def _add_references(
    connection: Connection, client_id: str, references: Iterable[str]
) -> None:
    keys = [
        {"client_id": client_id, "reference_key": key}
        for key in reference_keys(references)
    ]
    if keys:
        connection.execute(insert(ClientReferenceRow), keys)


# -- reading --------------------------------------------------------------------------------------------------------


def find_client(connection: Connection, client_id: str) -> ClientOnFile | None:
    row = one_row(connection, select(ClientRow).where(ClientRow.id == client_id))
    return _on_file(row) if row else None


def in_a_case_within(scope: Scope) -> ColumnElement[bool]:
    """The clients of the cases that may be seen."""
    served = select(CaseRow.client_id).where(CaseRow.client_id.is_not(None))
    return ClientRow.id.in_(served.where(scope.covers(CaseRow.id)))


def in_a_case_of(programs: Collection[str]) -> ColumnElement[bool]:
    """The clients of the cases of these programs."""
    served = select(CaseRow.client_id).where(CaseRow.client_id.is_not(None))
    return ClientRow.id.in_(served.where(CaseRow.program.in_(programs)))


def in_no_case() -> ColumnElement[bool]:
    """The clients nobody serves yet."""
    return ~select(CaseRow.id).where(CaseRow.client_id == ClientRow.id).exists()


def list_clients(
    connection: Connection,
    seen: ColumnElement[bool],
    *,
    unsettled: bool,
    after: ClientKey | None,
    limit: int,
    total: Total = NO_TOTAL,
) -> Sequence[ClientOnFile]:
    """Newest first, of those that may be `seen`; `unsettled`: only those who may be here twice. One more than `limit`
    comes back where there is another page."""
    query = select(ClientRow).where(seen)
    if unsettled:
        waiting = ClientLikenessRow.settled.is_(None)
        query = query.where(
            or_(
                ClientRow.id.in_(select(ClientLikenessRow.client_id).where(waiting)),
                ClientRow.id.in_(select(ClientLikenessRow.other_id).where(waiting)),
            )
        )
    total.count(connection, query)
    if after:
        query = query.where(ClientRow.id < after.id)
    return _newest(connection, query, limit + 1)


def search_clients(
    connection: Connection,
    seen: ColumnElement[bool],
    wanted: ClientQuery,
    *,
    limit: int,
) -> Sequence[ClientOnFile]:
    """Of those that may be `seen`, the ones of whom all that is `wanted` is true, newest first. A name may be spelled nearly
    so."""
    query = select(ClientRow).where(seen, *_conditions(wanted))
    if wanted.name:
        words = search_words(wanted.name)
        of_names = (ClientRow.id, ClientRow.name, ClientRow.name_key)
        narrowed = query.with_only_columns(*of_names).order_by(ClientRow.id.desc())
        ids = (
            each.id
            for each in connection.execute(narrowed)
            if is_found_by(words, each.name, each.name_key)
        )
        query = select(ClientRow).where(ClientRow.id.in_(list(islice(ids, limit))))
    return _newest(connection, query, limit)


def _newest(
    connection: Connection, query: Select[ClientRow], limit: int
) -> Sequence[ClientOnFile]:
    newest = query.order_by(ClientRow.id.desc()).limit(limit)
    return [_on_file(row) for row in rows(connection, newest)]


def _conditions(wanted: ClientQuery) -> Iterator[ColumnElement[bool]]:
    for word in search_words(wanted.name or ""):
        yield _may_have(word)
    if wanted.born_on:
        yield ClientRow.born_on == wanted.born_on
    if wanted.phone:
        yield ClientRow.phone_key == phone_key(wanted.phone)
    if wanted.email:
        yield ClientRow.email_key == email_key(wanted.email)
    if wanted.reference:
        yield has_one_of(reference_keys([wanted.reference]))


def known_elsewhere(
    connection: Connection, seen: ColumnElement[bool], wanted: ClientQuery
) -> Sequence[Elsewhere]:
    """Of those that may not be `seen`, the ones of whom all that is `wanted` is true, by program. It takes a whole name, in
    two words, or in one and the birth date: nobody is to find out by letters who is known where."""
    words = name_key(wanted.name or "").split()
    if len(words) + bool(wanted.born_on) < WORDS_OF_A_NAME or not words:
        return ()
    name = " " + ClientRow.name_key + " "
    # By another name: `seen` looks into the cases too.
    served = aliased(CaseRow)
    whole = (name.contains(f" {word} ", autoescape=True) for word in words)
    found = connection.execute(
        select(ClientRow.id, served.program, ClientRow.entered_from)
        .outerjoin(served, served.client_id == ClientRow.id)
        .where(~seen, *_conditions(wanted), *whole)
        .distinct()
        .order_by(ClientRow.id)
    )
    return [Elsewhere(*row) for row in found]


def _may_have(word: str) -> ColumnElement[bool]:
    """True of every name that `is_found_by` this word: it is there, or its beginning or its end is, where a letter differs or it
    is written as two words, or its initial."""
    size = min(3, (len(word) + 1) // 2 - 1) or 1
    words = literal(" ") + ClientRow.name_key + literal(" ")
    parts = (word, f" {word[:size]}", f"{word[-size:]} ", f" {word[0]} ")
    return or_(*(words.contains(each, autoescape=True) for each in parts))


def may_be_seen(
    connection: Connection, seen: ColumnElement[bool], client_ids: Collection[str]
) -> set[str]:
    query = select(ClientRow.id).where(ClientRow.id.in_(list(client_ids)), seen)
    return set(connection.scalars(query))


def authorised_relations(connection: Connection, client_id: str) -> tuple[str, ...]:
    """The relations by which somebody may speak for this client: `mother`."""
    query = select(ClientRow.spokespersons).where(ClientRow.id == client_id)
    spokespersons = map(Spokesperson.model_validate, connection.scalar(query) or ())
    relations = (each.relation for each in spokespersons if each.authorised)
    return tuple(dict.fromkeys(relations))


def cases_about(
    connection: Connection, seen: ColumnElement[bool], clients: Collection[str]
) -> Sequence[CaseRow]:
    """Their cases that may be `seen`, the newest first."""
    query = select(CaseRow).where(CaseRow.client_id.in_(list(clients)), seen)
    order = (CaseRow.opened_at.desc(), CaseRow.id.desc())
    return rows(connection, query.order_by(*order))


def open_cases_of(
    connection: Connection, client_id: str
) -> tuple[tuple[str, str], ...]:
    """The kind and id of every open case of this person, by any of their records."""
    records = records_of_same_person(connection, client_id)
    found = connection.execute(
        select(CaseRow.kind, CaseRow.id)
        .where(CaseRow.client_id.in_(records), CaseRow.closed_at.is_(None))
        .order_by(CaseRow.id)
    )
    return tuple((kind, case_id) for kind, case_id in found)


def _identity(row: ClientRow) -> Identity:
    return Identity.model_validate(row, from_attributes=True)


def _on_file(row: ClientRow) -> ClientOnFile:
    return ClientOnFile.model_validate(row, from_attributes=True)


def _as_json(identity: Identity) -> dict[str, object]:
    return identity.model_dump(mode="json")
