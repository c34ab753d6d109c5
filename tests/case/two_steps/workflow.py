"""One question, from being asked to the check of its answer. Lives for a week."""

from temporalio import workflow

# The product's own packages pass the sandbox; the tests do not.
with workflow.unsafe.imports_passed_through():
    from tests.case.two_steps.lifecycle import TWO_STEPS, Question, TwoSteps
    from throughcare.case.wire import CaseRun, CaseSettled
    from workflows.case import CaseWorkflow


@workflow.defn(name=TWO_STEPS.workflow)
class TwoStepsWorkflow(CaseWorkflow):
    lifecycle = TWO_STEPS

    @workflow.init
    def __init__(self, run: CaseRun[Question, TwoSteps]) -> None:
        super().__init__(run)

    @workflow.run
    async def run(self, run: CaseRun[Question, TwoSteps]) -> CaseSettled:
        return await self.keep()
