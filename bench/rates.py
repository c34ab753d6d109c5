"""Cases by twenty callers at once: our settings against stock ones, and the product against the bare engine."""

from collections.abc import Mapping
from itertools import count

from bench.bare import QUEUE, RUNGS, Dispute, Ladder
from bench.callers import Load, Work, under_load
from bench.conflicts import THREE_RUNGS, People
from bench.figures import Bar, Row
from bench.plan import Plan
from bench.stacks import Bare, bare, product

CALLERS = 20
COMMANDS = 1 + len(THREE_RUNGS)


async def settings(plan: Plan) -> list[Row]:
    """Both engines are up all the time, and take turns."""
    row = Row(
        "1 our settings against stock, bare ladder, 20 callers", "x", Bar(1.6, True)
    )
    async with bare("stock") as stock, bare("tuned") as tuned:
        sides = {"stock": stock.pids, "tuned": tuned.pids}
        work = {"stock": ladder(stock), "tuned": ladder(tuned)}
        for pair in range(plan.pairs):
            loads = await _in_turn(plan, pair, work, sides)
            _note(row, "tuned", "stock", loads)
    return [row]


async def conflict(plan: Plan) -> list[Row]:
    """Three rungs of ladder C, decided by people. Its five messages are two more than the bare ladder has decisions, so
    the bare ladder is also shown with five."""
    rate = Row("2 conflict over HTTP against the bare ladder", "x", Bar(0.5, True))
    cpu = Row("2 its CPU for each case", "x", Bar(2.0))
    even = Row("2 the same, against as many decisions as messages", "x", None)
    own = Row("5 CPU of the API for each command, 20 callers", "ms", Bar(3.0))
    async with bare("tuned") as engine, product() as made:
        callers = [People(made) for _ in range(CALLERS)]

        async def carried(caller: int) -> None:
            await callers[caller].carry("C", *THREE_RUNGS)

        sides = {"bare": engine.pids, "product": made.pids, "even": engine.pids}
        work = {
            "bare": ladder(engine),
            "product": carried,
            "even": ladder(engine, len(THREE_RUNGS), "even"),
        }
        for pair in range(plan.pairs):
            loads = await _in_turn(plan, pair, work, sides)
            _note(rate, "product", "bare", loads)
            _note(even, "product", "even", loads)
            of = loads["product"].cpu_ms
            cpu.add(
                _product_cpu(loads["product"]) / _bare_cpu(loads["bare"]),
                even=_product_cpu(loads["product"]) / _bare_cpu(loads["even"]),
                **{name.replace(" ", "_"): spent for name, spent in of.items()},
            )
            own.add(of["API"] / COMMANDS)
        rate.seen["kept_for_later"] = [float(sum(each.later for each in callers))]
    return [rate, cpu, even, own]


def ladder(stack: Bare, rungs: int = RUNGS, name: str = "bare") -> Work:
    """One case of the bare engine, from its start to its last decision."""
    numbers = count()

    async def work(_caller: int) -> None:
        case_id = f"{name}-{next(numbers)}"
        case = await stack.client.start_workflow(
            Ladder.run, Dispute(case_id, rungs=rungs), id=case_id, task_queue=QUEUE
        )
        for _ in range(rungs):
            await case.execute_update(Ladder.decide, "By turns.")

    return work


async def _in_turn(
    plan: Plan, pair: int, work: Mapping[str, Work], pids: Mapping[str, dict[str, int]]
) -> dict[str, Load]:
    return {
        name: await under_load(work[name], CALLERS, plan.seconds, pids[name])
        for name in plan.turns(pair, *work)
    }


def _note(row: Row, ours: str, theirs: str, loads: Mapping[str, Load]) -> None:
    row.add(
        loads[ours].rate / loads[theirs].rate,
        **{f"{name}_per_s": loads[name].rate for name in (ours, theirs)},
        **{
            f"{name}_cpu_ms": sum(loads[name].cpu_ms.values())
            for name in (ours, theirs)
        },
    )
    row.others += [loads[name].others for name in (ours, theirs)]


def _product_cpu(load: Load) -> float:
    """Without the callers, who are people at their browsers."""
    return sum(load.cpu_ms.values()) - load.cpu_ms["caller"]


def _bare_cpu(load: Load) -> float:
    """With the caller: it holds Temporal's client, as the API does for the product."""
    return sum(load.cpu_ms.values())
