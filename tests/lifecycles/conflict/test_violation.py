"""A conflict that is clearly a violation is reported beside the ladder, and blocks every closing until it is."""

import pytest

from throughcare.case.duty import Act, DutyStatus
from throughcare.case.refusals import Unreadable, ViolationOutstanding
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import ConflictStatus

WORKERS = {
    "A": ("care-coordinator", "human-service-worker"),
    "B": ("care-coordinator", "dmcps-case-manager"),
    "C": ("care-coordinator", "network-provider"),
}


@pytest.fixture
def breached(dispute):
    """A case at its first rung in which the workers met and a licensing violation was identified."""

    def opened(ladder="C"):
        case = dispute(ladder)
        case.say(
            "meeting_held", WORKERS[ladder][0], attendees=case.seats(*WORKERS[ladder])
        )
        case.say("violation_identified", WORKERS[ladder][1], kind="licensing")
        return case

    return opened


@pytest.mark.clause("CR-N-3")
@pytest.mark.parametrize("ladder", WORKERS)
def test_a_violation_can_be_identified_on_any_ladder_and_is_a_duty_of_its_own(
    breached, ladder
):
    case = breached(ladder)

    duty = case.duty("CR-N-3", ConflictAct.violation_report)
    assert [holder.role for holder in duty.holders] == [WORKERS[ladder][1]]
    assert "Provider Network or Wraparound Milwaukee Quality Assurance" in duty.text
    assert (duty.due_at, duty.basis) == (None, None)


@pytest.mark.clause("CR-N-3")
@pytest.mark.parametrize("recipient", ["provider-network", "quality-assurance"])
def test_agreement_closes_the_case_only_once_the_violation_is_reported(
    breached, recipient
):
    case = breached()
    one, other = WORKERS["C"]
    case.say("agreement_reached", one)

    with pytest.raises(ViolationOutstanding, match="Provider Network or "):
        case.say("agreement_reached", other)
    assert not case.conflict.is_closed
    case.say("violation_reported", one, recipient=recipient)
    case.say("agreement_reached", other)

    assert case.conflict.status is ConflictStatus.agreed
    duty = case.duty("CR-N-3", ConflictAct.violation_report)
    assert duty.status is DutyStatus.met
    assert [n.receiver.role for n in case.notices("violation_reported")] == [recipient]


@pytest.mark.clause("CR-N-3")
def test_a_case_is_not_withdrawn_over_an_unreported_violation(breached):
    case = breached()

    with pytest.raises(ViolationOutstanding):
        case.say("withdraw", "care-coordinator", reason="settled")

    assert not case.conflict.is_closed


@pytest.mark.clause("CR-N-3")
def test_not_even_the_authority_closes_over_an_unreported_violation(breached):
    case = breached()
    case.climb_to("C3")
    case.fail()

    with pytest.raises(ViolationOutstanding):
        case.say("close", "administrative-staff", reason="settled elsewhere")
    case.say("violation_reported", "care-coordinator", recipient="provider-network")
    case.say("close", "administrative-staff", reason="settled elsewhere")

    assert case.conflict.status is ConflictStatus.closed_by_authority


@pytest.mark.clause("CR-N-3")
def test_the_ladder_goes_on_while_a_violation_is_unreported(breached):
    case = breached()

    case.say("agreement_not_reached", "care-coordinator")

    assert case.conflict.step_id == "C2"
    assert case.duty("CR-N-3", ConflictAct.violation_report).status is DutyStatus.open


def test_a_report_goes_to_one_of_the_two_and_to_nobody_else(breached):
    case = breached()

    with pytest.raises(Unreadable, match="provider-network, quality-assurance"):
        case.say("violation_reported", "care-coordinator", recipient="section-manager")


def test_two_violations_are_two_duties_and_one_report_covers_what_is_outstanding(
    breached,
):
    case = breached()
    case.say("violation_identified", "network-provider", kind="policy")

    reports = case.conflict.outstanding(ConflictAct.violation_report)
    assert len({duty.id for duty in reports}) == 2
    case.say("violation_reported", "care-coordinator", recipient="quality-assurance")

    assert not case.conflict.outstanding(ConflictAct.violation_report)
    assert "violation_reported" not in case.allowed()


def test_a_report_to_an_empty_seat_is_recorded_and_the_seat_is_asked_for(breached):
    case = breached()
    case.vacate("provider-network")
    assert not case.conflict.outstanding(Act.fill_seat)

    case.say("violation_reported", "care-coordinator", recipient="provider-network")

    assert case.duty("CR-N-3", ConflictAct.violation_report).status is DutyStatus.met
    fill = case.duty("CR-N-3", Act.fill_seat)
    assert (fill.target, fill.status) == ("provider-network", DutyStatus.open)
    case.fill("provider-network", "person-new")
    assert case.duty("CR-N-3", Act.fill_seat).status is DutyStatus.met


def test_an_operators_cancellation_says_that_a_violation_was_never_reported(breached):
    case = breached()

    case.conflict.cancelled(case.now)

    [entry] = case.entries("withdrawn")
    assert "has not been reported" in entry.text
