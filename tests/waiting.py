"""Waiting for a condition, never for a length of time."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

A_MOMENT, LONGEST = 0.01, 0.2
"""Seconds between two looks, ever longer: who looks all the time takes the machine from what is waited for."""


async def until(
    holds: Callable[[], Awaitable[bool]], within_seconds: float = 15.0
) -> None:
    """Look again and again until it holds; raises TimeoutError where it never does."""
    pause = A_MOMENT
    async with asyncio.timeout(within_seconds):
        while not await holds():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), pause)
            pause = min(pause * 1.2, LONGEST)
