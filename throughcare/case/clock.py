"""Clocks: how long a duty, or a step whose duties share one clock, may last, and what the end does. Pure."""

from datetime import datetime
from enum import StrEnum

from throughcare.case.base import Frozen
from throughcare.case.duty import Basis
from throughcare.time.deadline import remind_at
from throughcare.time.span import Span, Within


class Then(StrEnum):
    """What the end of a limit does."""

    climb = "climb"
    """The duty goes up to whoever is above its holder."""
    next_step = "next_step"
    """The case moves on."""
    remind = "remind"
    """Whoever is waited for is reminded once more, and the case stays where it is."""
    ask_again = "ask_again"
    """The case is reported and asked after, as often as the limit says."""


class Limit(Within):
    """How long something may take, whose limit that is, and how long before its end those waited for are reminded."""

    basis: Basis
    remind: Span | None = None

    @property
    def rule(self) -> Within:
        """The limit as a due date is derived from it."""
        return Within(within=self.within, days=self.days, hours=self.hours)


class Clock(Frozen):
    """A limit that runs. `due_at` is None while no calendar gave a date; then `limit` is what is still to be derived."""

    then: Then
    started_at: datetime
    due_at: datetime | None = None
    remind_at: datetime | None = None
    limit: Limit | None = None

    @property
    def is_undated(self) -> bool:
        return self.due_at is None and self.limit is not None

    def dated(self, due_at: datetime) -> "Clock":
        lead = self.limit.remind if self.limit else None
        return self.model_copy(
            update={
                "due_at": due_at,
                "remind_at": remind_at(self.started_at, due_at, lead) if lead else None,
                "limit": None,
            }
        )


class Wake(Frozen):
    """When the case must be looked at again though nobody writes, and why, in words for an operator."""

    name: str
    at: datetime
    text: str
