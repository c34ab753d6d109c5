"""Intakes and care plans behind HTTP: opened, listed, read, spoken to."""

import asyncio

import pytest

from tests.api.intakes import (
    PLAN,
    SCREENED,
    assigned,
    enrolled,
    opened,
    read,
    refused,
    said,
    say,
    send,
    somebody,
)
from tests.waiting import until


async def test_a_referral_begins_an_intake_with_its_first_duties(service):
    case = await opened(service, source="a school nurse", words="asks for housing")

    assert (case["kind"], case["status"], case["step"]) == (
        "intake",
        "open",
        "screening",
    )
    assert {duty["clause"] for duty in case["duties"]} == {"CP-E-0", "CP-I-1"}
    assert case["client"]["name"].startswith("Client Demo-")
    listed = (await service.get("aspen", "/intakes", step="screening")).json()
    assert case["id"] in [each["id"] for each in listed["items"]]


@pytest.mark.clause("CP-E-0")
async def test_what_the_screen_found_may_come_with_the_referral(service):
    ordinary = await opened(service, screen=SCREENED)
    needs = [{"id": "housing", "text": "nowhere to sleep"}]
    urgent = await opened(service, screen={"emergency": True, "needs": needs})

    assert (ordinary["branch"], ordinary["step"]) == (
        "ordinary",
        "waiting_for_consents",
    )
    limits = {d["clause"]: d["limit"] for d in urgent["duties"] if d["due_at"]}
    assert limits == {"CP-E-1a": "policy", "CP-E-1b": "policy"}


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        pytest.param({"program": "none"}, 422, "Programs are: cars, csm", id="program"),
        pytest.param({"client": "nobody"}, 422, "no such client", id="client"),
        pytest.param(
            {"client": "nobody", "person": {"name": "A"}}, 422, "one of the two", id="2"
        ),
        pytest.param(
            {"referred_at": "2999-01-01T00:00:00Z"}, 422, "future", id="a time to come"
        ),
    ],
)
async def test_a_referral_that_cannot_be_is_refused_with_what_is_allowed(
    service, changed, status, says
):
    body = {"program": "cars", "source": "walked in", "person": somebody()} | changed
    if "client" in changed and "person" not in changed:
        del body["person"]
    answer = await service.post("aspen", "/intakes", body)

    assert answer.status_code == status
    assert says in answer.json()["detail"] + str(answer.json().get("errors", ""))


async def test_only_who_takes_people_in_begins_an_intake(service):
    body = {"program": "cars", "source": "walked in", "person": somebody()}
    answer = await service.post("alder", "/intakes", body)

    assert answer.status_code == 403
    assert "Central Intake Unit or Recovery Support Supervisor" in answer.text


@pytest.mark.both_databases
async def test_the_same_request_twice_begins_one_intake(service):
    body = {"program": "cars", "source": "walked in", "person": somebody()}
    first = await service.post("aspen", "/intakes", body, key="once")
    again = await service.post("aspen", "/intakes", body, key="once")

    assert first.json()["id"] == again.json()["id"]


async def test_somebody_who_may_be_known_is_noticed_and_tied_to_never_merged(service):
    identity = somebody(born_on="1980-02-03")
    first = await opened(service, person=identity)
    second = await opened(service, person=identity)

    assert "identity" in [duty["act"] for duty in second["duties"]]
    path = f"/clients/{second['client']['id']}/likeness"
    answer = {"other": first["client"]["id"], "same": True}
    assert (await service.post("aspen", path, answer)).status_code == 200

    tied = await read(service, "aspen", second)
    links = {"case": first["id"], "relation": "same_person"}
    assert links in tied["links"]
    assert tied["client"]["id"] != first["client"]["id"]
    done = [d["status"] for d in tied["duties"] if d["act"] == "identity"]
    assert done == ["met"]


async def test_what_the_service_finds_out_is_not_for_the_sender_to_say(service):
    case = await opened(service, screen=SCREENED)
    await say(service, "aspen", case, "consents_received")
    await say(service, "hawthorn", case, "intake_reviewed")
    facts = {"assigned": "rsc-1", "person": "somebody else"}

    answer = await send(service, "hawthorn", case, "coordinator_assigned", **facts)

    assert answer.status_code == 422
    assert (await read(service, "hawthorn", case))["facts"]["assignments"] == []


@pytest.mark.parametrize(
    ("seat", "says"),
    [("nowhere", "no such seat"), ("supports-coordinator-1", "Seats that can")],
)
async def test_only_a_seat_that_can_be_the_workers_is_assigned(service, seat, says):
    case = await opened(service, screen=SCREENED)
    await say(service, "aspen", case, "consents_received")
    await say(service, "hawthorn", case, "intake_reviewed")

    detail = await refused(
        service, "hawthorn", case, "coordinator_assigned", status=422, assigned=seat
    )

    assert says in detail


