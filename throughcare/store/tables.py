"""The tables. Cases, duties, timeline and notices are projections: only activities write them, from what a workflow says.
The directory (organizations, people, seats, absences, packs) is kept here itself, with its own trail, and so are clients.
"""

from datetime import UTC, date, datetime
from typing import ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    TypeDecorator,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = dict[str, object] | list[object]


class Utc(TypeDecorator[datetime]):
    """Instants are aware and UTC; SQLite would hand back naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant needs its zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        return (
            value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        )


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[object, object]] = {
        datetime: Utc,
        Json: JSON,
        str: String(),
    }


# -- the directory -------------------------------------------------------------------------------------------------


class OrganizationRow(Base):
    """`aliases`: other names of the same organization (CR-P-3). `answers_by`: how its people act here, a
    throughcare.store.directory.AnswersBy; NULL, as rows of before have it, means by accounts."""

    __tablename__ = "organizations"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    aliases: Mapped[Json]
    answers_by: Mapped[str | None]


class AgencyRow(Base):
    """The agency this installation runs for: which packs it adopted, and whose calendar its limits count on."""

    __tablename__ = "agencies"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    calendar: Mapped[str]
    packs: Mapped[Json]


class PersonRow(Base):
    __tablename__ = "people"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    left_at: Mapped[datetime | None]
    daily_hour: Mapped[int | None]
    """0 to 23, in the agency's zone: when their daily letter leaves, where they want one."""


class ApiKeyRow(Base):
    """Only a hash of the secret is kept; the `id` is the readable part of the key."""

    __tablename__ = "api_keys"
    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    secret_hash: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SeatRow(Base):
    """A seat is an (organization, role, scope). `person_id` is its holder, None while it is empty."""

    __tablename__ = "seats"
    id: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"))
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    role: Mapped[str]
    program: Mapped[str | None]
    title: Mapped[str]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    since_at: Mapped[datetime]


