"""What people tell an intake: one model per named message, saying what happened and when.

Every one is stored in histories: fields are added with a default, and never renamed or removed while a case that used
them may still be running. The names of the messages are the keys of INTAKE_ACTS.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from throughcare.case.base import Frozen
from throughcare.case.correcting import CorrectEntry
from throughcare.case.message import Facts
from throughcare.time.deadline import Span

Words = Annotated[
    str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)
]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)
]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class EmergencyNeed(Frozen):
    id: Key = Field(description="A short name of your own for it: `housing`.")
    text: Words


class Screened(Facts):
    """The intake unit's screen: whether there is an emergency need decides which branch runs (CP-E-0)."""

    emergency: bool
    needs: tuple[EmergencyNeed, ...] = Field(
        default=(), description="The emergency needs, where there are any."
    )


class EmergencyIdentified(Facts):
    """An emergency need was found, now or at any later time; it starts a clock of its own (CP-E-1a, CP-E-1b, O-38)."""

    needs: tuple[EmergencyNeed, ...] = Field(min_length=1)


class IntakeUnitContacted(Facts):
    """The worker answered the intake unit (CP-E-1a)."""


class ClientContacted(Facts):
    """The worker reached the person: an attempt is something else (CP-E-1b, CP-N-4a)."""

    how: Name = Field(description="By phone, in person, by video.")


class ContactAttempted(Facts):
    """The worker tried to reach the person and did not; this discharges nothing (CP-E-1b)."""

    how: Name


class ScreenResultsReviewed(Facts):
    """The worker went over the results of the screen (CP-E-2)."""


class NeedAnswer(Frozen):
    need: Key
    confirmed: bool


class EmergencyNeedsConfirmed(Facts):
    """What the client says of each emergency need (CP-E-3)."""

    needs: tuple[NeedAnswer, ...] = Field(min_length=1)


class ProvidersConsidered(Facts):
    """The providers looked at with the client for one need (CP-E-4, CF-K-2b)."""

    need: Key
    providers: tuple[str, ...] = Field(
        min_length=1, description="Ids of providers, as GET /providers lists them."
    )
    organizations: tuple[str, ...] = ()
    """Whose they are, as the directory names it. The API looks this up."""
    none_outside: Words | None = Field(
        default=None,
        description="Why no provider outside the worker's own agency is among them.",
    )


class ReferralMade(Facts):
    """The client was referred to a provider for a need; held until a consent for that provider is on file (CP-E-5)."""

    need: Key
    provider: str = Field(description="The provider's id, as GET /providers lists it.")
    organization: str = ""
    """Whose it is. The API looks this up."""
    emergency_reason: Words | None = Field(
        default=None,
        description="Why it could not wait for a consent, where this agency's setting allows that.",
    )
    exception: Words | None = Field(
        default=None,
        description="Why it may be a provider that the worker, or whoever decided, belongs to, where it is so.",
    )


class Service(Frozen):
    service: Key
    need: Key
    needed_on: date | None = None


class PreliminaryPlanFiled(Facts):
    """The preliminary plan with its safety and crisis plan (CP-E-6a, CP-E-6b)."""

    reference: Name = Field(description="Where the plan is kept.")
    safety_crisis_plan: Words
    strengths: Words = Field(description="The client's strengths it builds on.")
    natural_supports: Words = Field(description="The natural supports it builds on.")
    services: tuple[Service, ...] = Field(
        default=(), description="What is needed; each gets a request of its own."
    )


class ServiceRequested(Facts):
    """A service authorization request for one service (CP-E-7); it cites the need it is for (CP-P-3)."""

    service: Key
    need: Key = Field(description="The need it is for.")
    plan: Name = Field(description="The version of the plan it follows from.")
    reference: Name


class RequestsSent(Facts):
    """The service requests went out together with a copy of the plan (CP-E-8)."""

    plan_attached: bool
    to: Name = Field(description="Where they were sent, as the agency routes them.")


class FundPaymentMade(Facts):
    """A service was bought from the discretionary fund, because a check would have come too late (CP-E-9, CP-E-10a)."""

    service: Key
    need: Key
    amount: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{2})?$")] = (
        Field(description="In dollars: `120.00`.")
    )
    needed_on: date
    reference: Name
    check_ready_on: date | None = None
    """The first day a check could be issued by. The API derives it from the policy and the calendar."""


