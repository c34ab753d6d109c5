"""Gives the notices an event loop of their own, on a thread: a burst of cases and its letters do not wait for each other."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Self

from throughcare.notices.dispatch import Dispatcher


def new_loop() -> asyncio.AbstractEventLoop:
    """In C where that is installed: a busy worker spends a quarter of its time in its loops."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class NoticeLoop:
    """Sends for as long as it is entered; on leaving, the letters in hand are finished."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._loop = new_loop()
        self._thread = Thread(target=self._run, name="notices")

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()
        await asyncio.to_thread(self._thread.join)

    def wake(self) -> None:
        """There are notices to send. May be called from any thread."""
        self._soon(self._dispatcher.queued.set)

    def stop(self) -> None:
        """Begin no more letters."""
        self._soon(self._dispatcher.stop)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._dispatcher.run())

    def _soon(self, call: Callable[[], None]) -> None:
        # Raised where it has ended: then there is nothing to wake or to stop.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)
