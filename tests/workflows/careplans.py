"""Care plans on a running agency, with a team and a plan to write."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from tests.waiting import until
from tests.workflows.conftest import Agency
from tests.workflows.intakes import CARS, Served, approved, with_client
from throughcare.case.parts import PackRef
from throughcare.case.wire import CaseRun, OpenCase, workflow_id
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.client.facts import (
    Assignment,
    ClientFacts,
    ContactClock,
    PlanKind,
    PlanVersion,
)
from throughcare.lifecycles.client.openings import CarePlanOpening
from throughcare.packs.reading import digest, load_pack
from throughcare.temporal.client import TASK_QUEUE
from throughcare.time.deadline import Span
from workflows.care_plan import CarePlanWorkflow

WORKER = "coordinator"
CLIENT, COORDINATOR = "member-1", "member-2"
WEEK, DAY = timedelta(days=7), timedelta(days=1)

SECTIONS: Mapping[str, Mapping[str, object]] = {
    "vision": {"text": "a home of my own", "quotes": ["I want a door I can close"]},
    "strengths": {"strengths": [{"whose": "client", "text": "never misses a day"}]},
    "needs": {
        "needs": [{"id": "home", "whose": "client", "text": "to be safe", "rank": 1}]
    },
    "strategies": {"strategies": [{"need": "home", "text": "look at three flats"}]},
    "safety": {
        "text": "call the sister first",
        "client_strengths": "calms down by walking",
        "natural_supports": "a sister",
    },
}


async def open_care_plan(agency: Agency, *, every: str | None = None) -> Served:
    """As an intake that enrolled somebody hands it over, with a contact clock where `every` says how often."""
    found = approved(load_pack(Path("policies") / CARS))
    closure = load_pack(Path("policies/wisconsin-competencies")).competencies
    assert found.intake is not None and closure is not None
    now = await agency.env.get_current_time()
    case_id, client = secrets.token_hex(8), secrets.token_hex(8)
    here = await agency.database.write(with_client, found, client, now)
    contacts = (
        [ContactClock(kind="visit", every=Span(every), last_at=now)] if every else []
    )
    known = ClientFacts(
        branch="ordinary",
        natural_supports="a sister",
        contacts=contacts,
        plans=[
            PlanVersion(
                version="1", kind=PlanKind.initial, reference="plans/1", filed_at=now
            )
        ],
        assignments=[
            Assignment(
                seat="rsc-1",
                person="aspen",
                organization="Birchwood Demo Recovery",
                from_at=now,
            )
        ],
    )
    opening = OpenCase[CarePlanOpening](
        kind="care-plan",
        case_id=case_id,
        agency=here.id,
        calendar=here.calendar,
        program="cars",
        pack=PackRef(
            id=found.header.id, version=found.header.version, digest=digest(found)
        ),
        opened_by="person",
        received_at=now,
        about=CarePlanOpening(
            policy=found.intake,
            client=client,
            intake="0000000000000001",
            chosen={"coordinator": "rsc-1"},
            known=known,
            care_plan=found.care_plan,
            closure_clause=closure.closure,
        ),
    )
    handle = await agency.client.start_workflow(
        CarePlanWorkflow.run,
        CaseRun[CarePlanOpening, CarePlan](opening=opening),
        id=workflow_id("care-plan", case_id),
        task_queue=TASK_QUEUE,
    )
    await until(lambda: agency.is_recorded(case_id))
    return Served(agency, handle, client)  # type: ignore[arg-type]  # Both are spoken to alike.


async def write(plan: Served, **changed: Mapping[str, object]) -> None:
    """Every section that is written, or the ones given, each over its last revision."""
    known = {
        each["section"]: each["revision"] for each in (await plan.whole()).writings
    }
    for section, content in (changed or SECTIONS).items():
        replaces = known.get(section, 0)
        await plan.say(
            "section_written",
            WORKER,
            section=section,
            replaces=replaces,
            content=content,
        )


async def meet(plan: Served, *members: str, **facts: object) -> None:
    now = await plan.agency.env.get_current_time()
    following = {"at": (now + 28 * DAY).isoformat(), "place": "the library"}
    said = {
        "attended": list(members or (CLIENT, COORDINATOR)),
        "confidentiality_reminded": True,
        "next": following,
        "screen": "screens/1",
    }
    await plan.say("team_meeting_held", WORKER, **(said | facts))


async def put_in_force(plan: Served, kind: str) -> str:
    """A version that everybody who takes part signed on paper. Its number."""
    await plan.say("plan_put_forward", WORKER, kind=kind)
    life = (await plan.known()).life
    assert life is not None
    version = life.versions[-1]
    for member in version.signers:
        await plan.say(
            "plan_signed",
            WORKER,
            member=member,
            version=version.number,
            digest=version.digest,
            how="paper",
        )
    await plan.say("plan_finalized", WORKER, version=version.number)
    return version.number


async def agreed(agency: Agency, *, every: str | None = None) -> Served:
    """A care plan whose team's first plan is in force."""
    plan = await open_care_plan(agency, every=every)
    await meet(plan)
    await write(plan)
    await put_in_force(plan, "final")
    return plan