class ReportsToRow(Base):
    """The seats above a seat, in order of preference where there is a choice (B3)."""

    __tablename__ = "reports_to"
    seat_id: Mapped[str] = mapped_column(ForeignKey("seats.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    above_id: Mapped[str] = mapped_column(ForeignKey("seats.id"), index=True)


class SeatingRow(Base):
    """That somebody is to sit as administrator or operator, which a second person confirms (throughcare.store.seatings)."""

    __tablename__ = "seatings"
    id: Mapped[str] = mapped_column(primary_key=True)
    seat_id: Mapped[str] = mapped_column(ForeignKey("seats.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    settled_as: Mapped[str | None]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]


class AbsenceRow(Base):
    """While it lasts the substitute acts; with no substitute the seats stand empty."""

    __tablename__ = "absences"
    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    substitute_id: Mapped[str | None] = mapped_column(
        ForeignKey("people.id"), index=True
    )
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    ended_early_at: Mapped[datetime | None]


class DirectoryChangeRow(Base):
    """The trail of the directory."""

    __tablename__ = "directory_changes"
    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    person_id: Mapped[str]
    """Who made the change."""
    what: Mapped[str]
    seat_ids: Mapped[Json]
    before: Mapped[Json]
    after: Mapped[Json]


class PackRow(Base):
    """Packs as adopted, whole. The newest adopted version of an id is in force for new cases (CR-M-2)."""

    __tablename__ = "packs"
    digest: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    body: Mapped[Json]
    adopted_at: Mapped[datetime]


class PackAdoptionRow(Base):
    """The agency's own word that a version of a pack is in force, where the pack itself names no approval (CS-M-1)."""

    __tablename__ = "pack_adoptions"
    pack_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    """Of who approved it."""
    adopted_on: Mapped[date]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class WorkerProfileRow(Base):
    """What a worker brings, in the agency's own words, and how many cases they may have at once."""

    __tablename__ = "worker_profiles"
    seat_id: Mapped[str] = mapped_column(ForeignKey("seats.id"), primary_key=True)
    gender: Mapped[str | None]
    experience: Mapped[Json]
    culture: Mapped[Json]
    languages: Mapped[Json]
    skills: Mapped[Json]
    other: Mapped[Json]
    capacity: Mapped[int]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]


class ProviderRow(Base):
    """Whoever delivers services to clients. `organization` is whose they are, as the directory names it, and `person_id`
    who it is, where it is somebody of the directory."""

    __tablename__ = "providers"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    organization: Mapped[str] = mapped_column(index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    services: Mapped[Json]
    email: Mapped[str | None]
    languages: Mapped[Json]
    qualified: Mapped[bool]
    ended_at: Mapped[datetime | None]


class EngagementRow(Base):
    """That a group was asked or took part in how the system is run (CF-S-5a)."""

    __tablename__ = "engagements"
    id: Mapped[str] = mapped_column(primary_key=True)
    on_date: Mapped[date]
    group_name: Mapped[str]
    what: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    __table_args__ = (Index(None, "on_date", "id"),)


# -- clients -------------------------------------------------------------------------------------------------------


class ClientRow(Base):
    """Who a client is. It stands nowhere else: workflows, logs and e-mails know them by `id`."""

    __tablename__ = "clients"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    born_on: Mapped[date | None]
    language: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    address: Mapped[str | None]
    references: Mapped[Json]
    """The agency's own ids for them."""
    spokespersons: Mapped[Json]
    """Who speaks for them, each a throughcare.store.identity.Spokesperson."""
    same_as: Mapped[str | None]
    """The record of the same person, where somebody said that there are two."""
    name_key: Mapped[str] = mapped_column(index=True)
    phone_key: Mapped[str | None] = mapped_column(index=True)
    email_key: Mapped[str | None] = mapped_column(index=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    entered_from: Mapped[str | None]
    """The seat that took them in; its program has them until a case does. NULL where an administrator entered them."""


class ClientReferenceRow(Base):
    """The agency's ids once more, one to a row and in small letters, for a client to be found by."""

    __tablename__ = "client_references"
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    reference_key: Mapped[str] = mapped_column(primary_key=True, index=True)


class ClientChangeRow(Base):
    """The trail of what is known of a client."""

    __tablename__ = "client_changes"
    id: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), index=True)
    at: Mapped[datetime]
    person_id: Mapped[str]
    """Who made the change."""
    what: Mapped[str]
    before: Mapped[Json]
    after: Mapped[Json]


class ClientLikenessRow(Base):
    """Two records that may be of one person. A person settles it as `same` or `different`; nothing is ever merged."""

    __tablename__ = "client_likeness"
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    """Of the two, the one whose id comes first."""
    other_id: Mapped[str] = mapped_column(
        ForeignKey("clients.id"), primary_key=True, index=True
    )
    reasons: Mapped[Json]
    settled: Mapped[str | None]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]


class ConsentRow(Base):
    """`recipient` is a provider's id, `treatment-provider` or `payer`; `reference` tells where the paper is
    kept."""

    __tablename__ = "consents"
    id: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), index=True)
    recipient: Mapped[str]
    purpose: Mapped[str]
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    reference: Mapped[str]


class EmergencyAccessRow(Base):
    """Somebody without a right to see a client opened them for a time, with a reason. Oversight reviews each (ruling 14)."""

    __tablename__ = "emergency_accesses"
    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str]
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), index=True)
    reason: Mapped[str]
    opened_at: Mapped[datetime]
    until_at: Mapped[datetime]
    review_due_at: Mapped[datetime]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    review: Mapped[str | None]
    """What the reviewer said of it."""
    __table_args__ = (Index(None, "person_id", "until_at"),)


# -- projections ---------------------------------------------------------------------------------------------------


class CaseRow(Base):
    """A case of any kind. `at` and `version` order its records; an older one never overwrites a newer."""

    __tablename__ = "cases"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    agency_id: Mapped[str]
    program: Mapped[str]
    program_title: Mapped[str]
    pack_id: Mapped[str]
    pack_version: Mapped[int]
    pack_digest: Mapped[str]
    client_id: Mapped[str | None] = mapped_column(index=True)
    """Whom the case serves, by the id of their row in `clients`; NULL for a conflict."""
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    status: Mapped[str]
    step: Mapped[str | None]
    step_title: Mapped[str]
    level: Mapped[int]
    due_at: Mapped[datetime | None]
    overdue: Mapped[bool]
    allowed: Mapped[Json]
    facts: Mapped[Json]
    """What its page shows beside that, as its lifecycle has it. What a list or a report asks for is a column."""
    at: Mapped[datetime]
    version: Mapped[int]
    carried: Mapped[Json | None] = mapped_column(deferred=True)
    """The whole state of the case as of its last record, so that it can be taken up or begun again whatever became of its
    history; of an open one as a string of JSON."""
    __table_args__ = (
        Index(None, "status", "opened_at", "id"),
        Index(None, "kind", "opened_at", "id"),
        Index(None, "opened_at", "id"),
    )


