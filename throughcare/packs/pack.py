"""A policy pack: what an agency adopted and may change, as data. The shape of a lifecycle is code; this is everything else."""

from datetime import date

from pydantic import Field

from throughcare.case.base import Written
from throughcare.case.parts import ClauseId, Strength
from throughcare.lifecycles.care_plan.policy import CarePlanPolicy, Competencies
from throughcare.lifecycles.client.policy import Independence, IntakePolicy
from throughcare.lifecycles.conflict.policy import ConflictPolicy


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
