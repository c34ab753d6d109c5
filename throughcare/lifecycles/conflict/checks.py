"""What conflict.yaml must say about itself and the other files."""

from collections.abc import Collection, Iterator, Mapping

from throughcare.case.findings import (
    Finding,
    Location,
    Places,
    field_of,
    repeated,
    texts_in,
    unknown_clause,
    unknown_role,
)
from throughcare.case.parts import ClauseId, RoleId, Roles, Strength
from throughcare.case.policyfile import PolicyPack
from throughcare.case.seats import Side
from throughcare.lifecycles.conflict.policy import ConflictPolicy, Rung

ROLE_FIELDS = frozenset(
    {
        "administrator",
        "closing_authority",
        "convener",
        "helper",
        "initiators",
        "oversight",
        "receiver",
        "recipients",
        "reports_from",
        "requesters",
        "seats",
        "sender",
        "workers",
    }
)

CLAUSE_FIELDS = frozenset(
    {"clause", "clauses", "either_side_clause", "supervisor_may_be_party"}
)


def conflict_findings(pack: PolicyPack, policy: ConflictPolicy) -> Iterator[Finding]:
    """Roles and clauses that are not defined, sides that do not fit, and strengths that are not the source's."""
    yield from _reference_findings(policy, pack.strengths)
    yield from _reporting_findings(policy)
    ladders: Places = [
        (("ladders", n), ladder.id) for n, ladder in enumerate(policy.ladders)
    ]
    yield from repeated("ladder", ladders)
    yield from repeated("rung", [(at, rung.id) for at, rung in _rungs(policy)])
    for number, ladder in enumerate(policy.ladders):
        workers = {side: (role,) for side, role in ladder.workers.items()}
        yield from _side_findings(("ladders", number, "workers"), workers, policy)
    for at, rung in _rungs(policy):
        yield from _side_findings((*at, "seats"), rung.seats, policy)
        yield from _asking_findings(at, rung, policy)
        yield from _strength_findings(at, rung, pack.strengths)
        yield from _team_findings(at, rung, policy)


def _rungs(policy: ConflictPolicy) -> Iterator[tuple[Location, Rung]]:
    for number, ladder in enumerate(policy.ladders):
        for index, rung in enumerate(ladder.rungs):
            yield ("ladders", number, "rungs", index), rung


def _reference_findings(
    policy: ConflictPolicy, clauses: Collection[ClauseId]
) -> Iterator[Finding]:
    for location, value in texts_in(policy.model_dump(mode="json")):
        field = field_of(location)
        if field in ROLE_FIELDS and value not in policy.roles:
            yield location, unknown_role(value, policy.roles)
        if field in CLAUSE_FIELDS and value not in clauses:
            yield location, unknown_clause(value, clauses)


def _reporting_findings(policy: ConflictPolicy) -> Iterator[Finding]:
    for start in policy.roles:
        line = [start]
        while (below := _below(policy, line[-1])) and below not in line:
            line.append(below)
        if below == start:
            circle = ", ".join([*line, start])
            yield (
                ("roles", start, "reports_from"),
                f"these report to each other in a circle: {circle}; let the lowest report from nobody",
            )


def _below(policy: ConflictPolicy, role: RoleId) -> RoleId | None:
    return policy.roles[role].reports_from if role in policy.roles else None


def _side_findings(
    at: Location, speakers: Mapping[Side, Roles], policy: ConflictPolicy
) -> Iterator[Finding]:
    for side in Side:
        if side not in speakers:
            yield (
                at,
                f"nobody speaks for the side {side} here; name a role for each side",
            )
        for index, role in enumerate(speakers.get(side, ())):
            known = policy.roles.get(role)
            if known and known.side is not side:
                yield (
                    (*at, side, index),
                    f"{role} is not on the side {side}; name a role that is",
                )


def _asking_findings(
    at: Location, rung: Rung, policy: ConflictPolicy
) -> Iterator[Finding]:
    """Whoever makes the contact, or asks for help, speaks on that rung."""
    asking: dict[Location, Roles] = {}
    if rung.contact:
        asking["contact", "initiators"] = rung.contact.initiators
    if rung.assistance:
        asking["assistance", "requesters"] = rung.assistance.requesters
    seated = [role for roles in rung.seats.values() for role in roles]
    for field, roles in asking.items():
        for index, role in enumerate(roles):
            if role in policy.roles and role not in seated:
                yield (
                    (*at, *field, index),
                    f"{role} has no seat on rung {rung.id}; write {' or '.join(seated) or 'seats for it first'}",
                )


def _strength_findings(
    at: Location, rung: Rung, strengths: Mapping[ClauseId, Strength]
) -> Iterator[Finding]:
    acts = {"meeting": rung.meeting, "contact": rung.contact, "outcome": rung.outcome}
    for name, act in acts.items():
        if act and strengths.get(act.clause, act.strength) is not act.strength:
            right = strengths[act.clause]
            yield (
                (*at, name, "strength"),
                f"{act.clause} says {right} in clauses.yaml, not {act.strength}; write {right}",
            )


def _team_findings(
    at: Location, rung: Rung, policy: ConflictPolicy
) -> Iterator[Finding]:
    known = [each.id for each in policy.readings]
    if rung.team and rung.team.reading and rung.team.reading not in known:
        yield (
            (*at, "team", "reading"),
            f"{rung.team.reading} is not among the readings; write one of: {', '.join(known) or 'none'}",
        )
