"""Intakes under milwaukee-cars, walked to the points that its tests begin at."""

from datetime import datetime, timedelta
from typing import Any

from tests.lifecycles.intake.walk import CARS, Walk, begin, local

UNIT, ON_CALL, WORKER = "intake-unit", "on-call", "coordinator"
SUPERVISOR, MANAGER = "supervisor", "program-manager"
ADMINISTRATOR, OVERSIGHT = "administrator", "oversight"

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

TUESDAY = local("2026-11-17 10:00")
"""A working day with nothing closed around it."""

SAFETY = {
    "safety_crisis_plan": "Whom to call at night, and where to go",
    "strengths": "Knows early when things go wrong",
    "natural_supports": "A sister two streets away",
}
PLAN = {"reference": "plans/1", **SAFETY}


def screened(at: datetime = TUESDAY, **how: Any) -> Walk:
    """No emergency was found; the consents are waited for."""
    walk = begin(CARS, at, **how)
    walk.say("screened", UNIT, emergency=False)
    return walk


def consented(at: datetime = TUESDAY, **how: Any) -> Walk:
    """The consents are here; the supervisor is to review and to assign."""
    walk = screened(at, **how)
    walk.say("consents_received", UNIT)
    return walk


def assigned(at: datetime = TUESDAY, **how: Any) -> Walk:
    """An ordinary intake that has its worker."""
    walk = consented(at, **how)
    assign(walk)
    return walk


def assign(walk: Walk, seat: str = "seat-worker") -> None:
    walk.say("intake_reviewed", SUPERVISOR)
    walk.assign(seat)


def planned(at: datetime = TUESDAY, **how: Any) -> Walk:
    """An ordinary intake whose first plan is on file."""
    walk = assigned(at, **how)
    walk.say("initial_plan_filed", WORKER, **PLAN)
    return walk


def emergency(at: datetime = TUESDAY, *needs: str, **how: Any) -> Walk:
    """The screen found emergency needs, `housing` where none is named; the seat on call has thirty minutes."""
    walk = begin(CARS, at, **how)
    found = [
        {"id": need, "text": "said at the screen"} for need in needs or ("housing",)
    ]
    walk.say("screened", UNIT, emergency=True, needs=found)
    return walk


def confirmed(*needs: str, at: datetime = TUESDAY) -> Walk:
    """An emergency whose needs the client confirmed, all of them."""
    walk = emergency(at, *needs)
    walk.say("screen_results_reviewed", ON_CALL)
    answers = [{"need": need, "confirmed": True} for need in needs or ("housing",)]
    walk.say("emergency_needs_confirmed", ON_CALL, needs=answers)
    return walk


def considered(*needs: str, at: datetime = TUESDAY) -> Walk:
    """An emergency with a provider, `shelter`, looked at for each of its needs."""
    walk = confirmed(*needs, at=at)
    for need in needs or ("housing",):
        consider(walk, need)
    return walk


def consider(walk: Walk, need: str = "housing", role: str = ON_CALL) -> None:
    walk.say(
        "providers_considered",
        role,
        need=need,
        providers=["shelter"],
        organizations=["Shelter House"],
    )


def refer(walk: Walk, need: str = "housing", role: str = ON_CALL, **facts: str) -> None:
    given = {"need": need, "provider": "shelter", "organization": "Shelter House"}
    walk.say("referral_made", role, **given, **facts)


def preliminary(*services: str, at: datetime = TUESDAY) -> Walk:
    """An emergency whose preliminary plan is on file, with a request to be made for each of these services."""
    walk = considered(at=at)
    named = [{"service": each, "need": "housing"} for each in services]
    walk.say("preliminary_plan_filed", ON_CALL, **PLAN, services=named)
    return walk


def request(walk: Walk, planned: str, **facts: str) -> None:
    given = {"service": planned, "need": "housing", "plan": "1", "reference": "r-1"}
    walk.say("service_requested", ON_CALL, **(given | facts))


def enroll(walk: Walk) -> None:
    walk.say("enroll", WORKER, care_plan="01CAREPLAN")
