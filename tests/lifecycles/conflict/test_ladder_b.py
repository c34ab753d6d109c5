"""Ladder B: a care coordinator and DMCPS."""

import pytest

from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import NotYourSeat, SomebodyMissing
from throughcare.case.seats import Side
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import ConflictStatus

CC, DMCPS = "care-coordinator", "dmcps-case-manager"
CC_SUP, DMCPS_SUP = "coordinator-supervisor", "dmcps-supervisor"
STAFF, MANAGER = "administrative-staff", "dmcps-manager-or-lead"
DIRECTOR, SITE = "associate-director", "dmcps-site-manager"


@pytest.mark.clause("CR-B-0")
def test_every_seat_of_the_other_side_is_one_of_dmcps(dispute):
    case = dispute("B")

    case.climb_to("B5")

    assert case.conflict.ladder.id == "B"
    others = [
        role
        for role in case.conflict.seated
        if case.conflict.side_of(role) is Side.counterpart
    ]
    assert others == [DMCPS, DMCPS_SUP, MANAGER, SITE]


@pytest.mark.clause("CR-B-1")
def test_a_meeting_that_only_the_coordinator_attended_names_who_was_missing(dispute):
    case = dispute("B")

    with pytest.raises(SomebodyMissing, match="Missing: DMCPS Case Manager"):
        case.say("meeting_held", CC, attendees=case.seats(CC))

    assert case.duty("CR-B-1", ConflictAct.meeting).status is DutyStatus.open


@pytest.mark.clause("CR-B-2a", "CR-B-2b")
def test_both_notices_at_b2_are_items_of_their_own(dispute):
    case = dispute("B")

    case.climb_to("B2")
    case.deliver("told")

    assert case.told("B2") == {CC: CC_SUP, DMCPS: DMCPS_SUP}
    told = [(entry.clause, entry.text) for entry in case.entries("told")]
    assert told == [
        ("CR-B-2a", "Care Coordinator tells Care Coordinator's Supervisor, by e-mail."),
        ("CR-B-2b", "DMCPS Case Manager tells DMCPS Supervisor, by e-mail."),
    ]


@pytest.mark.clause("CR-B-2b")
def test_a_notice_given_by_phone_counts_and_says_how(dispute):
    case = dispute("B")
    case.climb_to("B2")

    case.say("notice_given", DMCPS, how="by phone")

    assert case.duty("CR-B-2b", ConflictAct.notice).status is DutyStatus.met
    assert case.duty("CR-B-2a", ConflictAct.notice).status is DutyStatus.open
    assert "by phone" in case.entries("notice_given")[0].text


@pytest.mark.clause("CR-B-2c")
def test_with_only_the_dmcps_packet_in_the_coordinators_is_outstanding(dispute):
    case = dispute("B")
    case.climb_to("B2")

    case.say("information_provided", DMCPS)

    own = case.duty("CR-B-2c", ConflictAct.information, CC)
    other = case.duty("CR-B-2c", ConflictAct.information, DMCPS)
    assert (own.status, other.status) == (DutyStatus.open, DutyStatus.met)


@pytest.mark.clause("CR-B-2d")
def test_one_supervisors_agreement_closes_nothing_and_the_other_is_asked(dispute):
    case = dispute("B")
    case.climb_to("B2")
    case.say("contact_made", CC_SUP)

    case.say("agreement_reached", CC_SUP)

    assert case.conflict.status is ConflictStatus.open
    assert list(case.conflict.agreements["B2"]) == [Side.coordination]
    assert "waiting for DMCPS Supervisor" in case.entries("agreement_confirmed")[0].text
    assert [n.receiver.role for n in case.notices("waiting_for_you")] == [DMCPS_SUP]


@pytest.mark.clause("CR-B-2e")
@pytest.mark.parametrize("side", Side)
def test_the_contact_at_b2_is_the_coordinators_supervisors_whoever_raised_the_case(
    dispute, side
):
    case = dispute("B", raised_by=side)

    case.climb_to("B2")

    contact = case.duty("CR-B-2e", ConflictAct.contact)
    assert [holder.role for holder in contact.holders] == [CC_SUP]
    assert contact.target == DMCPS_SUP


@pytest.mark.clause("CR-B-3a")
def test_b2_failing_brings_the_case_to_b3_with_the_supervisors_notice(dispute):
    case = dispute("B")
    case.climb_to("B2")

    case.fail()

    assert case.conflict.step_id == "B3"
    assert case.told("B3")[CC_SUP] == STAFF


