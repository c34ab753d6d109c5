"""What the files of a pack must say about each other: ids that exist, sides that fit, texts that can be filled in."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from string import Formatter

from throughcare.domain.intake.policy import Independence, IntakePolicy
from throughcare.domain.pack import (
    CLIENT_NOTICE_KINDS,
    INTAKE_NOTICE_KINDS,
    NOTICE_FIELDS,
    NOTICE_KINDS,
    ConflictPolicy,
    NoticeText,
    Pack,
    RoleId,
    Roles,
    Rung,
)
from throughcare.domain.seats import Side
from throughcare.texts import OWN_NOTICES
from throughcare.yamlfile import Location

Finding = tuple[Location, str]
"""Where in a file, and what is wrong there and would be right."""

Places = list[tuple[Location, str]]
"""Where each id is given."""

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

INTAKE_ROLES = frozenset(
    {"intake", "coordinator", "supervisor", "on_call", "administrator", "oversight"}
)
INTAKE_CLAUSES = frozenset({"clauses", "chooses_agency"})


def findings(pack: Pack) -> Iterator[tuple[str, Location, str]]:
    """Every mistake as the file it stands in, the place there, and what is wrong and would be right."""
    if not (pack.conflict or pack.intake or pack.independence):
        known = "conflict.yaml, intake.yaml or independence.yaml"
        yield "pack.yaml", (), f"the pack has no policy; add {known}"
    checks = [("clauses.yaml", _clause_findings(pack))]
    if pack.conflict:
        checks.append(("conflict.yaml", _conflict_findings(pack)))
    if pack.intake:
        checks.append(("intake.yaml", _intake_findings(pack, pack.intake)))
    if pack.independence:
        rules = _independence_findings(pack, pack.independence)
        checks.append(("independence.yaml", rules))
    checks.append(("notices.yaml", _notice_findings(pack)))
    for language, texts in pack.notices_in.items():
        found = _translated_findings(texts)
        checks.append((f"notices.{language}.yaml", found))
    for file, found in checks:
        for location, text in found:
            yield file, location, text


def _clause_findings(pack: Pack) -> Iterator[Finding]:
    return _repeated(
        "clause", [(("clauses", n), clause.id) for n, clause in enumerate(pack.clauses)]
    )


def _conflict_findings(pack: Pack) -> Iterator[Finding]:
    policy = pack.conflict_policy
    yield from _reference_findings(pack)
    yield from _reporting_findings(policy)
    ladders: Places = [
        (("ladders", n), ladder.id) for n, ladder in enumerate(policy.ladders)
    ]
    yield from _repeated("ladder", ladders)
    yield from _repeated("rung", [(at, rung.id) for at, rung in _rungs(policy)])
    for number, ladder in enumerate(policy.ladders):
        workers = {side: (role,) for side, role in ladder.workers.items()}
        yield from _side_findings(("ladders", number, "workers"), workers, policy)
    for at, rung in _rungs(policy):
        yield from _side_findings((*at, "seats"), rung.seats, policy)
        yield from _asking_findings(at, rung, policy)
        yield from _strength_findings(at, rung, pack)


def _rungs(policy: ConflictPolicy) -> Iterator[tuple[Location, Rung]]:
    for number, ladder in enumerate(policy.ladders):
        for index, rung in enumerate(ladder.rungs):
            yield ("ladders", number, "rungs", index), rung


def _reference_findings(pack: Pack) -> Iterator[Finding]:
    policy, clauses = pack.conflict_policy, _clauses(pack)
    for location, value in _texts(policy.model_dump(mode="json")):
        field = _field(location)
        if field in ROLE_FIELDS and value not in policy.roles:
            yield location, _unknown_role(value, policy.roles)
        if field in CLAUSE_FIELDS and value not in clauses:
            yield location, _unknown_clause(value, clauses)


def _clauses(pack: Pack) -> frozenset[str]:
    return frozenset(clause.id for clause in pack.clauses)


def _unknown_role(given: str, roles: Iterable[str]) -> str:
    return _unknown("role", given, roles, "define it under roles")


def _unknown_clause(given: str, clauses: Iterable[str]) -> str:
    return _unknown("clause", given, clauses, "add it to clauses.yaml")


def _independence_findings(pack: Pack, rules: Independence) -> Iterator[Finding]:
    """But for the limit, every field of it names the clause it is under."""
    clauses = _clauses(pack)
    for location, value in _texts(rules.model_dump(mode="json", exclude={"review"})):
        if value not in clauses:
            yield location, _unknown_clause(value, clauses)


def _intake_findings(pack: Pack, policy: IntakePolicy) -> Iterator[Finding]:
    """Parts that are not defined, steps that nothing opens, and criteria nobody wrote down."""
    clauses = _clauses(pack)
    for location, value in _texts(policy.model_dump(mode="json")):
        field = _field(location)
        if _names_a_role(location) and value not in policy.roles:
            yield location, _unknown_role(value, policy.roles)
        names_clause = field.endswith("clause") or field in INTAKE_CLAUSES
        if names_clause and value not in clauses:
            yield location, _unknown_clause(value, clauses)
    yield from _repeated_in_intake(policy)
    yield from _climbing_findings(policy)
    opened = {duty.act for duty in policy.duties}
    for number, duty in enumerate(policy.duties):
        for index, act in enumerate(duty.after):
            if act not in opened:
                at = ("duties", number, "after", index)
                yield at, f"nothing opens a duty of the act {act}; leave it out"
    if policy.eligibility:
        ids = {each.id for each in policy.eligibility.criteria}
        for name in ("all_of", "one_of"):
            for index, each in enumerate(getattr(policy.eligibility, name)):
                if each not in ids:
                    where: Location = ("eligibility", name, index)
                    yield where, _unknown("criterion", each, ids, "add it to criteria")


def _names_a_role(location: Location) -> bool:
    """A part of the policy itself, the holder of a duty, and whom an escalation goes up to."""
    if len(location) == 1:
        return location[0] in INTAKE_ROLES
    return _field(location) in ("holder", "reports_from") or location[:2] == (
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
        yield from _repeated(kind, [((*at, n), each) for n, each in enumerate(named)])


def _climbing_findings(policy: IntakePolicy) -> Iterator[Finding]:
    above = policy.escalation.above
    for start in above:
        if start not in policy.roles:
            unknown = _unknown_role(start, policy.roles)
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


def _texts(value: object, at: Location = ()) -> Iterator[tuple[Location, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _texts(each, (*at, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*at, index))


def _field(location: Location) -> str:
    """The name of the field a text belongs to, past list places and the two sides."""
    names = [part for part in location if isinstance(part, str) and part not in {*Side}]
    return names[-1]


def _unknown(kind: str, given: str, known: Iterable[str], otherwise: str) -> str:
    near = get_close_matches(given, sorted(known), n=3, cutoff=0.7)
    remedies = [f"write {' or '.join(near)}"] if near else []
    return f"{given!r} is no {kind}; {', or '.join([*remedies, otherwise])}"


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
                    f"{role} has no seat on rung {rung.id}; write {' or '.join(seated)}",
                )


def _strength_findings(at: Location, rung: Rung, pack: Pack) -> Iterator[Finding]:
    strengths = {clause.id: clause.strength for clause in pack.clauses}
    acts = {"meeting": rung.meeting, "contact": rung.contact, "outcome": rung.outcome}
    for name, act in acts.items():
        if act and strengths.get(act.clause, act.strength) is not act.strength:
            right = strengths[act.clause]
            yield (
                (*at, name, "strength"),
                f"{act.clause} says {right} in clauses.yaml, not {act.strength}; write {right}",
            )


def _notice_findings(pack: Pack) -> Iterator[Finding]:
    needed: frozenset[str] = frozenset()
    if pack.conflict:
        needed |= NOTICE_KINDS
    if pack.intake:
        needed |= INTAKE_NOTICE_KINDS | CLIENT_NOTICE_KINDS
    for kind in sorted(needed - pack.notices.keys()):
        yield (
            ("notices",),
            f"the text of {kind} is missing; add it with a subject and a body",
        )
    yield from _text_findings(pack.notices, needed | OWN_NOTICES.keys())


def _translated_findings(texts: Mapping[str, NoticeText]) -> Iterator[Finding]:
    """In another language the person themselves is written to, and nobody else."""
    return _text_findings(texts, CLIENT_NOTICE_KINDS)


def _text_findings(
    texts: Mapping[str, NoticeText], known: Collection[str]
) -> Iterator[Finding]:
    for kind, notice in texts.items():
        if kind not in known:
            yield ("notices", kind), _unknown("notice", kind, known, "leave it out")
        for part, text in (("subject", notice.subject), ("body", notice.body)):
            for said in _placeholder_findings(text):
                yield ("notices", kind, part), said


def _placeholder_findings(text: str) -> Iterator[str]:
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        yield f"a brace has no partner ({error}); write {{{{ or }}}} for a brace that stays one"
        return
    for _, name, layout, conversion in pieces:
        if name is not None and (name not in NOTICE_FIELDS or layout or conversion):
            yield f"{{{name}}} cannot be filled in; write one of {', '.join(sorted(NOTICE_FIELDS))}, in braces and nothing else"


def _repeated(kind: str, places: Places) -> Iterator[Finding]:
    seen: set[str] = set()
    for at, each in places:
        if each in seen:
            yield (
                (*at, "id"),
                f"{kind} {each} stands here a second time; give it an id of its own",
            )
        seen.add(each)
