"""What intake.yaml must say about itself and the other files."""

from collections.abc import Iterator

from throughcare.case.findings import (
    Finding,
    Location,
    field_of,
    repeated_ids,
    texts_in,
    unknown,
    unknown_clause,
    unknown_role,
)
from throughcare.case.policyfile import PolicyPack
from throughcare.lifecycles.client.checks import steps_nothing_opens
from throughcare.lifecycles.client.policy import IntakePolicy

INTAKE_ROLES = frozenset(
    {"intake", "coordinator", "supervisor", "on_call", "administrator", "oversight"}
)

INTAKE_CLAUSES = frozenset({"clauses", "chooses_agency"})


def intake_findings(pack: PolicyPack, policy: IntakePolicy) -> Iterator[Finding]:
    """Parts that are not defined, steps that nothing opens, and criteria nobody wrote down."""
    clauses = pack.strengths
    for location, value in texts_in(policy.model_dump(mode="json")):
        field = field_of(location)
        if _names_a_role(location) and value not in policy.roles:
            yield location, unknown_role(value, policy.roles)
        names_clause = field.endswith("clause") or field in INTAKE_CLAUSES
        if names_clause and value not in clauses:
            yield location, unknown_clause(value, clauses)
    yield from _repeated_in_intake(policy)
    yield from _climbing_findings(policy)
    yield from steps_nothing_opens(policy.duties)
    if policy.recovery and not policy.redisclosure.get("en", "").strip():
        yield (
            ("recovery",),
            "a recovery program's papers and letters carry the notice of 42 CFR 2.32; write it under redisclosure, en first",
        )
    if policy.eligibility:
        ids = {each.id for each in policy.eligibility.criteria}
        for name in ("all_of", "one_of"):
            for index, each in enumerate(getattr(policy.eligibility, name)):
                if each not in ids:
                    where: Location = ("eligibility", name, index)
                    yield where, unknown("criterion", each, ids, "add it to criteria")


def _names_a_role(location: Location) -> bool:
    """A part of the policy itself, the holder of a duty, and whom an escalation goes up to."""
    if len(location) == 1:
        return location[0] in INTAKE_ROLES
    return field_of(location) in ("holder", "reports_from") or location[:2] == (
        "escalation",
        "above",
    )


def _repeated_in_intake(policy: IntakePolicy) -> Iterator[Finding]:
    populations = policy.populations.served if policy.populations else ()
    criteria = policy.eligibility.criteria if policy.eligibility else ()
    ids: dict[str, tuple[Location, list[str]]] = {
        "population": (("populations", "served"), [each.id for each in populations]),
        "criterion": (("eligibility", "criteria"), [each.id for each in criteria]),
        "question": (("questions",), [each.id for each in policy.questions]),
        "field": (("plan", "fields"), [each.id for each in policy.plan.fields]),
        "reading": (("readings",), [each.id for each in policy.readings]),
    }
    for kind, (at, named) in ids.items():
        yield from repeated_ids(kind, at, named)


def _climbing_findings(policy: IntakePolicy) -> Iterator[Finding]:
    above = policy.escalation.above
    for start in above:
        if start not in policy.roles:
            unknown = unknown_role(start, policy.roles)
            yield ("escalation", "above", start), unknown
        line = [start]
        while (higher := above.get(line[-1])) and higher not in line:
            line.append(higher)
        if higher == start:
            circle = ", ".join([*line, start])
            yield (
                ("escalation", "above", start),
                f"what is missed would go round in a circle: {circle}; let the highest go up to nobody",
            )
