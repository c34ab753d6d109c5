"""A mistake is not a wish: what was entered in error is taken back, both stay on record, and nothing counts it (ruling 21)."""

import pytest

from tests.lifecycles.intake import csm
from tests.lifecycles.intake.cars import (
    DAY,
    HOUR,
    MINUTE,
    ON_CALL,
    SUPERVISOR,
    TUESDAY,
    UNIT,
    WORKER,
    assigned,
    confirmed,
    considered,
    emergency,
    refer,
    screened,
)
from tests.lifecycles.intake.walk import CARS, begin
from throughcare.case.duty import DutyStatus
from throughcare.case.needs import Word
from throughcare.case.refusals import NotYourSeat, Unreadable
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.fields import ClientStatus

WHY = {"reason": "Somebody else was meant"}


def entry(walk, kind):
    return walk.said(kind)[-1].seq


def letters(walk):
    return [notice.kind for notice in walk.posted if notice.receiver.role == "client"]


def statuses(walk, clause):
    return [duty.status for duty in walk.duties(clause)]


# -- the worker ---------------------------------------------------------------------------------------------------------


def test_a_wrong_assignment_is_taken_back_and_both_entries_stay():
    walk = assigned()
    wrong = entry(walk, "coordinator_assigned")

    walk.say("assignment_taken_back", SUPERVISOR, entry=wrong, **WHY)

    (mark,) = walk.said("taken_back")
    assert (mark.corrects, mark.note) == (wrong, WHY["reason"])
    assert walk.case.known.assignment is None
    assert [each.taken_back for each in walk.case.known.assignments] == [True]
    assert walk.worker == ON_CALL


def test_what_the_assignment_asked_for_counts_no_more_and_the_assignment_is_owed_by_its_old_limit():
    walk = assigned()
    due_at = walk.duty("CP-N-3").due_at

    walk.say(
        "assignment_taken_back",
        SUPERVISOR,
        entry=entry(walk, "coordinator_assigned"),
        **WHY,
    )

    first, again = walk.duties("CP-N-3")
    assert (first.status, first.discharge.seat) == (
        DutyStatus.taken_back,
        "seat-supervisor",
    )
    assert (again.status, again.due_at) == (DutyStatus.open, due_at)
    for clause in ("CP-N-4a", "CP-N-4b", "CP-N-5", "CP-T-2", "CP-T-1"):
        assert statuses(walk, clause) == [DutyStatus.taken_back]


def test_nothing_of_a_wrong_assignment_is_missed_afterwards():
    walk = assigned()
    walk.say(
        "assignment_taken_back",
        SUPERVISOR,
        entry=entry(walk, "coordinator_assigned"),
        **WHY,
    )
    walk.assign("seat-right")

    walk.after(25 * HOUR)

    first, again, _above = statuses(walk, "CP-N-4a")
    assert (first, again) == (DutyStatus.taken_back, DutyStatus.missed)
    assert len(walk.said("missed")) == 1


def test_whoever_was_told_of_the_assignment_is_told_of_the_error_and_the_client_gets_no_letter():
    walk = assigned()
    before = letters(walk)

    walk.say(
        "assignment_taken_back",
        SUPERVISOR,
        entry=entry(walk, "coordinator_assigned"),
        **WHY,
    )

    told = [n.receiver.seat for n in walk.posted if n.kind == "taken_back"]
    assert told == ["seat-worker"]
    assert letters(walk) == before


def test_whoever_was_the_worker_before_is_it_again_and_the_wish_waits_again():
    walk = csm.wanting_another()
    csm.change(walk)
    wrong = entry(walk, "worker_changed")

    walk.say("assignment_taken_back", "supervisor", entry=wrong, **WHY)

    assert walk.assignment.seat == "seat-worker"
    assert walk.case.chosen["coordinator"] == "seat-worker"
    assert walk.case.known.change.by == "client"
    assert walk.case.outstanding(ClientAct.change)
    told = {n.receiver.seat for n in walk.posted if n.kind == "taken_back"}
    assert told == {"seat-worker", "seat-elm"}


def test_only_the_assignment_that_is_running_is_taken_back_and_only_by_who_assigns():
    walk = assigned()
    wrong = entry(walk, "coordinator_assigned")

    assert isinstance(
        walk.refusal("assignment_taken_back", WORKER, entry=wrong, **WHY), NotYourSeat
    )
    other = walk.refusal("assignment_taken_back", SUPERVISOR, entry=1, **WHY)
    assert isinstance(other, Unreadable)
    assert "coordinator_assigned" in other.detail


# -- an emergency --------------------------------------------------------------------------------------------------------


def test_an_emergency_entered_in_error_stops_its_clocks_as_if_they_had_never_run():
    walk = emergency()
    walk.after(31 * MINUTE)
    assert DutyStatus.missed in statuses(walk, "CP-E-1a")

    walk.say("emergency_taken_back", UNIT, entry=entry(walk, "screened"), **WHY)

    for clause in ("CP-E-1a", "CP-E-1b", "CP-E-2", "CP-E-3", "CP-E-6a"):
        assert set(statuses(walk, clause)) == {DutyStatus.taken_back}
    assert not walk.case.is_overdue
    missed = len(walk.said("missed"))
    walk.after(5 * HOUR)
    assert len(walk.said("missed")) == missed


