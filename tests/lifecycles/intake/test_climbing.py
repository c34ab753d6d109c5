"""What is not done goes up: a reminder before, then from seat to seat, and past an empty one never in silence."""

import pytest

from tests.lifecycles.intake.cars import (
    ADMINISTRATOR,
    HOUR,
    MANAGER,
    MINUTE,
    ON_CALL,
    OVERSIGHT,
    PLAN,
    SUPERVISOR,
    TUESDAY,
    UNIT,
    WORKER,
    assigned,
    consented,
    emergency,
    screened,
)
from throughcare.case.duty import (
    Act,
    Basis,
    DutyStatus,
)
from throughcare.case.notice import Delivered, Delivery
from throughcare.lifecycles.client.acts import ClientAct

FOUR_HOURS = 4 * HOUR


# -- before it is missed -----------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-1a")
@pytest.mark.clause("CP-E-1b")
def test_the_seat_on_call_is_reminded_ten_minutes_before_and_once():
    walk = emergency()

    walk.after(19 * MINUTE)
    assert walk.told("reminder") == []
    walk.after(MINUTE)
    assert walk.told("reminder") == [ON_CALL, ON_CALL]
    walk.after(9 * MINUTE)
    assert len(walk.told("reminder")) == 2


def test_whoever_is_done_is_reminded_of_nothing():
    walk = emergency()
    walk.say("ciu_contacted", ON_CALL)

    walk.after(20 * MINUTE)

    assert [entry.clause for entry in walk.said("reminded")] == ["CP-E-1b"]


@pytest.mark.clause("CP-N-4a")
@pytest.mark.clause("CP-N-4b")
def test_the_worker_is_reminded_four_hours_and_a_day_before():
    walk = assigned(TUESDAY)
    contact, plan = walk.duty("CP-N-4a"), walk.duty("CP-N-4b")

    reminders = {walk.case.clocks[each.id].remind_at for each in (contact, plan)}

    assert reminders == {contact.due_at - FOUR_HOURS, plan.due_at - 24 * HOUR}


# -- from seat to seat ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-1b")
def test_a_missed_contact_goes_to_the_supervisor_then_to_the_manager_and_then_to_oversight():
    walk = emergency()
    walk.say("ciu_contacted", ON_CALL)

    walk.after(30 * MINUTE)
    first = walk.duty("CP-E-1b", Act.follow_up)
    assert (first.holders[0].role, first.target) == (
        SUPERVISOR,
        walk.duty("CP-E-1b").id,
    )
    assert first.text == "See to what was not done: Reach the client"
    assert (first.due_at, first.basis) == (walk.now + FOUR_HOURS, Basis.agency)
    assert walk.told("climbed") == [SUPERVISOR]

    walk.after(FOUR_HOURS - MINUTE)
    assert walk.told("climbed") == [SUPERVISOR]
    walk.after(MINUTE)
    assert walk.told("climbed") == [SUPERVISOR, MANAGER]
    _, second = walk.case.outstanding(Act.follow_up)[::-1]
    assert second.target == walk.duty("CP-E-1b").id

    walk.after(FOUR_HOURS)
    assert walk.told("climbed") == [SUPERVISOR, MANAGER]
    assert walk.told("unresolved") == [OVERSIGHT]
    [entry] = walk.said("unresolved")
    assert "Nobody is above Program Manager" in entry.text
    assert entry.clause == "CP-E-1b"
    assert walk.duty("CP-E-1b").is_outstanding


@pytest.mark.clause("CP-N-3")
def test_what_the_supervisor_misses_goes_to_the_manager():
    walk = consented()

    walk.until(walk.duty("CP-N-3").due_at)

    [review, assignment] = walk.case.outstanding(Act.follow_up)
    assert {review.holders[0].role, assignment.holders[0].role} == {MANAGER}


def test_what_is_missed_is_said_to_whoever_missed_it():
    walk = assigned()

    walk.until(walk.duty("CP-N-4a").due_at)

    [word] = [notice for notice in walk.posted if notice.kind == "missed"]
    assert word.receiver.role == WORKER
    assert word.basis is Basis.source
    [entry] = walk.said("missed")
    assert entry.text == "Not done by the policy's limit: Reach the client."


def test_once_it_is_done_nobody_above_has_anything_left_to_see_to():
    walk = assigned()
    walk.until(walk.duty("CP-N-4a").due_at + FOUR_HOURS)
    assert len(walk.case.outstanding(Act.follow_up)) == 2

    walk.say("client_contacted", WORKER, how="by phone")

    assert walk.case.outstanding(Act.follow_up) == []
    assert walk.duty("CP-N-4a").status is DutyStatus.met_late
    walk.after(24 * HOUR)
    assert walk.told("unresolved") == []


