"""What is entered late counts from when it happened, in every kind of case, and nobody is called for what lies in the past."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.lifecycles.care_plan.walk import PlanWalk, agreed, enrolled, signing_now
from tests.lifecycles.conflict.conftest import Dispute
from tests.lifecycles.intake import cars, csm
from tests.lifecycles.intake.cars import (
    DAY,
    HOUR,
    ON_CALL,
    SUPERVISOR,
    TUESDAY,
    UNIT,
    WORKER,
)
from tests.lifecycles.intake.walk import CARS, Walk, begin, pack
from throughcare.case.advance import handle
from throughcare.case.duty import DutyStatus
from throughcare.case.seats import Actor, Capacity, HeldSeat
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.policy import RungLimit

CC, HSW = "care-coordinator", "human-service-worker"
CC_SUP = "coordinator-supervisor"
NEED = [{"id": "food", "text": "Nothing to eat"}]


def last(walk: Walk, act: str) -> Any:
    """The duty of this act that was opened last."""
    return [duty for duty in walk.case.duties if duty.act == act][-1]


# -- an intake ------------------------------------------------------------------------------------------------------------


def test_a_first_call_entered_late_counts_from_the_call():
    walk = begin(CARS, TUESDAY, referred_at=TUESDAY - 3 * HOUR)

    assert last(walk, ClientAct.screening).opened_at == TUESDAY - 3 * HOUR


def test_an_emergency_entered_when_its_time_is_over_is_missed_and_called_by_nobody():
    walk = cars.screened()
    found_at = walk.now
    walk.after(5 * HOUR)

    walk.say("emergency_identified", UNIT, at=found_at, needs=NEED)
    walk.after(5 * DAY)

    contact = walk.duty("CP-E-1b")
    assert contact.status is DutyStatus.missed
    assert contact.due_at in {entry.event_at for entry in walk.said("missed")}
    assert walk.told("emergency") == []
    assert not any("CP-E-1b" in (each.clause or "") for each in climbed(walk))
    # It is still to be done, and whoever has it is told so as of anything else.
    [letter] = [n for n in walk.posted if contact.text in n.what]
    assert (letter.kind, letter.receiver.role) == ("duty_opened", ON_CALL)


def climbed(walk: Walk) -> list[Any]:
    return [notice for notice in walk.posted if notice.kind == "climbed"]


def test_a_message_left_while_no_worker_ran_calls_as_it_would_have_in_time():
    walk = cars.screened()
    held = HeldSeat(seat=f"seat-{UNIT}", capacity=Capacity.holder)
    unit = Actor(person=f"person-{UNIT}", seats=(held,))
    left = walk.message("emergency_identified", unit, {"needs": NEED})
    walk.now += 2 * HOUR

    walk.case = handle(walk.case, left)
    walk.settle()

    assert walk.told("climbed") == [SUPERVISOR]


def test_an_exception_entered_late_is_looked_at_in_time_from_when_it_was_made():
    walk = cars.assigned(free=True)
    happened_at = walk.now
    walk.after(2 * HOUR)

    walk.say(
        "conflict_of_interest_reported",
        WORKER,
        at=happened_at,
        about="Elm",
        words="Only its own services were offered",
    )

    assert last(walk, ClientAct.independence).opened_at == happened_at


def test_a_worker_to_look_for_again_is_looked_for_from_when_that_was_said():
    walk = csm.assigned()
    said_at = walk.now
    walk.say("change_requested", WORKER, by="client")
    walk.after(3 * DAY)

    walk.say(
        "change_not_granted",
        walk.supervisor,
        at=said_at,
        outcome="unable",
        considered=["rsc-2"],
        explanation="Nobody has room",
        limited_by="resources",
        revisit_on=(walk.now + 9 * DAY).date().isoformat(),
    )

    assert last(walk, ClientAct.revisit).opened_at == said_at


# -- a care plan ----------------------------------------------------------------------------------------------------------


def enrolled_late(by: timedelta) -> Walk:
    intake = cars.planned()
    enrolled_at = intake.now
    intake.case.care_plan = pack(CARS).care_plan
    intake.after(by)
    intake.say("enroll", WORKER, at=enrolled_at, care_plan="01PLAN")
    return intake.goes_on()


def test_a_care_plan_counts_from_the_enrollment_and_not_from_its_entry():
    walk = enrolled_late(10 * DAY)

    assert walk.case.opened_at == TUESDAY
    assert last(walk, ClientAct.monthly_review).opened_at == TUESDAY
    assert {each.since_at for each in walk.case.known.life.team} == {TUESDAY}
    [entry] = walk.said("opened")
    assert (entry.event_at, entry.at) == (TUESDAY, walk.now)


def test_what_a_late_enrollment_missed_is_on_record_by_the_date_it_was_due():
    walk = enrolled_late(45 * DAY)
    review = last(walk, ClientAct.monthly_review)

    walk.after(30 * DAY)

    assert review.status is DutyStatus.missed
    assert review.due_at in {entry.event_at for entry in walk.said("missed")}
    assert not any(n.clause == review.clause for n in climbed(walk))


def test_a_plan_in_force_entered_late_counts_its_reviews_from_when_it_came_into_force():
    walk = signing_now()
    walk.sign()
    agreed_at = walk.now
    walk.after(6 * DAY)

    walk.say("plan_finalized", WORKER, at=agreed_at, version="2")

    assert walk.life.versions[-1].final_at == agreed_at
    assert walk.review_due.opened_at == agreed_at


def test_a_version_put_forward_late_waits_for_its_names_from_when_it_was():
    walk = signing_now()
    put_forward_at = walk.now
    walk.after(2 * DAY)

    walk.say("plan_put_forward", WORKER, at=put_forward_at, kind="final")

    assert walk.life.versions[-1].put_forward_at == put_forward_at
    assert last(walk, ClientAct.signing).opened_at == put_forward_at


def test_a_place_left_empty_is_to_be_filled_from_the_day_somebody_left():
    walk = enrolled()
    walk.invite("clinical", "Dr Demo")
    walk.say("systems_recorded", WORKER, systems=[])
    left_at = walk.now
    walk.after(4 * DAY)

    walk.say("member_left", WORKER, at=left_at, member="member-3", reason="Retired")

    assert walk.member("member-3").since_at == left_at
    assert last(walk, ClientAct.team_complete).opened_at == left_at


# -- a request for a service ----------------------------------------------------------------------------------------------


def test_a_service_asked_for_late_is_to_be_sent_from_when_it_was_asked_for():
    walk = agreed()
    asked_at = walk.now
    walk.after(2 * DAY)

    request = walk.ask_for(event_at=asked_at.isoformat())

    assert request.case.opened_at == asked_at
    assert last(request, ClientAct.request_sending).opened_at == asked_at


def test_a_decision_entered_late_adds_the_provider_from_when_it_was_made():
    request = agreed().ask_for()
    request.submit()
    decided_at = request.now
    request.after(2 * DAY)

    request.say(
        "request_decided",
        WORKER,
        at=decided_at,
        decision="approved",
        until="2027-06-30",
    )

    plan = request.plan
    assert isinstance(plan, PlanWalk)
    assert plan.life.services[-1].decided_at == decided_at
    assert last(plan, ClientAct.add_provider).opened_at == decided_at


# -- a conflict -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def failed() -> tuple[Dispute, datetime]:
    """Both sides met on the first rung without agreeing, and nobody has entered that yet."""
    day = RungLimit.model_validate({"within": "P1D", "basis": "agency"})
    walk = Dispute(pack("milwaukee-wraparound"), "A", limits={"A2": day})
    walk.say("meeting_held", CC, attendees=walk.seats(CC, HSW))
    return walk, walk.now


def test_the_next_rung_counts_from_when_there_was_no_agreement(
    failed: tuple[Dispute, datetime],
):
    walk, failed_at = failed
    walk.now += 5 * HOUR

    walk.say("agreement_not_reached", HSW, event_at=failed_at)

    assert walk.conflict.step == "A2"
    assert walk.conflict.step_began_at == failed_at
    [_, begun] = walk.entries("rung_begun")
    assert (begun.event_at, begun.at) == (failed_at, walk.now)
    assert walk.duty("CR-A-2d", ConflictAct.contact).opened_at == failed_at


def test_a_rung_that_would_be_over_before_anybody_knew_of_it_is_not_jumped(
    failed: tuple[Dispute, datetime],
):
    walk, failed_at = failed
    due_at = walk.conflict.step_due_at
    assert due_at
    walk.now = due_at - HOUR

    walk.say("agreement_not_reached", HSW, event_at=failed_at)

    assert walk.conflict.step == "A2"
    assert walk.conflict.step_due_at and walk.conflict.step_due_at > walk.now
    assert walk.entries("lapsed") == []


def test_a_rung_whose_seat_was_empty_counts_from_when_it_was_filled(
    failed: tuple[Dispute, datetime],
):
    walk, failed_at = failed
    walk.vacate(CC_SUP)
    walk.say("agreement_not_reached", HSW, event_at=failed_at)
    walk.now += 2 * DAY

    walk.fill(CC_SUP, "somebody")

    assert walk.conflict.step_began_at == walk.now
