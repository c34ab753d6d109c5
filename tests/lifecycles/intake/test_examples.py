"""The worked examples S-1 to S-9 of the policy, each with its variant, and five that they imply."""

from datetime import timedelta
from typing import Any

import pytest

from tests.lifecycles.intake.csm import (
    BY_NEED,
    TAKES_OVER,
    accepted,
    asked,
    assigned,
    change,
    match,
    planned,
    referred,
    wanting_another,
    wish,
)
from tests.lifecycles.intake.walk import local
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import (
    NotYourSeat,
    StepsOutstanding,
    Unreadable,
)
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.fit import Candidate, rank

DAY = timedelta(days=1)

MATURE = wish("age", "somebody with some maturity", "mother")
MAN = wish("gender", "male")


def workers(**experience):
    """Candidates, each by their seat and what they have done."""
    return [
        Candidate(
            seat=seat,
            title="Supports Coordinator",
            organization="the agency",
            person=f"person-of-{seat}",
            experience=tuple(done),
        )
        for seat, done in experience.items()
    ]


def assignment(walk, **facts):
    """What a refusal of it says."""
    given = {"assigned": "seat-worker", "person": "person-worker"} | facts
    return walk.refusal("coordinator_assigned", walk.supervisor, **given)


# -- S-1: a mother asks for maturity ------------------------------------------------------------------------------------


@pytest.mark.clause("CS-X-1")
def test_a_mothers_wish_for_maturity_is_named_as_met():
    walk = asked(MATURE, authorised=["mother"])

    walk.assign(basis="preference", matches=[match("age", "fully")])

    (stated,) = walk.wishes
    assert (stated.kind, stated.stated_by) == ("age", "mother")
    assert [m.kind for m in walk.assignment.matches] == ["age"]
    assert walk.case.seated["coordinator"].title == "Supports Coordinator"


@pytest.mark.clause("CS-X-1")
def test_a_mothers_wish_that_cannot_be_met_is_explained_to_the_family():
    walk = asked(MATURE, authorised=["mother"])
    facts: dict[str, Any] = {"basis": "preference", "considered": ["seat-elm"]}

    left_out = assignment(walk, **facts)
    unexplained = assignment(walk, **facts, matches=[match("age", "not")])
    walk.assign(
        **facts, matches=[match("age", "not")], explanation="All here are young."
    )

    assert "missing: age" in left_out.detail
    assert "explanation" in unexplained.detail
    assert walk.told("client_explanation") == ["client"]


@pytest.mark.clause("CS-X-1")
@pytest.mark.parametrize("authorised", [[], ["father"]], ids=["nobody", "another"])
def test_a_mother_who_may_not_speak_for_somebody_states_no_wish(authorised):
    walk = accepted()

    refused = walk.refusal(
        "preferences_recorded",
        walk.supervisor,
        preferences=[MATURE],
        authorised=authorised,
    )

    assert "stated_by" in refused.detail
    assert walk.case.known.preferences is None


# -- S-2: a special need, and no wish -----------------------------------------------------------------------------------


@pytest.mark.clause("CS-X-2")
def test_of_no_wish_whoever_has_done_what_is_needed_ranks_first():
    walk = asked()
    walk.say("need_added", walk.supervisor, need="adaptive equipment purchasing")
    candidates = workers(
        ash=["housing"], elm=["adaptive equipment purchasing"], oak=["school"]
    )
    needs = [each.text for each in walk.case.known.needs]

    first, *_ = rank(candidates, walk.wishes, needs)

    assert first.candidate.seat == "elm"
    assert "matches the need: adaptive equipment purchasing" in first.reasons


@pytest.mark.clause("CS-X-2")
def test_what_the_match_is_made_by_cannot_be_left_empty():
    walk = asked()

    refused = assignment(walk)
    walk.assign(basis="assessed_need", need="adaptive equipment purchasing")

    assert "assessed_need" in refused.detail
    assert walk.assignment.basis == "assessed_need"


