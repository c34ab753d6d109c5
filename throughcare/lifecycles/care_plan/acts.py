"""What people tell a care plan of its team, meetings, text, reviews and end: one model per named message.

Every one is stored in histories: fields are added with a default, and never renamed or removed while a case that used
them may still be running. The names of the messages are the keys of CARE_PLAN_ACTS.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.message import Facts
from throughcare.lifecycles.care_plan.policy import MemberKind, ReviewKind
from throughcare.lifecycles.client.acts import (
    FROM_THE_API,
    INTAKE_ACTS,
    Key,
    Name,
    Words,
)
from throughcare.time.deadline import Instant, Span

MemberId = Key
Some = Field(default=(), max_length=100)


# -- the team -------------------------------------------------------------------------------------------------------


class MemberInvited(Facts):
    """Somebody is asked to join the team; with `joined` they are on it already (CP-T-3, CP-T-3g)."""

    kind: MemberKind
    name: Name
    contact: Name | None = Field(
        default=None, description="How to reach them: an e-mail address or a number."
    )
    system: Name | None = Field(
        default=None, description="The system they speak for, of a system's member."
    )
    provider: Key | None = Field(
        default=None, description="The provider they are of, by its id."
    )
    joined: bool = False
    organization: str = ""
    """Whose they are. The API looks this up of a provider and of a seat."""
    member_seat: Key | None = Field(
        default=None, description="Their seat, where the directory has one."
    )


class MemberAnswered(Facts):
    """Whether somebody who was invited joins; `declined_by_client` where the client does not want them (CP-T-3d)."""

    member: MemberId
    answer: Literal["joined", "refused", "declined_by_client"]
    reason: Words | None = Field(
        default=None, description="Needed where the client declines them."
    )


class MemberLeft(Facts):
    """Somebody is on the team no longer, and why (CP-T-3)."""

    member: MemberId
    reason: Words


class SlotLeftOpen(Facts):
    """Nobody of this kind is on the team, for a reason: there is no treatment provider yet (CP-T-3c)."""

    kind: MemberKind
    reason: Words


class SystemsRecorded(Facts):
    """The systems the client is involved in, each of which somebody speaks for; none is an answer (CP-T-3e)."""

    systems: tuple[Name, ...] = Field(max_length=100)


class SupportsNamed(Facts):
    """Family and community the client names; each is invited, or declined by the client (CP-T-3d)."""

    names: tuple[Name, ...] = Field(min_length=1, max_length=100)


# -- meetings -------------------------------------------------------------------------------------------------------


class MeetingScheduled(Facts):
    """The team's next meeting; every member with an address gets an invitation for their calendar (CP-M-1)."""

    at: Instant
    place: Name


class NextMeeting(Frozen):
    at: Instant
    place: Name


class AbsentMember(Frozen):
    member: MemberId
    effort: Words = Field(description="What was done so that they could come.")


class TeamMeetingHeld(Facts):
    """The team met: who came, who was invited and did not, the reminder, and when it meets next (CP-C-b, CP-M-1, CP-M-5)."""

    attended: tuple[MemberId, ...] = Field(min_length=1, max_length=100)
    absent: tuple[AbsentMember, ...] = Some
    confidentiality_reminded: bool
    next: NextMeeting | None = Field(
        default=None, description="Needed unless the team agreed to end."
    )
    screen: Name | None = Field(
        default=None,
        description="Of the first meeting: where the results of the screen are.",
    )


class MeetingNotHeld(Facts):
    """A meeting that was scheduled did not take place."""

    reason: Words
    next: NextMeeting


class NoteAdded(Facts):
    """A word to the team, which its members can read in the case (CP-M-2)."""

    words: Words


# -- the plan -------------------------------------------------------------------------------------------------------


class WrittenStrength(Frozen):
    whose: Name
    text: Words


class WrittenNeed(Frozen):
    id: Key
    whose: Name = Field(description="The client's, the children's, the family's.")
    text: Words = Field(
        description="The concern, not the service that could settle it."
    )
    rank: int | None = Field(default=None, ge=1, le=100, strict=True)


class WrittenStrategy(Frozen):
    need: Key
    text: Words
    who: str = Field(default="", max_length=200)


