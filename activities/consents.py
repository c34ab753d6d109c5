"""Asks which consents of a client are on file."""

from temporalio import activity

from throughcare.serving import ConsentLookup, ConsentsFound
from throughcare.store.consents import consents_in_force
from throughcare.store.database import Database


class ConsentActivities:
    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def find_consents(self, lookup: ConsentLookup) -> ConsentsFound:
        """Reads only, so safe to repeat; history keeps what was found the first time."""
        async with self._database.sessions() as session:
            found = await consents_in_force(session, lookup.client, lookup.at)
        return ConsentsFound(consents=found)
