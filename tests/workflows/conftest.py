"""Conflicts on the time-skipping server, with the real worker, database and mail server: weeks pass in a moment."""

import secrets
import socket
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import Connection, select
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from tests.sandbox import sandbox
from tests.waiting import until
from tests.workflows.skipping import LettersFirst
from throughcare.case.duty import Duty
from throughcare.case.entry import Entry
from throughcare.case.parts import PackRef
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
    Side,
)
from throughcare.case.wire import (
    Answer,
    CaseRecord,
    CaseRun,
    CaseSettled,
    Changed,
    Envelope,
    OpenCase,
    Refusal,
    workflow_id,
)
from throughcare.config import Settings
from throughcare.lifecycles.conflict.conflict import Conflict
from throughcare.lifecycles.conflict.lifecycle import ConflictOpening
from throughcare.notices.mail import mailer
from throughcare.notices.mailbox import Mailbox
from throughcare.packs.pack import Pack
from throughcare.packs.reading import digest, load_pack
from throughcare.store.cases import carried_run
from throughcare.store.database import Database, open_database, upgrade
from throughcare.store.directory import AgencyFacts, agency
from throughcare.store.packs import adopt
from throughcare.store.rows import one_row, rows
from throughcare.store.tables import CaseRow, EntryRow
from throughcare.temporal.client import TASK_QUEUE, prepare_namespace
from throughcare.temporal.codec import data_converter
from throughcare.temporal.keys import KeyRing, read_or_create
from throughcare.usecases.demo import load_demo
from worker import build_workers
from workflows.conflict import ConflictWorkflow

SEATS = {
    "care-coordinator": "coordinator-1",
    "human-service-worker": "human-service-worker",
    "dmcps-case-manager": "dmcps-case-manager",
    "network-provider": "network-provider",
}
HISTORIES = Path(__file__).parents[1] / "replay" / "histories"
KEYS = KeyRing(active="test", keys={"test": bytes(32)})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def answered(
    handle: WorkflowHandle[Any, Any], name: str, envelope: Envelope
) -> Answer:
    """The answer to a message. The time-skipping server gives an update up whose task fails since something else came in
    meanwhile, as word of a letter does; the real one tries that task again. So it is sent once more: the same message is heard once."""
    try:
        answer: Answer = await handle.execute_update(name, envelope, result_type=Answer)
    except RPCError as error:
        if "unexpected workflow task failure" not in str(error):
            raise
        answer = await handle.execute_update(name, envelope, result_type=Answer)
    return answer


def adopting(connection: Connection, pack: Pack) -> AgencyFacts:
    """The agency, which has this pack in force."""
    adopt(connection, pack, datetime.now(UTC))
    return agency(connection)


@dataclass
class Agency:
    """The demonstration agency with everything its cases run on."""

    env: WorkflowEnvironment
    client: Client
    database: Database
    settings: Settings
    pack: Pack
    mailbox: Path
    saving: bool

    async def open(
        self, ladder: str = "A", pack: Pack | None = None, calendar: str | None = None
    ) -> "Case":
        opening = await self.opening(ladder, pack, calendar)
        handle = await self.client.start_workflow(
            ConflictWorkflow.run,
            CaseRun[ConflictOpening, Conflict](opening=opening),
            id=workflow_id("conflict", opening.case_id),
            task_queue=TASK_QUEUE,
        )
        await until(lambda: self.is_recorded(opening.case_id))
        return Case(self, handle)

    async def take_up(self, case: "Case", name: str, **facts: object) -> "Case":
        """A closed case goes on with this message, as the API has it."""
        run = await self.database.read(carried_run, case.id)
        assert run is not None
        handle = await self.client.start_workflow(
            ConflictWorkflow.run,
            run,
            id=workflow_id("conflict", case.id),
            task_queue=TASK_QUEUE,
            start_signal=name,
            start_signal_args=[await case.envelope(name, "coordinator-1", facts)],
        )
        return Case(self, handle)

    async def opening(
        self, ladder: str, pack: Pack | None = None, calendar: str | None = None
    ) -> OpenCase[ConflictOpening]:
        pack = pack or self.pack
        here = await self.database.write(adopting, pack)
        policy = pack.conflict_policy.model_copy(
            update={"ladders": (pack.conflict_policy.ladder(ladder),)}
        )
        case_id = secrets.token_hex(8)
        chosen = {role: SEATS[role] for role in policy.ladders[0].workers.values()}
        now = await self.env.get_current_time()
        return OpenCase[ConflictOpening](
            kind="conflict",
            case_id=case_id,
            agency=here.id,
            calendar=calendar or here.calendar,
            program="wraparound",
            pack=PackRef(
                id=pack.header.id, version=pack.header.version, digest=digest(pack)
            ),
            opened_by="person",
            opened_from=chosen[policy.ladders[0].workers[Side.coordination]],
            received_at=now,
            about=ConflictOpening(
                policy=policy,
                raised_by=Side.coordination,
                chosen=chosen,
                youth="Y-1",
                subject="who drives to school",
            ),
        )

    async def is_recorded(self, case_id: str) -> bool:
        mine = select(CaseRow).where(CaseRow.id == case_id)
        return await self.database.read(one_row, mine) is not None

    async def timeline(self, case_id: str) -> list[Entry]:
        mine = select(EntryRow).where(EntryRow.case_id == case_id)
        found = await self.database.read(rows, mine.order_by(EntryRow.seq))
        return [Entry.model_validate(row.body) for row in found]


