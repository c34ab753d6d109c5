"""Writes cases into the tables people read."""

import asyncio

from temporalio import activity

from throughcare.case.wire import CaseRecord, RecordWritten
from throughcare.store.database import Database
from throughcare.store.notices import await_reports
from throughcare.store.records import apply_record


class RecordActivities:
    """`queued` is set whenever there are notices to send."""

    def __init__(self, database: Database, queued: asyncio.Event | None = None) -> None:
        self._database = database
        self._queued = queued

    @activity.defn
    async def record_case(self, record: CaseRecord) -> RecordWritten:
        """One transaction; a record applied before changes nothing. Returns its fingerprint, for the history."""
        awaited: tuple[str, ...] = ()
        async with self._database.sessions.begin() as session:
            await apply_record(session, record)
            if record.closed_at is not None:
                awaited = await await_reports(session, record.case_id)
        if self._queued and record.notices:
            self._queued.set()
        return RecordWritten(digest=record.digest(), awaited=awaited)
