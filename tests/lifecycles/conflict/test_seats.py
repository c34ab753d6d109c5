"""Seats that are empty, change hands, or would be taken by one person twice."""

from datetime import timedelta

import pytest

from tests.lifecycles.conflict.conftest import Dispute
from throughcare.case.casefile import KEPT_REPORTS
from throughcare.case.duty import Act, DutyStatus
from throughcare.case.notice import Delivered, Delivery
from throughcare.case.refusals import NotYourSeat, SamePerson
from throughcare.case.seats import Capacity, Side
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.lifecycles.conflict.policy import ConflictPolicy, RungLimit

CC, HSW = "care-coordinator", "human-service-worker"
CC_SUP, HSW_SUP = "coordinator-supervisor", "human-service-worker-supervisor"
STAFF, SECTION = "administrative-staff", "section-manager"
ADMINISTRATOR, OVERSIGHT = "agency-administrator", "quality-assurance"


def told(case, kind):
    return [notice.receiver.role for notice in case.notices(kind)]


# -- an empty seat -----------------------------------------------------------------------------------------------------


def test_an_empty_seat_of_the_next_rung_halts_it_and_the_administrator_has_a_duty(
    dispute,
):
    case = dispute("A", empty=[CC_SUP])

    case.wait_for_limit()

    assert case.conflict.status is ConflictStatus.halted
    assert (case.conflict.step_id, case.conflict.moving_to) == ("A1", "A2")
    fill = case.duty("CR-A-2a", Act.fill_seat)
    assert (fill.status, fill.target) == (DutyStatus.open, CC_SUP)
    assert [holder.role for holder in fill.holders] == [ADMINISTRATOR]
    assert told(case, "seat_empty") == [ADMINISTRATOR]
    assert case.entries("seat_empty")[0].text.startswith("A2 waits: ")


def test_a_halted_case_stays_where_it_is_however_long_and_asks_only_once(dispute):
    case = dispute("A", empty=[CC_SUP])
    case.wait_for_limit()

    for _ in range(3):
        case.pass_time_to(case.now + timedelta(days=30))

    assert case.conflict.reached == ["A1"]
    assert told(case, "seat_empty") == [ADMINISTRATOR]
    assert len(case.conflict.outstanding(Act.fill_seat)) == 1


def test_a_seat_filled_again_lets_the_case_go_on_with_a_clock_of_its_own(dispute):
    case = dispute("A", empty=[CC_SUP])
    case.wait_for_limit()
    case.now += timedelta(days=30)

    case.fill(CC_SUP, "person-new")

    assert (case.conflict.status, case.conflict.step_id) == (ConflictStatus.open, "A2")
    fill, (entry,) = case.duty("CR-A-2a", Act.fill_seat), case.entries("seat_filled")
    assert fill.status is DutyStatus.met
    assert fill.discharge.text == "The seat is filled."
    assert entry.text.endswith("the seat is filled.")
    assert (entry.step, entry.clause) == (fill.step, "CR-A-2a")
    assert case.conflict.step_due_at > case.now
    assert case.told("A2")[CC] == CC_SUP


def test_every_empty_seat_of_a_rung_is_a_duty_of_its_own(dispute):
    case = dispute("A", empty=[STAFF, SECTION])
    case.climb_to("A2")
    case.fail()

    asked = [duty.target for duty in case.conflict.outstanding(Act.fill_seat)]
    assert asked == [STAFF, SECTION]
    case.fill(STAFF, "person-new")
    assert case.conflict.status is ConflictStatus.halted
    assert [d.target for d in case.conflict.outstanding(Act.fill_seat)] == [SECTION]


def test_a_case_halted_before_its_first_rung_can_be_withdrawn(dispute):
    case = dispute("A", empty=[HSW])
    assert (case.conflict.status, case.conflict.reached) == (ConflictStatus.halted, [])

    case.say("withdraw", CC, reason="opened by mistake")

    assert case.conflict.status is ConflictStatus.withdrawn
    assert not case.conflict.open_duties()


def test_the_opener_of_a_case_halted_before_its_first_rung_may_identify_a_violation(
    dispute,
):
    case = dispute("A", empty=[HSW])

    case.say("violation_identified", CC, kind="policy")

    assert case.duty("CR-N-3", ConflictAct.violation_report).step == "A1"


