"""What a worker does between reviews under southeast-michigan-cmh, and what a care plan is still silent on."""

import pytest

from tests.lifecycles.care_plan.csm import (
    WORKER,
    enrolled,
    in_force,
    listed_goals,
    review,
    rules,
)
from tests.lifecycles.intake.walk import Walk, local
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import Unreadable
from throughcare.lifecycles.care_plan.elements import (
    goals_without_progress,
    links_without_outcome,
    missing_elements,
)
from throughcare.lifecycles.client.acts import ClientAct

DOMAINS = "mental health, medical, social, education, vocational, housing, other"


def missing(walk: Walk) -> list[str]:
    said = {entry.kind for entry in walk.case.timeline}
    return [each.id for each in missing_elements(rules(), walk.case.known, said)]


# -- the core elements -----------------------------------------------------------------------------------------------


@pytest.mark.clause("CS-D-4")
def test_a_year_old_case_that_nobody_was_asked_about_lacks_satisfaction():
    walk = in_force()
    walk.say("resource_linked", WORKER, domain="housing", resource="A housing office")
    walk.say("progress_noted", WORKER, need="lease", text="Saw a first home")
    walk.until(local("2027-03-20 09:00"))

    assert missing(walk) == ["reassessment", "satisfaction"]


@pytest.mark.clause("CS-D-4")
def test_a_case_that_has_only_its_first_plan_lacks_all_that_comes_after():
    assert missing(enrolled()) == [
        "linking",
        "reassessment",
        "follow_up",
        "satisfaction",
    ]


@pytest.mark.clause("CS-D-4")
def test_an_annual_review_and_a_link_leave_nothing_missing():
    walk = in_force()
    walk.say("resource_linked", WORKER, domain="housing", resource="A housing office")

    review(walk, kind="annual")

    assert missing(walk) == []


# -- goals -----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CS-W-10")
def test_a_goal_nothing_was_noted_of_since_the_last_review_is_listed():
    walk = in_force()
    walk.say("progress_noted", WORKER, need="lease", text="Saw a first home")
    walk.say("progress_noted", WORKER, need="sleep", text="Four nights")
    walk.until(local("2026-05-01 09:00"))
    review(walk)
    walk.until(local("2026-05-08 09:00"))
    walk.say("progress_noted", WORKER, need="sleep", text="Six nights")

    assert goals_without_progress(walk.case.life, listed_goals(walk)) == ("lease",)


@pytest.mark.clause("CS-W-10")
def test_a_review_says_how_many_goals_stood_still_and_keeps_which_to_itself():
    walk = in_force()

    review(walk)

    (said,) = walk.said("no_progress")
    assert (said.text, said.note) == (
        "Goals without progress since the last review: 1.",
        "sleep",
    )


@pytest.mark.clause("CS-W-10")
def test_before_the_first_plan_the_goals_are_the_needs_the_intake_named():
    walk = enrolled()

    assert listed_goals(walk) == tuple(each.id for each in walk.case.known.needs)
    assert listed_goals(walk)


@pytest.mark.clause("CS-W-10")
def test_progress_on_what_is_no_goal_is_refused_with_those_that_are():
    refused = in_force().refusal(
        "progress_noted", WORKER, need="leese", text="Saw a home"
    )

    assert isinstance(refused, Unreadable)
    assert "lease, sleep" in refused.detail


# -- links, advocacy, single functions ---------------------------------------------------------------------------------


@pytest.mark.clause("CS-D-5")
def test_a_link_belongs_to_one_of_seven_domains():
    walk = in_force()

    walk.say("resource_linked", WORKER, domain="housing", resource="A housing office")

    assert walk.case.life.links[0].domain == "housing"
    refused = walk.refusal("resource_linked", WORKER, domain="money", resource="A bank")
    assert refused.detail == f"domain must be one of: {DOMAINS}."


@pytest.mark.clause("CS-W-13")
def test_a_link_without_an_outcome_is_listed_at_the_next_review():
    walk = in_force()
    for resource in ("A housing office", "A garden club"):
        walk.say("resource_linked", WORKER, domain="housing", resource=resource)
    walk.say("link_followed_up", WORKER, link=1, outcome="On the list")

    review(walk)

    assert links_without_outcome(walk.case.life) == (2,)
    (said,) = walk.said("no_outcome")
    assert said.text == "Links to resources without an outcome: 2."


