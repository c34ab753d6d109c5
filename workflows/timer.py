"""The durable timer of a case: always the next instant at which time alone changes it, in words for operators."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from temporalio import workflow

from throughcare.case.clock import Wake
from throughcare.temporal.codec import operator_text


class CaseTimer:
    def __init__(self) -> None:
        self.rang = False
        self._wake: Wake | None = None
        self._timer: asyncio.Task[None] | None = None

    def set(self, wakes: Iterable[Wake]) -> None:
        """Start it for the earliest wake. A timer that is already running for it is left alone."""
        wake = min(wakes, key=lambda each: each.at, default=None)
        if wake == self._wake:
            return
        if self._timer:
            self._timer.cancel()
        self._wake = wake
        self._timer = asyncio.create_task(self._ring(wake)) if wake else None

    async def _ring(self, wake: Wake) -> None:
        # Absolute instants, so a timer started again in a later run still fires when it was due.
        left = max(timedelta(), wake.at - workflow.now())
        await workflow.sleep(left, summary=operator_text(wake.text))
        self.rang = True
        self._wake = self._timer = None
