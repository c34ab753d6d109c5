"""Nobody becomes administrator or operator by one person's word, and the last administrator stays."""

import pytest
from sqlalchemy import select

from tests.api.conftest import installation
from throughcare.store.database import open_database
from throughcare.store.rows import rows
from throughcare.store.tables import DirectoryChangeRow, SeatingRow


@pytest.fixture
async def office(temporal, fresh_database, tmp_path):
    """An installation of its own, whose administrator is walnut, operator yew, and oversight tamarack."""
    async with installation(tmp_path / "office", database_url=fresh_database()) as at:
        yield at


async def put(service, person, seat, holder):
    async with service.calls(person) as http:
        return await http.put(f"/seats/{seat}/holder", json={"person": holder})


async def may_decode(service, person):
    """Only an operator may."""
    answer = await service.post(person, "/codec/decode", {"payloads": []})
    return answer.status_code == 200


@pytest.mark.parametrize(
    ("seat", "person"),
    [("operator", "walnut"), ("operator", "alder"), ("agency-administrator", "alder")],
    ids=["themself", "another operator", "another administrator"],
)
async def test_an_unconfirmed_seating_gives_no_right(office, seat, person):
    proposed = await put(office, "walnut", seat, person)

    assert proposed.status_code == 202
    assert proposed.json()["person"]["id"] != person
    assert not await may_decode(office, person)
    everybody = await office.get(person, "/seatings")
    assert (everybody.status_code == 200) is (person == "walnut")


async def test_a_second_person_confirms_and_the_record_has_both(office):
    seating = (await put(office, "walnut", "operator", "alder")).json()["proposed"]

    by_proposer = await office.post("walnut", f"/seatings/{seating}/confirm")
    by_alder = await office.post("alder", f"/seatings/{seating}/confirm")
    listed = (await office.get("tamarack", "/seatings")).json()["items"]
    confirmed = await office.post("tamarack", f"/seatings/{seating}/confirm")
    again = await office.post("tamarack", f"/seatings/{seating}/confirm")

    assert (by_proposer.status_code, by_alder.status_code) == (403, 403)
    assert [each["proposed_by"] for each in listed] == ["walnut"]
    assert (confirmed.status_code, again.status_code) == (200, 404)
    assert await may_decode(office, "alder")
    assert not await may_decode(office, "yew")
    database = open_database(office.settings.database)
    trail = await database.read(rows, select(DirectoryChangeRow))
    (row,) = await database.read(rows, select(SeatingRow))
    await database.close()
    by = {each.what: each.person_id for each in trail}
    assert (by["seating_proposed"], by["seating_confirmed"]) == ("walnut", "tamarack")
    assert by["holder_changed"] == "tamarack"
    assert (row.settled_as, row.settled_by) == ("confirmed", "tamarack")


async def test_a_declined_seating_leaves_whoever_sits_there(office):
    seating = (await put(office, "walnut", "operator", "alder")).json()["proposed"]

    declined = await office.post("walnut", f"/seatings/{seating}/decline")
    late = await office.post("tamarack", f"/seatings/{seating}/confirm")

    assert (declined.status_code, late.status_code) == (200, 404)
    assert await may_decode(office, "yew")


async def test_whoever_is_to_sit_there_does_not_confirm_it_themself(office):
    seating = (await put(office, "walnut", "operator", "tamarack")).json()["proposed"]

    answer = await office.post("tamarack", f"/seatings/{seating}/confirm")

    assert answer.status_code == 403
    assert "another administrator" in answer.json()["detail"]


async def test_another_proposal_for_a_seat_replaces_the_one_that_waits(office):
    first = (await put(office, "walnut", "operator", "alder")).json()["proposed"]
    second = (await put(office, "walnut", "operator", "elm")).json()["proposed"]

    old = await office.post("tamarack", f"/seatings/{first}/confirm")
    new = await office.post("tamarack", f"/seatings/{second}/confirm")

    assert (old.status_code, new.status_code) == (404, 200)


async def test_a_substitute_gets_no_administrators_rights_by_an_absence(office):
    away = {"from_at": "2090-01-01T00:00:00Z", "to_at": "2090-01-09T00:00:00Z"}
    body = {"person": "walnut", **away}

    refused = await office.post("walnut", "/absences", body | {"substitute": "alder"})
    without = await office.post("walnut", "/absences", body | {"substitute": None})

    assert (refused.status_code, without.status_code) == (409, 201)
    assert "second person" in refused.json()["detail"]


async def test_a_departure_hands_on_no_administrators_seat(office):
    leaving = {"seats": {"operator": "alder"}}

    answer = await office.post("walnut", "/people/yew/departure", leaving)

    assert answer.status_code == 422
    assert "second person" in answer.json()["detail"]


@pytest.mark.parametrize("at", [None, "2090-01-01T00:00:00Z"], ids=["now", "planned"])
async def test_the_last_administrator_does_not_leave(office, at):
    left = await office.post("walnut", "/people/walnut/departure", {"at": at})
    emptied = await put(office, "walnut", "agency-administrator", None)

    assert (left.status_code, emptied.status_code) == (409, 409)
    assert "Nobody would be left" in left.json()["detail"]
    assert (await office.get("walnut", "/seatings")).status_code == 200


async def test_an_administrator_leaves_once_another_was_confirmed(office):
    seat = "agency-administrator"
    seating = (await put(office, "walnut", seat, "cedar")).json()["proposed"]
    await office.post("tamarack", f"/seatings/{seating}/confirm")

    left = await office.post("cedar", "/people/walnut/departure", {})

    assert left.status_code == 200
    assert (await office.get("cedar", "/seatings")).status_code == 200
