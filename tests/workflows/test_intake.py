"""Intakes and care plans as people live them: on the real worker, database and mail server, with weeks passing.

Those that begin a care plan run on the real server: the time-skipping one skips no more once a child outlives its parent.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.waiting import until
from tests.workflows.intakes import Served, open_intake
from throughcare.case.duty import Act, DutyStatus

if TYPE_CHECKING:
    from tests.workflows.conftest import Agency

UNIT, ON_CALL, SUPERVISOR, WORKER = (
    "intake-unit",
    "on-call",
    "supervisor",
    "coordinator",
)
PLAN = {
    "reference": "plans/1",
    "safety_crisis_plan": "whom to call",
    "strengths": "comes to everything",
    "natural_supports": "a sister",
}
NEEDS = [{"id": "housing", "text": "nowhere to sleep"}]


async def ordinary(agency: "Agency") -> Served:
    case = await open_intake(agency)
    chosen = ["Birchwood Demo Recovery", "Cedar Demo Recovery"]
    await case.say("agency_chosen", UNIT, offered=chosen, chosen=chosen[0])
    await case.say("screened", UNIT, emergency=False)
    return case


async def assigned(agency: "Agency") -> Served:
    case = await ordinary(agency)
    await case.say("consents_received", UNIT)
    await case.say("intake_reviewed", SUPERVISOR)
    await case.assign()
    return case


async def planned(agency: "Agency") -> Served:
    case = await assigned(agency)
    await case.say("client_contacted", WORKER, how="by phone")
    await case.say("first_meeting_held", WORKER, natural_supports="none", team=["one"])
    await case.say("initial_plan_filed", WORKER, **PLAN)
    return case


async def test_an_ordinary_intake_goes_from_the_first_call_to_a_care_plan(
    live: "Agency",
) -> None:
    case = await planned(live)
    await case.say("enroll", WORKER, care_plan="0000000000000000")

    assert (await case.result()).status == "enrolled"
    assert not [d for d in (await case.state()).duties if d.is_open]
    assert any("Tell the treatment provider" in gap for gap in await case.said("gap"))
    plan = await case.care_plan()
    state = await plan.state()
    assert (state.kind, state.status) == ("care-plan", "open")
    assert [link.case for link in state.links] == [case.id]
    assert await plan.seat(WORKER) == "rsc-1"
    await case.keep_history("intake-enrolled")
    await plan.say("moved", WORKER, reason="moved away")
    assert (await plan.result()).status == "moved"
    await plan.keep_history("care-plan-moved")


async def test_an_unanswered_day_climbs_to_the_supervisor_by_itself(
    weeks: "Agency",
) -> None:
    case = await assigned(weeks)

    await case.pass_time(timedelta(hours=25))

    contact, above = await case.duties("CP-N-4a")
    assert contact.status is DutyStatus.missed
    assert (above.act, above.holders[0].role) == (Act.follow_up, SUPERVISOR)
    assert [text for text in await case.said("reminded") if "Reach" in text]
    await until(lambda: _mailed(case, "hawthorn"))
    await case.say_for("client_contacted", SUPERVISOR, WORKER, how="in person")
    assert {d.status for d in await case.duties("CP-N-4a")} == {
        DutyStatus.met_late,
        DutyStatus.met,
    }
    await case.keep_history("intake-climbed")


async def _mailed(case: Served, who: str) -> bool:
    return any(who in name and "below" in name for name in await case.mails())


async def test_an_emergency_reaches_the_seat_on_call_at_once_and_ends_with_the_teams_plan(
    live: "Agency",
) -> None:
    case = await open_intake(live)
    await case.say("screened", UNIT, emergency=True, needs=NEEDS)
    await until(lambda: _emergency_mailed(case))
    await case.say("ciu_contacted", ON_CALL)
    await case.say("contact_attempted", ON_CALL, how="by phone")
    await case.say("client_contacted", ON_CALL, how="by phone")
    await case.say("screen_results_reviewed", ON_CALL)
    answer = [{"need": "housing", "confirmed": True}]
    await case.say("emergency_needs_confirmed", ON_CALL, needs=answer)
    provider = {"need": "housing", "providers": ["p"], "organizations": ["another"]}
    await case.say("providers_considered", ON_CALL, **provider)
    referral = {"need": "housing", "provider": "p", "organization": "another"}
    await case.say("referral_made", ON_CALL, **referral)
    assert [held.recipient for held in (await case.known()).held] == ["p"]
    services = [{"service": "shelter", "need": "housing"}]
    await case.say("preliminary_plan_filed", ON_CALL, **PLAN, services=services)
    request = {"service": "shelter", "need": "housing", "plan": "1", "reference": "r"}
    await case.say("service_requested", ON_CALL, **request)
    refusal = await case.refusal(
        "requests_sent", ON_CALL, plan_attached=False, to="the payer"
    )
    assert "plan_attached" in refusal.detail
    await case.say("requests_sent", ON_CALL, plan_attached=True, to="the payer")
    await case.say("consents_received", UNIT)
    await case.say("intake_reviewed", SUPERVISOR)
    await case.assign()
    await case.say("rst_meeting_held", WORKER, client_attended=True, team=["all"])
    await case.say("final_plan_filed", WORKER, **PLAN)
    await case.say("enroll", WORKER, care_plan="0000000000000001")
    assert (await case.result()).status == "enrolled"
    await case.keep_history("intake-emergency")


async def test_an_emergency_and_an_assignment_entered_in_error_are_taken_back(
    live: "Agency",
) -> None:
    case = await open_intake(live)
    await case.say("screened", UNIT, emergency=True, needs=NEEDS)
    await until(lambda: _emergency_mailed(case))
    why = {"reason": "Entered in the wrong case."}
    entry = await _entry(case, "screened")
    await case.say("emergency_taken_back", UNIT, entry=entry, **why)
    await until(lambda: _told_of_the_error(case))
    await case.say("consents_received", UNIT)
    await case.say("intake_reviewed", SUPERVISOR)
    await case.assign()
    entry = await _entry(case, "coordinator_assigned")
    await case.say("assignment_taken_back", SUPERVISOR, entry=entry, **why)
    assert (await case.known()).assignment is None
    await case.say("opened_in_error", UNIT, **why)
    assert (await case.result()).status == "opened_in_error"
    await case.keep_history("intake-in-error")


async def _entry(case: Served, kind: str) -> int:
    return [each.seq for each in await case.timeline() if each.kind == kind][-1]


async def _told_of_the_error(case: Served) -> bool:
    return any("error" in name for name in await case.mails())


async def _emergency_mailed(case: Served) -> bool:
    return any("linden" in name and "emergency" in name for name in await case.mails())


async def test_an_intake_that_is_cancelled_is_withdrawn_with_nothing_open(
    weeks: "Agency",
) -> None:
    case = await ordinary(weeks)
    await case.handle.cancel()

    assert (await case.result()).status == "withdrawn"
    assert not [d for d in (await case.state()).duties if d.is_open]
    await case.keep_history("intake-withdrawn")
