"""After a restore: cases that the tables know more of than Temporal does are begun again from the tables, where each was at its
last record. It asks no worker, so that none needs to run, and no clock to ring, before it is done."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection, select
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryReverseRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from throughcare.case.duty import Discharge
from throughcare.case.entry import EntryKind
from throughcare.case.wire import CaseRun, workflow_id
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.cases import carried_run
from throughcare.store.database import Database
from throughcare.store.notice_queue import tell_again
from throughcare.store.tables import CaseRow
from throughcare.temporal.timer_audit import RPC_PATIENCE
from throughcare.usecases.desk import Desk

STATUS = WorkflowExecutionStatus
CUT_SHORT = (
    STATUS.WORKFLOW_EXECUTION_STATUS_TERMINATED,
    STATUS.WORKFLOW_EXECUTION_STATUS_FAILED,
    STATUS.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
)

log = structlog.get_logger()


class Lost(StrEnum):
    """What became of the workflow of a case that can be begun again."""

    gone = "gone"
    """Temporal knows nothing of it."""
    behind = "behind"
    """What Temporal knows of it is from before its last record."""
    ended = "ended"
    """It came to an end without closing its case. Only whoever names such a case has it begun again."""


class CannotBegin(NamedTuple):
    case: str
    why: str


class Begun(NamedTuple):
    case: str
    lost: Lost


class _Row(NamedTuple):
    id: str
    kind: str
    at: datetime
    closed_at: datetime | None


class Restoring:
    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._desk = Desk(client)

    async def begin(
        self, cases: Collection[str] | None, by: str, reason: str, *, dry_run: bool
    ) -> AsyncIterator[Begun | CannotBegin]:
        """Begin these cases again, or every one that is gone or behind. Raises RPCError and TemporalAway; what is begun by then
        goes on."""
        for row in await self._database.read(_rows, cases):
            lost = await self._lost(row)
            if lost is None or (lost is Lost.ended and not cases):
                if cases:
                    yield CannotBegin(row.id, "its workflow is as recorded")
                continue
            run = await self._database.read(carried_run, row.id)
            if run is None or run.carried is None:
                yield CannotBegin(row.id, "the tables do not have its whole state")
                continue
            if not dry_run:
                await self._begin(row, run, by, reason)
            yield Begun(row.id, lost)
        for unknown in await self._unknown(cases):
            yield CannotBegin(unknown, "the tables have no such case")

    async def _begin(
        self, row: _Row, run: CaseRun[Any, Any], by: str, reason: str
    ) -> None:
        assert run.carried is not None
        state, now = run.carried.state, datetime.now(UTC)
        if row.closed_at is None:
            state.note(
                EntryKind.begun_again,
                f"Begun again from its record of {row.at:%Y-%m-%d %H:%M} UTC.",
                now,
                by=Discharge(event_at=now, entered_at=now, person=by),
                words=reason,
            )
        await self._desk.begin_again(run)
        # What it was told since its last record it has not heard.
        await self._database.write(tell_again, row.id, row.at)
        log.info("case.begun_again", case_id=row.id)

    async def _lost(self, row: _Row) -> Lost | None:
        execution = WorkflowExecution(workflow_id=workflow_id(row.kind, row.id))
        service, here = self._client.workflow_service, self._client.namespace
        try:
            # Not the SDK's own: that fails for a workflow that an operator paused.
            seen = await service.describe_workflow_execution(
                DescribeWorkflowExecutionRequest(namespace=here, execution=execution),
                timeout=RPC_PATIENCE,
            )
            last = await service.get_workflow_execution_history_reverse(
                GetWorkflowExecutionHistoryReverseRequest(
                    namespace=here, execution=execution, maximum_page_size=1
                ),
                timeout=RPC_PATIENCE,
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return Lost.gone if row.closed_at is None else None
        status = seen.workflow_execution_info.status
        runs = status == STATUS.WORKFLOW_EXECUTION_STATUS_RUNNING
        if (runs or row.closed_at is None) and _last_at(last.history.events) < row.at:
            return Lost.behind
        if status in CUT_SHORT and row.closed_at is None:
            return Lost.ended
        return None

    async def _unknown(self, cases: Collection[str] | None) -> Collection[str]:
        known = {row.id for row in await self._database.read(_rows, cases)}
        return sorted(set(cases or ()) - known)


def _last_at(events: Collection[Any]) -> datetime:
    at: datetime = max(each.event_time.ToDatetime(tzinfo=UTC) for each in events)
    return at


def _rows(connection: Connection, cases: Collection[str] | None) -> list[_Row]:
    """A closed case too: restored from before it was closed, its workflow would go on."""
    query = select(CaseRow.id, CaseRow.kind, CaseRow.at, CaseRow.closed_at)
    if cases:
        query = query.where(CaseRow.id.in_(cases))
    found = connection.execute(query.order_by(CaseRow.id))
    return [_Row(*row) for row in found if row.kind in LIFECYCLES]
