"""The organizations of the directory, how their people act here, and the webhook of one with a system of its own."""

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import Body, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.etag import IfMatch, Precondition, put_tag
from api.examples import WEBHOOK
from api.problems import documented
from api.routing import Routes
from throughcare.case.base import Written
from throughcare.config import Environment
from throughcare.errors import BadRequestValue, NotForYou
from throughcare.notices.webhooks import new_secret, unfit
from throughcare.store.webhooks import (
    NoSuchOrganizationId,
    Organization,
    WebhookState,
    lock_organization,
    organizations,
    revoke_webhook,
    set_webhook,
    webhook_state,
)
from throughcare.usecases.asking import Asking
from throughcare.usecases.outsiders import own_organizations
from throughcare.usecases.storable import Storable

router = Routes(prefix="/organizations", tags=["directory"])
log = structlog.get_logger("throughcare.api")


class Organizations(BaseModel):
    items: tuple[Organization, ...]


class WebhookOrder(Storable, Written):
    url: str | None = Field(
        default=None,
        max_length=2000,
        description="Where notices to their people are sent, by https; with null they only send. Left out, it stays as it is",
    )


class WebhookSecret(BaseModel):
    organization: str
    url: str | None
    secret: str = Field(
        description="Both ways are signed with it. It is shown this once"
    )


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_organizations(asking: SignedIn, parts: TheParts) -> Organizations:
    """Every organization for the agency's own people, for others their own. `webhook` tells whether its own system is
    connected."""
    return Organizations(items=await parts.database.read(_seen, asking))


@router.get("/{organization_id}", responses=documented(401, 404))
async def show_organization(
    organization_id: str, asking: SignedIn, parts: TheParts, response: Response
) -> Organization:
    """One of them."""
    seen = await parts.database.read(_seen, asking)
    found = next((each for each in seen if each.id == organization_id), None)
    if found is None:
        raise NoSuchOrganizationId(organization_id)
    put_tag(response, found)
    return found


@router.get("/{organization_id}/webhook", responses=documented(401, 403, 404))
async def show_webhook(
    organization_id: str, asking: SignedIn, parts: TheParts, response: Response
) -> WebhookState:
    """Whether their own system is connected, and where it is told; never the secret. For the administrator."""
    _check_is_administrator(asking)
    state = await parts.database.read(webhook_state, organization_id)
    put_tag(response, state)
    return state


@router.put(
    "/{organization_id}/webhook",
    status_code=201,
    responses=documented(401, 403, 404, 412, 413, 422),
)
async def connect_system(
    organization_id: str,
    body: Annotated[WebhookOrder, Body(examples=[WEBHOOK])],
    asking: SignedIn,
    parts: TheParts,
    precondition: IfMatch,
) -> WebhookSecret:
    """Connect an agency's own system, or give it a new secret; an earlier one ends at once. For the administrator."""
    _check_is_administrator(asking)
    in_development = parts.settings.environment is Environment.development
    if body.url and (problem := unfit(body.url, development=in_development)):
        raise BadRequestValue("url", problem)
    secret, by = new_secret(), asking.person_id
    sealed = parts.secrets.seal(secret, organization_id)

    def write(connection: Connection) -> str | None:
        _check(connection, organization_id, precondition)
        now, is_given = datetime.now(UTC), "url" in body.model_fields_set
        url = body.url if is_given else webhook_state(connection, organization_id).url
        set_webhook(connection, organization_id, url, sealed, by=by, at=now)
        return url

    url = await parts.database.write(write)
    log.info("webhook.connected", organization_id=organization_id)
    return WebhookSecret(organization=organization_id, url=url, secret=secret)


@router.delete(
    "/{organization_id}/webhook",
    status_code=204,
    responses=documented(401, 403, 404, 412, 422),
)
async def disconnect_system(
    organization_id: str,
    asking: SignedIn,
    parts: TheParts,
    precondition: IfMatch,
) -> None:
    """Their system is told nothing more and believed nothing more; their people answer by signed links. For the
    administrator."""
    _check_is_administrator(asking)

    def write(connection: Connection) -> None:
        _check(connection, organization_id, precondition)
        now = datetime.now(UTC)
        revoke_webhook(connection, organization_id, by=asking.person_id, at=now)

    await parts.database.write(write)
    log.info("webhook.disconnected", organization_id=organization_id)


def _seen(connection: Connection, asking: Asking) -> tuple[Organization, ...]:
    own = own_organizations(connection, asking)
    ids = None if own is None else {each.id for each in own}
    return tuple(
        each for each in organizations(connection) if ids is None or each.id in ids
    )


def _check(
    connection: Connection, organization_id: str, precondition: Precondition
) -> None:
    lock_organization(connection, organization_id)
    precondition.check(webhook_state(connection, organization_id))


def _check_is_administrator(asking: Asking) -> None:
    if not asking.is_administrator:
        raise NotForYou(
            "Another agency's system is connected from the Agency Administrator's seat."
        )
