"""Programs are apart: who takes people in sees the clients of their own program, and of others whom to ask (ruling 14)."""

import secrets

import pytest
from sqlalchemy import select

from tests.api.intakes import ACCESS, CMH_SUPERVISOR, opened
from throughcare.store.tables import ClientChangeRow

CARS, CSM = "aspen", ACCESS
OF_CARS, OF_CSM = (CARS, "hawthorn"), (CSM, CMH_SUPERVISOR)


def somebody():
    """With a name nobody else has, in two words."""
    return {"name": f"Demo-{secrets.token_hex(4)} Clover", "born_on": "1990-04-12"}


async def looked_for(service, person, **wanted):
    answer = await service.post(person, "/clients/search", wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(service, person):
    answer = await service.get(person, "/clients", limit=100)
    return [each["id"] for each in answer.json()["items"]]


@pytest.mark.parametrize("person", OF_CSM)
@pytest.mark.both_databases
async def test_another_programs_intake_neither_sees_nor_changes_a_client(
    service, person
):
    who = somebody()
    case = await opened(service, CARS, person=who)
    client = case["client"]["id"]
    mine = (await service.post(CSM, "/clients", somebody())).json()["id"]
    path = f"/clients/{client}"
    likeness = {"other": mine, "same": True}
    async with service.calls(person) as http:
        changed = await http.patch(path, json={"language": "es"})
    again = {"program": "csm", "client": client, "source": "walked in"}

    answers = [
        await service.get(person, path),
        changed,
        await service.post(person, f"{path}/likeness", likeness),
        await service.post(
            person, f"/clients/{mine}/likeness", {"other": client, "same": True}
        ),
        await service.get(person, "/consents", client=client),
        await service.post(person, "/intakes", again),
    ]

    assert [each.status_code for each in answers] == [404, 404, 404, 404, 404, 422]
    assert client not in await listed(service, person)
    assert client in await listed(service, CARS)
    assert (await looked_for(service, person, **who))["items"] == []


@pytest.mark.parametrize("person", OF_CARS)
async def test_the_programs_own_intake_and_its_supervisor_see_the_client(
    service, person
):
    case = await opened(service, CARS, person=somebody())

    answer = await service.get(person, f"/clients/{case['client']['id']}")

    assert [each["id"] for each in answer.json()["cases"]] == [case["id"]]


async def test_nobody_begins_an_intake_of_another_program(service):
    body = {"program": "csm", "person": somebody(), "source": "walked in"}

    answer = await service.post(CARS, "/intakes", body)

    assert answer.status_code == 403


async def test_a_whole_name_tells_whom_to_ask_and_nothing_else_and_is_on_record(
    service,
):
    who = somebody()
    case = await opened(service, CSM, program="csm", person=who)
    client = case["client"]["id"]

    found = await looked_for(service, CARS, name=who["name"])

    assert (found["items"], found["more"]) == ([], False)
    assert found["elsewhere"] == [
        {
            "program": "csm",
            "title": "Consumer supports and services",
            "organization": "Access Demo Unit",
            "ask": "Access Unit",
        }
    ]
    told = select(ClientChangeRow.person_id, ClientChangeRow.after).where(
        ClientChangeRow.client_id == client,
        ClientChangeRow.what == "told_known_elsewhere",
    )
    database = service.app.state.parts.database
    rows = await database.read(lambda connection: connection.execute(told).all())
    assert [tuple(row) for row in rows] == [(CARS, {"programs": ["csm"]})]


async def test_who_is_entered_and_in_no_case_yet_is_known_to_the_program_that_has_them(
    service,
):
    who = somebody()
    made = (await service.post(CSM, "/clients", who)).json()["id"]

    assert (await service.get(CMH_SUPERVISOR, f"/clients/{made}")).is_success
    assert (await service.get(CARS, f"/clients/{made}")).status_code == 404
    found = await looked_for(service, CARS, name=who["name"])
    assert [each["program"] for each in found["elsewhere"]] == ["csm"]


async def test_whom_an_administrator_entered_is_anybodys_to_take_in(service):
    made = (await service.post("walnut", "/clients", somebody())).json()["id"]
    assert (await service.get(CARS, f"/clients/{made}")).is_success

    await opened(service, CSM, program="csm", client=made)

    assert (await service.get(CARS, f"/clients/{made}")).status_code == 404


@pytest.mark.parametrize("part", ["first", "a piece", "wrong birth date"])
async def test_less_than_a_whole_name_tells_nothing_of_other_programs(service, part):
    who = somebody()
    await opened(service, CSM, program="csm", person=who)
    first, last = who["name"].split()
    wanted = {
        "first": {"name": first.removeprefix("Demo-")},
        "a piece": {"name": f"{first} {last[:3]}"},
        "wrong birth date": {"name": who["name"], "born_on": "1991-04-12"},
    }[part]

    assert (await looked_for(service, CARS, **wanted))["elsewhere"] == []


@pytest.mark.parametrize("person", ["cypress", "alder", "tamarack"])
async def test_only_who_takes_people_in_is_told_whom_to_ask(service, person):
    who = somebody()
    await opened(service, CSM, program="csm", person=who)

    found = await looked_for(service, person, name=who["name"])

    assert found["elsewhere"] == []


async def test_a_likeness_with_another_programs_client_is_no_news_here(service):
    who = somebody()
    await opened(service, CSM, program="csm", person=who)

    case = await opened(service, CARS, person=who)
    entered = (await service.post(CARS, "/clients", who)).json()

    assert not [each for each in case["duties"] if each["act"] == "identity"]
    assert [each["client"] for each in entered["alike"]] == [case["client"]["id"]]
    waiting = await service.get("walnut", "/clients", unsettled=True, limit=100)
    assert case["client"]["id"] in [each["id"] for each in waiting.json()["items"]]
