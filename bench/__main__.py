"""`python -m bench`: measure the product against the bare engine on this machine, and hold it to its bars."""

import asyncio
import json
import os
import platform
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bench import decisions, histories, kills, lapses, lists, memory, rates, startup
from bench.figures import Row, as_json, table
from bench.plan import Plan

Measure = Callable[[Plan], Awaitable[list[Row]]]

MEASURES: dict[str, Measure] = {
    "settings": rates.settings,
    "conflict": rates.conflict,
    "decision": decisions.decision,
    "refused": decisions.refused,
    "events": histories.events,
    "lapses": lapses.lapses,
    "memory": memory.memory,
    "lists": lists.lists,
    "start": startup.start,
    "kill": kills.kill,
}

BUSY = 0.1
"""Above this share of the machine, what others do shows in the figures."""

Names = Annotated[
    list[str] | None,
    typer.Option("--only", help=f"One of: {', '.join(MEASURES)}. May be given again."),
]


def main(
    only: Names = None,
    quick: Annotated[bool, typer.Option(help="One short sample of each.")] = False,
    full: Annotated[bool, typer.Option(help="20,000 cases too.")] = False,
    output: Annotated[
        Path, typer.Option("--json", help="Where the figures are written.")
    ] = Path(".throughcare/bench.json"),
) -> None:
    """Measure the product against the bare engine on this machine. Everything runs on free ports, in folders of its own."""
    names = only or list(MEASURES)
    for name in names:
        if name not in MEASURES:
            typer.echo(
                f"There is no measure {name!r}. There are: {', '.join(MEASURES)}.",
                err=True,
            )
            raise typer.Exit(2)
    rows = asyncio.run(_measured(names, Plan(quick=quick, full=full)))
    typer.echo("\n".join(table(rows)))
    output.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "machine": _machine(),
        "quick": quick,
        "rows": [as_json(row) for row in rows],
    }
    output.write_text(json.dumps(report, indent=2) + "\n")
    typer.echo(f"Written to {output}.")
    _warn(rows)


async def _measured(names: list[str], plan: Plan) -> list[Row]:
    """What was started is stopped in order, whether by its end, by Ctrl-C or by SIGTERM."""
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    rows: list[Row] = []
    for name in names:
        typer.echo(f"{datetime.now(UTC):%H:%M:%S} {name}", err=True)
        rows += await MEASURES[name](plan)
    return rows


def _machine() -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": os.getloadavg(),
    }


def _warn(rows: list[Row]) -> None:
    busiest = max((share for row in rows for share in row.others), default=0.0)
    if busiest > BUSY:
        typer.echo(
            f"Other programs used up to {busiest:.0%} of this machine meanwhile. The ratios still compare like with like; "
            "the figures themselves do not.",
            err=True,
        )


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