class WrittenContent(Frozen):
    """What a section says; each kind of section takes its own of these, and `quotes` every kind."""

    text: Words | None = None
    quotes: tuple[Words, ...] = Some
    strengths: tuple[WrittenStrength, ...] = Some
    needs: tuple[WrittenNeed, ...] = Some
    strategies: tuple[WrittenStrategy, ...] = Some
    successes: tuple[Words, ...] = Some
    barriers: tuple[Words, ...] = Some
    client_strengths: Words | None = None
    natural_supports: Words | None = None


class SectionWritten(Facts):
    """One section of the plan, in the policy's order (CP-O-1 to CP-O-4). It replaces the revision its writer has read, and
    no other (0 where nobody has written it)."""

    section: Key
    replaces: int = Field(ge=0, strict=True)
    content: WrittenContent


class PlanPutForward(Facts):
    """The plan as it is written now becomes a version, and every member who takes part is asked to sign it (CP-C-j)."""

    kind: Literal["preliminary", "final", "amended"]
    review_every: Span | None = Field(
        default=None, description="How often the plan has its services reviewed."
    )
    exception: Words | None = Field(
        default=None,
        description="Why it may come from somebody whose organization delivers the services, where it is so.",
    )


class PlanSigned(Facts):
    """A member signs one version. `digest` is that of the version they read."""

    member: MemberId
    version: Name
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    how: Literal["account", "link", "paper"] = "account"


class SignatureMissing(Facts):
    """Why a member's name is not under a version."""

    member: MemberId
    version: Name
    outcome: Literal["refused", "unavailable"]
    reason: Words


class PlanFinalized(Facts):
    """The version that was put forward is in force: everybody has signed, or the reason why not is on record (CP-C-j)."""

    version: Name


# -- reviews --------------------------------------------------------------------------------------------------------


class ToldProgress(Frozen):
    need: Key
    text: Words


class ToldUnmet(Frozen):
    need: Words
    plan: Words | None = Field(
        default=None, description="What is planned for it; a review needs that."
    )


class ReviewHeld(Facts):
    """A review of the plan, and whether it is revised (CP-M-3, CP-M-4, CS-W-15, CS-R-7)."""

    kind: ReviewKind
    outcome: Literal["revised", "no_change"]
    successes: tuple[Words, ...] = Some
    barriers: tuple[Words, ...] = Some
    progress: tuple[ToldProgress, ...] = Some
    satisfaction: Words | None = None
    unmet_needs: tuple[ToldUnmet, ...] = Some
    change_right_explained: bool = Field(
        default=False,
        description="Whether the person was told that they can ask for another worker.",
    )
    answers: dict[str, Words] = Field(
        default_factory=dict,
        description="To the questions about working together, by number.",
    )
    wants_change: bool = Field(
        default=False, description="Whether the person wants another worker."
    )
    would_try_first: bool | None = None
    late_reason: Words | None = Field(
        default=None, description="Needed where the review is late."
    )


# -- services -------------------------------------------------------------------------------------------------------


class ServiceAskedFor(Facts):
    """A request for one service from the provider the client chose (CP-R-1, CP-R-2, CP-P-3)."""

    service: Key
    need: Key
    provider: Key
    chosen_by_client: bool
    plan: Name = Field(description="The version of the plan it follows from.")
    request: str = ""
    """The case the request becomes. The API makes it."""
    provider_title: str = ""
    organization: str = ""
    exception: Words | None = Field(
        default=None,
        description="Why it may be a provider that the worker belongs to, where it is so.",
    )


# -- what a worker does between -------------------------------------------------------------------------------------


class ServicesExplained(Facts):
    """The array of services was explained (CS-W-12)."""


class BenefitsChecked(Facts):
    """What income and benefits are due was gone through with the person (CS-D-6)."""

    result: Words


class ResourceLinked(Facts):
    """The person was linked to something in the community (CS-D-5, CS-W-13)."""

    domain: Key
    resource: Name


class LinkFollowedUp(Facts):
    """What came of a link to a resource (CS-W-13)."""

    link: int = Field(ge=1, strict=True)
    outcome: Words


class AdvocacyNoted(Facts):
    """Somebody spoke up for a service, and by what the person qualifies for it (CS-W-14)."""

    service: Name
    basis: Words


