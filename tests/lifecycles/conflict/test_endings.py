"""How a conflict ends: agreed, taken back, closed by an authority, or cancelled; and that nothing is open then."""

import pytest

from throughcare.case.duty import Act, DutyStatus
from throughcare.case.refusals import CaseIsClosed, NotYourSeat
from throughcare.case.seats import Side
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import ConflictStatus

CC, HSW = "care-coordinator", "human-service-worker"
CC_SUP, HSW_SUP = "coordinator-supervisor", "human-service-worker-supervisor"


def is_over(case):
    conflict = case.conflict
    return (
        conflict.is_closed
        and not conflict.open_duties()
        and conflict.wakes() == ()
        and case.allowed() == {}
        and conflict.closed_at == case.now
        and conflict.moving_to is None
    )


def test_the_side_that_raised_it_takes_it_back_and_everybody_who_had_a_part_is_told(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")

    case.say("withdraw", CC, reason="we spoke after all")

    assert case.conflict.status is ConflictStatus.withdrawn
    assert is_over(case)
    told = {notice.receiver.role for notice in case.notices("withdrawn")}
    assert told == {CC, HSW, CC_SUP, HSW_SUP}
    [entry] = case.entries("withdrawn")
    assert (entry.person, entry.note) == (f"person-{CC}", "we spoke after all")


def test_the_other_side_cannot_take_back_what_it_did_not_raise(dispute):
    case = dispute("A", raised_by=Side.counterpart)

    with pytest.raises(NotYourSeat, match="Human Service Worker"):
        case.say("withdraw", CC, reason="enough")
    case.say("withdraw", HSW, reason="enough")

    assert is_over(case)


def test_what_was_missed_stays_missed_when_the_case_closes(dispute):
    case = dispute("A")
    case.wait_for_limit()

    case.say("withdraw", CC, reason="enough")

    assert case.duty("CR-A-1", ConflictAct.meeting).status is DutyStatus.missed
    assert case.duty("CR-A-2d", ConflictAct.contact).status is DutyStatus.withdrawn


def test_an_agreement_ends_it_and_tells_all_who_had_a_part_and_nobody_above(dispute):
    case = dispute("A")
    case.climb_to("A2")
    case.say("contact_made", CC_SUP)

    case.agree(HSW_SUP, CC_SUP)

    assert is_over(case)
    told = [notice.receiver.role for notice in case.notices("agreed")]
    assert sorted(told) == sorted([CC, HSW, CC_SUP, HSW_SUP])


def test_a_closed_case_hears_nothing_more(dispute):
    case = dispute("A")
    case.say("withdraw", CC, reason="enough")

    with pytest.raises(CaseIsClosed, match="withdrawn"):
        case.say("meeting_held", CC, attendees=case.seats(CC, HSW))


def test_an_operators_cancellation_is_a_withdrawal_that_nobody_of_the_case_made(
    dispute,
):
    case = dispute("A")

    case.conflict.cancelled(case.now)
    case.conflict.cancelled(case.now)

    assert case.conflict.status is ConflictStatus.withdrawn
    assert is_over(case)
    [entry] = case.entries("withdrawn")
    assert (entry.person, entry.seat) == (None, None)
    assert "cancelled by an operator" in entry.text


def test_a_halted_case_can_be_cancelled_and_its_duties_to_fill_seats_end_with_it(
    dispute,
):
    case = dispute("A", empty=[CC_SUP])
    case.wait_for_limit()

    case.conflict.cancelled(case.now)

    assert is_over(case)
    assert case.duty("CR-A-2a", Act.fill_seat).status is DutyStatus.withdrawn


def test_a_halted_case_can_be_taken_back_or_settled(dispute):
    case = dispute("A", empty=[CC_SUP])
    case.wait_for_limit()
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW), outcome="agreement")

    case.say("agreement_reached", HSW)

    assert case.conflict.status is ConflictStatus.agreed
    assert is_over(case)
    assert case.conflict.reached == ["A1"]


def test_a_case_that_closes_as_its_limit_passes_does_not_move_on(dispute):
    case = dispute("A")
    case.now = case.conflict.step_due_at

    case.say("withdraw", CC, reason="enough")

    assert case.entries("lapsed")
    assert is_over(case)
    assert case.conflict.reached == ["A1"]


def test_a_seat_that_changes_after_the_case_closed_is_nothing_to_the_case(dispute):
    case = dispute("A")
    case.say("withdraw", CC, reason="enough")
    before = case.conflict.model_dump_json()

    case.vacate(CC)
    case.fill(HSW, "person-new")

    assert case.conflict.model_dump_json() == before


def test_a_notice_delivered_after_the_case_closed_changes_no_duty(dispute):
    case = dispute("A")
    case.climb_to("A2")
    case.say("withdraw", CC, reason="enough")

    case.deliver("told")

    assert case.duty("CR-A-2a", ConflictAct.notice).status is DutyStatus.withdrawn
    assert not case.entries("told")


@pytest.mark.clause("CR-N-3")
def test_an_operators_cancellation_leaves_an_unreported_violation_to_those_who_see_to_it(
    dispute,
):
    case = dispute("A")
    case.say("violation_identified", "care-coordinator", kind="licensing")

    case.conflict.cancelled(case.now)

    assert [n.receiver.role for n in case.notices("violation_left")] == [
        "quality-assurance",
        "agency-administrator",
    ]


def test_a_closing_shows_by_what_right_and_by_which_message_it_came(dispute):
    case = dispute("A")
    case.say("withdraw", "care-coordinator", reason="settled itself")

    [closing] = case.entries("withdrawn")
    assert (closing.capacity, closing.message_id) == ("holder", "m")


# -- opened in error (ruling 21) ------------------------------------------------------------------------------------------


def test_a_conflict_opened_in_error_ends_so_and_whoever_was_told_is_told_of_the_error(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")

    case.say("opened_in_error", CC, reason="it was meant for another youth")

    assert case.conflict.status is ConflictStatus.opened_in_error
    assert is_over(case)
    told = {notice.receiver.role for notice in case.notices("taken_back")}
    assert {CC, HSW, CC_SUP, HSW_SUP} <= told
    assert {duty.status for duty in case.conflict.duties} == {DutyStatus.taken_back}
    [end] = case.entries("opened_in_error")
    [opening] = case.entries("opened")
    assert (end.corrects, end.note) == (opening.seq, "it was meant for another youth")


def test_only_the_side_that_opened_it_says_that_it_was_an_error(dispute):
    case = dispute("A")

    with pytest.raises(NotYourSeat):
        case.say("opened_in_error", HSW, reason="we see no dispute")


def test_a_conflict_opened_in_error_is_not_taken_up_again(dispute):
    case = dispute("A")
    case.say("opened_in_error", CC, reason="it was meant for another youth")

    with pytest.raises(CaseIsClosed, match="opened_in_error"):
        case.say("reopen", CC, reason="it was right after all")
