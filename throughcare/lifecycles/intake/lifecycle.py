"""The lifecycle of an intake: what one is opened with, and everything the product makes of it. Pure.

Each topic of messages is a group of its own, so that their order does not depend on which module is imported first.
"""

from throughcare.case.correcting import common
from throughcare.case.lifecycle import Lifecycle
from throughcare.case.policyfile import PolicyFile
from throughcare.case.wire import OpenCase
from throughcare.lifecycles.client.assigning import assigning
from throughcare.lifecycles.client.changing import changing
from throughcare.lifecycles.client.contacts import contacts
from throughcare.lifecycles.client.endings import endings
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.funds import funds
from throughcare.lifecycles.client.independence import independence
from throughcare.lifecycles.client.needs import needs
from throughcare.lifecycles.client.notices import CLIENT_NOTICES, INTAKE_NOTICES
from throughcare.lifecycles.client.openings import INTAKE as KIND
from throughcare.lifecycles.client.openings import IntakeOpening
from throughcare.lifecycles.client.plans import plans
from throughcare.lifecycles.client.policy import IntakePolicy
from throughcare.lifecycles.client.preferences import preferences
from throughcare.lifecycles.client.satisfaction import satisfaction
from throughcare.lifecycles.client.taking_back import taking_back
from throughcare.lifecycles.intake.checks import intake_findings
from throughcare.lifecycles.intake.choosing import choosing
from throughcare.lifecycles.intake.drawing import intake_diagram
from throughcare.lifecycles.intake.intake import Intake
from throughcare.lifecycles.intake.mistakes import mistakes
from throughcare.lifecycles.intake.planning import planning
from throughcare.lifecycles.intake.screening import screening
from throughcare.lifecycles.intake.services import services

intake = Intake.messages
intake.include(screening)
intake.include(contacts)
intake.include(services)
intake.include(funds)
intake.include(needs)
intake.include(choosing)
intake.include(preferences)
intake.include(assigning)
intake.include(planning)
intake.include(plans)
intake.include(changing)
intake.include(satisfaction)
intake.include(independence)
intake.include(endings)
intake.include(mistakes)
intake.include(taking_back)
intake.include(common)


def open_intake(opening: OpenCase[IntakeOpening]) -> Intake:
    about = opening.about
    intake = Intake(
        case_id=opening.case_id,
        policy=about.policy,
        independence=about.independence,
        care_plan=about.care_plan,
        closure_clause=about.closure_clause,
        client=about.client,
        opened_at=about.referral.at,
        imported=about.imported,
    )
    intake.open(
        about.referral,
        opening.opened_by,
        opening.opened_from,
        opening.received_at,
        opening.opened_by_right,
    )
    return intake


POLICY = PolicyFile(
    name="intake",
    model=IntakePolicy,
    summary=lambda policy: f"an intake of {len(policy.duties)} duties",
    findings=intake_findings,
    draw=lambda policy: iter((intake_diagram(policy),)),
    notices=INTAKE_NOTICES,
    client_notices=CLIENT_NOTICES,
)

INTAKE = Lifecycle(
    kind=KIND,
    path="/intakes",
    workflow="Intake",
    module="workflows.intake",
    state=Intake,
    about=IntakeOpening,
    facts=ClientFacts,
    open=open_intake,
    summary=lambda opening: "Intake",
    policies=(POLICY,),
)
