"""Writes cases into the tables people read."""

from temporalio import activity

from throughcare.case.wire import CaseRecord
from throughcare.store.database import Database
from throughcare.store.records import apply_record


class RecordActivities:
    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def record_case(self, record: CaseRecord) -> str:
        """One transaction; a record applied before changes nothing. Returns the record's fingerprint, for the history."""
        async with self._database.sessions.begin() as session:
            await apply_record(session, record)
        return record.digest()
