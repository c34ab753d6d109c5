"""Seats: a duty belongs to a place in an organization, and the directory says who sits there at an instant."""

from datetime import datetime
from enum import StrEnum

from throughcare.case.base import Frozen, Written


class Side(StrEnum):
    """The two sides of a dispute. Neutral words on purpose: neither is accused (CR-P-2)."""

    coordination = "coordination"
    counterpart = "counterpart"

    @property
    def other(self) -> "Side":
        return Side.counterpart if self is Side.coordination else Side.coordination


class Capacity(StrEnum):
    """By what right a person acts from a seat."""

    holder = "holder"
    substitute = "substitute"
    supervisor = "supervisor"
    link = "link"
    """Through a signed single-purpose link sent to the seat (ruling 6)."""
    attested = "attested"
    """By somebody else's entry of what they said (ruling 6)."""
    webhook = "webhook"
    """Through the signed webhook of the seat's own organization."""
    imported = "imported"
    """As the agency's own record of before has it, by whoever brought in its caseload."""

    @property
    def rank(self) -> int:
        """Somebody's own seat comes before one they stand in for, and that before one they supervise (O-25)."""
        return _RANKS[self]


_RANKS = {capacity: number for number, capacity in enumerate(Capacity)}


class Seated(Frozen):
    """A seat and the person in it now. `seat` is None where the directory has no such seat, `person` where it is empty."""

    role: str
    title: str
    organization: str = ""
    seat: str | None = None
    person: str | None = None
    capacity: Capacity | None = None
    until_at: datetime | None = None
    """When the directory already knows that somebody else will sit here."""

    @property
    def is_empty(self) -> bool:
        return self.seat is None or self.person is None


class SeatKind(Written):
    """What a seat must be to fill a policy's role: its role in the directory and, where it matters, its program."""

    role: str
    program: str | None = None

    def includes(self, role: str, program: str | None) -> bool:
        return self.role == role and self.program in (None, program)

    def __str__(self) -> str:
        return f"{self.role} ({self.program})" if self.program else self.role


class SeatQuery(Frozen):
    """Which seat is asked for: one already chosen, or the one a `below` seat reports to, or the only one of its kind."""

    role: str
    title: str
    accepts: tuple[SeatKind, ...]
    seat: str | None = None
    below: str | None = None


class HeldSeat(Frozen):
    """A seat someone may act from, and by what right."""

    seat: str
    capacity: Capacity


class Attestation(Frozen):
    """Somebody's word, entered by another: who said it, to whom, how and when (ruling 6). All are people of the directory."""

    entered_by: str
    said_by: str
    told_to: str
    how: str
    said_at: datetime


class Actor(Frozen):
    """Who sends a message, with every seat they may act from at that moment."""

    person: str
    seats: tuple[HeldSeat, ...] = ()
    chosen: str | None = None
    """The seat the sender named, where they may act from several."""
    attestation: Attestation | None = None
    """Where the sender's word was entered by somebody else."""

    def right_to(self, seat: str | None) -> Capacity | None:
        if seat is None or (self.chosen is not None and self.chosen != seat):
            return None
        return next((held.capacity for held in self.seats if held.seat == seat), None)
