"""Who was shown which case and which client, by which right, and who had payloads decoded or was refused.

Whoever is asked for an account of it (42 CFR 2.25, 45 CFR 164.528) finds it here; nothing of it is ever deleted.
"""

import secrets  # noqa: TID251 (ids are made at the edge, never in a workflow)
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection, insert, select

from throughcare.case.base import Frozen
from throughcare.lifecycles.client.plan_facts import MEMBER
from throughcare.store.access import Right
from throughcare.store.likenesses import records_of_same_person
from throughcare.store.rows import NO_TOTAL, Total, rows
from throughcare.store.tables import (
    CaseRow,
    CaseSeatRow,
    EmergencyAccessRow,
    NoticeRow,
    PayloadReadRow,
    RecordReadRow,
    RecordShownRow,
)


class Reader(Frozen):
    """Somebody who is shown records. `seats`: those they may act from, and whether they only supervise them; `sees_all` is
    the right of those who see every case, `right` the only one that counts where it is known."""

    person: str | None
    seats: dict[str, bool] = Field(default_factory=dict)
    sees_all: Right | None = None
    right: Right | None = None


class Read(Frozen):
    """One answer that showed cases or clients, as it is noted when it is made. `id` is the request's."""

    id: str
    at: datetime
    reader: Reader
    address: str | None
    route: str
    media_type: str
    cases: tuple[str, ...]
    clients: tuple[str, ...]


class ClientRead(Frozen):
    """That a client's record was opened, or shown in a list."""

    id: str
    at: datetime
    person: str | None
    address: str | None
    route: str
    media_type: str
    rights: tuple[Right, ...]
    cases: tuple[str, ...]
    shown: int


class ReadFilter(Frozen):
    from_at: datetime | None = None
    to_at: datetime | None = None
    person: str | None = None


class ReadKey(Frozen):
    """Where a page of reads ended; the latest comes first."""

    id: str


# -- noting -----------------------------------------------------------------------------------------------------------


def note_reads(connection: Connection, reads: Sequence[Read]) -> None:
    """Each with the clients its cases are about, and by which right. What is noted already stays as it is."""
    ids = [each.id for each in reads]
    query = select(RecordReadRow.id).where(RecordReadRow.id.in_(ids))
    known = set(connection.scalars(query))
    new = [each for each in reads if each.id not in known]
    if not new:
        return
    shown = _lines(connection, new)
    heads = [
        each.model_dump(include={"id", "at", "address", "route", "media_type"})
        | {"person_id": each.reader.person, "shown": len(shown[each.id])}
        for each in new
    ]
    connection.execute(insert(RecordReadRow), heads)
    if lines := [line for each in shown.values() for line in each]:
        connection.execute(insert(RecordShownRow), lines)


def _lines(
    connection: Connection, reads: Sequence[Read]
) -> dict[str, list[dict[str, object]]]:
    """What each read showed. A client has a line of their own where none of a case about them is there."""
    cases = {case for read in reads for case in read.cases}
    clients = {client for read in reads for client in read.clients}
    query = select(CaseRow.id, CaseRow.client_id).where(
        CaseRow.id.in_(cases) | CaseRow.client_id.in_(clients)
    )
    about = {case: client for case, client in connection.execute(query)}
    parts = _parts(connection, about)
    opened = _emergencies(connection, {*clients, *about.values()})
    of_client: dict[str | None, list[tuple[str, Right]]] = defaultdict(list)
    for case, client in about.items():
        of_client[client] += parts[case]
    found: dict[str, list[dict[str, object]]] = {}
    for read in reads:
        lines: list[tuple[str | None, str | None, list[tuple[str, Right]]]] = [
            (case, about.get(case), parts[case]) for case in read.cases
        ]
        served = {client for _, client, _ in lines}
        lines += [
            (None, client, of_client[client])
            for client in read.clients
            if client not in served
        ]
        found[read.id] = [
            {
                "read_id": read.id,
                "position": position,
                "case_id": case,
                "client_id": client,
                "by_right": _right(read, seen_by, opened[client]),
            }
            for position, (case, client, seen_by) in enumerate(lines)
        ]
    return found


