"""Ladder A: a care coordinator and a human service worker."""

import pytest

from throughcare.case.duty import (
    Act,
    Basis,
    DutyStatus,
)
from throughcare.case.refusals import (
    NotYourSeat,
    OutOfOrder,
    SomebodyMissing,
    StepsOutstanding,
    Unreadable,
)
from throughcare.case.seats import Side
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import ConflictStatus

CC, HSW = "care-coordinator", "human-service-worker"
CC_SUP, HSW_SUP = "coordinator-supervisor", "human-service-worker-supervisor"
STAFF, SECTION = "administrative-staff", "section-manager"
DIRECTOR, CYFS = "associate-director", "cyfs-manager"


@pytest.mark.clause("CR-A-0")
def test_a_coordinator_and_a_human_service_worker_wait_at_a1(dispute):
    case = dispute("A")

    assert case.conflict.ladder.id == "A"
    assert case.conflict.step_id == "A1"
    assert case.conflict.status is ConflictStatus.open
    [opened] = case.entries("opened")
    assert (opened.clause, opened.person, opened.seat) == (
        "CR-A-0",
        f"person-{CC}",
        f"seat-{CC}",
    )


@pytest.mark.clause("CR-A-0")
def test_the_other_side_may_open_ladder_a_and_the_record_says_whose_setting_that_is(
    dispute,
):
    case = dispute("A", raised_by=Side.counterpart)

    [opened] = case.entries("opened")
    assert opened.clause == "CR-A-0"
    assert opened.person == f"person-{HSW}"
    assert "policy is silent" in opened.text
    assert "agency's own setting" in opened.text


@pytest.mark.clause("CR-A-1")
def test_a_meeting_and_both_workers_agreeing_settles_it_and_no_supervisor_hears_of_it(
    dispute,
):
    case = dispute("A")

    case.say("meeting_held", CC, attendees=case.seats(CC, HSW), outcome="agreement")
    case.say("agreement_reached", HSW)

    assert case.conflict.status is ConflictStatus.agreed
    assert case.conflict.reached == ["A1"]
    assert {n.receiver.role for n in case.posted} == {CC, HSW}
    assert not case.conflict.open_duties()


@pytest.mark.clause("CR-A-1")
def test_a_meeting_without_the_other_worker_is_refused_and_names_who_was_missing(
    dispute,
):
    case = dispute("A")

    with pytest.raises(SomebodyMissing, match="Missing: Human Service Worker"):
        case.say("meeting_held", CC, attendees=case.seats(CC))

    assert case.duty("CR-A-1", ConflictAct.meeting).status is DutyStatus.open


@pytest.mark.clause("CR-A-1")
def test_no_agreement_is_not_accepted_before_the_workers_have_met(dispute):
    case = dispute("A")

    with pytest.raises(StepsOutstanding, match="Human Service Worker meet"):
        case.say("agreement_not_reached", CC)

    assert case.conflict.step_id == "A1"


def test_one_workers_word_that_there_is_no_agreement_is_enough_to_move_on(dispute):
    case = dispute("A")
    case.say("meeting_held", HSW, attendees=case.seats(CC, HSW), outcome="no_agreement")

    assert case.conflict.step_id == "A2"
    [entry] = case.entries("agreement_not_reached")
    assert (entry.step, entry.person) == ("A1", f"person-{HSW}")


@pytest.mark.clause("CR-P-1")
def test_a_step_of_a_later_rung_is_refused_with_the_messages_that_may_come_now(dispute):
    case = dispute("A")

    with pytest.raises(OutOfOrder) as refused:
        case.say("contact_made", CC)

    steps = [each for each in refused.value.allowed if not each.beside]
    allowed = {each.message: each.titles for each in steps}
    assert "correct_entry" not in refused.value.detail
    assert allowed["meeting_held"] == ("Care Coordinator", "Human Service Worker")
    here = {"meeting_held", "team_intervention_required"}
    assert set(allowed) == here | {"violation_identified", "withdraw"}
    assert case.conflict.step_id == "A1"


