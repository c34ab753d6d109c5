"""What the worker holds for the cases it keeps at hand, and with many more of them open."""

import asyncio

from bench.conflicts import People, another, opening_of
from bench.figures import Bar, Row
from bench.machine import resident_kib
from bench.plan import Plan
from bench.stacks import Product, product, until
from bench.tables import NOTICES_TO_DO, count_of
from throughcare.usecases.desk import Desk
from worker import CACHED_CASES

AT_HAND = CACHED_CASES

OPEN = 20_000
STARTERS = 10
PATIENCE = 3600.0

ON_RECORD = "SELECT count(*) FROM cases"


async def memory(plan: Plan) -> list[Row]:
    """Cases are started by Temporal's client with what the API would start them with."""
    number = 300 if plan.quick else AT_HAND
    each = Row("8 worker memory for each open case at hand", "KiB", Bar(120.0))
    whole = Row(f"8 worker with {number} open cases", "MiB", Bar(300.0))
    rows = [each, whole]
    for pair in range(min(plan.pairs, 3)):
        async with product() as made:
            # What the first cases load is no part of a case.
            await _open(made, number // 10)
            before = resident_kib(made.pids["worker"])
            await _open(made, number)
            after = resident_kib(made.pids["worker"])
            added = number - number // 10
            each.add((after - before) / added, before_mib=before / 1024)
            whole.add(after / 1024)
            if plan.full and not pair:
                await _open(made, OPEN)
                full = Row(f"8 worker with {OPEN} open cases", "MiB", Bar(300.0))
                full.add(resident_kib(made.pids["worker"]) / 1024)
                rows.append(full)
    return rows


async def _open(made: Product, number: int) -> None:
    """Until there are so many, and all of them are at rest."""
    client = await made.client()
    like = await opening_of(client, await People(made).opened("C"))
    desk, database = Desk(client), made.state / "throughcare.db"
    left = iter(range(number - count_of(database, ON_RECORD)))

    async def start() -> None:
        for _ in left:
            await desk.open(another(like))

    await asyncio.gather(*(start() for _ in range(STARTERS)))

    async def at_rest() -> bool:
        await asyncio.sleep(0.5)
        recorded = count_of(database, ON_RECORD) == number
        return recorded and not count_of(database, NOTICES_TO_DO)

    await until(at_rest, f"{number} open cases", PATIENCE)
