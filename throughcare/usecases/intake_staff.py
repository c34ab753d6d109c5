"""Who works with clients, by the policies in force: the seats that take people in, and those that can be a worker's."""

from typing import Self

from sqlalchemy import ColumnElement, Connection, true

from throughcare.case.base import Frozen
from throughcare.case.seats import SeatKind
from throughcare.lifecycles.client.policy import IntakePolicy
from throughcare.store.access import Scope
from throughcare.store.client_changes import NoSuchClient
from throughcare.store.clients import (
    ClientOnFile,
    find_client,
    in_a_case_within,
    may_be_seen,
)
from throughcare.store.directory import SeatFacts
from throughcare.store.packs import packs_in_force
from throughcare.usecases.asking import Asking


class Staff(Frozen):
    """The kinds of seat of every intake policy in force."""

    intake: tuple[SeatKind, ...]
    on_call: tuple[SeatKind, ...]
    workers: tuple[SeatKind, ...]

    @classmethod
    def of(cls, connection: Connection) -> Self:
        _, packs = packs_in_force(connection)
        policies = [each.pack.intake for each in packs if each.pack.intake]
        return cls(
            intake=_kinds(policies, "intake", "supervisor"),
            on_call=_kinds([each for each in policies if each.on_call], "on_call"),
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
        return true() if self.see_everybody(asking) else in_a_case_within(asking.scope)

    def cases_seen_by(self, asking: Asking) -> Scope:
        return Scope(seats=None) if self.see_everybody(asking) else asking.scope


def seen_client(
    connection: Connection, asking: Asking, client_id: str, staff: Staff | None = None
) -> ClientOnFile:
    """Raises NoSuchClient, also where they are not this person's to see."""
    facts = find_client(connection, client_id)
    seen = (staff or Staff.of(connection)).clients_seen_by(asking)
    if facts is None or not may_be_seen(connection, seen, [client_id]):
        raise NoSuchClient
    return facts


def _kinds(policies: list[IntakePolicy], *parts: str) -> tuple[SeatKind, ...]:
    found = [
        kind
        for policy in policies
        for part in parts
        for kind in policy.roles[getattr(policy, part)].accepts
    ]
    return tuple(dict.fromkeys(found))
