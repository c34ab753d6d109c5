"""The lifecycle of a request for a service: what one is opened with, and everything the product makes of it. Pure.

Each topic of messages is a group of its own, so that their order does not depend on which module is imported first.
"""

from throughcare.case.correcting import common
from throughcare.case.lifecycle import Lifecycle
from throughcare.case.wire import OpenCase
from throughcare.lifecycles.client.contacts import contacts
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.openings import SERVICE_REQUEST as KIND
from throughcare.lifecycles.client.openings import ServiceRequestOpening
from throughcare.lifecycles.client.taking_back import taking_back
from throughcare.lifecycles.service_request.authorization import ServiceAuthorization
from throughcare.lifecycles.service_request.requesting import requesting

service_request = ServiceAuthorization.messages
service_request.include(requesting)
service_request.include(contacts, "letter_sent")
service_request.include(taking_back, "opened_in_error", "duplicate")
service_request.include(common)


def open_service_request(
    opening: OpenCase[ServiceRequestOpening],
) -> ServiceAuthorization:
    about = opening.about
    assert about.care_plan is not None, "a service is asked for under a care plan"
    request = ServiceAuthorization(
        case_id=opening.case_id,
        policy=about.policy,
        independence=about.independence,
        rules=about.care_plan,
        client=about.client,
        opened_at=about.asked_at or opening.received_at,
        chosen=dict(about.chosen),
        known=about.known,
        asked_by=about.asked_by,
    )
    request.open(opening.opened_by, opening.received_at, about.asked_at)
    return request


SERVICE_REQUEST = Lifecycle(
    kind=KIND,
    path="/service-requests",
    workflow="ServiceAuthorization",
    module="workflows.service_request",
    state=ServiceAuthorization,
    about=ServiceRequestOpening,
    facts=ClientFacts,
    open=open_service_request,
    summary=lambda opening: "Service request",
)
