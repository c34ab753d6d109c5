"""`throughcare notices`: list those that did not arrive, and send them again."""

import asyncio
from typing import Annotated

import typer

from cli.policy import refuse
from throughcare.case.notice import Delivery, Undelivered
from throughcare.config import read_settings
from throughcare.errors import ThroughcareError

app = typer.Typer(
    help="List notices that did not arrive, and send them again.", no_args_is_help=True
)


@app.command("list")
def list_notices(
    delivery: Annotated[
        Undelivered | None, typer.Option(help="Only those that ended so.")
    ] = None,
) -> None:
    """Those that failed, or may have arrived, and that nobody has sent again; the latest first."""
    from throughcare.usecases.administering import list_undelivered

    chosen = Delivery(delivery) if delivery else None
    try:
        found = asyncio.run(list_undelivered(read_settings(), chosen))
    except ThroughcareError as error:
        refuse(str(error))
    for each in found:
        at = f"{each.settled_at:%Y-%m-%d %H:%M} UTC"
        typer.echo("  ".join([each.key, each.delivery, at, each.reason]))
    typer.echo(f"{_notices(len(found))} did not arrive, or may not have.")


@app.command("send-again")
def send_again(
    by: Annotated[
        str, typer.Option(help="Who does this: a person's id.", metavar="PERSON")
    ],
    keys: Annotated[
        list[str] | None, typer.Argument(help="As `notices list` shows them.")
    ] = None,
    every: Annotated[
        Undelivered | None, typer.Option("--all", help="Every one that ended so.")
    ] = None,
) -> None:
    """Send notices once more, to where their receivers are reached now; it stands with each who had it sent. Exit status 1 where one
    of those given arrived, waits, or was sent again already."""
    from throughcare.usecases.administering import send_notices_again

    if bool(keys) == bool(every):
        refuse("Name the notices, or --all failed or --all uncertain.")
    chosen = Delivery(every) if every else keys or []
    try:
        sent = asyncio.run(send_notices_again(read_settings(), chosen, by))
    except ThroughcareError as error:
        refuse(str(error))
    left = sorted(set(keys or ()) - set(sent))
    for key in left:
        typer.echo(f"{key}  is not sent: it arrived, waits, or was sent again already.")
    typer.echo(f"{_notices(len(sent))} will be sent again.")
    raise typer.Exit(1 if left else 0)


def _notices(count: int) -> str:
    return "1 notice" if count == 1 else f"{count} notices"
