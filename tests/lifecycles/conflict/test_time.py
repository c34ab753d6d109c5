"""Reminders, limits, and messages that cross them: received time decides, whatever the engine delivers first."""

from datetime import timedelta

import pytest

from throughcare.case.duty import Act, DutyStatus
from throughcare.case.refusals import (
    NotYourSeat,
    StepsOutstanding,
    Unreadable,
)
from throughcare.case.seats import Side
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.lifecycles.conflict.policy import RungLimit

CC, HSW = "care-coordinator", "human-service-worker"
CC_SUP, HSW_SUP = "coordinator-supervisor", "human-service-worker-supervisor"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
REMIND_ONLY = RungLimit.model_validate(
    {"within": "P5D", "basis": "agency", "then": "remind", "remind": "P1D"}
)


def test_everyone_who_is_waited_for_is_reminded_once_before_the_limit(dispute):
    case = dispute("A")
    due_at = case.conflict.step_due_at

    case.wait()

    assert case.now == due_at - DAY
    assert [n.receiver.role for n in case.notices("reminder")] == [CC, HSW]
    assert {n.due_at for n in case.notices("reminder")} == {due_at}
    case.wait()
    assert case.now == due_at
    assert len(case.notices("reminder", "A1")) == 2


def test_who_has_agreed_is_not_reminded_to_say_so(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW), outcome="agreement")

    case.wait()

    assert [n.receiver.role for n in case.notices("reminder")] == [HSW]


def test_a_limit_is_recorded_as_the_agencys_own_wait_at_the_time_it_ended(dispute):
    case = dispute("A")
    due_at = case.conflict.step_due_at

    case.pass_time_to(due_at + timedelta(hours=3))

    [lapsed] = case.entries("lapsed")
    assert lapsed.text == "The agency's own limit for A1 passed without agreement."
    assert (lapsed.event_at, lapsed.at) == (due_at, case.now)
    assert {entry.event_at for entry in case.entries("missed")} == {due_at}
    assert all("agency's own limit" in e.text for e in case.entries("missed"))


def test_a_timer_says_whose_limit_it_is_and_what_is_awaited(dispute):
    wakes = {wake.name: wake.text for wake in dispute("A").conflict.wakes()}

    assert wakes == {
        "limit:A1": "A1 limit (agency setting): Care Coordinator and Human Service Worker meet (CR-A-1)",
        "remind:A1": "A1 reminder: Care Coordinator and Human Service Worker meet (CR-A-1)",
    }


# -- a message and a limit that meet -----------------------------------------------------------------------------------


def test_a_message_received_after_the_limit_finds_the_rung_over_though_no_timer_rang(
    dispute,
):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))
    case.now = case.conflict.step_due_at

    case.say("agreement_not_reached", CC)

    kinds = [entry.kind for entry in case.conflict.timeline]
    assert kinds.index("lapsed") < kinds.index("agreement_not_reached")
    assert case.conflict.reached == ["A1", "A2"]
    assert case.duty("CR-A-1", ConflictAct.outcome).status is DutyStatus.met_late


def test_a_message_received_before_the_limit_and_heard_after_it_was_in_time(dispute):
    case = dispute("A")
    before = case.conflict.step_due_at - MINUTE
    case.wait_for_limit()
    assert case.duty("CR-A-1", ConflictAct.meeting).status is DutyStatus.missed

    case.say(
        "meeting_held",
        CC,
        attendees=case.seats(CC, HSW),
        outcome="no_agreement",
        received_at=before,
    )

    for act in (ConflictAct.meeting, ConflictAct.outcome):
        duty = case.duty("CR-A-1", act)
        assert (duty.status, duty.entered_late) == (DutyStatus.met, False)
    assert case.conflict.reached == ["A1", "A2"]
    assert len(case.entries("missed")) == 2


def test_a_message_received_on_the_limit_is_in_time(dispute):
    case = dispute("A")

    case.say(
        "meeting_held",
        CC,
        attendees=case.seats(CC, HSW),
        received_at=case.conflict.step_due_at,
    )

    assert case.conflict.step_id == "A1"
    assert case.duty("CR-A-1", ConflictAct.meeting).status is DutyStatus.met


def test_an_act_in_time_that_is_entered_afterwards_corrects_the_duty_and_keeps_the_alert(
    dispute,
):
    case = dispute("A")
    due_at = case.wait_for_limit()

    case.say("meeting_held", HSW, attendees=case.seats(CC, HSW), event_at=due_at - DAY)

    meeting = case.duty("CR-A-1", ConflictAct.meeting)
    assert (meeting.status, meeting.entered_late) == (DutyStatus.met, True)
    [entry] = case.entries("meeting_held")
    assert (entry.event_at, entry.step) == (due_at - DAY, "A1")
    assert "entered after it" in entry.text
    assert [e.clause for e in case.entries("missed")] == ["CR-A-1", "CR-A-1"]


