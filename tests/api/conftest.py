"""The whole product behind HTTP: a real Temporal server, worker, database file and mail server."""

import secrets
import sysconfig
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from temporalio.testing import WorkflowEnvironment

from api.app import create_app
from tests.workflows.conftest import free_port
from throughcare.config import Settings
from throughcare.notices.mail import mailer
from throughcare.notices.mailbox import Mailbox
from throughcare.store.database import open_database, upgrade
from throughcare.temporal.client import connect, prepare_namespace
from throughcare.temporal.keys import read_or_create
from throughcare.temporal.runner import CaseRunner
from throughcare.usecases.demo import load_demo
from worker import build_workers

OPENING = {
    "coordinator_seat": "coordinator-1",
    "counterpart_seat": "human-service-worker",
    "youth": "Y-1",
    "subject": "Who drives to school",
}
MEETING = {"attendees": ["coordinator-1", "human-service-worker"]}


@dataclass
class Service:
    """A running installation with the demonstration agency in it."""

    app: FastAPI
    settings: Settings
    keys: dict[str, str]

    def calls(self, person=None):
        """HTTP as this person; as nobody without one."""
        headers = {"Authorization": f"Bearer {self.keys[person]}"} if person else {}
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx2.AsyncClient(
            transport=transport, base_url="http://test", headers=headers
        )

    async def get(self, person, path, **params):
        async with self.calls(person) as http:
            return await http.get(path, params=params or None)

    async def post(self, person, path, body=None, key=None):
        headers = {"Idempotency-Key": key} if key else {}
        async with self.calls(person) as http:
            return await http.post(path, json=body or {}, headers=headers)

    async def opened(self, person="alder", **changed):
        """About a youth of its own, where none is named: cases about one youth are tied."""
        youth = {"youth": f"Y-{secrets.token_hex(4)}"}
        answer = await self.post(person, "/conflicts", OPENING | youth | changed)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def say(self, person, case, name, key=None, **facts):
        path = f"/conflicts/{case['id']}/messages/{name}"
        return await self.post(person, path, facts, key)


@pytest_asyncio.fixture(scope="session")
async def temporal(databases):
    """The address of a real server, which this process's TEMPORAL_* environment names. One for each kind of database: a
    case belongs to the database and the keys it was opened with.
    """
    binary = Path(sysconfig.get_path("scripts"), "temporal")
    env = await WorkflowEnvironment.start_local(dev_server_existing_path=str(binary))
    address = env.client.service_client.config.target_host
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TEMPORAL_ADDRESS", address)
        yield address
    await env.shutdown()


@asynccontextmanager
async def installation(folder, **changed):
    """The API on a database of its own, with the demonstration agency; no worker."""
    folder.mkdir(exist_ok=True)
    settings = Settings(state=folder, **changed)
    read_or_create(settings.keys)
    await upgrade(settings.database)
    database = open_database(settings.database)
    people = await database.write(load_demo, datetime.now(UTC))
    await database.close()
    app = create_app(settings)
    keys = {person.id: person.api_key for person in people}
    async with app.router.lifespan_context(app):
        yield Service(app, settings, keys)


@asynccontextmanager
async def working(service):
    """Workers for as long as this lasts."""
    settings = service.settings
    database = open_database(settings.database)
    client = await connect(read_or_create(settings.keys), service="worker")
    await prepare_namespace(client, settings.history_retention)
    workers = build_workers(client, database, mailer(settings), settings, CaseRunner())
    async with workers[0], workers[1], workers[2]:
        yield
    await database.close()


@pytest_asyncio.fixture(scope="session")
async def mail(tmp_path_factory):
    port = free_port()
    box = Mailbox(tmp_path_factory.mktemp("mailbox"))
    box.start("127.0.0.1", port)
    yield port
    box.stop()


@pytest_asyncio.fixture(scope="session")
async def idle_service(temporal, mail, fresh_database, tmp_path_factory):
    """An installation whose workers are not running."""
    folder = tmp_path_factory.mktemp("service")
    url = fresh_database()
    # All tests are one address, and many of them try wrong keys.
    chosen = {"mailbox_port": mail, "database_url": url, "attempts_per_minute": 100_000}
    async with installation(folder, **chosen) as service:
        yield service


@pytest_asyncio.fixture(scope="module")
async def service(idle_service):
    """An installation at work."""
    async with working(idle_service):
        yield idle_service
