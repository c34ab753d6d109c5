"""Somebody leaves or is away: looked at first, then done, and open cases go on with their clocks untouched."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.conftest import installation, working
from tests.waiting import until


@pytest.fixture(scope="module")
async def office(temporal, mail, fresh_database, tmp_path_factory):
    """An installation of its own: who leaves here would be missed elsewhere."""
    folder = tmp_path_factory.mktemp("office")
    url = fresh_database()
    at = installation(folder, mailbox_port=mail, database_url=url)
    async with at as service, working(service):
        yield service


async def preview(service, by, person, **body):
    return await service.post(by, f"/people/{person}/departure/preview", body)


async def departs(service, person, by="walnut", **body):
    return await service.post(by, f"/people/{person}/departure", body)


def clocks(case):
    return {duty["id"]: (duty["due_at"], duty["receipt"]) for duty in case["duties"]}


@pytest.mark.both_databases
async def test_what_was_previewed_is_what_moves_and_no_clock_is_touched(office):
    case = await office.opened("quince", counterpart_seat="network-provider")
    seats = {"network-provider": "spruce"}
    shown = (await preview(office, "walnut", "quince", seats=seats)).json()
    still = await office.get("quince", f"/conflicts/{case['id']}")
    done = await departs(office, "quince", seats=seats, expected=shown["digest"])

    assert still.json()["duties"] == case["duties"]
    assert done.status_code == 200
    for told in (shown, done.json()):
        (move,) = told["moves"]
        assert (move["before"]["id"], move["after"]["id"]) == ("quince", "spruce")
        assert move["cases"] == [case["id"]]
        assert {each["due_at"] for each in move["duties"]} <= {
            each["due_at"] for each in case["duties"]
        }
    assert (await office.get("quince", "/seats")).status_code == 401

    async def handed_over():
        path = f"/conflicts/{case['id']}/timeline"
        items = (await office.get("walnut", path)).json()["items"]
        changed = [each for each in items if each["kind"] == "seat_changed"]
        return [(each["before"]["id"], each["person"]["id"]) for each in changed] == [
            ("quince", "spruce")
        ]

    await until(handed_over)
    after = (await office.get("spruce", f"/conflicts/{case['id']}")).json()
    assert clocks(after) == clocks(case)
    assert "spruce" in {
        holder["person"]["id"] for duty in after["duties"] for holder in duty["holders"]
    }


@pytest.mark.both_databases
async def test_what_changed_since_the_preview_is_not_done(office):
    shown = (await preview(office, "walnut", "elm")).json()
    case = await office.opened("elm", coordinator_seat="coordinator-2")
    refused = await departs(office, "elm", expected=shown["digest"])

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("MovedMeanwhile")
    assert (await office.get("elm", f"/conflicts/{case['id']}")).status_code == 200


async def test_a_departure_on_a_day_to_come_is_planned_and_taken_back(office):
    day = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    planned = await departs(office, "hazel", at=day, seats={"fiss-case-manager": "elm"})
    people = (await office.get("hazel", "/people")).json()["items"]
    async with office.calls("walnut") as http:
        back = await http.delete("/people/hazel/departure")
        again = await http.delete("/people/hazel/departure")

    assert planned.status_code == 200
    assert next(each for each in people if each["id"] == "hazel")["left_at"]
    assert (back.status_code, again.status_code) == (204, 409)


@pytest.mark.parametrize(
    ("by", "status"),
    [
        pytest.param("walnut", 200, id="the administrator"),
        pytest.param("birch", 200, id="their supervisor"),
        pytest.param("elm", 403, id="somebody else"),
        pytest.param("alder", 403, id="they themself"),
    ],
)
async def test_a_departure_is_shown_to_who_may_see_it(office, by, status):
    assert (await office.get(by, "/people/alder/departure")).status_code == status
    assert (await preview(office, by, "alder")).status_code == status


@pytest.mark.parametrize(
    ("by", "person", "body", "status"),
    [
        pytest.param("birch", "alder", {}, 403, id="not the administrator"),
        pytest.param("walnut", "nobody", {}, 404, id="no such person"),
        pytest.param("walnut", "alder", {"seats": {"x": "elm"}}, 422, id="not theirs"),
        pytest.param(
            "walnut",
            "alder",
            {"seats": {"coordinator-1": "nobody"}},
            422,
            id="no such successor",
        ),
        pytest.param(
            "walnut", "alder", {"at": "2020-01-01T00:00:00Z"}, 422, id="long ago"
        ),
        pytest.param("walnut", "alder", {"seat": {}}, 422, id="misspelt"),
    ],
)
async def test_a_departure_that_cannot_be_is_refused(office, by, person, body, status):
    answer = await departs(office, person, by=by, **body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_absence_is_previewed_and_nothing_is_entered(office):
    case = await office.opened()
    now = datetime.now(UTC)
    body = {
        "person": "alder",
        "substitute": "ironwood",
        "from_at": now.isoformat(),
        "to_at": (now + timedelta(days=3)).isoformat(),
    }
    answer = await office.post("alder", "/absences/preview", body)
    refused = await office.post("elm", "/absences/preview", body)
    listed = (await office.get("alder", "/absences")).json()["items"]

    (move,) = answer.json()["moves"]
    assert (move["seat"], move["after"]["id"]) == ("coordinator-1", "ironwood")
    assert case["id"] in move["cases"]
    assert any("another part" in said for said in move["warnings"])
    assert refused.status_code == 403
    assert "alder" not in {each["person"] for each in listed}
