"""The whole product, HTTP in and HTTP out: what a team does with its care plan, and a review that nobody holds."""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.careplans import CLIENT, COORDINATOR, SECTIONS, UPDATES
from tests.waiting import until

SUPERVISOR, WORKER = "hawthorn", "cypress"
LATE = {"late_reason": "The worker was ill."}
"""Months are seconds here, so any review may be late."""


def ahead(days=28):
    return datetime.now(UTC) + timedelta(days=days)


@pytest.fixture(scope="module")
async def untouched(product):
    """A care plan begun before everything else, whose first review comes due while the other test runs."""
    return await product.enrolled()


def of(case, clause):
    return [duty for duty in case["duties"] if duty["clause"] == clause]


def kill_worker(product):
    """It is started again by itself; nobody waits for that."""
    os.kill(product.pids()["worker"], signal.SIGKILL)


async def met(product, plan, *members):
    facts = {"confidentiality_reminded": True, "screen": "screens/1"}
    after = {"at": ahead().isoformat(), "place": "The family center"}
    return await product.tell(
        WORKER, plan, "team_meeting_held", attended=members, next=after, **facts
    )


async def written(product, plan, **sections):
    for section, content in sections.items():
        answer = await product.http.put(
            f"{plan}/plan/sections/{section}",
            json={"content": content},
            headers=product.key(WORKER) | {"If-Match": '"0"'},
        )
        assert answer.status_code == 200, answer.text


async def in_force(product, plan, kind, *, killed=False):
    """A version that everybody signs at once. With `killed` the worker dies once the first name is under it."""
    case = await product.tell(WORKER, plan, "plan_put_forward", kind=kind)
    version = case["facts"]["life"]["versions"][-1]
    named = {"version": version["number"], "digest": version["digest"]}
    hows = {COORDINATOR: "account"}
    signing = [
        asyncio.create_task(
            product.tell(
                WORKER,
                plan,
                "plan_signed",
                member=member,
                how=hows.get(member, "paper"),
                **named,
            )
        )
        for member in version["signers"]
    ]
    if killed:
        await asyncio.wait(signing, return_when=asyncio.FIRST_COMPLETED)
        kill_worker(product)
    await asyncio.gather(*signing)
    await product.tell(WORKER, plan, "plan_finalized", version=version["number"])
    return version


async def approved(product, plan):
    """A service that is asked for, held until the client agrees that the payer may know, and approved."""
    asked = {"service": "shelter", "need": "home", "provider": "hearth", "plan": "2"}
    case = await product.tell(
        WORKER, plan, "service_asked_for", chosen_by_client=True, **asked
    )
    request = f"/service-requests/{case['facts']['life']['services'][-1]['case']}"

    async def has_begun():
        seen = await product.http.get(request, headers=product.key(WORKER))
        return seen.status_code == 200

    await until(has_begun, 60)
    sent = {"plan_attached": True, "to": "the authorization desk"}
    held = await product.tell(WORKER, request, "request_submitted", **sent)
    assert [each["recipient"] for each in held["facts"]["held"]] == ["payer"]
    consent = {
        "client": case["client"]["id"],
        "recipient": "payer",
        "purpose": "To pay for the shelter",
        "given_at": ahead(-1).isoformat(),
        "reference": "consents/1",
    }
    answer = await product.post(WORKER, "/consents", consent)
    assert answer.status_code == 201, answer.text

    async def is_sent():
        seen = await product.get(WORKER, request)
        return seen["step"] == "waiting_for_decision"

    await until(is_sent, 60)
    day = ahead(90).date().isoformat()
    decision = {"decision": "approved", "until": day, "units": "12 weeks"}
    await product.tell(WORKER, request, "request_decided", **decision)

    async def provider_is_to_be_added():
        return bool(of(await product.get(WORKER, plan), "CP-T-3g"))

    await until(provider_is_to_be_added, 60)
    return await product.get(WORKER, request)


