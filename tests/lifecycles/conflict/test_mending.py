"""Messages beside the ladder: entries corrected, parts handed to others, cases taken up again, merged, refiled and moved."""

from datetime import UTC, datetime, timedelta

import pytest

from throughcare.case.duty import (
    Act,
    Basis,
    DutyStatus,
)
from throughcare.case.entry import CaseLink, Relation
from throughcare.case.refusals import (
    AlreadySaid,
    CannotMove,
    CaseIsClosed,
    NotYourEntry,
    NotYourSeat,
    OutOfOrder,
    SamePerson,
    StepsOutstanding,
    Unreadable,
    ViolationOutstanding,
)
from throughcare.case.seats import Attestation, Capacity
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.lifecycles.conflict.policy import RungLimit
from throughcare.time.span import Span

CC, HSW = "care-coordinator", "human-service-worker"
CC_SUP, HSW_SUP = "coordinator-supervisor", "human-service-worker-supervisor"
ADMINISTRATOR = "agency-administrator"
WHY = "a reason of some length"
A_DAY = RungLimit.model_validate({"within": "P1D", "basis": "agency"})


def settled_at_a1(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))
    case.agree(CC, HSW)
    return case


# -- agreement in part ---------------------------------------------------------------------------------------------


@pytest.mark.clause("CR-A-1")
def test_an_agreement_in_part_needs_both_sides_and_what_remains_goes_up(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))

    case.say("partial_agreement", CC, settled="the visits", remaining="the school")
    assert case.conflict.step_id == "A1"
    assert [n.receiver.role for n in case.notices("waiting_for_you")] == [HSW]

    case.say("partial_agreement", HSW, settled="the visits", remaining="the school")
    assert case.conflict.step_id == "A2"
    entry = case.entries("partly_agreed")[0]
    assert "Settled: the visits" in entry.note
    assert "Still in dispute: the school" in entry.note
    assert case.duty("CR-A-1", ConflictAct.outcome).status is DutyStatus.met


def test_one_side_says_in_part_once_and_one_person_does_not_say_it_for_both(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))
    case.say("partial_agreement", CC, person="alder", settled="a", remaining="b")

    with pytest.raises(AlreadySaid):
        case.say("partial_agreement", CC, settled="a", remaining="b")
    with pytest.raises(SamePerson):
        case.say("partial_agreement", HSW, person="alder", settled="a", remaining="b")


def test_an_agreement_in_part_leaves_out_a_recommended_step_only_with_a_reason(dispute):
    case = dispute("C")
    worker = "network-provider"

    with pytest.raises(StepsOutstanding):
        case.say("partial_agreement", CC, settled="a", remaining="b")
    case.say("partial_agreement", CC, settled="a", remaining="b", waiver=WHY)
    case.say("partial_agreement", worker, settled="a", remaining="b")

    assert case.duty("CR-C-1a", ConflictAct.meeting).status is DutyStatus.excused
    assert case.conflict.step_id == "C2"


# -- entries ---------------------------------------------------------------------------------------------------------


def test_a_correction_is_appended_and_the_entry_stays_as_it_was(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW), note="at the school")
    entry = case.entries("meeting_held")[0]

    case.say("correct_entry", CC, entry=entry.seq, correction="at the office")

    assert case.entries("meeting_held") == [entry]
    corrected = case.entries("corrected")[0]
    assert (corrected.corrects, corrected.note) == (entry.seq, "at the office")
    assert corrected.clause == entry.clause


def test_a_duty_met_late_becomes_met_when_its_entry_is_corrected_to_have_been_in_time(
    dispute,
):
    case = dispute("A", limits={"A1": A_DAY})
    due_at = case.wait_for_limit()
    case.now = due_at + timedelta(days=1)
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))
    assert case.duty("CR-A-1", ConflictAct.meeting).status is DutyStatus.met_late

    entry = case.entries("meeting_held")[0]
    earlier = due_at - timedelta(hours=2)
    case.say("correct_entry", CC, entry=entry.seq, correction="x", happened_at=earlier)

    duty = case.duty("CR-A-1", ConflictAct.meeting)
    assert duty.status is DutyStatus.met
    assert duty.discharge.event_at == earlier
    assert "is now met" in case.entries("corrected")[0].text
    assert case.entries("lapsed"), "that the limit passed meanwhile stays on record"


