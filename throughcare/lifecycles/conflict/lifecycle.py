"""The lifecycle of a conflict: what one is opened with, and everything the product makes of it. Pure.

Whoever uses its messages imports them from here, where all of them are registered.
"""

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.correcting import common
from throughcare.case.entry import CaseLink, Relation
from throughcare.case.lifecycle import Lifecycle
from throughcare.case.parts import RoleId
from throughcare.case.policyfile import PolicyFile
from throughcare.case.seats import Side
from throughcare.case.wire import OpenCase
from throughcare.lifecycles.conflict.checks import conflict_findings
from throughcare.lifecycles.conflict.concerns import concerns
from throughcare.lifecycles.conflict.conflict import Conflict, ConflictFacts
from throughcare.lifecycles.conflict.drawing import ladder_diagrams
from throughcare.lifecycles.conflict.endings import endings
from throughcare.lifecycles.conflict.notices import CONFLICT_NOTICES
from throughcare.lifecycles.conflict.outcomes import outcomes
from throughcare.lifecycles.conflict.policy import ConflictPolicy, SharedConflictPolicy
from throughcare.lifecycles.conflict.recusals import recusals
from throughcare.lifecycles.conflict.steps import steps
from throughcare.lifecycles.conflict.taking_up import taking_up
from throughcare.lifecycles.conflict.versions import versions

# The order is that in which a case lists what may be sent now. It must not depend on which module happens to be imported
# first, so each topic is a group of its own.
conflict = Conflict.messages
conflict.include(steps)
conflict.include(outcomes, "agreement_reached", "agreement_not_reached")
conflict.include(concerns)
conflict.include(endings)
conflict.include(common)
conflict.include(taking_up)
conflict.include(outcomes, "partial_agreement")
conflict.include(recusals)
conflict.include(versions)


class ConflictOpening(Frozen):
    """What a conflict is judged by. `chosen` are the seats named at the opening, by role."""

    policy: SharedConflictPolicy
    raised_by: Side
    chosen: dict[RoleId, str]
    supervisor_is_party: Side | None = None
    youth: str
    subject: str
    refiled_from: str | None = None
    """The case that was on the wrong ladder, where this one begins in its place."""
    same_dispute: tuple[str, ...] = Field((), exclude_if=lambda cases: not cases)
    """Open cases about the same youth between the same seats."""


def open_conflict(opening: OpenCase[ConflictOpening]) -> Conflict:
    about = opening.about
    conflict = Conflict(
        case_id=opening.case_id,
        policy=about.policy,
        youth=about.youth,
        subject=about.subject,
        raised_by=about.raised_by,
        opened_at=opening.received_at,
        chosen=dict(about.chosen),
        supervisor_is_party=about.supervisor_is_party,
    )
    if about.refiled_from:
        link = CaseLink(case=about.refiled_from, relation=Relation.refiled_from)
        conflict.links.append(link)
    person, seat = opening.opened_by, opening.opened_from
    conflict.open(person, seat, opening.received_at, opening.opened_by_right)
    conflict.tie_to_open(about.same_dispute, opening.received_at)
    return conflict


POLICY = PolicyFile(
    name="conflict",
    model=ConflictPolicy,
    summary=lambda policy: f"ladders {', '.join(each.id for each in policy.ladders)}",
    findings=conflict_findings,
    draw=ladder_diagrams,
    notices=CONFLICT_NOTICES,
)

CONFLICT = Lifecycle(
    kind="conflict",
    path="/conflicts",
    workflow="Conflict",
    module="workflows.conflict",
    state=Conflict,
    about=ConflictOpening,
    facts=ConflictFacts,
    open=open_conflict,
    summary=lambda opening: f"Conflict on ladder {opening.about.policy.ladders[0].id}",
    policies=(POLICY,),
)