# -- S-3: a guardian complains at a review ------------------------------------------------------------------------------


@pytest.mark.clause("CS-X-3")
@pytest.mark.parametrize(
    ("every", "due_at"),
    [("P3M", "2026-06-02 09:00"), ("P6W", "2026-04-13 09:00")],
    ids=["quarterly", "as another plan says"],
)
def test_a_review_at_which_a_guardian_wants_a_change_leads_to_a_new_worker(
    every, due_at
):
    walk = planned(contacts=[{"kind": "plan-review", "every": every}]).enroll()
    (review,) = walk.case.outstanding(ClientAct.worker_contact)
    assert review.due_at == local(due_at)
    walk.until(review.due_at - DAY)

    walk.say("contact_held", "coordinator", kind="plan-review")
    walk.say(
        "satisfaction_recorded",
        "coordinator",
        by="guardian",
        expectations=[{"expectation": "Tells us what goes on", "met": False}],
        wants_change=True,
    )

    (wanted,) = walk.case.outstanding(ClientAct.change)
    assert wanted.holders[0].role == "supervisor"
    assert walk.case.known.changes[0].by == "guardian"
    assert walk.said("change_requested")[0].clause == "CS-G-1"

    change(walk)

    assert walk.assignment.seat == "seat-elm"
    (entry,) = walk.said("worker_changed")[:1]
    assert TAKES_OVER["handover"] in entry.note
    assert TAKES_OVER["explanation"] in entry.note


@pytest.mark.clause("CS-X-3")
def test_a_review_at_which_nobody_wants_a_change_starts_none():
    walk = planned().enroll()

    walk.say(
        "satisfaction_recorded",
        "coordinator",
        expectations=[{"expectation": "Tells us what goes on", "met": False}],
    )

    assert walk.case.known.changes == []


# -- S-4: an assessment finds dual conditions ---------------------------------------------------------------------------


@pytest.mark.clause("CS-X-4")
def test_dual_conditions_found_before_the_assignment_are_what_the_match_asks_for():
    walk = asked()

    walk.say("assessment_filed", walk.intake, name="Initial", needs=["dual conditions"])

    needs = [each.text for each in walk.case.known.needs]
    first, *_ = rank(workers(ash=["school"], elm=["dual conditions"]), (), needs)
    assert first.candidate.seat == "elm"
    walk.assign(basis="assessed_need", need="dual conditions")
    assert walk.assignment.need == "dual conditions"


@pytest.mark.clause("CS-X-4")
def test_dual_conditions_found_later_are_a_reason_to_offer_a_change_and_to_force_none():
    walk = assigned()
    walk.say("other_worker_offered", "coordinator", answer="Content as it is")

    walk.say("assessment_filed", "coordinator", **{"name": "Second", "needs": ["dual"]})

    (offer,) = walk.case.outstanding(ClientAct.other_worker)
    assert offer.clause == "CS-G-3"
    assert walk.assignment.seat == "seat-worker"
    assert not walk.case.outstanding(ClientAct.change)
    walk.say("other_worker_offered", "coordinator", answer="No, thank you")
    assert not walk.case.outstanding(ClientAct.other_worker)


# -- S-5: a man instead of a woman --------------------------------------------------------------------------------------


@pytest.mark.clause("CS-X-5")
def test_a_wish_for_a_man_is_met_by_a_change_and_no_reason_is_asked():
    walk = wanting_another(preferences=[MAN])

    refused = walk.refusal(
        "worker_changed",
        walk.supervisor,
        assigned="seat-elm",
        person="person-elm",
        **BY_NEED,
        **TAKES_OVER,
    )
    change(walk, basis="preference", matches=[match("gender", "fully")])

    assert "missing: gender" in refused.detail
    assert walk.case.known.changes[0].outcome == "honoured"
    assert walk.assignment.seat == "seat-elm"
    assert not walk.duties("CS-V-5")


