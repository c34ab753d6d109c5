"""What a plan of milwaukee-cars rests on: the team, a need that is cited, and circumstances that change."""

import pytest
from pydantic import ValidationError

from tests.lifecycles.intake.cars import (
    DAY,
    ON_CALL,
    PLAN,
    UNIT,
    WORKER,
    assign,
    assigned,
    planned,
    preliminary,
    request,
)
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import (
    OutOfOrder,
    StepsOutstanding,
    Unreadable,
)
from throughcare.lifecycles.client.acts import ClientAct

# -- the team writes the plan ---------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-P-2")
def test_a_plan_is_not_made_final_before_the_team_has_met():
    walk = preliminary()

    refused = walk.refusal("final_plan_filed", ON_CALL, **PLAN)

    assert isinstance(refused, StepsOutstanding)
    assert "Meet with the client and the team" in refused.detail
    assert [plan.kind for plan in walk.case.known.plans] == ["preliminary"]


@pytest.mark.clause("CP-P-2")
def test_the_team_that_has_met_makes_it_final():
    walk = preliminary()
    walk.say("rst_meeting_held", ON_CALL, client_attended=True, team=["sister"])

    walk.say("final_plan_filed", ON_CALL, **PLAN)

    assert walk.case.known.plan.kind == "final"


@pytest.mark.clause("CP-P-2")
def test_another_emergency_asks_for_another_meeting_before_its_plan_is_final():
    walk = preliminary()
    walk.say("rst_meeting_held", ON_CALL, client_attended=True, team=["sister"])
    walk.say("final_plan_filed", ON_CALL, **PLAN)
    walk.after(DAY)
    walk.say("emergency_identified", UNIT, needs=[{"id": "food", "text": "None left"}])
    walk.say("screen_results_reviewed", ON_CALL)
    answers = [{"need": "food", "confirmed": True}]
    walk.say("emergency_needs_confirmed", ON_CALL, needs=answers)
    walk.say("preliminary_plan_filed", ON_CALL, **PLAN)

    refused = walk.refusal("final_plan_filed", ON_CALL, **PLAN)

    assert isinstance(refused, StepsOutstanding)
    assert [p.kind for p in walk.case.known.plans] == [
        "preliminary",
        "final",
        "preliminary",
    ]


# -- a service cites a need and a version of the plan -----------------------------------------------------------------------


@pytest.mark.clause("CP-P-3")
def test_a_request_that_cites_no_need_is_refused():
    walk = preliminary("bed")

    with pytest.raises(ValidationError, match="need"):
        walk.say("service_requested", ON_CALL, service="bed", plan="1", reference="r-1")

    assert walk.duty("CP-E-7").is_open


@pytest.mark.clause("CP-P-3")
@pytest.mark.parametrize(
    ("facts", "about"),
    [
        ({"need": "work"}, "need must be one of this case: housing"),
        ({"plan": "2"}, "plan must be a version on file: 1"),
        ({"service": "car"}, "service must be one of: bed"),
    ],
    ids=["a need nobody found", "a version nobody filed", "a service nobody planned"],
)
def test_a_request_cites_a_need_and_a_version_that_are_on_file(
    facts: dict[str, str], about: str
):
    walk = preliminary("bed")

    with pytest.raises(Unreadable, match=about):
        request(walk, "bed", **facts)

    assert walk.duty("CP-E-7").is_open


@pytest.mark.clause("CP-P-3")
def test_a_request_is_on_record_with_the_need_and_the_version_it_follows_from():
    walk = preliminary("bed")

    request(walk, "bed")

    [service] = walk.case.known.services
    assert (service.need, service.plan, service.request) == ("housing", "1", "r-1")


# -- circumstances that change ------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-P-4")
def test_circumstances_that_change_open_a_revision_at_once():
    walk = planned()

    walk.say("circumstances_changed", UNIT, what="Lost the flat")

    [revision] = walk.duties("CP-P-4")
    assert revision.act == ClientAct.plan_revision
    assert revision.opened_at == walk.now
    assert revision.is_held_by(WORKER)
    walk.say("plan_revised", WORKER, **PLAN | {"reference": "plans/2"})
    assert walk.duty("CP-P-4").status is DutyStatus.met
    assert [p.kind for p in walk.case.known.plans] == ["initial", "revised"]


@pytest.mark.clause("CP-P-4")
def test_a_plan_under_way_is_revised_when_circumstances_change():
    walk = planned().enroll()
    assert walk.case.step == "under_way"

    walk.say("circumstances_changed", WORKER, what="Lost the flat")

    assert walk.case.step == "revision"
    walk.say("plan_revised", WORKER, **PLAN | {"reference": "plans/2"})
    assert walk.case.step == "under_way"
    assert walk.case.known.plan.version == "2"


@pytest.mark.clause("CP-P-4")
def test_before_there_is_a_plan_a_change_is_on_record_and_revises_nothing():
    walk = assigned()

    walk.say("circumstances_changed", WORKER, what="Lost the flat")

    assert walk.case.outstanding(ClientAct.plan_revision) == []
    [entry] = walk.said("circumstances_changed")
    assert (entry.clause, entry.note) == ("CP-P-4", "Lost the flat")
    assert isinstance(walk.refusal("plan_revised", WORKER, **PLAN), OutOfOrder)


@pytest.mark.clause("CP-P-4")
@pytest.mark.clause("CP-E-12")
def test_a_revised_plan_has_its_safety_plan_too():
    walk = planned()
    walk.say("circumstances_changed", WORKER, what="Lost the flat")

    refused = walk.refusal("plan_revised", WORKER, reference="plans/2")

    assert "CP-E-12" in refused.detail
    assert walk.duty("CP-P-4").is_open


@pytest.mark.clause("CP-P-2")
def test_plans_written_on_call_are_the_assigned_workers_to_finish():
    walk = preliminary()
    walk.say("consents_received", UNIT)

    assign(walk)

    for act in (ClientAct.team_meeting_with_client, ClientAct.final_plan):
        [duty] = walk.case.outstanding(act)
        assert duty.is_held_by(WORKER)
