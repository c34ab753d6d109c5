"""One request for one service, from the asking to the end of its approval."""

from temporalio import workflow

from throughcare.serving import ServedRun, ServedSettled
from workflows.serving import ServedWorkflow


@workflow.defn(name="ServiceAuthorization")
class ServiceAuthorizationWorkflow(ServedWorkflow):
    @workflow.init
    def __init__(self, run: ServedRun) -> None:
        super().__init__(run)

    @workflow.run
    async def run(self, run: ServedRun) -> ServedSettled:
        return await self.serving.keep()
