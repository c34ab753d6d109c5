"""Workers or Temporal away: nothing is lost, nothing is half done."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import select

from tests import waiting
from tests.api.conftest import MEETING, OPENING, installation, working
from tests.samples import CASE, case_record, seated
from tests.workflows.conftest import free_port
from throughcare.store.records import apply_record
from throughcare.store.rows import rows
from throughcare.store.tables import IdempotencyRow


async def until(read, is_done):
    """What is read once it is done."""
    answers = []

    async def has_come():
        answers.append(await read())
        return is_done(answers[-1])

    await waiting.until(has_come)
    return answers[-1]


@pytest.mark.both_databases
async def test_a_message_left_without_a_worker_is_applied_once_when_one_is_back(
    idle_service,
):
    service = idle_service
    async with working(service):
        case = await service.opened()
    left = await service.say("alder", case, "meeting_held", key="left", **MEETING)
    again = await service.say("alder", case, "meeting_held", key="left", **MEETING)
    address = left.headers["Location"]
    before = await service.get("alder", address)
    waiting = (await service.get("alder", "/messages")).json()["items"]
    async with working(service):
        after = await until(
            lambda: service.get("alder", address),
            lambda answer: answer.json()["outcome"] != "recorded",
        )
        page = await service.get("alder", f"/conflicts/{case['id']}/timeline")

    assert left.status_code == again.status_code == 202
    assert left.json() == again.json()
    assert before.json()["outcome"] == "recorded"
    assert (waiting[0]["address"], waiting[0]["outcome"]) == (address, "recorded")
    assert after.json()["outcome"] == "applied"
    kinds = [entry["kind"] for entry in page.json()["items"]]
    assert kinds.count("meeting_held") == 1


async def test_a_message_left_that_is_refused_after_all_is_told_to_its_sender(
    idle_service,
):
    service = idle_service
    async with working(service):
        case = await service.opened()
    left = await service.say("alder", case, "close", reason="Enough")
    async with working(service):
        after = await until(
            lambda: service.get("alder", left.headers["Location"]),
            lambda answer: answer.json()["outcome"] != "recorded",
        )

    assert left.status_code == 202
    assert after.json()["outcome"] == "refused"
    assert after.json()["refusal"]["kind"] == "OutOfOrder"
    own = (await service.get("alder", "/messages", total=True)).json()
    mine = own["items"]
    assert own["total"] == len(mine)
    assert mine[0] == after.json() | {"address": left.headers["Location"]}
    others = (await service.get("ironwood", "/messages")).json()["items"]
    assert mine[0]["id"] not in [each["id"] for each in others]


async def test_an_opening_without_a_worker_is_kept_and_begins_later(idle_service):
    service = idle_service
    kept = await service.post("alder", "/conflicts", OPENING, key="kept")
    async with working(service):
        read = await until(
            lambda: service.get("alder", kept.headers["Location"]),
            lambda answer: answer.status_code == 200,
        )

    assert kept.status_code == 202
    assert read.json()["step"] == "A1"


async def test_a_message_nobody_sent_has_no_status(idle_service):
    service = idle_service
    async with working(service):
        case = await service.opened()

    answer = await service.get(
        "alder", f"/conflicts/{case['id']}/messages/01JZ0000000000000000000000"
    )

    assert answer.status_code == 404


@pytest.fixture
async def cut_off(tmp_path, fresh_database, monkeypatch):
    """An installation whose Temporal is down."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    async with installation(tmp_path, database_url=fresh_database()) as service:
        yield service


async def test_without_temporal_nothing_is_opened_and_one_is_told_when_to_come_back(
    cut_off,
):
    answer = await cut_off.post("alder", "/conflicts", OPENING)
    listed = await cut_off.get("alder", "/conflicts")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert listed.json()["items"] == []


async def test_without_temporal_a_message_is_not_half_sent(cut_off):
    coordinator = seated("care-coordinator").model_copy(
        update={"seat": "coordinator-1"}
    )
    database = cut_off.app.state.parts.database
    await database.write(apply_record, case_record(seats=(coordinator,)))

    answer = await cut_off.say("alder", {"id": CASE}, "meeting_held", **MEETING)

    kept = await database.read(rows, select(IdempotencyRow))
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:throughcare:problem:TemporalAway"
    assert kept == []


async def test_readiness_names_the_part_that_is_missing(cut_off):
    answer = await cut_off.get(None, "/readyz")

    assert answer.status_code == 503
    assert answer.json()["parts"] == {"temporal": "cannot be reached"}


async def test_an_installation_at_work_is_ready(idle_service):
    async with working(idle_service):
        answer = await until(
            lambda: idle_service.get(None, "/readyz"),
            lambda answer: answer.status_code == 200,
        )

    assert answer.json() == {"status": "ok"}


async def test_the_process_lives_though_nothing_else_does(cut_off):
    assert (await cut_off.get(None, "/healthz")).json() == {"status": "ok"}


async def test_while_the_database_is_locked_nothing_is_done_and_one_is_told_when_to_come_back(
    temporal, tmp_path
):
    async with installation(tmp_path) as service:
        file = service.settings.state / "throughcare.db"
        with closing(sqlite3.connect(file, isolation_level=None)) as somebody_else:
            somebody_else.execute("BEGIN IMMEDIATE")
            answer = await service.post("alder", "/conflicts", OPENING, key="locked")

    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["code"] == "DatabaseBusy"
    assert "Nothing was changed" in answer.json()["detail"]