async def test_a_message_out_of_turn_is_refused_with_what_can_be_sent(service):
    case = await opened(service)

    answer = await send(service, "aspen", case, "consents_received")

    assert answer.status_code == 409
    assert "screened" in [each["message"] for each in answer.json()["allowed"]]
    assert (await read(service, "aspen", case))["step"] == "screening"


async def test_an_unknown_message_is_answered_with_those_there_are(service):
    answer = await send(service, "aspen", await opened(service), "hello")

    assert answer.status_code == 404
    assert "screened" in answer.json()["detail"]


async def test_the_same_message_twice_is_applied_once(service):
    case = await opened(service)
    sending = [
        send(service, "aspen", case, "contact_attempted", key="twice", how="by phone")
        for _ in range(2)
    ]
    answers = await asyncio.gather(*sending)

    assert {answer.status_code for answer in answers} == {200}
    assert (await read(service, "aspen", case))["facts"]["attempts"] == 1


@pytest.mark.both_databases
async def test_an_intake_leads_to_a_care_plan_and_each_names_the_other(service):
    case, plan = await enrolled(service)

    seen = await read(service, "cypress", plan, "care-plans")
    assert (case["status"], seen["status"]) == ("enrolled", "open")
    assert {"case": case["id"], "relation": "intake"} in seen["links"]
    listed = (await service.get("cypress", "/care-plans")).json()["items"]
    assert plan["id"] in [each["id"] for each in listed]
    moved = await say(
        service, "cypress", plan, "moved", kind="care-plans", reason="moved away"
    )
    assert moved["status"] == "moved"


@pytest.mark.clause("CP-P-1")
async def test_a_second_plan_is_refused_where_it_would_be_filed_and_the_live_one_named(
    service,
):
    case, plan = await enrolled(service)
    again = await opened(service, client=case["client"]["id"], screen=SCREENED)
    await say(service, "aspen", again, "consents_received")
    await say(service, "hawthorn", again, "intake_reviewed")
    await say(service, "hawthorn", again, "coordinator_assigned", assigned="rsc-2")

    detail = await refused(service, "cypress", again, "initial_plan_filed", **PLAN)

    assert {"case": plan["id"], "relation": "same_person"} in again["links"]
    assert plan["id"] in detail
    assert "CP-P-1" in detail
    assert (await read(service, "cypress", again))["status"] == "open"


@pytest.mark.clause("CP-N-5")
async def test_what_was_left_to_do_is_listed_when_the_intake_ends(service):
    case, plan = await enrolled(service)

    gaps = " ".join(
        entry["text"] for entry in await said(service, "aspen", case, "gap")
    )
    assert "Tell the treatment provider" in gaps
    known = (await read(service, "cypress", plan, "care-plans"))["facts"]
    assert any("CP-N-5" in gap for gap in known["gaps"])


async def test_a_closed_intake_hears_a_correction_and_nothing_else(service):
    case, _ = await enrolled(service)
    facts = {"entry": 1, "correction": "It was the Tuesday."}
    # Who made an entry corrects it; the intake unit opened this one.
    assert (await send(service, "aspen", case, "correct_entry", **facts)).is_success

    detail = await refused(service, "aspen", case, "decline", reason="no")

    assert "closed (enrolled)" in detail
    assert await said(service, "aspen", case, "corrected")


@pytest.mark.clause("CP-E-9")
async def test_the_fund_is_offered_for_what_a_check_would_come_too_late_for(service):
    case = await opened(service)
    path = f"/intakes/{case['id']}/purchase-route"
    far = (await service.get("aspen", path, needed_on="2027-11-30")).json()
    ready = far["check_ready_on"]

    assert far["route"] == "check"
    assert (await service.get("aspen", path, needed_on=ready)).json()["route"] == (
        "check"
    )
    soon = (await service.get("aspen", path, needed_on="2020-01-01")).json()
    assert (soon["route"], soon["clause"]) == ("fund", "CP-E-9")


async def test_a_referral_is_held_until_the_consent_is_on_file(service):
    needs = [{"id": "housing", "text": "nowhere to sleep"}]
    case = await opened(service, screen={"emergency": True, "needs": needs})
    answer = [{"need": "housing", "confirmed": True}]
    await say(service, "linden", case, "emergency_needs_confirmed", needs=answer)
    looked = {"need": "housing", "providers": ["hearth", "harbor"]}
    await say(service, "linden", case, "providers_considered", **looked)
    sent = {"need": "housing", "provider": "hearth"}
    held = await say(service, "linden", case, "referral_made", **sent)
    assert [each["recipient"] for each in held["facts"]["held"]] == ["hearth"]

    consent = {
        "client": case["client"]["id"],
        "recipient": "hearth",
        "purpose": "a place to sleep",
        "given_at": "2026-03-01T12:00:00Z",
        "reference": "consent-1",
    }
    assert (await service.post("linden", "/consents", consent)).status_code == 201

    seen = await _released(service, case)
    assert {d["status"] for d in seen["duties"] if d["act"] == "referral"} == {"met"}