class ReimbursementRequested(Facts):
    """The request that asks for a payment of the fund back (CP-E-10b)."""

    payment: Name = Field(description="The reference of the payment.")


class AgencyChosen(Facts):
    """The client chose the agency (CP-I-1)."""

    offered: tuple[Name, ...] = Field(
        min_length=1, description="The agencies the client was told of."
    )
    chosen: Name
    by: Literal["client", "guardian", "spokesperson"] = "client"
    criterion: Name | None = Field(
        default=None,
        description="What entitles them to help with it: greatest risk, or a special grant.",
    )


class ConsentsReceived(Facts):
    """The agency has the client's consents; the assignment clock starts (CP-N-1)."""

    how: Name = "fax"


class Determination(Facts):
    """Whether the person is eligible, criterion by criterion, decided by a person with reasons (CS-E-1, CS-W-1)."""

    population: str | None = Field(
        default=None, description="The population the person belongs to, if any."
    )
    answers: dict[str, bool] = Field(default_factory=dict)
    eligible: bool
    reasons: Words | None = Field(
        default=None,
        description="Why, where the answer differs from what the policy's rule makes of the answers.",
    )
    exception: Words | None = Field(
        default=None,
        description="Why somebody whose own agency delivers services may decide, where it is so (CF-S-1a).",
    )


class NeedDetermined(Facts):
    """What the person needs was determined, at intake or because circumstances changed (CS-W-1)."""

    needs: tuple[Words, ...] = Field(min_length=1)
    record_entry: Name | None = Field(
        default=None, description="Where it is written in the clinical record."
    )


class NeedRecorded(Facts):
    """The need is written in the clinical record (CS-W-2)."""

    record_entry: Name


class OfferAccepted(Facts):
    """The person takes the offer of coordination (CS-L-1)."""


class OfferDeclined(Facts):
    """The person declines it; they may come back to it (CS-L-1)."""

    reason: Words


class IntakeReviewed(Facts):
    """The supervisor went over the screen or the intake information (CP-N-2, CS-W-3)."""


class Preference(Frozen):
    kind: Name
    words: Words
    stated_by: Name = Field(
        default="client",
        description="`client`, or the relation of a spokesperson who may speak for them: `mother`.",
    )


class PreferencesRecorded(Facts):
    """The person was asked whom they would rather work with; having no wish is an answer (CS-L-5, CS-G-4)."""

    preferences: tuple[Preference, ...] = ()
    none_stated: bool = False
    authorised: tuple[str, ...] = ()
    """The relations that may speak for the client. The API looks them up."""


class RapportAnswered(Facts):
    """Answers to the questions on whom this person works well with; `not known` is an answer (CS-Q-1 to CS-Q-6)."""

    answers: dict[str, Words] = Field(min_length=1)


class FormerWorkerAnswered(Facts):
    """Somebody who was here before says whether they want the former worker or another (CS-X-6)."""

    wants: Literal["former", "new", "no_preference"]


class AddedNeed(Facts):
    """An assessment showed a need that is weighed in the choice of a worker (CS-X-4)."""

    need: Name


class CircumstancesChanged(Facts):
    """Something changed for the person: the need is determined anew, and a plan that is on file is revised (CP-P-4, CS-W-1)."""

    what: Words


class IdentityAnswered(Facts):
    """Whether this is somebody who is known here already; nobody is merged in silence."""

    same_as: str | None = Field(
        default=None,
        description="The client it is the same person as, or left out where it is somebody else.",
    )
    cases: tuple[str, ...] = ()
    """That client's cases. The API looks them up."""


class Match(Frozen):
    """How an assignment answers one stated preference."""

    kind: Name
    honoured: Literal["fully", "partly", "not"]
    stated_by: Name | None = Field(
        default=None,
        description="Whose wish, where several people stated one of this kind.",
    )


