"""How an intake ends: in one care plan for each client, or in one of the other ways, with nothing left out in silence."""

from typing import Any

import pytest

from tests.lifecycles.intake.cars import (
    ON_CALL,
    PLAN,
    SUPERVISOR,
    TUESDAY,
    UNIT,
    WORKER,
    assign,
    assigned,
    confirmed,
    consented,
    consider,
    emergency,
    enroll,
    planned,
    preliminary,
)
from throughcare.case.duty import DutyStatus
from throughcare.case.entry import CaseLink
from throughcare.case.needs import StartCase
from throughcare.case.refusals import (
    CaseIsClosed,
    NotYourSeat,
    StepsOutstanding,
)
from throughcare.lifecycles.client.relations import ClientRelation


@pytest.mark.clause("CP-P-1")
def test_enrolling_begins_the_one_care_plan_of_this_client():
    walk = planned()

    enroll(walk)

    assert walk.case.status == "enrolled"
    assert walk.case.known.care_plan == "01CAREPLAN"
    link = CaseLink(case="01CAREPLAN", relation=ClientRelation.care_plan)
    assert walk.case.links == [link]
    assert walk.case.open_duties() == []
    assert walk.case.wakes() == ()


@pytest.mark.clause("CP-P-1")
def test_the_care_plan_says_who_enrolled_and_from_which_seat():
    walk = planned()

    enroll(walk)

    (start,) = [each for each in walk.outgoing if isinstance(each, StartCase)]
    opened = (start.opening["opened_by"], start.opening["opened_from"])
    assert opened == ("person-worker", "seat-worker")
    assert start.opening["opened_by_right"] == "holder"


@pytest.mark.clause("CP-P-1")
def test_a_second_care_plan_is_refused_and_the_live_one_named():
    walk = planned()

    refused = walk.refusal("enroll", WORKER, care_plan="01SECOND", live="01LIVE")

    assert "01LIVE" in refused.detail
    assert not walk.case.is_closed
    assert walk.case.known.care_plan is None


@pytest.mark.clause("CP-P-1")
def test_nobody_is_enrolled_without_a_plan():
    walk = assigned()

    refused = walk.refusal("enroll", WORKER, care_plan="01CAREPLAN")

    assert isinstance(refused, StepsOutstanding)
    assert "File the first plan" in refused.detail


@pytest.mark.clause("CP-P-1")
def test_nobody_is_enrolled_before_a_plan_was_so_much_as_asked_for():
    walk = consented()

    refused = walk.refusal("enroll", SUPERVISOR, care_plan="01CAREPLAN")

    assert "A plan is on file; A worker is assigned" in refused.detail


@pytest.mark.clause("CP-P-1")
def test_nobody_is_enrolled_without_a_worker():
    walk = preliminary()
    walk.say("rst_meeting_held", ON_CALL, client_attended=True, team=["sister"])
    walk.say("final_plan_filed", ON_CALL, **PLAN)

    refused = walk.refusal("enroll", SUPERVISOR, care_plan="01CAREPLAN")

    assert isinstance(refused, StepsOutstanding)
    assert "A worker is assigned" in refused.detail


@pytest.mark.clause("CP-P-1")
@pytest.mark.clause("CP-E-6a")
def test_a_preliminary_plan_alone_enrolls_nobody():
    walk = preliminary()
    walk.say("consents_received", UNIT)
    assign(walk)

    refused = walk.refusal("enroll", WORKER, care_plan="01CAREPLAN")

    assert isinstance(refused, StepsOutstanding)
    assert "File the team's plan" in refused.detail


@pytest.mark.clause("CP-P-1")
def test_the_worker_or_their_supervisor_enrolls():
    walk = planned()

    refused = walk.refusal("enroll", UNIT, care_plan="01CAREPLAN")

    assert isinstance(refused, NotYourSeat)
    walk.say("enroll", SUPERVISOR, care_plan="01CAREPLAN")
    assert walk.case.status == "enrolled"


@pytest.mark.clause("CP-N-5")
def test_a_treatment_provider_who_was_not_told_is_a_gap_in_the_record():
    walk = planned()

    enroll(walk)

    gaps = [entry.text for entry in walk.said("gap") if entry.clause == "CP-N-5"]
    assert len(gaps) == 1
    assert any("CP-N-5" in gap for gap in walk.case.known.gaps)


