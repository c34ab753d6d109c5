"""Ladder C: a care coordinator and a network provider."""

import pytest

from throughcare.case.duty import Act, DutyStatus
from throughcare.case.refusals import (
    NotYourSeat,
    OutOfOrder,
    StepsOutstanding,
)
from throughcare.case.seats import Capacity, Side
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import ConflictStatus

CC, NP = "care-coordinator", "network-provider"
CC_SUP, NP_SUP = "coordinator-supervisor", "provider-supervisor"
STAFF = "administrative-staff"


@pytest.mark.clause("CR-C-0")
def test_ladder_c_has_three_steps_and_no_director(dispute):
    case = dispute("C")

    case.climb_to("C3")
    case.fail()

    assert case.conflict.reached == ["C1", "C2", "C3"]
    assert case.conflict.status is ConflictStatus.unresolved_at_top
    assert "associate-director" not in case.conflict.seated


@pytest.mark.clause("CR-N-2")
def test_a_provider_who_opens_it_has_the_same_three_steps(dispute):
    case = dispute("C", raised_by=Side.counterpart)
    [opened] = case.entries("opened")
    assert opened.clause == "CR-N-2"
    assert "policy is silent" not in opened.text

    case.climb_to("C3")

    other = dispute("C")
    other.climb_to("C3")
    assert case.conflict.raised_by is Side.counterpart
    assert [d.id for d in case.conflict.duties] == [d.id for d in other.conflict.duties]


@pytest.mark.clause("CR-C-1a")
def test_c1_is_left_without_a_meeting_only_with_a_reason(dispute):
    case = dispute("C")

    with pytest.raises(StepsOutstanding, match="waiver"):
        case.say("agreement_not_reached", CC)
    assert case.conflict.step_id == "C1"
    case.say("agreement_not_reached", CC, waiver="They no longer speak")

    assert case.conflict.step_id == "C2"
    meeting = case.duty("CR-C-1a", ConflictAct.meeting)
    assert meeting.status is DutyStatus.excused
    assert meeting.discharge
    assert meeting.discharge.text == "They no longer speak"
    [left_out] = case.entries("left_out")
    assert (left_out.clause, left_out.note) == ("CR-C-1a", "They no longer speak")


@pytest.mark.clause("CR-C-1a")
def test_after_a_meeting_no_reason_is_asked_for(dispute):
    case = dispute("C")

    case.say("meeting_held", NP, attendees=case.seats(CC, NP), outcome="no_agreement")

    assert case.conflict.step_id == "C2"
    assert case.duty("CR-C-1a", ConflictAct.meeting).status is DutyStatus.met


@pytest.mark.clause("CR-C-1b")
def test_where_the_team_is_needed_c2_waits_for_it_or_for_a_reason(dispute):
    case = dispute("C")
    case.say("team_intervention_required", NP, reason="the plan is touched")
    team = case.duty("CR-C-1b", ConflictAct.team_meeting)
    assert [holder.role for holder in team.holders] == [CC]
    assert team.due_at == case.conflict.step_due_at
    assert [n.receiver.role for n in case.notices("team_needed")] == [CC]
    case.say("meeting_held", CC, attendees=case.seats(CC, NP))

    with pytest.raises(StepsOutstanding, match="Child & Family Team"):
        case.say("agreement_not_reached", CC)
    case.say("agreement_not_reached", CC, waiver="the family asked to wait")

    assert case.conflict.step_id == "C2"
    assert case.duty("CR-C-1b", ConflictAct.team_meeting).status is DutyStatus.excused


@pytest.mark.clause("CR-C-1b")
def test_once_the_team_has_met_no_reason_is_needed(dispute):
    case = dispute("C")
    case.say("team_intervention_required", CC, reason="the plan is touched")
    case.say("meeting_held", CC, attendees=case.seats(CC, NP))
    case.say("team_meeting_held", CC)

    case.say("agreement_not_reached", NP)

    assert case.conflict.step_id == "C2"
    assert case.duty("CR-C-1b", ConflictAct.team_meeting).status is DutyStatus.met


@pytest.mark.clause("CR-C-1b")
def test_saying_no_agreement_along_with_the_meeting_is_refused_whole_while_the_team_has_not_met(
    dispute,
):
    case = dispute("C")
    case.say("team_intervention_required", CC, reason="the plan is touched")

    with pytest.raises(StepsOutstanding, match="send agreement_not_reached with"):
        case.say(
            "meeting_held", CC, attendees=case.seats(CC, NP), outcome="no_agreement"
        )

    assert case.duty("CR-C-1a", ConflictAct.meeting).status is DutyStatus.open


def test_the_team_is_asked_for_once_and_only_on_the_first_rung(dispute):
    case = dispute("C")
    assert "team_intervention_required" in case.allowed()

    case.say("team_intervention_required", CC, reason="the plan is touched")
    assert "team_intervention_required" not in case.allowed()

    case = dispute("C")
    case.climb_to("C2")
    assert "team_intervention_required" not in case.allowed()


