"""One nightly comparison of the tables with the workflows, started by a schedule. Lives for minutes."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.reconciliation import ReconciliationActivities
from throughcare.store.differences import Counts
from throughcare.temporal.codec import operator_text
from throughcare.temporal.nightly import RECORDS_CHECK

# Every case is asked, and a case whose history is long takes its worker a moment to read.
CHECK_TIMEOUT = timedelta(hours=6)
# No case takes as long as this, so whoever says nothing for as long is gone.
SILENCE = timedelta(minutes=2)
# The database or Temporal may be away for a while; what is not done by noon is left to the next night.
GIVE_UP_AFTER = timedelta(hours=10)


@workflow.defn(name=RECORDS_CHECK)
class RecordsCheckWorkflow:
    @workflow.run
    async def run(self) -> Counts:
        return await workflow.execute_activity_method(
            ReconciliationActivities.check_records,
            start_to_close_timeout=CHECK_TIMEOUT,
            schedule_to_close_timeout=GIVE_UP_AFTER,
            heartbeat_timeout=SILENCE,
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5)),
            summary=operator_text("tables against workflows"),
        )
