"""Webhooks: where an agency's own system is told, and the sealed secret that both ways are signed with."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from throughcare.case.base import Frozen
from throughcare.errors import ThroughcareError
from throughcare.store.changes import record_change
from throughcare.store.database import insert_into
from throughcare.store.directory import AnswersBy
from throughcare.store.rows import one_row, rows
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


class WebhookState(Frozen):
    """Without its secret. Who connected their system, and when; nobody where `connected` is false."""

    organization: str
    connected: bool = False
    url: str | None = None
    since_at: datetime | None = None
    connected_by: str | None = None


def organizations(connection: Connection) -> tuple[Organization, ...]:
    in_force = select(WebhookRow.organization_id).where(WebhookRow.revoked_at.is_(None))
    set_up = set(connection.scalars(in_force))
    found = rows(connection, select(OrganizationRow).order_by(OrganizationRow.id))
    return tuple(
        Organization(
            id=row.id,
            name=row.name,
            aliases=tuple(map(str, row.aliases)),
            answers_by=AnswersBy(row.answers_by or AnswersBy.account),
            webhook=row.id in set_up,
        )
        for row in found
    )


def organization_by_id(connection: Connection, organization_id: str) -> Organization:
    """Raises NoSuchOrganizationId."""
    for each in organizations(connection):
        if each.id == organization_id:
            return each
    raise NoSuchOrganizationId(organization_id)


def webhook_state(connection: Connection, organization_id: str) -> WebhookState:
    """Raises NoSuchOrganizationId."""
    organization_by_id(connection, organization_id)
    row = _webhook(connection, organization_id)
    if row is None or row.revoked_at is not None:
        return WebhookState(organization=organization_id)
    return WebhookState(
        organization=organization_id,
        connected=True,
        url=row.url,
        since_at=row.created_at,
        connected_by=row.created_by,
    )


def lock_organization(connection: Connection, organization_id: str) -> OrganizationRow:
    """Its row stands for its webhook too. Raises NoSuchOrganizationId."""
    query = select(OrganizationRow).where(OrganizationRow.id == organization_id)
    row = one_row(connection, query.with_for_update(key_share=True))
    if row is None:
        raise NoSuchOrganizationId(organization_id)
    return row


def set_webhook(
    connection: Connection,
    organization_id: str,
    url: str | None,
    sealed: str,
    *,
    by: str,
    at: datetime,
) -> None:
    """From now on their system is told and answers; an earlier secret ends at once. Raises NoSuchOrganizationId."""
    organization = lock_organization(connection, organization_id)
    columns = {
        "url": url,
        "secret": sealed,
        "created_at": at,
        "created_by": by,
        "revoked_at": None,
    }
    upsert = insert_into(connection.dialect.name, WebhookRow)
    connection.execute(
        upsert.values(organization_id=organization_id, **columns).on_conflict_do_update(
            index_elements=[WebhookRow.organization_id], set_=columns
        )
    )
    answers_by = AnswersBy.webhook
    _answer_by(connection, organization, answers_by, "webhook_set", by=by, at=at)


def revoke_webhook(
    connection: Connection, organization_id: str, *, by: str, at: datetime
) -> None:
    """Their people answer by signed links from now on. Raises NoSuchOrganizationId and NoWebhook."""
    organization = lock_organization(connection, organization_id)
    if webhook_of(connection, organization_id) is None:
        raise NoWebhook(organization_id)
    connection.execute(
        update(WebhookRow)
        .where(WebhookRow.organization_id == organization_id)
        .values(revoked_at=at)
    )
    answers_by = AnswersBy.link
    _answer_by(connection, organization, answers_by, "webhook_revoked", by=by, at=at)


def webhook_of(connection: Connection, organization_id: str) -> Webhook | None:
    row = _webhook(connection, organization_id)
    if row is None or row.revoked_at is not None:
        return None
    return Webhook.model_validate(row, from_attributes=True)


def _webhook(connection: Connection, organization_id: str) -> WebhookRow | None:
    query = select(WebhookRow).where(WebhookRow.organization_id == organization_id)
    return one_row(connection, query)


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


def _answer_by(
    connection: Connection,
    organization: OrganizationRow,
    answers_by: AnswersBy,
    what: str,
    *,
    by: str,
    at: datetime,
) -> None:
    whose = organization.id
    before: Json = {"organization": whose, "answers_by": organization.answers_by}
    after: Json = {"organization": whose, "answers_by": answers_by}
    connection.execute(
        update(OrganizationRow)
        .where(OrganizationRow.id == whose)
        .values(answers_by=answers_by)
    )
    record_change(connection, what, [], before, after, by=by, at=at)
