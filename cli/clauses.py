"""`throughcare clauses`: for every clause of a pack, the rule, the code and the tests that carry it."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter

from cli.policy import pick, policies_folder, read_packs, refuse
from throughcare.case.base import Frozen
from throughcare.case.parts import ClauseId, Strength
from throughcare.errors import ThroughcareError
from throughcare.packs.pack import Pack

PRODUCT = ("throughcare", "workflows", "activities", "api", "cli")
RULES = (
    "pack.yaml",
    "conflict.yaml",
    "intake.yaml",
    "care-plan.yaml",
    "independence.yaml",
    "competencies.yaml",
)

ClausePlaces = Mapping[ClauseId, tuple[str, ...]]

ROOT = Path(__file__).resolve().parents[1]


class ClauseTrace(Frozen):
    """What carries one clause. `tests` is None where the product was installed without its tests."""

    id: ClauseId
    section: str
    strength: Strength
    paraphrase: str
    rules: tuple[str, ...]
    """`file:line`"""
    code: tuple[str, ...]
    """`file:qualified name`, or the file alone for what its module says."""
    tests: tuple[str, ...] | None
    """`file::test`"""
    case: tuple[str, ...] | None = None
    """What became of it in the case asked for; None where none was."""


def trace(pack: Pack, root: Path, policies: Path) -> tuple[ClauseTrace, ...]:
    """Every clause of the pack in its order. `root` holds the product's sources, `policies` the folder of packs."""
    ids = re.compile(
        rf"(?<![\w-])(?:{'|'.join(re.escape(clause.id) for clause in pack.clauses)})(?![\w-])"
    )
    rules = _gathered(_rules(policies / pack.header.id, ids))
    code = _gathered(_code(root, ids))
    tests = marked_tests(root / "tests")
    return tuple(
        ClauseTrace(
            **clause.model_dump(),
            rules=rules.get(clause.id, ()),
            code=code.get(clause.id, ()),
            tests=None if tests is None else tests.get(clause.id, ()),
        )
        for clause in pack.clauses
    )


def marked_tests(folder: Path) -> ClausePlaces | None:
    """The tests marked with each clause, or None where there is no such folder."""
    if not folder.is_dir():
        return None
    return _gathered(
        (clause, f"{_relative(path, folder.parent)}::{test}")
        for path in sorted(folder.rglob("test_*.py"))
        for clause, test in _marked_in(path)
    )


# Every pack asks the same files, and reading one takes longer than looking for its clauses.


@cache
def _marked_in(path: Path) -> tuple[tuple[ClauseId, str], ...]:
    """The clauses that this file's tests are marked with, and the test."""
    return tuple(
        (clause, test.name)
        for test in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef)
        for clause in _marks(test)
    )


@cache
def _read(path: Path) -> tuple[tuple[str, ...], tuple[tuple[str, range], ...]]:
    """Its lines, and every class and function with those that are its own."""
    source = path.read_text(encoding="utf-8")
    return tuple(source.splitlines()), tuple(_scopes(ast.parse(source)))


def _gathered(found: Iterator[tuple[ClauseId, str]]) -> ClausePlaces:
    places: defaultdict[ClauseId, dict[str, None]] = defaultdict(dict)
    for clause, place in found:
        places[clause][place] = None
    return {clause: tuple(each) for clause, each in places.items()}


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _rules(folder: Path, ids: re.Pattern[str]) -> Iterator[tuple[ClauseId, str]]:
    for path in (folder / name for name in RULES if (folder / name).exists()):
        for number, line in enumerate(
            path.read_text(encoding="utf-8").splitlines(), start=1
        ):
            for clause in ids.findall(line):
                yield clause, f"{path}:{number}"


def _code(root: Path, ids: re.Pattern[str]) -> Iterator[tuple[ClauseId, str]]:
    for path in sorted(
        path for name in PRODUCT for path in (root / name).rglob("*.py")
    ):
        lines, scopes = _read(path)
        for number, line in enumerate(lines, start=1):
            for clause in ids.findall(line):
                names = [name for name, own in scopes if number in own]
                yield clause, ":".join([_relative(path, root), *names[-1:]])


def _scopes(node: ast.AST, above: str = "") -> Iterator[tuple[str, range]]:
    """Every class and function with its lines; what is inside comes after what it is inside of."""
    for child in ast.iter_child_nodes(node):
        name = above
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{above}.{child.name}".lstrip(".")
            first = min(each.lineno for each in (child, *child.decorator_list))
            yield name, range(first, (child.end_lineno or first) + 1)
        yield from _scopes(child, name)


def _marks(test: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ClauseId]:
    for decorator in test.decorator_list:
        if (
            isinstance(decorator, ast.Call)
            and ast.unparse(decorator.func) == "pytest.mark.clause"
        ):
            for argument in decorator.args:
                if isinstance(argument, ast.Constant) and isinstance(
                    argument.value, str
                ):
                    yield argument.value


def clauses(
    pack: Annotated[
        str | None, typer.Option(help="Only the clauses of this pack.")
    ] = None,
    case: Annotated[
        str | None, typer.Option(help="Say what became of each in this case.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="As JSON, for a program to read.")
    ] = False,
) -> None:
    """Show for every clause what it asks, and the rule, the code and the tests that carry it."""
    folder = policies_folder()
    packs = read_packs(folder)
    wanted = packs.values() if pack is None else (pick(packs, pack),)
    traces = [each for known in wanted for each in trace(known, ROOT, folder)]
    if case is not None:
        traces = _with_case(traces, case)
    if as_json:
        typer.echo(TypeAdapter(list[ClauseTrace]).dump_json(traces, indent=2))
    else:
        typer.echo("\n\n".join(_text(each) for each in traces))


def _with_case(traces: list[ClauseTrace], case: str) -> list[ClauseTrace]:
    # Here, because it loads the database library, and every other command starts sooner without.
    from cli.clause_trace import trace_clauses

    try:
        became = trace_clauses(case)
    except ThroughcareError as error:
        refuse(str(error))
    return [
        each.model_copy(update={"case": became.get(each.id, ())}) for each in traces
    ]


def _text(each: ClauseTrace) -> str:
    tests = ("not installed with the product",) if each.tests is None else each.tests
    return "\n".join(
        [
            f"{each.id}  {each.strength}  ({each.section})",
            f"  {each.paraphrase}",
            *_listed("rule", each.rules),
            *_listed("code", each.code),
            *_listed("tests", tests),
            *(
                ()
                if each.case is None
                else _listed("case", each.case or ("did not come up",))
            ),
        ]
    )


def _listed(title: str, places: tuple[str, ...]) -> Iterator[str]:
    for number, place in enumerate(places or ("none",)):
        yield f"  {'' if number else title:<6} {place}"
