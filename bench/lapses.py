"""A thousand rungs whose limits end in the same second, and how long it takes until all of that is done."""

import asyncio
import time
from datetime import timedelta

from bench.bare import QUEUE, Dispute, Ladder
from bench.conflicts import People, another, limited, opening_of
from bench.figures import Bar, Row
from bench.plan import Plan
from bench.stacks import bare, product, until
from bench.tables import NOTICES_TO_DO, count_of, last_told_at
from throughcare.usecases.desk import Desk

ON_A2 = "SELECT count(*) FROM cases WHERE step = 'A2'"

STARTERS = 20
STARTS_PER_SECOND = 12
"""On a busy machine."""

SLACK_SECONDS = 10.0
PATIENCE = 600.0


async def lapses(plan: Plan) -> list[Row]:
    """Of the product it is done when every next rung is on record and every notice about it is out."""
    number, pairs = (100, 1) if plan.quick else (1000, 3)
    row = Row(f"7 {number} rungs that lapse at once, drained", "x", Bar(0.4, True))
    for pair in range(pairs):
        rates: dict[str, float] = {}
        for name in plan.turns(pair, "bare", "product"):
            drained = _bare_drained if name == "bare" else _drained
            rates[name] = await drained(number)
        row.add(
            rates["product"] / rates["bare"],
            **{f"{name}_per_s": rate for name, rate in rates.items()},
        )
    return [row]


async def _bare_drained(number: int) -> float:
    """Rungs a second, from the instant they were due."""
    async with bare("tuned") as engine:
        due = time.time() + number / STARTS_PER_SECOND / 2 + SLACK_SECONDS
        numbers = iter(range(number))

        async def start() -> None:
            for each in numbers:
                name = f"lapse-{each}"
                await engine.client.start_workflow(
                    Ladder.run, Dispute(name, lapses_at=due), id=name, task_queue=QUEUE
                )

        await asyncio.gather(*(start() for _ in range(STARTERS)))

        def lapsed() -> list[float]:
            lines = (line.split() for line in engine.notes.read_text().splitlines())
            return [float(at) for _, rung, at in lines if rung == "1"]

        async def all_lapsed() -> bool:
            await asyncio.sleep(0.2)
            return len(lapsed()) == number

        await until(all_lapsed, "the bare drain", PATIENCE)
        return number / (max(lapsed()) - due)


async def _drained(number: int) -> float:
    """As for the bare ladder. Each case brings a limit that ends then, so that they can be opened one after the other."""
    async with product() as made:
        like = await opening_of(await made.client(), await People(made).opened("A"))
        desk = Desk(await made.client())
        due = time.time() + number / STARTS_PER_SECOND + SLACK_SECONDS
        numbers = iter(range(number))

        async def start() -> None:
            for _ in numbers:
                limit = timedelta(seconds=due - time.time())
                policy = limited(
                    like.about.policy, limit, remind=False, only_first=True
                )
                await desk.open(another(like, policy))

        await asyncio.gather(*(start() for _ in range(STARTERS // 4)))
        if time.time() > due:
            raise RuntimeError(
                "The cases took longer to open than their first rung lasts."
            )
        file = made.state / "throughcare.db"

        async def all_told() -> bool:
            await asyncio.sleep(0.5)
            return count_of(file, ON_A2) == number and not count_of(file, NOTICES_TO_DO)

        await until(all_told, "the drain", PATIENCE)
        return number / (last_told_at(file) - due)
