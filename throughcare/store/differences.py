"""What may differ between the tables and the workflows, in words for operators that say nothing about anybody."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from throughcare.case.base import Frozen


class Kind(StrEnum):
    missing = "missing"
    """The workflow has it and the table does not."""
    stray = "stray"
    """The table has it and the workflow does not."""
    changed = "changed"
    no_workflow = "no_workflow"
    """Open in the tables, and Temporal knows nothing of it."""
    ended = "ended"
    """Open in the tables, and its workflow came to an end without closing it."""
    overdue = "overdue"
    """An open duty is past its due date, so its clock did not ring, or nobody heard it."""
    no_timer = "no_timer"
    """An open duty has a due date, and no clock runs for it."""
    timer_late = "timer_late"
    ahead = "ahead"
    """The tables were recorded later than the workflow knows."""
    unreachable = "unreachable"
    """Nobody could say whether it differs."""
    unknown_case = "unknown_case"
    no_history = "no_history"
    """Closed, and its history is gone: there is nothing left to compare it with."""


class Difference(Frozen):
    """`text` is for operators, and says nothing about anybody."""

    case: str
    kind: Kind
    table: str = ""
    key: str = ""
    columns: tuple[str, ...] = ()
    text: str
    mended: bool = False


MENDABLE = (Kind.missing, Kind.stray, Kind.changed, Kind.ahead)
UNDECIDED = (Kind.unreachable, Kind.no_history)

MANY = 3

WORDS = {
    Kind.no_workflow: "open in the tables, and Temporal knows nothing of it: `throughcare records begin` begins it again",
    Kind.ended: "open in the tables, and its workflow ended without closing it: `throughcare records begin` begins it again",
    Kind.ahead: "the tables were recorded later than its workflow knows: what they have beyond it is superseded once it is mended",
    Kind.unreachable: "its workflow did not answer, or did not come to rest while it was looked at",
    Kind.unknown_case: "neither the tables nor Temporal know it",
    Kind.no_history: "closed, and its history is gone: it cannot be rebuilt, and the tables are its record",
}


class Counts(Frozen):
    """How many cases were looked at, and of how many something differs, was mended, or could not be found out."""

    cases: int = 0
    different: int = 0
    mended: int = 0
    unreachable: int = 0
    ahead: int = 0
    """How many the tables know more of than their workflow, with no declared restore to say why."""

    @property
    def many_ahead(self) -> bool:
        """More than a worker that died or a workflow that was reset leaves: Temporal may be from an earlier moment."""
        return self.ahead >= MANY


class Compared(Counts):
    differences: tuple[Difference, ...] = ()

    @property
    def left(self) -> tuple[Difference, ...]:
        """What still differs or is not known. A closed case whose history is gone has nothing it could differ from."""
        return tuple(
            each
            for each in self.differences
            if not each.mended and each.kind is not Kind.no_history
        )


def of_case(case: str, kind: Kind) -> Difference:
    return Difference(case=case, kind=kind, text=WORDS[kind])


def counted(found: Mapping[str, Sequence[Difference]]) -> Compared:
    """`found` has every case that was looked at. A case is mended once nothing of it differs any more."""
    unreachable = different = mended = ahead = 0
    for differing in found.values():
        kinds = {each.kind for each in differing}
        unreachable += Kind.unreachable in kinds
        ahead += Kind.ahead in kinds
        if known := [each for each in differing if each.kind not in UNDECIDED]:
            different += 1
            mended += all(each.mended for each in known)
    return Compared(
        cases=len(found),
        different=different,
        mended=mended,
        unreachable=unreachable,
        ahead=ahead,
        differences=tuple(each for case in sorted(found) for each in found[case]),
    )
