"""What the real Temporal server lets anybody send, and which of it a case takes."""

import sysconfig
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import RawValue
from temporalio.converter import WorkflowSerializationContext
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from tests.sandbox import sandbox
from tests.waiting import until
from throughcare.case.refusals import Refused
from throughcare.case.wire import SealedStart
from throughcare.temporal.client import connect
from throughcare.temporal.codec import data_converter
from throughcare.temporal.keys import KeyRing
from throughcare.temporal.sealing import open_sealed

TEMPORAL = str(Path(sysconfig.get_path("scripts"), "temporal"))
QUEUE = "sealing"
KEYS = KeyRing(active="k1", keys={"k1": b"1" * 32})
FORGED = KeyRing(active="k1", keys={"k1": b"2" * 32})
STRANGE = KeyRing(active="k9", keys={"k9": b"9" * 32})
SOON = timedelta(seconds=10)
TASK_FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
TAKING_UP = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
)
Handle = WorkflowHandle["ListeningWorkflow", list[str]]


class Said(BaseModel):
    text: str = ""
    case: str = ""
    queue: str = QUEUE


class Start(SealedStart):
    taken: tuple[str, ...] = ()
    waiting: tuple[tuple[str, Said], ...] = ()


@activity.defn
async def look_up(text: str) -> Said:
    return Said(text=f"looked up {text}")


@activity.defn(name="look_up")
async def make_up(text: RawValue) -> dict[str, str]:
    return {"text": "made up"}


