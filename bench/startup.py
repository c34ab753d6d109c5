"""From nothing running to the first case: `throughcare dev`, already set up, against a bare stack of the same kind."""

import asyncio
import sys
import time
from contextlib import suppress
from pathlib import Path

from bench.callers import Answer, Line
from bench.conflicts import OPENING, People
from bench.figures import Bar, Row
from bench.machine import HERE, Meter, end, free_ports, launch
from bench.plan import Plan
from bench.stacks import ROOT, START_SECONDS, Product, folder, server_command


async def start(plan: Plan) -> list[Row]:
    row = Row("10 started, to the first accepted case", "x", Bar(3.0))
    with folder() as at:
        made = Product(at / "state")
        await _set_up(made)
        for pair in range(plan.pairs):
            meter, seen = Meter({}), dict[str, float]()
            for name in plan.turns(pair, "bare", "product"):
                seen[f"{name}_s"] = (
                    await _bare_seconds(at, pair)
                    if name == "bare"
                    else await _seconds(made)
                )
            row.add(seen["product_s"] / seen["bare_s"], **seen)
            row.others.append(meter.others())
    return [row]


async def _set_up(made: Product) -> None:
    try:
        await made.start()
        await People(made).opened()
    finally:
        await asyncio.to_thread(made.stop)


async def _seconds(made: Product) -> float:
    began = time.perf_counter()
    made.launch()
    try:
        await _accepted(made.ports[0], "/conflicts", made.key("alder"))
        return time.perf_counter() - began
    finally:
        await asyncio.to_thread(made.stop)


async def _bare_seconds(at: Path, number: int) -> float:
    """A server, a worker and a thin API, with the settings of ours and none of the product."""
    port, ui_port, api_port = free_ports(3)
    address, notes = f"{HERE}:{port}", {"BENCH_NOTES": str(at / "notes")}
    environment = notes | {"PYTHONPATH": str(ROOT)}
    began, python = time.perf_counter(), [sys.executable, "-m"]
    server = server_command("tuned", at / f"bare-{number}.db", port, ui_port)
    worker = [*python, "bench.bare", address, "tuned", str(at / "ready")]
    api = [*python, "bench.bare_api", address, str(api_port)]
    log = at / "bare.log"
    running = [launch(each, log, environment) for each in (server, worker, api)]
    try:
        await _accepted(api_port, "/cases", "")
        return time.perf_counter() - began
    finally:
        for process in reversed(running):
            await asyncio.to_thread(end, process, at_once=process is running[0])


async def _accepted(port: int, path: str, key: str) -> Answer:
    """The first answer that is a case which has begun."""
    line = Line(port)
    async with asyncio.timeout(START_SECONDS):
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                answer = await line.ask("POST", path, key, OPENING)
                if answer.status == 201:
                    return answer
            line.hang_up()
            await asyncio.sleep(0.02)
