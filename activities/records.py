"""Writes cases into the tables people read."""

from collections.abc import Callable

from sqlalchemy import Connection
from temporalio import activity

from throughcare.case.wire import CaseRecord, RecordWritten
from throughcare.store.database import Database
from throughcare.store.notice_queue import await_reports
from throughcare.store.records import apply_record
from throughcare.temporal.tracing import span


class RecordActivities:
    """`wake` is called whenever there are notices to send."""

    def __init__(
        self, database: Database, wake: Callable[[], None] | None = None
    ) -> None:
        self._database = database
        self._wake = wake

    @activity.defn
    async def record_case(self, record: CaseRecord) -> RecordWritten:
        """One transaction; a record applied before changes nothing. Returns its fingerprint, for the history."""
        facts = {"case.kind": record.kind, "case.step": record.step}
        with span("case.record", facts):
            awaited = await self._database.write(_record, record)
        if self._wake and record.notices:
            self._wake()
        return RecordWritten(digest=record.digest(), awaited=awaited)


def _record(connection: Connection, record: CaseRecord) -> tuple[str, ...]:
    """The keys of the notices a closed case is still to be told of."""
    apply_record(connection, record)
    if record.closed_at is None:
        return ()
    return await_reports(connection, record.case_id)
