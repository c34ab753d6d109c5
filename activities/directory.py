"""Asks the directory who sits where."""

from temporalio import activity

from throughcare.messages import SeatLookup, SeatsFound
from throughcare.store import directory
from throughcare.store.database import Database


class DirectoryActivities:
    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def find_seats(self, lookup: SeatLookup) -> SeatsFound:
        """Reads only, so safe to repeat; history keeps what was found the first time."""
        async with self._database.sessions() as session:
            return await directory.find_seats(session, lookup)
