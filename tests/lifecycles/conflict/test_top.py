"""Above the last rung there is nobody: the case stays open, is reported and asked after, until somebody ends it."""

from datetime import timedelta

import pytest

from throughcare.case.duty import (
    Act,
    Basis,
    DutyStatus,
)
from throughcare.case.refusals import NotYourSeat, OutOfOrder
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import ConflictStatus

LAST = {
    "A": ("A5", "CR-A-5", "associate-director"),
    "B": ("B5", "CR-B-5", "associate-director"),
    "C": ("C3", "CR-C-3", "administrative-staff"),
}


@pytest.fixture
def stuck(dispute):
    """A case whose last rung failed."""

    def opened(ladder="A"):
        case = dispute(ladder)
        case.climb_to(LAST[ladder][0])
        case.fail()
        return case

    return opened


@pytest.mark.clause("CR-A-5", "CR-B-5", "CR-C-3")
@pytest.mark.parametrize("ladder", LAST)
def test_at_the_top_the_authority_has_a_duty_and_the_case_stays_open(stuck, ladder):
    case = stuck(ladder)

    rung, clause, authority = LAST[ladder]
    assert case.conflict.status is ConflictStatus.unresolved_at_top
    assert (case.conflict.step_id, case.conflict.moving_to) == (rung, None)
    duty = case.duty(clause, ConflictAct.closing)
    assert [holder.role for holder in duty.holders] == [authority]
    assert (duty.basis, duty.due_at) == (Basis.agency, None)
    told = {n.receiver.role for n in case.notices("unresolved")}
    assert told == {"quality-assurance", authority}


def test_an_unresolved_case_is_reported_again_and_again_at_the_agencys_interval(stuck):
    case = stuck()
    first = case.now

    for week in (1, 2, 3):
        case.pass_time_to(case.conflict.asks_again_at)
        assert case.now == first + week * timedelta(days=7)

    assert len(case.entries("unresolved")) == 4
    keys = [notice.key for notice in case.notices("unresolved")]
    assert len(keys) == len(set(keys)) == 8


def test_every_report_reminds_those_who_can_still_do_something(dispute):
    case = dispute("A")
    case.climb_to("A5")
    case.wait_for_limit()
    before = len(case.notices("reminder", "A5"))

    case.pass_time_to(case.conflict.asks_again_at)

    [reminder] = case.notices("reminder", "A5")[before:]
    assert reminder.receiver.role == "associate-director"
    assert "contacts CYFS Manager" in reminder.what


def test_only_the_authority_the_agency_named_may_close_it_and_only_at_the_top(
    dispute, stuck
):
    with pytest.raises(OutOfOrder):
        dispute("A").say("close", "care-coordinator", reason="enough")
    case = stuck()
    with pytest.raises(NotYourSeat, match="Associate Director"):
        case.say("close", "cyfs-manager", reason="enough")

    case.say("close", "associate-director", reason="settled in court")

    assert case.conflict.status is ConflictStatus.closed_by_authority
    [entry] = case.entries("closed_by_authority")
    assert (entry.person, entry.note) == (
        "person-associate-director",
        "settled in court",
    )
    closing = case.duty("CR-A-5", ConflictAct.closing)
    assert closing.status is DutyStatus.met
    assert closing.discharge
    assert closing.discharge.person == "person-associate-director"


def test_both_sides_of_the_top_can_still_agree(stuck):
    case = stuck()

    case.agree("associate-director", "cyfs-manager")

    assert case.conflict.status is ConflictStatus.agreed
    assert case.duty("CR-A-5", ConflictAct.closing).status is DutyStatus.withdrawn
    assert case.conflict.wakes() == ()


def test_the_raising_side_can_still_withdraw_at_the_top(stuck):
    case = stuck()

    case.say("withdraw", "associate-director", reason="no longer needed")

    assert case.conflict.status is ConflictStatus.withdrawn


def test_a_limit_that_elapsed_at_the_top_can_still_be_followed_by_its_steps(dispute):
    case = dispute("A")
    case.climb_to("A5")
    case.wait_for_limit()

    case.say("contact_made", "associate-director")
    case.say("agreement_not_reached", "cyfs-manager")

    assert case.conflict.status is ConflictStatus.unresolved_at_top
    assert case.duty("CR-A-5", ConflictAct.contact).status is DutyStatus.met_late
    assert len(case.entries("unresolved")) == 1


def test_reports_from_the_top_ask_for_an_empty_oversight_seat(dispute):
    case = dispute("A", empty=["quality-assurance"])
    case.climb_to("A5")
    case.fail()

    [fill] = case.conflict.outstanding(Act.fill_seat)
    assert fill.target == "quality-assurance"
    case.pass_time_to(case.conflict.asks_again_at)
    assert case.conflict.outstanding(Act.fill_seat) == [fill]
    case.fill("quality-assurance", "person-new")
    assert not case.conflict.outstanding(Act.fill_seat)


def test_a_closing_authority_that_is_on_no_rung_is_looked_up_in_time(dispute, pack):
    ladder = pack.conflict_policy.ladder("C").model_copy(
        update={"closing_authority": ("associate-director",)}
    )
    policy = pack.conflict_policy.model_copy(update={"ladders": (ladder,)})
    case = dispute("C", pack=pack.model_copy(update={"policies": {"conflict": policy}}))

    case.climb_to("C3")
    case.fail()

    [closing] = case.conflict.outstanding(ConflictAct.closing)
    assert [holder.role for holder in closing.holders] == ["associate-director"]
