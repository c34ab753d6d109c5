"""`throughcare policy`, run as a person types it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from shutil import copytree

import pytest
from typer.testing import CliRunner, Result

from cli.policy import app
from throughcare.packs.reading import load_packs
from throughcare.store.database import open_database, upgrade
from throughcare.store.packs import adopt
from throughcare.usecases.demo import load_demo

POLICIES = Path(__file__).parents[2] / "policies"
SHIPPED_CALENDARS = POLICIES.parent / "calendars"

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copytree(POLICIES, tmp_path / "policies")


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Run:
    own = tmp_path / "calendars"

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(
            app,
            arguments,
            env={
                "THROUGHCARE_POLICIES": str(folder),
                "THROUGHCARE_DATABASE_URL": f"sqlite:///{tmp_path}/here.db",
                "THROUGHCARE_CALENDARS": str(
                    own if own.is_dir() else SHIPPED_CALENDARS
                ),
            },
        )

    return invoke


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.clause("CR-M-1")
def test_check_lists_a_pack_with_its_version_and_says_that_its_review_is_overdue(
    run: Run,
) -> None:
    result = run("check")

    assert result.exit_code == 0
    assert (
        "milwaukee-wraparound: version 1, 40 clauses, ladders A, B, C, digest "
        in result.stdout
    )
    assert "  warning: review overdue since 2024-12-31" in result.stdout
    assert result.stderr == ""


def test_shipped_packs_have_no_clause_that_nothing_carries(run: Run) -> None:
    assert "is carried by nothing" not in run("check").stdout


def test_check_warns_of_a_clause_that_nothing_carries_any_more(
    run: Run, folder: Path
) -> None:
    new = '  - {id: CP-Z-9, section: "9", strength: shall, paraphrase: "Something more."}\n'
    clauses = folder / "milwaukee-cars" / "clauses.yaml"
    clauses.write_text(clauses.read_text() + new)

    result = run("check")

    assert result.exit_code == 0
    assert "  warning: clause CP-Z-9 is carried by nothing in the pack" in result.stdout


def test_calendars_are_checked_too(run: Run, tmp_path: Path) -> None:
    calendars = copytree(POLICIES.parent / "calendars", tmp_path / "calendars")
    assert "calendar milwaukee-county: closing days from" in run("check").stdout
    edit(calendars / "milwaukee-county.yaml", "America/Chicago", "America/Chicag")

    result = run("check")

    assert result.exit_code == 2
    assert "milwaukee-county.yaml:" in result.stderr
    assert "is not an IANA time zone" in result.stderr


def test_packs_are_held_against_the_directory_and_what_was_adopted(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    asyncio.run(_installed(tmp_path / "here.db"))
    assert "the directory has no seat" not in run("check").stdout
    pack = folder / "milwaukee-cars" / "pack.yaml"
    edit(pack, "title: Milwaukee CARS", "title: Milwaukie CARS")
    edit(
        folder / "milwaukee-cars" / "intake.yaml",
        "programs: [cars]",
        "programs: [carz]",
    )

    conflict = folder / "milwaukee-wraparound" / "conflict.yaml"
    edit(conflict, "title: DMCPS Program Manager", "title: XYZPS Program Manager")

    said = run("check").stdout

    assert "the directory knows no XYZPS; is that another agency's name?" in said
    assert "its text is not that of version 1 as adopted here" in said
    assert "program carz: no seat of the directory is of it" in said


async def _installed(file: Path) -> None:
    url = f"sqlite:///{file}"
    await upgrade(url)
    database = open_database(url)
    try:
        await database.write(load_demo, datetime.now(UTC))
        for pack in load_packs(POLICIES).values():
            await database.write(adopt, pack, datetime.now(UTC))
    finally:
        await database.close()


def test_check_lists_what_policies_a_pack_has(run: Run) -> None:
    lines = run("check").stdout.splitlines()

    assert any(
        line.startswith(
            "milwaukee-cars: version 1, 62 clauses, an intake of 22 duties, a plan of 11 sections, digest "
        )
        for line in lines
    )
    assert any(
        line.startswith("conflict-free: version 1, 13 clauses, independence, digest ")
        for line in lines
    )
    assert any(
        line.startswith("wisconsin-competencies: version 1, 1 clause, competencies, ")
        for line in lines
    )


@pytest.mark.clause("CS-M-1")
def test_check_says_which_packs_wait_for_the_agencys_own_adoption(run: Run) -> None:
    lines = run("check").stdout.splitlines()

    waiting = "  in force once the agency has recorded its adoption"
    assert [
        before.split(":")[0] for before, line in pairwise(lines) if line == waiting
    ] == [
        "conflict-free",
        "milwaukee-cars",
        "southeast-michigan-cmh",
        "wisconsin-competencies",
    ]


def test_check_reads_the_folder_it_is_given_instead_of_the_setting(
    run: Run, tmp_path: Path
) -> None:
    result = run("check", str(tmp_path / "nowhere"))

    assert result.exit_code == 2
    assert result.stderr.startswith(f"{tmp_path / 'nowhere'} is no folder. ")
    assert result.stderr.count("\n") == 1


def test_check_reports_each_problem_on_a_line_with_its_place(
    run: Run, folder: Path
) -> None:
    conflict = folder / "milwaukee-wraparound" / "conflict.yaml"
    edit(conflict, "clause: CR-A-0", "clause: CR-A-O")
    edit(conflict, "convener: care-coordinator", "convener: anybody")

    result = run("check")

    assert result.exit_code == 2
    assert result.stdout == ""
    problems = result.stderr.splitlines()
    assert [line.split(": ", 1)[1] for line in problems] == [
        "'CR-A-O' is no clause; write CR-A-5 or CR-A-1 or CR-A-0, or add it to clauses.yaml",
        "'anybody' is no role; define it under roles",
    ]
    assert all(line.startswith(f"{conflict}:") for line in problems)


@pytest.mark.clause("CR-M-2")
def test_check_refuses_an_edited_version_that_nobody_approved(
    run: Run, folder: Path
) -> None:
    header = folder / "milwaukee-wraparound" / "pack.yaml"
    edit(header, "\nversion: 1\n", "\nversion: 2\n")

    result = run("check")

    assert result.exit_code == 2
    line = header.read_text().splitlines().index("version: 2") + 1
    assert result.stderr.startswith(
        f"{header}:{line}:10: not approved: version 2 has no approval of its own; add "
    )
    assert result.stderr.count("\n") == 1


def test_show_draws_every_ladder_of_a_pack(run: Run) -> None:
    result = run("show", "milwaukee-wraparound")

    assert result.exit_code == 0
    assert result.stdout.count("flowchart TD\n") == 3


def test_show_draws_one_ladder_alone(run: Run) -> None:
    result = run("show", "milwaukee-wraparound", "--ladder", "C")

    assert result.stdout.count("flowchart TD\n") == 1
    assert "C3 · Administrative staff" in result.stdout


def test_show_draws_an_intake(run: Run) -> None:
    result = run("show", "southeast-michigan-cmh")

    assert result.exit_code == 0
    assert result.stdout.count("flowchart LR\n") == 1
    assert "Offer the service (CS-L-1)" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("show", "madison"),
            "There is no pack 'madison'; there are: conflict-free, milwaukee-cars, milwaukee-wraparound, "
            "southeast-michigan-cmh, wisconsin-competencies.\n",
        ),
        (
            ("show", "milwaukee-wraparound", "--ladder", "D"),
            "milwaukee-wraparound has no ladder 'D'; it has: A, B, C.\n",
        ),
        (
            ("show", "milwaukee-cars", "--ladder", "A"),
            "milwaukee-cars has no ladder 'A'; it has: none.\n",
        ),
        (
            ("show", "conflict-free"),
            "conflict-free has neither ladders nor an intake to draw.\n",
        ),
    ],
    ids=["an unknown pack", "an unknown ladder", "no ladders", "nothing to draw"],
)
def test_show_refuses_what_it_does_not_know_and_says_what_there_is(
    run: Run, arguments: tuple[str, ...], says: str
) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stdout, result.stderr) == (2, "", says)
