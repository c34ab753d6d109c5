"""Care plans as people live them: on the real worker, database and mail server, with years passing."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.waiting import until
from tests.workflows.careplans import (
    CLIENT,
    COORDINATOR,
    WEEK,
    WORKER,
    agreed,
    meet,
    put_in_force,
    write,
)
from throughcare.case.duty import Act, DutyStatus
from throughcare.lifecycles.client.acts import ClientAct

if TYPE_CHECKING:
    from tests.workflows.conftest import Agency
    from tests.workflows.intakes import Served


async def test_a_review_that_nobody_holds_climbs_and_is_taken_late_with_its_reason(
    weeks: "Agency",
) -> None:
    plan = await agreed(weeks)
    due_at = (await plan.duties("CP-M-4"))[-1].due_at
    assert due_at is not None
    left = due_at - await weeks.env.get_current_time()
    await plan.pass_time(left + timedelta(hours=1))

    _, review, above = await plan.duties("CP-M-4")
    assert review.status is DutyStatus.missed
    assert (above.act, above.holders[0].role) == (Act.follow_up, "supervisor")
    refusal = await plan.refusal(
        "review_held", WORKER, kind="monthly", outcome="no_change"
    )
    assert "late_reason" in refusal.detail
    late = {"kind": "monthly", "outcome": "no_change", "late_reason": "snow"}
    await plan.say("review_held", WORKER, **late)
    # The first one counted from the enrollment, until there was a plan to count from.
    assert [duty.status for duty in await plan.duties("CP-M-4")] == [
        DutyStatus.withdrawn,
        DutyStatus.met_late,
        DutyStatus.met,
        DutyStatus.open,
    ]
    await plan.keep_history("care-plan-reviewed")


async def test_a_team_writes_signs_amends_and_ends_its_plan(weeks: "Agency") -> None:
    plan = await agreed(weeks)
    updates = {"successes": ["moved in"], "barriers": ["no bus"]}
    await meet(plan)
    await write(plan, updates=updates)
    assert await put_in_force(plan, "amended") == "3"
    closing = {"agreed_by": [CLIENT, COORDINATOR], "readiness": "manages alone"}
    await plan.say("closure_agreed", WORKER, **closing)
    await plan.say("close", WORKER)

    assert (await plan.result()).status == "completed"
    assert not [d for d in (await plan.state()).duties if d.is_open]
    assert [each["section"] for each in (await plan.whole()).writings] == [
        "vision",
        "strengths",
        "needs",
        "strategies",
        "safety",
        "updates",
    ]
    await plan.keep_history("care-plan-completed")


async def asked_for(plan: "Served") -> "Served":
    """The request for a service that this care plan makes."""
    request = "00000000000000" + plan.id[-2:]
    await plan.say(
        "service_asked_for",
        WORKER,
        service="housing",
        need="home",
        provider="hearth",
        provider_title="Hearth Demo Housing",
        chosen_by_client=True,
        plan="2",
        request=request,
    )
    return await plan.beside("service-request", request)


async def test_a_service_is_a_case_of_its_own_until_its_approval_runs_out(
    weeks: "Agency",
) -> None:
    plan = await agreed(weeks)
    request = await asked_for(plan)
    assert [link.case for link in (await request.state()).links] == [plan.id]
    await request.consent("payer")
    await request.say("request_submitted", WORKER, plan_attached=True, to="the payer")
    now = await weeks.env.get_current_time()
    until_day = (now + 5 * WEEK).date().isoformat()
    await request.say("request_decided", WORKER, decision="approved", until=until_day)

    async def is_prompted() -> bool:
        return bool(await plan.duties("CP-T-3g"))

    await until(is_prompted)
    await request.pass_time(6 * WEEK)
    assert (await request.result()).status == "expired"

    async def is_over() -> bool:
        life = (await plan.known()).life
        return life is not None and life.services[0].status == "expired"

    await until(is_over)
    await request.keep_history("service-request-expired")
    await plan.keep_history("care-plan-with-a-request")


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_six_years_of_weekly_contacts_and_monthly_reviews_lose_nothing(
    years: "Agency",
) -> None:
    plan = await agreed(years, every="P7D")
    for month in range(72):
        for _ in range(4):
            await plan.pass_time(WEEK - timedelta(hours=1))
            await plan.say("contact_held", WORKER, kind="visit")
        if month % 12 == 11:
            await plan.pass_time(WEEK)
        await meet(plan)
        late = {"late_reason": "the holidays"} if month % 12 == 11 else {}
        outcome = {"kind": "monthly", "outcome": "no_change"}
        await plan.say("review_held", WORKER, **outcome, **late)

    life = (await plan.known()).life
    assert life is not None
    assert len(life.reviews) == 72
    assert len(life.held) == 73
    contacts = await plan.duties("CP-P-1")
    assert sum(duty.act == ClientAct.worker_contact for duty in contacts) == 289
    assert await plan.has_begun_afresh()
    entries = await plan.timeline()
    assert [each.seq for each in entries] == list(range(1, len(entries) + 1))
    await plan.keep_history("care-plan-six-years")
