"""What the worker holds of the cases it keeps at hand."""

import gc
import os
import sysconfig
from pathlib import Path

from pydantic import BaseModel
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from throughcare.temporal.client import connect
from throughcare.temporal.keys import KeyRing
from throughcare.temporal.runner import CaseRunner

SCRIPTS = Path(sysconfig.get_path("scripts"))
KEYS = KeyRing(active="k1", keys={"k1": b"1" * 32})

CASES = 50
INPUT_BYTES = 300_000


class Given(BaseModel):
    """Of all that a case is started with it keeps the number."""

    number: int


@workflow.defn
class Waits:
    def __init__(self) -> None:
        self.over = False

    @workflow.run
    async def run(self, given: Given) -> int:
        await workflow.wait_condition(lambda: self.over)
        return given.number

    @workflow.update
    async def begin(self) -> None:
        """Answered once the case is at hand."""


async def test_a_case_at_hand_does_not_hold_the_message_that_brought_its_input() -> (
    None
):
    """With it, a case adds almost four times its input. The core of the SDK keeps it once, as it came, and memory that is free
    again is not all given back."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(SCRIPTS / "temporal")
    ) as env:
        where = env.client.service_client.config.target_host
        client = await connect(KEYS, service="test", target_host=where)
        async with Worker(
            client,
            task_queue="runner",
            workflows=[Waits],
            workflow_runner=CaseRunner(),
        ):
            # Of no interest, and searched through with every collection that follows.
            gc.freeze()
            before = resident_bytes()
            for number in range(CASES):
                case = await client.start_workflow(
                    "Waits",
                    {"number": number, "words": os.urandom(INPUT_BYTES // 2).hex()},
                    id=f"case-{number}",
                    task_queue="runner",
                )
                await case.execute_update(Waits.begin)
                # What the SDK leaves in a circle is freed at some time or other; here at once.
                gc.collect()
            added = resident_bytes() - before
    assert added < 3 * CASES * INPUT_BYTES


def resident_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError
