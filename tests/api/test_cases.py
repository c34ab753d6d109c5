"""Cases of every kind in one list: filtered, counted, found by words, and told of as they change."""

import secrets

import pytest

from tests.api.conftest import MEETING
from tests.api.intakes import opened as intake
from tests.api.intakes import somebody
from tests.api.test_lists import every, ids
from tests.waiting import until

OVERSIGHT = "tamarack"


@pytest.fixture
async def both(service):
    """A conflict and an intake."""
    return await service.opened(), await intake(service)


async def found(service, person, text, **filters):
    async with service.calls(person) as http:
        answer = await http.post("/cases/search", json={"text": text} | filters)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


@pytest.mark.both_databases
async def test_one_list_has_cases_of_every_kind_newest_first(service, both):
    conflict, begun = both

    newest = (await service.get(OVERSIGHT, "/cases", limit=2)).json()["items"]

    assert [each["id"] for each in newest] == [begun["id"], conflict["id"]]
    assert newest[0]["client"]["name"] == begun["client"]["name"]
    assert newest[1]["subject"] == conflict["subject"]
    assert newest[1]["address"] == f"/conflicts/{conflict['id']}"
    assert (await service.get(OVERSIGHT, newest[0]["address"])).status_code == 200


async def test_one_list_shows_only_what_one_may_see(service, both):
    conflict, begun = both

    mine = await ids(service, "alder", "/cases", limit=100)

    assert conflict["id"] in mine
    assert begun["id"] not in mine


@pytest.mark.both_databases
async def test_a_list_is_narrowed_by_kind_status_and_whether_it_is_open(service, both):
    conflict, begun = both
    since = {"opened_after": conflict["opened_at"], "limit": 100}
    await service.say("alder", conflict, "withdraw", reason="Settled by ourselves")

    async def listed(**filters):
        return await ids(service, OVERSIGHT, "/cases", **since, **filters)

    assert begun["id"] in await listed(kind="intake", open=True)
    assert conflict["id"] not in await listed(open=True)
    assert await listed(kind="service-request") == []
    assert begun["id"] in await listed(status="open", step="screening")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        pytest.param("/cases", "unresolved_at_top", id="of any kind"),
        pytest.param("/intakes", "enrolled", id="of one kind"),
    ],
)
async def test_a_status_that_no_such_case_has_is_refused(service, path, says):
    answer = await service.get(OVERSIGHT, path, status="lost")

    assert answer.status_code == 422
    (problem,) = answer.json()["errors"]
    assert problem["field"] == "status"
    assert says in problem["problem"]


@pytest.mark.both_databases
async def test_counts_are_of_the_cases_the_same_filters_list(service, both):
    whole = await every(service, OVERSIGHT, "/cases", limit=100)
    counts = (await service.get(OVERSIGHT, "/cases/counts")).json()["items"]

    by_kind = {(each["kind"], each["status"]): each["count"] for each in counts}
    assert by_kind == {
        key: sum((each["kind"], each["status"]) == key for each in whole)
        for key in by_kind
    }
    assert sum(by_kind.values()) == len(whole)
    of_alder = (await service.get("alder", "/cases/counts", kind="intake")).json()
    assert of_alder["items"] == []


@pytest.mark.both_databases
async def test_cases_are_found_by_what_they_or_their_client_are_called(service):
    word = secrets.token_hex(5)
    conflict = await service.opened(subject=f"Who drives to Riverside-{word} school")
    begun = await intake(service, person=somebody(name=f"Client Demo-{word}"))

    assert await found(service, OVERSIGHT, word) == [begun["id"], conflict["id"]]
    assert await found(service, OVERSIGHT, f"drives {word.upper()}") == [conflict["id"]]
    assert await found(service, OVERSIGHT, word, kind=["intake"]) == [begun["id"]]
    assert await found(service, OVERSIGHT, conflict["id"]) == [conflict["id"]]
    assert await found(service, "alder", word) == [conflict["id"]]


@pytest.mark.parametrize("wildcard", ["%", "_", "\\", "*"])
async def test_nothing_in_a_search_is_a_wildcard(service, both, wildcard):
    assert await found(service, OVERSIGHT, f"no{wildcard}such") == []


@pytest.mark.both_databases
async def test_the_feed_tells_which_cases_changed_since(service, both):
    conflict, _ = both
    start = (await service.get(OVERSIGHT, "/cases/changes")).json()
    assert (start["items"], start["more"]) == ([], False)
    await service.say("alder", conflict, "meeting_held", **MEETING)

    async def told(person):
        page = await service.get(person, "/cases/changes", after=start["after"])
        return [each["case"] for each in page.json()["items"]]

    await until(lambda: told("alder"))
    assert set(await told("alder")) == {conflict["id"]}
    assert await told("aspen") == []


async def test_a_timeline_is_read_from_either_end(service):
    case = await service.opened()
    await service.say("alder", case, "meeting_held", **MEETING)
    path = f"/conflicts/{case['id']}/timeline"

    forwards = await every(service, "alder", path, limit=2)
    backwards = await every(service, "alder", path, limit=2, newest_first=True)

    assert backwards == forwards[::-1]


# -- duties ------------------------------------------------------------------------------------------------------------


async def duties(service, person, **filters):
    return await every(service, person, "/duties", limit=100, **filters)


@pytest.mark.both_databases
async def test_a_duty_in_a_list_says_which_case_it_is_of(service, both):
    conflict, begun = both

    (mine, *_) = await duties(service, "alder", case=conflict["id"])
    (theirs, *_) = await duties(service, "aspen", case=begun["id"])

    assert mine["case"]["subject"] == conflict["subject"]
    assert mine["case"]["address"] == f"/conflicts/{conflict['id']}"
    assert theirs["case"]["client"] == begun["client"]
    assert theirs["case"]["kind"] == "intake"


@pytest.mark.both_databases
async def test_a_team_is_the_seats_that_report_to_mine(service, both):
    conflict, _ = both
    here = {"case": conflict["id"]}

    mine = await duties(service, "birch", mine=True, **here)
    team = await duties(service, "birch", team=True, **here)
    below = await duties(service, "alder", team=True, **here)

    assert (mine, below) == ([], [])
    assert "coordinator-1" in {h["seat"] for each in team for h in each["holders"]}


@pytest.mark.both_databases
async def test_what_was_done_is_listed_with_by_whom_the_last_first(service, both):
    conflict, _ = both
    await service.say("alder", conflict, "meeting_held", **MEETING)
    here = {"case": conflict["id"], "done": True}

    done = await duties(service, "alder", **here)

    at = [each["discharge"]["event_at"] for each in done]
    assert done and at == sorted(at, reverse=True)
    assert {each["discharge"]["person"]["id"] for each in done} == {"alder"}
    assert await duties(service, "alder", done_by="ironwood", **here) == []
    assert await duties(service, "alder", done_by="alder", **here) == done


@pytest.mark.both_databases
async def test_counts_tell_how_urgent_the_listed_duties_are(service, both):
    listed = await duties(service, "alder", mine=True)

    counts = (await service.get("alder", "/duties/counts", mine=True)).json()

    assert sum(counts.values()) == len(listed)
    assert counts["without_limit"] == sum(not each["due_at"] for each in listed)
    assert counts["overdue"] == 0


# -- one's own messages ------------------------------------------------------------------------------------------------


async def test_a_message_that_was_applied_is_not_among_those_that_wait(service):
    case = await service.opened()
    await service.say("alder", case, "meeting_held", key="applied-1", **MEETING)

    own = await every(service, "alder", "/messages", limit=100)

    assert [each for each in own if case["id"] in each["address"]] == []
