"""A client opened in an emergency: with a reason, for a time, told and reviewed (ruling 14)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from tests.api.intakes import assigned, somebody
from tests.waiting import until
from throughcare.store.tables import EmergencyAccessRow
from throughcare.usecases.emergency_access import remind_of_reviews
from throughcare.usecases.housekeeping import keep_house

BREAKER, OVERSIGHT, WORKER = "magnolia", "tamarack", "cypress"
WHY = "The hospital asks whom to call."


@pytest.fixture
async def closed(service):
    """A client of another program, with a worker."""
    case = await assigned(service)
    return {"case": case["id"], "client": case["client"]["id"]}


async def opened(service, closed, person=BREAKER, **who):
    body = {"reason": WHY} | (who or {"client": closed["client"]})
    return await service.post(person, "/emergency-accesses", body)


async def over(service, access, what):
    """This of its times has just been."""
    past = {what: datetime.now(UTC) - timedelta(seconds=1)}
    this = update(EmergencyAccessRow).where(EmergencyAccessRow.id == access["id"])
    database = service.app.state.parts.database
    await database.write(lambda connection: connection.execute(this.values(past)))


async def letters(service, closed, kind):
    page = (await service.get(WORKER, f"/intakes/{closed['case']}")).json()
    return [each for each in page["notices"] if each["kind"] == kind]


async def statuses(service, closed, person=BREAKER):
    """Of reading the client, the case, and its timeline."""
    case = f"/intakes/{closed['case']}"
    return [
        (await service.get(person, path)).status_code
        for path in (f"/clients/{closed['client']}", case, f"{case}/timeline")
    ]


@pytest.mark.both_databases
async def test_with_a_reason_a_client_is_open_to_staff_for_a_time(service, closed):
    assert await statuses(service, closed) == [404, 404, 404]

    access = (await opened(service, closed)).json()

    assert await statuses(service, closed) == [200, 200, 200]
    listed = (await service.get(BREAKER, "/intakes", limit=100)).json()["items"]
    assert closed["case"] in [each["id"] for each in listed]
    lasts = datetime.fromisoformat(access["until_at"]) - datetime.fromisoformat(
        access["opened_at"]
    )
    assert lasts == timedelta(hours=4)
    # Nobody else of the program is let in by it.
    assert await statuses(service, closed, "sequoia") == [404, 404, 404]

    await over(service, access, "until_at")

    assert await statuses(service, closed) == [404, 404, 404]


async def test_it_lets_nobody_change_anything(service, closed):
    await opened(service, closed)
    path = f"/clients/{closed['client']}"
    consent = {
        "client": closed["client"],
        "recipient": "hearth",
        "purpose": "A place to stay",
        "given_at": "2026-03-01T12:00:00Z",
        "reference": "consents/7",
    }
    async with service.calls(BREAKER) as http:
        changed = await http.patch(path, json={"language": "es"})
    message = f"/intakes/{closed['case']}/messages/note_added"

    assert changed.status_code == 403
    assert (await service.post(BREAKER, "/consents", consent)).status_code == 403
    assert not (await service.post(BREAKER, message, {"text": "x"})).is_success


async def test_the_worker_and_oversight_are_told_without_who_it_is_or_why(
    service, closed
):
    await opened(service, closed)
    person = (await service.get(WORKER, f"/clients/{closed['client']}")).json()

    async def told():
        mine = await letters(service, closed, "emergency_access")
        assert person["name"] not in str(mine)
        assert WHY not in str(mine)
        return {
            each["receiver_seat"] for each in mine if each["delivery"] == "delivered"
        } == {"rsc-2", "quality-assurance"}

    # Letters of all the cases here leave before these.
    await until(told, within_seconds=60)


async def test_it_stays_listed_until_somebody_else_reviews_it_with_a_word(
    service, closed
):
    access = (await opened(service, closed)).json()
    path, words = f"/emergency-accesses/{access['id']}/review", {"words": "As it was."}

    async def waiting(person=OVERSIGHT):
        answer = await service.get(
            person, "/emergency-accesses", unreviewed=True, limit=100
        )
        return [each["id"] for each in answer.json()["items"]]

    assert access["id"] in await waiting()
    assert access["id"] in await waiting(BREAKER)
    assert access["id"] not in await waiting("aspen")
    assert access["review_due_at"]
    assert (await service.post(BREAKER, path, words)).status_code == 403
    assert (await service.post(OVERSIGHT, path, {"words": " "})).status_code == 422

    reviewed = await service.post(OVERSIGHT, path, words)

    assert reviewed.json()["reviewed_by"]["id"] == OVERSIGHT
    assert access["id"] not in await waiting()
    assert (await service.post(OVERSIGHT, path, words)).status_code == 409


@pytest.mark.both_databases
async def test_whoever_is_to_review_it_is_told_once_when_that_is_overdue(
    service, closed
):
    late, reviewed, _ = [(await opened(service, closed)).json() for _ in range(3)]
    path = f"/emergency-accesses/{reviewed['id']}/review"
    await service.post(OVERSIGHT, path, {"words": "As it was."})
    for each in (late, reviewed):
        await over(service, each, "review_due_at")
    database = service.app.state.parts.database
    house = asyncio.create_task(keep_house(database))

    async def told():
        return await letters(service, closed, "emergency_access_overdue")

    await until(told)
    house.cancel()
    await database.write(remind_of_reviews, datetime.now(UTC) + timedelta(hours=1))

    (letter,) = await letters(service, closed, "emergency_access_overdue")
    assert letter["receiver_seat"] == "quality-assurance"
    assert late["id"] in letter["key"]
    assert WHY not in str(letter)


async def test_who_opened_it_is_not_asked_to_review_it(service, closed):
    access = (await opened(service, closed)).json()
    database = service.app.state.parts.database
    await over(service, access, "review_due_at")
    this = update(EmergencyAccessRow).where(EmergencyAccessRow.id == access["id"])
    by = this.values(person_id=OVERSIGHT)
    await database.write(lambda connection: connection.execute(by))

    await database.write(remind_of_reviews, datetime.now(UTC))

    async def told():
        (letter,) = await letters(service, closed, "emergency_access_overdue")
        assert letter["receiver_seat"] == "agency-administrator"
        return letter["delivery"] == "delivered"

    await until(told, within_seconds=60)


async def test_who_it_is_may_be_said_by_what_is_known_and_must_fit_one(service):
    who = somebody(born_on="1990-04-12")
    made = (await service.post("aspen", "/clients", who)).json()["id"]

    by_name = await opened(service, {}, who={"name": who["name"]})
    by_less = await opened(service, {}, who={"name": "Client"})

    assert by_name.json()["client"] == made
    assert by_less.status_code == 422
    assert "more than one" in by_less.json()["detail"]


@pytest.mark.parametrize("person", ["alder", "quince", "yew"])
async def test_only_who_works_with_clients_opens_one(service, closed, person):
    answer = await opened(service, closed, person)

    assert answer.status_code == 403


async def test_it_takes_a_reason(service, closed):
    answer = await service.post(
        BREAKER, "/emergency-accesses", {"client": closed["client"]}
    )

    assert answer.status_code == 422
