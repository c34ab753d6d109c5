"""care-plan.yaml: what an agency's policy asks of the years after an enrollment, as data. The order of things is code."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from throughcare.case.base import Written, shared
from throughcare.case.clock import Limit
from throughcare.case.parts import ClauseId, Reading
from throughcare.case.patterns import SECTION
from throughcare.lifecycles.client.policy import DutySpec
from throughcare.time.deadline import Span


class MemberKind(StrEnum):
    """Whom a team is made of."""

    client = "client"
    coordinator = "coordinator"
    clinical = "clinical"
    """The primary clinical provider."""
    family = "family"
    """Family and community, whom the client names."""
    system = "system"
    """Somebody of every system the client is involved in."""
    ancillary = "ancillary"
    """Every provider of another service."""


class TeamRules(Written):
    """Who belongs to the team. Of a kind that has no clause nobody is missed."""

    kinds: dict[MemberKind, ClauseId]
    added_clause: ClauseId
    """The clause by which members are added as services and supports arrive."""


class MeetingRules(Written):
    clause: ClauseId
    """The clause by which the team meets."""
    next: ClauseId | None = None
    """The clause by which a held meeting names the next one; the record is not taken without."""
    confidentiality: ClauseId | None = None
    """The clause by which every meeting reminds its members; the record is not taken without."""
    screen: ClauseId | None = None
    """The clause by which the first meeting starts from a plan that is begun and from the screen."""
    notes: ClauseId | None = None
    """The clause by which members are kept in communication."""


class SectionKind(StrEnum):
    """What a section holds. The last five are not written by anybody: they follow from the team and its meetings."""

    words = "words"
    strengths = "strengths"
    needs = "needs"
    strategies = "strategies"
    updates = "updates"
    safety = "safety"
    members = "members"
    attendance = "attendance"
    dates = "dates"
    follow_up = "follow_up"
    signatures = "signatures"

    @property
    def is_written(self) -> bool:
        return self not in DERIVED


DERIVED = frozenset(
    {
        SectionKind.members,
        SectionKind.attendance,
        SectionKind.dates,
        SectionKind.follow_up,
        SectionKind.signatures,
    }
)


class Section(Written):
    """A section of the plan. `after` are those that must be written first, and `order` the clause that says so."""

    id: str = Field(pattern=SECTION)
    clause: ClauseId
    title: str
    kind: SectionKind
    after: tuple[str, ...] = ()
    order: ClauseId | None = None
    from_version: int = 1
    """The first version of the team's plan that must have it."""
    required: bool = True
    """Whether a version without it is refused; else it is put on record that it is missing."""


class PlanRules(Written):
    """What a plan holds, in the order it is printed in."""

    sections: tuple[Section, ...]
    needs_clause: ClauseId | None = None
    """The clause that keeps a need apart from a service."""
    ranks_clause: ClauseId | None = None
    """The clause by which needs are ranked; a version with one that is not is refused."""
    strategies_clause: ClauseId | None = None
    """The clause by which every ranked need has a strategy."""
    signatures_clause: ClauseId | None = None
    """The clause by which every member who takes part signs; without one a plan is in force without their names."""
    services: tuple[str, ...] = ()
    """The names of services, for telling that somebody wrote a service where a need belongs."""

    def section(self, section_id: str) -> Section | None:
        return next((each for each in self.sections if each.id == section_id), None)


class ReviewKind(StrEnum):
    monthly = "monthly"
    periodic = "periodic"
    """As often as the plan itself says."""
    annual = "annual"


class ReviewNeed(StrEnum):
    """What a policy can ask a review to say."""

    progress = "progress"
    satisfaction = "satisfaction"
    change_right = "change_right"
    """That the person knows they can ask for another worker."""
    unmet_needs = "unmet_needs"
    """What is planned for each need that is not met."""


class ReviewRules(Written):
    """A review that comes again and again. Without a limit of its own it is as often as the plan says."""

    clause: ClauseId
    text: str
    limit: Limit | None = None
    late_needs_reason: bool = False
    """Whether a review after its limit says why; it is never refused for being late."""
    outcome_clause: ClauseId | None = None
    """The clause by which a review ends in a revision or in no change."""
    needs: dict[ReviewNeed, ClauseId] = Field(default_factory=dict)
    """What a review must say, and the clause that asks for it."""
    questions: dict[str, ClauseId] = Field(default_factory=dict)
    """The questions about working together, by number in the source's order; each must be answered."""
    questions_clause: ClauseId | None = None


class ServiceRules(Written):
    """Requests for services, one each."""

    choice_clause: ClauseId
    """The clause by which the client chooses the provider."""
    request_clause: ClauseId
    extension_clause: ClauseId
    """The clause by which the plan goes with every request to extend."""
    plan_clause: ClauseId
    """The clause by which a request cites the need and the plan."""
    remind: Span | None = None
    """How long before an approval ends the worker is reminded to ask for more; an agency setting."""


class ClosureRules(Written):
    clause: ClauseId
    """The clause a closure is under where no adopted pack says more."""
    transfer_clause: ClauseId | None = None


class Element(StrEnum):
    """What a case can show of itself; throughcare.lifecycles.care_plan.elements knows where each is found."""

    assessment = "assessment"
    plan = "plan"
    linking = "linking"
    reassessment = "reassessment"
    follow_up = "follow_up"
    satisfaction = "satisfaction"


class CoreElement(Written):
    """Something every case must show in time (CS-D-4)."""

    id: Element
    clause: ClauseId
    title: str


class Label(Written):
    """What the service is called for the people of one population (CS-D-1, CS-D-2)."""

    clause: ClauseId
    title: str


class CarePlanPolicy(Written):
    """care-plan.yaml of one pack. Roles, escalation and endings are those of its intake.yaml."""

    clause: ClauseId
    duties: tuple[DutySpec, ...]
    team: TeamRules
    meetings: MeetingRules
    plan: PlanRules
    reviews: dict[ReviewKind, ReviewRules]
    services: ServiceRules | None = None
    closure: ClosureRules
    labels: dict[str, Label] = Field(default_factory=dict)
    """What the service is called, by population."""
    domains: tuple[str, ...] = ()
    """The domains a link to a resource belongs to."""
    domains_clause: ClauseId | None = None
    elements: tuple[CoreElement, ...] = ()
    links_clause: ClauseId | None = None
    advocacy_clause: ClauseId | None = None
    delegation_clause: ClauseId | None = None
    therapist_clause: ClauseId | None = None
    ethics_clause: ClauseId | None = None
    goals_clause: ClauseId | None = None
    readings: tuple[Reading, ...] = ()

    @property
    def versions_clause(self) -> ClauseId:
        """The clause a version of the plan is put forward and comes into force under."""
        return self.plan.signatures_clause or self.clause


SharedCarePlanPolicy = Annotated[CarePlanPolicy, AfterValidator(shared)]


class Competencies(Written):
    """competencies.yaml of an advisory pack an agency adopts beside its own: what a care plan can show of a worker's skill."""

    closure: ClauseId
    """The skill by which a plan goes on until the team agrees that it is no longer needed."""
