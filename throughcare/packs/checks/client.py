"""What intake.yaml, care-plan.yaml, independence.yaml and competencies.yaml must say about themselves and each other."""

from collections.abc import Iterator, Sequence

from throughcare.lifecycles.care_plan.policy import CarePlanPolicy, Competencies
from throughcare.lifecycles.client.policy import (
    DutySpec,
    Independence,
    IntakePolicy,
)
from throughcare.packs.checks.wording import (
    Finding,
    clauses_of,
    field_of,
    repeated_ids,
    texts_in,
    unknown,
    unknown_clause,
    unknown_role,
)
from throughcare.packs.pack import Pack
from throughcare.packs.yamlfile import Location

INTAKE_ROLES = frozenset(
    {"intake", "coordinator", "supervisor", "on_call", "administrator", "oversight"}
)

INTAKE_CLAUSES = frozenset({"clauses", "chooses_agency"})

CARE_PLAN_CLAUSES = frozenset({"clauses", "confidentiality", "order"})

CARE_PLAN_MAPS = (("team", "kinds"), ("meetings",))
"""Where every value is a clause, whatever its name."""

REVIEW_MAPS = ("needs", "questions")
"""Of a review, where every value is one."""


def intake_findings(pack: Pack, policy: IntakePolicy) -> Iterator[Finding]:
    """Parts that are not defined, steps that nothing opens, and criteria nobody wrote down."""
    clauses = clauses_of(pack)
    for location, value in texts_in(policy.model_dump(mode="json")):
        field = field_of(location)
        if _names_a_role(location) and value not in policy.roles:
            yield location, unknown_role(value, policy.roles)
        names_clause = field.endswith("clause") or field in INTAKE_CLAUSES
        if names_clause and value not in clauses:
            yield location, unknown_clause(value, clauses)
    yield from _repeated_in_intake(policy)
    yield from _climbing_findings(policy)
    yield from _steps_nothing_opens(policy.duties)
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


def care_plan_findings(pack: Pack, policy: CarePlanPolicy) -> Iterator[Finding]:
    """Parts and populations its intake does not have, and sections that are named twice or come after none that is there."""
    clauses = clauses_of(pack)
    for location, value in texts_in(policy.model_dump(mode="json")):
        if _names_a_care_plan_clause(location) and value not in clauses:
            yield location, unknown_clause(value, clauses)
    yield from _section_findings(policy)
    elements = [each.id for each in policy.elements]
    readings = [each.id for each in policy.readings]
    yield from repeated_ids("element", ("elements",), elements)
    yield from repeated_ids("reading", ("readings",), readings)
    yield from _steps_nothing_opens(policy.duties)
    if pack.intake is None:
        yield (), "a care plan goes on from an intake; add intake.yaml to the pack"
        return
    for number, duty in enumerate(policy.duties):
        if duty.holder not in pack.intake.roles:
            at: Location = ("duties", number, "holder")
            what = "define it under roles of intake.yaml"
            yield at, unknown("role", duty.holder, pack.intake.roles, what)
    populations = pack.intake.populations
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


def _steps_nothing_opens(duties: Sequence[DutySpec]) -> Iterator[Finding]:
    opened = {duty.act for duty in duties}
    for number, duty in enumerate(duties):
        for index, act in enumerate(duty.after):
            if act not in opened:
                at: Location = ("duties", number, "after", index)
                yield at, f"nothing opens a duty of the act {act}; leave it out"


def independence_findings(pack: Pack, rules: Independence) -> Iterator[Finding]:
    """But for the limit, every field of it names the clause it is under."""
    clauses = clauses_of(pack)
    for location, value in texts_in(rules.model_dump(mode="json", exclude={"review"})):
        if value not in clauses:
            yield location, unknown_clause(value, clauses)


def competency_findings(pack: Pack, skills: Competencies) -> Iterator[Finding]:
    clauses = clauses_of(pack)
    for location, value in texts_in(skills.model_dump(mode="json")):
        if value not in clauses:
            yield location, unknown_clause(value, clauses)
