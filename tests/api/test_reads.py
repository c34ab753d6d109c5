"""Who opened a client's record is on file, and told to those who answer for it (42 CFR 2.25, 45 CFR 164.528)."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from structlog.testing import capture_logs

from tests.api.careplans import agreed, seen
from tests.api.conftest import installation
from tests.api.intakes import assigned
from tests.api.test_signing_links import token_of, with_sister
from throughcare.store.reads import Read, Reader
from throughcare.store.tables import RecordReadRow, RecordShownRow


async def told(service, client, /, **wanted):
    """What is on file by now, the latest first."""
    await service.app.state.parts.reads.write()
    async with service.calls("tamarack") as http:
        answer = await http.get(f"/clients/{client}/reads", params=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def last(service, client, answer):
    """How the record has this very answer."""
    shown = await told(service, client, limit=100)
    return next((e for e in shown if e["id"] == answer.headers["X-Request-ID"]), None)


@pytest_asyncio.fixture(scope="module")
async def plan(service):
    return await agreed(service)


@pytest_asyncio.fixture(scope="module")
async def client(service, plan):
    return (await seen(service, plan))["client"]["id"]


READS = {
    "read_care_plan": "/care-plans/{plan}",
    "read_care_plan_timeline": "/care-plans/{plan}/timeline",
    "read_plan": "/care-plans/{plan}/plan",
    "print_version": "/care-plans/{plan}/plan/versions/2/pdf",
    "print_team": "/care-plans/{plan}/team/pdf",
    "print_care_plan_due_dates": "/care-plans/{plan}/due-dates",
    "read_client": "/clients/{client}",
    "list_consents_of": "/consents?client={client}",
    "list_care_plans": "/care-plans?client={client}",
    "list_all_cases": "/cases?client={client}",
    "list_all_clients": "/clients",
    "duties": "/duties?case={plan}",
    "choice_report": "/reports/choice",
    "list_client_reads": "/clients/{client}/reads",
}


@pytest.mark.both_databases
@pytest.mark.parametrize("route", READS)
async def test_whatever_shows_a_client_is_on_record_with_who_and_by_which_right(
    service, plan, client, route
):
    path = READS[route].format(plan=plan["id"], client=client)

    answer = await service.get("cypress", path)

    assert answer.status_code == 200, answer.text
    read = await last(service, client, answer)
    assert (read["route"], read["rights"]) == (route, ["seat"])
    assert read["person"] == {"id": "cypress", "name": "Coordinator Demo-Cypress"}
    assert read["address"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "body", "route"),
    [
        ("/clients/search", {"name": "Client"}, "look_for_clients"),
        ("/cases/search", {"text": "client"}, "search_cases"),
    ],
)
async def test_a_search_is_on_record_with_all_it_found(
    service, client, path, body, route
):
    answer = await service.post("cypress", path, body)

    read = await last(service, client, answer)
    assert read["route"] == route
    assert read["shown"] == len(answer.json()["items"])


async def test_what_a_command_shows_is_on_record_and_what_is_refused_is_not(
    service, plan, client
):
    path = f"/care-plans/{plan['id']}/messages"

    done = await service.post("cypress", f"{path}/note_added", {"words": "Called."})
    refused = await service.post("mulberry", f"{path}/note_added", {"words": "Called."})
    hidden = await service.get("mulberry", f"/care-plans/{plan['id']}")

    assert (await last(service, client, done))["cases"] == [plan["id"]]
    assert (refused.status_code, hidden.status_code) == (404, 404)
    assert await last(service, client, refused) is None
    assert await last(service, client, hidden) is None


@pytest.mark.parametrize(
    ("person", "right"),
    [
        ("tamarack", "oversight"),
        ("walnut", "administrator"),
    ],
)
async def test_the_right_that_is_named_is_the_readers_own(
    service, plan, client, person, right
):
    answer = await service.get(person, f"/care-plans/{plan['id']}")

    assert (await last(service, client, answer))["rights"] == [right]


async def test_a_read_by_a_signed_link_is_on_record_with_whose_link_it_was(service):
    plan, _ = await with_sister(service)
    client = (await seen(service, plan))["client"]["id"]
    token = await token_of(service, plan)

    async with service.calls() as http:
        answer = await http.get(f"/sign/{token}")

    read = await last(service, client, answer)
    assert (read["person"]["id"], read["rights"]) == ("member-3", ["link"])


# -- telling ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "status"),
    [
        pytest.param("cypress", 200, id="their worker"),
        pytest.param("hawthorn", 200, id="who supervises the worker"),
        pytest.param("tamarack", 200, id="oversight"),
        pytest.param("walnut", 200, id="the administrator"),
        pytest.param("aspen", 403, id="who took them in"),
        pytest.param("linden", 403, id="who is on call"),
        pytest.param("beech", 404, id="who does not see them"),
        pytest.param("yew", 404, id="the operator"),
    ],
)
async def test_who_opened_a_record_is_told_to_those_who_answer_for_it(
    service, client, person, status
):
    answer = await service.get(person, f"/clients/{client}/reads")

    assert answer.status_code == status


@pytest.mark.parametrize("person", ["tamarack", "cypress"])
async def test_nobody_is_told_of_a_client_who_is_not_there(service, person):
    assert (await service.get(person, "/clients/nobody/reads")).status_code == 404


async def test_a_former_worker_is_told_no_more(service):
    case = await assigned(service)
    path = f"/clients/{case['client']['id']}/reads"
    before = await service.get("cypress", path)
    left = {"reason": "moved away"}
    ended = await service.post("cypress", f"/intakes/{case['id']}/messages/moved", left)

    assert ended.status_code == 200, ended.text
    assert before.status_code == 200
    assert (await service.get("cypress", path)).status_code == 403


@pytest.mark.both_databases
async def test_reads_are_told_of_a_period_of_one_person_and_page_by_page(
    service, plan, client
):
    for _ in range(3):
        await service.get("hawthorn", f"/care-plans/{plan['id']}")
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()

    theirs = {"person": "hawthorn", "from": "2026-01-01"}
    of_one = await told(service, client, **theirs)
    pages = (await service.get("tamarack", f"/clients/{client}/reads", limit=1)).json()
    none = await told(service, client, **{"from": tomorrow})

    assert {each["person"]["id"] for each in of_one} == {"hawthorn"}
    following = (await service.get("tamarack", pages["next"])).json()["items"]
    assert following[0]["id"] < pages["items"][0]["id"]
    assert none == []


async def test_who_opened_a_record_is_told_as_a_file_to_hand_over(
    service, plan, client
):
    await service.get("hawthorn", f"/care-plans/{plan['id']}")
    await service.app.state.parts.reads.write()

    async with service.calls("tamarack") as http:
        answer = await http.get(
            f"/clients/{client}/reads", headers={"Accept": "text/csv"}
        )

    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    row = next(each for each in rows if each["person.id"] == "hawthorn")
    assert row["person.name"] == "Supervisor Demo-Hawthorn"
    assert (row["route"], row["rights"]) == ("read_care_plan", "seat")
    assert (await last(service, client, answer))["media_type"] == "text/csv"


# -- keeping ----------------------------------------------------------------------------------------------------------


def number_of_reads(connection):
    return connection.scalar(select(func.count()).select_from(RecordReadRow))


def drop_reads(connection):
    for table in (RecordShownRow, RecordReadRow):
        connection.execute(text(f"DROP TABLE {table.__tablename__}"))


def a_read():
    return Read(
        id="01KAHX6Z1N0000000000000001",
        at=datetime.now(UTC),
        reader=Reader(person="alder"),
        address=None,
        route="read_client",
        media_type="application/json",
        cases=(),
        clients=("01KAHX6Z1MCCCCCCCCCCCCCCCC",),
    )


async def test_what_was_noted_is_kept_when_the_application_stops(
    fresh_database, tmp_path
):
    url = fresh_database()
    async with installation(tmp_path, database_url=url) as service:
        service.app.state.parts.reads.note(a_read())
    async with installation(tmp_path, database_url=url) as again:
        kept = await again.app.state.parts.database.read(number_of_reads)

    assert kept == 1


async def test_what_the_database_does_not_take_waits_and_is_an_error_in_the_log(
    fresh_database, tmp_path
):
    async with installation(tmp_path, database_url=fresh_database()) as service:
        parts = service.app.state.parts
        await parts.database.write(drop_reads)
        parts.reads.note(a_read())
        with capture_logs() as lines, pytest.raises(SQLAlchemyError):
            await parts.reads.write()
        assert ("reads.delayed", "error") in [
            (each["event"], each["log_level"]) for each in lines
        ]
        with capture_logs() as lines:
            await parts.reads.close()

    lost = [each for each in lines if each["event"] == "read.not_recorded"]
    assert [each["person_id"] for each in lost] == ["alder"]
