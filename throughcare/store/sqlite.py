"""SQLite off the event loop, one errand to its thread for each statement.

The driver makes four: it fetches a cursor, runs the statement, fetches the rows and closes the cursor. The statements
themselves take less time than that.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Self

import aiosqlite
from aiosqlite.core import _STOP_RUNNING_SENTINEL
from sqlalchemy import make_url

# What the driver reads at once from a cursor that is iterated over, which nobody here does.
CHUNK = 64

Rows = list[tuple[object, ...]]


class Statement:
    """A cursor that is there for one statement, with what it brought back."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._rows: Rows = []
        self.description: Sequence[object] | None = None
        self.rowcount, self.arraysize = -1, 1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, given: Sequence[object] = ()) -> Self:
        await self._connection.errand(lambda cursor: cursor.execute(sql, given), self)
        return self

    async def executemany(self, sql: str, given: Sequence[Sequence[object]]) -> Self:
        await self._connection.errand(
            lambda cursor: cursor.executemany(sql, given), self
        )
        return self

    def take(self, cursor: sqlite3.Cursor) -> None:
        """On the connection's thread."""
        self.description, self.rowcount = cursor.description, cursor.rowcount
        self.lastrowid = cursor.lastrowid
        self._rows = cursor.fetchall() if cursor.description else []

    async def fetchall(self) -> Rows:
        return self._rows

    async def close(self) -> None:
        self._rows = []


class Connection(aiosqlite.Connection):
    def stop(self) -> asyncio.Future[object] | None:
        """Where the file could not be opened nobody waits for the thread, whose word could come to a loop that is gone."""
        if self._connection is not None:
            waiting: asyncio.Future[object] | None = super().stop()
            return waiting
        self._running = False
        self._tx.put_nowait((None, lambda: _STOP_RUNNING_SENTINEL))
        return None

    def cursor(self) -> Statement:  # type: ignore[override]  # SQLAlchemy asks no more of it than this.
        return Statement(self)

    async def errand(
        self, run: Callable[[sqlite3.Cursor], object], statement: Statement
    ) -> None:
        def there_and_back() -> None:
            cursor = self._conn.cursor()
            try:
                run(cursor)
                statement.take(cursor)
            finally:
                cursor.close()

        await self._execute(there_and_back)  # type: ignore[no-untyped-call]  # It has no types.


def connector(address: str) -> Callable[[], Connection]:
    """What makes a connection to this SQLAlchemy address."""
    url = make_url(address)
    (file,), arguments = url.get_dialect()().create_connect_args(url)

    def connect() -> Connection:
        made = Connection(lambda: sqlite3.connect(file, **arguments), CHUNK)
        # As SQLAlchemy does itself: a thread that waits for work keeps no process from ending.
        made._thread.daemon = True
        return made

    return connect
