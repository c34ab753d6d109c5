"""Opening a client in an emergency: for staff with a reason, for a limited time, told and reviewed (ruling 14)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy import Connection, Row, select, true

from throughcare.case.base import Written
from throughcare.case.notice import Notice
from throughcare.case.seats import Seated
from throughcare.errors import BadRequestValue, NotForYou
from throughcare.store.access import ADMINISTRATOR, OVERSIGHT
from throughcare.store.client_changes import record_client_change
from throughcare.store.clients import ClientQuery, find_client, search_clients
from throughcare.store.database import insert_into
from throughcare.store.directory import SeatFacts, seat_facts
from throughcare.store.emergency_access import (
    EmergencyAccess,
    add_access,
    overdue_reviews,
)
from throughcare.store.identity import StorableText
from throughcare.store.notice_queue import queued
from throughcare.store.tables import (
    CaseRow,
    ClientCaseRow,
    Json,
    NoticeRow,
    SeatRow,
)
from throughcare.usecases.asking import Asking
from throughcare.usecases.intake_staff import Staff

LASTS = timedelta(hours=4)
"""How long a client stays open."""

REVIEWED_WITHIN = timedelta(days=3)
"""Neither is any policy's: both are what the product sets."""


class EmergencyReason(Written):
    """Whom somebody must see, and why."""

    client: str | None = Field(default=None, description="By id; else `who`")
    who: ClientQuery | None = Field(
        default=None, description="By what is known of them; it must fit one person"
    )
    reason: StorableText


def open_in_emergency(
    connection: Connection,
    access_id: str,
    asking: Asking,
    asked: EmergencyReason,
    at: datetime,
) -> EmergencyAccess:
    """On record, and told to the client's worker and to oversight. Raises NotForYou and BadRequestValue."""
    if not Staff.of(connection).works_with_clients(asking):
        raise NotForYou(
            "A client is opened in an emergency from a seat that works with clients."
        )
    client_id = _only_one(connection, asked)
    access = EmergencyAccess(
        id=access_id,
        person_id=asking.person_id,
        client_id=client_id,
        reason=asked.reason,
        opened_at=at,
        until_at=at + LASTS,
        review_due_at=at + REVIEWED_WITHIN,
    )
    add_access(connection, access)
    said: Json = {"access": access_id}
    what, by = "opened_in_emergency", asking.person_id
    record_client_change(connection, client_id, what, {}, said, by=by, at=at)
    _tell(connection, access, asking)
    return access


def _only_one(connection: Connection, asked: EmergencyReason) -> str:
    if (asked.client is None) is (asked.who is None):
        raise BadRequestValue("client", "Name the client by id, or say in `who` whom.")
    if asked.client is not None:
        if find_client(connection, asked.client) is None:
            raise BadRequestValue("client", "There is no such client.")
        return asked.client
    assert asked.who is not None
    found = search_clients(connection, true(), asked.who, limit=2)
    if len(found) != 1:
        raise BadRequestValue(
            "who", "This fits nobody, or more than one person; say more of them."
        )
    return found[0].id


def _tell(connection: Connection, access: EmergencyAccess, asking: Asking) -> None:
    """By letters about the client's latest case, which say neither who it is nor why. Where there is no case there is no
    worker; oversight finds it among what is to be reviewed."""
    cases = _cases(connection, access)
    if not cases:
        return
    at, about = access.opened_at, cases[0].id
    sender = Seated(role="sender", title=asking.name, person=asking.person_id)
    receivers = {each.id: each for each in _reviewers(connection, access, at)}
    worker_seat = next((each.worker_seat for each in cases if each.worker_seat), None)
    if worker := worker_seat and seat_facts(connection, worker_seat, at):
        receivers[worker.id] = worker
    for seat in receivers.values():
        _write(connection, "emergency_access", access, about, seat, at, sender=sender)


def remind_of_reviews(connection: Connection, at: datetime) -> None:
    """Whoever is to review what is overdue is told so once, however often this is done; of a client in no case nobody is."""
    kind = "emergency_access_overdue"
    for access in overdue_reviews(connection, at):
        cases = _cases(connection, access)
        for seat in _reviewers(connection, access, at) if cases else ():
            _write(connection, kind, access, cases[0].id, seat, at)


def _write(
    connection: Connection,
    kind: str,
    access: EmergencyAccess,
    about: str,
    seat: SeatFacts,
    at: datetime,
    *,
    sender: Seated | None = None,
) -> None:
    """One letter of this kind to this seat, whatever cases there are by now."""
    notice = Notice(
        key=f"{kind}:{access.id}:{seat.id}",
        kind=kind,
        receiver=_seated(seat),
        sender=sender,
        what=access.id,
        due_at=access.review_due_at,
    )
    insert = insert_into(connection.dialect.name, NoticeRow)
    connection.execute(insert.on_conflict_do_nothing(), queued(about, notice, at))


def _cases(
    connection: Connection, access: EmergencyAccess
) -> Sequence[Row[str, str | None]]:
    """The client's, with the seat of their worker; the latest that is open comes first."""
    return connection.execute(
        select(CaseRow.id, ClientCaseRow.worker_seat)
        .join(ClientCaseRow, ClientCaseRow.case_id == CaseRow.id)
        .where(CaseRow.client_id == access.client_id)
        .order_by(CaseRow.closed_at.is_not(None), CaseRow.opened_at.desc())
    ).all()


def _reviewers(
    connection: Connection, access: EmergencyAccess, at: datetime
) -> Iterator[SeatFacts]:
    """Quality assurance, or the administrator where nobody sits there who may review it: never who opened it."""
    for role in (OVERSIGHT, ADMINISTRATOR):
        ids = connection.scalars(select(SeatRow.id).where(SeatRow.role == role))
        seats = (seat_facts(connection, each, at) for each in ids.all())
        barred = (None, access.person_id)
        if able := [each for each in seats if each and each.person not in barred]:
            yield from able
            return


def _seated(seat: SeatFacts) -> Seated:
    return Seated(
        role=seat.role,
        title=seat.title,
        organization=seat.organization,
        seat=seat.id,
        person=seat.person,
        capacity=seat.capacity,
    )