@pytest.mark.clause("CP-N-5")
def test_a_treatment_provider_who_was_told_is_no_gap():
    walk = planned()
    walk.consent("treatment-provider")
    walk.say("treatment_provider_told", WORKER, provider="clinic", how="by phone")

    enroll(walk)

    assert not any("CP-N-5" in gap for gap in walk.case.known.gaps)


@pytest.mark.clause("CP-I-1")
@pytest.mark.clause("CP-T-1")
def test_every_step_left_to_do_is_a_gap_with_its_clause():
    walk = planned()

    enroll(walk)

    gaps = sorted(entry.clause or "" for entry in walk.said("gap"))
    assert gaps == ["CP-I-1", "CP-N-4a", "CP-N-5", "CP-T-1", "CP-T-2"]
    left = [d.clause for d in walk.case.duties if d.status is DutyStatus.withdrawn]
    assert gaps == sorted(left)


@pytest.mark.clause("CP-E-4")
def test_nobody_is_enrolled_while_a_confirmed_need_has_no_provider_looked_at():
    walk = confirmed()
    walk.say("preliminary_plan_filed", ON_CALL, **PLAN)
    walk.say("rst_meeting_held", ON_CALL, client_attended=True, team=["sister"])
    walk.say("final_plan_filed", ON_CALL, **PLAN)
    walk.say("consents_received", UNIT)
    assign(walk)

    refused = walk.refusal("enroll", WORKER, care_plan="01CAREPLAN")

    assert isinstance(refused, StepsOutstanding)
    assert "Look for providers with the client" in refused.detail
    consider(walk, role=WORKER)
    enroll(walk)
    assert any("CP-E-5" in gap for gap in walk.case.known.gaps)


# -- the other endings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "facts", "status"),
    [
        ("decline", {"reason": "Does not want it"}, "declined"),
        ("moved", {"reason": "To another county"}, "moved"),
        ("died", {}, "died"),
        ("withdraw", {"reason": "Entered twice"}, "withdrawn"),
    ],
)
def test_an_intake_can_end_at_any_time_and_then_nothing_is_open(
    message: str, facts: dict[str, Any], status: str
):
    for walk in (emergency(), consented(), assigned()):
        walk.say(message, SUPERVISOR, **facts)

        assert walk.case.status == status
        assert walk.case.open_duties() == []
        assert walk.case.wakes() == ()
        assert isinstance(
            walk.refusal("contact_attempted", SUPERVISOR, how="rang"), CaseIsClosed
        )


def test_whoever_had_something_to_do_is_told_that_it_has_ended():
    walk = assigned()

    walk.say("died", SUPERVISOR)

    assert set(walk.told("closed")) == {UNIT, WORKER, SUPERVISOR}


@pytest.mark.clause("CP-E-1b")
def test_a_person_is_unreachable_only_after_the_attempts_the_agency_asks_for():
    walk = emergency()
    for _ in range(2):
        walk.say("contact_attempted", ON_CALL, how="rang")
    refused = walk.refusal("call_unreachable", ON_CALL, reason="No answer")
    assert "after 3 attempts" in refused.detail

    walk.say("contact_attempted", ON_CALL, how="rang")
    walk.say("call_unreachable", ON_CALL, reason="No answer")

    assert walk.case.status == "unreachable"


@pytest.mark.clause("CP-E-1b")
def test_attempts_are_counted_anew_once_somebody_was_reached():
    walk = emergency()
    for _ in range(3):
        walk.say("contact_attempted", ON_CALL, how="rang")
    walk.say("client_contacted", ON_CALL, how="by phone")

    refused = walk.refusal("call_unreachable", ON_CALL, reason="No answer")

    assert "0 on record" in refused.detail


def test_what_was_missed_stays_missed_after_the_end():
    walk = emergency(TUESDAY)
    walk.until(walk.duty("CP-E-1b").due_at)

    walk.say("died", SUPERVISOR)

    assert walk.duty("CP-E-1b").status is DutyStatus.missed
