"""A policy pack: what an agency adopted and may change, as data. The shape of a lifecycle is code; this is everything else."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from throughcare.domain.base import Written, shared
from throughcare.domain.careplan.policy import CarePlanPolicy, Competencies
from throughcare.domain.deadline import Span, Within
from throughcare.domain.duty import Basis
from throughcare.domain.intake.policy import Independence, IntakePolicy
from throughcare.domain.parts import ClauseId as ClauseId
from throughcare.domain.parts import Reading as Reading
from throughcare.domain.parts import Role as Role
from throughcare.domain.parts import RoleId as RoleId
from throughcare.domain.seats import Side


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Roles = Annotated[
    tuple[RoleId, ...], BeforeValidator(_one_or_more), Field(min_length=1)
]


class Strength(StrEnum):
    """The source's verb. `should` may be passed with a recorded reason; `shall`, `will` and `must` may not."""

    must = "must"
    shall = "shall"
    will = "will"
    should = "should"
    may = "may"
    states = "states"
    """A definition, purpose or record: it asks nobody to do anything."""


class Clause(Written):
    id: ClauseId
    section: str
    strength: Strength
    paraphrase: str


class Approval(Written):
    """Who let a version go live, by title and date, never by name (ruling 11)."""

    version: int
    title: str
    on: date


class Source(Written):
    document: str
    area: str
    owner: str
    issued_on: date | None = None
    approved_on: date | None = None
    effective_on: date | None = None
    revised_on: date | None = None
    review_on: date | None = None


class Passing(Written):
    """One side's worker or supervisor telling the next one up, or handing over the information."""

    clause: ClauseId
    sender: RoleId
    receiver: RoleId


class Joint(Written):
    """An act both sides share: a meeting, or the answer whether there is agreement."""

    clause: ClauseId
    strength: Strength


class Contact(Written):
    """Who makes the first contact with the other side. Contact begun by the other side is accepted and recorded so."""

    clause: ClauseId
    strength: Strength
    initiators: Roles


class Team(Written):
    clause: ClauseId
    convener: RoleId


class Assistance(Written):
    clause: ClauseId
    requesters: Roles
    helper: RoleId


class RungLimit(Within):
    """How long a rung may last, whose limit that is, and what its end does."""

    basis: Basis
    then: Literal["escalate", "remind"] = "escalate"
    remind: Span | None = None
    """How long before the limit everyone with an open duty is reminded."""


class Rung(Written):
    id: str
    title: str
    seats: dict[Side, Roles]
    """Per side, the roles that speak for it here."""
    notices: tuple[Passing, ...] = ()
    information: tuple[Passing, ...] = ()
    meeting: Joint | None = None
    team: Team | None = None
    contact: Contact | None = None
    assistance: Assistance | None = None
    outcome: Joint | None = None
    """Whether agreement is reached. A rung without it is notices only."""
    limit: RungLimit | None

    @property
    def main_clause(self) -> ClauseId:
        """The clause a rung is known by: of what its own two do, else of its first notice."""
        acts = (self.meeting, self.contact, self.assistance, *self.notices)
        return next(act.clause for act in acts if act)

    @property
    def roles(self) -> tuple[RoleId, ...]:
        """Every role that must be filled before this rung can start."""
        named = [*self.seats[Side.coordination], *self.seats[Side.counterpart]]
        for passing in (*self.notices, *self.information):
            named += [passing.sender, passing.receiver]
        if self.assistance:
            named.append(self.assistance.helper)
        return tuple(dict.fromkeys(named))


class Ladder(Written):
    id: str
    clause: ClauseId
    title: str
    workers: dict[Side, RoleId]
    """The two roles whose dispute this ladder is for."""
    either_side_clause: ClauseId | None = None
    """The clause that lets the other side start it; None where the source is silent and the agency's setting does (Q-01)."""
    supervisor_may_be_party: ClauseId | None = None
    closing_authority: Roles
    """Who may close a case that is unresolved at the top; an agency setting (Q-20)."""
    rungs: tuple[Rung, ...] = Field(min_length=1)


class Violation(Written):
    clause: ClauseId
    recipients: Roles


