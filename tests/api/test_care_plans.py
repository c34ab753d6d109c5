"""Care plans behind HTTP, from the first meeting of the team to the end: who may see one, and what it leads to."""

from datetime import UTC, datetime

import pytest

from tests.api.careplans import (
    CLIENT,
    COORDINATOR,
    UPDATES,
    WORKER,
    agreed,
    approved,
    begun,
    consented,
    in_force,
    met,
    put,
    refused,
    seen,
    tell,
    text_of,
    text_path,
    written,
)
from tests.api.intakes import PLAN, SCREENED, opened, say
from tests.waiting import until

OUTSIDE = {"person": "alder", "seat": "coordinator-1"}
"""Somebody of another organization, whose seat the directory has."""


async def on_team(service, plan, **changed):
    facts = {"kind": "system", "name": "Worker Demo-Alder", "system": "schools"}
    facts |= {"member_seat": OUTSIDE["seat"]}
    case = await tell(service, plan, "member_invited", joined=True, **(facts | changed))
    return case["facts"]["life"]["team"][-1]


async def is_seen_by(service, plan, person):
    return (await service.get(person, f"/care-plans/{plan['id']}")).status_code == 200


@pytest.mark.clause("CP-T-3a", "CP-T-3b")
async def test_a_care_plan_begins_with_the_client_and_the_worker_on_the_team(service):
    case = await seen(service, await begun(service))

    team = case["facts"]["life"]["team"]
    assert [(each["kind"], each["status"]) for each in team] == [
        ("client", "joined"),
        ("coordinator", "joined"),
    ]
    assert {"CP-S-1", "CP-T-1"} <= {duty["clause"] for duty in case["duties"]}
    assert "Q-23" in [each["id"] for each in case["readings"]]


@pytest.mark.clause("CP-P-1")
@pytest.mark.both_databases
async def test_a_team_writes_signs_amends_and_ends_its_plan(service):
    plan = await agreed(service)
    done = {
        d["act"] for d in (await seen(service, plan))["duties"] if d["status"] == "met"
    }
    assert {"team_meeting_first", "team_plan", "signing"} <= done
    await tell(service, plan, "review_held", kind="monthly", outcome="revised")
    await met(service, plan)
    await written(service, plan, updates=UPDATES)
    await in_force(service, plan, "amended")

    closing = {"agreed_by": [CLIENT, COORDINATOR], "readiness": "Manages alone."}
    await tell(service, plan, "closure_agreed", **closing)
    closed = await tell(service, plan, "close")

    assert (closed["status"], closed["step"]) == ("completed", "completed")
    assert not [d for d in closed["duties"] if d["status"] == "open"]
    versions = (await text_of(service, plan))["versions"]
    assert [each["in_force"] for each in versions] == [False, True]


@pytest.mark.clause("CC-08.4")
async def test_the_end_is_agreed_by_all_under_the_clause_of_the_adopted_text(service):
    plan = await agreed(service)
    alone = {"agreed_by": [COORDINATOR], "readiness": "Manages alone."}

    detail = await refused(service, plan, "closure_agreed", **alone)

    assert "CC-08.4" in detail
    assert CLIENT in detail


async def test_what_a_team_writes_itself_is_no_longer_filed_as_a_paper(service):
    plan = await begun(service)

    detail = await refused(service, plan, "plan_revised", **PLAN)

    assert "plan_revised cannot be sent now" in detail


async def test_somebody_who_comes_back_has_their_earlier_care_plan_named(service):
    plan = await begun(service)
    ended = await tell(service, plan, "moved", reason="To another county.")

    again = await opened(service, client=ended["client"]["id"], screen=SCREENED)
    await say(service, "aspen", again, "consents_received")
    await say(service, "hawthorn", again, "intake_reviewed")
    await say(service, "hawthorn", again, "coordinator_assigned", assigned="rsc-2")
    await say(service, WORKER, again, "initial_plan_filed", **PLAN)
    intake = await say(service, WORKER, again, "enroll")
    (link,) = [each for each in intake["links"] if each["relation"] == "care_plan"]
    new = {"id": link["case"]}
    await until(lambda: is_seen_by(service, new, WORKER))

    links = (await seen(service, new))["links"]
    assert {"case": plan["id"], "relation": "earlier_plan"} in links
    assert intake["facts"]["earlier_plans"] == [plan["id"]]


