"""A worker's profile: read and written by the worker, their supervisor and the administrator."""

import pytest

PROFILE = {
    "gender": "female",
    "experience": ["older adults"],
    "culture": [],
    "languages": ["English"],
    "skills": [],
    "other": [],
    "capacity": 40,
}
SEAT = "case-manager-cars"


async def put(service, person, seat=SEAT, **changed):
    async with service.calls(person) as http:
        return await http.put(f"/workers/{seat}/profile", json=PROFILE | changed)


@pytest.mark.parametrize(
    "person",
    [
        pytest.param("ebony", id="the worker"),
        pytest.param("hawthorn", id="their supervisor"),
        pytest.param("walnut", id="the administrator"),
    ],
)
async def test_a_profile_is_written_and_read_by_who_may(idle_service, person):
    written = await put(idle_service, person, skills=[f"as {person} says"])
    seen = await idle_service.get(person, f"/workers/{SEAT}/profile")

    assert written.status_code == 200, written.text
    assert seen.json() == written.json()
    assert written.json()["profile"]["skills"] == [f"as {person} says"]
    assert written.json()["profile"]["updated_by"] == person
    assert (written.json()["person"]["id"], written.json()["caseload"]) == ("ebony", 0)
    await put(idle_service, person)


@pytest.mark.parametrize("person", ["beech", "alder", "sequoia"])
async def test_nobody_else_reads_or_writes_it(idle_service, person):
    seen = await idle_service.get(person, f"/workers/{SEAT}/profile")
    written = await put(idle_service, person)

    assert (seen.status_code, written.status_code) == (403, 403)


@pytest.mark.parametrize(
    ("seat", "changed", "status"),
    [
        pytest.param("nowhere", {}, 404, id="no such seat"),
        pytest.param("coordinator-1", {}, 422, id="no worker's seat"),
        pytest.param(SEAT, {"capacity": -1}, 422, id="less than no room"),
        pytest.param(SEAT, {"height": "tall"}, 422, id="a word nobody knows"),
    ],
)
async def test_a_profile_that_cannot_be_is_refused(idle_service, seat, changed, status):
    answer = await put(idle_service, "walnut", seat, **changed)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_seat_nobody_described_shows_that_it_has_no_profile(idle_service):
    answer = await idle_service.get("walnut", "/workers/coordinator-1/profile")

    assert answer.json()["profile"] is None