@pytest.mark.clause("CR-B-3b")
def test_who_takes_the_either_or_seat_is_recorded_and_is_the_sender_at_b4(dispute):
    case = dispute("B")
    case.people[MANAGER] = "person-lead-supervisor"

    case.climb_to("B4")

    [chosen] = case.entries("seat_chosen")
    assert (chosen.step, chosen.clause) == ("B3", "CR-B-3b")
    assert chosen.person == "person-lead-supervisor"
    assert chosen.seat == case.conflict.chosen[MANAGER]
    [notice] = [n for n in case.notices("told", "B4") if n.clause == "CR-B-4b"]
    assert notice.sender
    assert (notice.sender.seat, notice.sender.person) == (chosen.seat, chosen.person)


@pytest.mark.clause("CR-B-3b")
def test_the_seat_taken_at_b3_is_asked_for_by_name_ever_after(dispute):
    case = dispute("B")
    case.climb_to("B2")
    asked_before = {query.role: query.seat for query in case.conflict.queries()}

    case.climb_to("B4")

    asked_now = {query.role: query.seat for query in case.conflict.queries()}
    assert MANAGER not in asked_before
    assert asked_now[MANAGER] == f"seat-{MANAGER}"


@pytest.mark.clause("CR-B-3c")
def test_the_lead_supervisor_making_the_contact_first_satisfies_b3_and_is_recorded(
    dispute,
):
    case = dispute("B")
    case.climb_to("B3")
    contact = case.duty("CR-B-3c", ConflictAct.contact)
    assert [holder.role for holder in contact.holders] == [STAFF]

    case.say("contact_made", MANAGER)

    assert case.duty("CR-B-3c", ConflictAct.contact).status is DutyStatus.met
    entry = case.entries("contact_made")[-1]
    assert entry.person == f"person-{MANAGER}"
    assert "Program Manager or Lead Supervisor made the contact" in entry.text


@pytest.mark.clause("CR-B-4a")
def test_at_b4_the_associate_director_is_told_and_no_contact_is_due_until_b5(dispute):
    case = dispute("B")

    case.climb_to("B4")

    assert case.told("B4")[STAFF] == DIRECTOR
    contacts = [d for d in case.conflict.open_duties() if d.act == ConflictAct.contact]
    assert contacts == []
    case.climb_to("B5")
    assert case.duty("CR-B-5", ConflictAct.contact).status is DutyStatus.open


@pytest.mark.clause("CR-B-4b")
@pytest.mark.parametrize("facts", [{}, {"rung": "B4"}], ids=["unnamed", "named"])
def test_the_dmcps_supervisor_is_the_wrong_sender_of_the_notice_at_b4(dispute, facts):
    case = dispute("B")
    case.climb_to("B3")
    case.deliver("told")
    case.climb_to("B4")

    with pytest.raises(NotYourSeat, match="Program Manager or Lead Supervisor"):
        case.say("notice_given", DMCPS_SUP, how="by phone", **facts)

    assert case.duty("CR-B-4b", ConflictAct.notice).status is DutyStatus.open


@pytest.mark.clause("CR-B-4b")
def test_a_notice_that_is_still_owed_at_b3_does_not_pass_for_the_one_at_b4(dispute):
    case = dispute("B")
    case.climb_to("B4")

    with pytest.raises(NotYourSeat):
        case.say("notice_given", DMCPS_SUP, how="by phone", rung="B4")
    case.say("notice_given", DMCPS_SUP, how="by phone")

    assert case.duty("CR-B-3b", ConflictAct.notice).status is DutyStatus.met
    assert case.duty("CR-B-4b", ConflictAct.notice).status is DutyStatus.open


@pytest.mark.clause("CR-B-5")
def test_without_agreement_at_b5_the_case_sits_unresolved_until_somebody_ends_it(
    dispute,
):
    case = dispute("B")
    case.climb_to("B5")
    assert [h.role for h in case.duty("CR-B-5", ConflictAct.contact).holders] == [
        DIRECTOR
    ]

    case.fail()
    for _ in range(10):
        case.wait()

    assert case.conflict.status is ConflictStatus.unresolved_at_top
    case.say("close", DIRECTOR, reason="settled elsewhere")
    assert case.conflict.is_closed
