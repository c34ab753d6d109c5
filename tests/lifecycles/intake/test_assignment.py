"""The assignment: reviewed and made in the agency's own time, written down, and another worker offered to meet."""

from datetime import timedelta

import pytest

from tests.lifecycles.intake.csm import BY_NEED, accepted, asked, assigned
from tests.lifecycles.intake.walk import local
from throughcare.case.advance import advance, handle
from throughcare.case.duty import (
    Act,
    Basis,
    DutyStatus,
)
from throughcare.case.seats import Actor, Capacity, HeldSeat
from throughcare.lifecycles.client.acts import ClientAct

MINUTE = timedelta(minutes=1)


@pytest.mark.clause("CS-W-3")
def test_the_supervisor_reviews_the_intake_within_the_agencys_own_limit():
    walk = accepted(at=local("2026-03-06 15:00"))

    review = walk.duty("CS-W-3")
    assert (review.act, review.holders[0].role) == (
        ClientAct.intake_review,
        "supervisor",
    )
    assert review.basis is Basis.agency
    assert review.due_at == local("2026-03-10 17:00")

    walk.until(review.due_at - MINUTE)
    assert walk.duty("CS-W-3").is_open

    walk.after(MINUTE)
    assert walk.duty("CS-W-3").status is DutyStatus.missed
    (above,) = walk.case.outstanding(Act.follow_up)
    assert (above.clause, above.holders[0].role) == ("CS-W-3", "program-manager")


@pytest.mark.clause("CS-W-5")
def test_an_assignment_is_incomplete_until_it_is_in_the_clinical_record():
    walk = asked()

    walk.assign(**BY_NEED)

    entry = walk.duty("CS-W-5")
    assert entry.is_open and entry.holders[0].role == "supervisor"
    walk.after(timedelta(days=60))
    assert walk.duty("CS-W-5").is_open

    walk.say("assignment_documented", walk.supervisor, record_entry="record/2")

    assert walk.duty("CS-W-5").status is DutyStatus.met
    assert walk.said("assignment_documented")[0].note == "record/2"


@pytest.mark.clause("CS-W-5")
def test_an_assignment_that_names_its_entry_leaves_nothing_to_write():
    walk = asked()

    walk.assign(**BY_NEED, record_entry="record/2")

    assert not walk.duties("CS-W-5")
    assert "CS-W-5" in [entry.clause for entry in walk.said("coordinator_assigned")]


@pytest.mark.clause("CS-W-7")
def test_the_worker_offers_another_one_and_a_first_contact_is_not_that():
    walk = assigned()

    walk.say("client_contacted", "coordinator", how="in person")

    offer = walk.duty("CS-W-7", ClientAct.other_worker)
    assert walk.duty("CS-W-7", ClientAct.client_contact).status is DutyStatus.met
    assert offer.is_open and offer.holders[0].role == "coordinator"

    walk.say("other_worker_offered", "coordinator", answer="Content as it is")

    assert walk.duty("CS-W-7", ClientAct.other_worker).status is DutyStatus.met
    assert walk.said("other_worker_offered")[0].note == "Content as it is"
    assert walk.case.known.choice_offered_at[-1] == walk.now


@pytest.mark.clause("CS-W-7")
def test_the_worker_begins_within_the_agencys_own_limit_or_the_supervisor_is_told():
    walk = assigned()

    contact = walk.duty("CS-W-7", ClientAct.client_contact)
    assert contact.basis is Basis.agency
    assert contact.due_at == local("2026-03-04 17:00")
    walk.until(contact.due_at)

    assert walk.duty("CS-W-7", ClientAct.client_contact).status is DutyStatus.missed
    assert "supervisor" in walk.told("climbed")


def test_the_assignment_is_made_within_the_agencys_own_limit():
    walk = accepted()

    assignment = walk.duty("CS-W-4")
    assert assignment.basis is Basis.agency
    assert assignment.due_at == local("2026-03-09 17:00")


def test_the_worker_and_the_person_are_told_of_the_assignment():
    walk = assigned()

    assert walk.told("assigned") == ["coordinator"]
    assert walk.told("client_worker") == ["client"]


@pytest.mark.clause("CS-W-4")
def test_who_sits_in_the_seat_of_a_new_worker_is_looked_up_at_once():
    walk = asked()
    supervisor = HeldSeat(seat="seat-supervisor", capacity=Capacity.holder)
    actor = Actor(person="person-supervisor", seats=(supervisor,))
    facts = {"assigned": "seat-worker", "person": "person-worker"} | BY_NEED
    message = walk.message("coordinator_assigned", actor, facts)

    needs = advance(handle(walk.case, message), walk.now)

    assert needs is not None
    assert "seat-worker" in [query.seat for query in needs.seats]
