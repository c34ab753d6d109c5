"""What a refusal says: what may be sent instead, the ids of what stands in the way, and words that name both."""

import pytest

from tests.lifecycles.care_plan.walk import agreed
from tests.lifecycles.conflict.conftest import Dispute
from tests.lifecycles.intake import cars
from tests.lifecycles.intake.cars import WORKER
from tests.lifecycles.intake.walk import pack
from tests.samples import duty
from throughcare.case.permissions import allowed_now
from throughcare.case.refusals import (
    Allowed,
    AlreadySaid,
    CaseIsClosed,
    CaseIsFull,
    NotSealed,
    NotYourEntry,
    NotYourSeat,
    OutOfOrder,
    Overwritten,
    Refused,
    SamePerson,
    SomebodyMissing,
    StepsOutstanding,
    ViolationOutstanding,
)

CC = "care-coordinator"
MEETING = Allowed(
    message="meeting_held", seats=("a", "b"), titles=("Worker", "Counterpart")
)
CONTACT = Allowed(message="contact_made", seats=("a",), titles=("Worker",))
RECUSE = Allowed(message="recuse", seats=("a",), titles=("Worker",), beside=True)
NOW = (MEETING, CONTACT, RECUSE)


@pytest.fixture
def dispute() -> Dispute:
    return Dispute(pack("milwaukee-wraparound"), "A")


@pytest.mark.parametrize(
    "refused",
    [
        OutOfOrder("withdraw", NOW),
        SomebodyMissing(("Worker",), NOW),
        StepsOutstanding("agreement_reached", ["The two meet"], NOW),
        ViolationOutstanding("withdraw", ("Manager",), ("duty-1",), NOW),
        AlreadySaid("Worker", "Counterpart", NOW),
        SamePerson("Counterpart", NOW),
        Overwritten("vision", 3, {}, NOW),
    ],
    ids=lambda refused: type(refused).__name__,
)
def test_it_says_what_may_be_sent_instead(refused: Refused):
    assert refused.allowed == NOW


def test_of_a_message_from_somebody_else_it_says_whose_it_is():
    refused = NotYourSeat("meeting_held", MEETING)

    assert refused.allowed == (MEETING,)
    assert "is for Worker or Counterpart, and" in refused.detail


def test_the_steps_that_can_be_taken_now_are_named_with_who_may_take_them():
    assert OutOfOrder("withdraw", NOW).detail == (
        "withdraw cannot be sent now. Messages that can: "
        "meeting_held (from Worker, Counterpart); contact_made (from Worker)."
    )
    assert OutOfOrder("withdraw", (RECUSE,)).detail.endswith("can: none.")


def test_what_must_come_before_is_named_in_words_and_by_its_id():
    first, second = duty(1), duty(2)

    refused = StepsOutstanding("agreement_reached", [first, second, "A note"], NOW)

    said = "agreement_reached comes after: The two workers meet; A note."
    assert refused.detail == said
    assert refused.about == (first.id, second.id)


@pytest.mark.parametrize(
    ("refused", "about", "says"),
    [
        (
            ViolationOutstanding("withdraw", ("Manager", "Director"), ("duty-1",), NOW),
            ("duty-1",),
            "Report it to Manager or Director first",
        ),
        (NotYourEntry(7), ("7",), "Entry 7 is corrected by whoever made it"),
        (
            SomebodyMissing(("Worker", "Counterpart"), NOW),
            (),
            "Missing: Worker, Counterpart.",
        ),
        (Overwritten("vision", 3, {}, NOW), (), "send it with replaces 3"),
        (CaseIsFull("progress_noted"), (), "progress_noted cannot be taken"),
        (NotSealed(), (), "was not encrypted for this case"),
        (Refused("No."), (), "No."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Refused) else "",
)
def test_it_names_what_stands_in_the_way(refused: Refused, about: object, says: str):
    assert refused.about == about
    assert says in refused.detail


# -- of a message before a case ------------------------------------------------------------------------------------------


def test_an_outcome_of_a_rung_that_is_not_reached_is_refused_by_its_rung(
    dispute: Dispute,
):
    with pytest.raises(OutOfOrder) as refused:
        dispute.say("agreement_reached", CC, rung="A2")

    assert "agreement_reached about rung A2 cannot be sent now" in refused.value.detail
    assert refused.value.allowed == allowed_now(dispute.conflict)


def test_a_step_that_is_not_called_for_is_refused_by_its_name(dispute: Dispute):
    with pytest.raises(OutOfOrder) as refused:
        dispute.say("contact_made", CC)

    assert refused.value.detail.startswith("contact_made cannot be sent now.")
    assert "meeting_held (from " in refused.value.detail


def test_what_comes_after_the_end_is_refused_by_its_name_and_how_it_ended(
    dispute: Dispute,
):
    dispute.say("withdraw", CC, reason="enough")

    with pytest.raises(CaseIsClosed) as refused:
        dispute.say("contact_made", CC)

    late = "contact_made comes too late: the case is closed (withdrawn)."
    assert refused.value.detail == late


def test_what_a_duty_waits_for_is_named_to_whoever_comes_too_early():
    walk = cars.emergency()
    plan, *_ = walk.duties("CP-E-6a")

    refused = walk.refusal("preliminary_plan_filed", cars.ON_CALL, **cars.PLAN)

    assert isinstance(refused, StepsOutstanding)
    assert refused.detail.startswith("preliminary_plan_filed comes after: ")
    assert refused.about == tuple(d.id for d in walk.case.in_the_way_of(plan))
    assert refused.allowed == allowed_now(walk.case)


def test_facts_that_do_not_fit_are_refused_with_what_may_be_sent():
    walk = cars.assigned()

    refused = walk.refusal("correct_entry", WORKER, entry=99, correction="wrong")

    assert refused.allowed == allowed_now(walk.case) != ()


def test_what_the_policy_does_not_let_through_is_refused_with_what_may_be_sent():
    request = agreed().ask_for()

    refused = request.refusal(
        "request_submitted", WORKER, plan_attached=False, to="The payer"
    )

    assert "plan_attached" in refused.detail
    assert refused.allowed == allowed_now(request.case) != ()
