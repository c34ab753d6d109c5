"""Webhooks: where an agency's own system is told, and the sealed secret that both ways are signed with."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen
from throughcare.errors import ThroughcareError
from throughcare.store.changes import record_change
from throughcare.store.directory import AnswersBy
from throughcare.store.tables import Json, OrganizationRow, SeatRow, WebhookRow


class NoSuchOrganizationId(ThroughcareError):
    status = 404

    def __init__(self, organization_id: str) -> None:
        super().__init__(f"The directory has no organization {organization_id!r}.")


class NoWebhook(ThroughcareError):
    status = 404

    def __init__(self, organization_id: str) -> None:
        super().__init__(f"{organization_id} has no webhook in force.")


class Webhook(Frozen):
    """One in force. `secret` is sealed; without a `url` they only send."""

    organization_id: str
    url: str | None
    secret: str


class Organization(Frozen):
    id: str
    name: str
    aliases: tuple[str, ...]
    answers_by: AnswersBy
    webhook: bool


async def organizations(session: AsyncSession) -> tuple[Organization, ...]:
    in_force = select(WebhookRow.organization_id).where(WebhookRow.revoked_at.is_(None))
    set_up = set(await session.scalars(in_force))
    rows = await session.scalars(select(OrganizationRow).order_by(OrganizationRow.id))
    return tuple(
        Organization(
            id=row.id,
            name=row.name,
            aliases=tuple(map(str, row.aliases)),
            answers_by=AnswersBy(row.answers_by or AnswersBy.account),
            webhook=row.id in set_up,
        )
        for row in rows
    )


async def set_webhook(
    session: AsyncSession,
    organization_id: str,
    url: str | None,
    sealed: str,
    *,
    by: str,
    at: datetime,
) -> None:
    """From now on their system is told and answers; an earlier secret ends at once. Raises NoSuchOrganizationId."""
    organization = await _organization(session, organization_id)
    row = await session.get(WebhookRow, organization_id) or WebhookRow(
        organization_id=organization_id
    )
    row.url, row.secret = url, sealed
    row.created_at, row.created_by, row.revoked_at = at, by, None
    session.add(row)
    _answer_by(session, organization, AnswersBy.webhook, "webhook_set", by=by, at=at)


async def revoke_webhook(
    session: AsyncSession, organization_id: str, *, by: str, at: datetime
) -> None:
    """Their people answer by signed links from now on. Raises NoSuchOrganizationId and NoWebhook."""
    organization = await _organization(session, organization_id)
    row = await session.get(WebhookRow, organization_id)
    if row is None or row.revoked_at is not None:
        raise NoWebhook(organization_id)
    row.revoked_at = at
    _answer_by(session, organization, AnswersBy.link, "webhook_revoked", by=by, at=at)


async def webhook_of(session: AsyncSession, organization_id: str) -> Webhook | None:
    row = await session.get(WebhookRow, organization_id)
    if row is None or row.revoked_at is not None:
        return None
    return Webhook.model_validate(row, from_attributes=True)


def told_by_webhook(
    connection: Connection, seats: Collection[str]
) -> dict[str, Webhook]:
    """Of these seats, those whose organization's own system is told in place of an e-mail."""
    found = connection.execute(_TOLD_BY_WEBHOOK, {"seats": list(seats)})
    return {
        row.seat_id: Webhook.model_validate(row, from_attributes=True) for row in found
    }


_TOLD_BY_WEBHOOK = (
    select(
        SeatRow.id.label("seat_id"),
        WebhookRow.organization_id,
        WebhookRow.url,
        WebhookRow.secret,
    )
    .join(OrganizationRow, OrganizationRow.id == SeatRow.organization_id)
    .join(WebhookRow, WebhookRow.organization_id == OrganizationRow.id)
    .where(SeatRow.id.in_(bindparam("seats", expanding=True)))
    .where(OrganizationRow.answers_by == AnswersBy.webhook)
    .where(WebhookRow.revoked_at.is_(None), WebhookRow.url.is_not(None))
)


async def _organization(session: AsyncSession, organization_id: str) -> OrganizationRow:
    row = await session.get(OrganizationRow, organization_id, with_for_update=True)
    if row is None:
        raise NoSuchOrganizationId(organization_id)
    return row


def _answer_by(
    session: AsyncSession,
    organization: OrganizationRow,
    answers_by: AnswersBy,
    what: str,
    *,
    by: str,
    at: datetime,
) -> None:
    before: Json = {
        "organization": organization.id,
        "answers_by": organization.answers_by,
    }
    after: Json = {"organization": organization.id, "answers_by": answers_by}
    organization.answers_by = answers_by
    record_change(session, what, [], before, after, by=by, at=at)
