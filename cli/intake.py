"""`throughcare intake`: bring in an existing caseload from a file."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from cli.policy import refuse
from throughcare.config import read_settings
from throughcare.errors import ThroughcareError

app = typer.Typer(
    help="Bring in an existing caseload from a file.", no_args_is_help=True
)


@app.callback()
def intake() -> None:
    """Bring in an existing caseload from a file."""


@app.command("import")
def import_intakes(
    file: Annotated[
        Path,
        typer.Argument(help="A CSV file in UTF-8; docs/running.md names its columns."),
    ],
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only show every problem; bring in nobody."),
    ] = False,
    exclude: Annotated[
        str,
        typer.Option(
            help="Rows to leave out, by number as a spreadsheet shows them.",
            metavar="3,17",
        ),
    ] = "",
    month_first: Annotated[
        bool,
        typer.Option(
            "--month-first", help="Dates may be written 3/2/2026 too, 2 March."
        ),
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(
            help="Who brings them in: a person's id, from a seat that intakes are begun from.",
            metavar="PERSON",
        ),
    ] = None,
) -> None:
    """Bring in people who are in service already, one for each row. While a row that is not excluded has a problem nobody is;
    every kind of problem is a line, and the exit status 2. Run again after it was cut off, it goes on."""
    # Here, because it loads the libraries of database and Temporal, and every other command starts sooner without.
    from cli.importing import import_caseload
    from throughcare.usecases.caseload import told

    try:
        done = asyncio.run(
            import_caseload(
                read_settings(),
                file,
                exclude=_rows(exclude),
                dry_run=dry_run,
                by=by,
                month_first=month_first,
                show=lambda text: typer.echo(text, err=True),
            )
        )
    except ThroughcareError as error:
        refuse(str(error))
    for line in told(done.problems):
        typer.echo(line)
    if done.problems:
        rows = len({problem.row for problem in done.problems})
        refuse(
            f"{_count(len(done.problems), 'problem')} in {_count(rows, 'row')}; nobody is brought in."
        )
    would_be = "would be brought in" if dry_run else "brought in"
    typer.echo(
        f"{_count(done.new, 'person', 'people')} {would_be}, {done.here} here already, {done.excluded} excluded."
    )


def _rows(given: str) -> tuple[int, ...]:
    """The numbers, or the end of the command."""
    try:
        return tuple(int(each) for each in given.split(",") if each.strip())
    except ValueError:
        refuse("--exclude takes numbers of rows, with commas between: 3,17")


def _count(count: int, one: str, more: str | None = None) -> str:
    return f"1 {one}" if count == 1 else f"{count} {more or f'{one}s'}"
