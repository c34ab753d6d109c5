"""Requests for services behind HTTP: each is a case of its own, which a care plan asks for and is told of."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.careplans import (
    COORDINATOR,
    UPDATES,
    WORKER,
    agreed,
    approved,
    ask,
    asked_for,
    consented,
    in_force,
    met,
    refused,
    seen,
    tell,
    written,
)
from tests.api.intakes import read
from tests.waiting import until

PATH = "service-requests"
SENT = {"plan_attached": True, "to": "the authorization desk"}
ASKED = {
    "service": "shelter",
    "need": "home",
    "provider": "hearth",
    "chosen_by_client": True,
    "plan": "2",
}


def day(ahead):
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


async def declined(service, request, name, /, status=409, **facts):
    path = f"/{PATH}/{request['id']}/messages/{name}"
    answer = await service.post(WORKER, path, facts)
    assert answer.status_code == status, answer.text
    return answer.json()["detail"]


async def status_in_plan(service, plan, status):
    async def is_known():
        services = (await seen(service, plan))["facts"]["life"]["services"]
        return services[-1]["status"] == status

    await until(is_known)


@pytest.mark.clause("CP-R-2", "CP-P-3")
async def test_a_request_cites_the_need_and_the_plan_and_each_case_names_the_other(
    service,
):
    plan = await agreed(service)
    request = await asked_for(service, plan)

    shown = await read(service, WORKER, request, PATH)

    asked = shown["facts"]["request"]
    assert (asked["need"], asked["plan"]) == ("home", "2")
    assert asked["provider_title"] == "Hearth Demo Shelter"
    assert (shown["kind"], shown["step"]) == ("service-request", "to_send")
    assert shown["client"] == (await seen(service, plan))["client"]
    assert {"case": plan["id"], "relation": "asked_by"} in shown["links"]
    links = (await seen(service, plan))["links"]
    assert {"case": request["id"], "relation": "service_request"} in links


@pytest.mark.clause("CP-R-1")
async def test_the_client_chooses_who_provides(service):
    plan = await agreed(service)
    facts = ASKED | {"chosen_by_client": False}

    assert "CP-R-1" in await refused(service, plan, "service_asked_for", **facts)
    unknown = ASKED | {"provider": "nobody"}
    detail = await refused(service, plan, "service_asked_for", status=422, **unknown)
    assert "GET /providers" in detail


async def test_the_same_request_twice_under_one_key_is_one_case(service):
    plan = await agreed(service)
    path, key = f"/care-plans/{plan['id']}/messages/service_asked_for", plan["id"]

    answers = [await service.post(WORKER, path, ASKED, key=key) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]
    assert len((await seen(service, plan))["facts"]["life"]["services"]) == 1


@pytest.mark.clause("CP-E-5", "CP-R-2")
async def test_nothing_goes_to_the_payer_before_the_client_agreed(service):
    plan = await agreed(service)
    request = await asked_for(service, plan)
    held = await ask(service, request, "request_submitted", **SENT)
    assert [each["recipient"] for each in held["facts"]["held"]] == ["payer"]
    assert held["step"] == "to_send"

    await consented(service, plan, "payer")

    async def is_sent():
        shown = await read(service, WORKER, request, PATH)
        return shown["step"] == "waiting_for_decision"

    await until(is_sent)


@pytest.mark.both_databases
async def test_what_the_payer_decides_is_known_to_the_care_plan(service):
    plan = await agreed(service)

    request = await approved(service, plan)

    shown = await read(service, WORKER, request, PATH)
    assert (shown["step"], shown["facts"]["request"]["units"]) == (
        "approved",
        "12 weeks",
    )
    (limit,) = [d for d in shown["duties"] if d["status"] == "open"]
    assert (limit["act"], limit["limit"]) == ("request_extension", "payer")


async def test_a_denied_request_is_closed_and_the_person_is_written_to(service):
    plan = await agreed(service)
    request = await asked_for(service, plan)
    await consented(service, plan, "payer")
    await ask(service, request, "request_submitted", **SENT)
    detail = await declined(
        service, request, "request_decided", status=422, decision="denied"
    )
    assert "reason" in detail

    shown = await ask(
        service, request, "request_decided", decision="denied", reason="Not covered."
    )

    assert shown["status"] == "denied"
    kinds = [n["kind"] for n in shown["notices"] if n["receiver_seat"] == "client"]
    assert kinds == ["client_decision"]
    await status_in_plan(service, plan, "denied")


@pytest.mark.clause("CP-X-1")
async def test_more_time_is_asked_for_with_the_plan_that_is_in_force_now(service):
    plan = await agreed(service)
    request = await approved(service, plan)
    await met(service, plan)
    await written(service, plan, updates=UPDATES)
    version = await in_force(service, plan, "amended")
    more = {"plan_attached": True, "until": day(180)}

    async def is_known():
        # No more time than there is already: refused for that alone, once the plan is the right one.
        same = {"plan": version["number"], "plan_attached": True, "until": day(90)}
        path = f"/{PATH}/{request['id']}/messages/extension_asked"
        answer = await service.post(WORKER, path, same)
        return "approved to" in answer.json()["detail"]

    await until(is_known)
    old = await declined(service, request, "extension_asked", plan="2", **more)
    assert "CP-X-1" in old
    alone = more | {"plan_attached": False, "plan": version["number"]}
    assert "CP-X-1" in await declined(service, request, "extension_asked", **alone)

    asked = await ask(
        service, request, "extension_asked", plan=version["number"], **more
    )

    assert asked["facts"]["request"]["extensions"][0]["plan"] == version["number"]
    assert "request_decided" in [each["message"] for each in asked["messages"]]


async def test_a_request_can_be_taken_back_and_corrected_afterwards(service):
    plan = await agreed(service)
    request = await asked_for(service, plan)
    shown = await ask(service, request, "request_withdrawn", reason="Not needed.")
    assert shown["status"] == "withdrawn"
    await status_in_plan(service, plan, "withdrawn")

    corrected = {"entry": 1, "correction": "It was for two."}
    answer = await service.post(
        "walnut", f"/{PATH}/{request['id']}/messages/correct_entry", corrected
    )

    assert answer.is_success, answer.text
    line = await service.get(WORKER, f"/{PATH}/{request['id']}/timeline", limit=100)
    assert "corrected" in [each["kind"] for each in line.json()["items"]]


@pytest.mark.both_databases
async def test_requests_are_listed_by_whose_they_are_and_in_no_other_list(service):
    plan = await agreed(service)
    request = await asked_for(service, plan)
    client = (await seen(service, plan))["client"]["id"]

    async def ids(person, path):
        answer = await service.get(person, path, client=client)
        return [each["id"] for each in answer.json()["items"]]

    assert await ids(WORKER, f"/{PATH}") == [request["id"]]
    assert await ids(WORKER, "/care-plans") == [plan["id"]]
    assert await ids("mulberry", f"/{PATH}") == []
    for path in (f"/care-plans/{request['id']}", f"/{PATH}/{plan['id']}"):
        assert (await service.get(WORKER, path)).status_code == 404
    hidden = await service.get("mulberry", f"/{PATH}/{request['id']}")
    assert hidden.status_code == 404


async def test_every_due_date_of_a_request_can_be_printed(service):
    request = await approved(service, await agreed(service))

    page = await service.get(WORKER, f"/{PATH}/{request['id']}/due-dates")

    assert page.status_code == 200
    assert "the payer" in page.text.casefold()


async def test_a_request_hears_nothing_that_belongs_to_its_care_plan(service):
    plan = await agreed(service)
    request = await asked_for(service, plan)

    detail = await declined(service, request, "plan_finalized", status=404, version="2")

    assert "request_submitted" in detail
    closing = {"agreed_by": [COORDINATOR, "member-1"], "readiness": "Manages alone."}
    await tell(service, plan, "closure_agreed", **closing)
