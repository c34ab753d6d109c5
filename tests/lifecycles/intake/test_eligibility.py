"""Whom a program serves, who is eligible, and the offer: the pack's rule proposes, a person decides."""

from typing import Any

import pytest

from tests.lifecycles.intake.csm import (
    ELIGIBLE,
    accepted,
    assigned,
    offered,
    referred,
)
from tests.lifecycles.intake.walk import CMH, policy
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import NotYourSeat, StepsOutstanding
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.fields import ClientStatus

DETERMINED: dict[str, Any] = {
    "population": "adults-with-mental-illness",
    "answers": ELIGIBLE,
    "eligible": True,
}
NONE_OF_FOUR = ELIGIBLE | {"multiple-needs": False}
ONE_OF_FOUR = ("multiple-needs", "high-vulnerability", "service-continuum", "unaided")


def determine(walk, **facts):
    walk.say("eligibility_determined", walk.intake, **(DETERMINED | facts))


@pytest.mark.clause("CS-A-1")
@pytest.mark.parametrize(
    "population",
    ["children-with-sed", "adults-with-mental-illness", "developmental-disability"],
)
def test_each_of_the_three_populations_is_in_scope(population):
    walk = referred()

    determine(walk, population=population)

    assert walk.said("out_of_scope") == []
    assert walk.determined.population == population


@pytest.mark.clause("CS-A-1")
@pytest.mark.parametrize("population", ["substance-use-only", None])
def test_somebody_outside_the_populations_is_for_a_person_to_decide_on(population):
    walk = referred()

    refused = walk.refusal(
        "eligibility_determined",
        walk.intake,
        **(DETERMINED | {"population": population}),
    )
    determine(walk, population=population, reasons="Asked for by the county")

    assert "reasons" in refused.detail
    said = f"{population} is none" if population else "none is said"
    assert f"population: {said} of those served (CS-A-1)" in refused.detail
    (entry,) = walk.said("out_of_scope")
    assert entry.clause == "CS-A-1"
    assert "adults-with-mental-illness" in entry.text
    assert walk.determined.eligible
    assert walk.determined.proposed is False


@pytest.mark.clause("CS-E-1")
@pytest.mark.parametrize("further", ONE_OF_FOUR)
def test_diagnosis_limitation_and_one_further_factor_make_somebody_eligible(further):
    walk = referred()

    determine(walk, answers=NONE_OF_FOUR | {further: True})

    assert walk.determined.proposed is True
    assert walk.duty("CS-L-1").is_open


@pytest.mark.clause("CS-E-1")
@pytest.mark.parametrize(
    "answers",
    [
        NONE_OF_FOUR,
        ELIGIBLE | {"diagnosis": False},
        ELIGIBLE | {"functional-limitation": False},
    ],
    ids=["none of the four", "no diagnosis", "no limitation"],
)
def test_against_the_rule_somebody_is_approved_only_with_reasons(answers):
    walk = referred()
    facts = DETERMINED | {"answers": answers}

    refused = walk.refusal("eligibility_determined", walk.intake, **facts)
    determine(walk, answers=answers, reasons="A second opinion")

    assert "reasons" in refused.detail
    (entry,) = walk.said("eligibility_determined")
    assert "other than the rule" in entry.text
    assert entry.note == "A second opinion"
    assert walk.case.step == "offer"


@pytest.mark.clause("CS-E-1")
def test_each_criterion_is_answered_and_no_other():
    walk = referred()
    some = {"diagnosis": True, "functional-limitation": True}

    missing = walk.refusal(
        "eligibility_determined", walk.intake, **(DETERMINED | {"answers": some})
    )
    unknown = walk.refusal(
        "eligibility_determined",
        walk.intake,
        **(DETERMINED | {"answers": ELIGIBLE | {"age": True}}),
    )

    assert "unaided" in missing.detail
    assert "age is no criterion" in unknown.detail


@pytest.mark.clause("CS-E-1")
def test_a_refusal_gives_reasons_names_the_grievance_route_and_ends_the_intake():
    walk = referred()
    no = DETERMINED | {"eligible": False}

    refused = walk.refusal("eligibility_determined", walk.intake, **no)
    determine(walk, eligible=False, reasons="Served well elsewhere")

    assert "reasons" in refused.detail
    assert walk.case.status is ClientStatus.not_eligible
    assert walk.told("client_decision") == ["client"]
    assert walk.said("not_eligible")[0].note == "Served well elsewhere"


@pytest.mark.clause("CS-E-1")
def test_eligibility_is_decided_by_the_access_unit():
    walk = referred()

    refused = walk.refusal("eligibility_determined", "program-manager", **DETERMINED)

    assert isinstance(refused, NotYourSeat)
    assert walk.duty("CS-E-1").holders[0].role == "access-unit"


@pytest.mark.clause("CS-L-1")
def test_whoever_is_eligible_is_offered_the_service():
    walk = offered()

    offer = walk.duty("CS-L-1")
    assert offer.is_open and offer.act == ClientAct.offer
    assert walk.case.step == "offer"
    assert {"offer_accepted", "offer_declined"} <= walk.may_send()
    assert not walk.duties("CS-W-3")


