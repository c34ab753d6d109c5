"""Providers: who delivers services to clients, and whose they are. One that ended stays on file."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import islice

from pydantic import Field, StrictBool
from sqlalchemy import or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen, Written
from throughcare.errors import ThroughcareError
from throughcare.store.changes import NoSuchPerson, record_change
from throughcare.store.clients import Email, Text
from throughcare.store.database import within
from throughcare.store.directory import organization
from throughcare.store.tables import Json, PersonRow, ProviderRow
from throughcare.time.deadline import Instant


class NoSuchProvider(ThroughcareError):
    status = 404

    def __init__(self) -> None:
        super().__init__("There is no such provider; GET /providers lists them.")


class Provider(Written):
    """Whoever delivers services to clients."""

    name: Text
    organization: Text = Field(
        description="Whose they are, by any name the directory knows it by"
    )
    person: str | None = Field(
        default=None, description="Who it is, where it is somebody of the directory"
    )
    services: tuple[Text, ...] = Field(default=(), max_length=100)
    email: Email | None = None
    languages: tuple[Text, ...] = Field(default=(), max_length=100)
    qualified: StrictBool = Field(
        default=False, description="Whether the agency found them qualified"
    )
    ended_at: Instant | None = Field(
        default=None, description="Since when they deliver no services here"
    )


class ProviderFacts(Provider):
    id: str

    def is_here(self, at: datetime) -> bool:
        return self.ended_at is None or at < self.ended_at


class ProviderFilter(Frozen):
    """Which providers are asked for. `here_at`: those that deliver services at this instant."""

    organization: str | None = None
    service: str | None = None
    language: str | None = None
    qualified: bool | None = None
    here_at: datetime | None = None


class ProviderKey(Frozen):
    """Where a page of providers ended; they are listed by name."""

    name: str
    id: str


async def put_provider(
    session: AsyncSession,
    provider_id: str,
    provider: Provider,
    *,
    by: str,
    at: datetime,
) -> ProviderFacts:
    """A new one, or what it is from now on. Raises NoSuchOrganization and NoSuchPerson."""
    whose = (await within(session, organization, provider.organization)).name
    if provider.person and await session.get(PersonRow, provider.person) is None:
        raise NoSuchPerson(provider.person)
    row = await session.get(ProviderRow, provider_id, with_for_update=True)
    before = _as_json(row) if row else {}
    if row is None:
        row = ProviderRow(id=provider_id)
        session.add(row)
    row.name, row.organization, row.person_id = provider.name, whose, provider.person
    row.services, row.languages = list(provider.services), list(provider.languages)
    row.email, row.qualified = provider.email, provider.qualified
    row.ended_at = provider.ended_at
    await session.flush()
    after = _as_json(row)
    if after != before:
        what = "provider_changed" if before else "provider_added"
        await within(session, record_change, what, [], before, after, by=by, at=at)
    return _facts(row)


async def provider_facts(
    session: AsyncSession, provider_id: str
) -> ProviderFacts | None:
    row = await session.get(ProviderRow, provider_id)
    return _facts(row) if row else None


async def providers_named(
    session: AsyncSession, provider_ids: Collection[str]
) -> tuple[ProviderFacts, ...]:
    """Those of them that there are, ended or not."""
    query = select(ProviderRow).where(ProviderRow.id.in_(list(provider_ids)))
    rows = await session.scalars(query.order_by(ProviderRow.id))
    return tuple(_facts(row) for row in rows)


async def provided_by(session: AsyncSession, person_id: str) -> tuple[str, ...]:
    """The providers this person is themself, by id (CF-S-2c)."""
    query = select(ProviderRow.id).where(ProviderRow.person_id == person_id)
    return tuple(await session.scalars(query.order_by(ProviderRow.id)))


async def list_providers(
    session: AsyncSession,
    wanted: ProviderFilter,
    *,
    after: ProviderKey | None,
    limit: int,
) -> Sequence[ProviderFacts]:
    """By name. One more than `limit` comes back where there is another page. Raises NoSuchOrganization."""
    query = select(ProviderRow).order_by(ProviderRow.name, ProviderRow.id)
    if wanted.organization is not None:
        whose = (await within(session, organization, wanted.organization)).name
        query = query.where(ProviderRow.organization == whose)
    if wanted.qualified is not None:
        query = query.where(ProviderRow.qualified == wanted.qualified)
    if wanted.here_at is not None:
        ended = ProviderRow.ended_at
        query = query.where(or_(ended.is_(None), ended > wanted.here_at))
    if after:
        key = tuple_(ProviderRow.name, ProviderRow.id)
        query = query.where(key > (after.name, after.id))
    # Neither database looks into a list as the other does, and of providers there are few.
    found = (_facts(row) for row in await session.scalars(query))
    fitting = (
        each
        for each in found
        if _has(each.services, wanted.service) and _has(each.languages, wanted.language)
    )
    return list(islice(fitting, limit + 1))


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


def _as_json(row: ProviderRow) -> Json:
    as_json: dict[str, object] = _facts(row).model_dump(mode="json")
    return as_json
