"""Writes down who was shown which record, after they were: many at a time, and out of the way of those who are asking.

What was answered is on record within a second, and before the application stops. A process that is killed loses what it
noted in its last second; its log has had each read of a case at once. What the database does not take is kept and tried again.
"""

import asyncio
from collections import deque
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from throughcare.store.database import Database, DatabaseBusy
from throughcare.store.reads import Read, note_reads

ROUND = timedelta(seconds=0.5)
AT_ONCE = 200
"""Reads written in one transaction; it is short, as others wait for their turn to write."""

MOST_WAITING = 20_000
"""Reads that wait while the database is away: a few megabytes."""

log = structlog.get_logger("throughcare.api")


class ReadLog:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[Read] = deque()
        self._writing = asyncio.Lock()

    def note(self, read: Read) -> None:
        """It is logged at once, and written soon."""
        log.info("record.read", **_facts(read))
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(read)
        else:
            log.error("read.not_recorded", **_facts(read))

    async def run(self) -> None:
        """For as long as the application runs."""
        while True:
            await asyncio.sleep(ROUND.total_seconds())
            with suppress(SQLAlchemyError, DatabaseBusy):
                await self.write()

    async def write(self) -> None:
        """All that waits. Raises what the database does; what it did not take waits on."""
        async with self._writing:
            while batch := list(islice(self._waiting, AT_ONCE)):
                try:
                    await self._database.write(note_reads, batch)
                except (SQLAlchemyError, DatabaseBusy) as error:
                    waiting = len(self._waiting)
                    log.error("reads.delayed", count=waiting, exc_info=error)
                    raise
                for _ in batch:
                    self._waiting.popleft()

    async def close(self) -> None:
        """Write what is left. What cannot be written is logged whole."""
        with suppress(SQLAlchemyError, DatabaseBusy):
            await self.write()
        while self._waiting:
            log.error("read.not_recorded", **_facts(self._waiting.popleft()))


def _facts(read: Read) -> dict[str, Any]:
    return {
        "person_id": read.reader.person,
        "kind": read.route,
        "case_ids": read.cases,
        "count": len(read.cases) + len(read.clients),
    }