class Assigned(Frozen):
    """What every assignment of a worker says."""

    assigned: str = Field(description="The worker's seat, as GET /seats lists it.")
    title: str = ""
    organization: str = ""
    person: str | None = None
    provides: tuple[str, ...] = ()
    """What the seat is called, whose it is, who sits there, and what they provide themselves. The API looks it up."""
    basis: Literal["preference", "assessed_need", "former_worker"] | None = Field(
        default=None, description="What the match was made by."
    )
    matches: tuple[Match, ...] = ()
    need: Name | None = Field(
        default=None, description="The assessed need it was matched by."
    )
    considered: tuple[str, ...] = Field(
        default=(), description="The seats that were considered."
    )
    explanation: Words | None = Field(
        default=None,
        description="For the family, where a preference is not fully honoured.",
    )
    limited_by: Literal["resources", "other"] | None = None
    revisit_on: date | None = Field(
        default=None, description="When a match is looked for again."
    )
    record_entry: Name | None = None
    exception: Words | None = Field(
        default=None,
        description="Why somebody who is not independent may take it, where it is so.",
    )


class CoordinatorAssigned(Facts, Assigned):
    """The supervisor assigns the worker (CP-N-3, CS-W-4)."""


class AssignmentDocumented(Facts):
    """The assignment is in the clinical record (CS-W-5)."""

    record_entry: Name


class TreatmentProviderTold(Facts):
    """The treatment provider knows who the worker is and how to reach them (CP-N-5); held until a consent is on file."""

    provider: str
    organization: str = ""
    how: Name


class OtherWorkerOffered(Facts):
    """The worker offered the person to meet and pick another (CS-W-7)."""

    answer: Name


class FirstMeetingHeld(Facts):
    """The first meeting with the client. Who could give natural support must be asked; `none` is an answer (CP-T-2)."""

    natural_supports: Words = Field(
        description="Whom the client named from family or community, or `none`."
    )
    team: tuple[Name, ...] = Field(
        default=(), description="Whom the team begins with, by part (CP-T-1)."
    )
    family_attended: bool = True


class TeamNamed(Facts):
    """Whom the team begins with (CP-T-1)."""

    team: tuple[Name, ...] = Field(min_length=1)


class ContactPlan(Frozen):
    kind: Key = Field(description="`face-to-face`, `phone`, `natural-supports`.")
    every: Span


class Assessment(Frozen):
    name: Name
    done: bool
    waived: Words | None = Field(default=None, description="Why it was left out.")


class AssessmentFiled(Facts):
    """An assessment is on file: what it found, and whom it recommends (CS-W-8, CF-K-1)."""

    name: Name
    needs: tuple[Name, ...] = Field(
        default=(), description="Needs it found, weighed in the choice of a worker."
    )
    recommends: tuple[str, ...] = Field(
        default=(), description="Ids of providers, as GET /providers lists them."
    )
    organizations: tuple[str, ...] = ()
    """Whose they are. The API looks this up."""
    exception: Words | None = Field(
        default=None,
        description="Why it may recommend the assessor's own agency, where it does (CF-K-1).",
    )


class Strategy(Frozen):
    text: Words
    need: Name | None = None


