"""On the time-skipping server weeks pass only while no letter is under way, as in the world, where a letter takes a moment.

Else time would run ahead of what cases are told. And a task whose timer goes off while it cancels that timer is lost for good
there (temporalio/sdk-java#3088), so word that comes in the midst of a skip would strand its case.
"""

import asyncio
from typing import Any

import temporalio.client
import temporalio.worker
from sqlalchemy import func, select, update
from temporalio.api.testservice.v1 import (
    LockTimeSkippingRequest,
    UnlockTimeSkippingRequest,
)
from temporalio.client import Client
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from tests.waiting import until
from throughcare.case.wire import CaseRecord
from throughcare.store.database import Database
from throughcare.store.notice_queue import SEAT_TAKEN
from throughcare.store.tables import NoticeRow

PATIENCE = 60.0

# What waits for others to go along with it waits by this machine's clock, which does not skip.
_GATHERED = (
    update(NoticeRow)
    .where(NoticeRow.kind == SEAT_TAKEN, NoticeRow.attempts == 0)
    .values(try_at=None)
)


class LettersFirst(temporalio.client.Interceptor, temporalio.worker.Interceptor):
    """Holds time from when a record has queued notices until all are sent, and told to their cases."""

    def __init__(self) -> None:
        self._queued = 0
        self._waiting: asyncio.Task[None] | None = None
        self.client: Client
        self.database: Database

    def intercept_activity(
        self, next: ActivityInboundInterceptor
    ) -> ActivityInboundInterceptor:
        return _Recording(next, self)

    async def hold(self) -> None:
        self._queued += 1
        if self._waiting is None:
            self._waiting = asyncio.create_task(self._until_out())
            await self.client.test_service.lock_time_skipping(LockTimeSkippingRequest())

    def release(self) -> None:
        """What is still under way is waited for no more."""
        if self._waiting:
            self._waiting.cancel()

    async def _until_out(self) -> None:
        await until(self._are_out, PATIENCE)
        await self.client.test_service.unlock_time_skipping(UnlockTimeSkippingRequest())

    async def _are_out(self) -> bool:
        before = self._queued
        to_do = select(func.count()).where(NoticeRow.done_at.is_(None))
        await self.database.write(lambda connection: connection.execute(_GATHERED))
        left = await self.database.read(lambda connection: connection.scalar(to_do))
        if left or before != self._queued:
            return False
        self._waiting = None
        return True


class _Recording(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, time: LettersFirst) -> None:
        super().__init__(next)
        self._time = time

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        result = await super().execute_activity(input)
        record = input.args[0] if input.args else None
        if isinstance(record, CaseRecord) and record.notices:
            await self._time.hold()
        return result
