"""Clients as the API shows them."""

from collections.abc import Collection
from datetime import UTC, date, datetime

from pydantic import Field
from sqlalchemy import ColumnElement, Connection

from throughcare.case.consents import ConsentFacts
from throughcare.store.clients import ClientOnFile, cases_about, may_be_seen
from throughcare.store.consents import RecordedConsent, consents_in_force
from throughcare.store.directory import names
from throughcare.store.identity import Spokesperson
from throughcare.store.likenesses import (
    Alike,
    Likeness,
    Settled,
    likenesses,
    records_of_same_person,
)
from throughcare.usecases.asking import Asking
from throughcare.usecases.intake_staff import Staff, seen_client
from throughcare.usecases.rights import recipients_shown
from throughcare.usecases.views import PersonView, View


class ClientSummary(View):
    id: str
    name: str
    born_on: date | None
    language: str
    same_as: str | None = Field(
        description="The first record of the same person, where somebody said that there are several"
    )

    @classmethod
    def of(cls, facts: ClientOnFile) -> "ClientSummary":
        return cls.model_validate(facts, from_attributes=True)


class CaseOfClient(View):
    id: str
    kind: str
    status: str
    client: str = Field(description="The record it is about, of one person's several")
    program: str
    opened_at: datetime
    closed_at: datetime | None


class LikenessView(View):
    """Another record that may be of the same person. Both stay, whatever is said."""

    client: str
    reasons: tuple[str, ...]
    settled: Settled | None = Field(
        description="Null until somebody has said what it is"
    )
    settled_by: PersonView | None
    settled_at: datetime | None

    @classmethod
    def of(cls, likeness: Likeness, known: dict[str, str]) -> "LikenessView":
        settled_by = PersonView.of(likeness.settled_by, known)
        return cls(**likeness.model_dump(exclude={"settled_by"}), settled_by=settled_by)


class WholeClientView(ClientSummary):
    phone: str | None
    email: str | None
    address: str | None
    references: tuple[str, ...]
    spokespersons: tuple[Spokesperson, ...]
    created_by: PersonView | None
    created_at: datetime
    cases: tuple[CaseOfClient, ...] = Field(
        description="Those you may see, the newest first"
    )
    likenesses: tuple[LikenessView, ...]
    consents: tuple[ConsentFacts, ...] = Field(
        description="Those in force now; to who reads by a consent, their own"
    )


NOT_BY_CONSENT: dict[str, object] = {
    "phone": None,
    "email": None,
    "address": None,
    "references": (),
    "spokespersons": (),
    "likenesses": (),
}
"""What a consent to know of somebody's plan does not reach to."""


class ConsentView(View):
    id: str
    client: str
    recipient: str
    purpose: str
    given_at: datetime
    expires_at: datetime | None
    withdrawn_at: datetime | None
    in_force: bool
    recorded_by: PersonView | None
    recorded_at: datetime
    reference: str

    @classmethod
    def of(cls, consent: RecordedConsent, known: dict[str, str]) -> "ConsentView":
        facts = consent.model_dump(exclude={"client_id", "recorded_by"})
        return cls(
            **facts,
            client=consent.client_id,
            in_force=consent.is_in_force(datetime.now(UTC)),
            recorded_by=PersonView.of(consent.recorded_by, known),
        )


def whole_client(
    connection: Connection, client_id: str, asking: Asking
) -> WholeClientView:
    """As this person sees them. Raises NoSuchClient."""
    staff = Staff.of(connection)
    facts = seen_client(connection, asking, client_id, staff)
    alike = likenesses(connection, client_id)
    seen = those_seen(connection, staff, asking, alike)
    shown = [each for each in alike if each.client in seen]
    people = {who for each in shown if (who := each.settled_by)} | {facts.created_by}
    known = names(connection, people)
    records = records_seen(connection, staff, asking, client_id)
    now = datetime.now(UTC)
    consents = consents_in_force(connection, client_id, now, records=records)
    recipients = recipients_shown(connection, asking, client_id)
    view = WholeClientView(
        **facts.model_dump(exclude={"created_by", "spokespersons"}),
        spokespersons=facts.spokespersons,
        created_by=PersonView.of(facts.created_by, known),
        cases=_cases(connection, records, staff.cases_seen_by(asking)),
        likenesses=tuple(LikenessView.of(each, known) for each in shown),
        consents=tuple(
            each
            for each in consents
            if recipients is None or each.recipient in recipients
        ),
    )
    return view if recipients is None else view.model_copy(update=NOT_BY_CONSENT)


def those_seen(
    connection: Connection, staff: Staff, asking: Asking, found: Collection[Alike]
) -> set[str]:
    """That somebody is here a second time is no news for whoever may not see them there."""
    seen = staff.clients_seen_by(asking)
    return may_be_seen(connection, seen, [each.client for each in found])


def records_seen(
    connection: Connection, staff: Staff, asking: Asking, client_id: str
) -> set[str]:
    """All records of a client that are this person's to see: another program may have its own."""
    records = records_of_same_person(connection, client_id)
    return may_be_seen(connection, staff.clients_seen_by(asking), records)


def _cases(
    connection: Connection, records: Collection[str], seen: ColumnElement[bool]
) -> tuple[CaseOfClient, ...]:
    return tuple(
        CaseOfClient(
            id=row.id,
            kind=row.kind,
            status=row.status,
            client=row.client_id or "",
            program=row.program,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )
        for row in cases_about(connection, seen, records)
    )