class PlanFiled(Facts):
    """A plan is on file (CP-N-4b, CP-E-11b, CS-W-8). It gets the next version number."""

    reference: Name = Field(description="Where the plan is kept.")
    planning_meeting_on: date | None = Field(
        default=None, description="When the meeting was that the plan comes from."
    )
    contents: dict[str, Words] = Field(
        default_factory=dict, description="What the policy asks the plan to say."
    )
    safety_crisis_plan: Words | None = None
    strengths: Words | None = None
    natural_supports: Words | None = None
    contacts: tuple[ContactPlan, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    strategies: tuple[Strategy, ...] = ()
    exception: Words | None = Field(
        default=None,
        description="Why somebody whose own agency delivers services may plan, where it is so (CF-S-1b).",
    )
    step_down: Words | None = Field(
        default=None, description="Whether less help would do, and why not (CF-K-2a)."
    )


class InitialPlanFiled(PlanFiled):
    """The first plan is on file (CP-N-4b, CS-W-8)."""


class PlanRevised(PlanFiled):
    """The plan was changed because circumstances did (CP-P-4)."""


class FinalPlanFiled(PlanFiled):
    """The team's plan takes the place of the preliminary one (CP-E-11b)."""


class TeamMet(Facts):
    """Client and team met on the needs that are no emergency (CP-E-11a)."""

    client_attended: bool
    family_attended: bool = True
    team: tuple[Name, ...] = Field(min_length=1)


class WorkerContact(Facts):
    """The worker saw or spoke with the person, by kind of contact (CS-W-9)."""

    kind: Key


class SatisfactionAnswer(Frozen):
    expectation: Words
    met: bool


class SatisfactionRecorded(Facts):
    """The person said what they expected, and whether it is met (CS-V-4). It is a chance to state a choice too (CS-V-3)."""

    expectations: tuple[SatisfactionAnswer, ...] = Field(min_length=1)
    by: Literal["client", "guardian", "family", "spokesperson"] = "client"
    wants_change: bool = False


class SelfAssessed(Facts):
    """The worker's look at their own part. It is never shown in the person's own record (CS-V-6)."""

    reflection: Words


class SupervisionHeld(Facts):
    """Worker and supervisor talked about whether a change is in the person's interest (CS-X-7)."""


class ChangeRequested(Facts):
    """Somebody asks for another worker, in whatever state the case is (CS-G-1, CF-S-2b). No reason is demanded."""

    by: Literal["client", "guardian", "family", "spokesperson", "worker", "review"]
    reason: Words | None = None
    preferences: tuple[Preference, ...] = ()
    authorised: tuple[str, ...] = ()
    """The relations that may speak for the client. The API looks them up."""
    would_try_first: bool | None = Field(
        default=None,
        description="Whether they would talk it over first. Asked, never required (CS-R-4).",
    )


class ResolutionMet(Facts):
    """The person, the worker and the supervisor talked it over (CS-X-8)."""


class ChangeWithdrawn(Facts):
    """The person no longer wants another worker. Only whoever asked for it can say so (CS-X-8)."""

    by: Literal["client", "guardian", "family", "spokesperson", "worker", "supervisor"]


class WorkerChanged(Facts, Assigned):
    """Another worker takes over, with an explanation to all and a handover on record (CS-V-8, CS-W-6)."""

    handover: Words | None = Field(
        default=None, description="What was handed over, and when they met."
    )


class ChangeNotGranted(Facts):
    """No other worker can be had as asked for; the person gets an explanation and a date to look again (CS-V-1, CS-V-2)."""

    outcome: Literal["partly", "unable"]
    considered: tuple[str, ...] = Field(
        default=(), description="The seats that were considered."
    )
    explanation: Words | None = None
    limited_by: Literal["resources", "other"] = "other"
    revisit_on: date | None = None


class CapacityFreed(Facts):
    """A worker who would fit has room again (CS-V-2). The API says so when a worker's profile changes."""

    worker: str


class ConflictOfInterestReported(Facts):
    """The family says that the worker or their agency has a conflict of interest (CF-S-4)."""

    about: Name
    words: Words


class ExceptionSettled(Facts):
    """What was not independent is looked at: it may stay for a reason, or it was mended (CF-S-1a to CF-S-2c)."""

    exception: int = Field(ge=1, description="Its number, as the case shows it.")
    resolution: Literal["accepted", "mended"]
    reason: Words
    review_on: date | None = None


class Enroll(Facts):
    """The plan is under way and the care plan goes on from here (CP-P-1)."""

    care_plan: str
    """The id of the care plan that begins. The API makes it."""
    live: str | None = None
    """A care plan of this client that runs already. The API looks it up."""
    earlier: tuple[str, ...] = ()
    """Care plans of this client that have ended. The API looks them up."""


class Decline(Facts):
    """The person does not want to go on."""

    reason: Words


class CallUnreachable(Facts):
    """Nobody reached the person, after the attempts the policy asks for."""

    reason: Words


class Moved(Facts):
    """The person moved away."""

    reason: Words


class Died(Facts):
    """The person died."""


class WithdrawIntake(Facts):
    """The referral is taken back, or was made by mistake."""

    reason: Words


class IntakeStatus(StrEnum):
    open = "open"
    enrolled = "enrolled"
    declined = "declined"
    not_eligible = "not_eligible"
    unreachable = "unreachable"
    moved = "moved"
    died = "died"
    withdrawn = "withdrawn"
    # Of a care plan.
    completed = "completed"
    """The team agreed that it is no longer needed."""
    transferred = "transferred"
    # Of a request for a service.
    denied = "denied"
    expired = "expired"


class MatchLookedFor(Facts):
    """A worker who fits better was looked for again (CS-V-2)."""

    found: bool


class ExplanationGiven(Facts):
    """The family heard why a wish was not fully honoured (CS-V-5)."""

    how: Name


class LetterSent(Facts):
    """The letter to a client without e-mail was printed and sent, or handed over."""

    how: Name = "by post"


INTAKE_ACTS: dict[str, type[Facts]] = {
    "screened": Screened,
    "emergency_identified": EmergencyIdentified,
    "ciu_contacted": IntakeUnitContacted,
    "client_contacted": ClientContacted,
    "contact_attempted": ContactAttempted,
    "screen_results_reviewed": ScreenResultsReviewed,
    "emergency_needs_confirmed": EmergencyNeedsConfirmed,
    "providers_considered": ProvidersConsidered,
    "referral_made": ReferralMade,
    "preliminary_plan_filed": PreliminaryPlanFiled,
    "service_requested": ServiceRequested,
    "requests_sent": RequestsSent,
    "fund_payment_made": FundPaymentMade,
    "reimbursement_requested": ReimbursementRequested,
    "agency_chosen": AgencyChosen,
    "consents_received": ConsentsReceived,
    "eligibility_determined": Determination,
    "need_determined": NeedDetermined,
    "need_recorded": NeedRecorded,
    "offer_accepted": OfferAccepted,
    "offer_declined": OfferDeclined,
    "intake_reviewed": IntakeReviewed,
    "preferences_recorded": PreferencesRecorded,
    "rapport_answered": RapportAnswered,
    "former_worker_answered": FormerWorkerAnswered,
    "need_added": AddedNeed,
    "circumstances_changed": CircumstancesChanged,
    "coordinator_assigned": CoordinatorAssigned,
    "assessment_filed": AssessmentFiled,
    "assignment_documented": AssignmentDocumented,
    "treatment_provider_told": TreatmentProviderTold,
    "other_worker_offered": OtherWorkerOffered,
    "first_meeting_held": FirstMeetingHeld,
    "team_named": TeamNamed,
    "initial_plan_filed": InitialPlanFiled,
    "rst_meeting_held": TeamMet,
    "final_plan_filed": FinalPlanFiled,
    "plan_revised": PlanRevised,
    "contact_held": WorkerContact,
    "satisfaction_recorded": SatisfactionRecorded,
    "self_assessed": SelfAssessed,
    "supervision_held": SupervisionHeld,
    "change_requested": ChangeRequested,
    "resolution_meeting_held": ResolutionMet,
    "change_withdrawn": ChangeWithdrawn,
    "worker_changed": WorkerChanged,
    "change_not_granted": ChangeNotGranted,
    "match_looked_for": MatchLookedFor,
    "explanation_given": ExplanationGiven,
    "letter_sent": LetterSent,
    "conflict_of_interest_reported": ConflictOfInterestReported,
    "exception_settled": ExceptionSettled,
    "correct_entry": CorrectEntry,
    "enroll": Enroll,
    "decline": Decline,
    "call_unreachable": CallUnreachable,
    "moved": Moved,
    "died": Died,
    "withdraw": WithdrawIntake,
}

FROM_THE_API: dict[str, type[Facts]] = {
    "capacity_freed": CapacityFreed,
    "identity_answered": IdentityAnswered,
}
"""What the API tells a case when something changes elsewhere."""

LOOKED_UP: dict[str, tuple[str, ...]] = {
    "providers_considered": ("organizations",),
    "referral_made": ("organization",),
    "treatment_provider_told": ("organization",),
    "assessment_filed": ("organizations",),
    "fund_payment_made": ("check_ready_on",),
    "preferences_recorded": ("authorised",),
    "change_requested": ("authorised",),
    "coordinator_assigned": ("title", "organization", "person", "provides"),
    "worker_changed": ("title", "organization", "person", "provides"),
    "enroll": ("care_plan", "live", "earlier"),
    "service_asked_for": ("request", "provider_title", "organization"),
    "member_invited": ("organization",),
}
"""Facts that the API finds out for whoever sends a message; they are not for its sender to say."""