class FunctionDelegated(Facts):
    """Somebody else does one function; the worker stays responsible (CS-D-7, CS-D-8)."""

    function: Name
    to: Name
    basis: Literal["plan", "urgent"] | None = None
    therapist: bool = False


class ProgressNoted(Facts):
    """How far something the plan wants has come (CS-W-10)."""

    need: Key
    text: Words


class EthicsConcernRaised(Facts):
    """Somebody thinks a professional or ethical rule was broken; who looks at it is not of the case (CS-W-17)."""

    words: Words


class EthicsConcernSettled(Facts):
    """Whoever stands outside the case says what they found, and what follows (CS-W-17)."""

    finding: Words


# -- the end --------------------------------------------------------------------------------------------------------


class ClosureAgreed(Facts):
    """The team agrees that it is no longer needed, and says what makes the client ready (CC-08.4)."""

    agreed_by: tuple[MemberId, ...] = Field(min_length=1, max_length=100)
    readiness: Words


class CloseCarePlan(Facts):
    """The care plan ends as the team agreed."""


class TransferAsked(Facts):
    """Another agency is asked to take over; it needs a consent for that agency."""

    agency: Name
    reason: Words


class TransferAnswered(Facts):
    """What the other agency answered; where it accepts, the care plan ends here."""

    answer: Literal["accepted", "rejected", "withdrawn"]
    reason: Words | None = None


CARE_PLAN_ACTS: dict[str, type[Facts]] = {
    "member_invited": MemberInvited,
    "member_answered": MemberAnswered,
    "member_left": MemberLeft,
    "slot_left_open": SlotLeftOpen,
    "systems_recorded": SystemsRecorded,
    "supports_named": SupportsNamed,
    "meeting_scheduled": MeetingScheduled,
    "team_meeting_held": TeamMeetingHeld,
    "meeting_not_held": MeetingNotHeld,
    "note_added": NoteAdded,
    "section_written": SectionWritten,
    "plan_put_forward": PlanPutForward,
    "plan_signed": PlanSigned,
    "signature_missing": SignatureMissing,
    "plan_finalized": PlanFinalized,
    "review_held": ReviewHeld,
    "service_asked_for": ServiceAskedFor,
    "services_explained": ServicesExplained,
    "benefits_checked": BenefitsChecked,
    "resource_linked": ResourceLinked,
    "link_followed_up": LinkFollowedUp,
    "advocacy_noted": AdvocacyNoted,
    "function_delegated": FunctionDelegated,
    "progress_noted": ProgressNoted,
    "ethics_concern_raised": EthicsConcernRaised,
    "ethics_concern_settled": EthicsConcernSettled,
    "closure_agreed": ClosureAgreed,
    "close": CloseCarePlan,
    "transfer_asked": TransferAsked,
    "transfer_answered": TransferAnswered,
}


# -- a request for a service, which is a case of its own --------------------------------------------------------------


class RequestSubmitted(Facts):
    """The request went to the payer, with a copy of the plan."""

    plan_attached: bool
    to: Name


class RequestDecided(Facts):
    """What the payer decided."""

    decision: Literal["approved", "partly", "denied"]
    until: date | None = Field(
        default=None, description="To which day it is approved; needed where it is."
    )
    units: Name | None = None
    reason: Words | None = Field(
        default=None, description="Needed where less than all is approved."
    )


class ExtensionAsked(Facts):
    """More time is asked for; the current plan goes with it (CP-X-1)."""

    plan: Name
    plan_attached: bool
    until: date


class RequestWithdrawn(Facts):
    """The request is taken back, whether it was decided yet or not."""

    reason: Words


SERVICE_REQUEST_ACTS: dict[str, type[Facts]] = {
    "request_submitted": RequestSubmitted,
    "request_decided": RequestDecided,
    "extension_asked": ExtensionAsked,
    "request_withdrawn": RequestWithdrawn,
}

EVERY_ACT: dict[str, type[Facts]] = (
    INTAKE_ACTS | FROM_THE_API | CARE_PLAN_ACTS | SERVICE_REQUEST_ACTS
)
"""Whatever a case about a client may be told."""
