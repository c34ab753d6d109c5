"""A care plan under southeast-michigan-cmh, walked to the point a test begins at."""

from typing import Any

from tests.lifecycles.intake.csm import PLAN, assigned
from tests.lifecycles.intake.walk import CMH, Walk, pack
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.elements import goals
from throughcare.lifecycles.client.plan_policy import CarePlanPolicy

WORKER = "coordinator"
CLIENT, COORDINATOR = "member-1", "member-2"

SECTIONS: dict[str, dict[str, Any]] = {
    "outcomes": {"text": "A home with a garden"},
    "goals": {
        "needs": [
            {"id": "lease", "whose": "theirs", "text": "To sign a lease"},
            {"id": "sleep", "whose": "theirs", "text": "To sleep through"},
        ]
    },
    "supports": {"strategies": [{"need": "lease", "text": "View two homes"}]},
    "empowerment": {"text": "Decides on visits"},
    "community-inclusion": {"text": "The garden club"},
    "health-and-safety": {"text": "A lock, and a doctor nearby"},
    "natural-supports": {"text": "A sister"},
    "intensity": {"text": "Medium, in person"},
    "service": {"text": "Housing, every week, at home, in the morning"},
    "scope": {"text": "Housing and health"},
}

SELDOM = {"contacts": [{"kind": "face-to-face", "every": "P5Y"}]}
"""So that no contact is missed in the years a test waits."""

OWN = {
    "3": "I was late twice",
    "5": "They lost a home as a child",
    "6": "I have never rented",
}

REVIEW: dict[str, Any] = {
    "kind": "periodic",
    "outcome": "no_change",
    "progress": [{"need": "lease", "text": "Saw a first home"}],
    "satisfaction": "Mostly",
    "change_right_explained": True,
    "answers": {"1": "The visits", "2": "Most of them", "4": "No"} | OWN,
}


def rules() -> CarePlanPolicy:
    found = pack(CMH).care_plan
    assert found is not None
    return found


def title(section: str) -> str:
    found = rules().plan.section(section)
    assert found is not None
    return found.title


def enrolled(**how: Any) -> Walk:
    """The care plan of somebody whose first plan is on file, with its team of two."""
    walk = assigned(**how)
    walk.say("initial_plan_filed", WORKER, **(PLAN | SELDOM))
    walk.say("enroll", walk.supervisor, care_plan="01PLAN")
    intake = walk.case
    case = CarePlan(
        case_id="01PLAN",
        policy=intake.policy,
        independence=intake.independence,
        client=intake.client,
        opened_at=walk.now,
        chosen=dict(intake.chosen),
        known=intake.known.model_copy(update={"care_plan": None}),
        rules=rules(),
    )
    case.open(intake.case_id, "person-supervisor", walk.now)
    plan = Walk(case, walk.now)
    plan.settle()
    return plan


def write(walk: Walk, section: str, **content: Any) -> None:
    latest = walk.case.latest(section)
    walk.say(
        "section_written",
        WORKER,
        section=section,
        replaces=latest.revision if latest else 0,
        content=content,
    )


def written(*left_out: str, **how: Any) -> Walk:
    """The planning meeting was held, and every section but those is written."""
    walk = enrolled(**how)
    walk.say(
        "team_meeting_held",
        WORKER,
        attended=[CLIENT, COORDINATOR],
        confidentiality_reminded=False,
    )
    for section, content in SECTIONS.items():
        if section not in left_out:
            write(walk, section, **content)
    return walk


def finalize(walk: Walk, kind: str = "final", every: str | None = "P90D") -> None:
    walk.say("plan_put_forward", WORKER, kind=kind, review_every=every)
    version = walk.case.life.proposed.number
    walk.say("plan_finalized", WORKER, version=version)


def in_force(*left_out: str, every: str = "P90D", **how: Any) -> Walk:
    walk = written(*left_out, **how)
    finalize(walk, every=every)
    return walk


def review(walk: Walk, **facts: Any) -> None:
    walk.say("review_held", WORKER, **(REVIEW | facts))


def listed_goals(walk: Walk) -> tuple[str, ...]:
    """What is worked on, as the version in force has it."""
    current = walk.case.life.current
    contents = walk.case.content_of(current).values() if current else ()
    return goals(walk.case.known, contents)
