"""One request for one service, from the asking to the end of its approval. Lives for days to months.

It waits to be sent with the plan, for the payer's decision, and for the approval to end or be extended.
"""

from temporalio import workflow

from throughcare.case.wire import CaseRun, CaseSettled
from throughcare.lifecycles.client.openings import ServiceRequestOpening
from throughcare.lifecycles.service_request.authorization import ServiceAuthorization
from throughcare.lifecycles.service_request.lifecycle import SERVICE_REQUEST
from workflows.case import CaseWorkflow


@workflow.defn(name=SERVICE_REQUEST.workflow)
class ServiceAuthorizationWorkflow(CaseWorkflow):
    lifecycle = SERVICE_REQUEST

    @workflow.init
    def __init__(
        self, run: CaseRun[ServiceRequestOpening, ServiceAuthorization]
    ) -> None:
        super().__init__(run)

    @workflow.run
    async def run(
        self, run: CaseRun[ServiceRequestOpening, ServiceAuthorization]
    ) -> CaseSettled:
        return await self.keep()