def test_the_supervisor_can_be_above_two_things_and_sees_each_through_apart():
    walk = emergency()
    walk.after(30 * MINUTE)

    walk.say("ciu_contacted", ON_CALL)

    [left] = walk.case.outstanding(Act.follow_up)
    assert left.target == walk.duty("CP-E-1b").id
    assert left.clause == "CP-E-1b"


def test_nothing_climbs_in_a_case_that_has_ended():
    walk = emergency()
    walk.after(30 * MINUTE)

    walk.say("died", SUPERVISOR)
    walk.after(24 * HOUR)

    assert walk.told("climbed") == [SUPERVISOR]
    assert walk.told("unresolved") == []


# -- empty seats -----------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-1a")
@pytest.mark.clause("CP-E-1b")
def test_an_empty_seat_on_call_is_the_administrators_to_fill_at_once():
    """O-03: the thirty minutes run all the same."""
    walk = emergency(empty={ON_CALL})

    [fill] = walk.case.outstanding(Act.fill_seat)
    assert (fill.target, fill.holders[0].role) == (ON_CALL, ADMINISTRATOR)
    assert walk.told("seat_empty") == [ADMINISTRATOR]
    assert walk.told("emergency") == [SUPERVISOR]
    walk.after(30 * MINUTE)
    assert walk.duty("CP-E-1b").status is DutyStatus.missed
    assert walk.told("climbed") == [MANAGER]


@pytest.mark.clause("CP-E-1b")
def test_an_emergency_at_an_empty_seat_is_the_next_in_lines_at_once_with_its_half_hour():
    walk = emergency(empty={ON_CALL})

    contact = walk.duty("CP-E-1b")
    [above] = [
        d for d in walk.case.outstanding(Act.follow_up) if d.target == contact.id
    ]
    assert (above.holders[0].role, above.due_at) == (SUPERVISOR, contact.due_at)
    [letter] = [n for n in walk.posted if n.kind == "emergency"]
    assert letter.due_at == contact.due_at
    assert "Reach the client" in letter.what
    walk.say("client_contacted", SUPERVISOR, how="by phone")
    assert (
        walk.case.outstanding(Act.follow_up, step="emergency")[0].target != contact.id
    )


def test_an_emergency_goes_up_past_every_empty_seat():
    walk = emergency(empty={ON_CALL, SUPERVISOR})

    assert walk.told("emergency") == [MANAGER]
    assert len(walk.case.outstanding(Act.follow_up)) == 4


def test_an_emergency_that_nobody_in_line_can_have_is_said_to_oversight_once():
    walk = emergency(empty={ON_CALL, SUPERVISOR, MANAGER})
    walk.settle()

    assert walk.told("unresolved") == [OVERSIGHT, OVERSIGHT]


def test_a_seat_that_empties_in_an_emergency_hands_it_up_at_once():
    walk = emergency()
    walk.after(5 * MINUTE)

    walk.vacate(ON_CALL)

    assert walk.told("emergency") == [ON_CALL, SUPERVISOR]


def test_what_is_no_emergency_waits_for_its_seat_to_be_filled():
    walk = consented(empty={SUPERVISOR})

    assert walk.case.outstanding(Act.follow_up) == []


def test_no_reminder_is_on_record_that_reached_nobody():
    """Ruling 22."""
    walk = emergency(empty={ON_CALL})

    walk.after(25 * MINUTE)

    assert "on-call" not in walk.told("reminder")
    assert all(SUPERVISOR in e.text.casefold() for e in walk.said("reminded"))


def test_whoever_comes_to_sit_on_call_gets_what_is_due_with_its_clocks():
    walk = emergency(empty={ON_CALL})
    due_at = walk.duty("CP-E-1b").due_at
    walk.after(10 * MINUTE)

    walk.sit("seat-on-call", "person-rowan")

    assert walk.case.outstanding(Act.fill_seat) == []
    duty = walk.duty("CP-E-1b")
    assert (duty.holders[0].person, duty.due_at) == ("person-rowan", due_at)
    [word] = [notice for notice in walk.posted if notice.kind == "seat_taken"]
    assert (word.receiver.person, word.due_at) == ("person-rowan", due_at)