def test_an_entry_that_is_corrected_again_has_its_duty_judged_again(dispute):
    case = dispute("A", limits={"A1": A_DAY})
    due_at = case.wait_for_limit()
    case.now = due_at + timedelta(days=1)
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))
    seq = case.entries("meeting_held")[0].seq

    judged = []
    for hours in (-2, 3, -1):
        at = due_at + timedelta(hours=hours)
        case.say("correct_entry", CC, entry=seq, correction="x", happened_at=at)
        duty = case.duty("CR-A-1", ConflictAct.meeting)
        judged.append((duty.status, duty.discharge.event_at - due_at))

    assert judged == [
        (DutyStatus.met, timedelta(hours=-2)),
        (DutyStatus.met_late, timedelta(hours=3)),
        (DutyStatus.met, timedelta(hours=-1)),
    ]


def test_a_correction_of_when_something_was_done_changes_that_duty_alone(dispute):
    case = dispute("A")
    case.fail()
    met = case.duty("CR-A-1", ConflictAct.meeting)
    others = [duty for duty in case.conflict.duties if duty.id != met.id]
    seq = case.entries("meeting_held")[0].seq
    earlier = met.discharge.event_at - timedelta(hours=2)

    case.say("correct_entry", CC, entry=seq, correction="x", happened_at=earlier)

    assert [duty for duty in case.conflict.duties if duty.id != met.id] == others
    text = case.entries("corrected")[0].text
    assert text.endswith(f"It happened on {earlier:%Y-%m-%d %H:%M} UTC.")


def test_a_clock_that_is_a_little_ahead_corrects_an_entry_all_the_same(dispute):
    case = settled_at_a1(dispute)
    seq = case.entries("meeting_held")[0].seq
    ahead = case.now + timedelta(minutes=5)

    case.say("correct_entry", CC, entry=seq, correction="x", happened_at=ahead)

    assert case.duty("CR-A-1", ConflictAct.meeting).discharge.event_at == ahead


@pytest.mark.parametrize("days", [-60, 2])
def test_a_correction_to_long_before_the_case_or_to_the_future_is_a_slip(dispute, days):
    case = settled_at_a1(dispute)
    seq = case.entries("meeting_held")[0].seq

    with pytest.raises(Unreadable, match="happened_at"):
        at = case.now + timedelta(days=days)
        case.say("correct_entry", CC, entry=seq, correction="x", happened_at=at)


def test_an_entry_is_corrected_by_its_author_their_supervisor_or_the_administrator(
    dispute,
):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))
    seq = case.entries("meeting_held")[0].seq
    above = {case.seats(CC)[0]: Capacity.supervisor}

    with pytest.raises(NotYourEntry):
        case.say("correct_entry", HSW, entry=seq, correction="not so")
    case.say("correct_entry", CC, held=above, person="birch", entry=seq, correction="1")
    case.say("correct_entry", ADMINISTRATOR, entry=seq, correction="2")

    assert [entry.note for entry in case.entries("corrected")] == ["1", "2"]


def test_an_entry_that_does_not_exist_is_not_corrected(dispute):
    case = dispute("A")

    with pytest.raises(Unreadable, match="1 to 2"):
        case.say("correct_entry", CC, entry=99, correction="x")


# -- parts -----------------------------------------------------------------------------------------------------------


def test_a_recused_supervisor_leaves_the_seat_to_be_filled_and_no_clock_stops(dispute):
    case = dispute("A")
    case.fail()
    due_at = case.conflict.step_due_at

    case.say("recuse", CC_SUP, role=CC_SUP, reason=WHY)

    fill = case.conflict.outstanding(Act.fill_seat)
    assert [duty.target for duty in fill] == [CC_SUP]
    assert case.conflict.step_due_at == due_at
    with pytest.raises(NotYourSeat):
        case.say("contact_made", CC_SUP)

    case.fill(CC_SUP, "hazel")
    case.say("contact_made", CC_SUP, person="hazel")
    assert case.conflict.outstanding(Act.fill_seat) == []


def test_somebody_recused_acts_for_nobody_in_the_case_any_more(dispute):
    case = dispute("A")
    case.fail()
    boss = case.conflict.seated[CC_SUP].person
    case.say("recuse", CC_SUP, role=CC_SUP, reason=WHY)
    below = {case.seats(CC)[0]: Capacity.supervisor}

    with pytest.raises(NotYourSeat):
        case.say("information_provided", CC, held=below, person=boss)


