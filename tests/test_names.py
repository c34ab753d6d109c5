"""One name of a type has one meaning in the whole product."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("throughcare", "workflows", "activities", "api", "cli")
TYPE_NAME = re.compile(r"[A-Z]+[a-z]\w*")


def types_in(source: str) -> Iterator[str]:
    """Classes and aliases at the top level, as long as they are for other modules too. A TypeVar is a name within its module."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and not _is_type_var(node.value):
            yield from (t.id for t in node.targets if isinstance(t, ast.Name))


def _is_type_var(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id in ("TypeVar", "ParamSpec")
    )


@cache
def defined() -> dict[str, list[str]]:
    """The modules that define a type, by its name."""
    found = defaultdict(list)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for name in types_in(path.read_text()):
                if TYPE_NAME.fullmatch(name):
                    found[name].append(str(path.relative_to(ROOT)))
    return found


def test_a_name_of_a_type_has_one_meaning() -> None:
    assert {n: where for n, where in defined().items() if len(where) > 1} == {}
