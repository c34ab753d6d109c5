"""A policy pack: what an agency adopted and may change, as data. The shape of a lifecycle is code; this is everything else."""

from datetime import date
from typing import Any

from pydantic import Field, SerializeAsAny, field_validator

from throughcare.case.base import Written
from throughcare.case.parts import ClauseId, Strength
from throughcare.case.patterns import ONE_LINE
from throughcare.case.policyfile import Policy
from throughcare.lifecycles.client.plan_policy import CarePlanPolicy, Competencies
from throughcare.lifecycles.client.policy import Independence, IntakePolicy
from throughcare.lifecycles.conflict.policy import ConflictPolicy
from throughcare.lifecycles.registry import policy_files


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

    subject: str = Field(pattern=ONE_LINE)
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


class PackHeader(Written):
    """pack.yaml: what the pack is, where it comes from and who let it go live."""

    id: str
    title: str
    version: int = Field(ge=1)
    source: Source
    approvals: tuple[Approval, ...] = ()
    advisory: bool = False


class Pack(Written):
    """A pack has the policy of at least one lifecycle. `policies` are what its files say, by their names; `notices_in` are the texts
    for clients in other languages, by code."""

    header: PackHeader
    clauses: tuple[Clause, ...]
    policies: dict[str, SerializeAsAny[Written]]
    notices: dict[str, NoticeText] = Field(default_factory=dict)
    notices_in: dict[str, dict[str, NoticeText]] = Field(default_factory=dict)

    @field_validator("policies", mode="before")
    @classmethod
    def _as_their_lifecycles_say(cls, given: dict[str, Any]) -> dict[str, Written]:
        files = policy_files()
        return {
            name: files[name].model.model_validate(said) for name, said in given.items()
        }

    def policy(self, model: type[Policy]) -> Policy | None:
        """What one of its files says, where it has that file."""
        found = (each for each in self.policies.values() if isinstance(each, model))
        return next(found, None)

    @property
    def conflict(self) -> ConflictPolicy | None:
        return self.policy(ConflictPolicy)

    @property
    def intake(self) -> IntakePolicy | None:
        return self.policy(IntakePolicy)

    @property
    def independence(self) -> Independence | None:
        return self.policy(Independence)

    @property
    def care_plan(self) -> CarePlanPolicy | None:
        return self.policy(CarePlanPolicy)

    @property
    def competencies(self) -> Competencies | None:
        return self.policy(Competencies)

    def redisclosure(self, kind: str, language: str) -> str:
        """The notice that goes with whatever leaves the house about a client of a recovery program (42 CFR 2.32); else empty."""
        is_clients = kind != "conflict" and self.intake is not None
        return (
            self.intake.redisclosure_in(language) if is_clients and self.intake else ""
        )

    @property
    def conflict_policy(self) -> ConflictPolicy:
        """The policy of a pack that is known to have ladders."""
        assert self.conflict is not None, f"{self.header.id} has no conflict.yaml"
        return self.conflict

    @property
    def strengths(self) -> dict[ClauseId, Strength]:
        return {clause.id: clause.strength for clause in self.clauses}

    @property
    def is_approved(self) -> bool:
        """CR-M-2: a version nobody approved does not go live."""
        return any(
            approval.version == self.header.version
            for approval in self.header.approvals
        )

    def clause(self, clause_id: ClauseId) -> Clause:
        return next(clause for clause in self.clauses if clause.id == clause_id)
