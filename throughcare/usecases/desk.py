"""The desk where messages are handed in: what API and command line say to Temporal."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.exc import OperationalError
from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from throughcare.case.base import Frozen
from throughcare.case.refusals import Refused
from throughcare.case.wire import (
    MESSAGE_FAILED,
    Answer,
    CaseRun,
    Changed,
    Envelope,
    OpenCase,
    Refusal,
    workflow_id,
)
from throughcare.errors import ThroughcareError
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.database import DatabaseBusy
from throughcare.temporal.client import TASK_QUEUE
from throughcare.temporal.codec import operator_text
from throughcare.temporal.liveness import served_queues
from throughcare.temporal.starting import TASK_TIMEOUT, search_attributes

PATIENCE = timedelta(seconds=2)
"""How long somebody is kept waiting for an answer before their message is left instead."""

ENDED_UNDER_IT = "AcceptedUpdateCompletedWorkflow"
"""How the server types the failure of a message whose workflow ended before it was done with it."""


class TemporalAway(ThroughcareError):
    status = 503

    def __init__(self) -> None:
        super().__init__(
            "Temporal cannot be reached. Nothing was changed; send the same request again, with the same Idempotency-Key."
        )


REFUSED_BY_TEMPORAL = frozenset(
    {
        RPCStatusCode.INVALID_ARGUMENT,
        RPCStatusCode.NOT_FOUND,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.FAILED_PRECONDITION,
        RPCStatusCode.UNIMPLEMENTED,
        RPCStatusCode.UNAUTHENTICATED,
    }
)
"""The server's word that it did nothing. Any other failure may have come after it did, or on the way back."""


class NotConfirmed(TemporalAway):
    """What was sent may have been taken, or may still be; the answer did not come. `about` names what it would have made."""

    def __init__(self) -> None:
        ThroughcareError.__init__(
            self,
            "Temporal or the database did not answer in time, so it is not known whether this was done. Send the same request again within ten minutes, with the same Idempotency-Key where it had one: it counts once.",
        )
        self.about: tuple[str, ...] = ()


@contextmanager
def after_the_act() -> Iterator[None]:
    """For what is only read to show what was done. Raises NotConfirmed where the database does not answer: its own word, that
    nothing was changed, would be of this read."""
    try:
        yield
    except (DatabaseBusy, OperationalError) as error:
        raise NotConfirmed from error


