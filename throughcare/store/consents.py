"""Consents: what may go to whom, since when and until when. One that ended or was withdrawn stays on file."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy import Connection, insert, or_, select, update

from throughcare.case.base import Frozen, Written
from throughcare.case.consents import ConsentFacts
from throughcare.errors import ThroughcareError
from throughcare.store.client_cases import known_of
from throughcare.store.client_changes import NoSuchClient, record_client_change
from throughcare.store.identity import StorableText
from throughcare.store.likenesses import records_of_same_person
from throughcare.store.outbox import note_untold
from throughcare.store.providers import providers_named
from throughcare.store.rows import NO_TOTAL, Total, one_row, rows
from throughcare.store.tables import (
    CaseRow,
    ClientRow,
    ConsentRow,
    Json,
    OrganizationRow,
)
from throughcare.time.deadline import Instant

BESIDE_PROVIDERS = ("treatment-provider", "payer")
"""Recipients that are no provider of the list."""

AHEAD = timedelta(minutes=5)
"""How far another computer's clock may be ahead of ours."""


class NotAConsent(ThroughcareError):
    status = 422


class NoSuchConsent(ThroughcareError):
    status = 404

    def __init__(self) -> None:
        super().__init__("There is no such consent, or it is not yours to see.")


class WithdrawnAlready(ThroughcareError):
    status = 409

    def __init__(self, withdrawn_at: datetime) -> None:
        super().__init__(
            f"This consent was withdrawn already, at {withdrawn_at.isoformat()}."
        )


class Consent(Written):
    """What a client agreed to may go to whom."""

    recipient: StorableText = Field(
        description="The id of a provider, as GET /providers lists it, or the name of an organization, as GET /organizations lists it, or of somebody on the client's team, or `treatment-provider`, or `payer`"
    )
    purpose: StorableText
    given_at: Instant
    expires_at: Instant | None = Field(
        default=None, description="Without it, it holds until it is withdrawn"
    )
    reference: StorableText = Field(description="Where the paper is kept")


class RecordedConsent(Consent):
    id: str
    client_id: str
    withdrawn_at: datetime | None
    recorded_by: str
    recorded_at: datetime

    def is_in_force(self, at: datetime) -> bool:
        ends = [each for each in (self.expires_at, self.withdrawn_at) if each]
        return self.given_at <= at and all(at < each for each in ends)


class ConsentKey(Frozen):
    """Where a page of consents ended; they are listed as they were recorded, the latest first."""

    id: str


def add_consent(
    connection: Connection,
    consent_id: str,
    client_id: str,
    consent: Consent,
    *,
    by: str,
    at: datetime,
) -> RecordedConsent:
    """Raises NoSuchClient and NotAConsent."""
    known = select(ClientRow.id).where(ClientRow.id == client_id)
    if connection.scalar(known) is None:
        raise NoSuchClient
    _check_recipient(connection, client_id, consent.recipient, at)
    if consent.given_at > at + AHEAD:
        raise NotAConsent("given_at: A consent is recorded once it is given.")
    if consent.expires_at and consent.expires_at <= consent.given_at:
        raise NotAConsent("expires_at: A consent ends after it was given.")
    recorded = RecordedConsent(
        id=consent_id,
        client_id=client_id,
        withdrawn_at=None,
        recorded_by=by,
        recorded_at=at,
        **consent.model_dump(),
    )
    connection.execute(insert(ConsentRow), recorded.model_dump())
    after: Json = {"consent": consent_id, "recipient": consent.recipient}
    what = "consent_given"
    record_client_change(connection, client_id, what, {}, after, by=by, at=at)
    note_untold(connection, at, client_id=client_id)
    return recorded


def withdraw_consent(
    connection: Connection,
    consent_id: str,
    withdrawn_at: datetime,
    *,
    by: str,
    at: datetime,
) -> RecordedConsent:
    """From then on nothing more goes out under it. Raises NoSuchConsent, WithdrawnAlready and NotAConsent."""
    query = select(ConsentRow).where(ConsentRow.id == consent_id)
    row = one_row(connection, query.with_for_update())
    if row is None:
        raise NoSuchConsent
    if row.withdrawn_at:
        raise WithdrawnAlready(row.withdrawn_at)
    if not row.given_at <= withdrawn_at <= at + AHEAD:
        raise NotAConsent(
            "at: A consent is withdrawn after it was given, and not in the future."
        )
    connection.execute(
        update(ConsentRow)
        .where(ConsentRow.id == consent_id)
        .values(withdrawn_at=withdrawn_at)
    )
    after: Json = {"consent": consent_id, "withdrawn_at": withdrawn_at.isoformat()}
    what = "consent_withdrawn"
    record_client_change(connection, row.client_id, what, {}, after, by=by, at=at)
    note_untold(connection, at, client_id=row.client_id)
    return _recorded(row).model_copy(update={"withdrawn_at": withdrawn_at})


