"""Runs cases in the worker, without what a case at hand need not keep.

The SDK gives a case two pieces of the message its first task came in: its headers, and the result of the run before it. Both
are nearly always empty, but a piece keeps the whole message in memory, and that holds the case's input twice, encrypted and
in the clear: a quarter of all that a case takes.
"""

from dataclasses import replace
from typing import Any

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.worker import (
    ExecuteWorkflowInput,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
)


class CaseRunner(UnsandboxedWorkflowRunner):
    """Without the SDK's sandbox (docs/decisions/0017), and with copies of those two."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        result = Payloads()
        result.CopyFrom(det.last_completion_result)
        classes: list[type[WorkflowInboundInterceptor]] = [_OwnHeaders]
        classes += det.interceptor_classes
        return super().create_instance(
            replace(det, last_completion_result=result, interceptor_classes=classes)
        )


class _OwnHeaders(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        # In place, because the SDK goes on holding what it has given.
        input.headers = {name: _own(value) for name, value in input.headers.items()}
        return await super().execute_workflow(input)


def _own(header: Payload) -> Payload:
    copied = Payload()
    copied.CopyFrom(header)
    return copied