class RefusedByCase(Refused):
    """A refusal that a workflow gave, as it came over the wire."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail, refusal.allowed, refusal.about)
        self.kind = refusal.kind
        self.status = refusal.status
        self.shown = refusal.shown


class GoneFromTemporal(Exception):
    """No workflow of this id runs: the case is closed, or never began."""


class Desk:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def open(self, opening: OpenCase[Any]) -> None:
        """Start a case, once per case id; it is kept from then on, worker or no worker. Raises TemporalAway,
        which may be NotConfirmed, here and below."""
        run = LIFECYCLES[opening.kind].run(opening=opening)
        # Then it was opened before under this id, and closed since.
        with suppress(WorkflowAlreadyStartedError):
            await self._start(run, "", WorkflowIDReusePolicy.REJECT_DUPLICATE)

    async def take_up(
        self, run: CaseRun[Any, Any], name: str, envelope: Envelope
    ) -> None:
        """Have a closed case go on with this message, in a new run of its workflow; one that already does hears it too.
        Raises TemporalAway."""
        # Only a case that SQL knows as closed comes here, so the id is free or its next run has begun.
        await self._start(
            run,
            ", taken up again",
            WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            _named(name, envelope),
        )

    async def begin_again(self, run: CaseRun[Any, Any]) -> None:
        """Have a case go on from here in place of what Temporal knows of it, if anything. Raises TemporalAway."""
        await self._start(
            run,
            ", begun again",
            WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            running=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
        )

    async def send(
        self, kind: str, case_id: str, name: str, envelope: Envelope
    ) -> Answer | None:
        """Hand in a message: as an Update, whose answer this returns, or where no worker answers in time as a Signal,
        which is kept and applied later: None. Raises RefusedByCase, GoneFromTemporal and TemporalAway."""
        handle, envelope = self._handle(kind, case_id), _named(name, envelope)
        update = await self._accepted(handle, name, envelope)
        if update is None:
            # Once this returns the message is kept, through any crash.
            await self._signal(handle, name, envelope)
            return None
        try:
            async with _in_time():
                return await update.result()
        except WorkflowUpdateFailedError as error:
            if _type_of(error) == ENDED_UNDER_IT:
                return None  # What it says is in the history.
            _raise_refusal(error)
            raise
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, RPCError):
            _go_on_unless_cancelled()
            return None  # It is in the history, so it will be applied.

    async def leave(
        self, kind: str, case_id: str, name: str, envelope: Envelope
    ) -> None:
        """Leave a message that nobody waits for the answer of: it is kept, and heard in its turn. Raises GoneFromTemporal
        and TemporalAway."""
        await self._signal(self._handle(kind, case_id), name, _named(name, envelope))

    async def tell_directory_changed(self, kind: str, case_id: str) -> None:
        """Have a case look its seats up again; a closed one has no need to. Raises TemporalAway."""
        await self._tell(kind, case_id, "directory_changed")

    async def tell_consents_changed(self, kind: str, case_id: str) -> None:
        """Have a case look up which consents are on file. Raises TemporalAway."""
        await self._tell(kind, case_id, "consents_changed")

    async def missing(self) -> dict[str, str]:
        """What does not answer or is not there, of: temporal, worker."""
        try:
            async with _in_time():
                served = await served_queues(self._client, datetime.now(UTC))
        except (TimeoutError, RPCError, RuntimeError):
            return {"temporal": "cannot be reached"}
        return {} if all(served.values()) else {"worker": "no worker asks for work"}

    # -- private -----------------------------------------------------------------------------------------------

    async def _start(
        self,
        run: CaseRun[Any, Any],
        again: str,
        reuse: WorkflowIDReusePolicy,
        first: Envelope | None = None,
        running: WorkflowIDConflictPolicy = WorkflowIDConflictPolicy.USE_EXISTING,
    ) -> None:
        """`again` is what operators are told beside the summary, `first` the message it begins with, `running` what becomes of
        one that runs. Raises WorkflowAlreadyStartedError and TemporalAway."""
        opening = run.opening
        lifecycle = LIFECYCLES[opening.kind]
        try:
            async with _in_time():
                await self._client.start_workflow(
                    lifecycle.workflow,
                    run,
                    id=workflow_id(opening.kind, opening.case_id),
                    task_queue=TASK_QUEUE,
                    task_timeout=TASK_TIMEOUT,
                    id_reuse_policy=reuse,
                    id_conflict_policy=running,
                    start_signal=first.name if first else None,
                    start_signal_args=[first] if first else [],
                    search_attributes=search_attributes(opening),
                    static_summary=operator_text(lifecycle.summary(opening) + again),
                    rpc_timeout=PATIENCE,
                )
        except (TimeoutError, RPCError, RuntimeError) as error:
            raise _away(error) from error

    def _handle(self, kind: str, case_id: str) -> WorkflowHandle[object, object]:
        return self._client.get_workflow_handle(workflow_id(kind, case_id))

    async def _tell(self, kind: str, case_id: str, what: str) -> None:
        changed = Changed(at=datetime.now(UTC))
        with suppress(GoneFromTemporal):
            await self._signal(self._handle(kind, case_id), what, changed)

    async def _accepted(
        self, handle: WorkflowHandle[object, object], name: str, envelope: Envelope
    ) -> WorkflowUpdateHandle[Answer] | None:
        """None where nobody answers. Before it is accepted an update is nowhere but in memory, so it must be left anew."""
        try:
            async with _in_time():
                return await handle.start_update(
                    name,
                    envelope,
                    id=envelope.message_id,
                    wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                    result_type=Answer,
                    rpc_timeout=PATIENCE,
                )
        except WorkflowUpdateFailedError as error:
            _raise_refusal(error)
            raise
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise GoneFromTemporal from error
            return None
        except RuntimeError as error:
            raise TemporalAway from error
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            _go_on_unless_cancelled()
            return None

    async def _signal(
        self, handle: WorkflowHandle[object, object], name: str, said: Frozen
    ) -> None:
        try:
            async with _in_time():
                await handle.signal(name, said, rpc_timeout=PATIENCE)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise GoneFromTemporal from error
            raise _away(error) from error
        except (TimeoutError, RuntimeError) as error:
            raise _away(error) from error


def _away(error: TimeoutError | RPCError | RuntimeError) -> TemporalAway:
    # A RuntimeError is of a client that never got through to the server.
    refused = isinstance(error, RPCError) and error.status in REFUSED_BY_TEMPORAL
    certain = refused or isinstance(error, RuntimeError)
    return TemporalAway() if certain else NotConfirmed()


def _named(name: str, envelope: Envelope) -> Envelope:
    """Whoever reads it compares its own name with the one it came under."""
    return envelope.model_copy(update={"name": name})


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """The limit of an RPC itself is per attempt, and attempts are many; this one is for good."""
    async with asyncio.timeout(PATIENCE.total_seconds()):
        yield


def _go_on_unless_cancelled() -> None:
    """The SDK shows a cancelled caller the same error as a late answer."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _type_of(error: WorkflowUpdateFailedError) -> str | None:
    return error.cause.type if isinstance(error.cause, ApplicationError) else None


def _raise_refusal(error: WorkflowUpdateFailedError) -> None:
    """Raises RefusedByCase where that is what failed the message; anything else is a fault of ours."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.type == MESSAGE_FAILED:
        raise RefusedByCase(Refusal.model_validate(cause.details[0])) from error
