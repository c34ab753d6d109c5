"""Versions of the plan under milwaukee-cars: what one keeps, which is in force, and what follows when circumstances change."""

import pytest

from tests.lifecycles.care_plan.walk import (
    CLIENT,
    COORDINATOR,
    DAY,
    SECTIONS,
    UPDATES,
    WEEK,
    WORKER,
    PlanWalk,
    agreed,
    enrolled,
    local,
    met,
    signing_now,
    written,
)
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import OutOfOrder, Unreadable
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.plan_facts import MeetingStatus

# -- what a version keeps ----------------------------------------------------------------------------------------------------


def with_contacts() -> PlanWalk:
    """A friend was invited and did not come."""
    walk = enrolled()
    friend = walk.invite(
        "family", "Demo Friend", contact="friend@family.example", organization="Elm"
    )
    walk.meet(absent=[{"member": friend, "effort": "Offered a ride"}])
    walk.write_all()
    return walk


@pytest.mark.clause("CP-C-a")
def test_a_version_lists_the_team_with_how_to_reach_them():
    version = with_contacts().put_forward()

    listed = [(e.name, e.kind, e.contact, e.organization) for e in version.members]
    assert listed == [
        ("Client", "client", None, None),
        ("Recovery Support Coordinator", "coordinator", None, "the agency"),
        ("Demo Friend", "family", "friend@family.example", "Elm"),
    ]


@pytest.mark.clause("CP-C-b")
def test_an_invited_absentee_is_in_the_version_as_invited_and_not_there():
    version = with_contacts().put_forward()

    assert [(e.name, e.attended, e.effort) for e in version.attendance] == [
        ("Client", True, ""),
        ("Recovery Support Coordinator", True, ""),
        ("Demo Friend", False, "Offered a ride"),
    ]


@pytest.mark.clause("CP-C-c")
def test_after_a_first_meeting_and_two_revisions_three_dates_appear():
    walk = agreed()
    first_met_at = walk.now
    walk.after(4 * WEEK)
    second_at = walk.now
    walk.amend()
    walk.after(4 * WEEK)

    version = walk.amend()

    assert version.dates == (first_met_at, second_at, walk.now)


@pytest.mark.clause("CP-C-c")
def test_the_first_plan_has_the_date_of_the_first_meeting_alone():
    walk = met()
    first_met_at = walk.now
    walk.after(DAY)
    walk.write_all()

    assert walk.put_forward().dates == (first_met_at,)


@pytest.mark.clause("CP-C-c")
def test_an_evening_meeting_keeps_its_evening():
    """Half past six in the evening there is the next day in UTC."""
    walk = met(local("2026-11-17 18:30"))
    walk.write_all()

    [at] = walk.put_forward().dates

    assert at == local("2026-11-17 18:30")


@pytest.mark.clause("CP-C-c")
def test_a_version_that_never_came_into_force_is_no_revision():
    walk = agreed()
    walk.write("updates", UPDATES)
    walk.put_forward("amended")
    walk.after(DAY)

    version = walk.put_forward("amended")

    assert len(version.dates) == 2
    assert version.dates[-1] == walk.now


@pytest.mark.clause("CP-C-i")
def test_a_version_says_when_and_where_the_team_meets_next():
    walk = written()

    version = walk.put_forward()

    assert version.follow_up is not None
    assert version.follow_up.at == walk.now + 4 * WEEK
    assert version.follow_up.place == "The library"


def test_a_version_says_what_was_written_when_it_was_put_forward():
    walk = signing_now()
    version = walk.life.versions[-1]

    walk.write("vision", {"text": "A house by the lake"})

    assert walk.case.content_of(version)["vision"].text == "A home of my own"
    assert walk.life.versions[-1] == version


def test_the_digest_is_of_everything_a_version_says():
    walk = signing_now()
    version = walk.life.versions[-1]
    contents = walk.case.content_of(version)
    assert version.sealed(contents) == version

    other = contents | {"vision": contents["needs"]}

    assert version.sealed(other).digest != version.digest
    moved = version.model_copy(update={"follow_up": None})
    assert moved.sealed(contents).digest != version.digest
    fewer = version.model_copy(update={"signers": version.signers[:1]})
    assert fewer.sealed(contents).digest != version.digest


def test_coming_into_force_leaves_the_digest_as_it_was_signed():
    walk = signing_now()
    digest = walk.life.versions[-1].digest
    walk.sign()

    assert walk.finalize().digest == digest


