"""What a care plan knows beside the person: its team, meetings, the plan's text and versions, reviews and requests. Facts
only; the rules are beside it. Pure.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from throughcare.case.base import Frozen, is_empty, is_none
from throughcare.case.case import Numbered
from throughcare.lifecycles.client import names
from throughcare.lifecycles.client.addresses import address_in
from throughcare.lifecycles.client.plan_policy import MemberKind, ReviewKind
from throughcare.time.deadline import Span


class MemberStatus(StrEnum):
    invited = "invited"
    joined = "joined"
    declined_by_client = "declined_by_client"
    """The client does not want them on the team, for a reason that is kept."""
    refused = "refused"
    """They do not want to be on it."""
    left = "left"


MEMBER = "member-"
"""What the id of every member begins with, which is also what their part in the case is called."""


class Member(Frozen):
    """Somebody of the team. Who they are stands here and on paper, and in no notice."""

    id: str
    kind: MemberKind
    name: str
    status: MemberStatus
    since_at: datetime
    contact: str | None = None
    organization: str | None = None
    system: str | None = None
    """The system they speak for."""
    provider: str | None = None
    """The provider they are of, by its id."""
    seat: str | None = None
    """Their seat, where they have one here."""
    reason: str | None = None
    name_key: str = Field("", exclude_if=lambda key: not key)
    """What their name is compared by, of whoever was invited since names are. Left out where it is empty, as it counts in
    fingerprints of before."""

    def is_named(self, name: str, key: str) -> bool:
        """`key` is empty where it comes from before there was one; then what was said is compared as it stands."""
        if self.name.casefold() == name.casefold():
            return True
        return bool(key) and key == (self.name_key or names.name_key(self.name))

    @property
    def is_on_team(self) -> bool:
        return self.status in (MemberStatus.invited, MemberStatus.joined)

    @property
    def recipients(self) -> tuple[str, ...]:
        """What a consent for them names: whose they are, the provider, or themselves."""
        names = (self.organization, self.provider, self.name)
        return tuple(each for each in names if each)

    @property
    def email(self) -> str | None:
        """As `address_in` reads it out of `contact`."""
        return address_in(self.contact or "")

    @property
    def is_outside(self) -> bool:
        """On the team, without a seat here, and to be reached by e-mail."""
        return self.is_on_team and self.seat is None and self.email is not None


class Slot(Frozen):
    """A place on the team that stays empty for a reason."""

    kind: MemberKind
    reason: str


class Absent(Frozen):
    member: str
    effort: str
    """What was done so that they could come."""


class NotInvited(Frozen):
    member: str
    reason: str


class MeetingStatus(StrEnum):
    scheduled = "scheduled"
    held = "held"
    not_held = "not_held"


class Meeting(Frozen):
    """A meeting of the team. `sequence` grows with every change, as calendars want it."""

    number: int
    at: datetime
    ends_at: datetime | None = Field(default=None, exclude_if=is_none)
    place: str
    status: MeetingStatus = MeetingStatus.scheduled
    sequence: int = 0
    invited: tuple[str, ...] = ()
    attended: tuple[str, ...] = ()
    absent: tuple[Absent, ...] = ()
    not_invited: tuple[NotInvited, ...] = Field(default=(), exclude_if=is_empty)
    screen: str | None = None
    """Where the results of the screen are that the first meeting starts from."""
    reason: str | None = None
    """Why it was not held."""


class PlanStrength(Frozen):
    whose: str
    text: str


class PlanNeed(Frozen):
    """A concern to settle, apart from any service that could (CP-C-f2). Rank 1 comes first."""

    id: str
    whose: str
    text: str
    rank: int | None = None


class PlanStrategy(Frozen):
    need: str
    text: str
    who: str = ""


class Content(Frozen):
    """What a section says. Which of it a section has is its kind's; `quotes` are the family's own words."""

    text: str | None = None
    quotes: tuple[str, ...] = ()
    strengths: tuple[PlanStrength, ...] = ()
    needs: tuple[PlanNeed, ...] = ()
    strategies: tuple[PlanStrategy, ...] = ()
    successes: tuple[str, ...] = ()
    barriers: tuple[str, ...] = ()
    client_strengths: str | None = None
    natural_supports: str | None = None

    @property
    def is_empty(self) -> bool:
        return self == Content()


class Writing(Numbered):
    """One writing of one section. Its number within the section is what a later writer says they have read."""

    seq: int
    section: str
    revision: int
    content: Content
    at: datetime
    person: str | None
    seat: str | None


class Attendee(Frozen):
    name: str
    kind: MemberKind
    attended: bool
    effort: str = ""


class Listed(Frozen):
    """A member as the plan lists them (CP-C-a)."""

    member: str
    name: str
    kind: MemberKind
    contact: str | None = None
    organization: str | None = None


class FollowUp(Frozen):
    at: datetime
    place: str


class VersionKind(StrEnum):
    preliminary = "preliminary"
    final = "final"
    amended = "amended"


class Signature(Frozen):
    """A member's name under one version, or why it is not there."""

    member: str
    version: str
    outcome: Literal["signed", "refused", "unavailable"]
    at: datetime
    digest: str
    how: str
    """By account, by a link, or on paper."""
    reason: str | None = None


