"""Saved histories are replayed through today's code, and must still say what they said then.

The SDK's replayer checks the order and kind of commands, not what is in them. So every record, with the notices it queues, is
compared as well, by the fingerprint that its marker keeps.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
    WorkflowRunner,
)
from temporalio.workflow import ActivityHandle

from tests.case.test_entry_kinds import known
from tests.sandbox import sandbox
from throughcare.case.wire import CaseRecord, RecordWritten
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.temporal.codec import case_of, data_converter
from throughcare.temporal.keys import KeyRing
from throughcare.temporal.runner import CaseRunner
from throughcare.temporal.spans import Exporting
from worker import case_workflows

HISTORIES = {
    path.stem: path.read_text()
    for path in sorted((Path(__file__).parent / "histories").glob("*.json"))
}
KEYS = KeyRing(active="test", keys={"test": bytes(32)})


class Heard:
    """What the replayed code asked of its activities, in order. The SDK makes interceptors itself, so it is one for all."""

    records: ClassVar[list[str]] = []
    unknown: ClassVar[set[str]] = set()
    """Kinds of entries that no enum and no message has."""


class Listening(WorkflowOutboundInterceptor):
    def start_local_activity(
        self, input: StartLocalActivityInput
    ) -> ActivityHandle[Any]:
        if isinstance(input.args[0], CaseRecord):
            record = input.args[0]
            kinds = {entry.kind for entry in record.entries}
            Heard.records.append(record.digest())
            Heard.unknown |= kinds - known(LIFECYCLES[record.kind].messages)
        return super().start_local_activity(input)


class ListeningInbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(Listening(outbound))


class Listener(Interceptor):
    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        return ListeningInbound


@pytest.mark.parametrize("name", HISTORIES)
async def test_a_saved_history_replays_with_the_same_commands_records_and_notices(
    name: str,
) -> None:
    converter = data_converter(KEYS)
    history = saved(HISTORIES[name])
    Heard.records, Heard.unknown = [], set()

    await Replayer(
        workflows=case_workflows(),
        workflow_runner=sandbox(),
        data_converter=converter,
        interceptors=[Listener()],
    ).replay_workflow(history)

    recorded = await _recorded(history, converter)
    assert recorded
    # A history saved while its case was open ends in the midst of things, and the replay goes on a little from there.
    assert Heard.records[: len(recorded)] == recorded
    assert Heard.unknown == set()


@pytest.mark.parametrize("runner", [sandbox, CaseRunner])
async def test_a_saved_history_replays_where_there_are_traces(
    runner: Callable[[], WorkflowRunner],
) -> None:
    interceptors = Exporting("http://127.0.0.1:1", "test").interceptors

    await Replayer(
        workflows=case_workflows(),
        workflow_runner=runner(),
        data_converter=data_converter(KEYS),
        interceptors=interceptors,
    ).replay_workflow(saved(HISTORIES["settled-at-a3"]))


def saved(text: str) -> WorkflowHistory:
    """Under the id of its own workflow, which alone its start was encrypted for."""
    history = WorkflowHistory.from_json("saved", text)
    started = history.events[0].workflow_execution_started_event_attributes
    return replace(history, workflow_id=case_of(started.input.payloads[0]) or "")


async def _recorded(history: WorkflowHistory, converter: DataConverter) -> list[str]:
    found: list[RecordWritten] = []
    for event in history.events:
        details = event.marker_recorded_event_attributes.details
        if "data" in details and _kind(event) == "record_case":
            found += await converter.decode(details["result"].payloads, [RecordWritten])
    return [each.digest for each in found]


def _kind(event: HistoryEvent) -> str:
    data = event.marker_recorded_event_attributes.details["data"].payloads[0].data
    kind: str = json.loads(data)["activity_type"]
    return kind