@pytest.mark.clause("CS-X-5")
def test_with_no_man_there_is_an_explanation_and_a_day_to_look_again():
    walk = wanting_another(preferences=[MAN])
    facts: dict[str, Any] = {
        "outcome": "unable",
        "considered": ["seat-elm"],
        "limited_by": "resources",
        "revisit_on": "2026-04-01",
    }

    refused = walk.refusal("change_not_granted", walk.supervisor, **facts)
    walk.say("change_not_granted", walk.supervisor, **facts, explanation="No man here.")

    assert "explanation" in refused.detail
    assert walk.case.known.changes[0].outcome == "unable"
    assert walk.assignment.seat == "seat-worker"
    assert walk.duty("CS-V-2").due_at == local("2026-04-02 00:00")
    walk.until(local("2026-04-01 08:00"))
    assert "supervisor" in walk.told("reminder")


# -- S-6: back after a year ---------------------------------------------------------------------------------------------

BEFORE: dict[str, Any] = {
    "case": "01OLD",
    "seat": "seat-elm",
    "title": "Supports Coordinator",
    "person": "person-elm",
    "here": True,
}


def back_again(**former):
    return asked(former=[BEFORE | former])


@pytest.mark.clause("CS-X-6")
def test_whoever_comes_back_is_asked_whether_they_want_the_former_worker():
    walk = back_again()

    question = walk.duty("CS-X-6")
    refused = assignment(walk, **BY_NEED)

    assert question.is_open and question.act == ClientAct.former_worker
    assert walk.said("former_left") == []
    assert walk.case.known.former[0].seat == "seat-elm"
    assert isinstance(refused, StepsOutstanding)
    assert question.text in refused.detail


@pytest.mark.clause("CS-X-6")
@pytest.mark.parametrize("wants", ["former", "new", "no_preference"])
def test_no_answer_assigns_anybody_by_itself(wants):
    walk = back_again()

    walk.say("former_worker_answered", walk.intake, wants=wants)

    assert walk.case.known.wants == wants
    assert walk.duty("CS-X-6").status is DutyStatus.met
    assert walk.case.known.assignment is None
    walk.assign("seat-ash", **BY_NEED)
    assert walk.assignment.seat == "seat-ash"


@pytest.mark.clause("CS-X-6")
def test_the_former_worker_may_be_what_the_match_is_made_by():
    walk = back_again()
    walk.say("former_worker_answered", walk.intake, wants="former")

    refused = assignment(walk, basis="former_worker")
    walk.assign("seat-elm", basis="former_worker")

    assert isinstance(refused, Unreadable)
    assert "seat-elm" in refused.detail
    assert walk.assignment.basis == "former_worker"


@pytest.mark.clause("CS-X-6")
def test_a_former_worker_who_left_is_said_to_have_left_and_others_are_offered():
    walk = back_again(here=False)
    walk.say("former_worker_answered", walk.intake, wants="former")

    refused = walk.refusal(
        "coordinator_assigned",
        walk.supervisor,
        assigned="seat-elm",
        person="somebody-else",
        basis="former_worker",
    )
    walk.assign("seat-ash", **BY_NEED)

    (entry,) = walk.said("former_left")
    assert entry.clause == "CS-X-6" and "others are offered" in entry.text
    assert "nobody who is still here" in refused.detail
    assert walk.assignment.seat == "seat-ash"


@pytest.mark.clause("CS-X-6")
def test_whoever_was_never_here_is_not_asked():
    walk = referred()

    assert not walk.duties("CS-X-6")
    assert walk.said("former_left") == []


# -- S-7: the worker asks -----------------------------------------------------------------------------------------------

BLAMING = "This client pushes my buttons."


