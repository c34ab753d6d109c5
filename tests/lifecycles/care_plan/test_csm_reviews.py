"""Reviews under southeast-michigan-cmh: when they come, what they must say, and what stays the worker's own."""

from typing import Any

import pytest

from tests.lifecycles.care_plan.csm import (
    OWN,
    REVIEW,
    WORKER,
    finalize,
    in_force,
    review,
    rules,
    written,
)
from tests.lifecycles.intake.walk import Walk, local
from throughcare.case.duty import (
    Basis,
    DutyStatus,
)
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.plan_policy import ReviewKind
from throughcare.time.deadline import Span


def due(walk: Walk, act: str) -> Any:
    """The one of these that is still to be done."""
    (found,) = walk.case.outstanding(act)
    return found


@pytest.mark.clause("CS-W-15")
def test_a_periodic_review_is_due_as_often_as_the_plan_says():
    walk = in_force(every="P90D")

    duty = due(walk, ClientAct.periodic_review)

    assert (duty.basis, duty.receipt.rule.within) == (Basis.plan, Span("P90D"))
    assert (duty.due_at.date() - walk.now.date()).days == 90
    walk.until(duty.due_at)
    assert due(walk, ClientAct.periodic_review).status is DutyStatus.missed


@pytest.mark.clause("CS-W-15")
def test_a_plan_that_does_not_say_how_often_is_refused():
    refused = written().refusal("plan_put_forward", WORKER, kind="final")

    assert refused.detail.startswith("review_every: ")
    assert "CS-W-15" in refused.detail


@pytest.mark.clause("CS-W-15")
def test_an_amended_plan_that_says_otherwise_sets_the_clock_anew():
    walk = in_force(every="P90D")
    finalize(walk, "amended", every="P30D")

    assert due(walk, ClientAct.periodic_review).receipt.rule.within == Span("P30D")


@pytest.mark.clause("CS-W-15")
def test_an_amended_plan_that_says_the_same_leaves_the_clock_alone():
    walk = in_force(every="P90D")
    before = due(walk, ClientAct.periodic_review)
    walk.until(local("2026-04-01 09:00"))

    finalize(walk, "amended", every="P90D")

    assert due(walk, ClientAct.periodic_review) == before


@pytest.mark.clause("CS-R-7")
def test_the_annual_review_is_a_calendar_year_from_the_last_leap_day_or_not():
    walk = in_force()
    walk.until(local("2028-02-29 10:00"))
    review(walk, kind="annual")

    duty = due(walk, ClientAct.annual_review)

    assert duty.basis is Basis.source
    assert duty.due_at == local("2029-02-28 10:00")


@pytest.mark.clause("CS-R-7")
def test_a_review_of_one_kind_stops_no_other():
    walk = in_force()
    annual = due(walk, ClientAct.annual_review)
    walk.until(local("2026-05-01 09:00"))

    review(walk)

    assert due(walk, ClientAct.annual_review) == annual
    assert due(walk, ClientAct.periodic_review).opened_at == walk.now


@pytest.mark.clause("CS-W-11")
@pytest.mark.clause("CS-W-18")
@pytest.mark.parametrize("kind", ["periodic", "annual"])
@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ({"progress": []}, "progress (CS-W-11)"),
        ({"satisfaction": None}, "satisfaction (CS-W-11)"),
        ({"change_right_explained": False}, "change_right_explained (CS-W-18)"),
    ],
)
def test_a_review_that_leaves_out_what_it_must_say_is_refused(kind, left_out, said):
    walk = in_force()

    refused = walk.refusal(
        "review_held", WORKER, **(REVIEW | {"kind": kind} | left_out)
    )

    assert said in refused.detail
    assert walk.case.life.reviews == []


@pytest.mark.clause("CS-W-18")
def test_it_is_on_record_when_the_person_was_told_they_can_ask_for_another_worker():
    walk = in_force()

    review(walk)

    assert walk.case.life.change_right_told_at == [walk.now]


