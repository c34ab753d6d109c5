"""How many events a case leaves in its history, by type."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus

from bench.conflicts import (
    SETTLED_AT_ONCE,
    People,
    another,
    handle,
    limited,
    opening_of,
)
from bench.figures import Bar, Row
from bench.plan import Plan
from bench.stacks import product, until
from bench.tables import NOTICES_TO_DO, count_of
from throughcare.usecases.desk import Desk

LIMIT = timedelta(seconds=3)
PATIENCE = 120.0


async def events(plan: Plan) -> list[Row]:
    settled = Row("6 events of a conflict settled at A1", "events", Bar(40))
    climbed = Row("6 events of one that climbs to A5 by timers", "events", Bar(110))
    async with product() as made:
        people, client = People(made), await made.client()
        for _ in range(plan.pairs):
            found = await settled_at_a1(people, client)
            settled.add(found.total(), **found)
            found = await climbed_to_a5(people, client, made.state / "throughcare.db")
            climbed.add(found.total(), **found)
    return [settled, climbed]


async def events_of(client: Client, case: str) -> Counter[str]:
    history = await handle(client, case).fetch_history()
    names = (EventType.Name(event.event_type) for event in history.events)
    return Counter(name.removeprefix("EVENT_TYPE_") for name in names)


async def settled_at_a1(people: People, client: Client) -> Counter[str]:
    """Opened, met, agreed by both, and everybody told."""
    case = await people.carry("A", *SETTLED_AT_ONCE)

    async def is_over() -> bool:
        found = await handle(client, case).describe()
        return found.status == WorkflowExecutionStatus.COMPLETED

    await until(is_over, "the end of a settled case", PATIENCE)
    return await events_of(client, case)


async def climbed_to_a5(people: People, client: Client, database: Path) -> Counter[str]:
    """Touched by nobody: reminded of and lapsed at every rung, until the last has begun and everybody is told."""
    like = await opening_of(client, await people.opened("A"))
    opening = another(like, limited(like.about.policy, LIMIT, remind=True))
    await Desk(client).open(opening)

    async def is_at_the_top() -> bool:
        answer = await people.ask("tamarack", "GET", f"/conflicts/{opening.case_id}")
        if answer.status != 200:
            return False
        # What its letters came to is told to the case as well, which is an event too.
        return answer.json()["step"] == "A5" and not count_of(database, NOTICES_TO_DO)

    await until(is_at_the_top, "a case climbing to A5", PATIENCE)
    return await events_of(client, opening.case_id)
