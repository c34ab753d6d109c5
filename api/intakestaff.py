"""Who works with clients, by the policies in force: the seats that take people in, and those that can be a worker's."""

from typing import Self

from sqlalchemy import ColumnElement, true

from api.deps import Asking, Parts
from throughcare.case.base import Frozen
from throughcare.case.seats import SeatKind
from throughcare.lifecycles.client.policy import IntakePolicy
from throughcare.store.clients import in_a_case_within
from throughcare.store.directory import SeatFacts


class Staff(Frozen):
    """The kinds of seat of every intake policy in force."""

    intake: tuple[SeatKind, ...]
    workers: tuple[SeatKind, ...]

    @classmethod
    async def of(cls, parts: Parts) -> Self:
        _, packs = await parts.adopted_packs.in_force()
        policies = [each.pack.intake for each in packs if each.pack.intake]
        return cls(
            intake=_kinds(policies, "intake", "supervisor"),
            workers=_kinds(policies, "coordinator"),
        )

    def take_in(self, asking: Asking) -> bool:
        """Whether this person sits where people are taken in."""
        roles = {kind.role for kind in self.intake}
        return any(asking.roles.get(seat) in roles for seat in asking.own_seats)

    def see_everybody(self, asking: Asking) -> bool:
        """Only whoever sees every client notices that one is here twice."""
        return asking.is_administrator or self.take_in(asking)

    def can_be_a_workers(self, seat: SeatFacts) -> bool:
        return any(kind.includes(seat.role, seat.program) for kind in self.workers)

    def clients_seen_by(self, asking: Asking) -> ColumnElement[bool]:
        if self.see_everybody(asking):
            return true()
        return in_a_case_within(asking.scope)


def _kinds(policies: list[IntakePolicy], *parts: str) -> tuple[SeatKind, ...]:
    found = [
        kind
        for policy in policies
        for part in parts
        for kind in policy.roles[getattr(policy, part)].accepts
    ]
    return tuple(dict.fromkeys(found))
