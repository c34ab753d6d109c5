"""Another worker: asked for at any time and without a reason, answered by a change or an explanation, handed over."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tests.lifecycles.intake.csm import (
    BY_NEED,
    TAKES_OVER,
    accepted,
    asked,
    assigned,
    change,
    offered,
    planned,
    referred,
    wanting_another,
    wish,
)
from tests.lifecycles.intake.walk import CMH, local, policy
from throughcare.case.duty import (
    Act,
    Basis,
    DutyStatus,
)
from throughcare.case.refusals import NotYourSeat
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.fields import ClientStatus

UNABLE: dict[str, Any] = {
    "outcome": "unable",
    "considered": ["seat-elm", "seat-ash"],
    "explanation": "Nobody who fits has room.",
}


def declined():
    walk = offered()
    walk.say("offer_declined", walk.intake, reason="Not now")
    return walk


def in_a_care_plan():
    return planned().enroll()


STATES = [
    referred,
    offered,
    declined,
    accepted,
    asked,
    assigned,
    planned,
    in_a_care_plan,
]


@pytest.mark.clause("CS-G-1")
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_another_worker_can_be_asked_for_in_every_state_of_an_open_case(state):
    walk = state()

    for role in ("access-unit", "supervisor", "program-manager"):
        walk.say("change_requested", role, by="client")

    assert walk.said("change_requested")[0].clause == "CS-G-1"
    assert walk.case.known.changes[0].by == "client"


@pytest.mark.clause("CS-G-1")
def test_no_reason_is_demanded_and_the_worker_too_must_take_the_wish():
    walk = assigned()

    walk.say("change_requested", "coordinator", by="client")

    assert walk.case.known.change is not None
    (asked_for,) = walk.case.outstanding(ClientAct.change)
    assert asked_for.holders[0].role == "supervisor"


@pytest.mark.clause("CS-G-1")
def test_a_wish_before_there_is_a_worker_counts_for_the_assignment():
    walk = accepted()
    walk.say(
        "change_requested",
        walk.intake,
        by="client",
        preferences=[wish("gender", "male")],
    )
    walk.say("intake_reviewed", walk.supervisor)

    assert [each.words for each in walk.wishes] == ["male"]
    assert not walk.case.outstanding(ClientAct.change)


@pytest.mark.clause("CS-G-1")
def test_a_wish_that_nobody_answered_goes_along_into_the_care_plan():
    walk = planned()
    walk.say("change_requested", walk.intake, by="client")

    after = walk.enroll()

    (asked_for,) = after.case.outstanding(ClientAct.change)
    assert asked_for.opened_at == walk.now
    change(after)
    assert after.assignment.seat == "seat-elm"
    assert after.case.known.changes[0].outcome == "honoured"


@pytest.mark.clause("CS-W-6")
def test_a_change_says_which_others_were_looked_at():
    walk = wanting_another()

    change(walk, considered=["seat-elm", "seat-ash"])

    said = [e.text for e in walk.case.timeline if e.clause == "CS-W-6"]
    assert said == ["Choices of another worker: 2 looked at."]
    assert walk.case.known.changes[0].considered == ("seat-elm", "seat-ash")


@pytest.mark.clause("CS-W-6")
def test_a_change_is_not_answered_without_an_alternative_or_an_explanation():
    walk = wanting_another()

    refused = walk.refusal(
        "change_not_granted", walk.supervisor, outcome="unable", explanation="None"
    )
    walk.say("change_not_granted", walk.supervisor, **UNABLE)

    assert "considered" in refused.detail
    assert walk.case.known.changes[0].considered == ("seat-elm", "seat-ash")
    assert walk.assignment.seat == "seat-worker"


@pytest.mark.clause("CS-V-5")
def test_what_is_not_granted_is_explained_to_the_person():
    walk = wanting_another()

    refused = walk.refusal(
        "change_not_granted", walk.supervisor, **(UNABLE | {"explanation": None})
    )
    walk.say("change_not_granted", walk.supervisor, **UNABLE)

    assert "CS-V-5" in refused.detail
    owed = walk.duty("CS-V-5")
    (letter,) = [n for n in walk.posted if n.kind == "client_change"]
    assert (letter.receiver.role, letter.duty) == ("client", owed.id)
    assert walk.said("change_not_granted")[0].note == UNABLE["explanation"]


@pytest.mark.clause("CS-V-2")
def test_a_change_refused_for_want_of_means_is_looked_at_again_in_the_care_plan_too():
    walk = planned()
    walk.say("change_requested", walk.intake, by="client")
    facts = UNABLE | {"limited_by": "resources"}

    refused = walk.refusal("change_not_granted", walk.supervisor, **facts)
    walk.say("change_not_granted", walk.supervisor, **facts, revisit_on="2026-04-01")
    after = walk.enroll()

    assert "CS-V-2" in refused.detail
    (again,) = after.case.outstanding(ClientAct.revisit)
    assert again.due_at == walk.duty("CS-V-2").due_at == local("2026-04-02 00:00")
    after.say("capacity_freed", after.supervisor, worker="seat-elm")
    assert after.told("capacity") == ["supervisor"]


@pytest.mark.clause("CS-V-2")
def test_a_match_that_was_found_is_looked_for_no_more():
    walk = planned()
    walk.say("change_requested", walk.intake, by="client")
    scarce = {"limited_by": "resources", "revisit_on": "2026-04-01"}
    walk.say("change_not_granted", walk.supervisor, **UNABLE, **scarce)

    walk.say("match_looked_for", walk.supervisor, found=True)

    assert not walk.enroll().case.outstanding(ClientAct.revisit)


@pytest.mark.clause("CS-V-7")
def test_without_a_procedure_of_the_agency_the_products_own_runs_and_is_called_that():
    walk = wanting_another()

    (entry,) = walk.said("procedure")
    assert entry.clause == "CS-V-7"
    assert "product's own" in entry.text


@pytest.mark.clause("CS-V-7")
def test_with_a_procedure_of_the_agency_nothing_is_called_the_products():
    rules = policy(CMH)
    assert rules.transfer is not None
    transfer = rules.transfer.model_copy(update={"procedure": "Board procedure 12"})
    walk = assigned(rules=rules.model_copy(update={"transfer": transfer}))

    walk.say("change_requested", walk.intake, by="client")

    assert walk.said("procedure") == []


@pytest.mark.clause("CS-V-8")
@pytest.mark.parametrize("missing", ["explanation", "handover"])
def test_a_transfer_without_an_explanation_or_a_handover_is_refused(missing):
    walk = wanting_another()
    facts = BY_NEED | TAKES_OVER | {missing: None}

    refused = walk.refusal(
        "worker_changed",
        walk.supervisor,
        assigned="seat-elm",
        person="person-elm",
        **facts,
    )

    assert missing in refused.detail and "CS-V-8" in refused.detail
    assert walk.assignment.seat == "seat-worker"


@pytest.mark.clause("CS-V-8")
def test_a_transfer_is_told_to_the_person_and_to_both_workers_and_is_on_record():
    walk = wanting_another()
    walk.posted.clear()

    change(walk)

    told = {(n.kind, n.receiver.seat) for n in walk.posted}
    assert {
        ("client_change", "client"),
        ("relieved", "seat-worker"),
        ("assigned", "seat-elm"),
    } <= told
    (entry,) = walk.said("worker_changed")[:1]
    assert TAKES_OVER["handover"] in entry.note
    assert TAKES_OVER["explanation"] in entry.note
    first, second = walk.case.known.assignments
    assert first.to_at == second.from_at == walk.now


@pytest.mark.clause("CS-V-8")
def test_a_wish_that_waits_too_long_goes_up():
    walk = wanting_another()

    wanted = walk.duty("CS-V-8", ClientAct.change)
    assert wanted.basis is Basis.agency
    assert wanted.due_at == local("2026-03-16 17:00")
    walk.until(wanted.due_at - timedelta(minutes=1))
    assert walk.duty("CS-V-8", ClientAct.change).is_open

    walk.until(wanted.due_at)

    assert walk.duty("CS-V-8", ClientAct.change).status is DutyStatus.missed
    (above,) = [d for d in walk.duties("CS-V-8") if d.act == Act.follow_up]
    assert above.holders[0].role == "program-manager"
    walk.after(timedelta(minutes=1))
    change(walk)
    assert walk.duty("CS-V-8", ClientAct.change).status is DutyStatus.met_late


@pytest.mark.clause("CS-V-8")
def test_what_the_former_worker_had_to_do_is_the_new_ones_with_its_clock():
    walk = wanting_another()
    (before,) = walk.case.outstanding(ClientAct.initial_plan)

    change(walk)

    (after,) = walk.case.outstanding(ClientAct.initial_plan)
    assert after.holders[0].seat == "seat-elm"
    assert after.opened_at == before.opened_at


@pytest.mark.clause("CS-W-5")
@pytest.mark.clause("CS-W-7")
def test_a_new_worker_is_written_down_and_offers_another_as_the_first_one_did():
    walk = assigned()
    walk.say("assignment_documented", walk.supervisor, record_entry="record/2")
    walk.say("other_worker_offered", "coordinator", answer="Wants somebody else")
    walk.say("change_requested", "coordinator", by="client")

    change(walk)

    (entry,) = walk.case.outstanding(ClientAct.assignment_record)
    (offer,) = walk.case.outstanding(ClientAct.other_worker)
    assert (entry.clause, offer.clause) == ("CS-W-5", "CS-W-7")
    assert offer.holders[0].seat == "seat-elm"


@pytest.mark.clause("CS-W-5")
def test_a_change_that_names_its_entry_leaves_nothing_to_write():
    walk = assigned()
    walk.say("assignment_documented", walk.supervisor, record_entry="record/2")
    walk.say("change_requested", walk.intake, by="client")

    change(walk, record_entry="record/3")

    assert not walk.case.outstanding(ClientAct.assignment_record)


def test_the_worker_of_now_is_no_change():
    walk = wanting_another()

    refused = walk.refusal(
        "worker_changed",
        walk.supervisor,
        assigned="seat-worker",
        person="person-worker",
        **BY_NEED,
        **TAKES_OVER,
    )

    assert "name another" in refused.detail


@pytest.mark.clause("CS-V-4")
def test_satisfaction_is_told_expectation_by_expectation():
    walk = assigned()

    walk.say(
        "satisfaction_recorded",
        "coordinator",
        expectations=[
            {"expectation": "Calls are returned", "met": False},
            {"expectation": "Is on time", "met": True},
        ],
    )

    told = [(e.expectation, e.met) for e in walk.case.known.expectations]
    assert told == [("Calls are returned", False), ("Is on time", True)]
    (entry,) = walk.said("satisfaction_recorded")
    assert entry.clause == "CS-V-4"
    assert entry.text.startswith("1 of 2")


@pytest.mark.clause("CS-V-4")
@pytest.mark.parametrize(
    "expectations", [[], [{"expectation": "Is on time"}]], ids=["none", "unsaid"]
)
def test_an_expectation_says_whether_it_is_met(expectations):
    walk = assigned()

    with pytest.raises(ValidationError):
        walk.say("satisfaction_recorded", "coordinator", expectations=expectations)


@pytest.mark.clause("CS-V-6")
def test_a_look_at_ones_own_part_is_kept_out_of_what_the_person_reads():
    walk = assigned()

    walk.say("self_assessed", "coordinator", reflection="I talk too fast.")

    (entry,) = walk.said("self_assessed")
    assert (entry.clause, entry.note) == ("CS-V-6", "I talk too fast.")
    assert "too fast" not in entry.text
    assert "too fast" not in walk.case.known.model_dump_json()
    elsewhere = [e for e in walk.case.timeline if e.kind != "self_assessed"]
    assert not any("too fast" in each.note for each in elsewhere)


@pytest.mark.clause("CS-V-6")
def test_only_the_worker_and_the_supervisor_look_at_the_workers_part():
    walk = assigned()

    refused = walk.refusal("self_assessed", walk.intake, reflection="None of mine.")

    assert isinstance(refused, NotYourSeat)


def test_a_wish_ends_with_its_case():
    walk = wanting_another()

    walk.say("withdraw", walk.intake, reason="Moved in with family")

    assert walk.case.status is ClientStatus.withdrawn
    assert walk.duty("CS-V-8", ClientAct.change).status is DutyStatus.withdrawn
