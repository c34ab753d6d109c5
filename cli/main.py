"""The `throughcare` command."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli import apikeys, clauses, directory, intake, notices, policy, records
from throughcare.config import read_settings
from throughcare.errors import ThroughcareError
from throughcare.temporal.ending import end_process
from throughcare.temporal.keys import (
    KeyRing,
    add_key,
    read_or_create,
)

app = typer.Typer(
    help="Runs written policies: duties, clocks and the people they belong to.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
database = typer.Typer(help="The database.", no_args_is_help=True)
keys = typer.Typer(
    help="The keys that payloads in Temporal are encrypted with.", no_args_is_help=True
)
app.add_typer(policy.app, name="policy")
app.add_typer(records.app, name="records")
app.add_typer(directory.app, name="directory")
app.add_typer(intake.app, name="intake")
app.add_typer(apikeys.app, name="apikeys")
app.add_typer(notices.app, name="notices")
app.add_typer(database, name="database")
app.add_typer(keys, name="keys")
app.command("clauses")(clauses.clauses)


def main() -> NoReturn:
    """The command as a process: what it ends with is its exit status."""
    try:
        app()
    except SystemExit as end:
        # As the interpreter has it: a text is a failure, and is said.
        if isinstance(end.code, str):
            end_process(1, end.code)
        end_process(end.code or 0)
    end_process()


@app.command()
def dev() -> None:
    """Run the whole product on this machine: Temporal with its UI, database, worker, API, mailbox, demonstration agency."""
    from cli.dev import run

    try:
        run()
    except ThroughcareError as error:
        policy.refuse(str(error))


@database.command("upgrade")
def upgrade_database() -> None:
    """Bring the tables up to date."""
    from cli.installation import upgrade_tables

    try:
        asyncio.run(upgrade_tables(read_settings()))
    except ThroughcareError as error:
        policy.refuse(str(error))
    typer.echo("The tables are up to date.")


@keys.command("create")
def create_keys(
    path: Annotated[Path, typer.Argument(help="Where to write the file.")],
) -> None:
    """Make a file of keys, once, for every worker and API to read. An existing file is left as it is."""
    ring = _ring(read_or_create, path)
    typer.echo(f"{path}: active key {ring.active}")


@keys.command("rotate")
def rotate_keys(
    path: Annotated[Path, typer.Argument(help="The file of keys.")],
) -> None:
    """Add a key and make it the active one; the old ones stay, to read what they wrote."""
    ring = _ring(add_key, path)
    typer.echo(f"{path}: active key {ring.active}, {len(ring.keys)} in all")


def _ring(made: Callable[[Path], KeyRing], path: Path) -> KeyRing:
    try:
        return made(path)
    except ThroughcareError as error:
        policy.refuse(str(error))
    except OSError as error:
        policy.refuse(f"{path} cannot be written: {error.strerror}.")
