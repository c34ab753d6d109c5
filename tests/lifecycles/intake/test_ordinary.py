"""The branch without an emergency: consents, review, assignment, and the worker's first days."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from tests.lifecycles.intake.cars import (
    HOUR,
    MANAGER,
    MINUTE,
    PLAN,
    SUPERVISOR,
    UNIT,
    WORKER,
    assigned,
    consented,
    screened,
)
from tests.lifecycles.intake.walk import local
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import (
    NotYourSeat,
    OutOfOrder,
    StepsOutstanding,
)
from throughcare.lifecycles.client.acts import ClientAct

# -- consents, review and assignment ------------------------------------------------------------------------------------


@pytest.mark.clause("CP-N-1")
def test_without_consents_no_assignment_clock_runs_and_the_intake_says_it_waits():
    walk = screened()

    walk.until(local("2026-12-18 12:00"))

    assert walk.case.step == "waiting_for_consents"
    assert walk.duties("CP-N-2") == walk.duties("CP-N-3") == []
    assert walk.said("missed") == []
    assert walk.duty("CP-N-1").is_held_by(UNIT)
    refused = walk.refusal("coordinator_assigned", SUPERVISOR, assigned="seat-worker")
    assert isinstance(refused, OutOfOrder)


@pytest.mark.clause("CP-N-1")
def test_the_assignment_clock_starts_when_the_consents_came():
    walk = screened(local("2026-11-17 10:00"))
    walk.until(local("2026-11-19 09:00"))

    walk.say("consents_received", UNIT, at=local("2026-11-18 16:00"))

    assert walk.duty("CP-N-1").discharge.event_at == local("2026-11-18 16:00")
    assert walk.duty("CP-N-3").opened_at == local("2026-11-18 16:00")
    assert walk.duty("CP-N-3").due_at == local("2026-11-19 17:00")


@pytest.mark.clause("CP-N-2")
def test_nobody_is_assigned_before_the_screen_was_gone_over():
    walk = consented()

    refused = walk.refusal("coordinator_assigned", SUPERVISOR, assigned="seat-worker")

    assert isinstance(refused, StepsOutstanding)
    assert "Go over the screen" in refused.detail
    walk.say("intake_reviewed", SUPERVISOR)
    assert walk.duty("CP-N-2").discharge.person == "person-supervisor"
    walk.assign()
    assert walk.duty("CP-N-3").status is DutyStatus.met


@pytest.mark.clause("CP-N-2")
@pytest.mark.clause("CP-N-3")
def test_consents_of_a_friday_before_a_holiday_are_due_when_tuesday_closes():
    walk = consented(local("2026-09-04 15:00"))

    for clause in ("CP-N-2", "CP-N-3"):
        assert walk.duty(clause).due_at == local("2026-09-08 17:00")
    walk.until(local("2026-09-08 16:59"))
    assert not walk.case.is_overdue
    walk.after(MINUTE)
    assert walk.case.is_overdue
    assert walk.duty("CP-N-2").status is DutyStatus.missed
    assert walk.duty("CP-N-3").status is DutyStatus.missed
    assert set(walk.told("climbed")) == {MANAGER}


@pytest.mark.clause("CP-N-2")
@pytest.mark.clause("CP-N-3")
def test_the_supervisor_is_reminded_of_both_before_their_day_closes():
    walk = consented(local("2026-11-17 10:00"))

    walk.until(local("2026-11-18 12:59"))
    assert walk.told("reminder") == []
    walk.after(MINUTE)
    assert walk.told("reminder") == [SUPERVISOR, SUPERVISOR]
    assert [entry.clause for entry in walk.said("reminded")] == ["CP-N-2", "CP-N-3"]


@pytest.mark.clause("CP-N-3")
def test_an_assignment_says_who_by_whom_and_when_and_the_worker_is_told():
    walk = assigned()

    [assignment] = walk.case.known.assignments
    assert (assignment.seat, assignment.person) == ("seat-worker", "person-worker")
    assert assignment.from_at == walk.now
    assert walk.duty("CP-N-3").discharge.person == "person-supervisor"
    [word] = [notice for notice in walk.posted if notice.kind == "assigned"]
    assert word.receiver.person == "person-worker"
    assert walk.case.worker == WORKER


@pytest.mark.clause("CP-N-3")
def test_only_the_supervisor_assigns():
    walk = consented()
    walk.say("intake_reviewed", SUPERVISOR)

    refused = walk.refusal("coordinator_assigned", UNIT, assigned="seat-worker")

    assert isinstance(refused, NotYourSeat)


# -- the worker's first days ----------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-N-4a")
def test_whoever_is_assigned_on_friday_is_reached_by_saturday():
    walk = assigned(local("2026-11-20 16:00"))

    assert walk.duty("CP-N-4a").due_at == local("2026-11-21 16:00")
    walk.until(local("2026-11-21 15:59"))
    assert not walk.case.is_overdue
    walk.after(MINUTE)
    assert walk.duty("CP-N-4a").status is DutyStatus.missed
    assert walk.told("climbed") == [SUPERVISOR]


@pytest.mark.clause("CP-N-4a")
def test_reaching_the_client_keeps_the_twenty_four_hours_and_trying_does_not():
    walk = assigned()
    walk.after(HOUR)
    walk.say("contact_attempted", WORKER, how="rang twice")
    assert walk.duty("CP-N-4a").is_open

    walk.say("client_contacted", WORKER, how="by phone")

    duty = walk.duty("CP-N-4a")
    assert duty.status is DutyStatus.met
    assert duty.discharge.event_at == walk.now
    assert walk.case.known.attempts == 0


@pytest.mark.clause("CP-N-4b")
def test_assigned_on_the_first_the_plan_is_overdue_as_the_eighth_begins():
    walk = assigned(local("2026-12-01 10:00"))

    assert walk.duty("CP-N-4b").due_at == local("2026-12-08 00:00")
    walk.until(local("2026-12-07 23:59"))
    assert walk.duty("CP-N-4b").is_open
    walk.after(MINUTE)
    assert walk.duty("CP-N-4b").status is DutyStatus.missed


@pytest.mark.clause("CP-N-4b")
@pytest.mark.parametrize("hour", ["00:00", "08:00", "23:59"])
def test_however_late_in_the_day_the_first_day_counts(hour: str):
    """Q-09."""
    walk = assigned(local(f"2026-12-01 {hour}"))

    assert walk.duty("CP-N-4b").due_at == local("2026-12-08 00:00")


@pytest.mark.clause("CP-N-4b")
@pytest.mark.parametrize(
    ("at", "status"),
    [
        (local("2026-12-07 23:59"), DutyStatus.met),
        (local("2026-12-08 00:01"), DutyStatus.met_late),
    ],
    ids=["on the seventh day", "on the eighth"],
)
def test_a_first_plan_on_file_is_what_keeps_the_first_seven_days(
    at: datetime, status: DutyStatus
):
    walk = assigned(local("2026-12-01 10:00"))
    walk.until(at)

    walk.say("initial_plan_filed", WORKER, **PLAN)

    assert walk.duty("CP-N-4b").status is status
    assert [plan.kind for plan in walk.case.known.plans] == ["initial"]


@pytest.mark.clause("CP-E-12")
@pytest.mark.parametrize(
    "part", ["safety_crisis_plan", "strengths", "natural_supports"]
)
def test_a_first_plan_needs_a_safety_plan_though_no_list_of_sections_names_it(
    part: str,
):
    """Q-10."""
    walk = assigned()
    sections = {letter: "Said in full" for letter in "abcdefghij"}

    facts: dict[str, Any] = {k: v for k, v in PLAN.items() if k != part}
    refused = walk.refusal("initial_plan_filed", WORKER, **facts, contents=sections)

    assert f"(CP-E-12); missing: {part}" in refused.detail
    assert walk.case.known.plans == []
    assert walk.duty("CP-N-4b").is_open


# -- the treatment provider -----------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-N-5")
def test_the_treatment_provider_is_told_with_a_consent_on_file():
    walk = assigned()
    walk.consent("treatment-provider")

    walk.say(
        "treatment_provider_told",
        WORKER,
        provider="clinic",
        organization="Elm Clinic",
        how="by phone",
    )

    assert walk.duty("CP-N-5").status is DutyStatus.met
    [word] = [n for n in walk.posted if n.kind == "treatment_provider"]
    assert (word.receiver.person, word.receiver.title) == ("clinic", "Elm Clinic")
    assert word.what == ""


@pytest.mark.clause("CP-N-5")
def test_without_a_consent_the_treatment_provider_hears_of_it_once_there_is_one():
    """Q-34."""
    walk = assigned()

    walk.say("treatment_provider_told", WORKER, provider="clinic", how="by phone")
    assert walk.duty("CP-N-5").is_open
    assert walk.told("treatment_provider") == []
    [held] = walk.case.known.held
    assert held.recipient == "treatment-provider"

    walk.consent("treatment-provider")
    assert walk.duty("CP-N-5").status is DutyStatus.met
    assert walk.told("treatment_provider") == ["provider"]


@pytest.mark.clause("CP-N-5")
def test_a_consent_that_ended_lets_nothing_out():
    walk = assigned()
    walk.consent("treatment-provider")
    walk.consents = [
        each.model_copy(update={"expires_at": walk.now + HOUR})
        for each in walk.consents
    ]
    walk.case.consents_may_have_changed = True
    walk.settle()
    walk.after(HOUR)

    walk.say("treatment_provider_told", WORKER, provider="clinic", how="by phone")

    assert walk.duty("CP-N-5").is_open
    assert [entry.text for entry in walk.said("consent")] == [
        "A consent is on file.",
        "A consent ended or was withdrawn.",
    ]


@pytest.mark.clause("CP-N-5")
def test_the_treatment_provider_is_told_under_no_limit():
    walk = assigned()

    assert walk.duty("CP-N-5").due_at is None


# -- the first meeting and the team ---------------------------------------------------------------------------------------


@pytest.mark.clause("CP-T-1")
def test_a_first_meeting_that_names_no_team_leaves_the_team_to_be_begun():
    walk = assigned()

    walk.say("first_meeting_held", WORKER, natural_supports="A sister")

    assert walk.duty("CP-T-2").status is DutyStatus.met
    assert walk.duty("CP-T-1").is_open
    walk.say("team_named", WORKER, team=["sister", "primary clinician"])
    assert walk.duty("CP-T-1").status is DutyStatus.met
    assert walk.case.known.team == ["sister", "primary clinician"]


@pytest.mark.clause("CP-T-1")
def test_a_first_meeting_that_names_a_team_begins_it():
    walk = assigned()

    walk.say("first_meeting_held", WORKER, natural_supports="none", team=["sister"])

    assert walk.duty("CP-T-1").status is DutyStatus.met
    [entry] = walk.said("team_named")
    assert entry.clause == "CP-T-1"


@pytest.mark.clause("CP-T-2")
@pytest.mark.parametrize("facts", [{}, {"natural_supports": " "}], ids=["out", "empty"])
def test_a_first_meeting_without_the_question_of_natural_support_is_refused(
    facts: dict[str, str],
):
    walk = assigned()

    with pytest.raises(ValidationError, match="natural_supports"):
        walk.say("first_meeting_held", WORKER, **facts)

    assert walk.duty("CP-T-2").is_open


@pytest.mark.clause("CP-T-2")
def test_that_there_is_no_natural_support_is_an_answer():
    walk = assigned()

    walk.say("first_meeting_held", WORKER, natural_supports="none")

    assert walk.duty("CP-T-2").status is DutyStatus.met
    assert walk.case.known.natural_supports == "none"


def test_the_first_meeting_and_the_team_are_asked_of_the_worker_on_assignment():
    walk = assigned()

    for act in (ClientAct.first_meeting, ClientAct.team, ClientAct.treatment_provider):
        [duty] = walk.case.outstanding(act)
        assert duty.is_held_by(WORKER)
