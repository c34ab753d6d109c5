"""The monthly review of a plan under milwaukee-cars: its clock, what it ends in, and what a late one says."""

from typing import Any

import pytest

from tests.lifecycles.care_plan.walk import (
    DAY,
    SUPERVISOR,
    WEEK,
    WORKER,
    PlanWalk,
    agreed,
    enrolled,
    local,
)
from throughcare.case.duty import (
    Act,
    Basis,
    DutyStatus,
)
from throughcare.case.refusals import Unreadable
from throughcare.lifecycles.client.acts import ClientAct


@pytest.mark.clause("CP-M-4")
def test_the_first_review_counts_from_the_teams_plan():
    walk = enrolled(local("2026-11-03 10:00"))
    walk.meet()
    walk.write_all()
    walk.until(local("2026-11-17 10:00"))

    walk.put_in_force()

    before, now = walk.duties("CP-M-4")
    assert before.status is DutyStatus.withdrawn
    assert now.due_at == local("2026-12-18 00:00")
    assert now.basis is Basis.source


def reviewed_on(day: str) -> PlanWalk:
    """The team reviewed the plan on that day, at ten in the morning."""
    walk = agreed(local("2026-01-05 10:00"))
    walk.until(local(f"{day} 10:00"))
    walk.review()
    return walk


@pytest.mark.clause("CP-M-4")
@pytest.mark.parametrize(
    ("held", "ends"),
    [
        ("2026-01-31", "2026-03-01 00:00"),
        ("2026-01-29", "2026-03-01 00:00"),
        ("2026-01-28", "2026-03-01 00:00"),
        ("2026-01-27", "2026-02-28 00:00"),
        ("2026-01-15", "2026-02-16 00:00"),
    ],
)
def test_a_month_ends_with_its_last_day(held: str, ends: str):
    """What was reviewed on January 31 is due by the end of February 28."""
    assert reviewed_on(held).review_due.due_at == local(ends)


@pytest.mark.clause("CP-M-4")
def test_after_january_31_the_review_is_missed_when_february_28_ends_and_not_before():
    walk = reviewed_on("2026-01-31")

    walk.until(local("2026-02-28 23:59"))
    assert walk.review_due.is_open
    walk.until(local("2026-03-01 00:00"))

    assert walk.review_due.status is DutyStatus.missed
    assert walk.told("climbed") == [SUPERVISOR]


@pytest.mark.clause("CP-M-4")
def test_a_leap_year_has_a_twenty_ninth():
    walk = agreed(local("2028-01-10 10:00"))
    walk.until(local("2028-01-31 10:00"))

    walk.review()

    assert walk.review_due.due_at == local("2028-03-01 00:00")


@pytest.mark.clause("CP-M-4")
def test_a_late_review_is_asked_for_its_reason():
    walk = reviewed_on("2026-01-31")
    walk.until(local("2026-03-03 10:00"))

    refused = walk.refusal("review_held", WORKER, kind="monthly", outcome="no_change")

    assert "late_reason" in refused.detail
    assert "It is taken all the same" in refused.detail


@pytest.mark.clause("CP-M-4")
def test_a_late_review_with_its_reason_is_taken_and_the_clock_starts_anew():
    walk = reviewed_on("2026-01-31")
    missed = walk.review_due
    walk.until(local("2026-03-03 10:00"))

    walk.review(late_reason="The client was in hospital")

    [done] = [duty for duty in walk.case.duties if duty.id == missed.id]
    assert done.status is DutyStatus.met_late
    assert walk.life.reviews[-1].late_reason == "The client was in hospital"
    assert walk.review_due.due_at == local("2026-04-04 00:00")
    assert not walk.case.is_overdue
    assert walk.case.outstanding(Act.follow_up) == []


@pytest.mark.clause("CP-M-4")
def test_a_review_in_time_and_entered_after_it_needs_no_reason():
    walk = reviewed_on("2026-01-31")
    missed = walk.review_due
    walk.until(local("2026-03-03 10:00"))

    walk.review(event_at=local("2026-02-27 10:00").isoformat())

    [done] = [duty for duty in walk.case.duties if duty.id == missed.id]
    assert (done.status, done.entered_late) == (DutyStatus.met, True)
    assert walk.review_due.due_at == local("2026-03-28 00:00")


@pytest.mark.clause("CP-M-4")
def test_the_worker_is_reminded_a_week_before():
    walk = reviewed_on("2026-01-31")

    walk.until(local("2026-02-21 23:59"))
    before = walk.told("reminder")

    walk.until(local("2026-02-22 00:00"))

    assert walk.told("reminder") == [*before, WORKER]


@pytest.mark.clause("CP-M-3")
def test_a_review_with_no_change_makes_no_new_version():
    walk = agreed()
    walk.after(3 * WEEK)
    before = walk.review_due

    walk.review(successes=["Moved in"], barriers=["No bus"])

    assert len(walk.life.versions) == 1
    assert walk.case.outstanding(ClientAct.plan_revision) == []
    after = walk.review_due
    assert before.due_at is not None and after.due_at is not None
    assert after.due_at > before.due_at
    assert walk.life.reviews[0].successes == ("Moved in",)


@pytest.mark.clause("CP-M-3")
def test_a_review_that_revises_the_plan_leaves_the_revision_to_be_written():
    walk = agreed()
    walk.after(3 * WEEK)

    walk.review(outcome="revised")

    assert walk.duty("CP-M-3").act == ClientAct.plan_revision
    assert walk.case.step == "revision"
    walk.amend()
    assert walk.duty("CP-M-3").status is DutyStatus.met
    assert walk.case.step == "under_way"


@pytest.mark.clause("CP-M-4")
def test_reviews_more_often_than_monthly_are_welcome():
    walk = agreed()
    for _ in range(3):
        walk.after(WEEK)
        walk.review()

    assert len(walk.life.reviews) == 3
    assert len(walk.case.outstanding(ClientAct.monthly_review)) == 1


@pytest.mark.clause("CP-M-4")
def test_a_review_from_before_the_last_one_does_not_turn_the_clock_back():
    walk = agreed()
    earlier_at = walk.now + DAY
    walk.after(2 * WEEK)
    walk.review()
    due_at = walk.review_due.due_at

    walk.review(event_at=earlier_at.isoformat())

    assert walk.review_due.due_at == due_at
    assert len(walk.life.reviews) == 2


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"kind": "annual"}, "kind must be one that the policy has: monthly"),
        ({"answers": {"1": "Yes"}}, "questions are known by their number: none"),
    ],
    ids=["a kind it has not", "a question it has not"],
)
def test_a_review_is_what_the_policy_knows(facts: dict[str, Any], said: str):
    walk = agreed()
    given = {"kind": "monthly", "outcome": "no_change"}

    refused = walk.refusal("review_held", WORKER, **(given | facts))

    assert isinstance(refused, Unreadable)
    assert said in refused.detail
