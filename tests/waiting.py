"""Waiting for a condition, never for a length of time."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

A_MOMENT = 0.01


async def until(
    holds: Callable[[], Awaitable[bool]], within_seconds: float = 15.0
) -> None:
    """Look again and again until it holds; raises TimeoutError where it never does."""
    async with asyncio.timeout(within_seconds):
        while not await holds():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), A_MOMENT)