def test_an_act_after_its_limit_is_met_late_and_the_limit_is_called_the_agencys(
    dispute,
):
    case = dispute("A")
    case.wait_for_limit()

    case.say("meeting_held", HSW, attendees=case.seats(CC, HSW))

    meeting = case.duty("CR-A-1", ConflictAct.meeting)
    assert (meeting.status, meeting.entered_late) == (DutyStatus.met_late, False)
    assert "Done after the agency's own limit." in case.entries("meeting_held")[0].text


def test_that_there_was_no_agreement_can_be_entered_afterwards_and_moves_nothing(
    dispute,
):
    case = dispute("A")
    due_at = case.wait_for_limit()
    case.say("meeting_held", HSW, attendees=case.seats(CC, HSW), event_at=due_at - DAY)

    case.say("agreement_not_reached", HSW, rung="A1", event_at=due_at - DAY)

    outcome = case.duty("CR-A-1", ConflictAct.outcome)
    assert (outcome.status, outcome.entered_late) == (DutyStatus.met, True)
    assert case.conflict.reached == ["A1", "A2"]
    assert case.conflict.moving_to is None


def test_a_contact_entered_afterwards_goes_to_the_rung_its_sender_spoke_on(dispute):
    case = dispute("A")
    case.climb_to("A2")
    case.wait_for_limit()
    assert case.conflict.step_id == "A3"

    case.say("contact_made", CC_SUP)

    assert case.duty("CR-A-2d", ConflictAct.contact).status is DutyStatus.met_late
    assert case.duty("CR-A-3c", ConflictAct.contact).status is DutyStatus.open


def test_an_event_in_the_future_is_refused_and_a_clock_slightly_ahead_is_not(dispute):
    case = dispute("A")
    facts = {"attendees": case.seats(CC, HSW)}

    with pytest.raises(Unreadable, match="lies in the future"):
        case.say("meeting_held", CC, event_at=case.now + DAY, **facts)
    case.say("meeting_held", CC, event_at=case.now + 2 * MINUTE, **facts)

    assert case.duty("CR-A-1", ConflictAct.meeting).status is DutyStatus.met


# -- agreement on a rung already left (O-24) ---------------------------------------------------------------------------


def test_people_of_a_rung_already_left_may_agree_and_are_credited_with_it(dispute):
    case = dispute("A")
    case.climb_to("A3")

    case.agree(CC, HSW)

    assert case.conflict.status is ConflictStatus.agreed
    assert case.conflict.step_id == "A3"
    [entry] = case.entries("agreed")
    assert entry.text == "Agreement reached on rung A1: both sides confirmed it."
    assert entry.clause == "CR-A-1"


def test_an_agreement_that_meets_the_limit_half_way_is_completed_after_it(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW), outcome="agreement")
    case.wait_for_limit()

    case.say("agreement_reached", HSW)

    assert case.conflict.status is ConflictStatus.agreed
    assert "on rung A1" in case.entries("agreed")[0].text


def test_agreement_across_rungs_is_no_agreement(dispute):
    case = dispute("A")
    case.climb_to("A2")
    case.say("contact_made", CC_SUP)

    case.agree(CC_SUP, HSW)

    assert case.conflict.status is ConflictStatus.open
    assert set(case.conflict.agreements) == {"A1", "A2"}


def test_a_word_given_before_no_agreement_was_declared_counts_no_more(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW), outcome="agreement")
    case.say("agreement_not_reached", HSW)

    case.say("agreement_reached", HSW)

    assert case.conflict.status is ConflictStatus.open
    assert list(case.conflict.agreements["A1"]) == [Side.counterpart]


# -- other kinds of limit ----------------------------------------------------------------------------------------------


def test_a_limit_that_only_reminds_leaves_the_rung_to_its_people(dispute):
    case = dispute("A", limits={"A1": REMIND_ONLY})
    case.wait_for_limit()
    assert (case.conflict.step_id, case.conflict.moving_to) == ("A1", None)
    assert len(case.notices("reminder")) == 4

    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))
    case.say("agreement_not_reached", CC)

    assert case.conflict.step_id == "A2"


def test_a_rung_of_notices_with_nobody_left_to_wait_for_passes_its_reminder(dispute):
    limits = {"A4": REMIND_ONLY}
    case = dispute("A", limits=limits)
    case.climb_to("A4")
    case.deliver("told")
    case.say("information_provided", "section-manager")
    case.wait()

    assert {n.receiver.role for n in case.notices("reminder", "A4")} == {
        "administrative-staff"
    }


@pytest.mark.parametrize(
    ("ladder", "rung", "senders"),
    [
        ("A", "A4", ("administrative-staff", "section-manager")),
        ("B", "B4", ("administrative-staff", "dmcps-manager-or-lead")),
    ],
)
def test_a_rung_of_notices_only_lasts_until_both_packets_are_in_or_its_limit(
    dispute, ladder, rung, senders
):
    case = dispute(ladder)
    case.climb_to(rung)
    assert "agreement_not_reached" not in case.allowed()

    for sender in senders:
        assert case.conflict.step_id == rung
        case.say("information_provided", sender)
    assert case.conflict.step_id == f"{ladder}5"

    case = dispute(ladder)
    case.climb_to(rung)
    case.wait_for_limit()
    assert case.conflict.step_id == f"{ladder}5"


