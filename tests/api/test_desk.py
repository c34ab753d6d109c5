"""The desk, against a case that fails or ends under a message."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from throughcare.case.seats import Actor
from throughcare.case.wire import Answer, Envelope, workflow_id
from throughcare.lifecycles.conflict.lifecycle import CONFLICT
from throughcare.temporal.client import connect
from throughcare.temporal.keys import read_or_create
from throughcare.usecases.desk import Desk

NAME = next(iter(CONFLICT.messages))


@workflow.defn(name="Broken", sandboxed=False)
class Broken:
    """Fails every message, or ends while it is still busy with it."""

    @workflow.init
    def __init__(self, fails: bool) -> None:
        self.fails, self.heard = fails, False

    @workflow.run
    async def run(self, fails: bool) -> None:
        await workflow.wait_condition(lambda: self.heard)

    @workflow.update(name=NAME)
    async def hear(self, envelope: Envelope) -> Answer:
        if self.fails:
            raise ApplicationError("nobody thought of this", type="Unforeseen")
        self.heard = True
        await workflow.wait_condition(lambda: False)
        raise AssertionError


@pytest.fixture
async def send(temporal, tmp_path):
    """Hands a message in to a case that is broken in this way."""
    client = await connect(read_or_create(tmp_path / "keys"), service="api")
    async with Worker(client, task_queue="broken", workflows=[Broken]):

        async def sent(*, fails):
            case_id = uuid4().hex
            handle = await client.start_workflow(
                Broken.run,
                fails,
                id=workflow_id("conflict", case_id),
                task_queue="broken",
            )
            envelope = Envelope(
                message_id=uuid4().hex,
                actor=Actor(person="alder"),
                received_at=datetime.now(UTC),
                facts={},
            )
            try:
                return await Desk(client).send("conflict", case_id, NAME, envelope)
            finally:
                if fails:
                    await handle.terminate()

        yield sent


async def test_a_message_the_case_fails_at_is_not_called_kept(send):
    with pytest.raises(WorkflowUpdateFailedError):
        await send(fails=True)


@pytest.mark.filterwarnings("ignore:.*unfinished update:RuntimeWarning")
async def test_a_message_under_which_the_case_ends_is_left_to_its_history(send):
    assert await send(fails=False) is None
