"""Who may send what, and for which duties: read from the registry of a lifecycle's messages."""

import pytest

from tests.lifecycles.care_plan.walk import enrolled
from tests.lifecycles.intake import cars
from tests.lifecycles.intake.walk import CARS, begin
from throughcare.case.duty import Act
from throughcare.case.permissions import allowed_now, permissions
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.registry import LIFECYCLES


def allowed(walk):
    return {each.message: each for each in allowed_now(walk.case)}


def test_a_message_that_discharges_a_duty_names_it_and_its_step():
    walk = begin(CARS, cars.TUESDAY)
    (duty,) = walk.case.outstanding(ClientAct.screening)

    screened = allowed(walk)["screened"]

    assert (screened.duties, screened.steps) == ((duty.id,), (duty.step,))
    assert screened.seats == tuple(holder.seat for holder in duty.holders)


def test_a_message_that_may_answer_a_duty_names_it_and_is_no_step():
    walk = enrolled()
    (duty,) = walk.case.outstanding(ClientAct.team_complete)

    invited = allowed(walk)["member_invited"]

    assert (invited.duties, invited.steps, invited.beside) == ((duty.id,), (), True)


def test_a_duty_that_waits_for_another_lets_nobody_speak_yet():
    walk = cars.screened()
    walk.say("consents_received", cars.UNIT)

    assert walk.case.outstanding(ClientAct.intake_review, ClientAct.assignment)
    assert "intake_reviewed" in allowed(walk)
    assert "coordinator_assigned" not in allowed(walk)


def test_a_closed_case_hears_nothing_but_what_takes_it_up():
    walk = begin(CARS, cars.TUESDAY)
    walk.say("moved", cars.UNIT, reason="moved away")

    assert [each.message for each in permissions(walk.case)] == ["correct_entry"]


@pytest.mark.parametrize("kind", LIFECYCLES)
def test_every_duty_a_message_is_for_is_one_there_can_be(kind):
    for message in LIFECYCLES[kind].messages.values():
        acts = (message.discharges, *message.answers)
        assert all(each in {*Act, *ClientAct, *ConflictAct} for each in acts if each)