def test_only_the_administrator_recuses_somebody_else(dispute):
    case = dispute("A")
    case.fail()

    with pytest.raises(Unreadable, match="yourself"):
        case.say("recuse", CC_SUP, role=HSW_SUP, reason=WHY)
    case.say("recuse", ADMINISTRATOR, role=HSW_SUP, reason=WHY)

    assert case.conflict.recused == {HSW_SUP: [f"person-{HSW_SUP}"]}


@pytest.mark.parametrize("name", ["recuse", "assign_seat"])
def test_only_a_part_on_the_rung_is_recused_or_assigned(dispute, name):
    case = dispute("A")
    facts = {"assigned": "seat-x"} if name == "assign_seat" else {}

    with pytest.raises(Unreadable, match="part on the current rung"):
        case.say(name, ADMINISTRATOR, role="cyfs-manager", reason=WHY, **facts)


def test_a_supervisor_of_both_workers_is_replaced_for_this_case_and_it_goes_on(dispute):
    case = dispute("A")
    case.people[HSW_SUP] = "person-coordinator-supervisor"
    case.fail()
    assert case.conflict.moving_to == "A2"

    case.people.pop(HSW_SUP)
    facts = {"role": HSW_SUP, "assigned": "seat-another", "reason": WHY}
    case.say("assign_seat", ADMINISTRATOR, **facts)

    assert (case.conflict.status, case.conflict.step_id) == (ConflictStatus.open, "A2")
    assert case.conflict.seated[HSW_SUP].seat == "seat-another"
    assert case.entries("seat_assigned")[0].note == WHY


def test_nobody_but_the_administrator_assigns_seats(dispute):
    case = dispute("A")

    with pytest.raises(NotYourSeat):
        case.say("assign_seat", CC, role=CC, assigned="seat-x", reason=WHY)


# -- taken up again --------------------------------------------------------------------------------------------------


def test_a_broken_agreement_takes_the_case_up_at_its_rung_with_a_clock_of_its_own(
    dispute,
):
    case = settled_at_a1(dispute)
    first = case.duty("CR-A-1", ConflictAct.meeting)
    case.now += timedelta(days=30)

    case.say("agreement_broken", HSW, reason="no visits")

    assert (case.conflict.status, case.conflict.step_id) == (ConflictStatus.open, "A1")
    assert case.conflict.reached == ["A1"]
    again = [d for d in case.conflict.duties if d.id.endswith("#2")]
    assert [duty.act for duty in again] == [ConflictAct.meeting, ConflictAct.outcome]
    assert case.conflict.step_due_at > first.due_at
    assert "begins again" in case.entries("rung_begun")[-1].text
    assert {n.receiver.role for n in case.notices("reopened")} == {CC, HSW}
    assert case.conflict.closed_at is None


def test_after_a_broken_agreement_both_sides_must_agree_anew(dispute):
    case = settled_at_a1(dispute)
    case.say("agreement_broken", HSW, reason="no visits")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))

    case.agree(CC)
    assert not case.conflict.is_closed
    case.agree(HSW)
    assert case.conflict.status is ConflictStatus.agreed


def test_a_broken_agreement_of_an_earlier_rung_can_be_made_anew_there(dispute):
    case = dispute("A")
    case.fail()
    case.agree(CC, HSW)
    case.say("agreement_broken", CC, reason=WHY)
    assert case.conflict.step_id == "A2"

    case.agree(CC, HSW)

    assert case.conflict.status is ConflictStatus.agreed


def test_a_withdrawn_case_is_reopened_and_an_agreed_one_is_not(dispute):
    case = dispute("A")
    case.say("withdraw", CC, reason=WHY)
    case.say("reopen", HSW, reason="it came back")
    assert (case.conflict.status, case.conflict.step_id) == (ConflictStatus.open, "A1")

    with pytest.raises(CaseIsClosed):
        settled_at_a1(dispute).say("reopen", CC, reason=WHY)


def test_what_an_authority_closed_only_an_authority_reopens(dispute):
    case = dispute("A")
    case.climb_to("A5")
    case.fail()
    authority = case.conflict.ladder.closing_authority[0]
    case.say("close", authority, reason=WHY)

    with pytest.raises(NotYourSeat):
        case.say("reopen", CC, reason=WHY)
    case.say("reopen", authority, reason=WHY)

    assert (case.conflict.status, case.conflict.step_id) == (ConflictStatus.open, "A5")