class Version(Frozen):
    """The plan as it stood when it was put forward. Nothing in it changes again; what is signed is its digest."""

    number: str
    kind: VersionKind
    put_forward_at: datetime
    sections: dict[str, int]
    """Per section, the `seq` of the writing it has."""
    members: tuple[Listed, ...]
    attendance: tuple[Attendee, ...]
    dates: tuple[datetime, ...]
    """When the team first met, and when each revision was put forward (CP-C-c). Which day that was is said by whoever prints
    it, who knows the agency's zone: an evening here is the next day in UTC."""
    follow_up: FollowUp | None
    signers: tuple[str, ...]
    """The members who take part and so sign."""
    review_every: Span | None = None
    """How often it has its services reviewed, where it is the plan that says so (CS-W-15)."""
    digest: str = ""
    final_at: datetime | None = None
    missing: tuple[str, ...] = ()
    """What it lacks that the policy asks for without refusing it."""

    @property
    def place(self) -> str:
        """What a notice to sign it, and the link in that, are about."""
        return f"version {self.number}"

    @property
    def is_teams(self) -> bool:
        return self.kind is not VersionKind.preliminary

    def sealed(self, contents: Mapping[str, Content]) -> "Version":
        """With the digest of all it says, which is the same for the same words."""
        said = self.model_dump(
            mode="json",
            exclude={"digest", "final_at", "sections"},
            exclude_defaults=True,
        )
        said["sections"] = {
            section: content.model_dump(mode="json", exclude_defaults=True)
            for section, content in contents.items()
        }
        canonical = json.dumps(said, sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        return self.model_copy(update={"digest": digest})


class GoalProgress(Frozen):
    need: str
    text: str


class UnmetNeed(Frozen):
    need: str
    plan: str


class Review(Frozen):
    number: int
    kind: ReviewKind
    held_at: datetime
    outcome: Literal["revised", "no_change"]
    successes: tuple[str, ...] = ()
    barriers: tuple[str, ...] = ()
    progress: tuple[GoalProgress, ...] = ()
    satisfaction: str | None = None
    unmet: tuple[UnmetNeed, ...] = ()
    answers: dict[str, str] = Field(default_factory=dict)
    """What the client answered about working together; the worker's own reflections are not here."""
    reflected: tuple[str, ...] = ()
    """Which of the questions to the worker were answered, apart."""
    late_reason: str | None = None


class RequestStatus(StrEnum):
    open = "open"
    approved = "approved"
    partly = "partly"
    denied = "denied"
    expired = "expired"
    withdrawn = "withdrawn"


class ServiceAsked(Frozen):
    """A service that was asked for, and the case of its own that its request is."""

    case: str
    service: str
    need: str
    provider: str
    provider_title: str
    plan: str
    status: RequestStatus = RequestStatus.open
    asked_at: datetime
    decided_at: datetime | None = None
    until: date | None = None

    @property
    def is_approved(self) -> bool:
        return self.status in (RequestStatus.approved, RequestStatus.partly)

    @property
    def is_running(self) -> bool:
        """Whether its case is still open."""
        return self.is_approved or self.status is RequestStatus.open


class Extension(Frozen):
    """More time asked for, with the plan that went along (CP-X-1)."""

    plan: str
    until: date
    asked_at: datetime
    decision: Literal["approved", "partly", "denied"] | None = None


class ServiceRequest(Frozen):
    """What a request for a service knows: of one service, by one need, under one version of the plan."""

    service: str
    need: str
    provider: str
    provider_title: str
    plan: str
    submitted_at: datetime | None = None
    to: str | None = None
    decision: Literal["approved", "partly", "denied"] | None = None
    decided_at: datetime | None = None
    until: date | None = None
    units: str | None = None
    extensions: tuple[Extension, ...] = ()


class ResourceLink(Frozen):
    """A link to something in the community (CS-W-13)."""

    number: int
    domain: str
    resource: str
    at: datetime
    outcome: str | None = None


class Advocacy(Frozen):
    service: str
    basis: str
    at: datetime


class Delegation(Frozen):
    """A single function that somebody else does; the worker stays responsible (CS-D-7)."""

    function: str
    to: str
    basis: Literal["plan", "urgent"]
    therapist: bool
    at: datetime


class Progress(Frozen):
    need: str
    text: str
    at: datetime


class Closure(Frozen):
    """What the team agreed on when it ended, and what makes the client ready (CC-08.4)."""

    agreed_at: datetime
    agreed_by: tuple[str, ...]
    readiness: str


class AgencyTransfer(Frozen):
    number: int
    agency: str
    asked_at: datetime
    reason: str
    outcome: Literal["accepted", "rejected", "withdrawn"] | None = None
    ended_at: datetime | None = None


class CarePlanFacts(BaseModel):
    """All of it. A list only ever grows; what is over stays, with its end."""

    team: list[Member] = Field(default_factory=list)
    open_slots: list[Slot] = Field(default_factory=list)
    systems: list[str] | None = None
    """The systems the client is involved in; None until asked, and none is an answer."""
    supports: list[str] = Field(default_factory=list)
    """Family and community the client named."""
    meetings: list[Meeting] = Field(default_factory=list)
    versions: list[Version] = Field(default_factory=list)
    signatures: list[Signature] = Field(default_factory=list)
    review_every: Span | None = None
    """How often the plan itself has its services reviewed."""
    reviews: list[Review] = Field(default_factory=list)
    services: list[ServiceAsked] = Field(default_factory=list)
    links: list[ResourceLink] = Field(default_factory=list)
    advocacy: list[Advocacy] = Field(default_factory=list)
    delegations: list[Delegation] = Field(default_factory=list)
    progress: list[Progress] = Field(default_factory=list)
    array_explained_at: datetime | None = None
    benefits_checked_at: datetime | None = None
    change_right_told_at: list[datetime] = Field(default_factory=list)
    closure: Closure | None = None
    transfers: list[AgencyTransfer] = Field(default_factory=list)

    def member(self, member_id: str) -> Member | None:
        return next((each for each in self.team if each.id == member_id), None)

    @property
    def members(self) -> list[Member]:
        """Who is on the team now."""
        return [each for each in self.team if each.is_on_team]

    @property
    def held(self) -> list[Meeting]:
        return [each for each in self.meetings if each.status is MeetingStatus.held]

    @property
    def next_meeting(self) -> Meeting | None:
        scheduled = MeetingStatus.scheduled
        found = [each for each in self.meetings if each.status is scheduled]
        return min(found, key=lambda each: each.at, default=None)

    @property
    def proposed(self) -> Version | None:
        """The version that waits for its signatures."""
        last = self.versions[-1] if self.versions else None
        return last if last and last.final_at is None else None

    @property
    def current(self) -> Version | None:
        """The team's plan that is in force; a preliminary one is a stop-gap until there is one (Q-39)."""
        return self.teams[-1] if self.teams else None

    @property
    def teams(self) -> list[Version]:
        """The team's own versions that came into force, the first one first."""
        return [each for each in self.versions if each.final_at and each.is_teams]

    def signature(self, member: str, version: str) -> Signature | None:
        """What a member last said of a version."""
        found = [
            each
            for each in self.signatures
            if (each.member, each.version) == (member, version)
        ]
        return found[-1] if found else None

    @property
    def superseded(self) -> list[Version]:
        """Versions that were put forward and never came into force."""
        return [each for each in self.versions if each.final_at is None]

    def unsigned(self, version: Version) -> list[Member]:
        """Whose name is missing under it, with no reason on record."""
        return [
            member
            for each in version.signers
            if (member := self.member(each))
            and not self.signature(each, version.number)
        ]
