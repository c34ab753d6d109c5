"""Providers: who delivers services to clients, and whose they are."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import KNOWN_FILTERS, Asking, SignedIn, TheParts
from api.examples import PROVIDER, PROVIDER_CHANGE
from api.once import AnsweredOnce, reply
from api.paging import (
    DEFAULT_LIMIT,
    After,
    Limit,
    Page,
    cut,
    next_address,
    read_cursor,
)
from api.problems import documented
from throughcare.errors import NotForYou, NotThere
from throughcare.store.clients import Text
from throughcare.store.idempotency import Reply
from throughcare.store.providers import (
    Provider,
    ProviderFacts,
    ProviderFilter,
    ProviderKey,
    list_providers,
    provider_facts,
    put_provider,
)
from throughcare.usecases.ids import new_id
from throughcare.usecases.storable import Storable

router = APIRouter(prefix="/providers", tags=["directory"])


class NewProvider(Storable, Provider):
    """Whoever delivers services to clients."""


class ProviderChange(NewProvider):
    """What is different from now on; what is left out stays as it is."""

    name: Text = Field(default_factory=str)
    organization: Text = Field(
        default_factory=str,
        description="Whose they are, by any name the directory knows it by",
    )


class Wanted(BaseModel):
    """The filters of the list; together they narrow it."""

    organization: str | None = Field(
        default=None, description="By any name the directory knows it by"
    )
    service: str | None = None
    language: str | None = None
    qualified: bool | None = None
    ended: bool = Field(
        default=False, description="Also those that no longer deliver services here"
    )


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_all_providers(
    request: Request,
    wanted: Annotated[Wanted, Query()],
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ProviderFacts]:
    """By name. Whose a provider is decides whether a worker is independent of it."""
    filters = ProviderFilter(
        **wanted.model_dump(exclude={"ended"}),
        here_at=None if wanted.ended else datetime.now(UTC),
    )
    cursor = read_cursor(after, ProviderKey)
    async with parts.database.sessions() as session:
        found = await list_providers(session, filters, after=cursor, limit=limit)
    page, last = cut(found, limit)
    key = ProviderKey(name=last.name, id=last.id) if last else None
    return Page(items=tuple(page), next=next_address(request, key))


@router.get("/{provider_id}", responses=documented(401, 404))
async def read_provider(
    provider_id: str, asking: SignedIn, parts: TheParts
) -> ProviderFacts:
    """One provider, ended or not."""
    async with parts.database.sessions() as session:
        return await _found(session, provider_id)


@router.post(
    "",
    status_code=201,
    response_model=ProviderFacts,
    responses=documented(401, 403, 409, 413, 422),
)
async def enter_provider(
    body: Annotated[NewProvider, Body(examples=[PROVIDER])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Enter a provider. For the administrator."""
    _check_is_administrator(asking)

    async def write(session: AsyncSession) -> Reply:
        provider_id, now = new_id(), datetime.now(UTC)
        found = await put_provider(
            session, provider_id, body, by=asking.person_id, at=now
        )
        return reply(201, found, location=f"/providers/{provider_id}")

    return await once.answer_in_sql(body, write)


@router.patch(
    "/{provider_id}",
    response_model=ProviderFacts,
    responses=documented(401, 403, 404, 409, 413, 422),
)
async def change_provider(
    provider_id: str,
    body: Annotated[ProviderChange, Body(examples=[PROVIDER_CHANGE])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Change a provider, or end it with `ended_at`. For the administrator."""
    _check_is_administrator(asking)

    async def write(session: AsyncSession) -> Reply:
        known = (await _found(session, provider_id)).model_dump(exclude={"id"})
        changed = Provider.model_validate(known | body.model_dump(exclude_unset=True))
        now = datetime.now(UTC)
        found = await put_provider(
            session, provider_id, changed, by=asking.person_id, at=now
        )
        return reply(200, found)

    return await once.answer_in_sql(body, write)


async def _found(session: AsyncSession, provider_id: str) -> ProviderFacts:
    facts = await provider_facts(session, provider_id)
    if facts is None:
        raise NotThere("provider")
    return facts


def _check_is_administrator(asking: Asking) -> None:
    if not asking.is_administrator:
        raise NotForYou("Providers are kept from the Agency Administrator's seat.")
