import os
import socket
import sqlite3
import sysconfig
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import pytest
import structlog
from temporalio import workflow
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.sandbox import sandbox
from throughcare.temporal.client import (
    CASE_KIND,
    DUE_AT,
    LEVEL,
    LINKED_IDS,
    OPENED_AT,
    OVERDUE,
    PACK_VERSION,
    PROGRAM,
    SEARCH_ATTRIBUTES,
    SEAT_ROLES,
    STEP,
    TASK_QUEUE,
    MetricsNotServed,
    SearchAttributeConflict,
    connect,
    prepare_namespace,
)
from throughcare.temporal.embedded import embedded_server_command
from throughcare.temporal.keys import KeyRing

SCRIPTS = Path(sysconfig.get_path("scripts"))
KEYS = KeyRing(active="k1", keys={"k1": b"1" * 32})
MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)

ONE_OF_EACH = TypedSearchAttributes(
    [
        SearchAttributePair(CASE_KIND, "conflict"),
        SearchAttributePair(STEP, "A1"),
        SearchAttributePair(SEAT_ROLES, ["supervisor", "manager"]),
        SearchAttributePair(PROGRAM, "wraparound"),
        SearchAttributePair(PACK_VERSION, "3"),
        SearchAttributePair(DUE_AT, MARCH),
        SearchAttributePair(OPENED_AT, MARCH),
        SearchAttributePair(LEVEL, 1),
        SearchAttributePair(OVERDUE, False),
        SearchAttributePair(LINKED_IDS, ["c1", "c2"]),
    ]
)


@workflow.defn
class ImportsMore:
    """Its module imports pytest, which nobody passed through the sandbox."""

    @workflow.run
    async def run(self) -> None:
        structlog.get_logger().info("case.opened")


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """A server of its own for each test, as they change its namespace."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(SCRIPTS / "temporal")
    ) as env:
        yield env.client.service_client.config.target_host


@pytest.fixture
async def client(server: str) -> Client:
    return await connect(KEYS, service="test", target_host=server)


async def retention_of(client: Client) -> timedelta:
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace)
    )
    return described.config.workflow_execution_retention_ttl.ToTimedelta()


async def register(client: Client, name: str, value_type: IndexedValueType.ValueType):
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=client.namespace, search_attributes={name: value_type}
        )
    )


async def test_a_case_may_carry_every_search_attribute_as_soon_as_the_namespace_is_prepared(
    client: Client,
):
    await prepare_namespace(client, timedelta(days=90))

    handle = await client.start_workflow(
        "Case", id="c1", task_queue=TASK_QUEUE, search_attributes=ONE_OF_EACH
    )

    described = await handle.describe()
    assert described.typed_search_attributes == ONE_OF_EACH
    assert {pair.key for pair in ONE_OF_EACH} == set(SEARCH_ATTRIBUTES)


async def test_a_namespace_may_be_prepared_again_with_another_retention(client: Client):
    await prepare_namespace(client, timedelta(days=90))
    await prepare_namespace(client, timedelta(days=60))

    assert await retention_of(client) == timedelta(days=60)


async def test_a_search_attribute_of_another_type_is_named(client: Client):
    await register(client, "Level", IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)

    with pytest.raises(
        SearchAttributeConflict, match=r"Level is keyword .* must be int"
    ):
        await prepare_namespace(client, timedelta(days=90))


async def test_the_time_skipping_server_is_prepared_as_far_as_it_can_be():
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(SCRIPTS / "temporal-test-server")
    ) as env:
        await prepare_namespace(env.client, timedelta(days=90))
        await prepare_namespace(env.client, timedelta(days=90))

        handle = await env.client.start_workflow(
            "Case", id="c1", task_queue=TASK_QUEUE, search_attributes=ONE_OF_EACH
        )
        described = await handle.describe()
        await handle.terminate()

    assert described.typed_search_attributes == ONE_OF_EACH


async def test_a_client_is_known_by_its_service_and_by_nobody_s_name(client: Client):
    assert client.identity == f"throughcare-test@{socket.gethostname()}-{os.getpid()}"


async def test_the_environment_says_where_temporal_is(server: str, monkeypatch):
    monkeypatch.setenv("TEMPORAL_ADDRESS", server)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "agency")

    client = await connect(KEYS, service="test")

    assert client.service_client.config.target_host == server
    assert client.namespace == "agency"


async def test_a_server_named_by_the_caller_is_not_mixed_with_the_environment(
    server: str, monkeypatch
):
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.invalid:7233")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "agency")
    monkeypatch.setenv("TEMPORAL_TLS", "true")

    client = await connect(KEYS, service="test", target_host=server)

    assert await client.service_client.check_health()
    assert client.namespace == "default"


async def test_a_lazy_client_is_made_while_temporal_is_away():
    client = await connect(
        KEYS, service="test", target_host=f"127.0.0.1:{free_port()}", lazy=True
    )

    with pytest.raises(RuntimeError, match="Failed client connect"):
        await client.count_workflows()


async def test_a_client_gives_up_when_it_was_told_to(server: str):
    client = await connect(
        KEYS, service="test", target_host=server, give_up_after=timedelta(seconds=2)
    )

    retry = client.service_client.config.retry_config
    assert retry and retry.max_elapsed_time_millis == 2000


async def test_an_import_not_passed_through_the_sandbox_is_refused_when_the_worker_starts(
    client: Client,
):
    with pytest.raises(RuntimeError) as refused:
        Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[ImportsMore],
            workflow_runner=sandbox(),
        )

    assert "not intentionally passed through" in str(refused.value.__cause__)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


@contextmanager
def embedded_server(database: Path) -> Iterator[str]:
    port = free_port()
    command = embedded_server_command(database, port=port, ui_port=free_port())
    with Popen(command, stdout=PIPE, stderr=DEVNULL, text=True) as process:
        assert process.stdout
        try:
            # It says where it is once it answers there.
            assert any("Server:" in line for line in process.stdout)
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()


async def test_an_embedded_server_killed_and_started_again_keeps_its_cases(
    tmp_path: Path,
):
    database = tmp_path / "temporal.db"
    with embedded_server(database) as target_host:
        client = await connect(KEYS, service="test", target_host=target_host)
        await prepare_namespace(client, timedelta(days=90))
        await client.start_workflow("Case", id="c1", task_queue=TASK_QUEUE)

    with embedded_server(database) as target_host:
        client = await connect(KEYS, service="test", target_host=target_host)

        assert (await client.get_workflow_handle("c1").describe()).run_id
        assert await retention_of(client) == timedelta(days=90)


async def test_an_embedded_server_writes_ahead(tmp_path: Path):
    database = tmp_path / "temporal.db"
    with embedded_server(database), sqlite3.connect(database) as reader:
        [journal] = reader.execute("pragma journal_mode").fetchone()

    assert journal == "wal"


def test_an_embedded_server_loses_nothing_in_a_power_cut():
    command = embedded_server_command(Path("t.db"), port=1, ui_port=2)

    assert "synchronous=2" in command


async def test_metrics_that_cannot_be_served_are_said_to_be_in_words():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(MetricsNotServed, match=f"{address}: .*in use"):
            await connect(KEYS, service="test", lazy=True, metrics=address)