def test_an_entry_of_a_closed_case_is_corrected_and_it_stays_closed(dispute):
    case = settled_at_a1(dispute)
    seq = case.entries("meeting_held")[0].seq

    case.say("correct_entry", CC, entry=seq, correction="on the phone")

    assert case.conflict.status is ConflictStatus.agreed
    assert case.conflict.open_duties() == []
    assert case.conflict.wakes() == ()


# -- more than one case ------------------------------------------------------------------------------------------------


def test_a_merged_case_ends_tied_to_the_one_that_goes_on(dispute):
    case = dispute("A")

    case.say("merge", CC, into="02CASE", reason=WHY)

    assert case.conflict.status is ConflictStatus.merged
    link = CaseLink(case="02CASE", relation=Relation.merged_into)
    assert case.conflict.links == [link]
    assert {n.receiver.role for n in case.notices("merged")} == {CC, HSW}


def test_the_case_that_goes_on_tells_once_that_another_was_merged_into_it(dispute):
    case = dispute("A")
    merged_at = case.now - timedelta(minutes=5)
    link = CaseLink(case="02CASE", relation=Relation.absorbed)

    for _ in range(2):
        case.conflict.tie(link, merged_at, case.now)

    (entry,) = case.entries("linked")
    assert entry.text.startswith("Another case was merged into this one")
    assert entry.note == "Case 02CASE."
    assert (entry.step, entry.event_at, entry.at) == ("A1", merged_at, case.now)


def test_a_case_is_not_merged_into_itself_nor_over_an_unreported_violation(dispute):
    case = dispute("A")

    with pytest.raises(Unreadable):
        case.say("merge", CC, into=case.conflict.case_id, reason=WHY)
    case.say("violation_identified", CC, kind="policy")
    with pytest.raises((OutOfOrder, ViolationOutstanding)):
        case.say("merge", CC, into="02CASE", reason=WHY)


def test_word_of_a_merged_case_is_taken_once(dispute):
    case = dispute("A")
    link = CaseLink(case="02CASE", relation=Relation.absorbed)

    case.conflict.tie(link, case.now, case.now)
    case.conflict.tie(link, case.now, case.now)

    assert case.conflict.links == [link]
    assert len(case.entries("linked")) == 1


def test_a_case_on_the_wrong_ladder_ends_tied_to_the_new_one(dispute):
    case = dispute("A")

    case.say("refile", CC, case="03CASE", ladder="B", opening={}, reason=WHY)

    assert case.conflict.status is ConflictStatus.refiled
    assert case.conflict.links[0].relation == Relation.refiled_as


# -- another version -----------------------------------------------------------------------------------------------------


def moved(case, limit, **changed):
    ladder = case.conflict.ladder
    rungs = tuple(
        r.model_copy(update={"limit": limit} if r.id == "A1" else {})
        for r in ladder.rungs
    )
    policy = case.conflict.policy.model_copy(
        update={
            "ladders": (ladder.model_copy(update={"rungs": rungs, **changed}),),
        }
    )
    facts = {"pack": "p", "version": 2, "digest": "d", "reason": WHY}
    case.say("move_to_version", ADMINISTRATOR, policy=policy.model_dump(), **facts)


@pytest.mark.clause("CR-M-2")
def test_a_move_to_another_version_counts_the_limit_from_when_the_rung_began(dispute):
    case = dispute("A")
    began_at, before = case.now, case.conflict.step_due_at
    case.now += timedelta(hours=3)

    moved(case, A_DAY)

    after = case.conflict.step_due_at
    assert after < before
    duty = case.duty("CR-A-1", ConflictAct.meeting)
    assert (duty.due_at, duty.receipt.started_at) == (after, began_at)
    assert duty.receipt.due_at == after
    assert duty.basis is Basis.agency
    assert f"{before:%Y-%m-%d %H:%M:%S}" in case.entries("redated")[0].text
    assert min(wake.at for wake in case.conflict.wakes()) <= after


@pytest.mark.clause("CR-M-2")
def test_a_move_to_another_version_tells_the_old_limit_and_the_new_one(dispute):
    case = dispute("A")
    before = case.conflict.step_due_at

    moved(case, A_DAY)

    (entry,) = case.entries("redated")
    old, new = (f"{at:%Y-%m-%d %H:%M:%S}" for at in (before, case.conflict.step_due_at))
    assert entry.text == f"A1: the limit was {old} and is now {new} (UTC)."
    assert (entry.step, entry.clause, entry.at) == ("A1", "CR-A-1", case.now)