class ConflictCaseRow(Base):
    """What only a conflict has. `youth` is the agency's own reference to the enrollee."""

    __tablename__ = "conflict_cases"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    ladder: Mapped[str]
    youth: Mapped[str]
    subject: Mapped[str]
    raised_by: Mapped[str]


class RecusalRow(Base):
    """Somebody who is out of a conflict (ruling 20)."""

    __tablename__ = "recusals"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(primary_key=True, index=True)


class ClientCaseRow(Base):
    """What only a case about a client has."""

    __tablename__ = "client_cases"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    branch: Mapped[str | None]
    worker_seat: Mapped[str | None]
    """Of the worker they have."""
    eligibility_decided_at: Mapped[datetime | None]
    offer: Mapped[str | None]
    care_plan_id: Mapped[str | None]
    """The care plan it led to."""
    plan_version: Mapped[str | None]
    """The version on file."""
    plan_filed_at: Mapped[datetime | None]
    renewals: Mapped[int]
    """How often the plan was renewed since it last said if less help would do."""
    change_asked_at: Mapped[datetime | None]
    """When another worker was first asked for; NULL where no such wish waits for its answer."""
    change_by: Mapped[str | None]
    change_asked_of: Mapped[str | None]
    change_would_try_first: Mapped[bool | None]
    change_met: Mapped[bool | None]


class FundPaymentRow(Base):
    """What was bought from the discretionary fund (CP-E-10a)."""

    __tablename__ = "fund_payments"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    service: Mapped[str]
    amount: Mapped[str]
    paid_at: Mapped[datetime]
    reimbursement_at: Mapped[datetime | None]


class IndependenceExceptionRow(Base):
    """That somebody is not independent of those who deliver services, and what became of it (CF-S)."""

    __tablename__ = "independence_exceptions"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    clause: Mapped[str]
    about: Mapped[str]
    opened_at: Mapped[datetime]
    resolution: Mapped[str | None]
    reason: Mapped[str | None]
    settled_by: Mapped[str | None]


class ReferralRow(Base):
    """A provider that a client was referred to for a need, and whose it is."""

    __tablename__ = "referrals"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    need: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    organization: Mapped[str]


class ChoiceOfferedRow(Base):
    """That a client could say whom they would rather work with (CS-V-3)."""

    __tablename__ = "choices_offered"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)


