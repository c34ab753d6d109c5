"""What of a case can be read in Temporal, and by whom; against a real server."""

import asyncio
import sysconfig
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from tests.sandbox import sandbox
from throughcare.temporal.client import connect
from throughcare.temporal.codec import (
    EncryptionCodec,
    OperatorText,
    PayloadUnreadable,
    data_converter,
)
from throughcare.temporal.keys import KeyRing

TEMPORAL = Path(sysconfig.get_path("scripts"), "temporal")
NAME = "Wilhelmina"
KEYS = KeyRing(active="k1", keys={"k1": b"1" * 32})
ROTATED = KeyRing(active="k2", keys={**KEYS.keys, "k2": b"2" * 32})
SOON = timedelta(seconds=10)
TASK_FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED


class Person(BaseModel):
    name: str


@activity.defn
async def greet(person: Person) -> Person:
    return Person(name=f"Dear {person.name}")


@activity.defn
async def refuse(person: Person) -> None:
    raise ApplicationError(
        f"{person.name} is unknown", person, type="Refused", non_retryable=True
    )


@workflow.defn
class Child:
    @workflow.run
    async def run(self, person: Person) -> Person:
        return person


@workflow.defn
class Planted:
    """A name in every place one can be put, and a text for operators in every place for it."""

    def __init__(self) -> None:
        self._heard: list[Person] = []

    @workflow.run
    async def run(self, person: Person) -> Person:
        workflow.set_current_details("| A1 | the supervisors meet |")
        await workflow.execute_local_activity(
            greet,
            person,
            start_to_close_timeout=SOON,
            summary=OperatorText("CR-3 due date"),
        )
        await workflow.execute_activity(
            greet,
            person,
            start_to_close_timeout=SOON,
            summary=OperatorText("CR-4 notice"),
        )
        await workflow.sleep(0.001, summary=OperatorText("CR-5 reminder"))
        await workflow.execute_child_workflow(
            Child.run,
            person,
            static_summary=OperatorText("CR-6 linked"),
            static_details=OperatorText("CR-7 linked case"),
        )
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: False,
                timeout=timedelta(milliseconds=1),
                timeout_summary=OperatorText("CR-8 limit of rung A1"),
            )
        await workflow.wait_condition(lambda: len(self._heard) == 2)
        # Formatted, and so no longer a text for operators.
        text = OperatorText("CR-9 call {}").format(person.name)
        await workflow.sleep(0.001, summary=text)
        await workflow.execute_activity(refuse, person, start_to_close_timeout=SOON)
        return person

    @workflow.signal
    def said(self, person: Person) -> None:
        self._heard.append(person)

    @workflow.update
    def decide(self, person: Person) -> Person:
        self._heard.append(person)
        return person

    @workflow.query
    def heard(self) -> list[Person]:
        return self._heard


@workflow.defn
class Stuck:
    """Its task fails over and over, with a name in the message."""

    @workflow.run
    async def run(self, person: Person) -> None:
        raise RuntimeError(f"no seat for {person.name}")


class Told(NamedTuple):
    answer: Person
    heard: list[Person]
    failure: ApplicationError
    metadata: str
    history: WorkflowHistory
    raw: bytes


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[str]:
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL)
    ) as env:
        yield env.client.service_client.config.target_host


@pytest.fixture(scope="session")
async def client(server: str) -> Client:
    return await connect(KEYS, service="test", target_host=server)


@pytest.fixture(scope="session")
def runner() -> SandboxedWorkflowRunner:
    """The product's, with this module passed through as `workflows` is."""
    return sandbox(__name__)


@pytest.fixture(scope="session")
async def worker(
    client: Client, runner: SandboxedWorkflowRunner
) -> AsyncIterator[Worker]:
    async with Worker(
        client,
        task_queue="codec",
        workflows=[Planted, Child, Stuck],
        activities=[greet, refuse],
        workflow_runner=runner,
    ) as running:
        yield running


@pytest.fixture(scope="session")
async def told(server: str, client: Client, worker: Worker) -> Told:
    """One case told from start to failure, and what the server kept of it."""
    person = Person(name=NAME)
    handle = await client.start_workflow(
        Planted.run,
        person,
        id="planted",
        task_queue="codec",
        memo={"who": person},
        static_summary=OperatorText("CR-1 conflict"),
        static_details=OperatorText("CR-2 ladder A"),
    )
    await handle.signal(Planted.said, person)
    metadata = await metadata_shown_by_the_cli(server, "planted")
    answer = await handle.execute_update(Planted.decide, person)
    heard = await handle.query(Planted.heard)
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    refusal = failed.value.cause.__cause__
    assert isinstance(refusal, ApplicationError)
    return Told(
        answer,
        heard,
        refusal,
        metadata,
        await handle.fetch_history(),
        await everything_the_server_tells(server, "planted"),
    )


async def metadata_shown_by_the_cli(server: str, workflow_id: str) -> str:
    command = ("workflow", "metadata", "-w", workflow_id, "--address", server)
    process = await asyncio.create_subprocess_exec(TEMPORAL, *command, stdout=PIPE)
    shown, _ = await process.communicate()
    return shown.decode()


async def everything_the_server_tells(server: str, workflow_id: str) -> bytes:
    """The history and the description, as a client without keys gets them."""
    stranger = await Client.connect(server)
    handle = stranger.get_workflow_handle(workflow_id)
    described = (await handle.describe()).raw_description.SerializeToString()
    events = [e.SerializeToString() async for e in handle.fetch_history_events()]
    return described + b"".join(events)


