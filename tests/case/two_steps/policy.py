"""two-steps.yaml: who answers a question, who checks the answer, and by when."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from throughcare.case.base import Written, shared
from throughcare.case.clock import Limit
from throughcare.case.drawing import label
from throughcare.case.findings import Finding, unknown_clause, unknown_role
from throughcare.case.parts import ClauseId, Role, RoleId
from throughcare.case.policyfile import PolicyFile, PolicyPack


class StepSpec(Written):
    id: str
    title: str
    clause: ClauseId
    holder: RoleId
    text: str
    limit: Limit


class TwoStepsPolicy(Written):
    clause: ClauseId
    roles: dict[RoleId, Role]
    administrator: RoleId
    steps: tuple[StepSpec, ...] = Field(min_length=2, max_length=2)


Shared = Annotated[TwoStepsPolicy, AfterValidator(shared)]


def findings(pack: PolicyPack, policy: TwoStepsPolicy) -> Iterator[Finding]:
    for number, step in enumerate(policy.steps):
        if step.clause not in pack.strengths:
            where = ("steps", number, "clause")
            yield where, unknown_clause(step.clause, pack.strengths)
        if step.holder not in policy.roles:
            where = ("steps", number, "holder")
            yield where, unknown_role(step.holder, policy.roles)


def drawn(policy: TwoStepsPolicy) -> Iterator[str]:
    first, second = policy.steps
    yield f"flowchart TD\n  {first.id}[{label(first.title)}] --> {second.id}[{label(second.title)}]\n"


TWO_STEPS_POLICY = PolicyFile(
    name="two_steps",
    model=TwoStepsPolicy,
    summary=lambda policy: "a question in two steps",
    findings=findings,
    draw=drawn,
    notices=frozenset(
        {
            "asked",
            "checked",
            "notice_failed",
            "reminder",
            "seat_empty",
            "seat_taken",
            "undated",
        }
    ),
)