def test_a_packet_left_open_by_an_early_escalation_keeps_its_clock_and_is_missed(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")
    due_at = case.conflict.step_due_at
    case.now += DAY
    case.fail()
    assert case.conflict.step_id == "A3"
    packet = case.duty("CR-A-2a", ConflictAct.information)
    assert (packet.status, packet.due_at) == (DutyStatus.open, due_at)
    assert f"due:{packet.id}" in {wake.name for wake in case.conflict.wakes()}

    case.pass_time_to(due_at)

    assert case.duty("CR-A-2a", ConflictAct.information).status is DutyStatus.missed
    assert case.conflict.step_id == "A3"
    case.say("information_provided", CC, event_at=due_at - DAY)
    assert case.duty("CR-A-2a", ConflictAct.information).entered_late


@pytest.mark.clause("CR-P-2")
def test_without_a_limit_a_rung_waits_ninety_days_and_is_nowhere_called_late(dispute):
    case = dispute("A", limits={"A1": None})
    assert case.conflict.wakes() == ()

    case.pass_time_to(case.now + timedelta(days=90))

    assert (case.conflict.step_id, case.conflict.status) == ("A1", ConflictStatus.open)
    assert not case.conflict.is_overdue
    assert {duty.status for duty in case.conflict.duties} == {DutyStatus.open}
    assert {duty.basis for duty in case.conflict.duties} == {None}
    said = case.conflict.as_table() + str(case.conflict.timeline)
    assert " late" not in said
    assert "no limit" in said


# -- who may not shorten the way ---------------------------------------------------------------------------------------


def test_a_supervisors_word_about_their_own_rung_is_never_taken_for_their_workers(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")
    held = {
        "seat-coordinator-supervisor": "holder",
        "seat-care-coordinator": "supervisor",
    }

    for name in ("agreement_reached", "agreement_not_reached"):
        with pytest.raises(StepsOutstanding):
            case.say(name, CC_SUP, held=held)
    assert case.conflict.agreements == {}

    case.say("agreement_reached", CC_SUP, held=held, rung="A1")
    assert list(case.conflict.agreements) == ["A1"]
    assert case.entries("agreement_confirmed")[0].capacity == "supervisor"


def test_a_stand_ins_word_about_their_rung_is_not_taken_for_a_worker_they_supervise(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")
    held = {
        "seat-coordinator-supervisor": "substitute",
        "seat-care-coordinator": "supervisor",
    }

    with pytest.raises(StepsOutstanding):
        case.say("agreement_reached", CC_SUP, held=held)

    assert case.conflict.agreements == {}


def test_an_agreement_named_for_a_rung_one_has_no_part_in_is_refused(dispute):
    case = dispute("A")
    case.climb_to("A2")
    case.say("contact_made", CC_SUP)

    with pytest.raises(NotYourSeat, match="Care Coordinator or Human Service Worker"):
        case.say("agreement_reached", HSW_SUP, rung="A1")


def test_a_rung_no_due_date_can_be_derived_for_waits_until_the_calendar_is_mended(
    dispute,
):
    case = dispute("A")
    case.calendar_problem = "The calendar ends with this year."
    case.fail()

    assert (case.conflict.status, case.conflict.step_id) == (
        ConflictStatus.halted,
        "A1",
    )
    [mend] = [d for d in case.conflict.duties if d.act == Act.mend_calendar]
    assert mend.holders[0].role == "agency-administrator"
    assert [n.receiver.role for n in case.notices("undated")] == [
        "agency-administrator"
    ]
    before = case.now
    while case.now < before + timedelta(hours=2):
        case.wait()
    assert len(case.notices("undated")) == 1

    case.calendar_problem = ""
    while case.conflict.status is ConflictStatus.halted:
        case.wait()
    assert case.conflict.step_id == "A2"
    [mend] = [d for d in case.conflict.duties if d.act == Act.mend_calendar]
    assert mend.status is DutyStatus.met


def test_without_a_calendar_the_top_is_asked_after_all_the_same(dispute):
    case = dispute("A")
    case.climb_to("A5")
    case.calendar_problem = "The calendar ends with this year."

    case.fail()

    assert case.conflict.status is ConflictStatus.unresolved_at_top
    assert case.conflict.asks_again_at == case.now + timedelta(hours=1)


def test_an_act_from_before_the_case_is_marked_so_and_one_from_long_before_is_refused(
    dispute,
):
    case = dispute("A")
    opened_at = case.conflict.opened_at
    seats = case.seats(CC, HSW)

    with pytest.raises(Unreadable, match="31 days before"):
        long_ago = opened_at - timedelta(days=32)
        case.say("meeting_held", CC, attendees=seats, event_at=long_ago)
    case.say("meeting_held", CC, attendees=seats, event_at=opened_at - DAY)

    [met] = case.entries("meeting_held")
    assert met.text.endswith("It happened before the case was opened.")
