"""How seats and instants are said in texts that people and operators read. Pure."""

from collections.abc import Iterable
from datetime import datetime

from throughcare.case.duty import (
    Duty,
)
from throughcare.case.seats import Seated

NOBODY = "nobody sits there"


def until(due_at: datetime | None) -> str:
    return f"{due_at:%Y-%m-%d %H:%M:%S}" if due_at else "no limit"


def soonest(duties: Iterable[Duty]) -> datetime | None:
    """The due date that comes first, where there is any."""
    return min((duty.due_at for duty in duties if duty.due_at), default=None)


def one_per_seat(seats: Iterable[Seated]) -> tuple[Seated, ...]:
    """A seat that has two parts in a case (CR-C-2b) is told a thing once."""
    found: dict[str | None, Seated] = {}
    for seated in seats:
        found.setdefault(seated.seat, seated)
    return tuple(found.values())


def listed(words: Iterable[object]) -> str:
    """A sentence that lists what there is says so where there is nothing."""
    return ", ".join(map(str, words)) or "none"


def all_of(seats: Iterable[Seated]) -> str:
    *first, last = dict.fromkeys(seated.title for seated in seats)
    return f"{', '.join(first)} and {last}" if first else last


def any_of(seats: Iterable[Seated]) -> str:
    return " or ".join(dict.fromkeys(seated.title for seated in seats))