class ConflictPolicy(Written):
    """conflict.yaml: the ladders of one pack."""

    roles: dict[RoleId, Role]
    ladders: tuple[Ladder, ...] = Field(min_length=1)
    violation: Violation
    administrator: RoleId
    """Told at once when a seat is empty or a notice cannot be delivered."""
    oversight: RoleId
    """Told when a case is unresolved at the top."""
    either_side_may_open: bool = True
    top_reminder: Within
    """How often an unresolved case at the top is reminded and reported."""
    readings: tuple[Reading, ...] = ()

    def above(self, role_id: RoleId) -> tuple[RoleId, ...]:
        """The roles whose seats that role's seat reports to."""
        return tuple(
            each for each, role in self.roles.items() if role.reports_from == role_id
        )

    def ladder(self, ladder_id: str) -> Ladder:
        return next(ladder for ladder in self.ladders if ladder.id == ladder_id)


SharedConflictPolicy = Annotated[ConflictPolicy, AfterValidator(shared)]


class NoticeText(Written):
    """Subject and body of a notice, in plain words. `{case}` and the like are the placeholders `NOTICE_FIELDS` lists."""

    subject: str = Field(pattern=r"^[^\r\n]+$")
    body: str


NOTICE_FIELDS = frozenset(
    {
        "case",
        "link",
        "rung",
        "ladder",
        "sender",
        "sender_title",
        "receiver",
        "receiver_title",
        "other",
        "due",
        "whose",
        "what",
        "clause",
        "lifecycle",
        "grievance",
    }
)
"""What a notice may say. No field carries anything about the client."""

NOTICE_KINDS = frozenset(
    {
        "opened",
        "told",
        "contact_due",
        "reminder",
        "waiting_for_you",
        "seat_empty",
        "seat_taken",
        "undated",
        "notice_failed",
        "agreed",
        "withdrawn",
        "closed",
        "unresolved",
        "team_needed",
        "assistance_asked",
        "violation_reported",
        "violation_left",
        "rung_opened",
    }
)


INTAKE_NOTICE_KINDS = frozenset(
    {
        "duty_opened",
        "emergency",
        "reminder",
        "missed",
        "climbed",
        "unresolved",
        "seat_empty",
        "seat_taken",
        "undated",
        "notice_failed",
        "assigned",
        "relieved",
        "closed",
        "held",
        "capacity",
        "referral",
        "treatment_provider",
    }
)
"""What is written of an intake or a care plan to staff and to providers."""

CLIENT_NOTICE_KINDS = frozenset(
    {
        "client_worker",
        "client_explanation",
        "client_decision",
        "client_change",
        "client_closed",
    }
)
"""What is written to the person themselves, in their language."""


CARE_PLAN_NOTICE_KINDS = frozenset({"meeting", "team_note", "signature"})
"""What is written beside that to the people of a team, under a policy that knows of one."""

CARE_PLAN_CLIENT_NOTICE_KINDS = frozenset({"client_meeting"})
"""What is written beside that to the person themselves, under a policy that knows of a team."""


class PackHeader(Written):
    """pack.yaml: what the pack is, where it comes from and who let it go live."""

    id: str
    title: str
    version: int = Field(ge=1)
    source: Source
    approvals: tuple[Approval, ...] = ()
    advisory: bool = False


class Pack(Written):
    """A pack has the policy of at least one lifecycle. `notices_in` are the texts for clients in other languages, by code."""

    header: PackHeader
    clauses: tuple[Clause, ...]
    conflict: ConflictPolicy | None = None
    intake: IntakePolicy | None = None
    independence: Independence | None = None
    care_plan: CarePlanPolicy | None = None
    competencies: Competencies | None = None
    notices: dict[str, NoticeText] = Field(default_factory=dict)
    notices_in: dict[str, dict[str, NoticeText]] = Field(default_factory=dict)

    @property
    def conflict_policy(self) -> ConflictPolicy:
        """The policy of a pack that is known to have ladders."""
        assert self.conflict is not None, f"{self.header.id} has no conflict.yaml"
        return self.conflict

    @property
    def is_approved(self) -> bool:
        """CR-M-2: a version nobody approved does not go live."""
        return any(
            approval.version == self.header.version
            for approval in self.header.approvals
        )

    def clause(self, clause_id: ClauseId) -> Clause:
        return next(clause for clause in self.clauses if clause.id == clause_id)
