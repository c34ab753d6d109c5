"""The first call: the screen that decides the branch, and the client's choice of an agency."""

from typing import Any

import pytest

from tests.lifecycles.intake.cars import (
    MINUTE,
    ON_CALL,
    SUPERVISOR,
    TUESDAY,
    UNIT,
    emergency,
    screened,
)
from tests.lifecycles.intake.walk import CARS, CMH, begin
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import (
    NotYourSeat,
    OutOfOrder,
    Unreadable,
)
from throughcare.lifecycles.client.acts import ClientAct

HOUSING = {"id": "housing", "text": "Has nowhere to sleep"}


def test_the_first_call_is_screened_and_an_agency_chosen_before_anything_else():
    walk = begin(CARS, TUESDAY)

    assert [d.act for d in walk.case.open_duties()] == [
        ClientAct.screening,
        ClientAct.agency_choice,
    ]
    assert walk.case.step == "screening"
    assert walk.told("duty_opened") == [UNIT]


@pytest.mark.clause("CP-E-0")
def test_without_an_emergency_there_is_no_clock_of_thirty_minutes():
    walk = screened()

    assert walk.case.known.branch == "ordinary"
    acts = {duty.act for duty in walk.case.duties}
    assert acts.isdisjoint({ClientAct.intake_unit_contact, ClientAct.client_contact})
    assert walk.case.wakes() == ()
    assert walk.told("emergency") == []


@pytest.mark.clause("CP-E-0")
def test_an_emergency_need_starts_both_promises_of_thirty_minutes():
    walk = emergency()

    assert walk.case.known.branch == "emergency"
    dues = {walk.duty("CP-E-1a").due_at, walk.duty("CP-E-1b").due_at}
    assert dues == {TUESDAY + 30 * MINUTE}
    assert walk.case.step == "emergency"
    assert walk.told("emergency") == [ON_CALL]


@pytest.mark.clause("CP-E-0")
@pytest.mark.parametrize(
    ("facts", "about"),
    [
        ({"emergency": True}, "needs must name the emergency needs"),
        ({"emergency": False, "needs": [HOUSING]}, "none was found"),
        ({"emergency": True, "needs": [HOUSING, HOUSING]}, "housing is known already"),
    ],
    ids=["no needs named", "needs without an emergency", "one need twice"],
)
def test_a_screen_that_does_not_add_up_is_refused(facts: dict[str, Any], about: str):
    walk = begin(CARS, TUESDAY)

    refused = walk.refusal("screened", UNIT, **facts)

    assert isinstance(refused, Unreadable)
    assert about in refused.detail
    assert walk.case.known.branch is None


def test_a_policy_without_an_emergency_branch_hears_of_no_emergency():
    walk = begin(CMH, TUESDAY)

    assert "emergency_identified" not in walk.may_send()
    refused = walk.refusal("emergency_identified", "access-unit", needs=[HOUSING])
    assert isinstance(refused, OutOfOrder)


@pytest.mark.clause("CP-E-0")
def test_an_emergency_that_is_called_in_before_the_screen_takes_its_place():
    walk = begin(CARS, TUESDAY)

    walk.say("emergency_identified", SUPERVISOR, needs=[HOUSING])

    assert walk.duty("CP-E-0").status is DutyStatus.met
    assert walk.duty("CP-E-1b").is_open
    assert isinstance(walk.refusal("screened", UNIT, emergency=False), OutOfOrder)


# -- the choice of an agency --------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-I-1")
def test_the_record_shows_the_agencies_offered_and_the_clients_pick():
    walk = screened()

    walk.say(
        "agency_chosen",
        UNIT,
        offered=["Elm Street Services", "Birch House"],
        chosen="Birch House",
        criterion="greatest risk",
    )

    known = walk.case.known
    assert known.agencies_offered == ["Elm Street Services", "Birch House"]
    assert known.agency_chosen == "Birch House"
    [entry] = walk.said("agency_chosen")
    assert entry.text == "The client chose the agency, out of 2 offered."
    assert (entry.note, entry.clause) == ("greatest risk", "CP-I-1")
    assert walk.duty("CP-I-1").status is DutyStatus.met


@pytest.mark.clause("CP-I-1")
def test_an_agency_that_was_not_offered_cannot_have_been_the_clients_pick():
    walk = screened()

    refused = walk.refusal("agency_chosen", UNIT, offered=["Elm"], chosen="Birch")

    assert isinstance(refused, Unreadable)
    assert walk.case.known.agency_chosen is None
    assert walk.duty("CP-I-1").is_open


@pytest.mark.clause("CP-I-1")
def test_the_choice_is_entered_by_the_intake_unit_which_helps_with_it():
    walk = screened()

    refused = walk.refusal("agency_chosen", SUPERVISOR, offered=["Elm"], chosen="Elm")

    assert isinstance(refused, NotYourSeat)


# -- somebody who may be known ------------------------------------------------------------------------------------------


def test_somebody_who_may_be_known_is_a_question_and_nobody_is_merged_in_silence():
    walk = begin(CARS, TUESDAY, alike=("01OTHER",))

    [duty] = walk.case.outstanding(ClientAct.identity)
    assert duty.is_held_by(UNIT)
    assert walk.case.links == []

    walk.say("identity_answered", UNIT, same_as="01OTHER", cases=["01EARLIER"])

    assert [link.case for link in walk.case.links] == ["01EARLIER"]
    assert walk.case.outstanding(ClientAct.identity) == []
    assert walk.case.client == "01CLIENT"
