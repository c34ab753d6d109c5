"""What keeps the service from its work while it seems to run: who is told, and how."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import event, insert
from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from tests.samples import notice
from tests.waiting import until
from tests.workflows.conftest import free_port
from throughcare.config import Settings
from throughcare.notices.mail import mailer
from throughcare.notices.mailbox import Mailbox
from throughcare.store.database import open_database, upgrade
from throughcare.store.installation import claim
from throughcare.store.notice_queue import queued
from throughcare.store.tables import NoticeRow
from throughcare.temporal.client import connect
from throughcare.temporal.keys import read
from throughcare.usecases.lookout import IN_A_ROW, Lookout

OPERATOR = "Whoever is on call <operator@agency.example>"


@pytest.fixture
async def watched(idle_service, tmp_path):
    """A database of its own under a lookout, and the mailbox of its operator."""
    box = Mailbox(tmp_path / "mailbox")
    settings = Settings(state=tmp_path, mailbox_port=box.start("127.0.0.1", 0))
    database = open_database(settings.database)
    keys = read(idle_service.settings.keys)
    await _prepared(settings, database, keys)
    client = await connect(keys, service="test")
    lookout = Lookout(database, client, mailer(settings), OPERATOR, tmp_path)
    yield Watched(lookout, database, client, settings, box)
    box.stop()
    await database.close()


class Watched:
    def __init__(self, lookout, database, client, settings, box):
        self.lookout, self.database, self.client = lookout, database, client
        self.settings, self.box = settings, box

    def told(self):
        """What each mail to the operator says, after who it is to."""
        files = sorted(self.box.folder.glob("*.eml"))
        mails = [
            message_from_bytes(each.read_bytes(), policy=default) for each in files
        ]
        assert {mail["To"] for mail in mails} <= {"operator@agency.example"}
        return [mail.get_content().splitlines()[0] for mail in mails]


async def _prepared(settings, database, keys):
    await upgrade(settings.database)
    await database.write(claim, keys, "this")


async def test_where_all_is_well_nobody_is_told(watched):
    await watched.lookout.look()

    assert watched.lookout.found == {}
    assert watched.told() == []


async def test_a_database_that_cannot_be_written_is_told_by_mail_and_once(watched):
    def read_only(connection, _record):
        connection.execute("PRAGMA query_only = ON")

    event.listen(watched.database.reads, "connect", read_only)
    watched.database.reads.dispose()

    for _ in range(3):
        await watched.lookout.look()

    assert watched.lookout.found == {"database": "cannot be written"}
    assert watched.told() == ["database: cannot be written"]
    event.remove(watched.database.reads, "connect", read_only)
    watched.database.reads.dispose()
    await watched.lookout.look()
    assert watched.lookout.found == {}


async def test_a_disk_that_is_nearly_full_is_told(watched):
    lookout = Lookout(
        watched.database,
        watched.client,
        mailer(watched.settings),
        OPERATOR,
        watched.settings.state,
        least_free=sys.maxsize,
    )

    await lookout.look()

    assert set(lookout.found) == {"disk"}
    (told,) = watched.told()
    assert told.startswith("disk: only ")


def settled(number, delivery, now):
    row = queued("a-case", notice(f"k{number}"), now)
    at = now + timedelta(seconds=number)
    return row | {"delivery": delivery, "settled_at": at, "done_at": at, "attempts": 1}


async def write(database, *rows):
    await database.write(lambda connection: connection.execute(insert(NoticeRow), rows))


async def test_notices_that_fail_one_after_the_other_are_told_until_one_arrives(
    watched,
):
    now = datetime.now(UTC) - timedelta(minutes=1)
    failed = [settled(number, "failed", now) for number in range(IN_A_ROW)]
    await write(watched.database, *failed[1:])
    await watched.lookout.look()
    assert watched.lookout.found == {}

    await write(watched.database, failed[0])
    await watched.lookout.look()

    assert watched.told() == ["notices: fail one after the other"]
    await write(watched.database, settled(IN_A_ROW, "delivered", now))
    await watched.lookout.look()
    assert watched.lookout.found == {}


async def test_where_mail_itself_is_away_it_is_told_again_once_it_is_back(watched):
    waits = queued("a-case", notice("k"), datetime.now(UTC))
    await write(watched.database, waits | {"attempts": IN_A_ROW})
    port = watched.settings.mailbox_port
    watched.box.stop()
    await watched.lookout.look()
    assert watched.lookout.found == {"notices": "fail one after the other"}

    watched.box.start("127.0.0.1", port)
    await watched.lookout.look()

    assert watched.told() == ["notices: fail one after the other"]


@workflow.defn
class Stuck:
    @workflow.run
    async def run(self) -> None:
        raise ValueError("a fault of ours")


@pytest.mark.long
async def test_a_case_that_cannot_go_on_is_told(watched):
    queue = f"stuck-{free_port()}"
    worker = Worker(
        watched.client,
        task_queue=queue,
        workflows=[Stuck],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with worker:
        handle = await watched.client.start_workflow(
            Stuck.run, id=queue, task_queue=queue
        )

        async def is_found():
            await watched.lookout.look()
            return "cases" in watched.lookout.found

        await until(is_found, within_seconds=110)
        await handle.terminate()
    assert watched.told() == ["cases: 1 cannot go on"]


class Found:
    """A lookout that found this."""

    def __init__(self, **found):
        self.found = found


@pytest.fixture
def lookouts(service):
    """Puts another lookout in place of the service's own, for as long as the test runs."""
    state = service.app.state
    own = state.parts

    def put(lookout):
        state.parts = replace(own, lookout=lookout)

    yield put
    state.parts = own


async def test_readyz_says_what_ails_and_refuses_only_where_nothing_can_be_recorded(
    service, lookouts
):
    async def ready(**found):
        lookouts(Found(**found))
        return await service.get(None, "/readyz")

    async def is_ailing():
        answer = await ready(cases="2 cannot go on")
        said = {"status": "ailing", "parts": {"cases": "2 cannot go on"}}
        return (answer.status_code, answer.json()) == (200, said)

    await until(is_ailing)
    unready = await ready(database="cannot be written")
    assert unready.status_code == 503
    assert unready.json()["parts"]["database"] == "cannot be written"
