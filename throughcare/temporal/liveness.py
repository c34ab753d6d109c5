"""What Temporal tells of the service itself: whether somebody works its queues, and how many cases cannot go on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType, WorkerStatus
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.worker.v1 import WorkerHeartbeat
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    ListWorkersRequest,
)
from temporalio.client import Client

from throughcare.temporal.client import NIGHTLY_QUEUE, TASK_QUEUE

HEARTBEAT_AGE = timedelta(seconds=8)
"""A worker that was silent for so long is gone: two heartbeats may be lost, and clocks of two hosts differ a little."""

POLL_AGE = timedelta(seconds=90)
"""A worker asks its queue at least once a minute, whether or not its heartbeats are kept."""

STUCK = 'TemporalReportedProblems IS NOT NULL AND ExecutionStatus = "Running"'
"""The server says so after five failed tasks in a row, which takes about a minute, until one succeeds."""

ASKED_FOR = {
    TASK_QUEUE: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    NIGHTLY_QUEUE: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}
"""What workers ask each queue for, whatever else they may ask it for."""


async def count_stuck(client: Client) -> int:
    """Workflows whose tasks fail over and over: the worker's code and the history do not agree, or a key is missing."""
    return (await client.count_workflows(STUCK)).count


async def served_queues(client: Client, now: datetime) -> dict[str, bool]:
    """Of each queue, whether a worker lives that takes work from it."""
    return {queue: await _is_served(client, queue, now) for queue in ASKED_FOR}


async def _is_served(client: Client, queue: str, now: datetime) -> bool:
    beats = [beat async for beat in _heartbeats(client, queue)]
    if any(_is_alive(beat, now) for beat in beats):
        return True
    # A worker in its first seconds has sent none yet, and some servers do not keep them.
    known = {beat.worker_identity for beat in beats}
    return bool(await _lately_asking(client, queue, now) - known)


async def _heartbeats(client: Client, queue: str) -> AsyncIterator[WorkerHeartbeat]:
    """The last of each worker that the server remembers, gone or not."""
    request = ListWorkersRequest(
        namespace=client.namespace, query=f'TaskQueue = "{queue}"'
    )
    while True:
        page = await client.workflow_service.list_workers(request)
        for worker in page.workers_info:
            yield worker.worker_heartbeat
        if not page.next_page_token:
            return
        request.next_page_token = page.next_page_token


def _is_alive(beat: WorkerHeartbeat, now: datetime) -> bool:
    age = now - beat.heartbeat_time.ToDatetime(UTC)
    return age < HEARTBEAT_AGE and beat.status == WorkerStatus.WORKER_STATUS_RUNNING


async def _lately_asking(client: Client, queue: str, now: datetime) -> set[str]:
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=ASKED_FOR[queue],
        )
    )
    return {
        poller.identity
        for poller in answer.pollers
        if now - poller.last_access_time.ToDatetime(UTC) < POLL_AGE
    }
