"""Every kind of entry is a member of an enum, the name of a message, or the status that a case ends with."""

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.lifecycles.care_plan.walk import agreed
from tests.lifecycles.conflict.conftest import Dispute
from tests.lifecycles.intake import cars
from tests.lifecycles.intake.walk import pack
from throughcare.case.case import Case
from throughcare.case.entry import EntryKind
from throughcare.lifecycles.client.acts import ClientEntry
from throughcare.lifecycles.client.fields import ClientStatus
from throughcare.lifecycles.conflict.acts import ConflictEntry
from throughcare.lifecycles.conflict.conflict import ConflictStatus

ROOT = Path(__file__).parents[2]
KINDS = (EntryKind, ConflictEntry, ClientEntry, ConflictStatus, ClientStatus)
WRITES = ("note", "discharge", "discharge_one")


def known(messages: Iterable[str]) -> set[str]:
    return {each.value for kind in KINDS for each in kind} | set(messages)


def bare(source: str) -> Iterator[int]:
    """The lines on which an entry is written whose kind is a bare string."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[:1] if node.func.attr == "note" else []
            named = [each.value for each in node.keywords if each.arg == "kind"]
            kinds = [*first, *named] if node.func.attr in WRITES else []
            if any(isinstance(each, ast.Constant) and each.value for each in kinds):
                yield node.lineno


@pytest.mark.parametrize("folder", ["throughcare/case", "throughcare/lifecycles"])
def test_no_entry_is_written_under_a_bare_string(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in bare(path.read_text())
    ]

    assert found == []


@pytest.mark.parametrize("call", ['case.note("x", t)', 'said.discharge(t, kind="x")'])
def test_a_bare_string_is_found(call: str) -> None:
    assert list(bare(call)) == [1]


def climbed() -> Case:
    dispute = Dispute(pack("milwaukee-wraparound"), "A")
    dispute.climb_to("A5")
    return dispute.conflict


def late() -> Case:
    walk = cars.emergency()
    walk.after(2 * cars.DAY)
    walk.say("moved", cars.SUPERVISOR, reason="moved away")
    return walk.case  # type: ignore[no-any-return]  # A walk's case may be any.


def planned() -> Case:
    return agreed().case  # type: ignore[no-any-return]  # A walk's case may be any.


@pytest.mark.parametrize("story", [climbed, late, planned])
def test_every_entry_of_a_story_is_of_a_known_kind(story: Callable[[], Case]) -> None:
    case = story()

    assert {entry.kind for entry in case.timeline} <= known(case.messages)
