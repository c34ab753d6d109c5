"""`throughcare clauses`: the trace, and the check that no clause goes without a test."""

import asyncio
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.clauses import ClauseTrace, clauses, marked_tests, trace
from tests.samples import CASE, case_record, served_record
from throughcare.packs.pack import Pack
from throughcare.packs.reading import load_packs
from throughcare.store.database import open_database, upgrade
from throughcare.store.records import Record, apply_record

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "policies"
PACKS = load_packs(POLICIES)

app = typer.Typer()
app.command()(clauses)


@pytest.fixture
def pack() -> Pack:
    return PACKS["milwaukee-wraparound"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A product of one file, with one test."""
    (tmp_path / "throughcare").mkdir()
    (tmp_path / "throughcare" / "ladder.py").write_text(
        '"""Ladders (CR-P-1)."""\n'
        "\n"
        "class Ladder:\n"
        '    """Climbs."""\n'
        "\n"
        "    def climb(self):\n"
        "        # CR-A-2a comes first, not CR-A-2abc.\n"
        '        return "CR-A-3a"\n'
        "\n"
        "    async def stay(self):\n"
        '        """At the top (CR-A-5, CR-A-5)."""\n'
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_ladder.py").write_text(
        "import pytest\n"
        "\n"
        '@pytest.mark.clause("CR-A-5")\n'
        '@pytest.mark.clause("CR-A-3a")\n'
        "async def test_it_climbs():\n"
        "    # CR-P-1 in a comment marks nothing.\n"
        "    assert True\n"
    )
    return tmp_path


def traced(pack: Pack, root: Path) -> dict[str, ClauseTrace]:
    return {each.id: each for each in trace(pack, root, POLICIES)}


@pytest.mark.parametrize(
    ("clause", "places"),
    [
        ("CR-P-1", ("throughcare/ladder.py",)),
        ("CR-A-2a", ("throughcare/ladder.py:Ladder.climb",)),
        ("CR-A-3a", ("throughcare/ladder.py:Ladder.climb",)),
        ("CR-A-5", ("throughcare/ladder.py:Ladder.stay",)),
        ("CR-A-2b", ()),
    ],
    ids=["a module", "a comment", "a text", "a docstring", "nothing"],
)
def test_the_code_of_a_clause_is_what_names_it(
    pack: Pack, root: Path, clause: str, places: tuple[str, ...]
) -> None:
    assert traced(pack, root)[clause].code == places


def test_the_tests_of_a_clause_are_those_marked_with_it(pack: Pack, root: Path) -> None:
    found = traced(pack, root)

    assert (
        found["CR-A-5"].tests
        == found["CR-A-3a"].tests
        == ("tests/test_ladder.py::test_it_climbs",)
    )
    assert found["CR-P-1"].tests == ()


def test_the_rule_of_a_clause_is_the_line_it_stands_on(pack: Pack, root: Path) -> None:
    file = POLICIES / "milwaukee-wraparound" / "conflict.yaml"
    lines = [
        n
        for n, line in enumerate(file.read_text().splitlines(), start=1)
        if "CR-C-1b" in line
    ]

    assert traced(pack, root)["CR-C-1b"].rules == tuple(
        f"{file}:{line}" for line in lines
    )


@pytest.mark.parametrize(
    ("name", "file", "clause"),
    [
        ("milwaukee-cars", "intake.yaml", "CP-E-1a"),
        ("conflict-free", "independence.yaml", "CF-S-1a"),
        ("milwaukee-cars", "care-plan.yaml", "CP-C-j"),
        ("southeast-michigan-cmh", "care-plan.yaml", "CS-W-15"),
        ("wisconsin-competencies", "competencies.yaml", "CC-08.4"),
    ],
)
def test_the_rule_of_a_clause_is_found_in_whichever_policy_a_pack_has(
    root: Path, name: str, file: str, clause: str
) -> None:
    rules = traced(PACKS[name], root)[clause].rules

    assert rules
    assert all(place.startswith(f"{POLICIES / name / file}:") for place in rules)


def test_a_product_without_its_tests_says_so_instead_of_showing_none(
    pack: Pack, root: Path
) -> None:
    (root / "tests").rename(root / "elsewhere")

    assert {each.tests for each in trace(pack, root, POLICIES)} == {None}


def test_clauses_prints_every_clause_with_its_strength_and_what_carries_it(
    pack: Pack,
) -> None:
    result = CliRunner().invoke(app, [], env={"THROUGHCARE_POLICIES": str(POLICIES)})

    assert result.exit_code == 0
    for clause in pack.clauses:
        assert (
            f"{clause.id}  {clause.strength}  ({clause.section})\n  {clause.paraphrase}\n  rule "
            in result.stdout
        )


def test_clauses_prints_the_same_for_a_program_to_read(pack: Pack) -> None:
    result = CliRunner().invoke(
        app,
        ["--pack", "milwaukee-wraparound", "--json"],
        env={"THROUGHCARE_POLICIES": str(POLICIES)},
    )

    told = [ClauseTrace.model_validate(each) for each in json.loads(result.stdout)]
    assert told == list(trace(pack, ROOT, POLICIES))


def test_clauses_of_an_unknown_pack_are_refused(pack: Pack) -> None:
    result = CliRunner().invoke(
        app, ["--pack", "madison"], env={"THROUGHCARE_POLICIES": str(POLICIES)}
    )

    assert result.exit_code == 2
    assert (
        result.stderr == f"There is no pack 'madison'; there are: {', '.join(PACKS)}.\n"
    )


def test_every_registered_clause_has_a_test_marked_with_it() -> None:
    untested = [
        each.id
        for pack in PACKS.values()
        for each in trace(pack, ROOT, POLICIES)
        if not each.tests
    ]

    assert untested == [], (
        "mark the test that shows each clause carried out: @pytest.mark.clause(...)"
    )


def test_every_clause_a_test_is_marked_with_is_registered() -> None:
    registered = {clause.id for pack in PACKS.values() for clause in pack.clauses}

    unknown = (marked_tests(ROOT / "tests") or {}).keys() - registered

    assert unknown == set(), (
        "register the clause in its pack's clauses.yaml, or correct the mark"
    )


async def _record(url: str, record: Record | None = None) -> None:
    await upgrade(url)
    database = open_database(url)
    await database.write(apply_record, record or case_record())
    await database.close()


def test_with_a_case_every_clause_says_what_became_of_it_there(tmp_path: Path) -> None:
    asyncio.run(_record(f"sqlite:///{tmp_path / 'throughcare.db'}"))
    state = {"THROUGHCARE_STATE": str(tmp_path)}

    shown = CliRunner().invoke(app, ["--case", CASE, "--json"], env=state)

    became = {each["id"]: each["case"] for each in json.loads(shown.stdout)}
    assert "A1 duty: The two workers meet: open" in became["CR-A-1"][0]
    assert "the agency's own limit" in became["CR-A-1"][0]
    assert became["CR-A-5"] == []


def test_an_intake_says_so_as_a_conflict_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'throughcare.db'}"
    asyncio.run(_record(url, served_record()))
    state = {"THROUGHCARE_STATE": str(tmp_path)}

    shown = CliRunner().invoke(app, ["--case", CASE, "--json"], env=state)

    became = {each["id"]: each["case"] for each in json.loads(shown.stdout)}
    assert "The two workers meet: open" in became["CR-A-1"][0]


def test_a_case_that_is_not_there_ends_the_command_with_a_line(tmp_path: Path) -> None:
    asyncio.run(_record(f"sqlite:///{tmp_path / 'throughcare.db'}"))
    state = {"THROUGHCARE_STATE": str(tmp_path)}

    refused = CliRunner().invoke(app, ["--case", "nope"], env=state)

    assert refused.exit_code == 2
    assert refused.stderr.startswith("There is no case 'nope' in this database.")
