"""After the hand-over the intake unit and whoever is on call see that it was, and no longer the plan (ruling 14)."""

import pytest

from tests.api.careplans import WORKER, agreed, asked_for, seen, text_path
from tests.api.intakes import enrolled, read

TOOK_IN = ["aspen", "linden"]
"""At the intake unit, and on call."""


async def status(service, person, path):
    return (await service.get(person, path)).status_code


async def listed(service, person, path, **params):
    items = (await service.get(person, path, limit=100, **params)).json()["items"]
    return str(items)


@pytest.mark.parametrize("person", TOOK_IN)
async def test_who_took_a_person_in_sees_the_plan_nowhere(service, person):
    plan = await agreed(service)
    request = await asked_for(service, plan)
    client = (await seen(service, plan))["client"]
    case, service_request = (
        f"/care-plans/{plan['id']}",
        f"/service-requests/{request['id']}",
    )

    for path in (
        case,
        f"{case}/timeline",
        f"{case}/due-dates",
        text_path(plan),
        f"{case}/plan/versions/2/pdf",
        f"{case}/team/pdf",
        service_request,
        f"{service_request}/pdf",
    ):
        assert await status(service, person, path) == 404, path
    for path in ("/care-plans", "/service-requests", "/cases", "/duties"):
        shown = await listed(service, person, path)
        assert plan["id"] not in shown, path
        assert request["id"] not in shown, path
    words = {"text": client["name"]}
    found = await service.post(person, "/cases/search", words)
    assert [each["kind"] for each in found.json()["items"]] == ["intake"]
    page = (await service.get(person, f"/clients/{client['id']}")).json()
    assert [each["kind"] for each in page["cases"]] == ["intake"]


@pytest.mark.parametrize("person", TOOK_IN)
async def test_they_see_that_it_was_handed_over(service, person):
    intake, plan = await enrolled(service)

    page = await read(service, person, intake)

    assert page["status"] == "enrolled"
    assert {"case": plan["id"], "relation": "care_plan"} in page["links"]
    assert (page["facts"]["plans"], page["facts"]["contacts"]) == ([], [])
    assert (await read(service, WORKER, intake))["facts"]["plans"]


@pytest.mark.parametrize("person", [WORKER, "hawthorn", "holly"])
async def test_the_worker_and_those_above_go_on_seeing_it(service, person):
    _, plan = await enrolled(service)

    assert await status(service, person, f"/care-plans/{plan['id']}") == 200
