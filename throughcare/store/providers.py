"""Providers: who delivers services to clients, and whose they are. One that ended stays on file."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pydantic import Field, StrictBool
from sqlalchemy import Connection, Select, insert, or_, select, tuple_, update

from throughcare.case.base import Frozen, Written
from throughcare.errors import ThroughcareError
from throughcare.store.changes import NoSuchPerson, record_change
from throughcare.store.directory import organization
from throughcare.store.identity import Email, StorableText
from throughcare.store.rows import NO_TOTAL, Total, one_row, rows
from throughcare.store.tables import Json, PersonRow, ProviderRow
from throughcare.time.deadline import Instant


class NoSuchProvider(ThroughcareError):
    status = 404

    def __init__(self) -> None:
        super().__init__("There is no such provider; GET /providers lists them.")


class Provider(Written):
    """Whoever delivers services to clients."""

    name: StorableText
    organization: StorableText = Field(
        description="Whose they are, by any name the directory knows it by"
    )
    person: str | None = Field(
        default=None, description="Who it is, where it is somebody of the directory"
    )
    services: tuple[StorableText, ...] = Field(default=(), max_length=100)
    email: Email | None = None
    languages: tuple[StorableText, ...] = Field(default=(), max_length=100)
    qualified: StrictBool = Field(
        default=False, description="Whether the agency found them qualified"
    )
    ended_at: Instant | None = Field(
        default=None, description="Since when they deliver no services here"
    )


class ProviderChange(Provider):
    """What is different from now on; what is left out stays as it is."""

    name: StorableText = Field(default_factory=str)
    organization: StorableText = Field(
        default_factory=str,
        description="Whose they are, by any name the directory knows it by",
    )


class ProviderFacts(Provider):
    id: str

    def is_here(self, at: datetime) -> bool:
        return self.ended_at is None or at < self.ended_at


class ProviderFilter(Frozen):
    """Which providers are asked for. `here_at`: those that deliver services at this instant. `within`: those of these
    organizations, by their names."""

    organization: str | None = None
    service: str | None = None
    language: str | None = None
    qualified: bool | None = None
    here_at: datetime | None = None
    within: tuple[str, ...] | None = None


class ProviderKey(Frozen):
    """Where a page of providers ended; they are listed by name."""

    name: str
    id: str


def add_provider(
    connection: Connection,
    provider_id: str,
    provider: Provider,
    *,
    by: str,
    at: datetime,
) -> ProviderFacts:
    """Raises NoSuchOrganization and NoSuchPerson."""
    found = _checked(connection, provider_id, provider)
    connection.execute(insert(ProviderRow), {"id": provider_id, **_columns(found)})
    after: Json = found.model_dump(mode="json")
    record_change(connection, "provider_added", [], {}, after, by=by, at=at)
    return found


def change_provider(
    connection: Connection,
    provider_id: str,
    change: ProviderChange,
    *,
    by: str,
    at: datetime,
) -> ProviderFacts:
    """Writes what the change was given and nothing else. Raises NoSuchProvider, NoSuchOrganization and NoSuchPerson."""
    known = lock_provider(connection, provider_id)
    wanted = change.model_dump(exclude_unset=True)
    merged = known.model_dump(exclude={"id"}) | wanted
    found = _checked(connection, provider_id, Provider.model_validate(merged))
    old, new = _columns(known), _columns(found)
    changed = {name: new[name] for name in new if new[name] != old[name]}
    if changed:
        mine = update(ProviderRow).where(ProviderRow.id == provider_id)
        connection.execute(mine.values(changed))
        before: Json = known.model_dump(mode="json")
        after: Json = found.model_dump(mode="json")
        what = "provider_changed"
        record_change(connection, what, [], before, after, by=by, at=at)
    return found


def lock_provider(connection: Connection, provider_id: str) -> ProviderFacts:
    """As it is, and stays until this transaction ends. Raises NoSuchProvider."""
    query = select(ProviderRow).where(ProviderRow.id == provider_id)
    row = one_row(connection, query.with_for_update())
    if row is None:
        raise NoSuchProvider
    return _facts(row)


def _checked(
    connection: Connection, provider_id: str, provider: Provider
) -> ProviderFacts:
    """With the organization's own name."""
    whose = organization(connection, provider.organization).name
    person = select(PersonRow.id).where(PersonRow.id == provider.person)
    if provider.person and connection.scalar(person) is None:
        raise NoSuchPerson(provider.person)
    given = provider.model_dump(include=set(Provider.model_fields))
    return ProviderFacts.model_validate(
        given | {"id": provider_id, "organization": whose}
    )


def _columns(provider: ProviderFacts) -> dict[str, object]:
    return provider.model_dump(exclude={"id", "person"}) | {
        "person_id": provider.person,
        "services": list(provider.services),
        "languages": list(provider.languages),
    }


def provider_facts(connection: Connection, provider_id: str) -> ProviderFacts | None:
    return next(iter(providers_named(connection, [provider_id])), None)


def providers_named(
    connection: Connection, provider_ids: Collection[str]
) -> tuple[ProviderFacts, ...]:
    """Those of them that there are, ended or not."""
    query = select(ProviderRow).where(ProviderRow.id.in_(list(provider_ids)))
    found = rows(connection, query.order_by(ProviderRow.id))
    return tuple(_facts(row) for row in found)


def provided_by(connection: Connection, person_id: str) -> tuple[str, ...]:
    """The providers this person is themself, by id (CF-S-2c)."""
    query = select(ProviderRow.id).where(ProviderRow.person_id == person_id)
    return tuple(connection.scalars(query.order_by(ProviderRow.id)))


def list_providers(
    connection: Connection,
    wanted: ProviderFilter,
    *,
    after: ProviderKey | None,
    limit: int,
    total: Total = NO_TOTAL,
) -> Sequence[ProviderFacts]:
    """By name. One more than `limit` comes back where there is another page. Raises NoSuchOrganization."""
    query = select(ProviderRow).order_by(ProviderRow.name, ProviderRow.id)
    if wanted.organization is not None:
        whose = (organization(connection, wanted.organization)).name
        query = query.where(ProviderRow.organization == whose)
    if wanted.within is not None:
        query = query.where(ProviderRow.organization.in_(wanted.within))
    if wanted.qualified is not None:
        query = query.where(ProviderRow.qualified == wanted.qualified)
    if wanted.here_at is not None:
        ended = ProviderRow.ended_at
        query = query.where(or_(ended.is_(None), ended > wanted.here_at))
    if total.rows is not None:
        total.rows = len(_fitting(connection, query, wanted))
    if after:
        key = tuple_(ProviderRow.name, ProviderRow.id)
        query = query.where(key > (after.name, after.id))
    return _fitting(connection, query, wanted)[: limit + 1]


def _fitting(
    connection: Connection, query: Select[ProviderRow], wanted: ProviderFilter
) -> list[ProviderFacts]:
    """Neither database looks into a list as the other does, and of providers there are few."""
    return [
        each
        for each in map(_facts, rows(connection, query))
        if _has(each.services, wanted.service) and _has(each.languages, wanted.language)
    ]


def _has(words: Collection[str], wanted: str | None) -> bool:
    return wanted is None or wanted.casefold() in map(str.casefold, words)


def _facts(row: ProviderRow) -> ProviderFacts:
    return ProviderFacts(
        id=row.id,
        name=row.name,
        organization=row.organization,
        person=row.person_id,
        services=tuple(map(str, row.services)),
        email=row.email,
        languages=tuple(map(str, row.languages)),
        qualified=row.qualified,
        ended_at=row.ended_at,
    )