@pytest.mark.clause("CS-X-7")
def test_a_worker_who_asks_has_talked_it_over_with_the_supervisor():
    walk = assigned()

    refused = walk.refusal("change_requested", "coordinator", by="worker")
    walk.say("supervision_held", walk.supervisor, type="reflective")
    walk.say("change_requested", "coordinator", by="worker", reason=BLAMING)

    assert "supervision_held" in refused.detail
    (asked_for,) = walk.case.known.changes
    assert (asked_for.by, asked_for.supervised) == ("worker", True)


@pytest.mark.clause("CS-X-7")
def test_before_any_supervision_a_worker_gives_the_reason():
    walk = assigned()

    walk.say("change_requested", "coordinator", by="worker", reason=BLAMING)

    assert walk.case.known.changes[0].supervised is False
    walk.say("supervision_held", walk.supervisor, type="clinical")
    assert walk.case.known.changes[0].supervised is True


def test_a_supervision_session_has_a_type():
    walk = assigned()

    refused = walk.refusal("supervision_held", walk.supervisor)
    walk.say("supervision_held", walk.supervisor, type="consultation")

    assert refused.status == 422
    assert "clinical, consultation, staffing, reflective" in refused.detail
    [entry] = walk.said("supervision_held")
    assert entry.text.endswith("consultation.")


@pytest.mark.clause("CS-X-7")
def test_supervision_is_the_supervisors_to_log():
    walk = assigned()

    refused = walk.refusal("supervision_held", "coordinator")

    assert isinstance(refused, NotYourSeat)


@pytest.mark.clause("CS-X-7")
@pytest.mark.parametrize("times", [1, 2], ids=["asked once", "asked twice"])
def test_a_workers_own_reasons_stand_nowhere_but_in_their_own_words(times):
    walk = assigned()
    note = "And they never listen."

    for _ in range(times):
        walk.say(
            "change_requested", "coordinator", by="worker", reason=BLAMING, note=note
        )

    with_it = {e.kind for e in walk.case.timeline if BLAMING in e.note + e.text}
    noted = {e.kind for e in walk.case.timeline if note in e.note + e.text}
    assert with_it == noted == {"worker_asks_change"}
    assert "buttons" not in walk.case.known.model_dump_json()
    assert not [n for n in walk.posted if "buttons" in n.what]


@pytest.mark.clause("CS-X-7")
def test_the_person_is_told_and_offered_a_choice_of_the_new_worker():
    walk = wanting_another(by="worker", reason=BLAMING)
    walk.posted.clear()

    change(walk)

    assert "client_change" in [n.kind for n in walk.posted]
    offers = walk.case.outstanding(ClientAct.other_worker)
    assert {duty.holders[0].seat for duty in offers} == {"seat-elm"}


# -- S-8: a meeting clears it up ----------------------------------------------------------------------------------------


@pytest.mark.clause("CS-X-8")
def test_a_meeting_that_clears_it_up_leaves_the_worker_as_it_was():
    walk = wanting_another(would_try_first=True)

    walk.say("resolution_meeting_held", walk.supervisor)
    walk.say("change_withdrawn", walk.supervisor, by="client")

    (asked_for,) = walk.case.known.changes
    assert (asked_for.met, asked_for.outcome) == (True, "withdrawn")
    assert walk.assignment.seat == "seat-worker"
    assert walk.duty("CS-V-8", ClientAct.change).status is DutyStatus.withdrawn
    assert len(walk.said("resolution_meeting_held")) == 1


@pytest.mark.clause("CS-X-8")
@pytest.mark.parametrize("by", ["worker", "supervisor"])
def test_only_the_person_takes_it_back(by):
    walk = wanting_another()

    refused = walk.refusal("change_withdrawn", walk.supervisor, by=by)

    assert f"A {by} cannot take back" in refused.detail
    assert walk.case.known.change is not None


