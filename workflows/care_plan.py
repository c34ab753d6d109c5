"""One care plan, from the enrollment on. Lives for years."""

from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RawValue

from throughcare.messages import Answer
from throughcare.serving import ServedRecord, ServedRun, ServedSettled
from workflows.serving import Serving


@workflow.defn(name="CarePlan")
class CarePlanWorkflow:
    @workflow.init
    def __init__(self, run: ServedRun) -> None:
        self.serving = Serving(run)

    @workflow.run
    async def run(self, run: ServedRun) -> ServedSettled:
        return await self.serving.keep()

    @workflow.update(dynamic=True)
    async def message(self, name: str, args: Sequence[RawValue]) -> Answer:
        """A named message of throughcare.domain.intake.acts, answered when its step has moved and its record is written."""
        return await self.serving.message(name, args)

    @message.validator
    def check_message(self, name: str, args: Sequence[RawValue]) -> None:
        self.serving.check(name, args)

    @workflow.signal(dynamic=True)
    async def left_message(self, name: str, args: Sequence[RawValue]) -> None:
        """The same messages, left when no answer could be awaited; and word that the directory or a consent changed. Never
        raises."""
        self.serving.left(name, args)

    @workflow.query
    def state(self) -> ServedRecord:
        """The case as it now is, without its timeline."""
        return self.serving.record()

    @workflow.query
    def whole(self) -> ServedRecord:
        """The case as it now is, with its whole timeline and the answers it remembers: what the tables must say."""
        return self.serving.whole()