async def _released(service, case):
    for _ in range(200):
        seen = await read(service, "linden", case)
        if not seen["facts"]["held"]:
            return seen
    raise AssertionError("still held")


@pytest.mark.clause("CS-V-6", "CS-X-7")
async def test_what_a_worker_writes_of_themselves_is_for_them_and_who_is_above(service):
    case = await assigned(service)
    words = "I could listen longer"
    await say(service, "cypress", case, "self_assessed", reflection=words)

    seen = {
        person: (await said(service, person, case, "self_assessed"))[0]["note"]
        for person in ("cypress", "hawthorn", "aspen", "tamarack")
    }

    assert seen == {"cypress": words, "hawthorn": words, "aspen": "", "tamarack": ""}
    assert words not in str(await read(service, "aspen", case))


async def test_conflicts_and_intakes_do_not_show_in_each_others_lists(service):
    case, dispute = await opened(service), await service.opened()

    conflicts = (await service.get("walnut", "/conflicts", limit=100)).json()["items"]
    intakes = (await service.get("walnut", "/intakes", limit=100)).json()["items"]

    assert case["id"] not in [each["id"] for each in conflicts]
    assert dispute["id"] not in [each["id"] for each in intakes]
    wrong = (f"/conflicts/{case['id']}", f"/intakes/{dispute['id']}")
    for path in (*wrong, f"/care-plans/{case['id']}", f"{wrong[0]}/timeline"):
        assert (await service.get("walnut", path)).status_code == 404
    answer = await service.post(
        "aspen", f"{wrong[0]}/messages/withdraw", {"reason": "x"}
    )
    assert answer.status_code == 404


async def test_who_has_no_part_in_an_intake_does_not_see_it(service):
    case = await opened(service)

    assert (await service.get("alder", f"/intakes/{case['id']}")).status_code == 404
    listed = (await service.get("mulberry", "/intakes", limit=100)).json()["items"]
    assert case["id"] not in [each["id"] for each in listed]


# -- mistakes (ruling 21) -------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
async def test_an_assignment_taken_back_is_marked_on_the_timeline_and_another_can_be_made(
    service,
):
    case = await assigned(service)
    address = f"/intakes/{case['id']}/timeline"
    items = (await service.get("aspen", address, limit="100")).json()["items"]
    wrong = next(e["seq"] for e in items if e["kind"] == "coordinator_assigned")

    why = {"entry": wrong, "reason": "Somebody else was meant"}
    page = await say(service, "hawthorn", case, "assignment_taken_back", **why)

    assert page["step"] == "assignment"
    items = (await service.get("aspen", address, limit="100")).json()["items"]
    by_seq = {each["seq"]: each for each in items}
    mark = by_seq[by_seq[wrong]["taken_back_by"]]
    assert (mark["kind"], mark["corrects"]) == ("taken_back", wrong)


async def test_a_duplicate_is_of_a_case_about_the_same_person(service):
    kept, other = await opened(service), await opened(service)
    again = await opened(service, client=kept["client"]["id"])
    why = {"reason": "Two of us took the call"}

    no = await send(service, "aspen", again, "duplicate", of=other["id"], **why)
    page = await say(service, "aspen", again, "duplicate", of=kept["id"], **why)

    assert no.status_code == 422
    assert "same person" in no.text
    assert page["status"] == "opened_in_error"
    assert {"case": kept["id"], "relation": "duplicate_of"} in page["links"]


# -- a second one (ruling 19) ---------------------------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.clause("CP-P-1")
async def test_a_second_intake_opens_and_names_the_first_at_once_and_both_know(service):
    first = await opened(service)

    second = await opened(service, client=first["client"]["id"])

    assert second["links"] == [{"case": first["id"], "relation": "same_person"}]
    link = {"case": second["id"], "relation": "same_person"}

    async def is_told():
        return link in (await read(service, "aspen", first))["links"]

    await until(is_told)


async def test_the_answer_to_an_opening_names_who_may_be_known_here_already(service):
    phone = {"phone": "414-555-7711"}
    first = await opened(service, person=somebody(**phone))

    second = await opened(service, person=somebody(**phone))

    assert "alike" not in first
    assert second["alike"] == [first["client"]["id"]]
    assert "alike" not in await read(service, "aspen", second)