@dataclass
class Case:
    """One running conflict, and how people speak to it."""

    agency: Agency
    handle: WorkflowHandle[ConflictWorkflow, CaseSettled]

    @property
    def id(self) -> str:
        return self.handle.id.removeprefix("conflict-")

    async def state(self) -> CaseRecord:
        return await self.handle.query(ConflictWorkflow.state)

    async def envelope(
        self,
        name: str,
        seat: str,
        facts: dict[str, object],
        message_id: str | None = None,
    ) -> Envelope:
        held = HeldSeat(seat=seat, capacity=Capacity.holder)
        return Envelope.model_validate(
            {
                "name": name,
                "message_id": message_id or secrets.token_hex(8),
                "actor": Actor(person=f"person in {seat}", seats=(held,)),
                "received_at": await self.agency.env.get_current_time(),
                "facts": facts,
            }
        )

    async def say(self, name: str, role: str, /, **facts: object) -> Answer:
        seat = await self.seat(role)
        return await answered(self.handle, name, await self.envelope(name, seat, facts))

    async def refusal(self, name: str, role: str, /, **facts: object) -> Refusal:
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await self.say(name, role, **facts)
        cause = failed.value.cause
        assert isinstance(cause, ApplicationError)
        return Refusal.model_validate(cause.details[0])

    async def directory_changed(self) -> None:
        """Word that somebody else may sit somewhere, as the API sends it."""
        now = await self.agency.env.get_current_time()
        await self.handle.signal("directory_changed", Changed(at=now))

    async def seat(self, role: str) -> str:
        seats = (await self.state()).seats
        return next(seated.seat or "" for seated in seats if seated.role == role)

    async def seats(self, *roles: str) -> list[str]:
        return [await self.seat(role) for role in roles]

    async def result(self) -> CaseSettled:
        # Waiting for a result lets the server skip ahead, by years when nothing is due.
        with self.agency.env.auto_time_skipping_disabled():
            return await self.handle.result()

    async def keep_history(self, name: str) -> None:
        """The history is saved for tests/replay; `--save-histories` writes those that are missing."""
        path = HISTORIES / f"{name}.json"
        if self.agency.saving and not path.exists():
            path.write_text((await self.handle.fetch_history()).to_json())
        assert path.exists(), f"{path.name} is missing: run with --save-histories"

    async def duties(self, clause: str) -> list[Duty]:
        return [d for d in (await self.state()).duties if d.clause == clause]

    async def timeline(self) -> list[Entry]:
        return await self.agency.timeline((await self.state()).case_id)

    async def said(self, kind: str) -> list[str]:
        entries = await self.timeline()
        return [entry.text for entry in entries if entry.kind == kind]

    async def mails(self) -> list[str]:
        """The names of this case's e-mails, in the order they went out."""
        short = (await self.state()).case_id[-6:].lower()
        names = (path.name for path in self.agency.mailbox.iterdir())
        return sorted(name for name in names if short in name)

    async def pass_time(self, span: timedelta) -> None:
        await self.agency.env.sleep(span)


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack(Path("policies/milwaukee-wraparound"))


@asynccontextmanager
async def running_agency(
    env: WorkflowEnvironment,
    pack: Pack,
    folder: Path,
    saving: bool,
    database_url: str | None = None,
) -> AsyncIterator[Agency]:
    url = SecretStr(database_url) if database_url else None
    settings = Settings(state=folder, mailbox_port=free_port(), database_url=url)
    mail = Mailbox(folder / "mailbox")
    mail.start("127.0.0.1", settings.mailbox_port)
    read_or_create(settings.keys)
    await upgrade(settings.database)
    database = open_database(settings.database)
    await database.write(load_demo, datetime.now(UTC))
    await prepare_namespace(env.client, settings.history_retention)
    workers = build_workers(env.client, database, mailer(settings), settings, sandbox())
    async with workers[0], workers[1], workers[2]:
        box = folder / "mailbox"
        yield Agency(env, env.client, database, settings, pack, box, saving)
    await database.close()
    mail.stop()


def binary(name: str) -> str:
    return str(Path(sysconfig.get_path("scripts"), name))


@asynccontextmanager
async def skipping_time(
    request: pytest.FixtureRequest, pack: Pack, folder: Path
) -> AsyncIterator[Agency]:
    time = LettersFirst()
    env = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=binary("temporal-test-server"),
        data_converter=data_converter(KEYS),
        interceptors=[time],
    )
    saving = bool(request.config.getoption("--save-histories"))
    async with env, running_agency(env, pack, folder, saving) as agency:
        time.client, time.database = env.client, agency.database
        yield agency
        time.release()


@pytest_asyncio.fixture(scope="session")
async def weeks(
    request: pytest.FixtureRequest,
    pack: Pack,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Agency]:
    """The agency on the time-skipping server, where weeks pass in a moment."""
    folder = tmp_path_factory.mktemp("weeks")
    async with skipping_time(request, pack, folder) as agency:
        yield agency


@pytest_asyncio.fixture
async def years(
    request: pytest.FixtureRequest, pack: Pack, tmp_path: Path
) -> AsyncIterator[Agency]:
    """One of its own, where no other case is brought to mind again and again as years pass."""
    async with skipping_time(request, pack, tmp_path) as agency:
        yield agency


@pytest_asyncio.fixture(scope="session")
async def live(
    request: pytest.FixtureRequest,
    pack: Pack,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Agency]:
    """The agency on the real server, which asks for a new run after sixty events."""
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary("temporal"),
        data_converter=data_converter(KEYS),
        dev_server_extra_args=[
            "--dynamic-config-value",
            "limit.historyCount.suggestContinueAsNew=60",
        ],
    )
    saving = bool(request.config.getoption("--save-histories"))
    folder = tmp_path_factory.mktemp("live")
    async with env, running_agency(env, pack, folder, saving) as agency:
        yield agency
