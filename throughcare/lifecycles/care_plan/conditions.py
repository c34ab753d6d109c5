"""When a care plan has use for a message: most need a policy that knows of a team. Pure."""

from throughcare.lifecycles.care_plan.care_plan import CarePlan


def has_team(case: CarePlan) -> bool:
    return case.rules is not None


def has_no_team(case: CarePlan) -> bool:
    return case.rules is None


def has_next_meeting(case: CarePlan) -> bool:
    return has_team(case) and case.life.next_meeting is not None


def has_versions(case: CarePlan) -> bool:
    return has_team(case) and bool(case.life.versions)


def waits_for_signatures(case: CarePlan) -> bool:
    return has_team(case) and case.life.proposed is not None


def asks_for_services(case: CarePlan) -> bool:
    return case.rules is not None and case.rules.services is not None


def has_fund(case: CarePlan) -> bool:
    return has_team(case) and case.policy.fund is not None


def has_domains(case: CarePlan) -> bool:
    return case.rules is not None and bool(case.rules.domains)


def waits_for_an_outcome(case: CarePlan) -> bool:
    return has_team(case) and any(each.outcome is None for each in case.life.links)


def has_advocacy(case: CarePlan) -> bool:
    return case.rules is not None and case.rules.advocacy_clause is not None


def has_delegation(case: CarePlan) -> bool:
    return case.rules is not None and case.rules.delegation_clause is not None


def is_agreed(case: CarePlan) -> bool:
    return has_team(case) and case.life.closure is not None


def waits_for_an_answer(case: CarePlan) -> bool:
    return has_team(case) and any(each.outcome is None for each in case.life.transfers)