# -- which is in force ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-P-2")
@pytest.mark.clause("CP-E-11b")
def test_the_teams_plan_is_in_force_once_it_is_final():
    walk = agreed()

    current = walk.life.current
    assert current is not None
    assert (current.number, current.kind, current.final_at) == ("2", "final", walk.now)
    assert walk.duty("CP-P-2").status is DutyStatus.met
    assert walk.case.known.plan.kind == "final"
    assert walk.case.step == "under_way"


def test_versions_count_on_from_the_plans_the_intake_filed_and_none_comes_twice():
    walk = written()
    walk.put_forward()
    walk.put_in_force()
    walk.write("updates", UPDATES)
    walk.put_forward("amended")
    walk.put_in_force("amended")

    assert [each.version for each in walk.case.known.plans] == ["1", "3", "5"]
    assert [each.number for each in walk.life.versions] == ["2", "3", "4", "5"]


@pytest.mark.parametrize("kind", ["final", "preliminary"])
def test_a_plan_in_force_is_amended_and_not_begun_anew(kind: str):
    refused = agreed().refusal("plan_put_forward", WORKER, kind=kind)

    assert "a new version of it is an amended one" in refused.detail


def test_there_is_nothing_to_amend_before_a_plan_is_in_force():
    refused = written().refusal("plan_put_forward", WORKER, kind="amended")

    assert "put it forward as final" in refused.detail


def test_an_amended_version_takes_the_place_of_the_one_before():
    walk = agreed()
    walk.after(4 * WEEK)

    version = walk.amend()

    assert walk.life.current == version
    assert walk.case.known.plan.kind == "revised"
    assert [e.kind for e in walk.life.teams] == ["final", "amended"]


def test_nothing_is_made_final_before_it_is_put_forward():
    assert isinstance(
        written().refusal("plan_finalized", WORKER, version="2"), OutOfOrder
    )


def test_only_the_version_put_forward_last_is_made_final():
    walk = signing_now()
    walk.sign()
    walk.put_forward()

    refused = walk.refusal("plan_finalized", WORKER, version="2")

    assert isinstance(refused, Unreadable)
    assert "must be the one put forward: 3" in refused.detail


# -- circumstances change --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-P-4")
def test_changed_circumstances_open_a_revision_ahead_of_the_monthly_review():
    walk = agreed()
    walk.after(3 * DAY)

    walk.say("circumstances_changed", WORKER, what="Lost the job")

    revision = walk.duty("CP-P-4")
    assert (revision.act, revision.status) == (ClientAct.plan_revision, DutyStatus.open)
    assert walk.case.step == "revision"
    due_at = walk.review_due.due_at
    assert due_at is not None and due_at > walk.now + WEEK


@pytest.mark.clause("CP-P-4")
def test_an_amended_version_in_force_answers_the_revision():
    walk = agreed()
    walk.after(3 * DAY)
    walk.say("circumstances_changed", WORKER, what="Lost the job")

    version = walk.amend()

    assert version.kind == "amended"
    assert walk.duty("CP-P-4").status is DutyStatus.met
    assert walk.case.step == "under_way"


@pytest.mark.clause("CP-P-4")
def test_a_version_put_forward_before_circumstances_changed_does_not_answer_for_them():
    walk = agreed()
    walk.write("updates", UPDATES)
    walk.put_forward("amended")
    walk.after(DAY)
    walk.say("circumstances_changed", WORKER, what="Lost the job")

    walk.sign()
    walk.finalize()

    assert walk.duty("CP-P-4").is_open
    assert walk.case.step == "revision"


@pytest.mark.clause("CP-M-3")
def test_an_amended_version_leaves_the_clock_of_the_review_as_it_runs():
    walk = agreed()
    due_at = walk.review_due.due_at
    walk.after(WEEK)

    walk.amend()

    assert walk.review_due.due_at == due_at


def test_a_preliminary_plan_may_be_put_forward_without_a_meeting():
    walk = enrolled()
    walk.write("safety", SECTIONS["safety"])

    version = walk.put_forward("preliminary")

    assert version.dates == ()
    assert version.attendance == ()
    assert version.signers == (CLIENT, COORDINATOR)
    held = [e for e in walk.life.meetings if e.status is MeetingStatus.held]
    assert held == []


@pytest.mark.clause("CF-S-1b")
def test_a_plan_from_somebody_whose_organization_delivers_the_services_is_looked_at():
    walk = agreed(free=True)
    walk.ask_for(organization="the agency", exception="The only one in the county")
    walk.write("updates", {"successes": ["Moved in"]})

    walk.put_forward("amended", exception="Nobody else is there")

    about = [e.note for e in walk.said("not_independent") if e.clause == "CF-S-1b"]
    assert about == ["Nobody else is there"]
