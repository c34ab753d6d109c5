"""Seats, absences and people: changed by who may, and open cases hear of it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.conftest import installation, working


@pytest.fixture(scope="module")
async def office(temporal, mail, fresh_database, tmp_path_factory):
    """An installation of its own: what is changed here, others would trip over."""
    folder = tmp_path_factory.mktemp("office")
    url = fresh_database()
    at = installation(folder, mailbox_port=mail, database_url=url)
    async with at as service, working(service):
        yield service


async def seat_of(service, seat_id):
    items = (await service.get("alder", "/seats")).json()["items"]
    return next(each for each in items if each["id"] == seat_id)


async def put(service, person, seat, holder, tag=None):
    headers = {"If-Match": tag} if tag else {}
    async with service.calls(person) as http:
        return await http.put(
            f"/seats/{seat}/holder", json={"person": holder}, headers=headers
        )


async def tag_of(service, path, by="walnut"):
    return (await service.get(by, path)).headers["ETag"]


def away(person="alder", substitute="ginkgo", days=3):
    now = datetime.now(UTC)
    return {
        "person": person,
        "substitute": substitute,
        "from_at": now.isoformat(),
        "to_at": (now + timedelta(days=days)).isoformat(),
    }


@pytest.mark.both_databases
async def test_the_administrator_seats_somebody_and_the_open_duties_go_along(office):
    case = await office.opened("quince", counterpart_seat="network-provider")
    changed = await put(office, "walnut", "network-provider", "spruce")

    assert changed.status_code == 200
    assert changed.json()["person"]["id"] == "spruce"
    while True:
        read = await office.get("spruce", f"/conflicts/{case['id']}")
        holders = {
            holder["person"]["id"]
            for duty in read.json().get("duties", [])
            for holder in duty["holders"]
            if holder["seat"] == "network-provider"
        }
        if holders == {"spruce"}:
            break
    before = {duty["id"]: duty["due_at"] for duty in case["duties"]}
    after = {duty["id"]: duty["due_at"] for duty in read.json()["duties"]}
    assert after == before


@pytest.mark.parametrize(
    ("person", "seat", "holder", "status"),
    [
        pytest.param("alder", "coordinator-1", "elm", 403, id="not the administrator"),
        pytest.param("tamarack", "coordinator-1", "elm", 403, id="quality assurance"),
        pytest.param("walnut", "no-seat", "elm", 404, id="no such seat"),
        pytest.param("walnut", "coordinator-1", "nobody", 422, id="no such person"),
    ],
)
async def test_a_seat_is_not_changed_by_others_or_to_nowhere(
    office, person, seat, holder, status
):
    answer = await put(office, person, seat, holder)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("by", "status"),
    [
        pytest.param("alder", 201, id="the person"),
        pytest.param("birch", 201, id="their supervisor"),
        pytest.param("walnut", 201, id="the administrator"),
        pytest.param("elm", 403, id="somebody else"),
    ],
)
async def test_an_absence_is_entered_by_who_may(office, by, status):
    answer = await office.post(by, "/absences", away())

    assert answer.status_code == status
    if status == 201:
        ended = await office.post(by, f"/absences/{answer.json()['id']}/end")
        assert ended.status_code == 200


async def test_while_somebody_is_away_their_substitute_sits_in_their_seat(office):
    entered = (await office.post("alder", "/absences", away())).json()
    meanwhile = await seat_of(office, "coordinator-1")
    listed = (await office.get("birch", "/absences")).json()["items"]
    await office.post("alder", f"/absences/{entered['id']}/end")
    again = await office.post("alder", f"/absences/{entered['id']}/end")

    assert (meanwhile["person"]["id"], meanwhile["capacity"]) == (
        "ginkgo",
        "substitute",
    )
    assert entered in listed
    assert (await seat_of(office, "coordinator-1"))["person"]["id"] == "alder"
    assert again.status_code == 409


@pytest.mark.both_databases
async def test_an_absence_entered_twice_under_one_key_is_entered_once(office):
    body = away("elm", None)

    first = await office.post("elm", "/absences", body, key="away")
    again = await office.post("elm", "/absences", body, key="away")
    other = await office.post(
        "elm", "/absences", body | {"substitute": "hazel"}, "away"
    )

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert other.status_code == 409


async def test_nobody_ends_the_absence_of_somebody_else(office):
    mine = (await office.post("hazel", "/absences", away("hazel", None, days=1))).json()

    answer = await office.post("quince", f"/absences/{mine['id']}/end")

    assert answer.status_code == 403


async def test_people_are_listed_without_their_addresses(office):
    answer = await office.get("cedar", "/people")

    assert {"id": "alder", "name": "Coordinator Demo-Alder", "left_at": None} in (
        answer.json()["items"]
    )
    assert "@" not in answer.text


@pytest.mark.parametrize(
    ("from_at", "to_at", "begins", "ends"),
    [
        pytest.param(
            "2090-12-24",
            "2090-12-26",
            "2090-12-24T06:00:00Z",
            "2090-12-27T06:00:00Z",
            id="three days",
        ),
        pytest.param(
            "2090-12-24",
            "2090-12-24",
            "2090-12-24T06:00:00Z",
            "2090-12-25T06:00:00Z",
            id="one day",
        ),
        pytest.param(
            "2027-03-13",
            "2027-03-14",
            "2027-03-13T06:00:00Z",
            "2027-03-15T05:00:00Z",
            id="the night the clock is put forward",
        ),
        pytest.param(
            "2090-12-24",
            "2090-12-26T12:00:00-06:00",
            "2090-12-24T06:00:00Z",
            "2090-12-26T18:00:00Z",
            id="a day and an instant",
        ),
    ],
)
async def test_a_plain_date_is_a_whole_day_where_the_agency_is(
    office, from_at, to_at, begins, ends
):
    body = {"person": "cedar", "from_at": from_at, "to_at": to_at}
    entered = await office.post("cedar", "/absences", body)
    await office.post("cedar", f"{entered.headers['Location']}/end")

    assert entered.status_code == 201, entered.text
    assert (entered.json()["from_at"], entered.json()["to_at"]) == (begins, ends)


@pytest.mark.parametrize(
    "when",
    ["2090-12-24T12:00:00", "2090-13-01", "9999-12-31", "12/24/2090", 20901224, None],
)
async def test_what_is_neither_a_day_nor_an_instant_is_no_end_of_an_absence(
    office, when
):
    body = {"person": "cedar", "from_at": "2090-12-01", "to_at": when}

    answer = await office.post("cedar", "/absences", body)

    assert answer.status_code == 422


# -- what is left out of what is written over ---------------------------------------------------------------------


async def test_a_holder_that_is_left_out_is_asked_for(office):
    async with office.calls("walnut") as http:
        answer = await http.put("/seats/coordinator-1/holder", json={})

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["person"]


async def test_of_a_webhook_that_is_written_over_the_address_stays(office):
    path, url = "/organizations/acorn-provider/webhook", "https://acorn.example/in"
    async with office.calls("walnut") as http:
        first = await http.put(path, json={"url": url})
        renewed = await http.put(path, json={})
        without = await http.put(path, json={"url": None})

    assert first.json()["secret"] != renewed.json()["secret"]
    assert [each.json()["url"] for each in (first, renewed, without)] == [
        url,
        url,
        None,
    ]


# -- what outsiders read ----------------------------------------------------------------------------------------------


async def ids(service, person, path):
    answer = await service.get(person, path)
    assert answer.status_code == 200, answer.text
    return {each["id"] for each in answer.json()["items"]}


@pytest.mark.parametrize("person", ["walnut", "tamarack", "yew", "spruce"])
async def test_the_agencys_own_people_read_the_whole_directory(office, person):
    assert {"alder", "quince", "maple"} <= await ids(office, person, "/people")
    assert {"cyfs", "dmcps"} <= await ids(office, person, "/organizations")
    assert {"coordinator-1", "central-intake-1"} <= await ids(office, person, "/seats")


async def test_an_outsider_reads_who_is_of_their_own_organization(office):
    assert await ids(office, "maple", "/people") == {
        "maple",
        "nutmeg",
        "oak",
        "olive",
        "pine",
    }
    assert await ids(office, "maple", "/organizations") == {"dmcps"}
    assert await ids(office, "maple", "/agencies") == set()
    assert await ids(office, "maple", "/providers") == set()


async def test_an_outsider_finds_a_seat_to_open_a_conflict_with_and_not_who_sits_there(
    office,
):
    seats = (await office.get("quince", "/seats")).json()["items"]

    others = [each for each in seats if each["organization"] != "Acorn Demo Provider"]
    assert {"coordinator-1", "coordinator-2"} <= {each["id"] for each in others}
    assert "central-intake-1" not in {each["id"] for each in seats}
    assert {each["person"] for each in others} == {None}


async def test_an_outsider_reads_no_absence_of_another_organization(office):
    entered = (await office.post("birch", "/absences", away("birch", "ginkgo"))).json()
    path = f"/absences/{entered['id']}"

    seen = [
        person
        for person in ("walnut", "alder", "ginkgo")
        if entered["id"] in await ids(office, person, "/absences")
    ]
    by_outsider = await ids(office, "ironwood", "/absences")
    refused = await office.get("ironwood", path)
    await office.post("birch", f"{path}/end")

    assert seen == ["walnut", "alder", "ginkgo"]
    assert entered["id"] not in by_outsider
    assert refused.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/people/alder",
        "/seats/central-intake-1",
        "/organizations/cyfs",
        "/providers/hearth",
    ],
)
async def test_what_an_outsider_does_not_read_is_not_there_for_them(office, path):
    assert (await office.get("walnut", path)).status_code == 200
    assert (await office.get("quince", path)).status_code == 404


# -- what is read and written over -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/seats/coordinator-2",
        "/people/alder",
        "/organizations/cyfs",
        "/organizations/cyfs/webhook",
        "/absences/absence-of-hazel",
    ],
)
async def test_one_thing_is_shown_with_its_tag_and_not_again_while_it_is_the_same(
    office, path
):
    tag = await tag_of(office, path)
    async with office.calls("walnut") as http:
        again = await http.get(path, headers={"If-None-Match": tag})

    assert again.status_code == 304


@pytest.mark.parametrize("path", ["seats", "people", "organizations", "absences"])
async def test_what_the_directory_does_not_have_is_not_shown(office, path):
    answer = await office.get("walnut", f"/{path}/nowhere")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.both_databases
async def test_of_two_who_have_read_the_same_holder_one_writes(office):
    tag = await tag_of(office, "/seats/network-provider")

    answers = await asyncio.gather(
        *(
            put(office, "walnut", "network-provider", who, tag)
            for who in ("elm", "hazel")
        )
    )

    written, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert (written.status_code, refused.status_code) == (200, 412)
    assert refused.json()["current"] == written.json()
    assert written.headers["ETag"] == await tag_of(office, "/seats/network-provider")


@pytest.mark.both_databases
async def test_of_six_overlapping_absences_at_once_one_is_entered(office):
    answers = await asyncio.gather(
        *(
            office.post("cedar", "/absences", away("cedar", None, days))
            for days in range(1, 7)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    (entered,) = (answer for answer in answers if answer.status_code == 201)
    shown = await office.get("cedar", entered.headers["Location"])
    assert shown.json() == entered.json()


async def test_an_absence_that_was_ended_meanwhile_is_not_ended_again(office):
    path = (await office.post("spruce", "/absences", away("spruce"))).headers[
        "Location"
    ]
    tag = await tag_of(office, path)
    await office.post("spruce", f"{path}/end")
    async with office.calls("spruce") as http:
        late = await http.post(f"{path}/end", headers={"If-Match": tag})

    assert late.status_code == 412
    assert late.json()["current"]["ended_early_at"]


async def test_a_departure_is_not_planned_over_another_that_was_not_read(office):
    tag = await tag_of(office, "/people/birch")
    day = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    await office.post("walnut", "/people/birch/departure", {"at": day})
    async with office.calls("walnut") as http:
        path, read_before = "/people/birch/departure", {"If-Match": tag}
        planned = await http.post(path, json={"at": day}, headers=read_before)
        taken_back = await http.delete(path, headers=read_before)

    assert (planned.status_code, taken_back.status_code) == (412, 412)


@pytest.mark.both_databases
async def test_whoever_wants_one_letter_a_day_sets_its_hour_themself(office):
    before = await office.get("elm", "/people/elm/mail")
    tag = {"If-Match": before.headers["ETag"]}
    async with office.calls("elm") as http:
        at_eight = await http.put(
            "/people/elm/mail", json={"daily_hour": 8}, headers=tag
        )
        unread = await http.put("/people/elm/mail", json={"daily_hour": 9}, headers=tag)
        no_hour = await http.put("/people/elm/mail", json={"daily_hour": 24})
        left_out = await http.put("/people/elm/mail", json={})
    by_administrator = await office.get("walnut", "/people/elm/mail")

    assert before.json() == {"daily_hour": None}
    assert at_eight.json() == by_administrator.json() == {"daily_hour": 8}
    assert at_eight.headers["ETag"] == by_administrator.headers["ETag"]
    assert unread.status_code == 412
    assert unread.json()["current"] == {"daily_hour": 8}
    assert (no_hour.status_code, left_out.status_code) == (422, 422)


async def test_how_somebody_else_s_letters_leave_is_not_theirs_to_say(office):
    async with office.calls("birch") as http:
        other = await http.put("/people/elm/mail", json={"daily_hour": 8})
    read = await office.get("birch", "/people/elm/mail")
    nobody = await office.get("walnut", "/people/nobody-at-all/mail")

    assert (other.status_code, read.status_code) == (403, 403)
    assert nobody.status_code == 404


async def test_a_webhook_is_not_connected_over_another_that_was_not_read(office):
    path = "/organizations/cyfs/webhook"
    tag = await tag_of(office, path)
    async with office.calls("walnut") as http:
        first = await http.put(path, json={}, headers={"If-Match": tag})
        second = await http.put(path, json={}, headers={"If-Match": tag})
        dropped = await http.delete(path, headers={"If-Match": tag})
        shown = await http.get(path)
        others = await office.get("alder", path)

    assert (first.status_code, second.status_code) == (201, 412)
    assert dropped.status_code == 412
    assert shown.json()["connected_by"] == "walnut"
    assert first.json()["secret"] not in shown.text
    assert others.status_code == 403


# -- a seat that changes hands is looked at first ----------------------------------------------------------------------


async def test_what_was_previewed_of_a_seat_is_what_moves_and_who_is_told(office):
    body = {"person": "spruce", "expected": None}
    cases = {(await office.opened())["id"] for _ in range(3)}
    path = "/seats/coordinator-1/holder"
    shown = await office.post("walnut", f"{path}/preview", body)
    still = await seat_of(office, "coordinator-1")
    await office.opened()
    async with office.calls("walnut") as http:
        late = await http.put(path, json=body | {"expected": shown.json()["digest"]})
        now = (await http.post(f"{path}/preview", json=body)).json()
        done = await http.put(path, json=body | {"expected": now["digest"]})

    (move,) = shown.json()["moves"]
    (told,) = shown.json()["told"]
    assert cases <= set(move["cases"])
    assert (told["person"]["id"], told["cases"]) == ("spruce", len(move["cases"]))
    assert still["person"]["id"] != "spruce"
    assert (late.status_code, done.status_code) == (409, 200)
    assert now["told"][0]["cases"] == told["cases"] + 1


async def test_a_change_of_a_seat_is_previewed_by_the_administrator_alone(office):
    path = "/seats/coordinator-1/holder/preview"

    assert (await office.post("alder", path, {"person": "spruce"})).status_code == 403
    assert (await office.post("walnut", path, {"person": None})).json()["told"] == []
