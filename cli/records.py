"""`throughcare records`: hold the tables against the workflows, and mend them."""

import asyncio
from typing import Annotated

import typer

from cli.policy import refuse
from throughcare.config import read_settings
from throughcare.errors import ThroughcareError
from throughcare.store.differences import Compared, Difference

app = typer.Typer(
    help="Hold the tables against the workflows they come from, and mend them.",
    no_args_is_help=True,
)

Cases = Annotated[
    list[str] | None,
    typer.Option(
        "--case", help="Only this case; may be given more than once.", metavar="ID"
    ),
]
Closed = Annotated[
    bool,
    typer.Option("--closed", help="Also closed cases whose history Temporal may have."),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for a program to read.")]


@app.command()
def check(
    case: Cases = None,
    closed: Closed = False,
    timers: Annotated[
        bool,
        typer.Option("--timers", help="Also see that a clock runs for every due date."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show where the tables differ from the workflows. Exit status 1 where something differs or does not answer."""
    compared = _compare(case, closed=closed, clocks=timers)
    _show(compared, as_json)
    raise typer.Exit(1 if compared.left else 0)


@app.command()
def rebuild(
    case: Cases = None,
    closed: Closed = False,
    every: Annotated[
        bool, typer.Option("--all", help="Write every case, not only what differs.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write again what differs from the workflows. Exit status 1 where something is left, or does not answer."""
    compared = _compare(case, closed=closed, mend=True, everything=every)
    _show(compared, as_json)
    raise typer.Exit(1 if compared.left else 0)


DoneBy = Annotated[
    str, typer.Option(help="Who does this: a person's id.", metavar="PERSON")
]
ForTheRecord = Annotated[str, typer.Option(help="What happened, for the record.")]


@app.command()
def restored(by: DoneBy, reason: ForTheRecord) -> None:
    """Declare that Temporal or the tables were restored from an earlier moment, before any worker starts. What goes on from there
    supersedes what was recorded after it, and its notices go out anew."""
    from cli.comparing import declare

    try:
        number = asyncio.run(declare(read_settings(), by, reason))
    except ThroughcareError as error:
        refuse(str(error))
    typer.echo(f"Restore {number} is declared.")


@app.command()
def begin(
    by: DoneBy,
    reason: ForTheRecord,
    case: Cases = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be begun.")
    ] = False,
) -> None:
    """Begin cases again from the tables, each as its last record left it: those given, or every one that Temporal lost or knows an
    earlier moment of. Before any worker starts. Exit status 1 where one cannot be begun."""
    from cli.comparing import begin_again

    try:
        begun, cannot = asyncio.run(
            begin_again(read_settings(), case, by, reason, dry_run=dry_run)
        )
    except ThroughcareError as error:
        refuse(str(error))
    for each in begun:
        typer.echo(f"{each.case}  {each.lost}")
    for refused in cannot:
        typer.echo(f"{refused.case}  cannot be begun again: {refused.why}")
    done = "would be begun again" if dry_run else "begun again"
    typer.echo(f"{_cases(len(begun))} {done}.")
    raise typer.Exit(1 if cannot else 0)


def _compare(
    cases: list[str] | None,
    *,
    closed: bool,
    clocks: bool = False,
    mend: bool = False,
    everything: bool = False,
) -> Compared:
    # Here, because it loads the libraries of database and Temporal, and every other command starts sooner without.
    from cli.comparing import compare

    try:
        settings = read_settings()
        return asyncio.run(
            compare(
                settings,
                cases,
                closed_for=settings.history_retention if closed else None,
                clocks=clocks,
                mend=mend,
                everything=everything,
            )
        )
    except ThroughcareError as error:
        refuse(str(error))


def _show(compared: Compared, as_json: bool) -> None:
    if as_json:
        typer.echo(compared.model_dump_json(indent=2))
        return
    for each in compared.differences:
        typer.echo(_line(each))
    typer.echo(
        f"{_cases(compared.cases)} looked at: {compared.different} differ, "
        f"{compared.mended} mended, {compared.unreachable} unreachable."
    )
    if compared.many_ahead:
        typer.echo(
            f"The tables are ahead of the workflows in {_cases(compared.ahead)}, so Temporal seems to be from an earlier moment. "
            "NOTHING WAS MENDED. Stop the workers and read docs/running.md, Backup and restore: `throughcare records begin` "
            "goes on from the tables, `throughcare records restored` from the workflows."
        )


def _line(each: Difference) -> str:
    where = f"{each.table} {each.key}".strip()
    mended = " (mended)" if each.mended else ""
    return "  ".join(
        part for part in (each.case, each.kind, where, each.text + mended) if part
    )


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"
