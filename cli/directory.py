"""`throughcare directory`: make organizations, people and seats from a file."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from cli.policy import refuse
from throughcare.config import read_settings
from throughcare.errors import ThroughcareError

app = typer.Typer(
    help="Make organizations, people and seats from a file.", no_args_is_help=True
)


@app.callback()
def directory() -> None:
    """Make organizations, people and seats from a file."""


@app.command("import")
def import_directory(
    file: Annotated[
        Path, typer.Argument(help="A file of the shape of demo/agency.yaml.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(
            help="Who makes these changes: a person's id; the operator otherwise.",
            metavar="PERSON",
        ),
    ] = None,
) -> None:
    """Add what is new and change what differs; nothing is deleted. Every problem is shown with its line, and stops it all."""
    # Here, because it loads the libraries of the database, and every other command starts sooner without.
    from throughcare.usecases.administering import import_file

    try:
        changes = asyncio.run(
            import_file(read_settings(), file, dry_run=dry_run, by=by)
        )
    except ThroughcareError as error:
        refuse(str(error))
    for change in changes:
        typer.echo(str(change))
    made = [change for change in changes if change.done != "kept"]
    done = "would be made" if dry_run else "made"
    changed = "1 change" if len(made) == 1 else f"{len(made)} changes"
    typer.echo(f"{changed} {done}.")