def test_without_its_emergency_the_case_goes_on_as_an_ordinary_one():
    walk = emergency()

    walk.say("emergency_taken_back", UNIT, entry=entry(walk, "screened"), **WHY)

    assert walk.case.branch == "ordinary"
    assert walk.case.step == "waiting_for_consents"
    assert statuses(walk, "CP-N-1") == [DutyStatus.open]
    assert [each.taken_back for each in walk.case.known.needs] == [True]


def test_those_who_were_called_are_told_that_it_was_an_error():
    walk = emergency()
    walk.after(31 * MINUTE)

    walk.say("emergency_taken_back", UNIT, entry=entry(walk, "screened"), **WHY)

    assert set(walk.told("taken_back")) == {ON_CALL, SUPERVISOR}
    assert letters(walk) == []


def test_a_provider_that_got_word_of_it_is_told_so():
    walk = considered()
    walk.consent("shelter")
    refer(walk)
    assert walk.told("referral") == ["provider"]

    walk.say("emergency_taken_back", UNIT, entry=entry(walk, "screened"), **WHY)

    assert "provider" in walk.told("taken_back")


def test_of_two_emergencies_the_other_one_runs_on():
    walk = emergency()
    walk.after(10 * MINUTE)
    walk.say(
        "emergency_identified", UNIT, needs=[{"id": "food", "text": "nothing to eat"}]
    )

    walk.say(
        "emergency_taken_back",
        UNIT,
        entry=entry(walk, "emergency_identified"),
        needs=["food"],
        **WHY,
    )

    assert statuses(walk, "CP-E-1a") == [DutyStatus.open, DutyStatus.taken_back]
    assert walk.case.branch == "emergency"


def test_an_emergency_found_before_the_screen_leaves_the_screen_to_do():
    walk = begin(CARS, TUESDAY)
    walk.say(
        "emergency_identified", UNIT, needs=[{"id": "food", "text": "nothing to eat"}]
    )

    walk.say(
        "emergency_taken_back",
        UNIT,
        entry=entry(walk, "emergency_identified"),
        **WHY,
    )

    assert walk.case.branch is None
    assert statuses(walk, "CP-E-0") == [DutyStatus.taken_back, DutyStatus.open]
    walk.say("screened", UNIT, emergency=False)
    assert walk.case.branch == "ordinary"


def test_what_the_ordinary_way_asks_counts_from_the_assignment_that_was_made_meanwhile():
    walk = confirmed()
    walk.say("consents_received", UNIT)
    walk.say("intake_reviewed", SUPERVISOR)
    walk.assign()

    walk.say("emergency_taken_back", SUPERVISOR, entry=entry(walk, "screened"), **WHY)

    assert statuses(walk, "CP-N-4a") == [DutyStatus.open]
    assert walk.duty("CP-N-4a").opened_at == walk.assignment.from_at


def test_an_emergency_is_taken_back_once():
    walk = emergency()
    wrong = entry(walk, "screened")
    walk.say("emergency_taken_back", UNIT, entry=wrong, **WHY)
    walk.say(
        "emergency_identified", UNIT, needs=[{"id": "food", "text": "nothing to eat"}]
    )

    refused = walk.refusal("emergency_taken_back", UNIT, entry=wrong, **WHY)

    assert "taken back before" in refused.detail


# -- the case ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state", [screened, emergency, assigned], ids=lambda s: s.__name__
)
def test_a_case_opened_in_error_ends_so_and_nothing_in_it_counts(state):
    walk = state()
    before = letters(walk)
    walk.after(2 * DAY)

    walk.say("opened_in_error", SUPERVISOR, **WHY)

    assert walk.case.status is ClientStatus.opened_in_error
    assert {duty.status for duty in walk.case.duties} == {DutyStatus.taken_back}
    (end,) = walk.said("opened_in_error")
    assert (end.corrects, walk.case.timeline[0].kind) == (1, "opened")
    assert letters(walk) == before
    assert walk.case.wakes() == ()


def test_everybody_who_had_something_to_do_in_it_is_told_that_it_was_an_error():
    walk = emergency()
    walk.after(31 * MINUTE)

    walk.say("opened_in_error", UNIT, **WHY)

    assert {UNIT, ON_CALL, SUPERVISOR} <= set(walk.told("taken_back"))
    assert walk.told("closed") == []


def test_a_duplicate_ends_and_each_of_the_two_names_the_other():
    walk, other = screened(), screened()

    walk.say("duplicate", UNIT, of="01OTHER", kind="intake", **WHY)

    assert walk.case.status is ClientStatus.opened_in_error
    assert [(each.case, each.relation) for each in walk.case.links] == [
        ("01OTHER", "duplicate_of")
    ]
    (word,) = walk.outgoing
    assert isinstance(word, Word)
    other.case.take_word(word.name, word.facts, other.now)
    assert [(each.case, each.relation) for each in other.case.links] == [
        ("01CASE", "duplicate")
    ]
    assert not other.case.is_closed
