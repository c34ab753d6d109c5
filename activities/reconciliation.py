"""Holds the tables against the workflows, every night."""

from datetime import UTC, datetime

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from throughcare.store.database import Database
from throughcare.store.differences import Counts
from throughcare.usecases.reconciliation import Reconciliation


class ReconciliationActivities:
    def __init__(self, client: Client, database: Database, *, mend: bool) -> None:
        self._client = client
        self._database = database
        self._mend = mend

    @activity.defn
    async def check_records(self) -> Counts:
        """One row per workflow run, however often this is tried: an attempt begins anew and overwrites the last one's."""
        check = Reconciliation(
            self._client, self._database, lambda: datetime.now(UTC), mend=self._mend
        )
        info = activity.info()
        check_id = info.workflow_run_id or info.activity_id
        compared = await check.run(check_id, await check.every_case(), _go_on)
        return Counts.model_validate(compared.model_dump())


def _go_on(looked_at: int) -> None:
    activity.heartbeat(looked_at)
    if activity.is_worker_shutdown():
        # Left to the next worker: with this one leaving, cases that are in good health would not answer.
        raise ApplicationError("The worker leaves.", type="WorkerLeaves")
