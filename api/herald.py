"""Tells open cases that the directory changed, so that a seat's duties follow whoever sits there now, and of consents they
could not be told of at once."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.consentnews import tell_untold
from throughcare.store.changes import UntoldChange, mark_told, untold_changes
from throughcare.store.database import Database
from throughcare.store.departures import seat_successor, seats_left_behind
from throughcare.store.directory import open_cases_touching
from throughcare.usecases.desk import Desk, TemporalAway

ROUND = timedelta(seconds=5)
"""How often changes are looked for that somebody else made, or that could not be told before."""

log = structlog.get_logger("throughcare.api")


class Herald:
    """A change counts as told when every case heard of it. One told twice looks its seats up twice, and that is all."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk
        self._called = asyncio.Event()

    def call(self) -> None:
        """There is a change to tell of now."""
        self._called.set()

    async def run(self) -> None:
        """For as long as the application runs."""
        while True:
            self._called.clear()
            try:
                await self.tell()
            except (TemporalAway, SQLAlchemyError) as error:
                log.warning("directory_change.delayed", exc_info=error)
            with suppress(TimeoutError):
                async with asyncio.timeout(ROUND.total_seconds()):
                    await self._called.wait()

    async def tell(self) -> None:
        """Raises TemporalAway; what is told by then stays told."""
        await self._seat_successors()
        async with self._database.sessions() as session:
            changes = await untold_changes(session)
        for change in changes:
            await self._tell(change)
        await tell_untold(self._database, self._desk)

    async def _seat_successors(self) -> None:
        """Of people who have left since the last round."""
        async with self._database.sessions() as session:
            left_behind = await seats_left_behind(session, datetime.now(UTC))
        for seat_id in left_behind:
            async with self._database.sessions.begin() as session:
                await seat_successor(session, seat_id, datetime.now(UTC))

    async def _tell(self, change: UntoldChange) -> None:
        async with self._database.sessions() as session:
            cases = await open_cases_touching(session, change.seat_ids)
        for kind, case_id in cases:
            await self._desk.tell_directory_changed(kind, case_id)
        async with self._database.sessions.begin() as session:
            await mark_told(session, change.id, datetime.now(UTC))
        log.info("directory_change.told", count=len(cases))
