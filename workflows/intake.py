"""One intake, from the first call to a plan under way. Lives for hours to weeks.

It waits for the duties that the moments of its policy open, each until its own due date, at whose end the duty goes up. Enrolling
somebody begins their care plan, which outlives it.
"""

from temporalio import workflow

from throughcare.case.wire import CaseRun, CaseSettled
from throughcare.lifecycles.client.openings import IntakeOpening
from throughcare.lifecycles.intake.intake import Intake
from throughcare.lifecycles.intake.lifecycle import INTAKE
from workflows.case import CaseWorkflow


@workflow.defn(name=INTAKE.workflow)
class IntakeWorkflow(CaseWorkflow):
    lifecycle = INTAKE

    @workflow.init
    def __init__(self, run: CaseRun[IntakeOpening, Intake]) -> None:
        super().__init__(run)

    @workflow.run
    async def run(self, run: CaseRun[IntakeOpening, Intake]) -> CaseSettled:
        return await self.keep()
