"""Tells open cases that the directory changed, so that a seat's duties follow whoever sits there now, and of consents they
could not be told of at once."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from throughcare.store.database import Database, DatabaseBusy
from throughcare.store.directory import open_cases_touching
from throughcare.store.outbox import drop_told, untold
from throughcare.usecases.client_news import notify_of_consents
from throughcare.usecases.departures import seat_successor, seats_left_behind
from throughcare.usecases.desk import Desk, TemporalAway

ROUND = timedelta(seconds=5)
"""How often changes are looked for that somebody else made, or that could not be told before."""

log = structlog.get_logger("throughcare.api")


class Outbox:
    """A change counts as told when every case was notified of it. One told twice looks its seats up twice, and that is all."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There is a change to tell of now."""
        self._woken.set()

    async def run(self) -> None:
        """For as long as the application runs."""
        while True:
            self._woken.clear()
            try:
                await self.notify()
            except (TemporalAway, SQLAlchemyError, DatabaseBusy) as error:
                log.warning("directory_change.delayed", exc_info=error)
            with suppress(TimeoutError):
                async with asyncio.timeout(ROUND.total_seconds()):
                    await self._woken.wait()

    async def notify(self) -> None:
        """Raises TemporalAway; what is told by then stays told."""
        await self._seat_successors()
        waiting = await self._database.read(untold)
        for change in (each for each in waiting if each.client_id is None):
            cases = await self._database.read(open_cases_touching, change.seat_ids)
            for kind, case_id in cases:
                await self._desk.tell_directory_changed(kind, case_id)
            await self._database.write(drop_told, [change])
            log.info("directory_change.told", count=len(cases))
        clients = [each.client_id for each in waiting if each.client_id]
        for client_id in dict.fromkeys(clients):
            await notify_of_consents(self._database, self._desk, client_id)

    async def _seat_successors(self) -> None:
        """Of people who have left since the last round."""
        now = datetime.now(UTC)
        for seat_id in await self._database.read(seats_left_behind, now):
            await self._database.write(seat_successor, seat_id, now)
