"""One care plan, from the enrollment on. Lives for years.

It waits for the team to meet, write, sign and review its plan as often as policy and plan say, and for contacts and reviews that
come again and again. Each service it asks for is a case of its own, which outlives nobody and tells the plan what became of it.
"""

from temporalio import workflow

from throughcare.case.wire import CaseRun, CaseSettled
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.lifecycle import CARE_PLAN
from throughcare.lifecycles.client.openings import CarePlanOpening
from workflows.case import CaseWorkflow


@workflow.defn(name=CARE_PLAN.workflow)
class CarePlanWorkflow(CaseWorkflow):
    lifecycle = CARE_PLAN

    @workflow.init
    def __init__(self, run: CaseRun[CarePlanOpening, CarePlan]) -> None:
        super().__init__(run)

    @workflow.run
    async def run(self, run: CaseRun[CarePlanOpening, CarePlan]) -> CaseSettled:
        return await self.keep()
