"""Which clocks run for a case, read from its workflow's history: no worker is needed for it, and no payload is read."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import (
    GetWorkflowExecutionHistoryReverseRequest as ReadBackwards,
)
from temporalio.client import Client

from throughcare.store.differences import Difference, Kind
from throughcare.temporal.starting import TASK_TIMEOUT

PAGE = 200
RPC_PATIENCE = timedelta(seconds=5)

HEARD_WITHIN = timedelta(minutes=2)
"""How long a clock that rang may wait to be heard: a worker that is being replaced takes less."""

ENDED = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
    }
)
"""A workflow that is over runs no timer, though it cancelled none."""

SET_LATE_BY = TASK_TIMEOUT
"""A timer counts from the end of the task that set it, and its case counted from that task's beginning."""


async def clock_problem(
    client: Client,
    case_id: str,
    workflow_id: str,
    dues: Sequence[tuple[str, datetime]],
    now: datetime,
) -> Difference | None:
    """What is wrong with the clock of these open duties, each with its due date; the earliest one decides."""
    if not dues:
        return None
    duty, due_at = min(dues, key=lambda due: due[1])
    if due_at < now - HEARD_WITHIN:
        text = f"was due {_shown(due_at)} and is still open: its clock was not heard"
        return _problem(case_id, Kind.overdue, duty, text)
    if due_at <= now:
        return None
    rings = []
    async for ring_at in _running(client, workflow_id):
        if ring_at <= due_at + SET_LATE_BY:
            return None
        rings.append(ring_at)
    if not rings:
        text = f"is due {_shown(due_at)}, and no clock runs for it"
        return _problem(case_id, Kind.no_timer, duty, text)
    text = f"is due {_shown(due_at)}, and its clock rings {_shown(min(rings))}"
    return _problem(case_id, Kind.timer_late, duty, text)


async def _running(client: Client, workflow_id: str) -> AsyncIterator[datetime]:
    """When each timer that is running will ring, the newest first: what ended a timer is seen before the timer."""
    ended: set[str] = set()
    request = ReadBackwards(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=workflow_id),
        maximum_page_size=PAGE,
    )
    while True:
        answer = await client.workflow_service.get_workflow_execution_history_reverse(
            request, timeout=RPC_PATIENCE
        )
        for event in answer.history.events:
            if event.event_type in ENDED:
                return
            if ends := _timer_ended_by(event):
                ended.add(ends)
            elif event.HasField("timer_started_event_attributes"):
                started = event.timer_started_event_attributes
                if started.timer_id not in ended:
                    yield _rings_at(event)
        if not answer.next_page_token:
            return
        request.next_page_token = answer.next_page_token


def _timer_ended_by(event: HistoryEvent) -> str:
    return (
        event.timer_fired_event_attributes.timer_id
        or event.timer_canceled_event_attributes.timer_id
    )


def _rings_at(event: HistoryEvent) -> datetime:
    lasts = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
    return event.event_time.ToDatetime(tzinfo=UTC) + lasts


def _problem(case_id: str, kind: Kind, duty: str, text: str) -> Difference:
    return Difference(case=case_id, kind=kind, table="duties", key=duty, text=text)


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
