"""An agency with a system of its own: told by signed webhooks, and believed by them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from tests.api.conftest import installation, working
from tests.receiver import receiving
from tests.waiting import until
from throughcare.store.database import open_database
from throughcare.store.rows import rows
from throughcare.store.tables import DirectoryChangeRow, WebhookRow

YOUTH, SUBJECT = "Robin-Client", "What Robin needs on weekdays"


@pytest.fixture(scope="module")
async def office(temporal, mail, fresh_database, tmp_path_factory):
    """An installation of its own: elsewhere CYFS answers by links."""
    folder = tmp_path_factory.mktemp("office")
    url = fresh_database()
    at = installation(folder, mailbox_port=mail, database_url=url)
    async with at as service, working(service):
        yield service


@pytest.fixture(scope="module")
async def theirs(office):
    async with receiving(answers=[503, 204]) as receiver:
        yield receiver


@pytest.fixture(scope="module")
async def secret(office, theirs):
    """CYFS is connected, and keeps this secret."""
    answer = await connect(office, url=theirs.url)
    assert answer.status_code == 201
    return answer.json()["secret"]


@pytest.fixture
async def case(office, secret):
    return await office.opened(youth=YOUTH, subject=SUBJECT)


async def connect(service, by="walnut", organization="cyfs", **body):
    async with service.calls(by) as http:
        return await http.put(f"/organizations/{organization}/webhook", json=body)


def words(case, message="meeting_held", **changed):
    """What ironwood's system says; he is the human service worker."""
    facts = {"attendees": ["coordinator-1", "human-service-worker"]}
    return {
        "case": case["id"],
        "seat": "human-service-worker",
        "message": message,
        "facts": facts,
    } | changed


async def send(
    service, secret, body, webhook_id, organization="cyfs", at=None, changed=False
):
    text, at = json.dumps(body), at or datetime.now(UTC)
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, at, text),
    }
    async with service.calls() as http:
        return await http.post(
            f"/webhooks/{organization}",
            content=text + " " * changed,
            headers=headers,
        )


@pytest.mark.both_databases
async def test_their_system_is_told_again_until_it_takes_it_and_nothing_names_a_client(
    office, secret, theirs, case
):
    async def heard():
        return any(case["id"].encode() in body for _, _, body in theirs.requests[1:])

    await until(heard, within_seconds=30)
    refused, again = theirs.requests[0], theirs.requests[1]
    said = Webhook(secret).verify(again[2], again[1])
    assert refused[1]["webhook-id"] == again[1]["webhook-id"] == said["id"]
    assert said["seat"] == "human-service-worker"
    for body in theirs.bodies:
        assert YOUTH.encode() not in body
        assert b"Robin" not in body


@pytest.mark.both_databases
async def test_what_they_say_is_applied_once_and_answered_alike(office, secret, case):
    first = await send(office, secret, words(case), "msg-1")
    again = await send(office, secret, words(case), "msg-1")

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["outcome"] == "applied"
    path = f"/conflicts/{case['id']}/timeline"
    items = (await office.get("alder", path)).json()["items"]
    met = [each for each in items if each["message_id"] == first.json()["id"]]
    assert {(each["person"]["id"], each["capacity"]) for each in met} == {
        ("ironwood", "webhook")
    }
    assert len([each for each in items if each["kind"] == met[0]["kind"]]) == 1


@pytest.mark.both_databases
async def test_the_same_webhook_at_once_is_one_message(office, secret, case):
    answers = await asyncio.gather(
        *(send(office, secret, words(case), "msg-2") for _ in range(4))
    )

    assert {each.status_code for each in answers} == {200}
    assert len({each.json()["id"] for each in answers}) == 1
    path = f"/conflicts/{case['id']}/timeline"
    kinds = [e["kind"] for e in (await office.get("alder", path)).json()["items"]]
    assert kinds.count("meeting_held") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"message": "withdraw", "facts": {"reason": "Settled"}},
        {"facts": {"attendees": ["coordinator-1"]}},
    ],
)
async def test_another_message_under_an_id_that_was_used_is_refused_in_words(
    office, secret, case, changed
):
    used_for = f"used-{len(changed)}"
    first = await send(office, secret, words(case), used_for)
    other = await send(office, secret, words(case) | changed, used_for)
    again = await send(office, secret, words(case), used_for)

    assert other.status_code == 409
    assert other.json()["code"] == "WebhookIdReused"
    assert "an id of its own" in other.json()["detail"]
    assert (first.status_code, again.json()) == (200, first.json())