@workflow.defn(name="Listening")
class ListeningWorkflow:
    """A case that takes what was encrypted for it, and keeps why it refused the rest."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.id = workflow.info().workflow_id
        self.taken = list(start.taken)
        self.waiting = list(start.waiting)
        self.refused: list[str] = []

    @workflow.run
    async def run(self, start: Start) -> list[str]:
        while True:
            await workflow.wait_condition(lambda: bool(self.waiting))
            name, said = self.waiting.pop(0)
            match name:
                case "say":
                    self.taken.append(said.text)
                case "look_up":
                    await self._look_up(said)
                case "tell":
                    other = workflow.get_external_workflow_handle(said.case)
                    await other.signal("say", Said(text=said.text))
                case "open":
                    child = Start(taken=(said.text,))
                    await workflow.start_child_workflow(
                        ListeningWorkflow.run,
                        child,
                        id=said.case,
                        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                    )
                case "start_afresh":
                    workflow.continue_as_new(
                        Start(taken=tuple(self.taken), waiting=tuple(self.waiting))
                    )
                case "close":
                    return self.taken

    @workflow.update(dynamic=True)
    async def message(self, name: str, args: Sequence[RawValue]) -> str:
        self.waiting.append((name, self._read(args)))
        return "taken"

    @message.validator
    def check_message(self, name: str, args: Sequence[RawValue]) -> None:
        try:
            self._read(args)
        except Refused as refused:
            raise ApplicationError(
                refused.detail, type=type(refused).__name__
            ) from None

    @workflow.signal(dynamic=True)
    async def left_message(self, name: str, args: Sequence[RawValue]) -> None:
        try:
            self.waiting.append((name, self._read(args)))
        except Refused as refused:
            self.refused.append(f"{name}: {refused.detail}")

    @workflow.query
    def shown(self) -> dict[str, list[str]]:
        return {"taken": self.taken, "refused": self.refused}

    def _read(self, args: Sequence[RawValue]) -> Said:
        return open_sealed(args[0], self.id, workflow.payload_converter(), Said)

    async def _look_up(self, said: Said) -> None:
        found = await workflow.execute_activity(
            "look_up",
            said.text,
            task_queue=said.queue,
            result_type=RawValue,
            start_to_close_timeout=SOON,
        )
        try:
            self.taken.append(self._read([found]).text)
        except Refused as refused:
            self.refused.append(f"look_up: {refused.detail}")


@pytest.fixture(scope="session")
def runner() -> SandboxedWorkflowRunner:
    return sandbox(__name__)


@pytest_asyncio.fixture(scope="session")
async def server() -> AsyncIterator[str]:
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=TEMPORAL
    ) as env:
        yield env.client.service_client.config.target_host


@pytest_asyncio.fixture(scope="session")
async def client(server: str, runner: SandboxedWorkflowRunner) -> AsyncIterator[Client]:
    """Ours, with a worker that has the same keys."""
    ours = await connect(KEYS, service="test", target_host=server)
    async with Worker(
        ours,
        task_queue=QUEUE,
        workflows=[ListeningWorkflow],
        activities=[look_up],
        workflow_runner=runner,
    ):
        yield ours


@pytest_asyncio.fixture(scope="session")
async def stranger(server: str) -> Client:
    """Whoever reaches the port: no key, and nothing is encrypted or decoded."""
    return await Client.connect(server)


@pytest_asyncio.fixture
async def case(client: Client, request: pytest.FixtureRequest) -> Handle:
    return await begin(client, f"case of {request.node.name}")


async def begin(client: Client, workflow_id: str) -> Handle:
    return await client.start_workflow(
        ListeningWorkflow.run, Start(), id=workflow_id, task_queue=QUEUE
    )


async def taken(handle: Handle) -> list[str]:
    return (await shown(handle))["taken"]


async def shown(handle: Handle) -> dict[str, list[str]]:
    said: dict[str, list[str]] = await handle.query("shown")
    return said


async def is_taken(handle: Handle, text: str) -> None:
    async def there() -> bool:
        return text in await taken(handle)

    await until(there)


async def sealed(workflow_id: str, value: object, keys: KeyRing = KEYS) -> RawValue:
    context = WorkflowSerializationContext(namespace="default", workflow_id=workflow_id)
    [payload] = await data_converter(keys).with_context(context).encode([value])
    return RawValue(payload)


PLAIN = Payload(
    metadata={"encoding": b"json/plain"},
    data=b'{"text": "forged", "taken": ["forged"]}',
)


def forged(**metadata: bytes) -> Payload:
    named = {name.replace("_", "-"): value for name, value in metadata.items()}
    return Payload(metadata={"encoding": b"binary/encrypted", **named}, data=b"x" * 40)


FORGERIES = {
    "plain": PLAIN,
    "plain and marked": Payload(
        metadata={
            **PLAIN.metadata,
            "throughcare-sealed-for": b"case of everybody",
        },
        data=PLAIN.data,
    ),
    "empty": Payload(),
    "garbage without a key's name": forged(),
    "garbage under a key made up": forged(encryption_key_id=b"k9"),
    "garbage under a known key": forged(encryption_key_id=b"k1"),
    "too short": Payload(metadata=forged(encryption_key_id=b"k1").metadata),
    "a reference to elsewhere": Payload(
        metadata={"encoding": b"json/external-storage-reference"}, data=b"{}"
    ),
    "marked as kept elsewhere": Payload(
        metadata={
            **PLAIN.metadata,
            "__temporal_external_storage_reference": b"true",
        },
        data=PLAIN.data,
    ),
}
REFUSED = "It was not encrypted for this case, so nobody can say who sent it."

forgeries = pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)


@forgeries
async def test_a_signal_that_nobody_encrypted_is_refused_and_the_case_goes_on(
    forgery: Payload, case: Handle, stranger: Client
) -> None:
    await stranger.get_workflow_handle(case.id).signal("say", RawValue(forgery))
    await case.signal("say", Said(text="genuine"))

    await is_taken(case, "genuine")
    assert await shown(case) == {"taken": ["genuine"], "refused": [f"say: {REFUSED}"]}
    assert TASK_FAILED not in await events(case)


@forgeries
async def test_an_update_that_nobody_encrypted_is_refused_without_an_event(
    forgery: Payload, case: Handle, stranger: Client
) -> None:
    await shown(case)
    before = (await case.describe()).history_length

    await is_refused(stranger, case, RawValue(forgery))

    assert (await case.describe()).history_length == before
    assert await case.execute_update("say", Said(text="genuine")) == "taken"


@pytest.mark.parametrize("keys", [FORGED, STRANGE], ids=["forged", "strange"])
async def test_what_was_encrypted_under_somebody_elses_key_is_refused(
    keys: KeyRing, case: Handle, stranger: Client
) -> None:
    message = await sealed(case.id, Said(text="forged"), keys)

    await is_refused(stranger, case, message)
    await stranger.get_workflow_handle(case.id).signal("say", message)

    assert await shown(case) == {"taken": [], "refused": [f"say: {REFUSED}"]}


async def test_what_was_encrypted_for_another_case_is_refused(
    case: Handle, stranger: Client
) -> None:
    message = await sealed("another case", Said(text="meant for another"))

    await is_refused(stranger, case, message)
    await stranger.get_workflow_handle(case.id).signal("say", message)

    assert await shown(case) == {"taken": [], "refused": [f"say: {REFUSED}"]}


async def test_a_header_that_nobody_can_read_holds_up_no_case(
    case: Handle, stranger: Client
) -> None:
    message = await sealed(case.id, Said(text="genuine"))
    request = SignalWorkflowExecutionRequest(
        namespace="default",
        workflow_execution=WorkflowExecution(workflow_id=case.id),
        signal_name="say",
        input=Payloads(payloads=[message.payload]),
    )
    request.header.fields["by"].CopyFrom(FORGERIES["garbage under a key made up"])
    await stranger.workflow_service.signal_workflow_execution(request)

    await is_taken(case, "genuine")


async def test_what_was_encrypted_for_this_case_is_taken_whichever_way_it_comes(
    case: Handle, client: Client
) -> None:
    other = await begin(client, f"{case.id} other")

    await case.signal("say", Said(text="signal"))
    await case.execute_update("say", Said(text="update"))
    await other.signal("tell", Said(text="from another case", case=case.id))
    await is_taken(case, "from another case")
    await case.signal("look_up", Said(text="a seat"))
    await is_taken(case, "looked up a seat")

    assert await shown(case) == {
        "taken": ["signal", "update", "from another case", "looked up a seat"],
        "refused": [],
    }


async def test_a_start_that_was_encrypted_for_its_case_is_taken_whichever_way_it_comes(
    case: Handle, client: Client
) -> None:
    with_signal = await client.start_workflow(
        ListeningWorkflow.run,
        Start(taken=("start",)),
        id=f"{case.id} with a signal",
        task_queue=QUEUE,
        start_signal="say",
        start_signal_args=[Said(text="signal")],
    )
    child = f"{case.id} child"
    await case.signal("open", Said(text="child", case=child))
    await is_opened(client, child)
    await with_signal.signal("start_afresh", Said())
    await with_signal.signal("close", Said())

    assert await with_signal.result() == ["start", "signal"]
    assert await taken(client.get_workflow_handle(child)) == ["child"]


@pytest.mark.parametrize("whose", ["nobody's", "another case's"])
async def test_a_start_that_was_not_encrypted_for_its_case_ends_and_does_nothing(
    whose: str, client: Client, stranger: Client
) -> None:
    workflow_id = f"{whose} start"
    forgery = await sealed("another case", Start(taken=("x",)))
    await stranger.start_workflow(
        "Listening",
        RawValue(PLAIN) if whose == "nobody's" else forgery,
        id=workflow_id,
        task_queue=QUEUE,
        start_signal="say",
        start_signal_args=[RawValue(PLAIN)],
    )
    handle = client.get_workflow_handle(workflow_id)

    with pytest.raises(WorkflowFailureError) as ended:
        await handle.result()

    cause = ended.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.message) == ("NotSealed", REFUSED)
    assert cause.non_retryable
    done = [event for event in await events(handle) if event not in TAKING_UP]
    assert done == [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED]


async def test_a_start_that_no_key_opens_waits_for_its_key(
    client: Client, stranger: Client
) -> None:
    await stranger.start_workflow(
        "Listening",
        await sealed("waiting", Start(taken=("x",)), STRANGE),
        id="waiting",
        task_queue=QUEUE,
    )
    handle = client.get_workflow_handle("waiting")

    history = handle.fetch_history_events(wait_new_event=True)
    failed = await anext(
        event async for event in history if event.event_type == TASK_FAILED
    )
    status = (await handle.describe()).status
    await handle.terminate()

    failure = failed.workflow_task_failed_event_attributes.failure
    assert failure.cause.application_failure_info.type == "PayloadUnreadable"
    assert status == WorkflowExecutionStatus.RUNNING


async def test_what_somebody_elses_worker_gave_back_is_refused(
    case: Handle, stranger: Client
) -> None:
    async with Worker(stranger, task_queue="open to all", activities=[make_up]):
        await case.signal("look_up", Said(text="a seat", queue="open to all"))
        await case.signal("say", Said(text="goes on"))
        await is_taken(case, "goes on")

    assert await shown(case) == {
        "taken": ["goes on"],
        "refused": [f"look_up: {REFUSED}"],
    }


async def test_a_replay_takes_and_refuses_as_the_case_did(
    case: Handle, stranger: Client, runner: SandboxedWorkflowRunner
) -> None:
    for forgery in FORGERIES.values():
        await stranger.get_workflow_handle(case.id).signal("say", RawValue(forgery))
        await case.signal("look_up", Said(text="a seat"))
    await case.signal("close", Said())
    assert await case.result() == ["looked up a seat"] * len(FORGERIES)

    replayed = await Replayer(
        workflows=[ListeningWorkflow],
        workflow_runner=runner,
        data_converter=data_converter(KEYS),
    ).replay_workflow(await case.fetch_history(), raise_on_replay_failure=False)

    assert replayed.replay_failure is None


async def is_refused(stranger: Client, case: Handle, message: RawValue) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await stranger.get_workflow_handle(case.id).execute_update("say", message)
    # Its words are encrypted, and so nothing to a stranger; the type is not.
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "NotSealed"


async def is_opened(client: Client, workflow_id: str) -> None:
    async def there() -> bool:
        try:
            await client.get_workflow_handle(workflow_id).describe()
        except RPCError:
            return False
        return True

    await until(there)


async def events(handle: WorkflowHandle[Any, Any]) -> list[EventType.ValueType]:
    return [event.event_type for event in (await handle.fetch_history()).events]
