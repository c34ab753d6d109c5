"""The worker is killed: how long until the next decision of somebody is applied."""

import asyncio
import os
import signal
import time

from bench.conflicts import People
from bench.decisions import DECISION
from bench.figures import Bar, Row
from bench.machine import Meter
from bench.plan import Plan
from bench.stacks import product


async def kill(plan: Plan) -> list[Row]:
    """`throughcare dev` starts it again, and the decision is sent at once. A new product each time: it hesitates longer
    over a worker that keeps dying."""
    row = Row("11 worker killed, to the next decision applied", "s", Bar(3.0))
    for _ in range(plan.pairs):
        async with product() as made:
            people = People(made)
            case = await people.opened()
            await asyncio.sleep(1.0)  # Its notices go out, and the case comes to rest.
            meter = Meter({"dev": made.pids["mailbox"]})
            os.kill(made.pids["worker"], signal.SIGKILL)
            began = time.perf_counter()
            await people.say(case, DECISION)
            if (await people.read(case))["step"] != "C2":
                raise RuntimeError("The decision was answered before it was applied.")
            row.add(time.perf_counter() - began)
            row.others.append(meter.others())
    return [row]
