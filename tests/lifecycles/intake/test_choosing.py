"""Whom the person would rather work with: what is asked, who may say it, and what it takes not to honour a wish."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.lifecycles.intake.csm import (
    BY_NEED,
    RAPPORT,
    accepted,
    asked,
    assigned,
    match,
    wish,
)
from tests.lifecycles.intake.walk import local
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import StepsOutstanding, Unreadable
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.fit import Candidate, rank

QUESTIONS = [
    ("kind-of-person", "CS-Q-1"),
    ("preference", "CS-Q-2"),
    ("culture", "CS-Q-3"),
    ("manner", "CS-Q-4"),
    ("family-history", "CS-Q-5"),
    ("experience", "CS-Q-6"),
]

MAN = wish("gender", "male")
NOT_HONOURED: dict[str, Any] = {
    "basis": "preference",
    "matches": [match("gender", "not")],
    "considered": ["seat-elm"],
    "explanation": "No man works here at present.",
}


def assignment(walk, **facts):
    """What a refusal of it says."""
    given = {"assigned": "seat-worker", "person": "person-worker"} | facts
    return walk.refusal("coordinator_assigned", walk.supervisor, **given)


@pytest.mark.clause("CS-G-4")
def test_the_questions_on_whom_they_work_well_with_are_asked_from_the_first_on():
    walk = accepted()

    rapport = walk.duty("CS-G-4")
    assert rapport.is_open and rapport.act == ClientAct.rapport
    assert walk.duty("CS-L-5").act == ClientAct.preferences

    walk.say("rapport_answered", walk.intake, answers=RAPPORT)

    assert walk.duty("CS-G-4").status is DutyStatus.met
    assert walk.case.known.rapport == RAPPORT


@pytest.mark.clause("CS-G-4")
def test_a_wish_may_be_told_at_any_time_and_not_only_when_it_is_asked_for():
    walk = assigned()
    before = len(walk.case.known.choice_offered_at)

    walk.say("preferences_recorded", walk.intake, preferences=[MAN])

    assert [each.kind for each in walk.wishes] == ["gender"]
    assert len(walk.case.known.choice_offered_at) == before + 1


def each_question(test):
    """The test for every one of the six, each under its own clause."""
    cases = [pytest.param(*each, id=each[1]) for each in QUESTIONS]
    return pytest.mark.parametrize(("question", "clause"), cases)(test)


@pytest.mark.clause("CS-Q-1", "CS-Q-2", "CS-Q-3", "CS-Q-4", "CS-Q-5", "CS-Q-6")
@each_question
def test_without_an_answer_the_set_is_incomplete(question, clause):
    walk = accepted()
    answers = {name: said for name, said in RAPPORT.items() if name != question}

    refused = walk.refusal("rapport_answered", walk.intake, answers=answers)

    assert f"{question} ({clause})" in refused.detail
    assert walk.duty("CS-G-4").is_open


@each_question
def test_a_blank_is_no_answer(question, clause):
    walk = accepted()

    with pytest.raises(ValidationError, match=question):
        walk.say("rapport_answered", walk.intake, answers=RAPPORT | {question: " "})


@pytest.mark.clause("CS-Q-1", "CS-Q-2", "CS-Q-3", "CS-Q-4", "CS-Q-5", "CS-Q-6")
@each_question
def test_not_known_is_an_answer(question, clause):
    walk = accepted()

    walk.say("rapport_answered", walk.intake, answers=RAPPORT | {question: "not known"})

    assert walk.duty("CS-G-4").status is DutyStatus.met
    assert clause in [entry.clause for entry in walk.said("rapport_answered")]


def test_a_question_nobody_asks_is_refused():
    walk = accepted()

    refused = walk.refusal(
        "rapport_answered", walk.intake, answers=RAPPORT | {"star-sign": "Leo"}
    )

    assert "star-sign is no question" in refused.detail


@pytest.mark.clause("CS-L-5")
def test_nobody_is_assigned_before_wishes_were_asked_for():
    walk = accepted()
    walk.say("intake_reviewed", walk.supervisor)

    refused = assignment(walk, **BY_NEED)

    assert isinstance(refused, StepsOutstanding)
    assert "Ask whom the person would rather work with" in refused.detail


@pytest.mark.clause("CS-L-5")
def test_having_no_wish_is_an_answer():
    walk = asked()

    assert walk.duty("CS-L-5").status is DutyStatus.met
    assert walk.case.known.preferences == []
    walk.assign(**BY_NEED)
    assert walk.case.known.assignment is not None


@pytest.mark.clause("CS-L-5")
@pytest.mark.parametrize(
    "facts",
    [{}, {"preferences": [MAN], "none_stated": True}],
    ids=["neither", "both"],
)
def test_the_answer_names_wishes_or_says_that_there_are_none(facts):
    walk = accepted()

    refused = walk.refusal("preferences_recorded", walk.supervisor, **facts)

    assert isinstance(refused, Unreadable)
    assert walk.duty("CS-L-5").is_open


@pytest.mark.clause("CS-G-2")
@pytest.mark.parametrize(
    "kind",
    ["gender", "age", "culture", "language", "skills", "experience", "other"],
)
def test_a_wish_may_be_of_any_kind_the_policy_knows(kind):
    walk = asked(wish(kind, "as they said it"))

    (stated,) = walk.wishes
    assert (stated.kind, stated.words) == (kind, "as they said it")


@pytest.mark.clause("CS-G-2")
def test_a_wish_of_no_known_kind_is_sent_back_with_the_kinds():
    walk = accepted()

    refused = walk.refusal(
        "preferences_recorded",
        walk.supervisor,
        preferences=[wish("shoe-size", "42")],
    )

    assert "gender, age, culture" in refused.detail


@pytest.mark.clause("CS-G-2")
def test_whoever_meets_the_wish_is_listed_first():
    walk = asked(wish("experience", "adaptive equipment"))
    seats = {"seat-ash": ("housing",), "seat-elm": ("adaptive equipment purchasing",)}
    candidates = [
        Candidate(
            seat=seat,
            title="Supports Coordinator",
            organization="the agency",
            person=f"person-{seat}",
            experience=experience,
        )
        for seat, experience in seats.items()
    ]

    ranked = rank(candidates, walk.wishes, ())

    assert [each.candidate.seat for each in ranked] == ["seat-elm", "seat-ash"]


@pytest.mark.clause("CS-W-4")
def test_an_assignment_names_a_wish_as_met():
    walk = asked(MAN)

    walk.assign(basis="preference", matches=[match("gender", "fully")])

    assignment = walk.assignment
    assert assignment.basis == "preference"
    assert [(m.kind, m.honoured) for m in assignment.matches] == [("gender", "fully")]
    assert walk.duty("CS-W-4").status is DutyStatus.met
    assert not walk.duties("CS-V-5")


@pytest.mark.clause("CS-W-4")
def test_an_assignment_that_leaves_a_wish_out_is_refused():
    walk = asked(MAN, wish("language", "Spanish"))

    refused = assignment(walk, basis="preference", matches=[match("language", "fully")])

    assert "missing: gender" in refused.detail
    assert "CS-W-4" in refused.detail


@pytest.mark.clause("CS-W-4")
def test_an_assignment_says_what_the_match_is_made_by():
    walk = asked(MAN)

    refused = assignment(walk, matches=[match("gender", "fully")])

    assert "basis" in refused.detail


@pytest.mark.clause("CS-W-4")
def test_the_first_assignment_is_the_supervisors():
    walk = asked()

    assert walk.duty("CS-W-4").holders[0].role == "supervisor"
    refused = walk.refusal(
        "coordinator_assigned", walk.intake, assigned="seat-worker", **BY_NEED
    )
    assert "Supervisor" in refused.detail


@pytest.mark.clause("CS-G-3")
@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"basis": "assessed_need"},
        {"need": "A home"},
        {"basis": "preference", "need": "A home"},
    ],
    ids=["nothing", "no need", "no basis", "a wish nobody stated"],
)
def test_without_a_wish_nobody_is_assigned_but_by_an_assessed_need(facts):
    walk = asked()

    refused = assignment(walk, **facts)

    assert "CS-G-3" in refused.detail
    assert walk.case.known.assignment is None


@pytest.mark.clause("CS-G-3")
def test_without_a_wish_the_assessed_need_is_what_the_match_is_made_by():
    walk = asked()

    walk.assign(basis="assessed_need", need="Help with appointments")

    assignment = walk.assignment
    assert (assignment.basis, assignment.need) == (
        "assessed_need",
        "Help with appointments",
    )


@pytest.mark.clause("CS-V-1")
def test_a_wish_is_not_set_aside_before_candidates_were_looked_at():
    walk = asked(MAN)

    refused = assignment(walk, **(NOT_HONOURED | {"considered": []}))

    assert "considered" in refused.detail and "CS-V-1" in refused.detail
    walk.assign(**NOT_HONOURED)
    assert walk.assignment.considered == ("seat-elm",)


@pytest.mark.clause("CS-V-5")
@pytest.mark.parametrize("honoured", ["partly", "not"])
def test_a_wish_that_is_not_fully_honoured_is_explained_to_the_family(honoured):
    walk = asked(MAN)
    facts = NOT_HONOURED | {"matches": [match("gender", honoured)]}

    refused = assignment(walk, **(facts | {"explanation": None}))
    walk.assign(**facts)

    assert "explanation" in refused.detail and "CS-V-5" in refused.detail
    assert walk.assignment.explanation == "No man works here at present."
    owed = walk.duty("CS-V-5")
    assert owed.is_open and owed.holders[0].role == "supervisor"
    (letter,) = [n for n in walk.posted if n.kind == "client_explanation"]
    assert (letter.receiver.role, letter.duty) == ("client", owed.id)

    walk.say("explanation_given", walk.supervisor, how="by phone")

    assert walk.duty("CS-V-5").status is DutyStatus.met
    (entry,) = walk.said("explanation_given")
    assert (entry.person, entry.at) == ("person-supervisor", walk.now)


@pytest.mark.clause("CS-V-2")
def test_what_want_of_means_keeps_from_being_granted_is_looked_for_again():
    walk = asked(MAN)
    facts = NOT_HONOURED | {"limited_by": "resources"}

    refused = assignment(walk, **facts)
    walk.assign(**facts, revisit_on="2026-03-20")

    assert "revisit_on" in refused.detail and "CS-V-2" in refused.detail
    again = walk.duty("CS-V-2")
    assert again.is_open and again.holders[0].role == "supervisor"
    assert again.due_at == local("2026-03-21 00:00")


@pytest.mark.clause("CS-V-2")
def test_a_day_to_look_again_that_is_over_is_refused():
    walk = asked(MAN)

    refused = assignment(
        walk, **NOT_HONOURED, limited_by="resources", revisit_on="2026-03-02"
    )

    assert "still to come" in refused.detail


@pytest.mark.clause("CS-V-2")
def test_the_supervisor_is_prompted_when_a_worker_has_room_again():
    walk = asked(MAN)
    walk.assign(**NOT_HONOURED, limited_by="resources", revisit_on="2026-03-20")

    walk.say("capacity_freed", walk.supervisor, worker="seat-elm")

    assert walk.told("capacity") == ["supervisor"]
    assert walk.said("capacity")[0].clause == "CS-V-2"
    assert walk.duty("CS-V-2").is_open


@pytest.mark.clause("CS-V-2")
def test_looking_again_in_vain_is_not_the_end_of_it():
    walk = asked(MAN)
    walk.assign(**NOT_HONOURED, limited_by="resources", revisit_on="2026-03-20")

    walk.say("match_looked_for", walk.supervisor, found=False)

    (again,) = walk.case.outstanding(ClientAct.revisit)
    assert again.due_at == local("2026-04-01 09:00")

    walk.say("match_looked_for", walk.supervisor, found=True)

    assert not walk.case.outstanding(ClientAct.revisit)
    assert "capacity_freed" not in walk.may_send()
