"""Tells cases what became of their notices."""

import asyncio
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from throughcare.case.wire import NOTICES_SETTLED, NoticesSettled, workflow_id

PATIENCE = timedelta(seconds=5)
"""For the call in all: the limit of an RPC itself is per attempt."""


class CaseReporter:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def tell(self, kind: str, case_id: str, settled: NoticesSettled) -> None:
        """Returns once the case has it for good, or is over. Raises TimeoutError, RPCError and RuntimeError."""
        handle = self._client.get_workflow_handle(workflow_id(kind, case_id))
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await handle.signal(NOTICES_SETTLED, settled, rpc_timeout=PATIENCE)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
