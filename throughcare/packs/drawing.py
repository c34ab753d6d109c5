"""A ladder or an intake as Mermaid text, which code hosts and documentation draw as it stands."""

from collections.abc import Iterator

from throughcare.case.duty import Act
from throughcare.case.parts import Roles
from throughcare.case.seats import Side
from throughcare.lifecycles.client.policy import (
    DutySpec,
    IntakePolicy,
    Moment,
)
from throughcare.lifecycles.conflict.policy import (
    ConflictPolicy,
    Ladder,
    Rung,
)

# What means something to Mermaid inside a quoted text, as the entities it reads there.
ENTITIES = str.maketrans(
    {"#": "#35;", '"': "#quot;", "`": "#96;", "&": "#amp;", "<": "#lt;", ">": "#gt;"}
)

MOMENTS = {
    Moment.opened: "The intake is opened",
    Moment.emergency: "An emergency need was found",
    Moment.no_emergency: "No emergency need was found",
    Moment.consents: "The consents are here",
    Moment.determined: "The need is determined",
    Moment.eligible: "Found eligible",
    Moment.accepted: "The offer is accepted",
    Moment.assigned: "A worker is assigned",
    Moment.need_confirmed: "The client confirmed a need",
    Moment.preliminary_plan: "The preliminary plan is filed",
    Moment.service_named: "The plan names a service",
    Moment.services_named: "The plan names its services",
    Moment.fund_paid: "The fund paid for a service",
    Moment.plan_filed: "A plan is filed",
    Moment.returned: "Somebody comes back",
    Moment.changed: "Another worker took over",
    Moment.enrolled: "The care plan begins",
    Moment.team_met: "The team met for the first time",
    Moment.put_forward: "A version is put forward",
    Moment.plan_final: "The team's first plan is in force",
    Moment.reviewed: "A review was held",
    Moment.provider_approved: "A provider's service is approved",
    Moment.requested: "A service is asked for",
    Moment.submitted: "The request is with the payer",
    Moment.approved: "The request is approved",
}


def ladder_diagram(policy: ConflictPolicy, ladder: Ladder) -> str:
    """The ladder from its first rung to its ends, a node for each rung."""
    return "\n".join(["flowchart TD", *_nodes(policy, ladder), *_edges(ladder)]) + "\n"


def intake_diagram(policy: IntakePolicy) -> str:
    """What opens which duties, and what must come before what: a node for each moment and each duty."""
    lines = [*_intake_nodes(policy), *_opening_edges(policy), *_order_edges(policy)]
    return "\n".join(["flowchart LR", *lines]) + "\n"


def _intake_nodes(policy: IntakePolicy) -> Iterator[str]:
    opening = {moment for spec in policy.duties for moment in spec.opens}
    for moment in Moment:
        if moment in opening:
            yield f"  {moment}([{_label(MOMENTS[moment])}])"
    for number, spec in enumerate(policy.duties, start=1):
        yield f"  duty{number}[{_label(*_duty_lines(policy, spec))}]"
    yield f"  enrolled([{_label('Enrolled')}])"


def _duty_lines(policy: IntakePolicy, spec: DutySpec) -> Iterator[str]:
    yield f"{spec.text} ({spec.clause})"
    yield policy.roles[spec.holder].title
    if spec.limit:
        yield f"limit: {spec.limit.plain()} ({spec.limit.basis} limit)"


def _opening_edges(policy: IntakePolicy) -> Iterator[str]:
    for number, spec in enumerate(policy.duties, start=1):
        branch = f"|{_label(f'{spec.only} only')}|" if spec.only else ""
        for moment in spec.opens:
            yield f"  {moment} -->{branch} duty{number}"


def _order_edges(policy: IntakePolicy) -> Iterator[str]:
    """An act may be asked in more than one place; whoever waits for it waits for each."""
    for number, spec in enumerate(policy.duties, start=1):
        for act in spec.after:
            yield from (
                f"  {before} -.->|before| duty{number}"
                for before in _asked(policy, act)
            )
    for act in policy.enrollment.after:
        yield from (f"  {before} --> enrolled" for before in _asked(policy, act))


def _asked(policy: IntakePolicy, act: Act) -> Iterator[str]:
    for number, spec in enumerate(policy.duties, start=1):
        if spec.act is act:
            yield f"duty{number}"


def _nodes(policy: ConflictPolicy, ladder: Ladder) -> Iterator[str]:
    yield f"  start([{_label(f'Ladder {ladder.id}', ladder.title)}])"
    for number, rung in enumerate(ladder.rungs, start=1):
        yield f"  rung{number}[{_label(*_rung_lines(policy, rung))}]"
    authority = _titles(policy, ladder.closing_authority)
    yield f"  settled([{_label('Settled: both sides agree')}])"
    yield f"  top([{_label('Unresolved at the top', f'reported; may be closed by {authority}')}])"


def _rung_lines(policy: ConflictPolicy, rung: Rung) -> Iterator[str]:
    sides = [_titles(policy, rung.seats[side]) for side in Side]
    yield f"{rung.id} · {rung.title}"
    yield " — ".join(sides)
    told = {
        (each.clause, each.sender, each.receiver): each
        for each in (*rung.notices, *rung.information)
    }
    for each in told.values():
        acts = [
            name
            for name, known in (
                ("tells", rung.notices),
                ("gives all information to", rung.information),
            )
            if each in known
        ]
        yield f"{policy.roles[each.sender].title} {' and '.join(acts)} {policy.roles[each.receiver].title} ({each.clause})"
    if rung.meeting:
        yield f"they meet ({rung.meeting.clause}, {rung.meeting.strength})"
    if rung.team:
        yield f"{_titles(policy, (rung.team.convener,))} calls the Team if needed ({rung.team.clause})"
    if rung.contact:
        yield f"first contact: {_titles(policy, rung.contact.initiators)} ({rung.contact.clause}, {rung.contact.strength})"
    if rung.assistance:
        yield f"on request, {_titles(policy, (rung.assistance.helper,))} helps ({rung.assistance.clause})"
    yield f"limit: {_limit(rung)}"


def _limit(rung: Rung) -> str:
    return f"{rung.limit.plain()} ({rung.limit.basis} limit)" if rung.limit else "none"


def _edges(ladder: Ladder) -> Iterator[str]:
    yield "  start --> rung1"
    for number, rung in enumerate(ladder.rungs, start=1):
        if rung.outcome:
            yield f"  rung{number} -->|{_label(f'agreement ({rung.outcome.clause})')}| settled"
        above = f"rung{number + 1}" if number < len(ladder.rungs) else "top"
        yield f"  rung{number} -->|{_label(_reason(rung))}| {above}"


def _reason(rung: Rung) -> str:
    """What leads from this rung to the next one."""
    done = "no agreement" if rung.outcome else "everything handed over"
    is_timed = rung.limit is not None and rung.limit.then == "escalate"
    return f"{done}, or the limit has passed" if is_timed else done


def _titles(policy: ConflictPolicy, roles: Roles) -> str:
    return " or ".join(policy.roles[role].title for role in roles)


def _label(*lines: str) -> str:
    return '"' + "<br/>".join(line.translate(ENTITIES) for line in lines) + '"'