def consent_of(connection: Connection, consent_id: str) -> RecordedConsent | None:
    row = one_row(connection, select(ConsentRow).where(ConsentRow.id == consent_id))
    return _recorded(row) if row else None


def list_consents(
    connection: Connection,
    clients: Collection[str],
    *,
    recipients: Collection[str] | None = None,
    after: ConsentKey | None,
    limit: int,
    total: Total = NO_TOTAL,
) -> Sequence[RecordedConsent]:
    """Of these clients, and for these recipients where any are named; those that are over among them. One more than `limit`
    comes back where there is another page."""
    query = select(ConsentRow).where(ConsentRow.client_id.in_(list(clients)))
    if recipients is not None:
        query = query.where(ConsentRow.recipient.in_(list(recipients)))
    total.count(connection, query)
    if after:
        query = query.where(ConsentRow.id < after.id)
    latest = query.order_by(ConsentRow.id.desc()).limit(limit + 1)
    return [_recorded(row) for row in rows(connection, latest)]


def consents_in_force(
    connection: Connection,
    client_id: str,
    at: datetime,
    *,
    records: Collection[str] | None = None,
) -> tuple[ConsentFacts, ...]:
    """What may go to whom at this instant, by every record of this person or by these of them, the earliest first."""
    if records is None:
        records = records_of_same_person(connection, client_id)
    query = (
        select(ConsentRow)
        .where(
            ConsentRow.client_id.in_(list(records)),
            ConsentRow.given_at <= at,
            or_(ConsentRow.expires_at.is_(None), ConsentRow.expires_at > at),
            or_(ConsentRow.withdrawn_at.is_(None), ConsentRow.withdrawn_at > at),
        )
        .order_by(ConsentRow.given_at, ConsentRow.id)
    )
    return tuple(
        ConsentFacts.model_validate(row, from_attributes=True)
        for row in rows(connection, query)
    )


def tell_again(connection: Connection, clients: Collection[str], at: datetime) -> None:
    """Where records turn out to be of one person, or not to be, their consents hold for other cases than before."""
    query = select(ConsentRow.client_id).where(ConsentRow.client_id.in_(list(clients)))
    for client_id in connection.scalars(
        query.distinct().order_by(ConsentRow.client_id)
    ):
        note_untold(connection, at, client_id=client_id)


def _check_recipient(
    connection: Connection, client_id: str, recipient: str, at: datetime
) -> None:
    if recipient in BESIDE_PROVIDERS:
        return
    for provider in providers_named(connection, [recipient]):
        if provider.is_here(at):
            return
        raise NotAConsent(
            "recipient: This provider no longer delivers services here; GET /providers lists those that do."
        )
    organization = select(OrganizationRow.id).where(OrganizationRow.name == recipient)
    if connection.scalar(organization) is not None:
        return
    if recipient in _on_the_team(connection, client_id):
        return
    others = " or ".join(f"`{each}`" for each in BESIDE_PROVIDERS)
    raise NotAConsent(
        f"recipient: Write the id of a provider, as GET /providers lists it, or the name of an organization, as GET /organizations lists it, or of somebody on the client's team, or {others}."
    )


def _on_the_team(connection: Connection, client_id: str) -> set[str]:
    """The names of those who are on this client's team now."""
    plans = rows(
        connection,
        select(CaseRow).where(
            CaseRow.client_id == client_id,
            CaseRow.kind == "care-plan",
            CaseRow.closed_at.is_(None),
        ),
    )
    lives = (known_of(row).life for row in plans)
    return {member.name for life in lives if life for member in life.members}


def _recorded(row: ConsentRow) -> RecordedConsent:
    return RecordedConsent.model_validate(row, from_attributes=True)
