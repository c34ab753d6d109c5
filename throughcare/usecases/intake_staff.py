"""Who works with clients, by the policies in force: the seats that take people in, and those that can be a worker's.

Programs are apart (ruling 14): who takes people in sees the clients of their own programs. A seat's program is what the directory
says; of a seat without one, or named by the policy with its program, it is every program of that policy.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import Self

from sqlalchemy import ColumnElement, Connection, false, or_, select, true

from throughcare.case.base import Frozen
from throughcare.case.parts import RoleId
from throughcare.case.seats import Capacity, SeatKind
from throughcare.lifecycles.client.policy import IntakePolicy
from throughcare.store.access import opened_for
from throughcare.store.client_changes import NoSuchClient
from throughcare.store.clients import (
    ClientOnFile,
    find_client,
    in_a_case_of,
    in_a_case_within,
    in_no_case,
    may_be_seen,
)
from throughcare.store.directory import SeatFacts
from throughcare.store.packs import packs_in_force
from throughcare.store.tables import CaseRow, ClientRow, OrganizationRow, SeatRow
from throughcare.usecases.asking import Asking


class IntakeSeat(Frozen):
    """A seat that takes people in, or supervises those who do, and for which programs."""

    id: str
    title: str
    organization: str
    programs: tuple[str, ...]
    supervises: bool


class Staff(Frozen):
    """Of every intake policy in force."""

    intake: tuple[IntakeSeat, ...]
    titles: dict[str, str]
    """What programs are called, by id."""
    roles: tuple[str, ...]
    """The directory's roles of every part."""
    on_call: tuple[SeatKind, ...]
    workers: tuple[SeatKind, ...]

    @classmethod
    def of(cls, connection: Connection) -> Self:
        _, packs = packs_in_force(connection)
        policies = [each.pack.intake for each in packs if each.pack.intake]
        return cls(
            intake=tuple(_intake_seats(connection, policies)),
            titles={
                program: policy.titles.get(program, program)
                for policy in policies
                for program in policy.programs
            },
            roles=tuple(
                kind.role
                for policy in policies
                for part in policy.roles.values()
                for kind in part.accepts
            ),
            on_call=_kinds([each for each in policies if each.on_call], "on_call"),
            workers=_kinds(policies, "coordinator"),
        )

    def seats_of(self, asking: Asking) -> tuple[IntakeSeat, ...]:
        """Those this person takes people in from: the intake unit's, as whoever is above it too, and the supervisor's own."""
        held = {each.seat: each.capacity for each in asking.seats}
        return tuple(
            seat
            for seat in self.intake
            if seat.id in held
            and not (seat.supervises and held[seat.id] is Capacity.supervisor)
        )

    def programs_of(self, asking: Asking) -> set[str]:
        """For which this person takes people in."""
        return {each for seat in self.seats_of(asking) for each in seat.programs}

    def may_enter(self, asking: Asking) -> bool:
        return asking.is_administrator or bool(self.seats_of(asking))

    def works_with_clients(self, asking: Asking) -> bool:
        """Whether they sit, themselves, in a seat that some part of these policies is filled by."""
        mine = (asking.roles.get(seat) for seat in asking.own_seats)
        return any(role in self.roles for role in mine)

    def can_be_a_workers(self, seat: SeatFacts) -> bool:
        return any(kind.includes(seat.role, seat.program) for kind in self.workers)

    def clients_of_programs(self, asking: Asking) -> ColumnElement[bool]:
        """Those of the programs this person takes people in for. Who is in no case yet belongs where they were entered; whom
        no intake unit entered, to whichever takes them in."""
        programs = self.programs_of(asking)
        if not programs:
            return false()
        same = [each.id for each in self.intake if programs & set(each.programs)]
        entered = ClientRow.entered_from.is_(None) | ClientRow.entered_from.in_(same)
        return in_a_case_of(programs) | (in_no_case() & entered)

    def clients_seen_by(self, asking: Asking) -> ColumnElement[bool]:
        """Only the administrator sees everybody."""
        if asking.is_administrator:
            return true()
        opened = opened_for(asking.person_id, datetime.now(UTC))
        return or_(
            in_a_case_within(asking.scope),
            self.clients_of_programs(asking),
            ClientRow.id.in_(opened),
        )

    def cases_seen_by(self, asking: Asking) -> ColumnElement[bool]:
        """Of clients: those they may see themselves, and the intakes of their programs."""
        intakes = (CaseRow.kind == "intake") & CaseRow.program.in_(
            self.programs_of(asking)
        )
        return asking.scope.covers(CaseRow.id) | intakes


def seen_client(
    connection: Connection, asking: Asking, client_id: str, staff: Staff | None = None
) -> ClientOnFile:
    """Raises NoSuchClient, also where they are not this person's to see."""
    facts = find_client(connection, client_id)
    seen = (staff or Staff.of(connection)).clients_seen_by(asking)
    if facts is None or not may_be_seen(connection, seen, [client_id]):
        raise NoSuchClient
    return facts


def served_programs(
    policy: IntakePolicy, parts: Collection[RoleId], role: str, program: str | None
) -> Iterator[str]:
    """For which programs of this policy a seat of the directory plays one of these parts."""
    for kind in (kind for part in parts for kind in policy.roles[part].accepts):
        if not kind.includes(role, program):
            continue
        if kind.program or program is None:
            yield from policy.programs
        elif program in policy.programs:
            yield program


def _intake_seats(
    connection: Connection, policies: list[IntakePolicy]
) -> Iterator[IntakeSeat]:
    kinds = _kinds(policies, "intake", "supervisor")
    found = connection.execute(
        select(
            SeatRow.id,
            SeatRow.title,
            SeatRow.role,
            SeatRow.program,
            OrganizationRow.name.label("organization"),
        )
        .join(OrganizationRow, OrganizationRow.id == SeatRow.organization_id)
        .where(SeatRow.role.in_({kind.role for kind in kinds}))
        .order_by(SeatRow.id)
    )
    for seat in found:
        for part in ("intake", "supervisor"):
            programs = (
                each
                for policy in policies
                for each in served_programs(
                    policy, [getattr(policy, part)], seat.role, seat.program
                )
            )
            if served := tuple(dict.fromkeys(programs)):
                yield IntakeSeat(
                    id=seat.id,
                    title=seat.title,
                    organization=seat.organization,
                    programs=served,
                    supervises=part == "supervisor",
                )


def _kinds(policies: Iterable[IntakePolicy], *parts: str) -> tuple[SeatKind, ...]:
    found = [
        kind
        for policy in policies
        for part in parts
        for kind in policy.roles[getattr(policy, part)].accepts
    ]
    return tuple(dict.fromkeys(found))