class OutboxRow(Base):
    """What open cases must still be told of (throughcare.store.outbox)."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    seat_ids: Mapped[Json]
    client_id: Mapped[str | None] = mapped_column(index=True)
    at: Mapped[datetime]


class CaseChangeRow(Base):
    """The feed of changes: that a case was recorded anew. PostgreSQL gives numbers before it commits, so a reader goes by
    `transaction_id` first (throughcare.store.case_changes); on SQLite, which has one writer, that is 0."""

    __tablename__ = "case_changes"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    transaction_id: Mapped[int] = mapped_column(BigInteger)
    case_id: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (Index(None, "transaction_id", "seq"),)


class CaseSeatRow(Base):
    """Every seat that is part of a case, and who sits there. Whoever sits in one that is `on_side` sees the case; the policy
    says which are not, such as those that only fill empty seats."""

    __tablename__ = "case_seats"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    seat_id: Mapped[str | None] = mapped_column(index=True)
    person_id: Mapped[str | None] = mapped_column(index=True)
    title: Mapped[str]
    organization: Mapped[str]
    capacity: Mapped[str | None]
    on_side: Mapped[bool]


class DutyRow(Base):
    __tablename__ = "duties"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    clause: Mapped[str]
    act: Mapped[str]
    text: Mapped[str]
    step: Mapped[str]
    status: Mapped[str]
    basis: Mapped[str | None]
    target: Mapped[str | None]
    organization: Mapped[str]
    """Of whoever holds it first."""
    superseded_at: Mapped[datetime | None]
    """When its case was found to have no such duty any more (throughcare.store.superseding); its status says so too."""
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    """When what ended it happened."""
    done_by: Mapped[str | None]
    body: Mapped[Json]
    """The duty whole, with holders, receipt and what discharged it."""
    __table_args__ = (
        Index(None, "status", "due_at"),
        Index(None, "clause", "status"),
        Index(None, "done_by", "done_at"),
    )


class DutyHolderRow(Base):
    __tablename__ = "duty_holders"
    case_id: Mapped[str] = mapped_column(primary_key=True)
    duty_id: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    seat_id: Mapped[str | None]
    person_id: Mapped[str | None]
    open: Mapped[bool]
    __table_args__ = (Index(None, "seat_id", "open"), Index(None, "person_id", "open"))


class EntryRow(Base):
    """`supersession` is 0 while the entry stands. One that its workflow does not have any more stays, numbered: the n-th time
    that entries of this case were superseded (throughcare.store.superseding)."""

    __tablename__ = "timeline"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    supersession: Mapped[int] = mapped_column(primary_key=True, default=0)
    superseded_at: Mapped[datetime | None]
    superseded_why: Mapped[str | None]
    kind: Mapped[str]
    at: Mapped[datetime]
    event_at: Mapped[datetime]
    body: Mapped[Json]


class PlanSectionRow(Base):
    """One writing of one section of a care plan. Rows are only ever added; the last `revision` of a section that stands is its
    text. Superseded as an EntryRow."""

    __tablename__ = "plan_sections"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    supersession: Mapped[int] = mapped_column(primary_key=True, default=0)
    superseded_at: Mapped[datetime | None]
    superseded_why: Mapped[str | None]
    section: Mapped[str]
    revision: Mapped[int]
    content: Mapped[Json]
    """A throughcare.lifecycles.client.plan_facts.Content."""
    person: Mapped[str | None]
    seat: Mapped[str | None]
    at: Mapped[datetime]


class CaseLinkRow(Base):
    """Another case this one is tied to, and how: a throughcare.case.entry.Relation or one of its lifecycle."""

    __tablename__ = "case_links"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    other_id: Mapped[str] = mapped_column(primary_key=True)
    relation: Mapped[str] = mapped_column(primary_key=True)
    superseded_at: Mapped[datetime | None]
    """When its case was found not to be tied so any more."""


class NoticeRow(Base):
    """A notice and how far it has come, which is also the queue that letters leave from (throughcare.notices.dispatch).

    `delivery` is a Delivery; `sending` is written before the mail server is spoken to, so a cut-off shows. `version` is that
    of the record it came with and `place` its place there: letters leave in this order. `try_at` is when to try again; None
    means at once. `claimed_at` is when somebody last had it in hand. `reports` says that its case wants to hear of it even
    where it is delivered. `done_at` is when its case was told, or needed not to be: then nothing is left to do. `channel` is how
    it went, or goes: e-mail, webhook.
    """

    __tablename__ = "notices"
    key: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    place: Mapped[int]
    body: Mapped[Json]
    kind: Mapped[str]
    clause: Mapped[str | None]
    step: Mapped[str]
    receiver_seat: Mapped[str | None]
    receiver_person: Mapped[str | None]
    sender_seat: Mapped[str | None]
    delivery: Mapped[str]
    reason: Mapped[str]
    attempts: Mapped[int]
    queued_at: Mapped[datetime]
    try_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    channel: Mapped[str | None]
    reports: Mapped[bool]
    done_at: Mapped[datetime | None]
    again_of: Mapped[str | None]
    """The key of the notice that this one was sent again for (throughcare.store.resending)."""
    sent_again_at: Mapped[datetime | None]
    sent_again_by: Mapped[str | None]
    gathering: Mapped[str | None]
    """Those of one gathering leave in one letter (throughcare.store.notice_queue.gathered)."""
    __table_args__ = (
        # Whoever was told of a violation sees its case, so this is asked for with every list.
        Index(None, "receiver_seat", "kind"),
        Index(None, "settled_at"),
        # Asked for every second, and of all notices there ever were only these few are left to do.
        Index(
            "ix_notices_to_do",
            "queued_at",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )


class AppliedRow(Base):
    """The records already applied, by key: applying one again changes nothing."""

    __tablename__ = "applied_records"
    case_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)


class MessageRow(Base):
    """What became of every message, so that its sender can ask."""

    __tablename__ = "messages"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    person_id: Mapped[str]
    received_at: Mapped[datetime]
    applied: Mapped[bool]
    refusal: Mapped[Json | None]
    superseded_at: Mapped[datetime | None]
    """When its case was found not to have heard it: it may be sent again."""
    __table_args__ = (Index(None, "person_id", "received_at"),)


class IdempotencyRow(Base):
    """One answered POST per (person, key): the same key with the same body gets the same answer again."""

    __tablename__ = "idempotency_keys"
    person_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    resource_id: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[str | None]
    location: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(index=True)


# -- people without accounts ------------------------------------------------------------------------------------------


class LinkRow(Base):
    """A single-purpose link: one answer, from one seat, in one case. Its token is signed, so none is kept here.

    Of a member of a team who has no seat, `seat_id` and `person_id` are their id on the team, and `step` is the version of the
    plan that they are asked to sign.
    """

    __tablename__ = "links"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(index=True)
    seat_id: Mapped[str]
    person_id: Mapped[str]
    """Who it was made out to; it dies when somebody else takes the seat."""
    step: Mapped[str]
    notice_key: Mapped[str | None] = mapped_column(unique=True)
    created_by: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    message_id: Mapped[str | None]
    """The message it was used for."""
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]


class WebhookRow(Base):
    """Where another agency's own system is told, and the secret both ways are signed with, encrypted."""

    __tablename__ = "webhooks"
    organization_id: Mapped[str] = mapped_column(
        ForeignKey("organizations.id"), primary_key=True
    )
    url: Mapped[str | None]
    secret: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    revoked_at: Mapped[datetime | None]


