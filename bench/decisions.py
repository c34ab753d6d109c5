"""One decision by one caller: until a read shows it, and one that is refused."""

import asyncio
from itertools import count
from pathlib import Path
from statistics import median

from temporalio.client import Client

from bench.bare import QUEUE, RUNGS, Dispute, Ladder
from bench.callers import milliseconds
from bench.conflicts import People, Said, handle
from bench.figures import Bar, Row
from bench.machine import Meter
from bench.plan import Plan
from bench.stacks import Bare, bare, product
from bench.tables import NOTICES_TO_DO, count_of

DECISION: Said = ("alder", "agreement_not_reached", {"waiver": "They spoke."})
"""C1 ends without an agreement: C2 begins, with its seats, its limit and its notices."""

STEP: Said = ("birch", "contact_made", {})
TOO_SOON: Said = ("birch", "agreement_not_reached", {})
"""At C2 there is to be contact first."""


async def decision(plan: Plan) -> list[Row]:
    row = Row("3 a decision over HTTP until a read shows it, p50", "x", Bar(3.0))
    async with bare("tuned") as engine, product() as made:
        people, numbers = People(made), count()
        for pair in range(plan.pairs):
            seen: dict[str, float] = {}
            meter = Meter(engine.pids | made.pids)
            for name in plan.turns(pair, "bare", "product"):
                if name == "bare":
                    seen["bare_ms"] = await _bare_decisions(engine, plan, numbers)
                else:
                    seen |= await _decisions(people, plan)
            row.add(seen["decision_ms"] / seen["bare_ms"], **seen)
            row.others.append(meter.others())
    return [row]


async def refused(plan: Plan) -> list[Row]:
    """A message out of its turn, after an accepted one to the same case."""
    time = Row("4 a refused message against an accepted one, p50", "x", Bar(1.0))
    events = Row("4 events that a refused message leaves", "events", Bar(0.0))
    async with product() as made:
        people, client = People(made), await made.client()
        for _ in range(plan.pairs):
            meter, accepted, answered = Meter(made.pids), list[float](), list[float]()
            left = 0
            for _ in range(plan.times):
                case = await people.opened()
                accepted.append(await milliseconds(people.say(case, DECISION)))
                before = await _settled_length(
                    client, case, made.state / "throughcare.db"
                )
                answered.append(await milliseconds(_refused(people, case)))
                left += await _length(client, case) - before
            time.add(
                median(answered) / median(accepted),
                refused_ms=median(answered),
                accepted_ms=median(accepted),
            )
            events.add(left)
            time.others.append(meter.others())
    return [time, events]


async def _bare_decisions(engine: Bare, plan: Plan, numbers: "count[int]") -> float:
    """The p50 of an accepted Update, in milliseconds."""
    took: list[float] = []
    while len(took) < plan.times:
        name = f"decision-{next(numbers)}"
        case = await engine.client.start_workflow(
            Ladder.run, Dispute(name), id=name, task_queue=QUEUE
        )
        # The last one also ends the ladder.
        for _ in range(RUNGS - 1):
            took.append(
                await milliseconds(case.execute_update(Ladder.decide, "By turns."))
            )
    return median(took)


async def _decisions(people: People, plan: Plan) -> dict[str, float]:
    """Each with the read that shows it. A step is lighter: it begins no rung."""
    took: dict[str, list[float]] = {"decision_ms": [], "step_ms": []}
    for _ in range(plan.times):
        case = await people.opened()
        for name, said in (("decision_ms", DECISION), ("step_ms", STEP)):
            took[name].append(await milliseconds(_until_seen(people, case, said)))
    return {name: median(each) for name, each in took.items()}


async def _until_seen(people: People, case: str, said: Said) -> None:
    await people.say(case, said)
    page = await people.read(case)
    if page["step"] != "C2":
        raise RuntimeError(f"{said[1]} was answered before it could be read")


async def _refused(people: People, case: str) -> None:
    person, name, facts = TOO_SOON
    path = f"/conflicts/{case}/messages/{name}"
    answer = await people.ask(person, "POST", path, facts)
    if answer.status not in (403, 409):
        raise RuntimeError(f"answered with {answer.status}, not refused")


async def _length(client: Client, case: str) -> int:
    return (await handle(client, case).describe()).history_length


async def _settled_length(client: Client, case: str, database: Path) -> int:
    """Once the notices of what came before are out, and nothing more is written of them."""
    while True:
        if not count_of(database, NOTICES_TO_DO):
            found = await handle(client, case).describe()
            if not found.raw_description.HasField("pending_workflow_task"):
                return found.history_length
        await asyncio.sleep(0.02)
