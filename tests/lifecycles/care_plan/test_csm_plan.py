"""The person-centred plan of southeast-michigan-cmh: what it holds, what it may lack, and what the service is called."""

import pytest

from tests.lifecycles.care_plan.csm import (
    WORKER,
    enrolled,
    finalize,
    in_force,
    rules,
    title,
    written,
)
from throughcare.case.duty import DutyStatus
from throughcare.lifecycles.care_plan.elements import label_of
from throughcare.lifecycles.client.acts import ClientAct

PRINCIPLES = [
    "empowerment",
    "community-inclusion",
    "health-and-safety",
    "natural-supports",
]


def label(population: str) -> str:
    found = label_of(rules(), enrolled(population=population).case.known)
    assert found
    return found.title


@pytest.mark.clause("CS-D-1")
@pytest.mark.parametrize(
    "population", ["children-with-sed", "adults-with-mental-illness"]
)
def test_for_a_mental_illness_the_service_is_called_client_services_management(
    population,
):
    assert label(population) == "Client services management"


@pytest.mark.clause("CS-D-2")
def test_for_a_developmental_disability_it_is_called_supports_coordination():
    assert label("developmental-disability") == "Supports coordination"


def test_somebody_of_no_population_has_no_label():
    walk = enrolled()
    nobody = walk.determined.model_copy(update={"population": None})
    walk.case.known.determined = nobody

    assert label_of(rules(), walk.case.known) is None


@pytest.mark.clause("CS-D-3")
@pytest.mark.parametrize("principle", PRINCIPLES)
def test_a_plan_silent_on_a_principle_is_in_force_and_says_what_it_lacks(principle):
    walk = in_force(principle)

    (lack,) = walk.case.life.current.missing
    assert lack == f"{title(principle)} (CS-D-3)"
    (said,) = walk.said("missing_section")
    assert said.text == f"It lacks {lack}."


@pytest.mark.clause("CS-D-3")
def test_a_whole_plan_lacks_nothing_and_the_worker_has_helped_to_form_it():
    walk = in_force()

    assert walk.case.life.current.missing == ()
    assert walk.duty("CS-D-3", ClientAct.team_plan).status is DutyStatus.met


@pytest.mark.clause("CS-L-2")
@pytest.mark.clause("CS-L-3")
@pytest.mark.parametrize("section", ["intensity", "service", "goals"])
def test_a_plan_without_what_the_service_is_to_be_is_refused(section):
    walk = written(section, *(["supports"] if section == "goals" else []))

    refused = walk.refusal(
        "plan_put_forward", WORKER, kind="final", review_every="P90D"
    )

    assert title(section) in refused.detail


@pytest.mark.clause("CS-L-4")
def test_a_plan_comes_out_of_a_meeting_with_the_person():
    refused = enrolled().refusal(
        "plan_put_forward", WORKER, kind="final", review_every="P90D"
    )

    assert "the team has not met with the consumer" in refused.detail


def test_nobody_is_missed_on_the_team_but_the_person_and_the_worker():
    assert enrolled().case.gaps() == []


@pytest.mark.clause("CS-W-15")
def test_how_often_it_is_reviewed_is_part_of_the_version_and_of_its_digest():
    digests = set()
    for often in ("P90D", "P30D"):
        walk = written()
        walk.say("plan_put_forward", WORKER, kind="final", review_every=often)
        version = walk.case.life.versions[-1]
        assert str(version.review_every) == often
        digests.add(version.digest)

    assert len(digests) == 2


def test_a_plan_is_in_force_without_names_under_it():
    walk = in_force()

    assert walk.case.life.current.number == "2"
    assert walk.case.life.signatures == []


@pytest.mark.clause("CS-W-12")
def test_with_the_first_plan_the_worker_owes_an_explanation_of_the_services():
    walk = in_force()

    assert walk.duty("CS-W-12").status is DutyStatus.open
    walk.say("services_explained", WORKER)

    assert walk.duty("CS-W-12").status is DutyStatus.met
    assert walk.case.life.array_explained_at == walk.now


@pytest.mark.clause("CS-W-12")
def test_an_amended_plan_asks_for_no_second_explanation():
    walk = in_force()
    finalize(walk, "amended", every=None)

    assert len(walk.duties("CS-W-12")) == 1


@pytest.mark.clause("CS-D-6")
def test_a_care_plan_begins_with_a_check_of_income_and_benefits():
    walk = enrolled()

    assert walk.duty("CS-D-6").holders[0].role == WORKER
    walk.say("benefits_checked", WORKER, result="One benefit was applied for")

    assert walk.duty("CS-D-6").status is DutyStatus.met
    assert walk.said("benefits_checked")[0].note == "One benefit was applied for"