@pytest.mark.clause("CP-E-1b")
def test_an_empty_seat_in_the_chain_is_said_and_an_emergency_goes_on_at_once():
    walk = emergency(empty={SUPERVISOR})

    walk.after(30 * MINUTE)

    assert {d.holders[0].role for d in walk.case.outstanding(Act.follow_up)} == {
        SUPERVISOR,
        MANAGER,
    }
    [fill] = walk.case.outstanding(Act.fill_seat)
    assert (fill.target, fill.holders[0].role) == (SUPERVISOR, ADMINISTRATOR)
    assert walk.told("seat_empty") == [ADMINISTRATOR]
    walk.after(FOUR_HOURS)
    assert set(walk.told("climbed")) == {MANAGER}


def test_an_empty_seat_at_the_top_is_said_and_oversight_hears_of_what_is_left():
    walk = emergency(empty={MANAGER})
    walk.say("ciu_contacted", ON_CALL)

    walk.after(30 * MINUTE + FOUR_HOURS)
    assert [d.target for d in walk.case.outstanding(Act.fill_seat)] == [MANAGER]
    walk.after(FOUR_HOURS)

    assert walk.told("unresolved") == [OVERSIGHT]


def test_where_the_administrator_is_missing_oversight_fills_the_seat():
    walk = emergency(empty={ON_CALL, ADMINISTRATOR})

    [fill] = walk.case.outstanding(Act.fill_seat)

    assert fill.holders[0].role == OVERSIGHT
    assert walk.told("seat_empty") == [OVERSIGHT]


@pytest.mark.clause("CP-N-1")
def test_a_seat_that_empties_while_something_waits_for_it_is_said_once():
    walk = screened()

    walk.vacate(UNIT)
    walk.settle()

    assert walk.told("seat_empty") == [ADMINISTRATOR]
    assert walk.duty("CP-N-1").is_open
    assert "Clocks run on" in walk.said("seat_changed")[0].text


def test_a_seat_nothing_waits_for_may_be_empty():
    walk = screened(empty={MANAGER, ON_CALL})

    assert walk.case.outstanding(Act.fill_seat) == []


def test_a_worker_who_leaves_takes_no_duty_along():
    walk = assigned()
    due_at = walk.duty("CP-N-4a").due_at
    walk.after(HOUR)

    walk.vacate(WORKER)

    [fill] = walk.case.outstanding(Act.fill_seat)
    assert fill.target == WORKER
    assert walk.duty("CP-N-4a").due_at == due_at
    walk.empty.discard(WORKER)
    walk.sit("seat-worker", "person-rowan")
    assert walk.case.outstanding(Act.fill_seat) == []
    walk.say("client_contacted", WORKER, how="by phone")
    assert walk.duty("CP-N-4a").discharge.person == "person-rowan"


# -- notices that fail --------------------------------------------------------------------------------------------------------------


def test_word_of_an_emergency_that_did_not_arrive_is_said_to_the_administrator():
    walk = emergency()
    [word] = [notice for notice in walk.posted if notice.kind == "emergency"]

    walk.fails_to_send(word, "no such address")

    assert walk.told("notice_failed") == [ADMINISTRATOR]
    [entry] = walk.said("notice_failed")
    assert "Coordinator on call did not arrive" in entry.text


def test_a_letter_to_the_person_that_cannot_be_mailed_is_somebodys_to_print():
    walk = assigned()
    [letter] = [n for n in walk.posted if n.kind == "client_worker"]

    walk.fails_to_send(letter, "has no e-mail")

    [duty] = walk.case.outstanding(ClientAct.letter)
    assert duty.is_held_by(UNIT)
    walk.say("letter_sent", UNIT)
    assert walk.case.outstanding(ClientAct.letter) == []


def test_a_letter_that_arrived_asks_for_nothing():
    walk = assigned()
    [letter] = [n for n in walk.posted if n.kind == "client_worker"]

    outcome = Delivered(key=letter.key, delivery=Delivery.delivered)
    walk.case.delivered(letter, outcome, walk.now)
    walk.settle()

    assert walk.case.outstanding(ClientAct.letter) == []


def test_nothing_said_up_the_chain_says_who_the_client_is():
    walk = emergency()
    walk.after(24 * HOUR)

    said = [notice.model_dump_json() for notice in walk.posted]
    said += [wake.text for wake in walk.case.wakes()]
    said.append(walk.case.as_table())

    assert [text for text in said if "01CLIENT" in text] == []


def test_a_plan_that_comes_late_ends_what_went_up_for_it():
    walk = assigned()
    walk.until(walk.duty("CP-N-4b").due_at)

    walk.say("initial_plan_filed", WORKER, **PLAN)

    above = walk.duty("CP-N-4b", Act.follow_up)
    assert above.discharge.text == "Done: File the first plan."
