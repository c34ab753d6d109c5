"""Workers that leave, mail that is cut off, and openings that the server hears of only once it is back."""

import asyncio
import os
import signal
import sqlite3
import threading
from contextlib import closing

import pytest
from temporalio.api.enums.v1 import EventType

from tests.e2e.product import rehearsal
from tests.faults.installation import API, PATIENCE, SERVER, WORKER, Installation
from tests.faults.stories import VIOLATION
from tests.waiting import until
from throughcare.notices.mailbox import Mailbox

pytestmark = pytest.mark.long

TIMED_OUT = EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT
SECOND = "second worker"
STOPS = 10
OTHER_SIDE = "network-provider"


class SlowMailbox(Mailbox):
    """Accepts a letter, and confirms it only when told to."""

    def __init__(self, folder):
        super().__init__(folder)
        self.confirms = threading.Event()
        self.confirms.set()

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.to_thread(self.confirms.wait)
        return answer

    def stop(self):
        self.confirms.set()
        super().stop()


@pytest.fixture(scope="module")
async def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handover")
    policies = rehearsal(folder / "policies", {})
    installation = Installation(folder, policies, SlowMailbox)
    try:
        await installation.set_up()
        yield installation
    finally:
        await installation.put_away()


def deliveries(installation, address):
    query = "SELECT delivery, attempts FROM notices WHERE case_id = ?"
    return set(installation.rows(query, address.rpartition("/")[2]))


async def are_settled(installation, address):
    settled = {"delivered", "failed", "uncertain"}
    found = deliveries(installation, address)
    return bool(found) and {delivery for delivery, _ in found} <= settled


async def test_a_worker_told_to_stop_leaves_its_cases_to_the_other_at_once(
    installation,
):
    await installation.start(SECOND)
    await installation.serves(SECOND)
    cases = [await installation.opened(OTHER_SIDE) for _ in range(8)]

    assert await installation.stop(WORKER) == 0
    for case in cases:
        said = await installation.say(case, "alder", "violation_identified", VIOLATION)
        assert said.status_code == 200, said.text

    # Nobody waited for a worker that was gone.
    histories = await installation.histories()
    assert len(histories) >= len(cases)
    for history in histories.values():
        assert TIMED_OUT not in [event.event_type for event in history.events]
    await installation.start(WORKER)
    await installation.stop(SECOND)


async def test_a_worker_told_to_stop_finishes_the_mail_it_is_at(installation):
    installation.mailbox.confirms.clear()
    before = len(installation.mails())
    case = await installation.opened(OTHER_SIDE)

    async def has_arrived():
        return len(installation.mails()) > before

    await until(has_arrived, PATIENCE)
    stopping = asyncio.create_task(installation.stop(WORKER))
    installation.mailbox.confirms.set()

    assert await stopping == 0
    # The one worker there was is gone, so it was the one that wrote this down.
    assert ("delivered", 1) in deliveries(installation, case)
    await installation.start(WORKER)
    await until(lambda: are_settled(installation, case), PATIENCE)
    assert deliveries(installation, case) == {("delivered", 1)}


async def test_a_round_cut_off_by_a_kill_is_uncertain_and_not_sent_again(installation):
    installation.mailbox.confirms.clear()
    before = len(installation.mails())
    case = await installation.opened(OTHER_SIDE)

    async def has_arrived():
        return len(installation.mails()) == before + 1

    await until(has_arrived, PATIENCE)
    await installation.kill(WORKER)
    installation.mailbox.confirms.set()
    await installation.start(WORKER)

    async def is_told():
        query = (
            "SELECT count(*) FROM timeline WHERE case_id = ? AND kind = 'notice_failed'"
        )
        return installation.rows(query, case.rpartition("/")[2]) == [(2,)]

    await until(is_told, PATIENCE)
    await until(lambda: are_settled(installation, case), PATIENCE)
    # The letter to the other side was of the same round.
    assert deliveries(installation, case) == {("uncertain", 1), ("delivered", 1)}
    sent = [mail["To"] for mail in installation.mails()[before:]]
    # One side, once, and whoever hears of the letters in doubt.
    assert sent.count(sent[0]) == 1
    assert len(sent) == 3


async def test_a_case_opened_while_the_server_dies_begins_exactly_once(installation):
    for count in range(3):
        known = dict(installation.rows("SELECT key, resource_id FROM idempotency_keys"))
        body = {
            "coordinator_seat": "coordinator-1",
            "counterpart_seat": OTHER_SIDE,
            "youth": f"Y-{count}",
            "subject": "Who drives to school",
        }
        key = f"opening-{count}"
        opening = asyncio.create_task(
            installation.insisted("/conflicts", "alder", key, body)
        )

        async def is_under_way(key=key):
            found = installation.rows("SELECT key FROM idempotency_keys")
            return (key,) in found

        # From here on the API asks the server to begin it.
        await until(is_under_way, PATIENCE)
        await installation.kill(SERVER)
        await installation.start(SERVER)
        opened = await opening
        assert opened.status_code in (201, 202), opened.text
        case = opened.headers["Location"].rpartition("/")[2]

        async def has_begun(case=case):
            found = installation.rows("SELECT id FROM cases WHERE id = ?", case)
            return found == [(case,)]

        await until(has_begun, PATIENCE)
        new = dict(installation.rows("SELECT key, resource_id FROM idempotency_keys"))
        assert new.items() - known.items() == {(key, case)}
        again = await installation.insisted("/conflicts", "alder", key, body)
        assert again.headers["Location"] == opened.headers["Location"]
    workflows = [each.id async for each in installation.client.list_workflows()]
    assert len(workflows) == len(set(workflows))


async def test_a_decision_sent_while_the_tables_are_locked_is_applied_once(
    installation,
):
    case = await installation.opened(OTHER_SIDE)
    path, key = f"{case}/messages/violation_identified", "while-locked"
    file = installation.settings.state / "throughcare.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        locked = await installation.asked("POST", path, "alder", key, VIOLATION)
        assert locked is not None and locked.status_code == 503
        somebody.execute("ROLLBACK")
    said = await installation.insisted(path, "alder", key, VIOLATION)
    assert said.status_code == 200
    again = await installation.insisted(path, "alder", key, VIOLATION)
    assert again.json() == said.json()
    query = (
        "SELECT kind FROM timeline WHERE case_id = ? AND kind = 'violation_identified'"
    )
    assert len(installation.rows(query, case.rpartition("/")[2])) == 1


async def test_every_worker_told_to_stop_ends_well(installation):
    names = [f"worker {number}" for number in range(STOPS)]
    await installation.start(*names)
    await asyncio.gather(*map(installation.serves, names))
    assert await asyncio.gather(*map(installation.stop, names)) == [0] * STOPS


async def test_a_worker_told_to_stop_while_it_waits_for_the_server_ends_well(
    installation,
):
    await installation.kill(SERVER)
    await installation.start("early worker")
    part = installation.parts["early worker"]

    async def waits():
        return "temporal.awaited" in part.log.read_text()

    await until(waits, PATIENCE)
    assert await installation.stop("early worker") == 0
    await installation.start(SERVER)
    await installation.is_ready()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_api_told_to_stop_ends_well(installation, number):
    process = installation.parts[API].process
    os.kill(process.pid, number)
    assert await installation.parts[API].ended() == 0
    await installation.start(API)
    await installation.is_ready()
