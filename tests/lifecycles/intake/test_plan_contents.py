"""What the first plan says: how much, in which form, how often, where and to what end; and what it rests on."""

from collections import Counter
from typing import Any

import pytest
from pydantic import ValidationError

from tests.lifecycles.intake.csm import PLAN, assigned, planned
from tests.lifecycles.intake.walk import local
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import NotYourSeat, StepsOutstanding
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.fields import ClientStatus

FIELDS: dict[str, Any] = {
    "intensity": "CS-L-2",
    "modality": "CS-L-2",
    "focus": "CS-L-3",
    "frequency": "CS-L-3",
    "place": "CS-L-3",
    "hours": "CS-L-3",
    "scope": "CS-L-4",
    "outcomes": "CS-L-4",
}


def filing(walk, **plan):
    """What a refusal of the plan says."""
    return walk.refusal("initial_plan_filed", "coordinator", **(PLAN | plan)).detail


EACH_FIELD = pytest.mark.parametrize(
    ("field", "clause"),
    [pytest.param(field, clause, id=field) for field, clause in FIELDS.items()],
)


@pytest.mark.clause("CS-L-2", "CS-L-3", "CS-L-4")
@EACH_FIELD
def test_a_plan_without_one_of_them_is_refused(field, clause):
    walk = assigned()
    contents = {name: said for name, said in PLAN["contents"].items() if name != field}

    detail = filing(walk, contents=contents)

    assert f"{field} ({clause})" in detail
    assert walk.case.known.plans == []
    assert walk.case.outstanding(ClientAct.initial_plan)


@EACH_FIELD
def test_a_blank_says_nothing(field, clause):
    walk = assigned()
    contents = PLAN["contents"] | {field: "  "}

    with pytest.raises(ValidationError, match=field):
        walk.say("initial_plan_filed", "coordinator", **(PLAN | {"contents": contents}))


@EACH_FIELD
def test_a_plan_that_says_it_all_is_on_file_with_it(field, clause):
    walk = planned()

    assert walk.plan.contents[field] == PLAN["contents"][field]
    assert walk.plan.kind == "initial"


@pytest.mark.clause("CS-L-4")
def test_what_the_plan_says_comes_from_a_planning_meeting():
    walk = assigned()

    detail = filing(walk, planning_meeting_on=None)

    assert "planning_meeting_on" in detail and "CS-L-4" in detail


@pytest.mark.clause("CS-L-4")
def test_contact_timers_use_the_frequency_the_plan_set():
    every: list[dict[str, str]] = [{"kind": "face-to-face", "every": "P14D"}]
    walk = planned(contacts=every)

    contact = walk.duty("CS-W-9")

    assert contact.due_at == local("2026-03-16 09:00")
    walk.until(local("2026-03-16 08:59"))
    assert walk.duty("CS-W-9").is_open
    walk.until(local("2026-03-16 09:00"))
    assert walk.duty("CS-W-9").status is DutyStatus.missed


@pytest.mark.clause("CS-L-3")
@pytest.mark.clause("CS-W-9")
def test_a_plan_that_does_not_say_how_often_the_person_is_seen_is_refused():
    walk = assigned()

    detail = filing(walk, contacts=[])

    assert "contacts" in detail and "CS-W-9" in detail


@pytest.mark.clause("CS-W-8")
@pytest.mark.parametrize(
    ("assessments", "named"),
    [
        ([], "list those the plan rests on"),
        ([{"name": "Initial", "done": False}], "Initial"),
        (
            [{"name": "Initial", "done": True}, {"name": "Housing", "done": False}],
            "Housing",
        ),
    ],
    ids=["none listed", "not done", "one of two not done"],
)
def test_a_plan_waits_for_assessments_that_are_neither_done_nor_left_out(
    assessments, named
):
    walk = assigned()

    detail = filing(walk, assessments=assessments)

    assert named in detail and "CS-W-8" in detail


@pytest.mark.clause("CS-W-8")
def test_an_assessment_may_be_left_out_for_a_reason():
    waived = {"name": "Housing", "done": False, "waived": "Lives with family"}

    walk = planned(assessments=[{"name": "Initial", "done": True}, waived])

    assert walk.duty("CS-W-8", ClientAct.assessment).status is DutyStatus.met
    assert walk.duty("CS-W-8", ClientAct.initial_plan).status is DutyStatus.met


@pytest.mark.clause("CS-W-8")
def test_assessments_and_plan_are_the_workers_to_bring_about():
    walk = assigned()

    holders = {d.act: d.holders[0].role for d in walk.duties("CS-W-8")}
    assert holders == {
        ClientAct.assessment: "coordinator",
        ClientAct.initial_plan: "coordinator",
    }
    refused = walk.refusal("initial_plan_filed", walk.supervisor, **PLAN)
    assert isinstance(refused, NotYourSeat)


@pytest.mark.clause("CS-W-8")
def test_an_assessment_on_file_is_one_the_plan_may_rest_on():
    walk = assigned()
    walk.say("assessment_filed", "coordinator", name="Initial")

    walk.say("initial_plan_filed", "coordinator", **(PLAN | {"assessments": []}))

    assert walk.plan.reference == "plans/1"


def test_nobody_is_enrolled_without_a_plan():
    walk = assigned()

    refused = walk.refusal("enroll", walk.supervisor, care_plan="01PLAN")

    assert isinstance(refused, StepsOutstanding)
    assert "File the plan" in refused.detail


def test_what_is_left_to_do_at_enrollment_is_listed():
    walk = planned()

    after = walk.enroll()

    assert walk.case.status is ClientStatus.enrolled
    gaps = [entry.clause for entry in walk.said("gap")]
    assert Counter(gaps) == Counter(["CS-W-1", "CS-W-5", "CS-W-7", "CS-W-7"])
    assert len(after.said("gap")) == 4
