"""A mistake is taken back: the entry that was wrong stays and is marked, and nothing counts what came of it (ruling 21). Pure."""

from collections.abc import Collection
from typing import Any

from pydantic import Field

from throughcare.case.entry import Entry, EntryKind
from throughcare.case.message import Facts, LookUp
from throughcare.case.said import Said

THE_ENTRY = LookUp("entry", ("original",))

OPENING_ENTRY = 1
"""The `seq` of the entry that opens a case, which is the first of any timeline."""

OPENED_IN_ERROR = "opened_in_error"
"""The status of a case that should never have been opened, and the kind of the entry that says so."""


class TakesBack(Facts):
    """What every message says by which an earlier one is taken back."""

    entry: int = Field(
        ge=1, description="The `seq` of the entry that was a mistake, on the timeline."
    )
    reason: str = Field(min_length=1, max_length=1000)
    original: Entry | None = None
    """The entry as the tables have it: a case carries only its last ones."""

    def mistaken(self, said: Said[Any], kinds: Collection[str]) -> Entry:
        """The entry that was wrong. Raises Unreadable where it is none of these kinds, or was taken back before."""
        case = said.case
        entry = case.entry(self.entry) or self.original
        if entry is None or entry.seq != self.entry or entry.kind not in kinds:
            raise said.unreadable(f"entry must be one of: {', '.join(sorted(kinds))}.")
        if any(e.corrects == entry.seq and is_mark(e) for e in case.timeline):
            raise said.unreadable(f"entry {entry.seq} was taken back before.")
        return entry

    def mark(self, said: Said[Any], entry: Entry, text: str) -> None:
        said.note(
            EntryKind.taken_back,
            text,
            entry.clause or said.case.main_clause,
            step=entry.step,
            words=said.words(self.reason),
            corrects=entry.seq,
        )


def is_mark(entry: Entry) -> bool:
    """Whether it says of the entry it corrects that it was a mistake."""
    return entry.kind in (EntryKind.taken_back, OPENED_IN_ERROR)
