"""What crosses the wire for cases about a client: their openings, runs and records, and what their activities are asked.

Stored in Temporal's history as all of throughcare.messages is, and under the same rule: fields are added with a default.
"""

import hashlib
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.duty import Duty
from throughcare.case.entry import CaseLink, Entry
from throughcare.case.notice import Notice
from throughcare.case.refusals import Allowed
from throughcare.case.seats import Capacity, Seated
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.facts import RequestStatus, Writing
from throughcare.lifecycles.care_plan.policy import SharedCarePlanPolicy
from throughcare.lifecycles.client.consents import ConsentFacts
from throughcare.lifecycles.client.facts import ClientFacts, PlanVersion
from throughcare.lifecycles.client.policy import SharedIndependence, SharedIntakePolicy
from throughcare.lifecycles.intake.intake import Intake, Referral
from throughcare.lifecycles.service_request.authorization import ServiceAuthorization
from throughcare.messages import Answer, PackRef
from throughcare.time.deadline import Dated, DeadlineRequest

Kind = Literal["intake", "care-plan", "service-request"]
Case = Annotated[Intake | CarePlan | ServiceAuthorization, Field(discriminator="kind")]


class OpenServed(Frozen):
    """Everything a case about a client is judged by. `client` is an opaque id; the rest of who they are is in SQL alone."""

    kind: Kind
    case_id: str
    agency: str
    calendar: str
    program: str
    pack: PackRef
    policy: SharedIntakePolicy
    independence: SharedIndependence | None = None
    client: str
    opened_by: str
    opened_from: str | None = None
    opened_by_right: Capacity | None = None
    received_at: datetime
    referral: Referral | None = None
    """Of an intake."""
    imported: bool = False
    intake: str | None = None
    """Of a care plan, the intake it comes from."""
    chosen: dict[str, str] = Field(default_factory=dict)
    known: ClientFacts | None = None
    """Of a care plan, what its intake knew; of a request for a service, what the care plan did of it."""
    care_plan: SharedCarePlanPolicy | None = None
    """What the policy asks of the years after the enrollment, where it knows of them."""
    closure_clause: str | None = None
    """The clause of an adopted pack by which the team agrees to the end."""
    asked_by: str | None = None
    """Of a request for a service, the care plan it comes from."""

    @property
    def opened_at(self) -> datetime:
        return self.referral.at if self.referral else self.received_at


class CarriedServed(Frozen):
    """What a case about a client takes along into its next run."""

    case: Case
    answers: dict[str, Answer]
    recorded_entries: int
    recorded_at: datetime
    recorded_writings: int = 0


class ServedRun(Frozen):
    opening: OpenServed
    carried: CarriedServed | None = None
    shape: int = 1


class ServedSettled(Frozen):
    """How it ended."""

    case_id: str
    status: str


class ServedRecord(Frozen):
    """The whole of a case about a client after a step, with the entries, notices and answers that are new. Ordered and
    applied as a throughcare.messages.CaseRecord is."""

    case_id: str
    kind: Kind
    agency: str
    program: str
    pack: PackRef
    client: str
    branch: str
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    status: str
    stage: str
    due_at: datetime | None
    overdue: bool
    version: int
    at: datetime
    seats: tuple[Seated, ...]
    duties: tuple[Duty, ...]
    settled: tuple[str, ...] = ()
    """The ids of duties that were over when the last record was made and are as they were: a case of years has hundreds."""
    allowed: tuple[Allowed, ...]
    links: tuple[CaseLink, ...] = ()
    known: ClientFacts
    carried: ServedRun | None = None
    follows_at: datetime | None = None
    entries_before: int | None = None
    entries: tuple[Entry, ...] = ()
    notices: tuple[Notice, ...] = ()
    answers: tuple[Answer, ...] = ()
    writings_before: int | None = None
    writings: tuple[Writing, ...] = ()
    """Of a care plan, the writings of its sections that are new."""

    def digest(self) -> str:
        """As that of a CaseRecord: a replay that would record something else is seen."""
        said = self.model_dump_json(exclude_defaults=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


class DeadlinesToDerive(Frozen):
    """Several due dates at once, so that they cost one event."""

    requests: tuple[DeadlineRequest, ...]


class DeadlinesDerived(Frozen):
    dates: tuple[Dated, ...]


class ConsentLookup(Frozen):
    """The consents of this client that are in force at this instant."""

    client: str
    at: datetime


class ConsentsFound(Frozen):
    consents: tuple[ConsentFacts, ...]


class RequestWord(Frozen):
    """What became of a request for a service, as its care plan is told."""

    case: str
    status: RequestStatus
    until: date | None = None
    at: datetime


class CarePlanWord(Frozen):
    """Who the worker is now and which plans are on file, as a care plan tells the requests it made."""

    chosen: dict[str, str]
    plans: tuple[PlanVersion, ...] = ()
