"""Whether a worker lives, as /readyz tells it: one of its own, in a process that can be killed."""

import asyncio
import os
import signal
import sys
import sysconfig
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import ListWorkersRequest
from temporalio.testing import WorkflowEnvironment

from tests.api.conftest import installation
from tests.waiting import until
from throughcare.temporal.client import connect
from throughcare.temporal.keys import read_or_create

ROOT = Path(__file__).parents[2]
TEMPORAL = Path(sysconfig.get_path("scripts"), "temporal")
NOBODY = {"worker": "no worker asks for work"}


class Worker:
    """`python -m worker` on an installation."""

    def __init__(self, service):
        self._service = service

    async def start(self):
        settings = self._service.settings
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker"),
            env=os.environ | {"THROUGHCARE_STATE": str(settings.state)},
            cwd=ROOT,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def end(self, number):
        self._process.send_signal(number)
        await self._process.wait()

    @property
    def is_running(self):
        return self._process.returncode is None


@pytest.fixture
async def service(tmp_path, mail, monkeypatch):
    """On a Temporal server that has seen no other worker."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL)
    ) as env:
        monkeypatch.setenv(
            "TEMPORAL_ADDRESS", env.client.service_client.config.target_host
        )
        async with installation(tmp_path / "state", mailbox_port=mail) as service:
            yield service


@pytest.fixture
async def worker(service):
    worker = Worker(service)
    await worker.start()
    yield worker
    if worker.is_running:
        await worker.end(signal.SIGKILL)


async def missing(service):
    answer = (await service.get(None, "/readyz")).json()
    return answer.get("parts", {})


async def has_told_that_it_lives(service):
    client = await connect(read_or_create(service.settings.keys), service="test")

    async def has_told():
        listed = await client.workflow_service.list_workers(
            ListWorkersRequest(namespace=client.namespace)
        )
        return len(listed.workers_info) == 2

    await until(has_told)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_worker_that_is_gone_is_missed_within_ten_seconds(
    service, worker, number
):
    await has_told_that_it_lives(service)
    before = await missing(service)
    await worker.end(number)

    async def is_missed():
        return await missing(service) == NOBODY

    await until(is_missed, within_seconds=10)
    assert before == {}


@pytest.mark.long
async def test_one_that_takes_its_place_is_seen(service, worker):
    await has_told_that_it_lives(service)
    await worker.end(signal.SIGTERM)
    assert await missing(service) == NOBODY

    await worker.start()

    async def is_there():
        return await missing(service) == {}

    await until(is_there)
