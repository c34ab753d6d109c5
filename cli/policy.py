"""`throughcare policy`: check the packs of a folder, and draw what a pack has."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from throughcare.case.base import Written
from throughcare.case.policyfile import PolicyFile
from throughcare.config import read_settings
from throughcare.errors import ThroughcareError
from throughcare.lifecycles.conflict.drawing import ladder_diagram
from throughcare.lifecycles.registry import policy_files
from throughcare.packs.pack import Pack
from throughcare.packs.reading import (
    digest,
    load_packs,
    needs_adoption,
    problems,
    warnings,
)
from throughcare.packs.yamlfile import problem_at

app = typer.Typer(
    help="Check policy packs and draw their ladders and intakes.",
    no_args_is_help=True,
)


def refuse(text: str) -> NoReturn:
    """End the command: what is wrong goes to stderr, and the exit status is 2."""
    typer.echo(text, err=True)
    raise typer.Exit(2)


def policies_folder() -> Path:
    """The folder the setting names, or the end of the command."""
    try:
        return read_settings().policies
    except ThroughcareError as error:
        refuse(str(error))


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
    """Check every pack of a folder: a line for each, or every problem with its place and what would be right."""
    folder = folder or policies_folder()
    today = datetime.now(UTC).date()
    refused = []
    for name, pack in read_packs(folder).items():
        typer.echo(_line(pack))
        for warning in warnings(pack, today):
            typer.echo(f"  warning: {warning}")
        if needs_adoption(pack):
            typer.echo("  in force once the agency has recorded its adoption")
            continue
        refused += [
            problem_at(folder / name / "pack.yaml", ("version",), said)
            for said in problems(pack)
        ]
    if refused:
        refuse("\n".join(map(str, refused)))


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