def test_a_seat_that_falls_empty_while_it_is_waited_for_is_asked_for_at_once(dispute):
    case = dispute("A")

    case.vacate(HSW)

    fill = case.duty("CR-A-1", Act.fill_seat)
    assert (fill.target, fill.step) == (HSW, "A1")
    assert case.conflict.status is ConflictStatus.open
    assert told(case, "seat_empty") == [ADMINISTRATOR]
    case.fill(HSW, "person-new")
    assert case.duty("CR-A-1", Act.fill_seat).status is DutyStatus.met


def test_a_speakers_seat_is_asked_for_even_when_all_it_had_to_do_was_missed(dispute):
    limit = RungLimit.model_validate(
        {"within": "P5D", "basis": "agency", "then": "remind"}
    )
    case = dispute("A", limits={"A1": limit})
    case.wait_for_limit()
    assert not case.conflict.open_duties()

    case.vacate(HSW)

    assert case.duty("CR-A-1", Act.fill_seat).target == HSW


def test_an_empty_seat_is_sent_nothing(dispute):
    case = dispute("A")
    case.vacate(HSW)
    before = len(case.posted)

    case.say("withdraw", CC, reason="enough")

    sent = case.posted[before:]
    assert [(n.kind, n.receiver.role) for n in sent] == [("withdrawn", CC)]


def test_a_seat_nobody_waits_for_any_longer_is_not_asked_for(dispute):
    case = dispute("A")
    case.climb_to("A3")
    case.wait_for_limit()

    case.vacate(CC)

    assert not case.conflict.outstanding(Act.fill_seat)


def test_an_empty_seat_the_case_has_gone_on_without_is_not_recorded_as_filled(dispute):
    case = dispute("A")
    case.climb_to("A2")
    case.deliver("told")
    case.vacate(HSW)
    assert [d.target for d in case.conflict.outstanding(Act.fill_seat)] == [HSW]

    case.say("contact_made", CC_SUP)
    case.say("agreement_not_reached", CC_SUP)
    case.say("information_provided", HSW, held={f"seat-{HSW}": Capacity.supervisor})

    fill = case.duty("CR-A-2b", Act.fill_seat)
    assert fill.status is DutyStatus.withdrawn
    assert not case.entries("seat_filled")


def test_an_administrator_who_is_missing_is_stood_in_for_by_oversight(dispute):
    case = dispute("A", empty=[CC_SUP, ADMINISTRATOR])

    case.wait_for_limit()

    fill = case.duty("CR-A-2a", Act.fill_seat)
    assert [holder.role for holder in fill.holders] == [OVERSIGHT]
    assert told(case, "seat_empty") == [OVERSIGHT]


def test_an_administrator_who_leaves_with_a_seat_still_to_fill_is_asked_for_too(
    dispute,
):
    case = dispute("A", empty=[CC_SUP])
    case.wait_for_limit()

    case.vacate(ADMINISTRATOR)

    by_target = {d.target: d for d in case.conflict.outstanding(Act.fill_seat)}
    assert set(by_target) == {CC_SUP, ADMINISTRATOR}
    assert by_target[ADMINISTRATOR].holders[0].role == OVERSIGHT
    assert told(case, "seat_empty") == [ADMINISTRATOR, OVERSIGHT]


# -- a seat that changes hands -----------------------------------------------------------------------------------------


