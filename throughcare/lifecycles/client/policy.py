"""intake.yaml: what an agency's policy asks from the first call to a plan under way, as data. The order of things is code."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from throughcare.case.base import Written, shared
from throughcare.case.clock import Limit
from throughcare.case.parts import (
    ClauseId,
    Reading,
    Role,
    RoleId,
    one_or_more,
)
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.time.deadline import Within


class Moment(StrEnum):
    """What opens a duty."""

    opened = "opened"
    emergency = "emergency"
    """An emergency need was found; every later one opens duties of its own (O-38)."""
    no_emergency = "no_emergency"
    consents = "consents"
    determined = "determined"
    eligible = "eligible"
    accepted = "accepted"
    assigned = "assigned"
    need_confirmed = "need_confirmed"
    """Once for each emergency need the client confirmed."""
    preliminary_plan = "preliminary_plan"
    service_named = "service_named"
    """Once for each service of the preliminary plan."""
    services_named = "services_named"
    fund_paid = "fund_paid"
    """Once for each payment from the discretionary fund."""
    plan_filed = "plan_filed"
    returned = "returned"
    """The person was served here before."""
    changed = "changed"
    """Another worker took over."""
    enrolled = "enrolled"
    """The care plan begins."""
    team_met = "team_met"
    """The team held its first meeting."""
    put_forward = "put_forward"
    """A version of the plan waits for its signatures."""
    plan_final = "plan_final"
    """The team's first plan is in force."""
    reviewed = "reviewed"
    provider_approved = "provider_approved"
    """Once for each provider whose service was approved."""
    requested = "requested"
    """A service was asked for."""
    submitted = "submitted"
    """The request is with the payer."""
    approved = "approved"


class Branch(StrEnum):
    emergency = "emergency"
    ordinary = "ordinary"


class DutySpec(Written):
    """A duty of the policy: what opens it, whose it is, what discharges it and by when."""

    act: ClientAct
    clause: ClauseId
    opens: Annotated[tuple[Moment, ...], BeforeValidator(one_or_more)]
    holder: RoleId
    text: str
    limit: Limit | None = None
    after: tuple[ClientAct, ...] = ()
    """What must have been done before: a duty of one of these acts that is still to be done stands in its way."""
    only: Branch | None = None


class Criterion(Written):
    id: str
    text: str


class Eligibility(Written):
    """Who is eligible, criterion by criterion. The rule proposes; a person decides, with reasons."""

    clause: ClauseId
    criteria: tuple[Criterion, ...]
    all_of: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()


class Population(Written):
    id: str
    title: str


class Populations(Written):
    """Whom the program serves. Whoever is of none of them is for a person to decide on."""

    clause: ClauseId
    served: tuple[Population, ...]


class Question(Written):
    id: str
    clause: ClauseId
    text: str


class PlanField(Written):
    """Something the first plan must say."""

    id: str
    clause: ClauseId
    title: str


class Plan(Written):
    fields: tuple[PlanField, ...] = ()
    crisis_clause: ClauseId | None = None
    """The clause that asks every plan for a safety and crisis plan built on strengths and natural supports."""
    meeting_clause: ClauseId | None = None
    """The clause by which what the plan says comes from a planning meeting."""
    assessments_clause: ClauseId | None = None
    """The clause by which every assessment is done, or left out for a reason."""
    contacts_clause: ClauseId | None = None
    """The clause that has the plan say how often the worker sees the person, by kind of contact."""


class Fund(Written):
    """When a service must be bought before a check can be issued: a threshold, no deadline on anybody."""

    clause: ClauseId
    lead: Within


class Preferences(Written):
    """The wishes for a worker that are asked for, and what not honouring one takes."""

    clause: ClauseId
    kinds: tuple[str, ...]
    match_clause: ClauseId
    need_clause: ClauseId
    explain_clause: ClauseId
    try_clause: ClauseId
    resource_clause: ClauseId


class Transfer(Written):
    """How a person gets another worker. An agency that set no procedure of its own gets the product's smallest one, and
    the case says that it is that."""

    clause: ClauseId
    right_clause: ClauseId
    procedure: str | None = None
    procedure_clause: ClauseId
    alternatives_clause: ClauseId
    satisfaction_clause: ClauseId
    """The clause by which the person says which of their expectations are met."""
    self_assessment_clause: ClauseId
    """The clause by which a worker looks at their own part."""
    revisit: Limit
    limit: Limit | None = None
    """How long a wish for another worker may wait for its answer."""


