"""Runs transactions that are plain functions of a connection, each whole, on a thread (docs/decisions/0018)."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from datetime import timedelta
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from throughcare.errors import ThroughcareError
from throughcare.temporal.tracing import span

AT_ONCE = 8
"""Transactions of one process at a time; SQLite has one that writes among them."""

LONGEST_WAIT = timedelta(seconds=10)
"""For a turn. Whoever waited longer than that has given up, and their work would only keep others waiting."""


class DatabaseBusy(ThroughcareError):
    status = 503

    def __init__(self) -> None:
        super().__init__(
            "The database had no turn for this in time. Nothing was changed; try again in a moment."
        )


Given = ParamSpec("Given")
Got = TypeVar("Got")

Transaction = Callable[Concatenate[Connection, Given], Got]


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """A preview does the very thing and takes it back, so that the two cannot differ. To be run as what writes."""
    with connection.begin_nested() as savepoint:
        yield
        savepoint.rollback()


class Transactions:
    """One hop to a thread for each transaction, whatever number of statements it has.

    SQLite has one writer at a time and lets the others try again and again, in no order, until one gives up. Those of
    one process wait in line for one thread instead.
    """

    def __init__(self, engine: Engine, wait: timedelta = LONGEST_WAIT) -> None:
        self._wait = wait
        self.reads = engine
        self.writes = engine.execution_options(writes=True)
        self._threads = ThreadPoolExecutor(AT_ONCE, "store")
        one_writer = engine.dialect.name == "sqlite"
        self._writers = ThreadPoolExecutor(1, "writer") if one_writer else self._threads

    async def read(
        self,
        transaction: Transaction[Given, Got],
        *args: Given.args,
        **kwargs: Given.kwargs,
    ) -> Got:
        """What the transaction returns. Whatever it changed is undone. Raises DatabaseBusy, and what it raises."""

        def run() -> Got:
            with self.reads.connect() as connection:
                return transaction(connection, *args, **kwargs)

        with span("store.read:" + _name(transaction)):
            return await self._on(self._threads, run)

    async def write(
        self,
        transaction: Transaction[Given, Got],
        *args: Given.args,
        **kwargs: Given.kwargs,
    ) -> Got:
        """What the transaction returns, once all that it wrote is kept; nothing of it is where it raises. Raises
        DatabaseBusy, and what it raises."""

        def run() -> Got:
            with self.writes.begin() as connection:
                return transaction(connection, *args, **kwargs)

        with span("store.write:" + _name(transaction)):
            return await self._on(self._writers, run)

    async def close(self) -> None:
        """Wait for what was begun."""
        for threads in (self._threads, self._writers):
            await asyncio.to_thread(threads.shutdown)
        self.reads.dispose()

    async def _on(self, threads: ThreadPoolExecutor, run: Callable[[], Got]) -> Got:
        work = threads.submit(copy_context().run, run)
        result = asyncio.wrap_future(work)
        try:
            await asyncio.wait({result}, timeout=self._wait.total_seconds())
        except asyncio.CancelledError:
            work.cancel()
            raise
        # What is begun is waited for: it may have changed something by now.
        if work.cancel():
            raise DatabaseBusy
        return await result


def _name(transaction: Callable[..., object]) -> str:
    """In traces."""
    return getattr(transaction, "__name__", type(transaction).__name__)
