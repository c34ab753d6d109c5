"""A consumer of southeast-michigan-cmh, walked to the point a test begins at."""

from collections.abc import Iterable
from typing import Any

from tests.lifecycles.intake.walk import CMH, Walk, begin, local

MONDAY = "2026-03-02 09:00"

ELIGIBLE = {
    "diagnosis": True,
    "functional-limitation": True,
    "multiple-needs": True,
    "high-vulnerability": False,
    "service-continuum": False,
    "unaided": False,
}

RAPPORT = {
    "kind-of-person": "Somebody patient",
    "preference": "not known",
    "culture": "not known",
    "manner": "Plain words",
    "family-history": "not known",
    "experience": "Two workers who left",
}

BY_NEED = {"basis": "assessed_need", "need": "Help with appointments"}

PLAN: dict[str, Any] = {
    "reference": "plans/1",
    "planning_meeting_on": "2026-03-09",
    "contents": {
        "intensity": "Medium",
        "modality": "In person",
        "focus": "A home of their own",
        "frequency": "Every week",
        "place": "At home",
        "hours": "Mornings",
        "scope": "Housing and health",
        "outcomes": "A lease",
    },
    "contacts": [{"kind": "face-to-face", "every": "P7D"}],
    "assessments": [{"name": "Initial", "done": True}],
}


def referred(**how: Any) -> Walk:
    return begin(CMH, how.pop("at", local(MONDAY)), **how)


def offered(population: str = "developmental-disability", **how: Any) -> Walk:
    walk = referred(**how)
    walk.say(
        "need_determined",
        walk.intake,
        needs=["Help with appointments"],
        record_entry="record/1",
    )
    walk.say(
        "eligibility_determined",
        walk.intake,
        population=population,
        answers=ELIGIBLE,
        eligible=True,
    )
    return walk


def accepted(**how: Any) -> Walk:
    walk = offered(**how)
    walk.say("offer_accepted", walk.intake)
    return walk


def wish(kind: str, words: str, stated_by: str = "client") -> dict[str, str]:
    return {"kind": kind, "words": words, "stated_by": stated_by}


def match(kind: str, honoured: str, **whose: str) -> dict[str, str]:
    return {"kind": kind, "honoured": honoured} | whose


def asked(*wishes: dict[str, str], authorised: Iterable[str] = (), **how: Any) -> Walk:
    """Reviewed, and asked for wishes: everything an assignment waits for."""
    walk = accepted(**how)
    walk.say("intake_reviewed", walk.supervisor)
    walk.say("rapport_answered", walk.intake, answers=RAPPORT)
    walk.say(
        "preferences_recorded",
        walk.supervisor,
        preferences=wishes,
        none_stated=not wishes,
        authorised=tuple(authorised),
    )
    return walk


def assigned(**how: Any) -> Walk:
    walk = asked(**how)
    walk.assign(**BY_NEED)
    return walk


def planned(**plan: Any) -> Walk:
    walk = assigned()
    walk.say("initial_plan_filed", "coordinator", **(PLAN | plan))
    return walk


TAKES_OVER = {
    "explanation": "As was asked for.",
    "handover": "Both workers and the person met.",
}


def change(walk: Walk, seat: str = "seat-elm", **facts: Any) -> None:
    """The supervisor has another worker take over, with what the API looks up."""
    given = {"assigned": seat, "organization": "the agency"} | BY_NEED | TAKES_OVER
    walk.say(
        "worker_changed", walk.supervisor, person=walk.person(seat), **given | facts
    )


def wanting_another(by: str = "client", **facts: Any) -> Walk:
    walk = assigned()
    walk.say("change_requested", walk.intake, by=by, **facts)
    return walk
