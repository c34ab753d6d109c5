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


@app.command("seatings")
def list_seatings() -> None:
    """Show who is proposed as administrator or operator and waits for a second person."""
    from throughcare.usecases.administering import seatings

    try:
        waiting = asyncio.run(seatings(read_settings()))
    except ThroughcareError as error:
        refuse(str(error))
    for each in waiting:
        said = f"{each.seat_id}  {each.person_id}  proposed by {each.proposed_by}"
        typer.echo(f"{each.id}  {said}  {each.proposed_at:%Y-%m-%d}")


WaitingSeating = Annotated[str, typer.Argument(help="The id that `seatings` shows.")]
SecondPerson = Annotated[
    str,
    typer.Option(
        help="An administrator's or Quality Assurance's id, of neither who proposed it nor who is to sit there.",
        metavar="PERSON",
    ),
]


@app.command()
def confirm(seating: WaitingSeating, by: SecondPerson) -> None:
    """Have somebody sit as administrator or operator who was proposed."""
    _settle(seating, by, is_confirmed=True)


@app.command()
def decline(seating: WaitingSeating, by: SecondPerson) -> None:
    """Have whoever was proposed not sit there."""
    _settle(seating, by, is_confirmed=False)


def _settle(seating: str, by: str, *, is_confirmed: bool) -> None:
    from throughcare.usecases.administering import settle_seating

    try:
        settled = asyncio.run(
            settle_seating(read_settings(), seating, by=by, is_confirmed=is_confirmed)
        )
    except ThroughcareError as error:
        refuse(str(error))
    done = "sits" if is_confirmed else "does not sit"
    typer.echo(f"{settled.person_id} {done} in {settled.seat_id}.")


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