@pytest.mark.clause("CS-W-16")
def test_an_unmet_need_without_a_plan_for_it_is_refused():
    walk = in_force()
    bare = {"unmet_needs": [{"need": "A lift to the doctor"}]}

    refused = walk.refusal("review_held", WORKER, **(REVIEW | bare))

    assert "CS-W-16" in refused.detail
    review(walk, unmet_needs=[{"need": "A lift to the doctor", "plan": "Ask a sister"}])
    (unmet,) = walk.case.life.reviews[0].unmet
    assert unmet.plan == "Ask a sister"


@pytest.mark.clause("CS-R-1")
@pytest.mark.clause("CS-R-2")
@pytest.mark.clause("CS-R-3")
@pytest.mark.clause("CS-R-4")
@pytest.mark.clause("CS-R-5")
@pytest.mark.clause("CS-R-6")
@pytest.mark.parametrize("kind", ["periodic", "annual"])
@pytest.mark.parametrize("number", "123456")
def test_a_review_with_a_question_left_blank_is_refused(kind, number):
    walk = in_force()
    answers = {n: said for n, said in REVIEW["answers"].items() if n != number}

    refused = walk.refusal(
        "review_held", WORKER, **(REVIEW | {"kind": kind, "answers": answers})
    )

    assert f"answers.{number} (CS-R-{number})" in refused.detail


def test_an_answer_to_a_question_that_is_not_asked_is_refused():
    answers = REVIEW["answers"] | {"7": "A question nobody asked"}

    refused = in_force().refusal(
        "review_held", WORKER, **(REVIEW | {"answers": answers})
    )

    assert "1, 2, 3, 4, 5, 6; not 7" in refused.detail


@pytest.mark.clause("CS-R-3")
@pytest.mark.clause("CS-R-5")
@pytest.mark.clause("CS-R-6")
def test_what_the_worker_says_of_themself_is_kept_out_of_the_persons_record():
    walk = in_force()

    review(walk)

    held = walk.case.life.reviews[0]
    assert held.answers.keys() == {"1", "2", "4"}
    assert held.reflected == ("3", "5", "6")
    for said in OWN.values():
        assert said not in walk.case.known.model_dump_json()
        (where,) = [entry for entry in walk.case.timeline if said in entry.note]
        assert where.kind == "self_assessed"


@pytest.mark.clause("CS-R-4")
def test_a_wish_for_another_worker_is_taken_up_at_once_whoever_would_not_try_first():
    walk = in_force()

    review(walk, wants_change=True, would_try_first=False)

    change = walk.case.known.change
    assert (change.by, change.would_try_first) == ("client", False)
    duty = due(walk, ClientAct.change)
    assert duty.holders[0].role == walk.supervisor
    assert (duty.opened_at, duty.basis) == (walk.now, Basis.agency)


@pytest.mark.clause("CS-R-4")
def test_whoever_wants_no_change_starts_none():
    walk = in_force()

    review(walk, wants_change=False, would_try_first=True)

    assert walk.case.known.change is None
    assert walk.case.outstanding(ClientAct.change) == []


@pytest.mark.clause("CS-R-4")
def test_a_wish_said_again_in_a_review_is_put_on_record_and_opens_no_second_one():
    walk = in_force()
    walk.say("change_requested", WORKER, by="guardian")

    review(walk, wants_change=True)

    assert walk.case.known.change.wanted_by == ("guardian", "client")
    assert len(walk.case.outstanding(ClientAct.change)) == 1


@pytest.mark.clause("CS-R-7")
@pytest.mark.parametrize("kind", [ReviewKind.periodic, ReviewKind.annual])
def test_every_kind_of_review_asks_all_six_questions_on_working_together(kind):
    asked = rules().reviews[kind]

    assert asked.questions == {str(n): f"CS-R-{n}" for n in range(1, 7)}
    assert asked.questions_clause == "CS-R-7"