@pytest.mark.clause("CS-X-8")
@pytest.mark.parametrize("meets", [True, False], ids=["after it", "without it"])
def test_with_or_without_a_meeting_the_change_goes_on_if_the_person_wants_it(meets):
    walk = wanting_another(would_try_first=False)
    if meets:
        walk.say("resolution_meeting_held", walk.supervisor)

    change(walk)

    assert walk.assignment.seat == "seat-elm"
    assert walk.case.known.changes[0].met is meets


# -- S-9: told to one's own worker --------------------------------------------------------------------------------------


@pytest.mark.clause("CS-X-9")
def test_a_wish_told_to_the_worker_is_on_record_at_once_and_the_supervisors():
    walk = assigned()

    walk.say("change_requested", "coordinator", by="client")

    (asked_for,) = walk.case.known.changes
    assert asked_for.asked_of == "Supports Coordinator"
    assert asked_for.asked_at == walk.now
    assert walk.duty("CS-V-8", ClientAct.change).holders[0].role == "supervisor"
    (notice,) = [n for n in walk.posted if "Answer the wish" in n.what]
    assert notice.receiver.role == "supervisor"


@pytest.mark.clause("CS-X-9")
@pytest.mark.parametrize(
    ("message", "facts"),
    [
        ("worker_changed", {"assigned": "seat-elm", "person": "person-elm"}),
        (
            "change_not_granted",
            {"outcome": "unable", "considered": ["seat-elm"], "explanation": "No."},
        ),
        ("change_withdrawn", {"by": "client"}),
    ],
    ids=["change it", "refuse it", "close it"],
)
def test_a_worker_does_not_end_alone_what_is_asked_about_them(message, facts):
    walk = wanting_another()

    refused = walk.refusal(message, "coordinator", **facts)

    assert isinstance(refused, NotYourSeat)
    assert walk.case.known.change is not None


# -- S-10 to S-14: what the examples imply ------------------------------------------------------------------------------


@pytest.mark.clause("CS-G-1")
def test_a_second_wish_after_a_first_change_is_heard_as_the_first_was():
    walk = wanting_another()
    change(walk)

    walk.say("change_requested", walk.intake, by="client", preferences=[MAN])
    change(walk, "seat-ash", basis="preference", matches=[match("gender", "fully")])

    assert [each.number for each in walk.case.known.changes] == [1, 2]
    assert [each.outcome for each in walk.case.known.changes] == ["honoured"] * 2
    assert walk.assignment.seat == "seat-ash"


@pytest.mark.clause("CS-G-1")
def test_a_wish_while_another_is_open_or_a_contact_is_due_starts_no_second_one():
    walk = planned()
    (contact,) = walk.case.outstanding(ClientAct.worker_contact)

    walk.say("change_requested", walk.intake, by="client")
    walk.say("change_requested", "coordinator", by="client")
    walk.say(
        "satisfaction_recorded",
        "coordinator",
        expectations=[{"expectation": "Is on time", "met": False}],
        wants_change=True,
    )

    assert len(walk.case.known.changes) == 1
    assert len(walk.case.outstanding(ClientAct.change)) == 1
    assert len(walk.said("change_requested")) == 3
    assert walk.case.outstanding(ClientAct.worker_contact) == [contact]


@pytest.mark.clause("CS-X-8")
@pytest.mark.parametrize(
    ("by", "against"), [("client", "guardian"), ("guardian", "client")]
)
def test_a_guardian_and_a_person_who_disagree_are_both_on_record_and_a_person_decides(
    by, against
):
    walk = wanting_another(by=by)

    walk.say("change_withdrawn", walk.supervisor, by=against)

    (asked_for,) = walk.case.known.changes
    assert (asked_for.by, asked_for.against) == (by, (against,))
    assert asked_for.outcome is None
    assert walk.duty("CS-V-8", ClientAct.change).is_open
    (entry,) = walk.said("change_disputed")
    assert by in entry.text and against in entry.text
    change(walk)
    assert walk.assignment.seat == "seat-elm"


