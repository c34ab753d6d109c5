"""What may be said on each rung, by whom and in which capacity; and that a refusal leaves no trace."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import (
    AlreadySaid,
    NotYourSeat,
    Refused,
    Unreadable,
)
from throughcare.case.seats import Capacity
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.lifecycle import conflict as conflict_messages

CC, HSW = "care-coordinator", "human-service-worker"
CC_SUP, HSW_SUP = "coordinator-supervisor", "human-service-worker-supervisor"

ALWAYS = {"violation_identified", "withdraw"}
STEPS = {
    "A1": {"meeting_held"},
    "A2": {"notice_given", "information_provided", "contact_made"},
    "A3": {"notice_given", "information_provided", "contact_made"},
    "A4": {"notice_given", "information_provided"},
    "A5": {"notice_given", "information_provided", "contact_made"},
    "B1": {"meeting_held"},
    "B2": {"notice_given", "information_provided", "contact_made"},
    "B3": {"notice_given", "information_provided", "contact_made"},
    "B4": {"notice_given", "information_provided"},
    "B5": {"notice_given", "information_provided", "contact_made"},
    "C1": {
        "meeting_held",
        "agreement_reached",
        "agreement_not_reached",
        "partial_agreement",
    },
    "C2": {"contact_made"},
    "C3": {
        "assistance_requested",
        "agreement_reached",
        "agreement_not_reached",
        "partial_agreement",
    },
}


TEAM = {"A1", "A2", "A3", "A5", "B1", "B2", "B3", "B5", "C1"}
"""Where somebody may say that the Team is needed: at C1 by the policy, on A and B by the reading Q-17."""


@pytest.mark.clause("CR-P-1")
@pytest.mark.parametrize("rung", STEPS)
def test_at_the_start_of_a_rung_only_its_own_steps_and_what_is_owed_may_come(
    dispute, rung
):
    case = dispute(rung[0])

    case.climb_to(rung)

    earlier = {"agreement_reached"} if rung[1] > "1" else set()
    team = {"team_intervention_required"} if rung in TEAM else set()
    assert set(case.allowed()) == ALWAYS | STEPS[rung] | earlier | team


@pytest.mark.parametrize("rung", ["A2", "A3", "A5", "B2", "B3", "B5", "C2"])
def test_the_outcome_may_be_declared_only_once_contact_was_made_and_by_who_speaks_there(
    dispute, rung
):
    case = dispute(rung[0])
    case.climb_to(rung)
    here = case.conflict.rung
    assert here
    assert "agreement_not_reached" not in case.allowed()

    case.say("contact_made", here.contact.initiators[0])

    speakers = case.seats(*(role for roles in here.seats.values() for role in roles))
    assert set(case.allowed()["agreement_not_reached"]) == set(speakers)
    assert set(speakers) <= set(case.allowed()["agreement_reached"])


@pytest.mark.parametrize(
    ("rung", "name"),
    [("A1", "meeting_held"), ("A2", "contact_made"), ("C1", "meeting_held")],
)
def test_a_shared_step_may_be_entered_by_who_speaks_on_the_rung_and_nobody_else(
    dispute, rung, name
):
    case = dispute(rung[0])

    case.climb_to(rung)

    here = case.conflict.rung
    assert here
    speakers = case.seats(*(role for roles in here.seats.values() for role in roles))
    assert set(case.allowed()[name]) == set(speakers)


def test_the_team_meeting_may_be_entered_by_the_two_workers_only(dispute):
    case = dispute("C")
    case.say("team_intervention_required", CC, reason="the plan is touched")

    seats = case.seats(CC, "network-provider")
    assert case.allowed()["team_meeting_held"] == tuple(seats)


# -- by what right -----------------------------------------------------------------------------------------------------


def test_a_supervisor_may_act_for_their_worker_and_the_record_says_so(dispute):
    case = dispute("A")
    case.climb_to("A2")

    case.say(
        "information_provided",
        CC,
        person=f"person-{CC_SUP}",
        held={f"seat-{CC}": Capacity.supervisor},
    )

    assert case.duty("CR-A-2a", ConflictAct.information).status is DutyStatus.met
    [entry] = case.entries("information_provided")
    assert entry.capacity is Capacity.supervisor
    assert (entry.person, entry.seat) == (f"person-{CC_SUP}", f"seat-{CC}")


def test_a_substitute_acts_as_such(dispute):
    case = dispute("A")

    case.say(
        "meeting_held",
        CC,
        person="person-substitute",
        held={f"seat-{CC}": Capacity.substitute},
        attendees=case.seats(CC, HSW),
    )

    assert case.entries("meeting_held")[0].capacity is Capacity.substitute


def test_who_may_act_from_several_seats_speaks_from_their_own_first(dispute):
    case = dispute("A")
    case.climb_to("A3")
    held = {
        f"seat-{CC}": Capacity.supervisor,
        f"seat-{CC_SUP}": Capacity.holder,
    }

    case.say("information_provided", CC_SUP, held=held)

    assert case.duty("CR-A-3a", ConflictAct.information).status is DutyStatus.met
    assert case.duty("CR-A-2a", ConflictAct.information).status is DutyStatus.open


def test_who_names_a_seat_speaks_from_that_one(dispute):
    case = dispute("A")
    case.climb_to("A3")
    held = {
        f"seat-{CC}": Capacity.supervisor,
        f"seat-{CC_SUP}": Capacity.holder,
    }

    case.say("information_provided", CC_SUP, held=held, chosen=f"seat-{CC}")

    assert case.duty("CR-A-2a", ConflictAct.information).status is DutyStatus.met
    assert case.duty("CR-A-3a", ConflictAct.information).status is DutyStatus.open


def test_a_seat_somebody_named_but_may_not_act_from_is_no_right(dispute):
    case = dispute("A")

    with pytest.raises(NotYourSeat):
        case.say(
            "meeting_held",
            CC,
            chosen=f"seat-{HSW}",
            attendees=case.seats(CC, HSW),
        )


# -- refusals ----------------------------------------------------------------------------------------------------------


REFUSED: dict[str, tuple[str, str, dict[str, object]]] = {
    "out of order": ("contact_made", CC, {}),
    "not their seat": ("meeting_held", "cyfs-manager", {"attendees": ("x",)}),
    "somebody missing": ("meeting_held", CC, {"attendees": ("seat-care-coordinator",)}),
    "steps outstanding": ("agreement_not_reached", CC, {}),
    "another rung": ("meeting_held", CC, {"attendees": ("x",), "rung": "A2"}),
    "no such rung": ("agreement_reached", CC, {"rung": "Z9"}),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_a_refused_message_leaves_the_conflict_exactly_as_it_was(dispute, refused):
    name, role, facts = REFUSED[refused]
    case = dispute("A")
    before = case.conflict.model_dump_json()
    person = {f"seat-{role}": Capacity.holder}

    with pytest.raises(Refused):
        case.say(name, role, held=person, **facts)

    assert case.conflict.model_dump_json() == before


def test_a_message_refused_after_its_limit_leaves_even_the_limit_to_the_clock(dispute):
    case = dispute("A")
    before = case.conflict.model_dump_json()
    case.now = case.conflict.step_due_at

    with pytest.raises(Refused):
        case.say("contact_made", CC)

    assert case.conflict.model_dump_json() == before


def test_an_accepted_message_leaves_the_conflict_it_was_tried_on_untouched(dispute):
    case = dispute("A")
    tried, before = case.conflict, case.conflict.model_dump_json()

    case.say("meeting_held", CC, attendees=case.seats(CC, HSW), outcome="agreement")

    assert tried.model_dump_json() == before
    assert case.conflict.model_dump_json() != before


def test_agreeing_twice_is_refused_and_says_who_is_waited_for(dispute):
    case = dispute("A")
    case.say("meeting_held", CC, attendees=case.seats(CC, HSW), outcome="agreement")

    with pytest.raises(AlreadySaid, match="waits for Human Service Worker"):
        case.say("agreement_reached", CC)


def test_the_meeting_of_ladder_c_can_be_entered_by_who_has_agreed_already(dispute):
    case = dispute("C")
    seats = case.seats(CC, "network-provider")
    case.say("agreement_reached", CC)

    case.say("meeting_held", CC, attendees=seats, outcome="agreement")

    assert case.duty("CR-C-1a", ConflictAct.meeting).status is DutyStatus.met


def test_a_contact_begun_from_a_seat_that_is_not_on_the_rung_is_refused_with_those_that_are(
    dispute,
):
    case = dispute("A")
    case.climb_to("A2")

    with pytest.raises(Unreadable, match=f"seat-{HSW_SUP}"):
        case.say("contact_made", CC_SUP, initiated_by=f"seat-{CC}")
    case.say("contact_made", CC_SUP, initiated_by=f"seat-{HSW_SUP}")

    assert "begun by the other side" in case.entries("contact_made")[0].text


@pytest.mark.parametrize(
    "kind",
    [each.facts for each in conflict_messages.values()],
    ids=list(conflict_messages),
)
def test_an_event_time_without_a_zone_is_refused(kind):
    with pytest.raises(ValidationError, match="timezone"):
        kind.model_validate({"event_at": datetime(2026, 11, 23, 9)})


def test_an_event_time_is_kept_in_utc():
    facts = conflict_messages["contact_made"].facts.model_validate(
        {"event_at": "2026-11-23T09:00:00-06:00"}
    )

    assert facts.event_at == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert facts.event_at.tzinfo is UTC
