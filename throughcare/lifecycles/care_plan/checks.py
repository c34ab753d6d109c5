"""What care-plan.yaml must say about itself and the other files."""

from collections.abc import Iterator

from throughcare.case.findings import (
    Finding,
    Location,
    field_of,
    repeated_ids,
    texts_in,
    unknown,
    unknown_clause,
)
from throughcare.case.policyfile import PolicyPack
from throughcare.lifecycles.client.checks import steps_nothing_opens
from throughcare.lifecycles.client.plan_policy import CarePlanPolicy
from throughcare.lifecycles.client.policy import IntakePolicy

CARE_PLAN_CLAUSES = frozenset({"clauses", "confidentiality", "order"})

CARE_PLAN_MAPS = (("team", "kinds"), ("meetings",))
"""Where every value is a clause, whatever its name."""

REVIEW_MAPS = ("needs", "questions")
"""Of a review, where every value is one."""


def care_plan_findings(pack: PolicyPack, policy: CarePlanPolicy) -> Iterator[Finding]:
    """Parts and populations its intake does not have, and sections that are named twice or come after none that is there."""
    clauses = pack.strengths
    for location, value in texts_in(policy.model_dump(mode="json")):
        if _names_a_care_plan_clause(location) and value not in clauses:
            yield location, unknown_clause(value, clauses)
    yield from _section_findings(policy)
    elements = [each.id for each in policy.elements]
    readings = [each.id for each in policy.readings]
    yield from repeated_ids("element", ("elements",), elements)
    yield from repeated_ids("reading", ("readings",), readings)
    yield from steps_nothing_opens(policy.duties)
    intake = pack.policy(IntakePolicy)
    if intake is None:
        yield (), "a care plan goes on from an intake; add intake.yaml to the pack"
        return
    for number, duty in enumerate(policy.duties):
        if duty.holder not in intake.roles:
            at: Location = ("duties", number, "holder")
            what = "define it under roles of intake.yaml"
            yield at, unknown("role", duty.holder, intake.roles, what)
    populations = intake.populations
    served = [each.id for each in populations.served] if populations else []
    for population in policy.labels:
        if population not in served:
            what = "add it to populations of intake.yaml"
            yield (
                ("labels", population),
                unknown("population", population, served, what),
            )


def _names_a_care_plan_clause(location: Location) -> bool:
    """A field called so, and what stands in a table of clauses."""
    field = field_of(location)
    if field.endswith("clause") or field in CARE_PLAN_CLAUSES:
        return True
    is_of_review = location[0] == "reviews" and len(location) > 3
    return location[:-1] in CARE_PLAN_MAPS or (
        is_of_review and location[2] in REVIEW_MAPS
    )


def _section_findings(policy: CarePlanPolicy) -> Iterator[Finding]:
    """A section can only come after one that people write."""
    sections = policy.plan.sections
    ids = [each.id for each in sections]
    yield from repeated_ids("section", ("plan", "sections"), ids)
    written = [each.id for each in sections if each.kind.is_written]
    for number, section in enumerate(sections):
        for index, before in enumerate(section.after):
            at: Location = ("plan", "sections", number, "after", index)
            if before == section.id:
                yield at, f"{before} cannot come after itself; leave it out"
            elif before not in written:
                yield at, unknown("section", before, written, "leave it out")
