"""One intake, from the first call to a plan under way. Lives for hours to weeks."""

from temporalio import workflow

from throughcare.serving import ServedRun, ServedSettled
from workflows.serving import ServedWorkflow


@workflow.defn(name="Intake")
class IntakeWorkflow(ServedWorkflow):
    @workflow.init
    def __init__(self, run: ServedRun) -> None:
        super().__init__(run)

    @workflow.run
    async def run(self, run: ServedRun) -> ServedSettled:
        return await self.serving.keep()
