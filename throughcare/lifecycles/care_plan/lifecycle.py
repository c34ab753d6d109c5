"""The lifecycle of a care plan: what one is opened with, and everything the product makes of it. Pure.

Each topic of messages is a group of its own, so that their order does not depend on which module is imported first.
"""

from throughcare.case.correcting import common
from throughcare.case.lifecycle import Lifecycle
from throughcare.case.policyfile import PolicyFile
from throughcare.case.wire import OpenCase
from throughcare.lifecycles.care_plan.asking import asking
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.checks import care_plan_findings
from throughcare.lifecycles.care_plan.conditions import has_fund, has_no_team, has_team
from throughcare.lifecycles.care_plan.ending import ending
from throughcare.lifecycles.care_plan.meetings import meetings
from throughcare.lifecycles.care_plan.reviewing import reviewing
from throughcare.lifecycles.care_plan.signing import signing
from throughcare.lifecycles.care_plan.teaming import teaming
from throughcare.lifecycles.care_plan.versions import versions
from throughcare.lifecycles.care_plan.writing import writing
from throughcare.lifecycles.client.assigning import assigning
from throughcare.lifecycles.client.changing import changing
from throughcare.lifecycles.client.checks import (
    competency_findings,
    independence_findings,
)
from throughcare.lifecycles.client.contacts import contacts
from throughcare.lifecycles.client.endings import endings
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.funds import funds
from throughcare.lifecycles.client.independence import independence
from throughcare.lifecycles.client.needs import needs
from throughcare.lifecycles.client.notices import (
    CARE_PLAN_CLIENT_NOTICES,
    CARE_PLAN_NOTICES,
)
from throughcare.lifecycles.client.openings import CARE_PLAN as KIND
from throughcare.lifecycles.client.openings import CarePlanOpening
from throughcare.lifecycles.client.plan_policy import CarePlanPolicy, Competencies
from throughcare.lifecycles.client.plans import plans
from throughcare.lifecycles.client.policy import Independence
from throughcare.lifecycles.client.preferences import preferences
from throughcare.lifecycles.client.satisfaction import satisfaction
from throughcare.lifecycles.client.taking_back import taking_back

care_plan = CarePlan.messages
care_plan.include(teaming)
care_plan.include(meetings)
care_plan.include(writing)
care_plan.include(versions)
care_plan.include(signing)
care_plan.include(reviewing)
care_plan.include(asking)
care_plan.include(contacts)
care_plan.include(needs)
care_plan.include(preferences)
care_plan.include(assigning)
care_plan.include(changing)
care_plan.include(satisfaction)
care_plan.include(independence)
care_plan.include(funds, "fund_payment_made", when=has_fund)
care_plan.include(funds, "reimbursement_requested")
# A team has its own sections and versions instead.
care_plan.include(plans, "plan_revised", when=has_no_team)
care_plan.include(ending)
care_plan.include(endings, "call_unreachable", when=has_team)
care_plan.include(endings, "moved", "died")
# The client's own word. Where the team agrees to the end, it does not come from the worker alone (CC-08.4).
care_plan.include(endings, "withdraw", by=CarePlan.who_withdraws)
care_plan.include(taking_back, "assignment_taken_back")
care_plan.include(
    taking_back, "opened_in_error", "duplicate", by=CarePlan.who_withdraws
)
care_plan.include(common)


def open_care_plan(opening: OpenCase[CarePlanOpening]) -> CarePlan:
    about = opening.about
    plan = CarePlan(
        case_id=opening.case_id,
        policy=about.policy,
        independence=about.independence,
        rules=about.care_plan,
        closure_clause=about.closure_clause,
        client=about.client,
        opened_at=about.enrolled_at or opening.received_at,
        chosen=dict(about.chosen),
        known=about.known,
    )
    plan.open(about.intake, opening.opened_by, opening.received_at, about.enrolled_at)
    return plan


POLICY = PolicyFile(
    name="care_plan",
    model=CarePlanPolicy,
    summary=lambda policy: f"a plan of {len(policy.plan.sections)} sections",
    findings=care_plan_findings,
    notices=CARE_PLAN_NOTICES,
    client_notices=CARE_PLAN_CLIENT_NOTICES,
    stands_alone=False,
)

INDEPENDENCE = PolicyFile(
    name="independence",
    model=Independence,
    summary=lambda rules: "independence",
    findings=independence_findings,
)

COMPETENCIES = PolicyFile(
    name="competencies",
    model=Competencies,
    summary=lambda skills: "competencies",
    findings=competency_findings,
)

CARE_PLAN = Lifecycle(
    kind=KIND,
    path="/care-plans",
    workflow="CarePlan",
    module="workflows.care_plan",
    state=CarePlan,
    about=CarePlanOpening,
    facts=ClientFacts,
    open=open_care_plan,
    summary=lambda opening: "Care plan",
    policies=(POLICY, INDEPENDENCE, COMPETENCIES),
)
