"""One conflict, from the front door to its settlement. Lives for days to months.

It waits on one rung of its ladder at a time: for the steps of that rung, for agreement of both sides, or for the rung's limit, at
whose end it goes on to the next one. At the top it stays open until its closing authority ends it.

steps: meeting_held, team_meeting_held, contact_made, information_provided, notice_given, assistance_requested
outcome of a rung: agreement_reached, agreement_not_reached, partial_agreement
concerns: team_intervention_required, violation_identified, violation_reported
endings: withdraw, merge, refile, close
beside the ladder: correct_entry, opened_in_error, recuse, assign_seat, move_to_version; of a closed case: agreement_broken, reopen
"""

from temporalio import workflow

from throughcare.case.wire import CaseRun, CaseSettled
from throughcare.lifecycles.conflict.conflict import Conflict
from throughcare.lifecycles.conflict.lifecycle import CONFLICT, ConflictOpening
from workflows.case import CaseWorkflow


@workflow.defn(name=CONFLICT.workflow)
class ConflictWorkflow(CaseWorkflow):
    lifecycle = CONFLICT

    @workflow.init
    def __init__(self, run: CaseRun[ConflictOpening, Conflict]) -> None:
        super().__init__(run)

    @workflow.run
    async def run(self, run: CaseRun[ConflictOpening, Conflict]) -> CaseSettled:
        return await self.keep()