async def test_what_people_write_comes_back_whole(told: Told):
    assert told.answer == Person(name=NAME)
    assert told.heard == [Person(name=NAME)] * 2


async def test_a_failure_comes_back_with_its_message_and_details(told: Told):
    assert told.failure.message == f"{NAME} is unknown"
    assert told.failure.details == ({"name": NAME},)
    assert told.failure.type == "Refused"


async def test_nothing_people_write_can_be_read_on_the_server(told: Told):
    assert b"Refused" in told.raw
    assert NAME.encode() not in told.raw


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("CR-1 conflict", id="static summary"),
        pytest.param("CR-2 ladder A", id="static details"),
        pytest.param("CR-3 due date", id="local activity"),
        pytest.param("CR-4 notice", id="activity"),
        pytest.param("CR-5 reminder", id="sleep"),
        pytest.param("CR-6 linked", id="child summary"),
        pytest.param("CR-7 linked case", id="child details"),
        pytest.param("CR-8 limit of rung A1", id="wait condition"),
    ],
)
async def test_a_text_for_operators_can_be_read_on_the_server(told: Told, text: str):
    assert f'"{text}"'.encode() in told.raw


async def test_a_text_that_was_formatted_is_no_longer_for_operators(told: Told):
    assert b"CR-9" not in told.raw


async def test_operators_read_the_current_details_without_a_key(told: Told):
    assert "| A1 | the supervisors meet |" in told.metadata
    assert NAME not in told.metadata


async def test_a_failing_workflow_task_does_not_tell_why_to_strangers(
    server: str, client: Client, worker: Worker
):
    handle = await client.start_workflow(
        Stuck.run, Person(name=NAME), id="stuck", task_queue="codec"
    )
    events = handle.fetch_history_events(wait_new_event=True)
    failed = await anext(e async for e in events if e.event_type == TASK_FAILED)
    await handle.terminate()

    assert failed.workflow_task_failed_event_attributes.failure.HasField(
        "encoded_attributes"
    )
    assert NAME.encode() not in await everything_the_server_tells(server, "stuck")


async def test_a_history_replays_after_the_key_was_rotated(
    told: Told, runner: SandboxedWorkflowRunner
):
    replayer = Replayer(
        workflows=[Planted],
        workflow_runner=runner,
        data_converter=data_converter(ROTATED),
    )

    replayed = await replayer.replay_workflow(
        told.history, raise_on_replay_failure=False
    )

    assert replayed.replay_failure is None


async def test_what_is_written_after_a_rotation_names_the_new_key():
    [payload] = await data_converter(ROTATED).encode([NAME])

    assert payload.metadata["encryption-key-id"] == b"k2"
    assert await data_converter(ROTATED).decode([payload], [str]) == [NAME]


async def test_a_payload_under_an_unknown_key_is_refused_by_the_key_s_name():
    [payload] = await data_converter(ROTATED).encode([NAME])

    with pytest.raises(
        PayloadUnreadable, match="under key 'k2' cannot be read: the key ring holds k1"
    ):
        await data_converter(KEYS).decode([payload])


@pytest.mark.parametrize("key_id", [b"k1", b"k2"])
async def test_a_payload_altered_or_given_another_key_s_name_is_refused(key_id: bytes):
    [payload] = await data_converter(ROTATED).encode([NAME])
    payload.metadata["encryption-key-id"] = key_id
    payload.data = payload.data[:-1] + bytes([payload.data[-1] ^ 1])

    with pytest.raises(PayloadUnreadable, match="was altered"):
        await EncryptionCodec(ROTATED).decode([payload])


async def test_the_same_words_are_never_encrypted_alike():
    first, second = await data_converter(KEYS).encode([NAME, NAME])

    assert first.data != second.data


LONG = "who drives to school; " * 1000


async def test_what_is_long_takes_little_room_and_comes_back_whole():
    [payload] = await data_converter(KEYS).encode([LONG])

    assert len(payload.data) < len(LONG) / 10
    assert await data_converter(KEYS).decode([payload], [str]) == [LONG]


async def test_what_was_stored_before_anything_was_compressed_is_read_as_it_was():
    [plain] = await DataConverter.default.encode([LONG])
    metadata = {"encoding": b"binary/encrypted", "encryption-key-id": b"k1"}
    cipher = AESGCM(KEYS.keys["k1"])
    nonce = bytes(12)
    sealed = cipher.encrypt(nonce, plain.SerializeToString(), b"k1")
    before = Payload(metadata=metadata, data=nonce + sealed)

    assert await data_converter(KEYS).decode([before], [str]) == [LONG]


async def test_a_payload_that_says_otherwise_how_it_was_compressed_is_refused():
    [payload] = await data_converter(KEYS).encode([LONG])
    del payload.metadata["throughcare-compression"]

    with pytest.raises(PayloadUnreadable, match="was altered"):
        await EncryptionCodec(KEYS).decode([payload])


async def test_a_signal_sent_without_a_key_is_read_as_it_is():
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b'{"name": "Bo"}')

    assert await data_converter(KEYS).decode([payload], [Person]) == [Person(name="Bo")]


async def test_a_text_for_operators_is_read_back_as_text():
    payloads = await data_converter(KEYS).encode([OperatorText("CR-1")] * 2)

    assert [payload.data for payload in payloads] == [b'"CR-1"'] * 2
    assert await data_converter(KEYS).decode(payloads, [str, object]) == ["CR-1"] * 2


async def test_a_text_for_operators_inside_a_message_is_encrypted_with_it():
    [payload] = await data_converter(KEYS).encode([{"text": OperatorText("CR-1")}])

    assert payload.metadata["encoding"] == b"binary/encrypted"