async def printed(product, plan, number):
    answer = await product.http.get(
        f"{plan}/plan/versions/{number}/pdf", headers=product.key(WORKER)
    )
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.clause("CP-P-1", "CP-P-2", "CP-C-j", "CP-R-2")
async def test_a_team_writes_signs_amends_and_ends_its_plan_though_the_worker_is_killed_twice(
    product, untouched
):
    plan = await product.enrolled()
    await product.tell(WORKER, plan, "systems_recorded", systems=[])
    none = {"kind": "clinical", "reason": "No treatment is wanted now."}
    await product.tell(WORKER, plan, "slot_left_open", **none)
    kill_worker(product)
    await met(product, plan, CLIENT, COORDINATOR)
    await product.says("Started the worker again")
    await written(product, plan, **SECTIONS)
    await in_force(product, plan, "final")
    request = await approved(product, plan)
    added = {"kind": "ancillary", "name": "Hearth Demo Shelter", "provider": "hearth"}
    case = await product.tell(WORKER, plan, "member_invited", joined=True, **added)
    provider = case["facts"]["life"]["team"][-1]["id"]
    review = {"kind": "monthly", "outcome": "revised"}
    await product.tell(WORKER, plan, "review_held", **review, **LATE)
    await met(product, plan, CLIENT, COORDINATOR, provider)
    await written(product, plan, updates=UPDATES)
    version = await in_force(product, plan, "amended", killed=True)
    await product.says("Started the worker again", times=2)
    agreed = {"agreed_by": [CLIENT, COORDINATOR, provider], "readiness": "Is ready."}
    await product.tell(WORKER, plan, "closure_agreed", **agreed)
    closed = await product.tell(WORKER, plan, "close")

    assert (closed["status"], closed["step"]) == ("completed", "completed")
    assert not [duty for duty in closed["duties"] if duty["status"] == "open"]
    assert (request["step"], request["facts"]["request"]["units"]) == (
        "approved",
        "12 weeks",
    )
    assert [duty["status"] for duty in of(closed, "CP-T-3g")] == ["met"]
    life = closed["facts"]["life"]
    held = [each for each in life["meetings"] if each["status"] == "held"]
    assert (len(held), len(life["reviews"]), len(life["services"])) == (2, 1, 1)
    names = [(each["version"], each["member"]) for each in life["signatures"]]
    by_everybody = [CLIENT, COORDINATOR, provider]
    assert sorted(names) == [("2", CLIENT), ("2", COORDINATOR)] + [
        ("3", member) for member in by_everybody
    ]
    text = await product.get(WORKER, f"{plan}/plan")
    assert [(e["number"], e["in_force"]) for e in text["versions"]] == [
        ("2", False),
        (version["number"], True),
    ]
    paper = await printed(product, plan, version["number"])
    assert paper.startswith(b"%PDF")
    assert paper == await printed(product, plan, version["number"])


@pytest.mark.clause("CP-M-4")
async def test_a_review_nobody_holds_climbs_by_itself_and_is_held_late_with_a_reason(
    product, untouched
):
    plan, case = untouched, untouched.rpartition("/")[2]

    async def has_climbed():
        mine = await product.get(SUPERVISOR, "/duties", mine=True, case=case)
        return any(duty["act"] == "follow_up" for duty in mine["items"])

    await until(has_climbed, 60)
    review, above = of(await product.get(SUPERVISOR, plan), "CP-M-4")
    assert (review["act"], review["status"]) == ("monthly_review", "missed")
    assert (review["limit"], above["status"]) == ("policy", "open")

    async def is_told():
        said = [m["Subject"] for m in product.mails(case) if "hawthorn" in m["To"]]
        return any("something below you was not done" in each for each in said)

    await until(is_told, 60)
    facts = {"kind": "monthly", "outcome": "no_change"}
    answer = await product.post(WORKER, f"{plan}/messages/review_held", facts)
    assert answer.status_code == 409
    assert "late_reason" in answer.json()["detail"]

    seen = await product.tell(WORKER, plan, "review_held", **facts, **LATE)

    first, followed, again = of(seen, "CP-M-4")
    assert (first["status"], followed["status"]) == ("met_late", "met")
    assert (again["act"], again["status"]) == ("monthly_review", "open")
    assert seen["facts"]["life"]["reviews"][0]["late_reason"] == LATE["late_reason"]