class Escalation(Written):
    """Whom a missed duty goes up to, from holder to holder, and how long each of them has."""

    above: dict[RoleId, RoleId]
    limit: Limit


class Enrollment(Written):
    clause: ClauseId
    after: tuple[ClientAct, ...]
    """What must have been done before."""
    gaps: tuple[ClientAct, ...] = ()
    """What may be left to do, and is then listed."""


class Endings(Written):
    attempts: int = Field(default=3, ge=1)
    """After how many attempts that reached nobody a person may be called unreachable; an agency setting."""
    grievance: dict[str, str]
    """Where somebody who was refused can turn, in words for them; by language, `en` first."""


class IntakePolicy(Written):
    """intake.yaml of one pack."""

    clause: ClauseId
    """The clause an intake itself is under."""
    client_word: str = "client"
    """What this policy calls the person: client or consumer."""
    programs: tuple[str, ...]
    titles: dict[str, str] = Field(default_factory=dict)
    """What a program and a step are called on a page, by their ids; one that is not here is called by its id."""
    roles: dict[RoleId, Role]
    intake: RoleId
    coordinator: RoleId
    supervisor: RoleId
    on_call: RoleId | None = None
    """Who stands in at once in an emergency; without one the policy knows no emergency branch."""
    administrator: RoleId
    oversight: RoleId
    duties: tuple[DutySpec, ...]
    escalation: Escalation
    chooses_agency: ClauseId | None = None
    """The clause by which the client chooses the agency."""
    emergency_clause: ClauseId | None = None
    returning_clause: ClauseId | None = None
    revision_clause: ClauseId | None = None
    """The clause by which a plan is revised as soon as circumstances change."""
    need_clause: ClauseId | None = None
    """The clause by which the need is determined anew when circumstances change."""
    payer: str | None = None
    """Who service requests are sent to; nothing goes there without a consent for `payer`."""
    emergency_disclosure: bool = False
    """Whether this agency lets staff disclose without consent in an emergency, recorded as an exception."""
    populations: Populations | None = None
    eligibility: Eligibility | None = None
    preferences: Preferences | None = None
    questions: tuple[Question, ...] = ()
    transfer: Transfer | None = None
    plan: Plan = Plan()
    fund: Fund | None = None
    enrollment: Enrollment
    endings: Endings
    recovery: bool = Field(default=False, exclude_if=lambda said: not said)
    """Whether it is for a recovery program, whose records 42 CFR part 2 protects."""
    redisclosure: dict[str, str] = Field(
        default_factory=dict, exclude_if=lambda said: not said
    )
    """The notice that goes with whatever leaves the house about a client (42 CFR 2.32); by language, `en` first."""
    readings: tuple[Reading, ...] = ()

    def redisclosure_in(self, language: str) -> str:
        """As the regulation words it, and in their language where the policy has it."""
        said = (self.redisclosure.get(each, "") for each in ("en", language))
        return "\n".join(dict.fromkeys(filter(None, said)))

    def specs(self, moment: Moment, branch: Branch | None) -> tuple[DutySpec, ...]:
        """The duties this moment opens."""
        return tuple(
            spec
            for spec in self.duties
            if moment in spec.opens and spec.only in (None, branch)
        )

    @property
    def has_emergencies(self) -> bool:
        return self.on_call is not None


class Independence(Written):
    """independence.yaml of an advisory pack an agency adopts beside its own: who must not also provide (CF-S, CF-K)."""

    assessor: ClauseId
    decider: ClauseId
    planner: ClauseId
    coordinator: ClauseId
    same_person: ClauseId
    outside_options: ClauseId
    strategy_links: ClauseId
    step_down: ClauseId
    change: ClauseId
    oversight: ClauseId
    grievance: ClauseId
    engagement: ClauseId
    family_present: ClauseId
    refuses: bool = False
    """Whether what is not independent is refused unless a reason comes with it; else it is let through and flagged."""
    review: Limit


SharedIntakePolicy = Annotated[IntakePolicy, AfterValidator(shared)]
SharedIndependence = Annotated[Independence, AfterValidator(shared)]
