"""Whom letters are written to, and what they say of their case."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import BindParameter, Connection, bindparam, select

from throughcare.case.base import Frozen
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
    NoticeRow,
    PersonRow,
    ProviderRow,
)

PRINT_IT = "no e-mail: print the letter"
"""Why a letter to a client was not mailed, where they have no address: no fault of the mail, and a duty in its case."""


class Addressee(Frozen):
    """Where to write to somebody, and what they are called; `language` is a client's, who is called by no name; `daily_hour`
    that of their daily letter."""

    id: str
    name: str
    email: str | None
    language: str | None = None
    daily_hour: int | None = None


class LetterCase(Frozen):
    """What letters say of their case, and in whose name they are written. `ladder`: of one that climbs one, its id."""

    case_id: str
    kind: str
    pack: PackRef
    ladder: str = ""
    agency: str = ""
    calendar: str | None = None


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


def members_outside(
    life: CarePlanFacts, *, left: Collection[str] = ()
) -> dict[str, Addressee]:
    """The members of one team who have no seat, as its case knows them; of those who left it, these."""
    return {
        f"{OUTSIDE}:{each.id}": Addressee(id=each.id, name=each.name, email=each.email)
        for each in life.team
        if each.is_outside or (each.id in left and each.seat is None)
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
    return {row.id: Addressee.model_validate(row, from_attributes=True) for row in rows}


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
_PEOPLE = select(
    PersonRow.id, PersonRow.name, PersonRow.email, PersonRow.daily_hour
).where(PersonRow.id.in_(_IDS))
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
    return one_row(
        connection,
        select(NoticeRow)
        .where(NoticeRow.key == key, NoticeRow.case_id == case_id)
        .where(NoticeRow.receiver_seat == "client"),
    )


def letter_cases(
    connection: Connection, case_ids: Collection[str]
) -> Mapping[str, LetterCase]:
    """Those of these that there are, by id."""
    found = connection.execute(_LETTER_CASES, {"ids": list(case_ids)})
    return {
        row.id: LetterCase(
            case_id=row.id,
            kind=row.kind,
            pack=PackRef(
                id=row.pack_id, version=row.pack_version, digest=row.pack_digest
            ),
            ladder=row.ladder or "",
            agency=row.name or "",
            calendar=row.calendar,
        )
        for row in found
    }


_LETTER_CASES = (
    select(
        CaseRow.id,
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
    .where(CaseRow.id.in_(_IDS))
)