async def test_the_same_id_about_another_case_is_another_message(office, secret, case):
    other = await office.opened(youth="Y-2", subject="Who visits")

    answers = [await send(office, secret, words(each), "m") for each in (case, other)]

    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json()["id"] != answers[1].json()["id"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param({"changed": True}, 401, id="tampered with"),
        pytest.param({"minutes": 15}, 401, id="fifteen minutes old"),
        pytest.param({"secret": "whsec_c2VjcmV0"}, 401, id="another secret"),
        pytest.param({"organization": "dmcps"}, 401, id="an organization without"),
        pytest.param({"organization": "nowhere"}, 401, id="no such organization"),
        pytest.param({"seat": "coordinator-1"}, 403, id="a seat of others"),
        pytest.param({"seat": "no-seat"}, 403, id="no such seat"),
        pytest.param({"person": "juniper"}, 403, id="who does not sit there"),
        pytest.param({"case": "01JZ0000000000000000000000"}, 404, id="no such case"),
        pytest.param({"message": "shout"}, 404, id="no such message"),
        pytest.param({"facts": {}}, 422, id="facts left out"),
        pytest.param({"facts": {"attendee": []}}, 422, id="facts misspelt"),
        pytest.param({"facts": {"seat": "x"}}, 422, id="another's word"),
        pytest.param({"more": 1}, 422, id="a field nobody knows"),
        pytest.param({"message": "notice_given", "facts": {"how": "by phone"}}, 409, id="out of order"),
    ],
)  # fmt: skip
async def test_what_is_not_theirs_to_say_is_refused(office, secret, case, sent, status):
    how = dict(sent)
    minutes = timedelta(minutes=how.pop("minutes", 0))
    given = {
        "secret": how.pop("secret", secret),
        "organization": how.pop("organization", "cyfs"),
        "changed": how.pop("changed", False),
        "at": datetime.now(UTC) - minutes,
    }

    answer = await send(
        office, body=words(case) | how, webhook_id=f"refused-{status}", **given
    )

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert YOUTH not in answer.text


async def test_a_signed_body_that_says_nothing_is_refused(office, secret):
    answer = await send(office, secret, "", "nothing")

    assert answer.status_code == 422


async def test_only_the_administrator_connects_a_system(office):
    assert (await connect(office, by="alder")).status_code == 403
    assert (await connect(office, organization="nowhere")).status_code == 404
    refused = await connect(office, url="http://cases.agency.example/")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "url"


async def test_the_secret_is_shown_once_and_kept_sealed(office, secret):
    listed = await office.get("walnut", "/organizations")
    database = open_database(office.settings.database)
    this = select(WebhookRow).where(WebhookRow.organization_id == "cyfs")
    (row,) = await database.read(rows, this)
    trail = await database.read(rows, select(DirectoryChangeRow))
    await database.close()

    cyfs = next(each for each in listed.json()["items"] if each["id"] == "cyfs")
    assert (cyfs["answers_by"], cyfs["webhook"]) == ("webhook", True)
    assert secret not in listed.text
    assert secret not in row.secret and secret[6:] not in row.secret
    assert "webhook_set" in {change.what for change in trail}
    assert secret not in str([(change.before, change.after) for change in trail])


async def test_a_new_secret_ends_the_old_one_and_a_disconnected_system_is_not_believed(
    office, secret, theirs, case
):
    renewed = (await connect(office, url=theirs.url)).json()["secret"]
    old = await send(office, secret, words(case), "old")
    new = await send(office, renewed, words(case), "new")
    async with office.calls("walnut") as http:
        ended = await http.delete("/organizations/cyfs/webhook")
        twice = await http.delete("/organizations/cyfs/webhook")
    after = await send(office, renewed, words(case), "after")
    listed = (await office.get("walnut", "/organizations")).json()["items"]

    assert (old.status_code, new.status_code, after.status_code) == (401, 200, 401)
    assert (ended.status_code, twice.status_code) == (204, 404)
    cyfs = next(each for each in listed if each["id"] == "cyfs")
    assert (cyfs["answers_by"], cyfs["webhook"]) == ("link", False)
