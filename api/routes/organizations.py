"""The organizations of the directory, how their people act here, and the webhook of one with a system of its own."""

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from api.deps import KNOWN_FILTERS, Asking, SignedIn, TheParts
from api.examples import WEBHOOK
from api.problems import documented
from throughcare.case.base import Written
from throughcare.config import Environment
from throughcare.errors import BadRequestValue, NotForYou
from throughcare.notices.webhooks import new_secret, unfit
from throughcare.store.webhooks import (
    Organization,
    organizations,
    revoke_webhook,
    set_webhook,
)
from throughcare.usecases.storable import Storable

router = APIRouter(prefix="/organizations", tags=["directory"])
log = structlog.get_logger("throughcare.api")


class Organizations(BaseModel):
    items: tuple[Organization, ...]


class WebhookOrder(Storable, Written):
    url: str | None = Field(
        default=None,
        max_length=2000,
        description="Where notices to their people are sent, by https; without it they only send",
    )


class WebhookSecret(BaseModel):
    organization: str
    url: str | None
    secret: str = Field(
        description="Both ways are signed with it. It is shown this once"
    )


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_organizations(asking: SignedIn, parts: TheParts) -> Organizations:
    """Every organization; `webhook` tells whether its own system is connected."""
    async with parts.database.sessions() as session:
        return Organizations(items=await organizations(session))


@router.put(
    "/{organization_id}/webhook",
    status_code=201,
    responses=documented(401, 403, 404, 413, 422),
)
async def connect_system(
    organization_id: str,
    body: Annotated[WebhookOrder, Body(examples=[WEBHOOK])],
    asking: SignedIn,
    parts: TheParts,
) -> WebhookSecret:
    """Connect an agency's own system, or give it a new secret; an earlier one ends at once. For the administrator."""
    _check_is_administrator(asking)
    in_development = parts.settings.environment is Environment.development
    if body.url and (problem := unfit(body.url, development=in_development)):
        raise BadRequestValue("url", problem)
    secret = new_secret()
    async with parts.database.sessions.begin() as session:
        await set_webhook(
            session,
            organization_id,
            body.url,
            parts.secrets.seal(secret, organization_id),
            by=asking.person_id,
            at=datetime.now(UTC),
        )
    log.info("webhook.connected", organization_id=organization_id)
    return WebhookSecret(organization=organization_id, url=body.url, secret=secret)


@router.delete(
    "/{organization_id}/webhook",
    status_code=204,
    responses=documented(401, 403, 404),
)
async def disconnect_system(
    organization_id: str, asking: SignedIn, parts: TheParts
) -> None:
    """Their system is told nothing more and believed nothing more; their people answer by signed links. For the
    administrator."""
    _check_is_administrator(asking)
    async with parts.database.sessions.begin() as session:
        now = datetime.now(UTC)
        await revoke_webhook(session, organization_id, by=asking.person_id, at=now)
    log.info("webhook.disconnected", organization_id=organization_id)


def _check_is_administrator(asking: Asking) -> None:
    if not asking.is_administrator:
        raise NotForYou(
            "Another agency's system is connected from the Agency Administrator's seat."
        )