@pytest.mark.clause("CS-L-1")
def test_a_declined_offer_is_on_record_and_can_be_taken_up_again():
    walk = offered()

    walk.say("offer_declined", walk.intake, reason="Not now")

    assert walk.case.known.offer == "declined"
    assert walk.case.step == "offer_declined"
    assert walk.said("offer_declined")[0].note == "Not now"
    assert walk.duty("CS-L-1").status is DutyStatus.met
    assert not walk.duties("CS-W-4")

    walk.say("offer_accepted", walk.intake)

    assert walk.case.step == "assignment"
    assert walk.duty("CS-W-4").is_open
    assert "offer_accepted" not in walk.may_send()


@pytest.mark.clause("CS-W-1")
def test_the_access_unit_determines_the_need_at_first():
    walk = referred()

    need = walk.duty("CS-W-1")
    assert need.is_open and need.holders[0].role == "access-unit"

    walk.say("need_determined", walk.intake, needs=["A home", "A doctor"])

    assert walk.duty("CS-W-1").status is DutyStatus.met
    assert [each.text for each in walk.case.known.needs] == ["A home", "A doctor"]


@pytest.mark.clause("CS-W-1")
def test_the_worker_determines_the_need_as_planning_begins():
    walk = assigned()

    (need,) = walk.case.outstanding(ClientAct.need_determination)

    assert (need.clause, need.holders[0].role) == ("CS-W-1", "coordinator")


@pytest.mark.clause("CS-W-1")
def test_changed_circumstances_go_to_the_access_unit_before_an_assignment():
    walk = accepted()

    walk.say("circumstances_changed", walk.supervisor, what="Lost the flat")

    (need,) = walk.case.outstanding(ClientAct.need_determination)
    assert need.holders[0].role == "access-unit"


@pytest.mark.clause("CS-W-1")
def test_changed_circumstances_go_to_the_worker_after_an_assignment():
    walk = assigned()
    walk.say("need_determined", "coordinator", needs=["A home"], record_entry="r/2")

    walk.say("circumstances_changed", walk.intake, what="Lost the flat")

    (need,) = walk.case.outstanding(ClientAct.need_determination)
    assert need.holders[0].role == "coordinator"
    refused = walk.refusal("need_determined", walk.intake, needs=["A shelter"])
    assert isinstance(refused, NotYourSeat)
    walk.say("need_determined", "coordinator", needs=["A shelter"])
    assert not walk.case.outstanding(ClientAct.need_determination)


@pytest.mark.clause("CS-W-1")
def test_what_the_access_unit_left_undone_does_not_keep_the_need_from_the_worker():
    rules = policy(CMH)
    once = [each for each in rules.duties if "planning begins" not in each.text]
    walk = referred(rules=rules.model_copy(update={"duties": tuple(once)}))
    determine(walk)
    walk.say("offer_accepted", walk.intake)
    walk.say("intake_reviewed", walk.supervisor)
    walk.say("preferences_recorded", walk.supervisor, none_stated=True)
    walk.assign(basis="assessed_need", need="A home")

    walk.say("circumstances_changed", walk.supervisor, what="Lost the flat")

    asked = walk.case.outstanding(ClientAct.need_determination)
    assert {duty.holders[0].role for duty in asked} == {"access-unit", "coordinator"}


@pytest.mark.clause("CS-W-2")
def test_a_need_that_is_determined_is_incomplete_until_it_is_in_the_clinical_record():
    walk = referred()

    walk.say("need_determined", walk.intake, needs=["A home"])

    entry = walk.duty("CS-W-2")
    assert entry.is_open and entry.holders[0].role == "access-unit"

    walk.say("need_recorded", walk.intake, record_entry="record/1")

    assert walk.duty("CS-W-2").status is DutyStatus.met
    assert walk.said("need_recorded")[0].note == "record/1"


@pytest.mark.clause("CS-W-2")
def test_a_need_that_is_determined_with_its_entry_leaves_nothing_to_write():
    walk = referred()

    walk.say("need_determined", walk.intake, needs=["A home"], record_entry="record/1")

    assert not walk.duties("CS-W-2")
    assert [e.clause for e in walk.said("need_determined")] == ["CS-W-1", "CS-W-2"]


@pytest.mark.clause("CS-W-2")
def test_whoever_determined_the_need_writes_it_into_the_record():
    walk = assigned()

    walk.say("need_determined", "coordinator", needs=["A home"])

    (entry,) = walk.case.outstanding(ClientAct.record_entry)
    assert entry.holders[0].role == "coordinator"


@pytest.mark.clause("CS-W-3")
def test_nobody_is_assigned_before_the_intake_is_reviewed():
    walk = accepted()
    walk.say("preferences_recorded", walk.supervisor, none_stated=True)

    refused = walk.refusal(
        "coordinator_assigned", walk.supervisor, assigned="seat-worker"
    )

    assert isinstance(refused, StepsOutstanding)
    assert "Review the intake" in refused.detail
    assert walk.duty("CS-W-4").is_open
    walk.say("intake_reviewed", walk.supervisor)
    assert walk.duty("CS-W-3").status is DutyStatus.met
    assert "coordinator_assigned" in walk.may_send()
