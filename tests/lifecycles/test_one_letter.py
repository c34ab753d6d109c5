"""What people are told in one moment: each thing once, to each person, with its own limit."""

from tests.lifecycles.conflict.conftest import Dispute
from tests.lifecycles.intake import cars
from tests.lifecycles.intake.cars import (
    HOUR,
    MINUTE,
    ON_CALL,
    SUPERVISOR,
    TUESDAY,
    UNIT,
    WORKER,
)
from tests.lifecycles.intake.walk import CARS, begin, pack

CC, HSW = "care-coordinator", "human-service-worker"


def dispute() -> Dispute:
    return Dispute(pack("milwaukee-wraparound"), "A")


def test_whoever_is_assigned_gets_one_letter_with_all_that_is_theirs():
    walk = cars.emergency()
    walk.say("consents_received", UNIT)
    walk.posted.clear()

    cars.assign(walk)

    [letter] = [n for n in walk.posted if n.receiver.person == "person-worker"]
    mine = [d for d in walk.case.open_duties() if d.is_held_by(WORKER)]
    assert letter.kind == "assigned"
    assert {e.id: e.due_at for e in letter.duties} == {d.id: d.due_at for d in mine}
    assert letter.due_at == min(d.due_at for d in mine if d.due_at)


def test_duties_that_one_message_opens_are_told_in_one_letter_each_with_its_limit():
    walk = begin(CARS, TUESDAY)
    walk.posted.clear()

    needs = [{"id": "food", "text": "Nothing to eat"}]
    walk.say("screened", UNIT, emergency=True, needs=needs)

    told = [(n.kind, n.receiver.role) for n in walk.posted]
    assert len(told) == len(set(told))
    assert told.count(("emergency", ON_CALL)) == 1


def test_one_person_in_two_seats_is_told_once():
    walk = cars.emergency()
    walk.people |= {"seat-intake-unit": "person-both", "seat-supervisor": "person-both"}
    walk.settle()
    walk.posted.clear()

    walk.say("withdraw", SUPERVISOR, reason="Referred by mistake")

    closed = [n for n in walk.posted if n.kind == "closed"]
    people = [n.receiver.person for n in closed]
    assert len(people) == len(set(people))


def test_that_a_conflict_is_opened_is_said_once_to_each_side():
    walk = dispute()
    walk.say("withdraw", CC, reason="Settled between us")

    walk.say("reopen", CC, reason="It came back")

    opened = [n.receiver.role for n in walk.posted if n.kind == "opened"]
    assert sorted(opened) == sorted([CC, HSW])


def test_whoever_hears_that_a_case_is_taken_up_reads_what_to_do_in_the_same_letter():
    walk = dispute()
    walk.say("withdraw", CC, reason="Settled between us")
    walk.posted.clear()

    walk.say("reopen", CC, reason="It came back")

    told = [(n.kind, n.receiver.role) for n in walk.posted]
    assert sorted(told) == [("reopened", CC), ("reopened", HSW)]
    assert all(n.due_at == walk.conflict.step_due_at for n in walk.posted)


def test_nobody_gets_two_letters_of_the_products_own_about_a_rung_that_begins():
    walk = dispute()

    walk.climb_to("A2")

    told = [n.receiver.seat for n in walk.posted if n.step == "A2" and not n.sender]
    assert len(told) == len(set(told))


def test_a_reminder_says_each_duty_with_the_limit_it_has():
    walk = cars.emergency()

    walk.after(25 * MINUTE)

    for reminder in (n for n in walk.posted if n.kind == "reminder"):
        [duty] = reminder.duties
        assert duty.due_at == reminder.due_at == walk.now - 25 * MINUTE + HOUR / 2