# -- members of other agencies ----------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-5")
async def test_a_member_of_another_agency_sees_the_plan_once_the_client_agreed(service):
    plan = await begun(service)
    member = await on_team(service, plan)
    assert member["organization"] == "Willow Demo Care Coordination"
    assert not await is_seen_by(service, plan, OUTSIDE["person"])

    await consented(service, plan, "Willow Demo Care Coordination")

    assert await is_seen_by(service, plan, OUTSIDE["person"])
    listed = (await service.get(OUTSIDE["person"], "/care-plans")).json()["items"]
    assert plan["id"] in [each["id"] for each in listed]


@pytest.mark.clause("CP-P-2")
async def test_a_member_of_another_agency_writes_and_signs_from_their_own_seat(service):
    plan = await begun(service)
    member = await on_team(service, plan)
    await consented(service, plan, "Willow Demo Care Coordination")
    person = OUTSIDE["person"]
    await met(service, plan, CLIENT, COORDINATOR, member["id"])

    await written(service, plan, person=person)
    version = (await tell(service, plan, "plan_put_forward", kind="final"))["facts"][
        "life"
    ]["versions"][-1]
    facts = {"member": member["id"], "version": version["number"]}
    facts |= {"digest": version["digest"], "how": "account"}
    await tell(service, plan, "plan_signed", person=person, **facts)

    (shown,) = (await text_of(service, plan, person))["versions"]
    outcomes = {each["member"]: each["outcome"] for each in shown["signatures"]}
    assert outcomes[member["id"]] == "signed"
    assert outcomes[CLIENT] is None


async def test_a_member_who_left_sees_the_plan_no_more(service):
    plan = await begun(service)
    member = await on_team(service, plan)
    await consented(service, plan, "Willow Demo Care Coordination")
    person = OUTSIDE["person"]
    assert await is_seen_by(service, plan, person)

    await tell(service, plan, "member_left", member=member["id"], reason="Moved on.")

    assert not await is_seen_by(service, plan, person)
    assert (await service.get(person, text_path(plan))).status_code == 404
    vision = {"text": "Mine."}
    answer = await put(service, plan, "vision", vision, tag='"0"', person=person)
    assert answer.status_code == 404


async def test_a_consent_that_is_withdrawn_ends_what_a_member_sees(service):
    plan = await begun(service)
    await on_team(service, plan)
    await consented(service, plan, "Willow Demo Care Coordination")
    (consent,) = (await seen(service, plan))["facts"]["consents"]

    path = f"/consents/{consent['id']}/withdrawal"
    answer = await service.post(WORKER, path)
    assert answer.is_success, answer.text

    async def is_hidden():
        return not await is_seen_by(service, plan, OUTSIDE["person"])

    await until(is_hidden)


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"member_seat": "nowhere"}, "member_seat"), ({"provider": "nobody"}, "provider")],
)
async def test_a_member_nobody_knows_of_is_refused(service, changed, field):
    plan = await begun(service)
    facts = {"kind": "ancillary", "name": "Somebody"} | changed

    detail = await refused(service, plan, "member_invited", status=422, **facts)

    assert detail.startswith(f"{field}:")


async def test_an_address_that_mail_cannot_be_sent_to_is_refused_in_words(service):
    plan = await begun(service)
    member = {"kind": "family", "name": "Somebody"}
    said = await refused(
        service, plan, "member_invited", status=422, kind="family", name="..."
    )
    assert said.startswith("name: A name has a letter")

    for contact in ("josé@correo.example", "john@gmail", "john @gmail.example"):
        facts = member | {"contact": contact}
        said = await refused(service, plan, "member_invited", status=422, **facts)

        assert said.startswith("contact: Mail cannot be sent to")
        assert contact not in said


async def test_nobody_is_on_a_team_twice_by_another_spelling(service):
    plan = await begun(service)
    await tell(service, plan, "member_invited", kind="family", name="Zoë O'Demo")

    again = {"kind": "family", "name": "Zoe O\u2019Demo"}
    said = await refused(service, plan, "member_invited", **again)

    assert said.startswith("name: somebody of this name is on the team already.")