@pytest.mark.clause("CR-M-2")
def test_a_calendar_that_gives_no_date_for_the_new_limit_leaves_the_clock_as_it_was(
    dispute,
):
    case = dispute("A")
    before, due_at = case.conflict.wakes(), case.conflict.step_due_at
    case.calendar_problem = "The calendar ends with this year."

    moved(case, A_DAY)

    (entry,) = case.entries("redated")
    stays = f"A1: the limit stays {due_at:%Y-%m-%d %H:%M:%S} (UTC): "
    assert entry.text == stays + case.calendar_problem
    assert (entry.step, entry.clause, entry.at) == ("A1", "CR-A-1", case.now)
    assert case.conflict.wakes() == before


@pytest.mark.clause("CR-M-2")
def test_a_move_to_another_version_counts_its_reminder_from_when_the_rung_began(
    dispute,
):
    case = dispute("A")
    began_at = case.now
    case.now += timedelta(hours=3)

    moved(case, A_DAY.model_copy(update={"remind": Span("P2D")}))

    reminders = [wake.at for wake in case.conflict.wakes() if wake.name == "remind:A1"]
    half_way = began_at + (case.conflict.step_due_at - began_at) / 2
    assert reminders == [half_way]


def test_a_move_to_a_limit_that_is_already_past_lapses_at_once(dispute):
    case = dispute("A")
    case.now += timedelta(days=2)

    moved(case, A_DAY)
    case.wait()

    assert case.conflict.step_id == "A2"


def test_a_move_to_no_limit_stops_the_clock(dispute):
    case = dispute("A")

    moved(case, None)

    assert case.conflict.step_due_at is None
    assert case.duty("CR-A-1", ConflictAct.meeting).due_at is None


def test_a_version_whose_ladder_begins_otherwise_is_refused(dispute):
    case = dispute("A")

    with pytest.raises(CannotMove, match="its ladder begins with A2"):
        moved(case, A_DAY, rungs=case.conflict.ladder.rungs[1:])


def test_nobody_but_the_administrator_moves_a_case(dispute):
    case = dispute("A")
    policy = case.conflict.policy.model_dump()
    facts = {"pack": "p", "version": 2, "digest": "d", "reason": WHY}

    with pytest.raises(NotYourSeat):
        case.say("move_to_version", CC, policy=policy, **facts)


# -- somebody else's word ------------------------------------------------------------------------------------------------


def attested(case, role, entered_by):
    seat = case.seats(role)[0]
    said_at = datetime(2026, 11, 23, 15, tzinfo=UTC)
    return {
        "held": {seat: Capacity.attested},
        "attestation": Attestation(
            entered_by=entered_by,
            said_by=f"person-{role}",
            told_to=entered_by,
            how="by phone",
            said_at=said_at,
        ),
    }


def test_an_attested_word_is_marked_for_ever_and_its_owner_is_told(dispute):
    case = dispute("A")

    word = attested(case, HSW, "person-of-the-office")
    case.say("meeting_held", HSW, attendees=case.seats(CC, HSW), **word)

    entry = case.entries("meeting_held")[0]
    assert entry.capacity is Capacity.attested
    assert entry.attested == word["attestation"]
    assert "said on 2026-11-23 15:00 UTC" in entry.text
    assert "phone" not in entry.text, "it is in the sender's own words"
    assert [n.receiver.role for n in case.notices("attested")] == [HSW]


def test_nobody_agrees_for_one_side_and_attests_for_the_other(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))
    case.say("agreement_reached", CC, person="alder")

    with pytest.raises(SamePerson):
        case.say("agreement_reached", HSW, **attested(case, HSW, "alder"))
    case.say("agreement_reached", HSW, **attested(case, HSW, "birch"))

    assert case.conflict.status is ConflictStatus.agreed


# -- what is refused after all ----------------------------------------------------------------------------------------


def test_whoever_left_a_message_that_was_refused_is_told_by_e_mail(dispute):
    case = dispute("A")
    sender = case.conflict.seated[HSW]
    from throughcare.case.seats import Actor, HeldSeat

    actor = Actor(
        person=sender.person,
        seats=(HeldSeat(seat=sender.seat, capacity=Capacity.holder),),
    )
    case.conflict.refuse("withdraw", "Not yours.", actor, "m", case.now)

    told = case.notices("refused")
    assert [(n.receiver.person, n.receiver.title) for n in told] == [
        (sender.person, sender.title)
    ]
    assert case.entries("refused")
