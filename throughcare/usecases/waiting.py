"""Waiting for what the worker, which is another process, has yet to write."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from throughcare.usecases.desk import PATIENCE

Found = TypeVar("Found")

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.1


async def in_time(look: Callable[[], Awaitable[Found | None]]) -> Found | None:
    """What `look` finds, as soon as it finds something; None where that takes longer than anybody is kept waiting."""
    pause = FIRST_PAUSE_SECONDS
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while not (found := await look()):
                await asyncio.sleep(pause)
                # Where it takes long many are waiting, and each look is work.
                pause = min(1.5 * pause, LONGEST_PAUSE_SECONDS)
            return found
    return None
