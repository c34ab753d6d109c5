"""Holds the tables against the workflows they come from, mends them, and sees that every due date has its clock.

A workflow is the truth of its case: it is asked by its query `whole`. Temporal's list of workflows lags behind, so it is
believed for ids and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
)
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from throughcare.case.duty import Duty
from throughcare.case.wire import CaseRecord, case_of, workflow_id
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.comparison import (
    Recorded,
    closed_cases,
    differences,
    is_ahead,
    note_check,
    open_cases,
    read_recorded,
    rewrite,
)
from throughcare.store.database import Database
from throughcare.store.differences import (
    MENDABLE,
    Compared,
    Difference,
    Kind,
    counted,
    of_case,
)
from throughcare.store.records import Record
from throughcare.store.restores import Restore, last_restore
from throughcare.store.superseding import MENDED, RESTORED
from throughcare.temporal.codec import PayloadUnreadable
from throughcare.temporal.timer_audit import RPC_PATIENCE, clock_problem

TOGETHER = 10
"""Cases looked at at a time: half of what one worker takes at once, so people are still answered."""

LOOKS = 3
LOOK_AGAIN_AFTER = timedelta(milliseconds=200)
"""A case that is just being recorded differs for a moment."""

GIVE_UP_AFTER = 20
"""Questions without an answer, one after the other: then nobody is there, and the rest is not asked."""

_ENDED = ("COMPLETED", "FAILED", "CANCELED", "TERMINATED", "TIMED_OUT")
ENDED = [
    WorkflowExecutionStatus.Value(f"WORKFLOW_EXECUTION_STATUS_{how}") for how in _ENDED
]

log = structlog.get_logger()


class _Look(NamedTuple):
    """`record` is None where the workflow did not say, or was in the midst of something."""

    here: Recorded
    record: Record | None
    found: list[Difference]


class Reconciliation:
    """One comparison. `mend` writes what differs, `everything` also what does not; `clocks` looks after the timers too."""

    def __init__(
        self,
        client: Client,
        database: Database,
        now: Callable[[], datetime],
        *,
        mend: bool = False,
        everything: bool = False,
        clocks: bool = True,
        patience: timedelta = RPC_PATIENCE,
    ) -> None:
        self._client = client
        self._database = database
        self._now = now
        self._mend = mend
        self._everything = everything
        self._clocks = clocks
        self._patience = patience
        self._restore: Restore | None = None
        self._running: dict[str, str] = {}
        """The kind of every case that Temporal says is running, by its id."""
        self._unanswered = 0

    async def every_case(self, closed_for: timedelta | None = None) -> set[str]:
        """The ids of all that is open, here or there; with `closed_for`, also of what closed no longer ago than that.
        Raises RPCError."""
        types = ", ".join(f"'{each.workflow}'" for each in LIFECYCLES.values())
        query = f"WorkflowType IN ({types}) AND ExecutionStatus = 'Running'"
        workflows = self._client.list_workflows(query)
        cases = [case_of(execution.id) async for execution in workflows]
        self._running = {case: kind for kind, case in cases if kind in LIFECYCLES}
        found = self._running.keys() | await self._database.read(open_cases)
        if closed_for:
            since = self._now() - closed_for
            found |= await self._database.read(closed_cases, since)
        return found

    async def run(
        self,
        check_id: str,
        cases: Iterable[str],
        looked: Callable[[int], None] = lambda count: None,
    ) -> Compared:
        """Look at these cases, and leave a row of it. `looked` is told how many are done. Where many are ahead of their
        workflows nothing is mended: a person says first what became of Temporal."""
        started_at = self._now()
        await self._database.write(note_check, check_id, started_at, None, Compared())
        self._restore = await self._database.read(last_restore)
        found = await self._each(cases, self._find, looked)
        compared = counted(found)
        if compared.many_ahead:
            log.error("records.ahead", count=compared.ahead)
        elif self._mend:
            differing = [case for case, each in found.items() if self._mends(each)]
            found |= await self._each(
                differing, self._settle, lambda _: looked(len(found))
            )
            compared = counted(found)
        ended_at = self._now()
        await self._database.write(note_check, check_id, started_at, ended_at, compared)
        log.info("records.checked", **compared.model_dump(exclude={"differences"}))
        return compared

    def _mends(self, found: list[Difference]) -> bool:
        return self._everything or any(each.kind in MENDABLE for each in found)

    async def _each(
        self,
        cases: Iterable[str],
        do: Callable[[str], Awaitable[list[Difference]]],
        looked: Callable[[int], None],
    ) -> dict[str, list[Difference]]:
        found: dict[str, list[Difference]] = {}
        waiting = iter(sorted(set(cases)))

        async def take_one_after_another() -> None:
            for case in waiting:
                found[case] = await do(case)
                looked(len(found))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(TOGETHER):
                    group.create_task(take_one_after_another())
        except ExceptionGroup as failed:
            # The database is away; whoever asked is told that, and not in how many places it was noticed.
            raise failed.exceptions[0] from failed
        return found

    async def _find(self, case: str) -> list[Difference]:
        found = (await self._look_until_sure(case)).found
        for each in found:
            log.warning("records.differed", case_id=case, kind=each.kind)
        return found

    async def _settle(self, case: str) -> list[Difference]:
        look = await self._look_until_sure(case)
        if look.record is None or not self._mends(look.found):
            return look.found
        why = MENDED
        if self._restore and is_ahead(look.record, look.here):
            why = RESTORED.format(number=self._restore.number)
        is_written = await self._database.write(
            rewrite, look.record, look.here, self._now(), why
        )
        again = (await self._look_until_sure(case)).found
        if not is_written:
            return again
        log.info("records.mended", case_id=case)
        left = {(each.table, each.key) for each in again}
        return [_mended(each, left) for each in look.found]

    async def _look_until_sure(self, case: str) -> _Look:
        look = await self._look(case)
        for _ in range(LOOKS - 1):
            if not look.found or self._unanswered >= GIVE_UP_AFTER:
                break
            await asyncio.sleep(LOOK_AGAIN_AFTER.total_seconds())
            look = await self._look(case)
        return look

    async def _look(self, case: str) -> _Look:
        # The tables first: what the workflow says is then never older than what it is held against.
        before = here = await self._database.read(read_recorded, case)
        try:
            said = await self._ask(case, here)
            if isinstance(said, Kind):
                return _Look(here, None, await self._unsaid(case, said, here))
            if differences(said, before):
                # Unless it went on while it was asked: then what it says may be what was recorded meanwhile.
                here = await self._database.read(read_recorded, case)
            if here.stamp == before.stamp or not differences(said, here):
                return await self._held_against(said, here)
        except RPCError:
            pass
        return _Look(here, None, [of_case(case, Kind.unreachable)])

    async def _ask(self, case: str, here: Recorded) -> Record | Kind:
        said: Record | Kind = Kind.no_workflow
        for kind in self._kinds(case, here):
            said = await self._ask_one(kind, case)
            if said is not Kind.no_workflow:
                break
        return said

    def _kinds(self, case: str, here: Recorded) -> list[str]:
        """The kinds of case it may be, the likeliest first: its row may be gone, or wrong."""
        known = here.kind or self._running.get(case)
        return sorted(LIFECYCLES, key=lambda kind: kind != known)

    async def _ask_one(self, kind: str, case: str) -> Record | Kind:
        if self._unanswered >= GIVE_UP_AFTER:
            return Kind.unreachable
        handle = self._client.get_workflow_handle(workflow_id(kind, case))
        try:
            record: Record = await handle.query(
                "whole", result_type=CaseRecord, rpc_timeout=self._patience
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return Kind.no_workflow
            self._unanswered += 1
            return Kind.unreachable
        except (WorkflowQueryFailedError, PayloadUnreadable, ValueError):
            # This case's own trouble: its history does not replay, or its key is missing.
            return Kind.unreachable
        self._unanswered = 0
        return record

    async def _unsaid(self, case: str, kind: Kind, here: Recorded) -> list[Difference]:
        """Its clock needs no worker to be seen."""
        if kind is Kind.no_workflow:
            if here.case is None:
                kind = Kind.unknown_case
            elif not here.is_open:
                kind = Kind.no_history
            return [of_case(case, kind)]
        workflow = workflow_id(here.kind or "", case)
        clock = await self._clock(case, workflow, here.open_dues())
        return [of_case(case, kind), *clock]

    async def _held_against(self, record: Record, here: Recorded) -> _Look:
        case = record.case_id
        workflow = workflow_id(record.kind, case)
        found = differences(record, here)
        if self._is_ahead(record, here):
            found.append(of_case(case, Kind.ahead))
        is_open = record.closed_at is None
        if is_open and self._clocks:
            found += await self._clock(case, workflow, _open_dues(record.duties))
        if found or (is_open and case not in self._running):
            seen = await self._describe(workflow)
            if found and _is_busy(seen):
                # Between two records: what it says now is on its way into the tables, or not yet settled.
                return _Look(here, None, [of_case(case, Kind.unreachable)])
            if is_open and seen.workflow_execution_info.status in ENDED:
                # That no clock runs either goes without saying.
                found = [each for each in found if each.kind is not Kind.no_timer]
                found.append(of_case(case, Kind.ended))
        return _Look(here, record, found)

    def _is_ahead(self, record: Record, here: Recorded) -> bool:
        """Of what was recorded before a declared restore it is known why."""
        if here.stamp is None or not is_ahead(record, here):
            return False
        return self._restore is None or here.stamp.at > self._restore.declared_at

    async def _clock(
        self, case: str, workflow: str, dues: list[tuple[str, datetime]]
    ) -> list[Difference]:
        if not self._clocks:
            return []
        found = await clock_problem(self._client, case, workflow, dues, self._now())
        return [found] if found else []

    async def _describe(self, workflow: str) -> DescribeWorkflowExecutionResponse:
        # Not the SDK's own: that fails for a workflow that an operator paused.
        return await self._client.workflow_service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(
                namespace=self._client.namespace,
                execution=WorkflowExecution(workflow_id=workflow),
            ),
            timeout=self._patience,
        )


def _open_dues(duties: Iterable[Duty]) -> list[tuple[str, datetime]]:
    return [(each.id, each.due_at) for each in duties if each.is_open and each.due_at]


def _is_busy(seen: DescribeWorkflowExecutionResponse) -> bool:
    return seen.HasField("pending_workflow_task") or bool(seen.pending_activities)


def _mended(found: Difference, left: set[tuple[str, str]]) -> Difference:
    is_mended = found.kind in MENDABLE and (found.table, found.key) not in left
    return found.model_copy(update={"mended": is_mended})