def test_a_message_from_a_seat_that_may_not_send_it_names_the_seats_that_may(dispute):
    case = dispute("A")

    with pytest.raises(NotYourSeat, match="Care Coordinator or Human Service Worker"):
        case.say("meeting_held", "quality-assurance", attendees=case.seats(CC, HSW))


@pytest.mark.clause("CR-A-2a")
def test_the_coordinators_supervisor_is_told_in_the_coordinators_name_and_the_packet_stays_open(
    dispute,
):
    case = dispute("A")

    case.climb_to("A2")

    [notice] = [n for n in case.notices("told", "A2") if n.receiver.role == CC_SUP]
    assert notice.sender
    assert notice.sender.person == f"person-{CC}"
    assert notice.clause == "CR-A-2a"
    packet = case.duty("CR-A-2a", ConflictAct.information)
    assert packet.status is DutyStatus.open
    assert [holder.role for holder in packet.holders] == [CC]
    assert packet.basis is Basis.agency


@pytest.mark.clause("CR-A-2a")
def test_a_delivered_notice_is_done_but_the_information_is_a_separate_act(dispute):
    case = dispute("A")
    case.climb_to("A2")

    case.deliver("told")

    assert case.duty("CR-A-2a", ConflictAct.notice).status is DutyStatus.met
    assert case.duty("CR-A-2a", ConflictAct.information).status is DutyStatus.open


def test_those_who_must_hand_the_information_on_are_told_so(dispute):
    case = dispute("A")

    case.climb_to("A2")

    told = {n.receiver.role: n.what for n in case.notices("rung_opened", "A2")}
    assert set(told) == {CC, HSW}
    assert "hands the information on to Care Coordinator's Supervisor" in told[CC]