def _parts(
    connection: Connection, cases: Collection[str]
) -> dict[str, list[tuple[str, Right]]]:
    """Per case, the seats that see it, and how whoever sits there does."""
    found: dict[str, list[tuple[str, Right]]] = defaultdict(list)
    on_a_side = select(CaseSeatRow.case_id, CaseSeatRow.seat_id, CaseSeatRow.role)
    query = on_a_side.where(CaseSeatRow.case_id.in_(cases), CaseSeatRow.on_side)
    for case, seat, role in connection.execute(query):
        right = Right.consent if role.startswith(MEMBER) else Right.seat
        found[case].append((seat or "", right))
    told = select(NoticeRow.case_id, NoticeRow.receiver_seat).where(
        NoticeRow.case_id.in_(cases), NoticeRow.kind == "violation_reported"
    )
    for case, seat in connection.execute(told):
        found[case].append((seat or "", Right.reported))
    return found


def _emergencies(
    connection: Connection, clients: Collection[str | None]
) -> dict[str | None, list[EmergencyAccessRow]]:
    """Per client, how they were opened in an emergency."""
    query = select(EmergencyAccessRow)
    found: dict[str | None, list[EmergencyAccessRow]] = defaultdict(list)
    for row in rows(connection, query.where(EmergencyAccessRow.client_id.in_(clients))):
        found[row.client_id].append(row)
    return found


def _right(
    read: Read,
    parts: Collection[tuple[str, Right]],
    opened: Collection[EmergencyAccessRow],
) -> Right:
    """The one to name. Who has none of the others takes people in."""
    reader = read.reader
    if reader.right:
        return reader.right
    found = {
        Right.supervisor if right is Right.seat and reader.seats[seat] else right
        for seat, right in parts
        if seat in reader.seats
    } | ({reader.sees_all} if reader.sees_all else set())
    if any(
        each.person_id == reader.person and each.opened_at <= read.at < each.until_at
        for each in opened
    ):
        found.add(Right.emergency)
    return next((each for each in Right if each in found), Right.program)


# -- telling whose record was opened ----------------------------------------------------------------------------------


def reads_of_client(
    connection: Connection,
    client_id: str,
    wanted: ReadFilter,
    *,
    after: ReadKey | None,
    limit: int,
    total: Total = NO_TOTAL,
) -> list[ClientRead]:
    """By every record of this person, the latest first. One more than `limit` comes back where there is another page."""
    records = records_of_same_person(connection, client_id)
    mine = RecordShownRow.client_id.in_(records)
    query = select(RecordReadRow).where(
        RecordReadRow.id.in_(select(RecordShownRow.read_id).where(mine))
    )
    if wanted.from_at:
        query = query.where(RecordReadRow.at >= wanted.from_at)
    if wanted.to_at:
        query = query.where(RecordReadRow.at < wanted.to_at)
    if wanted.person:
        query = query.where(RecordReadRow.person_id == wanted.person)
    total.count(connection, query)
    if after:
        query = query.where(RecordReadRow.id < after.id)
    found = rows(connection, query.order_by(RecordReadRow.id.desc()).limit(limit + 1))
    shown = select(RecordShownRow).where(
        mine, RecordShownRow.read_id.in_([each.id for each in found])
    )
    lines: dict[str, list[RecordShownRow]] = defaultdict(list)
    for line in rows(connection, shown.order_by(RecordShownRow.position)):
        lines[line.read_id].append(line)
    return [
        ClientRead(
            id=row.id,
            at=row.at,
            person=row.person_id,
            address=row.address,
            route=row.route,
            media_type=row.media_type,
            rights=tuple(dict.fromkeys(Right(e.by_right) for e in lines[row.id])),
            cases=tuple(e.case_id for e in lines[row.id] if e.case_id),
            shown=row.shown,
        )
        for row in found
    ]


# -- payloads of Temporal ---------------------------------------------------------------------------------------------


def note_read(
    connection: Connection,
    person_id: str | None,
    payloads: Mapping[str | None, int],
    *,
    allowed: bool,
    at: datetime,
) -> None:
    """`payloads`: how many of each case, by workflow id; None is for those encrypted before cases were named."""
    noted = [
        {
            "id": secrets.token_hex(16),
            "at": at,
            "person_id": person_id,
            "workflow_id": workflow_id,
            "count": count,
            "allowed": allowed,
        }
        for workflow_id, count in payloads.items()
    ]
    if noted:
        connection.execute(insert(PayloadReadRow), noted)


def reads(connection: Connection, limit: int) -> Sequence[PayloadReadRow]:
    """The latest first."""
    query = select(PayloadReadRow).order_by(PayloadReadRow.at.desc(), PayloadReadRow.id)
    return rows(connection, query.limit(limit))