# -- for operators and oversight --------------------------------------------------------------------------------------


class PayloadReadRow(Base):
    """Somebody had payloads of Temporal decoded, or was refused."""

    __tablename__ = "payload_reads"
    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[str | None]
    workflow_id: Mapped[str | None]
    count: Mapped[int]
    allowed: Mapped[bool]


class RecordReadRow(Base):
    """Somebody was shown cases or clients: one answer to one request, by whose id it goes. `by_right` of each that was shown
    stands with it. `shown`: how many; of a list that found nothing, none."""

    __tablename__ = "record_reads"
    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[str | None] = mapped_column(index=True)
    address: Mapped[str | None]
    route: Mapped[str]
    media_type: Mapped[str]
    shown: Mapped[int]


class RecordShownRow(Base):
    """A case or a client that one answer showed; of a case about a client, both. Ids of answers sort by their time."""

    __tablename__ = "records_shown"
    __table_args__ = (Index(None, "client_id", "read_id"),)
    read_id: Mapped[str] = mapped_column(
        ForeignKey("record_reads.id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str | None]
    client_id: Mapped[str | None]
    by_right: Mapped[str]


class RecordCheckRow(Base):
    """One comparison of the tables with the workflows. `differences`: what differed, by case, and what became of it."""

    __tablename__ = "record_checks"
    id: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    cases: Mapped[int]
    different: Mapped[int]
    mended: Mapped[int]
    unreachable: Mapped[int]
    ahead: Mapped[int]
    """Of how many the tables were recorded later than the workflow knows, and no declared restore says why."""
    differences: Mapped[Json]


class InstallationRow(Base):
    """Which installation this database is of: one row, sealed under the keys its data is written under
    (throughcare.store.installation)."""

    __tablename__ = "installation"
    name: Mapped[str] = mapped_column(primary_key=True)
    sealed_id: Mapped[str]


class RestoreRow(Base):
    """That an operator declared Temporal, or the tables, to be from an earlier moment: from then on what was recorded before
    may be superseded, and a notice goes out whose key was used before."""

    __tablename__ = "restores"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    declared_at: Mapped[datetime]
    declared_by: Mapped[str]
    reason: Mapped[str]
