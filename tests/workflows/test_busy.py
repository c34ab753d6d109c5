"""A database too busy to be written to in time: what a case did meanwhile is what a replay finds it did."""

from sqlalchemy import text
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tests.sandbox import sandbox
from tests.waiting import until
from tests.workflows.conftest import KEYS, Agency
from throughcare.temporal.codec import data_converter
from workflows.conflict import ConflictWorkflow

A_WHILE = 30.0


async def test_a_case_that_had_to_wait_for_the_database_goes_on_on_another_worker(
    live: Agency,
) -> None:
    case = await live.open("A")

    async def is_left_to_the_durable_way() -> bool:
        return "record_case" in scheduled(await case.handle.fetch_history())

    with live.database.writes.connect() as connection:
        connection.execute(text("SELECT 1"))
        envelope = await case.envelope(
            "meeting_held", "coordinator-1", {"recipient": "x"}
        )
        await case.handle.signal("meeting_held", envelope)
        await until(is_left_to_the_durable_way, A_WHILE)
        connection.rollback()

    async def is_recorded() -> bool:
        return await case.said("refused") != []

    await until(is_recorded, A_WHILE)
    replayer = Replayer(
        workflows=[ConflictWorkflow],
        data_converter=data_converter(KEYS),
        workflow_runner=sandbox(),
    )
    await replayer.replay_workflow(await case.handle.fetch_history())


def scheduled(history: WorkflowHistory) -> set[str]:
    """The activities that were not done within a workflow task."""
    return {
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
    }
