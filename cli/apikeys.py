"""`throughcare apikeys`: give people keys for the API, and take them back."""

import asyncio
from typing import Annotated

import typer

from cli.policy import refuse
from throughcare.config import read_settings
from throughcare.errors import ThroughcareError

app = typer.Typer(
    help="Give people keys for the API, and take them back.", no_args_is_help=True
)

KeyId = Annotated[
    str, typer.Argument(help="The id of the key: its part between tc_ and _.")
]
KeyMaker = Annotated[
    str | None,
    typer.Option(
        help="Who makes this change: a person's id; by default the user of this machine, where that is one person.",
        metavar="PERSON",
    ),
]


@app.command()
def create(
    person: Annotated[str, typer.Argument(help="The person's id in the directory.")],
    by: KeyMaker = None,
) -> None:
    """Make a key and print it. It is shown this once: only a hash is kept."""
    from throughcare.usecases.administering import create_key

    try:
        typer.echo(asyncio.run(create_key(read_settings(), person, by=by)))
    except ThroughcareError as error:
        refuse(str(error))


@app.command()
def renew(key: KeyId, by: KeyMaker = None) -> None:
    """End a key at once, and make and print another for the same person."""
    from throughcare.usecases.administering import renew_key

    try:
        typer.echo(asyncio.run(renew_key(read_settings(), key, by=by)))
    except ThroughcareError as error:
        refuse(str(error))


@app.command()
def revoke(key: KeyId, by: KeyMaker = None) -> None:
    """End a key at once."""
    from throughcare.usecases.administering import end_key

    try:
        asyncio.run(end_key(read_settings(), key, by=by))
    except ThroughcareError as error:
        refuse(str(error))
    typer.echo(f"{key} is revoked.")


@app.command("list")
def list_keys() -> None:
    """Show every key: its id, whose it is, since when, and whether it is in force."""
    from throughcare.usecases.administering import known_keys

    try:
        keys = asyncio.run(known_keys(read_settings()))
    except ThroughcareError as error:
        refuse(str(error))
    for key in keys:
        typer.echo(f"{key.id}  {key.person}  {key.created_at:%Y-%m-%d}  {key.state}")
