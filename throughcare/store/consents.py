"""Consents: what may go to whom, since when and until when. One that ended or was withdrawn stays on file."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy import Connection, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen, Written
from throughcare.case.consents import ConsentFacts
from throughcare.errors import ThroughcareError
from throughcare.store.client_cases import known_of
from throughcare.store.clients import (
    NoSuchClient,
    Text,
    record_client_change,
    records_of_same_person,
)
from throughcare.store.database import within
from throughcare.store.providers import providers_named
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

    recipient: Text = Field(
        description="The id of a provider, as GET /providers lists it, or the name of an organization, as GET /organizations lists it, or of somebody on the client's team, or `treatment-provider`, or `payer`"
    )
    purpose: Text
    given_at: Instant
    expires_at: Instant | None = Field(
        default=None, description="Without it, it holds until it is withdrawn"
    )
    reference: Text = Field(description="Where the paper is kept")


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


async def add_consent(
    session: AsyncSession,
    consent_id: str,
    client_id: str,
    consent: Consent,
    *,
    by: str,
    at: datetime,
) -> RecordedConsent:
    """Raises NoSuchClient and NotAConsent."""
    if await session.get(ClientRow, client_id) is None:
        raise NoSuchClient
    await _check_recipient(session, client_id, consent.recipient, at)
    if consent.given_at > at + AHEAD:
        raise NotAConsent("given_at: A consent is recorded once it is given.")
    if consent.expires_at and consent.expires_at <= consent.given_at:
        raise NotAConsent("expires_at: A consent ends after it was given.")
    row = ConsentRow(
        id=consent_id,
        client_id=client_id,
        withdrawn_at=None,
        recorded_by=by,
        recorded_at=at,
        **consent.model_dump(),
    )
    session.add(row)
    after: Json = {"consent": consent_id, "recipient": consent.recipient}
    record_client_change(session, client_id, "consent_given", {}, after, by=by, at=at)
    await session.flush()
    return _recorded(row)


async def withdraw_consent(
    session: AsyncSession,
    consent_id: str,
    withdrawn_at: datetime,
    *,
    by: str,
    at: datetime,
) -> RecordedConsent:
    """From then on nothing more goes out under it. Raises NoSuchConsent, WithdrawnAlready and NotAConsent."""
    row = await session.get(ConsentRow, consent_id, with_for_update=True)
    if row is None:
        raise NoSuchConsent
    if row.withdrawn_at:
        raise WithdrawnAlready(row.withdrawn_at)
    if not row.given_at <= withdrawn_at <= at + AHEAD:
        raise NotAConsent(
            "at: A consent is withdrawn after it was given, and not in the future."
        )
    row.withdrawn_at, row.told_at = withdrawn_at, None
    after: Json = {"consent": consent_id, "withdrawn_at": withdrawn_at.isoformat()}
    what = "consent_withdrawn"
    record_client_change(session, row.client_id, what, {}, after, by=by, at=at)
    return _recorded(row)


async def consent_of(session: AsyncSession, consent_id: str) -> RecordedConsent | None:
    row = await session.get(ConsentRow, consent_id)
    return _recorded(row) if row else None


async def list_consents(
    session: AsyncSession,
    clients: Collection[str],
    *,
    after: ConsentKey | None,
    limit: int,
) -> Sequence[RecordedConsent]:
    """Of these clients, those that are over among them. One more than `limit` comes back where there is another page."""
    query = select(ConsentRow).where(ConsentRow.client_id.in_(list(clients)))
    if after:
        query = query.where(ConsentRow.id < after.id)
    rows = await session.scalars(query.order_by(ConsentRow.id.desc()).limit(limit + 1))
    return [_recorded(row) for row in rows]


def consents_in_force(
    connection: Connection, client_id: str, at: datetime
) -> tuple[ConsentFacts, ...]:
    """What may go to whom at this instant, by every record of this person, the earliest first."""
    records = records_of_same_person(connection, client_id)
    rows = connection.execute(
        select(*ConsentRow.__table__.columns)
        .where(
            ConsentRow.client_id.in_(records),
            ConsentRow.given_at <= at,
            or_(ConsentRow.expires_at.is_(None), ConsentRow.expires_at > at),
            or_(ConsentRow.withdrawn_at.is_(None), ConsentRow.withdrawn_at > at),
        )
        .order_by(ConsentRow.given_at, ConsentRow.id)
    )
    return tuple(ConsentFacts.model_validate(row, from_attributes=True) for row in rows)


class Untold(Frozen):
    """A consent whose client's open cases are still to be told of it, as it was when this was read."""

    id: str
    client_id: str
    withdrawn_at: datetime | None


async def untold_consents(
    session: AsyncSession, client_id: str | None = None
) -> tuple[Untold, ...]:
    """Everybody's, or those of one client's records."""
    query = select(ConsentRow).where(ConsentRow.told_at.is_(None))
    if client_id is not None:
        records = await within(session, records_of_same_person, client_id)
        query = query.where(ConsentRow.client_id.in_(records))
    rows = await session.scalars(query.order_by(ConsentRow.id))
    return tuple(Untold.model_validate(row, from_attributes=True) for row in rows)


async def mark_told(
    session: AsyncSession, consents: Collection[Untold], at: datetime
) -> None:
    """One that was withdrawn since it was read is to be told of once more."""
    for each in consents:
        same = (
            ConsentRow.withdrawn_at.is_(None)
            if each.withdrawn_at is None
            else ConsentRow.withdrawn_at.is_not(None)
        )
        await session.execute(
            update(ConsentRow).where(ConsentRow.id == each.id, same).values(told_at=at)
        )


async def tell_again(session: AsyncSession, clients: Collection[str]) -> None:
    """Where records turn out to be of one person, or not to be, their consents hold for other cases than before."""
    await session.execute(
        update(ConsentRow)
        .where(ConsentRow.client_id.in_(list(clients)))
        .values(told_at=None)
    )


async def _check_recipient(
    session: AsyncSession, client_id: str, recipient: str, at: datetime
) -> None:
    if recipient in BESIDE_PROVIDERS:
        return
    for provider in await providers_named(session, [recipient]):
        if provider.is_here(at):
            return
        raise NotAConsent(
            "recipient: This provider no longer delivers services here; GET /providers lists those that do."
        )
    organization = select(OrganizationRow.id).where(OrganizationRow.name == recipient)
    if await session.scalar(organization) is not None:
        return
    if recipient in await _on_the_team(session, client_id):
        return
    others = " or ".join(f"`{each}`" for each in BESIDE_PROVIDERS)
    raise NotAConsent(
        f"recipient: Write the id of a provider, as GET /providers lists it, or the name of an organization, as GET /organizations lists it, or of somebody on the client's team, or {others}."
    )


async def _on_the_team(session: AsyncSession, client_id: str) -> set[str]:
    """The names of those who are on this client's team now."""
    rows = await session.scalars(
        select(CaseRow).where(
            CaseRow.client_id == client_id,
            CaseRow.kind == "care-plan",
            CaseRow.closed_at.is_(None),
        )
    )
    lives = (known_of(row).life for row in rows)
    return {member.name for life in lives if life for member in life.members}


def _recorded(row: ConsentRow) -> RecordedConsent:
    return RecordedConsent.model_validate(row, from_attributes=True)
