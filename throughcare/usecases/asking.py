"""Who is asking, with every seat they may act from now."""

from datetime import UTC, datetime
from functools import cached_property

from sqlalchemy import Connection

from throughcare.case.base import Frozen
from throughcare.case.seats import Actor, Capacity, HeldSeat
from throughcare.errors import NotForYou
from throughcare.store.access import (
    ADMINISTRATOR,
    OPERATOR,
    OVERSIGHT,
    Scope,
    holds_any,
)


class Asking(Frozen):
    """The person asking, with every seat they may act from now and the directory's role of each."""

    person_id: str
    name: str
    seats: tuple[HeldSeat, ...]
    roles: dict[str, str]

    def actor(self, chosen: str | None) -> Actor:
        """Raises NotForYou where they name a seat they may not act from."""
        mine = [held.seat for held in self.seats]
        if chosen is not None and chosen not in mine:
            listed = ", ".join(mine) or "none"
            raise NotForYou(
                f"You cannot act from the seat you named. Seats you can act from: {listed}."
            )
        return Actor(person=self.person_id, seats=self.seats, chosen=chosen)

    @cached_property
    def own_seats(self) -> tuple[str, ...]:
        """Those they sit in themselves: not the ones they merely supervise."""
        return tuple(
            held.seat for held in self.seats if held.capacity is not Capacity.supervisor
        )

    @property
    def is_administrator(self) -> bool:
        return self._sits_as(ADMINISTRATOR)

    @property
    def is_operator(self) -> bool:
        return self._sits_as(OPERATOR)

    @property
    def is_oversight(self) -> bool:
        return self._sits_as(OVERSIGHT)

    @cached_property
    def scope(self) -> Scope:
        if self.is_administrator or self.is_oversight:
            return Scope(seats=None, person=self.person_id)
        seats = tuple(held.seat for held in self.seats)
        return Scope(seats=seats, person=self.person_id, at=datetime.now(UTC))

    def _sits_as(self, role: str) -> bool:
        return any(self.roles.get(seat) == role for seat in self.own_seats)


def supervises(connection: Connection, asking: Asking, person_id: str) -> bool:
    below = tuple(
        held.seat for held in asking.seats if held.capacity is Capacity.supervisor
    )
    return holds_any(connection, person_id, below)
