"""The whole product, HTTP in and HTTP out: people who come, are taken in, and whom nobody forgets."""

import os
import signal

import pytest

from tests.api.intakes import PLAN
from tests.e2e.product import somebody
from tests.waiting import until

UNIT, ON_CALL, SUPERVISOR, WORKER = "aspen", "linden", "hawthorn", "cypress"
NEEDS = [{"id": "housing", "text": "nowhere to sleep tonight"}]


def of(duties, clause):
    return [duty for duty in duties if duty["clause"] == clause]


@pytest.mark.clause("CP-P-1")
async def test_somebody_who_comes_is_taken_in_and_has_a_care_plan_though_the_worker_is_killed(
    product,
):
    case = await product.assigned()
    await product.tell(WORKER, case, "client_contacted", how="by phone")
    before = product.said.count("Started the worker again")
    os.kill(product.pids()["worker"], signal.SIGKILL)

    facts = {"natural_supports": "none", "team": ["client", "sister"]}
    await product.tell(WORKER, case, "first_meeting_held", **facts)
    await product.says("Started the worker again", times=before + 1)
    await product.tell(WORKER, case, "initial_plan_filed", **PLAN)
    enrolled = await product.tell(WORKER, case, "enroll")

    assert enrolled["status"] == "enrolled"
    assert not [duty for duty in enrolled["duties"] if duty["status"] == "open"]
    (link,) = [each for each in enrolled["links"] if each["relation"] == "care_plan"]

    async def has_begun():
        listed = await product.get(WORKER, "/care-plans", mine=True)
        return link["case"] in [each["id"] for each in listed["items"]]

    await until(has_begun, 60)
    plan = await product.get(WORKER, f"/care-plans/{link['case']}")
    assert plan["status"] == "open"
    intake = case.rpartition("/")[2]
    assert {"case": intake, "relation": "intake"} in plan["links"]
    assert plan["client"] == enrolled["client"]
    met = [e for e in await kinds(product, case) if e == "first_meeting_held"]
    assert len(met) == 1


async def kinds(product, case):
    page = await product.get(SUPERVISOR, f"{case}/timeline", limit=100)
    return [entry["kind"] for entry in page["items"]]


@pytest.mark.clause("CP-E-1a", "CP-E-1b", "CP-E-6a")
async def test_an_emergency_is_on_call_at_once_and_goes_through_to_the_preliminary_plan(
    product,
):
    case = await product.referred(screen={"emergency": True, "needs": NEEDS})
    seen = await product.get(ON_CALL, case)
    assert seen["branch"] == "emergency"
    promised = {d["clause"]: d["due_at"] is not None for d in seen["duties"]}
    assert promised["CP-E-1a"] and promised["CP-E-1b"]
    mine = await product.get(ON_CALL, "/duties", mine=True, case=seen["id"])
    assert {"CP-E-1a", "CP-E-1b"} <= {duty["clause"] for duty in mine["items"]}

    async def is_called():
        mails = product.mails(seen["id"])
        return any("EMERGENCY" in m["Subject"] and "linden" in m["To"] for m in mails)

    await until(is_called, 60)
    await product.tell(ON_CALL, case, "ciu_contacted")
    tried = await product.tell(ON_CALL, case, "contact_attempted", how="by phone")
    assert [each["status"] for each in of(tried["duties"], "CP-E-1b")] == ["open"]
    await product.tell(ON_CALL, case, "client_contacted", how="by phone")
    await product.tell(ON_CALL, case, "screen_results_reviewed")
    answer = [{"need": "housing", "confirmed": True}]
    await product.tell(ON_CALL, case, "emergency_needs_confirmed", needs=answer)
    looked = {"need": "housing", "providers": ["hearth", "harbor"]}
    await product.tell(ON_CALL, case, "providers_considered", **looked)
    sent = {"need": "housing", "provider": "hearth"}
    held = await product.tell(ON_CALL, case, "referral_made", **sent)
    assert [each["recipient"] for each in held["facts"]["held"]] == ["hearth"]
    services = [{"service": "shelter", "need": "housing"}]
    filed = {**PLAN, "services": services}
    planned = await product.tell(ON_CALL, case, "preliminary_plan_filed", **filed)

    for clause in ("CP-E-1a", "CP-E-1b", "CP-E-6a"):
        assert [duty["status"] for duty in of(planned["duties"], clause)] == ["met"]
    assert {d["status"] for d in of(planned["duties"], "CP-E-7")} == {"open"}


@pytest.mark.clause("CP-N-4a")
async def test_a_contact_nobody_makes_climbs_to_the_supervisor_by_itself(product):
    case = await product.assigned()
    short = case[-6:]

    async def has_climbed():
        mine = await product.get(SUPERVISOR, "/duties", mine=True, case=case[-26:])
        return any(duty["act"] == "follow_up" for duty in mine["items"])

    await until(has_climbed, 60)
    seen = await product.get(SUPERVISOR, case)
    contact, above = of(seen["duties"], "CP-N-4a")
    assert (contact["act"], contact["status"]) == ("client_contact", "missed")
    assert (above["act"], above["status"]) == ("follow_up", "open")

    async def is_told():
        mails = product.mails(seen["id"])
        said = [m["Subject"] for m in mails if "hawthorn" in m["To"]]
        return any("something below you was not done" in each for each in said)

    await until(is_told, 60)
    subjects = [m["Subject"] for m in product.mails(seen["id"])]
    assert all(short in subject for subject in subjects)
    late = await product.tell(WORKER, case, "client_contacted", how="in person")
    statuses = [duty["status"] for duty in of(late["duties"], "CP-N-4a")]
    assert sorted(statuses) == ["met", "met_late"]


async def test_whoever_came_is_named_to_staff_and_in_no_e_mail_to_them(product):
    person = somebody(name="Client Demo-Wisteria")
    case = await product.referred(person=person, words="asks for Wisteria's brother")
    seen = await product.get(UNIT, case)
    assert seen["client"]["name"] == "Client Demo-Wisteria"

    async def is_told():
        return bool(product.mails(seen["id"]))

    await until(is_told, 60)
    said = [mail.as_string() for mail in product.mails(seen["id"])]
    assert not [each for each in said if "Wisteria" in each]