@pytest.mark.clause("CS-W-13")
def test_a_link_gets_its_outcome_once():
    walk = in_force()
    walk.say("resource_linked", WORKER, domain="housing", resource="A housing office")
    walk.say("link_followed_up", WORKER, link=1, outcome="On the list")

    assert "link_followed_up" not in walk.may_send()
    assert walk.case.life.links[0].outcome == "On the list"


@pytest.mark.clause("CS-W-14")
def test_speaking_up_for_a_service_keeps_the_service_and_what_they_qualify_by():
    walk = in_force()

    walk.say("advocacy_noted", WORKER, service="A voucher", basis="Income")

    (noted,) = walk.case.life.advocacy
    assert (noted.service, noted.basis) == ("A voucher", "Income")
    assert "voucher" not in walk.said("advocacy_noted")[0].text


@pytest.mark.clause("CS-D-7")
def test_a_function_is_given_away_by_the_plan_or_for_an_urgent_need_alone():
    walk = in_force()
    facts = {"function": "A call to the landlord", "to": "A sister"}

    refused = walk.refusal("function_delegated", WORKER, **facts)

    assert "CS-D-7" in refused.detail
    assert walk.case.life.delegations == []
    walk.say("function_delegated", WORKER, **facts, basis="plan")
    assert walk.case.life.delegations[0].basis == "plan"
    assert walk.assignment.seat == "seat-worker"


@pytest.mark.clause("CS-D-8")
def test_a_therapist_who_steps_in_is_an_exception_where_independence_is_looked_at():
    therapist = {
        "function": "A call to the landlord",
        "to": "The therapist",
        "basis": "urgent",
        "therapist": True,
    }
    plain, free = in_force(), in_force(free=True)

    for walk in (plain, free):
        before = len(walk.case.known.flags)
        walk.say("function_delegated", WORKER, **therapist)
        added = walk.case.known.flags[before:]
        assert [each.clause for each in added] == (["CS-D-8"] if walk is free else [])
        assert [each.resolution for each in added] == ["accepted"] * len(added)
        assert len(walk.case.life.delegations) == 1


# -- conduct -----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CS-W-17")
def test_a_concern_about_conduct_goes_to_somebody_outside_the_case():
    walk = in_force()

    walk.say("ethics_concern_raised", walk.supervisor, words="They shared a secret")

    duty = walk.duty("CS-W-17", ClientAct.ethics_concern)
    assert duty.holders[0].role == "oversight"
    assert duty.status is DutyStatus.open
    assert "secret" not in duty.text


@pytest.mark.clause("CS-W-17")
def test_only_whoever_it_went_to_says_what_came_of_a_concern():
    walk = in_force()
    walk.say("ethics_concern_raised", walk.supervisor, words="They shared a secret")
    refused = walk.refusal("ethics_concern_settled", walk.supervisor, finding="Fine")
    walk.say("ethics_concern_settled", "oversight", finding="A talk was had")

    assert "Quality Assurance" in refused.detail
    assert walk.duty("CS-W-17", ClientAct.ethics_concern).status is DutyStatus.met


@pytest.mark.clause("CS-W-17")
def test_whoever_is_above_the_worker_does_not_look_at_it_from_another_seat():
    walk = in_force()
    walk.sit("seat-oversight", walk.person("seat-supervisor"))

    walk.say("ethics_concern_raised", WORKER, words="They shared a secret")

    duty = walk.duty("CS-W-17", ClientAct.ethics_concern)
    assert duty.holders[0].role == "administrator"


@pytest.mark.clause("CS-W-17")
def test_where_everybody_who_could_look_works_on_the_case_it_says_where_to_turn():
    walk = in_force()
    for seat in ("seat-oversight", "seat-administrator"):
        walk.sit(seat, walk.person("seat-supervisor"))

    refused = walk.refusal(
        "ethics_concern_raised", WORKER, words="They shared a secret"
    )

    assert "the state's oversight" in refused.detail
