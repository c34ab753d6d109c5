"""`throughcare policy`: check the packs of a folder, and draw what a pack has."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from throughcare.case.base import Written
from throughcare.case.policyfile import PolicyFile
from throughcare.config import Settings, read_settings
from throughcare.errors import ThroughcareError
from throughcare.lifecycles.conflict.drawing import ladder_diagram
from throughcare.lifecycles.registry import policy_files
from throughcare.packs.calendars import load_calendars
from throughcare.packs.pack import Pack
from throughcare.packs.reading import (
    digest,
    load_packs,
    needs_adoption,
    problems,
    warnings,
)
from throughcare.packs.yamlfile import BadFile, FileProblem, problem_at

app = typer.Typer(
    help="Check policy packs and draw their ladders and intakes.",
    no_args_is_help=True,
)


def refuse(text: str) -> NoReturn:
    """End the command: what is wrong goes to stderr, and the exit status is 2."""
    typer.echo(text, err=True)
    raise typer.Exit(2)


def settings_here() -> Settings:
    """The settings, or the end of the command."""
    try:
        return read_settings()
    except ThroughcareError as error:
        refuse(str(error))


def policies_folder() -> Path:
    """The folder the setting names, or the end of the command."""
    return settings_here().policies


def read_packs(folder: Path) -> dict[str, Pack]:
    """The packs of the folder, or the end of the command with a line for each problem."""
    try:
        return load_packs(folder)
    except ThroughcareError as error:
        refuse(str(error))


def pick(packs: dict[str, Pack], pack_id: str) -> Pack:
    if pack_id not in packs:
        refuse(f"There is no pack {pack_id!r}; there are: {', '.join(packs)}.")
    return packs[pack_id]


@app.command()
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="The folder of packs; by default what THROUGHCARE_POLICIES names."
        ),
    ] = None,
) -> None:
    """Check every pack of a folder, and the calendars: a line for each with its warnings, or every problem with its place and
    what would be right. Where the database has the agency, packs are held against its seats and what it adopted."""
    from throughcare.usecases.pack_checks import installed, warnings_here

    settings = settings_here()
    folder = folder or settings.policies
    today = datetime.now(UTC).date()
    here = asyncio.run(installed(settings))
    refused = []
    for name, pack in read_packs(folder).items():
        typer.echo(_line(pack))
        local = warnings_here(pack, here) if here else ()
        for warning in (*warnings(pack, today), *local):
            typer.echo(f"  warning: {warning}")
        if needs_adoption(pack):
            typer.echo("  in force once the agency has recorded its adoption")
            continue
        refused += [
            problem_at(folder / name / "pack.yaml", ("version",), said)
            for said in problems(pack)
        ]
    refused += _check_calendars(settings.calendars, today)
    if refused:
        refuse("\n".join(map(str, refused)))


def _check_calendars(folder: Path, today: date) -> list[FileProblem]:
    """A line for each calendar; what is wrong with them comes back."""
    try:
        calendars = load_calendars(folder)
    except BadFile as bad:
        return list(bad.problems)
    for each in calendars.values():
        covers = each.covers
        typer.echo(
            f"calendar {each.id}: closing days from {covers.first} to {covers.last}"
        )
        if covers.last < today:
            typer.echo("  warning: it has run out; no due date can be counted by it")
    return []


def _line(pack: Pack) -> str:
    count = len(pack.clauses)
    clauses = "1 clause" if count == 1 else f"{count} clauses"
    has = [f"version {pack.header.version}", clauses]
    has += [file.summary(policy) for file, policy in _policies(pack)]
    return f"{pack.header.id}: {', '.join(has)}, digest {digest(pack)}"


@app.command()
def show(
    pack: Annotated[str, typer.Argument(help="The id of the pack.")],
    ladder: Annotated[str | None, typer.Option(help="Only this ladder.")] = None,
) -> None:
    """Print a pack's ladders and its intake as Mermaid text."""
    found = pick(read_packs(policies_folder()), pack)
    if ladder is not None:
        wanted = [_ladder(found, ladder)]
    else:
        wanted = [text for file, said in _policies(found) for text in file.draw(said)]
    if not wanted:
        refuse(f"{pack} has neither ladders nor an intake to draw.")
    typer.echo("\n".join(wanted), nl=False)


def _policies(pack: Pack) -> Iterator[tuple[PolicyFile, Written]]:
    """What the pack's files say, in the order of the lifecycles."""
    for name, file in policy_files().items():
        if name in pack.policies:
            yield file, pack.policies[name]


def _ladder(pack: Pack, ladder_id: str) -> str:
    policy = pack.conflict
    ladders = {each.id: each for each in policy.ladders} if policy else {}
    if policy is None or ladder_id not in ladders:
        known = ", ".join(ladders) or "none"
        refuse(f"{pack.header.id} has no ladder {ladder_id!r}; it has: {known}.")
    return ladder_diagram(policy, ladders[ladder_id])