def test_a_seat_that_changes_hands_takes_its_duties_along_with_the_clock_untouched(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")
    before = case.duty("CR-A-2d", ConflictAct.contact)
    wakes = case.conflict.wakes()
    case.now += timedelta(days=1)

    case.fill(CC_SUP, "person-new")

    after = case.duty("CR-A-2d", ConflictAct.contact)
    assert after.holders[0].person == "person-new"
    assert (after.opened_at, after.due_at) == (before.opened_at, before.due_at)
    assert case.conflict.wakes() == wakes
    [entry] = case.entries("seat_changed")
    assert (entry.before, entry.person) == (f"person-{CC_SUP}", "person-new")
    assert (entry.step, entry.seat) == ("A2", f"seat-{CC_SUP}")
    [notice] = case.notices("seat_taken")
    assert notice.receiver.person == "person-new"
    assert "contacts" in notice.what


def test_every_entry_of_a_ladder_nobody_answers_names_its_step_and_its_clause(dispute):
    case = dispute("A", empty=[CC_SUP])
    case.wait_for_limit()
    case.fill(CC_SUP, "person-new")

    assert [(e.kind, e.step, e.clause) for e in case.conflict.timeline] == [
        ("opened", "", "CR-A-0"),
        ("rung_begun", "A1", "CR-A-1"),
        ("reminded", "A1", "CR-A-1"),
        ("missed", "A1", "CR-A-1"),
        ("missed", "A1", "CR-A-1"),
        ("lapsed", "A1", "CR-A-1"),
        ("seat_empty", "A2", "CR-A-2a"),
        ("seat_changed", "A1", None),
        ("seat_filled", "A2", "CR-A-2a"),
        ("rung_begun", "A2", "CR-A-2d"),
    ]
    assert {n.clause for n in case.notices("reminder")} == {"CR-A-1"}


def test_what_the_former_holder_did_stays_theirs(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW), outcome="agreement")

    case.fill(CC, "person-new")

    meeting = case.duty("CR-A-1", ConflictAct.meeting)
    assert meeting.holders[0].person == f"person-{CC}"
    assert meeting.discharge.person == f"person-{CC}"
    case.say("agreement_reached", HSW)
    assert case.conflict.status is ConflictStatus.agreed


def test_the_timeline_says_when_nobody_sits_there_and_that_clocks_run_on(dispute):
    case = dispute("A")

    case.vacate(CC)

    [entry] = case.entries("seat_changed")
    assert (entry.before, entry.person) == (f"person-{CC}", None)
    assert "nobody sits there now. Clocks run on." in entry.text


# -- one person in two seats (Q-37) ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "person",
    [
        pytest.param(f"person-{CC_SUP}", id="of the other side"),
        pytest.param(f"person-{HSW}", id="of the own side"),
    ],
)
def test_a_rung_does_not_start_while_one_person_would_sit_twice(dispute, person):
    case = dispute("A")
    case.people[HSW_SUP] = person

    case.wait_for_limit()

    assert case.conflict.status is ConflictStatus.halted
    [fill] = case.conflict.outstanding(Act.fill_seat)
    assert fill.target == HSW_SUP
    assert "the same person already sits as" in fill.text
    case.fill(HSW_SUP, "person-alternate")
    assert case.conflict.step_id == "A2"


def test_a_supervisor_may_not_be_the_party_on_ladder_a(dispute):
    case = dispute("A", party=Side.coordination)

    case.wait_for_limit()

    assert case.conflict.status is ConflictStatus.halted
    assert [d.target for d in case.conflict.outstanding(Act.fill_seat)] == [CC_SUP]


@pytest.mark.clause("CR-C-2b")
def test_without_the_flag_one_person_may_not_be_worker_and_supervisor_on_ladder_c(
    dispute,
):
    case = dispute("C")
    case.people["provider-supervisor"] = "person-network-provider"

    case.wait_for_limit()

    assert case.conflict.status is ConflictStatus.halted


@pytest.mark.clause("CR-C-2b")
def test_the_flag_excuses_the_side_it_names_and_no_other(dispute):
    case = dispute("C", party=Side.counterpart)
    case.people[CC_SUP] = f"person-{CC}"

    case.wait_for_limit()

    assert [d.target for d in case.conflict.outstanding(Act.fill_seat)] == [CC_SUP]


def test_one_person_who_comes_to_sit_on_both_sides_in_mid_rung_is_asked_about(dispute):
    case = dispute("A")
    case.climb_to("A2")

    case.fill(HSW_SUP, f"person-{CC_SUP}")

    [fill] = case.conflict.outstanding(Act.fill_seat)
    assert fill.target == HSW_SUP
    case.fill(HSW_SUP, "person-alternate")
    assert not case.conflict.outstanding(Act.fill_seat)


def test_one_person_cannot_agree_for_both_sides(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW))
    above = {"person": "person-above-both"}
    case.say("agreement_reached", CC, held={f"seat-{CC}": Capacity.supervisor}, **above)

    with pytest.raises(SamePerson, match="from somebody else"):
        case.say(
            "agreement_reached", HSW, held={f"seat-{HSW}": Capacity.supervisor}, **above
        )

    assert case.conflict.status is ConflictStatus.open


