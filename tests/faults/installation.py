"""An installation whose parts are started, stopped and killed one by one. Nobody restarts them but the test."""

import asyncio
import json
import os
import secrets
import sqlite3
import sys
from contextlib import closing, suppress
from email import message_from_bytes
from email.policy import default

import httpx2
from temporalio.client import Client

from cli.installation import make_state_folder, prepare
from cli.parts import Part
from tests.e2e.product import PORTS, free_ports, somebody
from tests.waiting import until
from throughcare.case.wire import workflow_id
from throughcare.config import Settings
from throughcare.notices.mailbox import Mailbox
from throughcare.temporal.client import connect
from throughcare.temporal.embedded import embedded_server_command
from throughcare.temporal.keys import read_or_create

SERVER, WORKER, API = "Temporal server", "worker", "API"
SECOND_API = "second API"
PATIENCE = 60.0
"""Seconds within which anything must have happened, on a machine that is busy with other things."""


class Installation:
    """The server, the API and any number of workers as processes; the mailbox is a thread of the test itself."""

    client: Client

    def __init__(self, folder, policies, mailbox=Mailbox, database_url=None):
        ports = free_ports()
        named = {name.lower(): port for name, port in ports.items()}
        self.settings = Settings(
            state=folder / "state",
            policies=policies,
            database_url=database_url,
            **named,
        )
        self.mailbox = mailbox(self.settings.state / "mailbox")
        chosen = {"STATE": self.settings.state, "POLICIES": policies, **ports}
        if database_url:
            chosen["DATABASE_URL"] = database_url
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TEMPORAL_")}
        self.environment = kept | {
            "TEMPORAL_ADDRESS": f"127.0.0.1:{ports['TEMPORAL_PORT']}",
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "PYTHONTZPATH": "",
            **{f"THROUGHCARE_{name}": str(value) for name, value in chosen.items()},
        }
        assert ports.keys() == set(PORTS)
        self.parts: dict[str, Part] = {}
        self.keys: dict[str, str] = {}
        self.http = self._calls(self.settings.api_port)
        self.second_api_port = None

    def _calls(self, port):
        # What a killed API left open is not tried again.
        return httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            limits=httpx2.Limits(max_keepalive_connections=0),
            timeout=PATIENCE,
            trust_env=False,
        )

    def another_api(self, port):
        """Calls to an API on a port of its own, which is the part called `second API`."""
        self.second_api_port = port
        return self._calls(port)

    def _part(self, name):
        python = (sys.executable, "-P", "-m")
        server = embedded_server_command(
            self.settings.state / "temporal.db",
            port=self.settings.temporal_port,
            ui_port=self.settings.temporal_ui_port,
        )
        commands = {
            SERVER: server,
            API: (*python, "api"),
            SECOND_API: (*python, "api"),
        }
        log = self.settings.state / "log" / f"{name.replace(' ', '-')}.log"
        return Part(name, commands.get(name, (*python, "worker")), log)

    async def set_up(self):
        """One of each, and all of them answering."""
        make_state_folder(self.settings.state)
        keys = read_or_create(self.settings.keys)
        self.mailbox.start("127.0.0.1", self.settings.mailbox_port)
        await asyncio.gather(prepare(self.settings), self.start(SERVER, WORKER))
        people = json.loads((self.settings.state / "demo.json").read_text())["people"]
        self.keys = {each["id"]: each["api_key"] for each in people}
        await self.start(API)
        await self.is_ready()
        where = self.environment["TEMPORAL_ADDRESS"]
        self.client = await connect(keys, service="test", target_host=where)

    async def put_away(self):
        # The server, which was started first, goes last.
        for part in reversed(self.parts.values()):
            await part.stop()
        self.mailbox.stop()
        await self.http.aclose()

    # -- its parts ---------------------------------------------------------------------------------------------

    async def start(self, *names):
        """Any name that is no other part's is a worker's."""
        for name in names:
            part = self.parts.setdefault(name, self._part(name))
            own = {}
            if name == SECOND_API:
                own["THROUGHCARE_API_PORT"] = str(self.second_api_port)
            await part.start(self.environment | own)

    async def serves(self, name):
        """A worker, once it asks for work."""
        part = self.parts[name]

        async def says_so():
            assert not part.has_ended, part.obituary()
            return "worker.started" in part.log.read_text()

        await until(says_so, PATIENCE)

    async def stop(self, name):
        """Its exit status, having been asked to end."""
        part = self.parts[name]
        await part.stop()
        return await part.ended()

    async def kill(self, name):
        """As if its machine had lost its power: it gets to finish nothing."""
        process = self.parts[name].process
        assert process
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def is_ready(self):
        async def says_so():
            answer = await self.asked("GET", "/readyz")
            return answer is not None and answer.status_code == 200

        await until(says_so, PATIENCE)

    # -- its people --------------------------------------------------------------------------------------------

    async def asked(self, method, path, person=None, key=None, body=None):
        """One request, as one person. None where there was no answer, so that nobody knows what came of it."""
        headers = {}
        if person:
            headers["Authorization"] = f"Bearer {self.keys[person]}"
        if key:
            headers["Idempotency-Key"] = key
        try:
            return await self.http.request(method, path, json=body, headers=headers)
        except httpx2.TransportError:
            return None

    async def insisted(self, path, person, key, body):
        """The answer that settles it. Where there is none, or 503, the same is sent again under the same key."""
        found = []

        async def is_settled():
            answer = await self.asked("POST", path, person, key, body)
            if answer is not None and answer.status_code != 503:
                found.append(answer)
            return bool(found)

        await until(is_settled, 4 * PATIENCE)
        return found[0]

    async def heard(self, address, person):
        """Waits until a message that was left is heard."""

        async def is_heard():
            answer = await self.asked("GET", address, person)
            return (
                answer is not None
                and answer.status_code == 200
                and answer.json()["outcome"] != "recorded"
            )

        await until(is_heard, PATIENCE)

    async def opened(self, counterpart):
        """The address of a new conflict, once it can be read."""
        body = {
            "coordinator_seat": "coordinator-1",
            "counterpart_seat": counterpart,
            "youth": f"Y-{secrets.token_hex(4)}",
            "subject": "Who drives to school",
        }
        return await self._begun("/conflicts", "alder", body)

    async def referred(self):
        """The address of a new intake, once it can be read."""
        body = {"program": "cars", "source": "walked in", "person": somebody()}
        return await self._begun("/intakes", "aspen", body)

    async def _begun(self, path, person, body):
        opened = await self.insisted(path, person, secrets.token_hex(8), body)
        assert opened.status_code in (201, 202), opened.text
        address: str = opened.headers["Location"]

        async def is_there():
            answer = await self.asked("GET", address, person)
            return answer is not None and answer.status_code == 200

        await until(is_there, PATIENCE)
        return address

    async def say(self, address, person, name, facts):
        """The answer to one message, insisted on."""
        path, key = f"{address}/messages/{name}", secrets.token_hex(8)
        return await self.insisted(path, person, key, facts)

    async def histories(self):
        """The histories of all cases, by id."""
        cases = [case for (case,) in self.rows("SELECT id FROM cases")]
        handles = {
            case: self.client.get_workflow_handle(workflow_id("conflict", case))
            for case in cases
        }
        return {case: await each.fetch_history() for case, each in handles.items()}

    def mails(self):
        """What the mail server accepted."""
        files = sorted(self.mailbox.folder.glob("*.eml"))
        return [message_from_bytes(each.read_bytes(), policy=default) for each in files]

    def rows(self, query, *facts):
        """What the database says, beside whatever the product makes of it."""
        file = (self.settings.state / "throughcare.db").resolve()
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as found:
            return found.execute(query, facts).fetchall()
