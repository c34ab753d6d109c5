"""The engine alone: a ladder of three rungs with no policy, no tables, no notices and no encryption, and its worker.

Each rung waits for an Update with an hour's timer beside it, and what became of it is noted by a local activity.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker
from temporalio.worker.workflow_sandbox import (
    SandboxedWorkflowRunner,
    SandboxRestrictions,
)

QUEUE = "bare"
RUNGS = 3
LIMIT_SECONDS = 3600.0


@dataclass
class Dispute:
    """About as much as a case says. `lapses_at` is when the first rung's limit ends, in seconds since 1970."""

    case_id: str
    youth: str = "Y-1"
    subject: str = (
        "The two cannot agree on who drives to school on Thursdays, and ask for help."
    )
    opened_by: str = "coordinator-1"
    counterpart: str = "network-provider"
    rungs: int = RUNGS
    lapses_at: float = 0.0


@activity.defn
async def note(case_id: str, rung: int) -> float:
    """Writes a line with the instant it did so, as the product writes a record."""
    now = time.time()
    file = os.open(os.environ["BENCH_NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{case_id} {rung} {now}\n".encode())
    os.close(file)
    return now


@workflow.defn
class Ladder:
    def __init__(self) -> None:
        self.rung = 0
        self.decided = 0

    @workflow.run
    async def run(self, dispute: Dispute) -> int:
        await self._note(dispute)
        left = dispute.lapses_at - workflow.time()
        limit = left if dispute.lapses_at else LIMIT_SECONDS
        while self.rung < dispute.rungs:
            try:
                await workflow.wait_condition(self._is_decided, timeout=limit)
            except TimeoutError:
                self.decided += 1
            limit = LIMIT_SECONDS
            await self._note(dispute)
            self.rung += 1
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.rung

    def _is_decided(self) -> bool:
        return self.decided > self.rung

    async def _note(self, dispute: Dispute) -> None:
        await workflow.execute_local_activity(
            note,
            args=[dispute.case_id, self.decided],
            start_to_close_timeout=timedelta(seconds=10),
        )

    @workflow.update
    async def decide(self, words: str) -> int:
        self.decided += 1
        mine = self.decided
        await workflow.wait_condition(lambda: self.rung >= mine)
        return self.rung

    @decide.validator
    def check_decide(self, words: str) -> None:
        if not words:
            raise ApplicationError("A decision needs words.", non_retryable=True)


def stock_worker(client: Client) -> Worker:
    return Worker(client, task_queue=QUEUE, workflows=[Ladder], activities=[note])


def tuned_worker(client: Client) -> Worker:
    """With the settings of worker.py."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules("bench")
    return Worker(
        client,
        task_queue=QUEUE,
        workflows=[Ladder],
        activities=[note],
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        max_cached_workflows=800,
        max_concurrent_workflow_tasks=20,
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(20),
        max_concurrent_activities=20,
        max_concurrent_local_activities=20,
    )


async def serve(address: str, kind: str, started: Callable[[], None]) -> None:
    """Until told to stop."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    while True:
        try:
            client = await Client.connect(address)
            break
        except RuntimeError:
            await asyncio.sleep(0.02)  # The server is still starting.
    worker = tuned_worker(client) if kind == "tuned" else stock_worker(client)
    async with worker:
        started()
        await stop.wait()


if __name__ == "__main__":
    # Its own name, so that the workflow is found in a module that the sandbox can import.
    from bench import bare

    asyncio.run(bare.serve(sys.argv[1], sys.argv[2], Path(sys.argv[3]).touch))