@pytest.mark.clause("CS-X-8")
def test_a_wish_of_two_is_over_when_both_have_taken_it_back():
    walk = wanting_another()
    walk.say("change_requested", walk.intake, by="guardian")

    walk.say("change_withdrawn", walk.supervisor, by="client")
    (asked_for,) = walk.case.known.changes
    assert (asked_for.outcome, asked_for.wanted_by) == (None, ("guardian",))
    walk.say("change_withdrawn", walk.supervisor, by="guardian")

    assert walk.case.known.changes[0].outcome == "withdrawn"


@pytest.mark.clause("CS-X-8")
def test_what_the_worker_asked_for_ends_when_the_person_does_not_want_it():
    walk = wanting_another(by="worker", reason=BLAMING)

    walk.say("change_withdrawn", walk.supervisor, by="client")

    assert walk.case.known.changes[0].outcome == "withdrawn"


@pytest.mark.clause("CS-W-4")
def test_wishes_of_two_people_that_clash_are_both_on_record_and_both_answered():
    walk = asked(MAN)
    walk.say(
        "preferences_recorded",
        walk.supervisor,
        preferences=[wish("gender", "female", "guardian")],
        authorised=["guardian"],
    )
    facts: dict[str, Any] = {
        "basis": "preference",
        "considered": ["seat-elm"],
        "explanation": "He is.",
    }
    stated = [(each.words, each.stated_by) for each in walk.wishes]

    refused = assignment(walk, **facts, matches=[match("gender", "fully")])
    walk.assign(
        **facts,
        matches=[
            match("gender", "fully", stated_by="client"),
            match("gender", "not", stated_by="guardian"),
        ],
    )

    assert stated == [("male", "client"), ("female", "guardian")]
    assert "gender (client), gender (guardian)" in refused.detail
    assert walk.duty("CS-V-5").is_open


@pytest.mark.clause("CS-X-9")
def test_a_wish_about_a_worker_who_is_also_the_supervisor_goes_to_whoever_is_above():
    walk = assigned()
    walk.sit("seat-supervisor", "person-worker")

    walk.say("change_requested", walk.intake, by="client")

    wanted = walk.duty("CS-V-8", ClientAct.change)
    assert wanted.holders[0].role == "program-manager"
    facts: dict[str, Any] = {
        "assigned": "seat-elm",
        "person": "person-elm",
        **BY_NEED,
        **TAKES_OVER,
    }
    refused = walk.refusal("worker_changed", walk.supervisor, **facts)
    assert isinstance(refused, NotYourSeat)
    assert isinstance(
        walk.refusal("resolution_meeting_held", "supervisor"), NotYourSeat
    )
    walk.say("resolution_meeting_held", "program-manager")
    walk.say("worker_changed", "program-manager", **facts)
    assert walk.assignment.seat == "seat-elm"


@pytest.mark.clause("CS-X-9")
def test_a_worker_who_sits_in_every_seat_above_is_answered_for_by_oversight():
    walk = assigned()
    walk.sit("seat-supervisor", "person-worker")
    walk.sit("seat-program-manager", "person-worker")

    walk.say("change_requested", walk.intake, by="client")

    assert walk.duty("CS-V-8", ClientAct.change).holders[0].role == "oversight"


@pytest.mark.clause("CS-V-2")
@pytest.mark.clause("CS-V-5")
def test_where_there_is_no_alternative_the_wish_is_explained_and_looked_at_again():
    walk = wanting_another()

    walk.say(
        "change_not_granted",
        walk.supervisor,
        outcome="unable",
        considered=["seat-elm"],
        explanation="There is one worker in this county.",
        limited_by="resources",
        revisit_on="2026-06-01",
    )

    assert walk.duty("CS-V-2").is_open
    assert walk.duty("CS-V-5").is_open
    assert walk.case.known.changes[0].explanation
    assert "change_requested" in walk.may_send()