@pytest.mark.clause("CR-C-2a")
@pytest.mark.parametrize("first", [CC_SUP, NP_SUP])
def test_at_c2_both_supervisors_hold_the_contact_and_either_ones_satisfies_it(
    dispute, first
):
    case = dispute("C")
    case.climb_to("C2")
    contact = case.duty("CR-C-2a", ConflictAct.contact)
    assert [holder.role for holder in contact.holders] == [CC_SUP, NP_SUP]
    told = {n.receiver.role for n in case.notices("contact_due", "C2")}
    assert told == {CC_SUP, NP_SUP}

    case.say("contact_made", first)

    assert case.duty("CR-C-2a", ConflictAct.contact).status is DutyStatus.met
    assert "by the other side" not in case.entries("contact_made")[0].text


@pytest.mark.clause("CR-C-2a")
def test_c2_cannot_be_left_out_whatever_the_reason(dispute):
    case = dispute("C")
    case.climb_to("C2")

    with pytest.raises(StepsOutstanding) as refused:
        case.say("agreement_not_reached", CC_SUP, waiver="no time")

    assert "waiver" not in refused.value.detail
    assert case.conflict.step_id == "C2"


@pytest.mark.clause("CR-C-2b")
def test_a_providers_supervisor_who_is_the_party_takes_the_contact_and_nobody_else_is_asked_for(
    dispute,
):
    case = dispute("C", raised_by=Side.counterpart, party=Side.counterpart)
    assert case.seats(NP) == ["seat-provider-supervisor"]
    assert case.entries("opened")[0].person == "person-provider-supervisor"

    case.say("agreement_not_reached", NP, waiver="their own concern")

    assert case.conflict.step_id == "C2"
    contact = case.duty("CR-C-2a", ConflictAct.contact)
    assert {holder.person for holder in contact.holders} == {
        f"person-{CC_SUP}",
        f"person-{NP_SUP}",
    }
    assert not case.conflict.outstanding(Act.fill_seat)
    provider_side = {
        seated.person
        for role, seated in case.conflict.seated.items()
        if case.conflict.side_of(role) is Side.counterpart
    }
    assert provider_side == {f"person-{NP_SUP}"}


@pytest.mark.clause("CR-C-2b")
def test_a_supervisor_with_two_parts_is_told_each_thing_once(dispute):
    case = dispute("C", party=Side.counterpart)
    case.say("agreement_not_reached", NP, waiver="their own concern")
    case.say("contact_made", NP_SUP)
    case.say("agreement_not_reached", NP_SUP)
    case.wait()

    for kind in ("rung_opened", "reminder"):
        told = [n.receiver.seat for n in case.notices(kind, "C3")]
        assert len(told) == len(set(told)) == 3, kind


@pytest.mark.clause("CR-C-3")
def test_one_request_for_help_tells_staff_once_and_the_case_waits_with_nobody_above(
    dispute,
):
    case = dispute("C")
    case.climb_to("C3")
    asking = case.duty("CR-C-3", ConflictAct.assistance)
    assert [h.role for h in asking.holders] == [CC, CC_SUP, NP, NP_SUP]
    assert asking.target == STAFF

    case.say("assistance_requested", NP)

    [notice] = case.notices("assistance_asked")
    assert (notice.receiver.role, notice.clause) == (STAFF, "CR-C-3")
    assert notice.sender
    assert notice.sender.role == NP
    with pytest.raises(OutOfOrder):
        case.say("assistance_requested", CC_SUP)
    assert case.conflict.status is ConflictStatus.open
    assert {"agreement_reached", "agreement_not_reached"} <= set(case.allowed())


@pytest.mark.clause("CR-C-3")
def test_staff_help_and_are_no_party(dispute):
    case = dispute("C")
    case.climb_to("C3")

    for name in ("agreement_reached", "assistance_requested"):
        with pytest.raises(NotYourSeat):
            case.say(name, STAFF)

    assert not case.conflict.agreements


@pytest.mark.clause("CR-C-3")
def test_giving_up_at_c3_without_asking_for_help_needs_a_reason(dispute):
    case = dispute("C")
    case.climb_to("C3")

    with pytest.raises(StepsOutstanding, match="for help"):
        case.say("agreement_not_reached", CC)
    case.say("agreement_not_reached", CC, waiver="help was declined")

    assert case.conflict.status is ConflictStatus.unresolved_at_top
    assert case.duty("CR-C-3", ConflictAct.assistance).status is DutyStatus.excused


@pytest.mark.clause("CR-C-3")
def test_either_worker_or_supervisor_of_each_side_may_confirm_agreement_at_c3(dispute):
    case = dispute("C")
    case.climb_to("C3")

    case.agree(CC_SUP, NP)

    assert case.conflict.status is ConflictStatus.agreed


@pytest.mark.clause("CR-C-3")
def test_whoever_helps_at_c3_neither_agrees_nor_asks_for_help_for_a_side(dispute):
    case = dispute("C")
    case.climb_to("C3")
    helper = {
        "person": "person-administrative-staff",
        "held": {"seat-coordinator-supervisor": Capacity.supervisor},
    }

    for name in ("assistance_requested", "agreement_reached"):
        with pytest.raises(NotYourSeat):
            case.say(name, "coordinator-supervisor", **helper)
