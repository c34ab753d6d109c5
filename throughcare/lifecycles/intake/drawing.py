"""An intake's policy, drawn."""

from collections.abc import Iterator

from throughcare.case.drawing import label
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.policy import DutySpec, IntakePolicy, Moment

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


def intake_diagram(policy: IntakePolicy) -> str:
    """What opens which duties, and what must come before what: a node for each moment and each duty."""
    lines = [*_intake_nodes(policy), *_opening_edges(policy), *_order_edges(policy)]
    return "\n".join(["flowchart LR", *lines]) + "\n"


def _intake_nodes(policy: IntakePolicy) -> Iterator[str]:
    opening = {moment for spec in policy.duties for moment in spec.opens}
    for moment in Moment:
        if moment in opening:
            yield f"  {moment}([{label(MOMENTS[moment])}])"
    for number, spec in enumerate(policy.duties, start=1):
        yield f"  duty{number}[{label(*_duty_lines(policy, spec))}]"
    yield f"  enrolled([{label('Enrolled')}])"


def _duty_lines(policy: IntakePolicy, spec: DutySpec) -> Iterator[str]:
    yield f"{spec.text} ({spec.clause})"
    yield policy.roles[spec.holder].title
    if spec.limit:
        yield f"limit: {spec.limit.plain()} ({spec.limit.basis} limit)"


def _opening_edges(policy: IntakePolicy) -> Iterator[str]:
    for number, spec in enumerate(policy.duties, start=1):
        branch = f"|{label(f'{spec.only} only')}|" if spec.only else ""
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


def _asked(policy: IntakePolicy, act: ClientAct) -> Iterator[str]:
    for number, spec in enumerate(policy.duties, start=1):
        if spec.act == act:
            yield f"duty{number}"
