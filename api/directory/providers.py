"""Providers: who delivers services to clients, and whose they are."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Body, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.etag import IfMatch, put_tag, replaces_a_list
from api.examples import PROVIDER, PROVIDER_CHANGE
from api.once import AnsweredOnce, reply
from api.paging import (
    DEFAULT_LIMIT,
    After,
    Page,
    PageSize,
    TotalAsked,
    cut,
    next_address,
    read_cursor,
)
from api.problems import documented
from api.routing import MAX_WRITING_BYTES, Routes
from throughcare.errors import NotForYou
from throughcare.store.idempotency import Reply
from throughcare.store.providers import (
    NoSuchProvider,
    Provider,
    ProviderChange,
    ProviderFacts,
    ProviderFilter,
    ProviderKey,
    add_provider,
    change_provider,
    list_providers,
    lock_provider,
    provider_facts,
)
from throughcare.usecases.asking import Asking
from throughcare.usecases.ids import new_id
from throughcare.usecases.outsiders import own_organizations, refers
from throughcare.usecases.storable import Storable

router = Routes(prefix="/providers", tags=["directory"], largest_body=MAX_WRITING_BYTES)


class NewProvider(Storable, Provider):
    """Whoever delivers services to clients."""


class ChangedProvider(Storable, ProviderChange):
    """What is different from now on; what is left out stays as it is."""


class ProviderQuery(BaseModel):
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
    wanted: Annotated[ProviderQuery, Query()],
    asking: SignedIn,
    parts: TheParts,
    total: TotalAsked,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[ProviderFacts]:
    """By name. Whose a provider is decides whether a worker is independent of it. Whoever is of another organization and
    works with no clients here is shown its own."""
    filters = ProviderFilter(
        **wanted.model_dump(exclude={"ended"}),
        here_at=None if wanted.ended else datetime.now(UTC),
    )
    cursor = read_cursor(after, ProviderKey)

    def listed(connection: Connection) -> Sequence[ProviderFacts]:
        wanted = filters.model_copy(update={"within": _seen(connection, asking)})
        return list_providers(
            connection, wanted, after=cursor, limit=limit, total=total
        )

    found = await parts.database.read(listed)
    page, last = cut(found, limit)
    key = ProviderKey(name=last.name, id=last.id) if last else None
    return Page(items=tuple(page), next=next_address(request, key), total=total.rows)


@router.get("/{provider_id}", responses=documented(401, 404))
async def read_provider(
    provider_id: str, asking: SignedIn, parts: TheParts, response: Response
) -> ProviderFacts:
    """One provider, ended or not."""

    def read(connection: Connection) -> ProviderFacts | None:
        found, seen = provider_facts(connection, provider_id), _seen(connection, asking)
        is_seen = found and (seen is None or found.organization in seen)
        return found if is_seen else None

    found = await parts.database.read(read)
    if found is None:
        raise NoSuchProvider
    put_tag(response, found)
    return found


@router.post(
    "",
    status_code=201,
    response_model=ProviderFacts,
    responses=documented(401, 403, 409, 413, 422),
)
async def enter_provider(
    body: Annotated[NewProvider, Body(examples=[PROVIDER])],
    asking: SignedIn,
    once: AnsweredOnce,
) -> Response:
    """Enter a provider. For the administrator."""
    _check_is_administrator(asking)

    def write(connection: Connection) -> Reply:
        provider_id, now = new_id(), datetime.now(UTC)
        found = add_provider(connection, provider_id, body, by=asking.person_id, at=now)
        return reply(201, found, location=f"/providers/{provider_id}")

    return await once.answer_in_transaction(body, write)


@router.patch(
    "/{provider_id}",
    response_model=ProviderFacts,
    responses=documented(401, 403, 404, 409, 412, 413, 422, 428),
)
async def correct_provider(
    provider_id: str,
    body: Annotated[ChangedProvider, Body(examples=[PROVIDER_CHANGE])],
    asking: SignedIn,
    once: AnsweredOnce,
    precondition: IfMatch,
) -> Response:
    """Change a provider, or end it with `ended_at`. To replace a list, say in `If-Match` which one you have read. For the
    administrator."""
    _check_is_administrator(asking)

    def write(connection: Connection) -> Reply:
        current = lock_provider(connection, provider_id)
        precondition.check(current, needed=replaces_a_list(body, current))
        now = datetime.now(UTC)
        found = change_provider(
            connection, provider_id, body, by=asking.person_id, at=now
        )
        return reply(200, found)

    return await once.answer_in_transaction(body, write)


def _seen(connection: Connection, asking: Asking) -> tuple[str, ...] | None:
    """The names of the organizations whose providers they are shown; None is any."""
    own = own_organizations(connection, asking)
    if own is None or refers(connection, asking):
        return None
    return tuple(each.name for each in own)


def _check_is_administrator(asking: Asking) -> None:
    if not asking.is_administrator:
        raise NotForYou("Providers are kept from the Agency Administrator's seat.")