@pytest.mark.clause("CR-A-2c")
def test_whoever_sits_on_the_other_side_does_not_speak_from_a_seat_they_were_given(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")
    case.say("contact_made", CC_SUP)
    case.fill(CC_SUP, f"person-{HSW}")

    with pytest.raises(NotYourSeat):
        case.say("agreement_reached", CC_SUP, person=f"person-{HSW}")

    [fill] = case.conflict.outstanding(Act.fill_seat)
    assert "the same person already sits as Human Service Worker" in fill.text
    assert told(case, "seat_empty") == [ADMINISTRATOR]


def test_a_substitute_from_the_other_side_is_in_the_way_and_keeps_their_own_seat(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")
    case.say("contact_made", CC_SUP)
    case.stand_in(CC_SUP, f"person-{HSW_SUP}")

    with pytest.raises(NotYourSeat):
        case.say(
            "agreement_reached",
            CC_SUP,
            person=f"person-{HSW_SUP}",
            held={f"seat-{CC_SUP}": Capacity.substitute},
        )

    [fill] = case.conflict.outstanding(Act.fill_seat)
    assert fill.target == CC_SUP
    case.say("agreement_reached", HSW_SUP)
    assert case.entries("agreement_confirmed")


def test_another_reason_why_a_seat_cannot_act_is_told_anew_under_the_same_duty(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")
    case.vacate(CC_SUP)

    case.fill(CC_SUP, f"person-{HSW}")

    [fill] = case.conflict.outstanding(Act.fill_seat)
    assert "the same person" in fill.text
    assert told(case, "seat_empty") == [ADMINISTRATOR, ADMINISTRATOR]


# -- notices that did not arrive ---------------------------------------------------------------------------------------


def test_a_notice_that_failed_leaves_its_duty_open_and_the_administrator_is_told(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")

    case.deliver("told", Delivery.failed)

    assert case.duty("CR-A-2a", ConflictAct.notice).status is DutyStatus.open
    assert told(case, "notice_failed") == [ADMINISTRATOR, ADMINISTRATOR]
    text = case.entries("notice_failed")[0].text
    assert (
        text == "The notice to Care Coordinator's Supervisor did not arrive (failed)."
    )
    assert case.notices("notice_failed")[0].what == text


def test_word_of_the_same_notice_again_changes_nothing(dispute):
    case = dispute("A")

    for _ in range(2):
        case.deliver("opened", Delivery.failed)

    assert len(case.entries("notice_failed")) == len(case.notices("opened")) > 0


def test_of_the_notices_a_case_was_told_of_it_remembers_the_last(dispute):
    case = dispute("A")
    (first, *_) = case.notices("opened")
    last = [f"another:{number}" for number in range(KEPT_REPORTS)]

    for key in [first.key, *last]:
        notice = first.model_copy(update={"key": key})
        outcome = Delivered(key=key, delivery=Delivery.delivered)
        case.conflict.settled(notice, outcome, case.now)

    assert case.conflict.reported == last


def test_a_notice_that_may_have_gone_out_is_not_said_to_have_failed(dispute):
    case = dispute("A")

    case.deliver("opened", Delivery.uncertain)

    assert "may not have arrived" in case.entries("notice_failed")[0].text


def test_the_administrators_own_failed_notice_goes_to_oversight_and_there_it_ends(
    dispute,
):
    case = dispute("A", empty=[CC_SUP])
    case.wait_for_limit()

    case.deliver("seat_empty", Delivery.failed)
    assert told(case, "notice_failed") == [OVERSIGHT]
    case.deliver("notice_failed", Delivery.failed)

    assert told(case, "notice_failed") == [OVERSIGHT]
    assert len(case.entries("notice_failed")) == 2


# -- who takes part ----------------------------------------------------------------------------------------------------


def test_the_policy_says_who_takes_part_whatever_it_calls_them(pack):
    """An agency that calls its administrator or its reviewers otherwise has them read no more conflicts."""
    names = {ADMINISTRATOR: "front-office", OVERSIGHT: "reviewers"}
    said = pack.conflict_policy.model_dump_json()
    for before, after in names.items():
        said = said.replace(f'"{before}"', f'"{after}"')
    policy = ConflictPolicy.model_validate_json(said)
    renamed = pack.model_copy(update={"policies": {"conflict": policy}})
    case = Dispute(renamed, "A").conflict

    beside = {role for role in case.seated if not case.is_on_side(role)}

    assert beside == {"front-office", "reviewers", "provider-network"}
    assert {CC, HSW} <= case.seated.keys() - beside
