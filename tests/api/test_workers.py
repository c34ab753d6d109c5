"""A worker's profile: read and written by the worker, their supervisor and the administrator."""

import asyncio

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


async def tag_of(service, person, seat=SEAT):
    answer = await service.get(person, f"/workers/{seat}/profile")
    return answer.headers.get("etag", '"none"')


async def put(service, person, seat=SEAT, tag=None, **changed):
    """With the ETag of what stands there now, or with this one."""
    read = {"If-Match": tag or await tag_of(service, person, seat)}
    path = f"/workers/{seat}/profile"
    async with service.calls(person) as http:
        return await http.put(path, json=PROFILE | changed, headers=read)


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


async def test_a_profile_is_not_written_over_by_who_has_not_read_it(idle_service):
    path = f"/workers/{SEAT}/profile"
    async with idle_service.calls("ebony") as http:
        unread = await http.put(path, json=PROFILE | {"skills": ["unread"]})

    assert unread.status_code == 428
    assert await tag_of(idle_service, "ebony") in unread.json()["detail"]


async def test_what_is_left_out_of_a_profile_stays_as_it_is(idle_service):
    whole = {"gender": "male", "languages": ["Hmong"], "experience": ["children"]}
    await put(idle_service, "ebony", **whole)
    path, tag = f"/workers/{SEAT}/profile", await tag_of(idle_service, "ebony")
    async with idle_service.calls("ebony") as http:
        read = {"If-Match": tag}
        answer = await http.put(path, json={"capacity": 7, "skills": []}, headers=read)

    profile = answer.json()["profile"]
    assert {name: profile[name] for name in whole} == whole
    assert (profile["capacity"], profile["skills"]) == (7, [])


async def test_a_profile_says_how_many_cases_there_is_room_for(idle_service):
    async with idle_service.calls("ebony") as http:
        answer = await http.put(f"/workers/{SEAT}/profile", json={"skills": []})

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["capacity"]


async def test_a_profile_sent_again_changes_nothing_and_needs_no_tag(idle_service):
    first = await put(idle_service, "ebony", skills=["sent twice"])
    async with idle_service.calls("ebony") as http:
        again = await http.put(
            f"/workers/{SEAT}/profile", json=PROFILE | {"skills": ["sent twice"]}
        )

    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.both_databases
async def test_of_two_who_write_a_profile_at_once_one_is_shown_the_others(idle_service):
    for pair in range(5):
        tag = await tag_of(idle_service, "ebony")

        answers = await asyncio.gather(
            put(idle_service, "ebony", tag=tag, skills=[f"hers, {pair}"]),
            put(idle_service, "walnut", tag=tag, skills=[f"his, {pair}"]),
        )

        done, refused = sorted(answers, key=lambda each: each.status_code)
        assert (done.status_code, refused.status_code) == (200, 412)
        assert refused.json()["current"] == done.json()
