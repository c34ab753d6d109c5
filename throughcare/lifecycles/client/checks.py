"""What independence.yaml and competencies.yaml must say, and what policies of a client's case have in common."""

from collections.abc import Iterator, Sequence

from throughcare.case.findings import Finding, Location, unknown_clauses
from throughcare.case.policyfile import PolicyPack
from throughcare.lifecycles.client.plan_policy import Competencies
from throughcare.lifecycles.client.policy import DutySpec, Independence


def steps_nothing_opens(duties: Sequence[DutySpec]) -> Iterator[Finding]:
    opened = {duty.act for duty in duties}
    for number, duty in enumerate(duties):
        for index, act in enumerate(duty.after):
            if act not in opened:
                at: Location = ("duties", number, "after", index)
                yield at, f"nothing opens a duty of the act {act}; leave it out"


def independence_findings(pack: PolicyPack, rules: Independence) -> Iterator[Finding]:
    """But for the limit, every field of it names the clause it is under."""
    said = rules.model_dump(mode="json", exclude={"review"})
    return unknown_clauses(pack.strengths, said)


def competency_findings(pack: PolicyPack, skills: Competencies) -> Iterator[Finding]:
    return unknown_clauses(pack.strengths, skills.model_dump(mode="json"))