async def test_whose_a_member_is_cannot_be_said_by_who_invites_them(service):
    plan = await begun(service)
    own = {"kind": "ancillary", "name": "Somebody"}
    own["organization"] = "Cedar Demo Recovery"

    await refused(service, plan, "member_invited", status=422, **own)


# -- what it leads to ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-T-3g")
async def test_the_provider_of_an_approved_service_is_to_be_added_to_the_team(service):
    plan = await agreed(service)
    await approved(service, plan)
    waiting = [
        d for d in (await seen(service, plan))["duties"] if d["act"] == "add_provider"
    ]
    assert [(d["clause"], d["status"]) for d in waiting] == [("CP-T-3g", "open")]
    gaps = (await text_of(service, plan))["team_gaps"]
    assert "CP-T-3f" in [gap["clause"] for gap in gaps]

    facts = {"kind": "ancillary", "name": "Hearth Demo Shelter", "provider": "hearth"}
    case = await tell(service, plan, "member_invited", joined=True, **facts)

    assert case["facts"]["life"]["team"][-1]["organization"] == "Hearth Demo Services"
    added = [d["status"] for d in case["duties"] if d["act"] == "add_provider"]
    assert added == ["met"]


@pytest.mark.clause("CP-E-10b")
async def test_what_was_bought_is_unreimbursed_once_though_the_case_goes_on(service):
    plan, payment = await _with_a_payment(service)
    await met(service, plan)
    await written(service, plan)
    await in_force(service, plan)
    await approved(service, plan)

    found = (await service.get("tamarack", "/reports/unreimbursed")).json()["items"]

    mine = [each for each in found if each["reference"] == payment]
    assert [(each["case"], each["kind"]) for each in mine] == [
        (plan["id"], "care-plan")
    ]


async def _with_a_payment(service):
    """The care plan of somebody for whom something was bought in an emergency, and nobody asked for the money back."""
    needs = [{"id": "housing", "text": "nowhere to sleep"}]
    case = await opened(service, screen={"emergency": True, "needs": needs})
    payment = f"fund-{case['id']}"
    answer = [{"need": "housing", "confirmed": True}]
    await say(service, "linden", case, "screen_results_reviewed")
    await say(service, "linden", case, "emergency_needs_confirmed", needs=answer)
    looked = {"need": "housing", "providers": ["hearth"]}
    await say(service, "linden", case, "providers_considered", **looked)
    named = {"services": [{"service": "shelter", "need": "housing"}]}
    await say(service, "linden", case, "preliminary_plan_filed", **(PLAN | named))
    today = datetime.now(UTC).date().isoformat()
    bought = {"service": "shelter", "need": "housing", "amount": "120.00"}
    bought |= {"needed_on": today, "reference": payment}
    await say(service, "linden", case, "fund_payment_made", **bought)
    await say(service, "aspen", case, "consents_received")
    await say(service, "hawthorn", case, "intake_reviewed")
    await say(service, "hawthorn", case, "coordinator_assigned", assigned="rsc-2")
    team = {"client_attended": True, "team": ["client"]}
    await say(service, WORKER, case, "rst_meeting_held", **team)
    await say(service, WORKER, case, "final_plan_filed", **PLAN)
    case = await say(service, WORKER, case, "enroll")
    (link,) = [each for each in case["links"] if each["relation"] == "care_plan"]
    plan = {"id": link["case"]}
    await until(lambda: is_seen_by(service, plan, WORKER))
    return plan, payment


async def test_a_member_who_belongs_to_nobody_here_is_consented_to_by_name(service):
    plan = await begun(service)
    client = (await seen(service, plan))["client"]["id"]
    consent = {
        "client": client,
        "recipient": "Officer Demo-Hazel",
        "purpose": "Being on the team",
        "given_at": "2026-01-05T12:00:00Z",
        "reference": "consents/11",
    }
    before = await service.post("aspen", "/consents", consent)
    facts = {"name": "Officer Demo-Hazel", "system": "W-2"}
    await tell(service, plan, "member_invited", kind="system", **facts)
    given = await service.post("aspen", "/consents", consent)

    assert before.status_code == 422
    assert "somebody on the client's team" in before.json()["detail"]
    assert given.status_code == 201, given.text
