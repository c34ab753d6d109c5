"""By which right somebody sees a case or a client, and what that right lets them do (ruling 13)."""

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, select

from throughcare.case.seats import Capacity
from throughcare.errors import NotForYou
from throughcare.lifecycles.client.plan_facts import MEMBER
from throughcare.store.access import Right, opened_for
from throughcare.store.client_cases import recipients_at
from throughcare.store.clients import may_be_seen
from throughcare.store.tables import CaseRow, CaseSeatRow, ClientCaseRow, NoticeRow
from throughcare.usecases.asking import Asking
from throughcare.usecases.intake_staff import Staff, seen_client

WRITE = {Right.seat, Right.supervisor, Right.program, Right.administrator}
"""The rights that let somebody change who a client is. Oversight reads."""


def right_to_case(connection: Connection, asking: Asking, case_id: str) -> Right | None:
    """The one to name. None where they do not see it."""
    return foremost(rights_to_case(connection, asking, case_id))


def right_to_client(
    connection: Connection, asking: Asking, client_id: str
) -> Right | None:
    """The one to name. None where they do not see them."""
    return foremost(rights_to_client(connection, asking, client_id))


def foremost(rights: AbstractSet[Right]) -> Right | None:
    return next((each for each in Right if each in rights), None)


def rights_to_case(connection: Connection, asking: Asking, case_id: str) -> set[Right]:
    """Of a case that is there."""
    of, told = CaseSeatRow.case_id == case_id, NoticeRow.case_id == case_id
    found = _by_part(connection, asking, of) | _by_notice(connection, asking, told)
    client = select(CaseRow.client_id).where(CaseRow.id == case_id)
    if connection.scalar(client) in _opened(connection, asking):
        found.add(Right.emergency)
    return found


def rights_to_client(
    connection: Connection, asking: Asking, client_id: str
) -> set[Right]:
    """Of a client who is there."""
    about = select(CaseRow.id).where(CaseRow.client_id == client_id)
    found = _by_part(connection, asking, CaseSeatRow.case_id.in_(about))
    of_programs = Staff.of(connection).clients_of_programs(asking)
    if may_be_seen(connection, of_programs, [client_id]):
        found.add(Right.program)
    if client_id in _opened(connection, asking):
        found.add(Right.emergency)
    return found


def _by_part(
    connection: Connection, asking: Asking, of: ColumnElement[bool]
) -> set[Right]:
    held = {each.seat: each.capacity for each in asking.seats}
    found: set[Right] = set()
    if asking.is_administrator:
        found.add(Right.administrator)
    if asking.is_oversight:
        found.add(Right.oversight)
    query = select(CaseSeatRow.seat_id, CaseSeatRow.role).where(
        of, CaseSeatRow.on_side, CaseSeatRow.seat_id.in_(list(held))
    )
    for seat, role in connection.execute(query):
        if role.startswith(MEMBER):
            found.add(Right.consent)
        elif held[seat or ""] is Capacity.supervisor:
            found.add(Right.supervisor)
        else:
            found.add(Right.seat)
    return found


def _opened(connection: Connection, asking: Asking) -> set[str]:
    return set(connection.scalars(opened_for(asking.person_id, datetime.now(UTC))))


def _by_notice(
    connection: Connection, asking: Asking, of: ColumnElement[bool]
) -> set[Right]:
    query = select(NoticeRow.case_id).where(
        of,
        NoticeRow.kind == "violation_reported",
        NoticeRow.receiver_seat.in_([each.seat for each in asking.seats]),
    )
    return {Right.reported} if connection.scalar(query.limit(1)) else set()


# -- what a right lets them do --------------------------------------------------------------------------------------


def check_may_change(connection: Connection, asking: Asking, client_id: str) -> None:
    """Raises NoSuchClient and NotForYou."""
    seen_client(connection, asking, client_id)
    if not rights_to_client(connection, asking, client_id) & WRITE:
        raise NotForYou(
            "You may read about this client, and change nothing. Whoever works with them does that, those who take people in, or the Agency Administrator."
        )


def check_keeps_consents(
    connection: Connection, asking: Asking, client_id: str
) -> None:
    """Raises NoSuchClient and NotForYou."""
    seen_client(connection, asking, client_id)
    rights = rights_to_client(connection, asking, client_id)
    if rights & {Right.program, Right.administrator}:
        return
    if not is_worker(connection, asking, client_id):
        raise NotForYou(
            "A client's consents are kept by their worker, by the intake unit of their program, by the supervisors of both, or by the Agency Administrator."
        )


def recipients_shown(
    connection: Connection, asking: Asking, client_id: str
) -> set[str] | None:
    """For whom consents are shown to this person. None is for everybody: only who reads by a consent sees no other's."""
    if rights_to_client(connection, asking, client_id) != {Right.consent}:
        return None
    seats = [each.seat for each in asking.seats]
    return recipients_at(connection, client_id, seats)


def is_worker(connection: Connection, asking: Asking, client_id: str) -> bool:
    """Whether they sit in the seat of the client's worker, or above it. While there is none, that is whoever is on call
    (Q-08)."""
    mine = [each.seat for each in asking.seats]
    roles = {kind.role for kind in Staff.of(connection).on_call}
    on_call = [each for each in mine if asking.roles.get(each) in roles]
    standing_in = select(CaseSeatRow.case_id).where(
        CaseSeatRow.seat_id.in_(on_call), CaseSeatRow.on_side
    )
    worker = ClientCaseRow.worker_seat
    query = (
        select(CaseRow.id)
        .join(ClientCaseRow, ClientCaseRow.case_id == CaseRow.id)
        .where(CaseRow.client_id == client_id, CaseRow.closed_at.is_(None))
        .where(worker.in_(mine) | (worker.is_(None) & CaseRow.id.in_(standing_in)))
    )
    return connection.scalar(query.limit(1)) is not None