@pytest.mark.clause("CR-A-2b")
def test_the_other_sides_notice_is_separate_and_the_coordinators_packet_does_not_satisfy_it(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")

    case.say("information_provided", CC, documents=("a", "b"))

    assert case.told("A2") == {CC: CC_SUP, HSW: HSW_SUP}
    assert case.duty("CR-A-2a", ConflictAct.information).status is DutyStatus.met
    assert case.duty("CR-A-2b", ConflictAct.information).status is DutyStatus.open
    with pytest.raises(NotYourSeat, match="Human Service Worker"):
        case.say("information_provided", CC)


@pytest.mark.clause("CR-A-2c")
def test_both_packets_being_in_ends_nothing_while_the_supervisors_have_not_answered(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")

    case.say("information_provided", CC)
    case.say("information_provided", HSW)

    assert (case.conflict.step_id, case.conflict.moving_to) == ("A2", None)


@pytest.mark.clause("CR-A-2c")
def test_both_supervisors_agreeing_after_contact_settles_it_at_a2_and_staff_never_hear(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")

    case.say("contact_made", CC_SUP)
    case.agree(CC_SUP, HSW_SUP)

    assert case.conflict.status is ConflictStatus.agreed
    assert case.conflict.step_id == "A2"
    assert STAFF not in {n.receiver.role for n in case.posted}
    [entry] = case.entries("agreed")
    assert "on rung A2" in entry.text


@pytest.mark.clause("CR-A-2c")
def test_supervisors_cannot_agree_before_contact_was_made(dispute):
    case = dispute("A")
    case.climb_to("A2")

    with pytest.raises(StepsOutstanding, match="contacts Human Service Worker's"):
        case.say("agreement_reached", CC_SUP)

    assert case.conflict.agreements == {}


@pytest.mark.clause("CR-A-2d")
def test_only_the_coordinators_supervisor_is_reminded_to_make_the_contact(dispute):
    case = dispute("A")
    case.climb_to("A2")

    case.wait()

    reminders = {n.receiver.role: n.what for n in case.notices("reminder", "A2")}
    asked = {role for role, what in reminders.items() if "contacts" in what}
    assert asked == {CC_SUP}
    assert [n.receiver.role for n in case.notices("contact_due", "A2")] == [CC_SUP]


@pytest.mark.clause("CR-A-2d")
def test_contact_begun_by_the_other_side_is_accepted_and_recorded_so(dispute):
    case = dispute("A")
    case.climb_to("A2")

    case.say("contact_made", HSW_SUP)

    assert case.duty("CR-A-2d", ConflictAct.contact).status is DutyStatus.met
    [entry] = case.entries("contact_made")
    assert "Human Service Worker's Supervisor made the contact" in entry.text
    assert "begun by the other side" in entry.text


@pytest.mark.clause("CR-A-3a")
def test_a3_without_administrative_staff_halts_visibly_and_skips_nothing(dispute):
    case = dispute("A", empty=[STAFF])
    case.climb_to("A2")

    case.fail()

    assert case.conflict.status is ConflictStatus.halted
    assert case.conflict.reached == ["A1", "A2"]
    fill = case.duty("CR-A-3a", Act.fill_seat)
    assert fill.holders[0].role == "agency-administrator"
    [notice] = case.notices("seat_empty")
    assert notice.receiver.role == "agency-administrator"
    assert "Administrative staff" in notice.what
    assert not case.notices("told", "A3")


@pytest.mark.clause("CR-A-3a", "CR-A-3b")
def test_at_a3_each_supervisor_tells_the_next_one_up_on_their_own_side(dispute):
    case = dispute("A")

    case.climb_to("A3")

    assert case.told("A3") == {CC_SUP: STAFF, HSW_SUP: SECTION}
    clauses = {n.receiver.role: n.clause for n in case.notices("told", "A3")}
    assert clauses == {STAFF: "CR-A-3a", SECTION: "CR-A-3b"}


@pytest.mark.clause("CR-A-3c")
def test_at_a3_administrative_staff_owe_the_contact_with_the_section_manager(dispute):
    case = dispute("A")

    case.climb_to("A3")

    contact = case.duty("CR-A-3c", ConflictAct.contact)
    assert [holder.role for holder in contact.holders] == [STAFF]
    assert contact.target == SECTION


@pytest.mark.clause("CR-A-4a")
def test_a4_is_two_notices_and_no_contact(dispute):
    case = dispute("A")

    case.climb_to("A4")

    assert case.told("A4") == {STAFF: DIRECTOR, SECTION: CYFS}
    here = [duty for duty in case.conflict.duties if duty.step == "A4"]
    assert [d.clause for d in here if d.act == ConflictAct.notice] == [
        "CR-A-4a",
        "CR-A-4b",
    ]
    assert not [d for d in here if d.act in (ConflictAct.contact, ConflictAct.outcome)]


@pytest.mark.clause("CR-A-4b")
def test_a5_starts_without_the_section_managers_notice_only_with_the_gap_on_record(
    dispute,
):
    case = dispute("A")
    case.climb_to("A4")
    case.say("information_provided", STAFF)

    case.wait_for_limit()

    assert case.conflict.step_id == "A5"
    begun = case.entries("rung_begun")[-1]
    assert "Still outstanding" in begun.text
    assert "Section Manager tells CYFS Manager" in begun.text
    assert "Section Manager hands the information on to CYFS Manager" in begun.text
    assert case.duty("CR-A-4b", ConflictAct.information).status is DutyStatus.missed


@pytest.mark.clause("CR-A-4b")
def test_a5_starts_as_soon_as_both_sides_are_informed_and_shows_no_gap_then(dispute):
    case = dispute("A")
    case.climb_to("A4")
    case.deliver("told")

    case.say("information_provided", SECTION)
    assert case.conflict.step_id == "A4"
    case.say("information_provided", STAFF)

    assert case.conflict.step_id == "A5"
    assert "Still outstanding" not in case.entries("rung_begun")[-1].text


@pytest.mark.clause("CR-A-5")
def test_the_associate_director_owes_the_last_contact(dispute):
    case = dispute("A")

    case.climb_to("A5")

    contact = case.duty("CR-A-5", ConflictAct.contact)
    assert [holder.role for holder in contact.holders] == [DIRECTOR]
    assert contact.target == CYFS
    assert not case.notices("told", "A5")


@pytest.mark.clause("CR-A-5")
def test_when_the_last_limit_elapses_it_is_reminded_and_reported_and_no_sixth_tier_is_told(
    dispute,
):
    case = dispute("A")
    case.climb_to("A5")
    case.wait()
    before = len(case.posted)

    case.wait_for_limit()

    assert case.conflict.status is ConflictStatus.unresolved_at_top
    assert case.conflict.reached == ["A1", "A2", "A3", "A4", "A5"]
    told = {(n.kind, n.receiver.role) for n in case.posted[before:]}
    assert ("reminder", DIRECTOR) in told
    assert ("unresolved", "quality-assurance") in told
    assert {role for _, role in told} == {DIRECTOR, "quality-assurance"}
    assert [entry.step for entry in case.entries("unresolved")] == ["A5"]


def test_a_conflict_nobody_touches_climbs_every_rung_in_turn(dispute):
    case = dispute("A")

    for rung in ("A2", "A3", "A4", "A5"):
        case.wait_for_limit()
        assert case.conflict.step_id == rung

    assert [entry.step for entry in case.entries("lapsed")] == ["A1", "A2", "A3", "A4"]


@pytest.mark.clause("CR-A-1")
def test_the_record_names_who_was_at_a_meeting_and_knows_no_strangers(dispute):
    case = dispute("A")

    with pytest.raises(Unreadable, match="attendees must be seats of this case"):
        case.say("meeting_held", CC, attendees=[*case.seats(CC, HSW), "martian"])
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))

    [met] = case.entries("meeting_held")
    assert met.text.endswith("There were: Care Coordinator, Human Service Worker.")


@pytest.mark.clause("CR-A-2a")
def test_the_record_of_a_packet_names_its_documents(dispute):
    case = dispute("A")
    case.climb_to("A2")

    case.say("information_provided", CC, documents=["plan-7"], note="By courier.")

    [entry] = case.entries("information_provided")
    assert entry.note == "Documents: plan-7.\nBy courier."


# -- the Team, by reading Q-17 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rung", ["A1", "A3", "B2", "B5"])
def test_the_team_may_be_called_on_the_other_ladders_too_and_the_record_says_by_which_reading(
    dispute, rung
):
    case = dispute(rung[0])
    case.climb_to(rung)
    speaker = case.conflict.rung.seats[Side.coordination][0]

    case.say("team_intervention_required", speaker, reason="the plan is touched")

    [asked] = case.entries("team_intervention_required")
    assert "reading Q-17" in asked.text
    assert [notice.receiver.role for notice in case.notices("team_needed")] == [CC]
    case.say("team_meeting_held", speaker)
    [team] = [d for d in case.conflict.duties if d.act == ConflictAct.team_meeting]
    assert team.status is DutyStatus.met


def test_nobody_has_to_call_the_team_on_ladder_a(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))

    case.say("agreement_not_reached", HSW)

    assert case.conflict.step_id == "A2"


def test_a_team_that_was_called_and_did_not_meet_is_left_out_for_a_reason(dispute):
    case = dispute("A")
    case.say("team_intervention_required", CC, reason="the plan is touched")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))

    with pytest.raises(StepsOutstanding, match="Team"):
        case.say("agreement_not_reached", HSW)
    case.say("agreement_not_reached", HSW, waiver="The family is away.")

    assert case.conflict.step_id == "A2"


def test_a_ladder_whose_pack_names_no_team_offers_none(dispute):
    case = dispute("A")
    ladder = case.conflict.policy.ladders[0]
    rungs = tuple(each.model_copy(update={"team": None}) for each in ladder.rungs)
    without = ladder.model_copy(update={"rungs": rungs})
    policy = case.conflict.policy.model_copy(update={"ladders": (without,)})
    case.conflict.policy = policy

    assert "team_intervention_required" not in case.allowed()
