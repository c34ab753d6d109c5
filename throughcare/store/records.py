"""Writes what a workflow says of its case into the tables: once, and never an older word over a newer one.

A record is the whole case, so any one that arrives heals those that did not.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    bindparam,
    case,
    delete,
    exists,
    or_,
    select,
    update,
)

from throughcare.case.duty import Duty
from throughcare.case.notice import Delivery
from throughcare.case.wire import CaseRecord
from throughcare.lifecycles.client.plan_facts import Writing
from throughcare.store.case_changes import note_change
from throughcare.store.database import Upsert, insert_into
from throughcare.store.facts import Values, rows_of_its_kind
from throughcare.store.notice_queue import queued
from throughcare.store.restores import unused
from throughcare.store.superseding import (
    DONE_OVER,
    NumberedTable,
    stands,
    supersede_duties,
    supersede_entries,
    supersede_links,
    supersede_numbered,
)
from throughcare.store.tables import (
    AppliedRow,
    Base,
    CaseLinkRow,
    CaseRow,
    CaseSeatRow,
    DutyHolderRow,
    DutyRow,
    EntryRow,
    Json,
    MessageRow,
    NoticeRow,
    PlanSectionRow,
    Utc,
)

Record = CaseRecord


def apply_record(connection: Connection, record: Record) -> bool:
    """False if this record was applied before. The caller's transaction makes it all or nothing."""
    key: Values = {
        "case_id": record.case_id,
        "at": record.at,
        "version": record.version,
    }
    if not changes(connection, add(connection, AppliedRow), key):
        return False
    # Only a newer record overwrites what was taken from another.
    is_newer = changes(connection, _put_newer_case(connection), _case(record))
    if is_newer:
        _take_facts(connection, record)
        _take_seats(connection, record)
        _take_duties(connection, record)
        _take_back(connection, record)
    tied = put if is_newer else add
    write(connection, tied(connection, CaseLinkRow), _links(record))
    write(connection, add(connection, EntryRow), _entries(record))
    write(connection, add(connection, PlanSectionRow), _writings(record))
    write(connection, _queue(connection), _notices(connection, record))
    answered = put if is_newer else add
    write(connection, answered(connection, MessageRow), _messages(record))
    note_change(connection, record.case_id, record.at)
    return True


def _take_back(connection: Connection, record: Record) -> None:
    """A worker that dies after it recorded and before Temporal knew leaves the record of something that did not happen:
    the task is done over, and may hear another message first. So does a workflow that was set back. What was written then is
    superseded, but for what is said again word for word."""
    case_id, at = record.case_id, record.at
    given = {
        "case_id": case_id,
        "of_case": case_id,
        "entries_before": record.entries_before,
        "writings_before": record.writings_before,
        "follows_at": record.follows_at,
    }
    entries, writings, notices, links = connection.execute(_ASTRAY, given).one()
    if entries:
        found = connection.execute(_ASTRAY_ENTRIES, given).all()
        seqs = _not_said_again(found, _entries(record))
        supersede_entries(connection, case_id, seqs, at, DONE_OVER)
    if writings:
        found = connection.execute(_ASTRAY_WRITINGS, given).all()
        seqs = _not_said_again(found, _writings(record))
        supersede_numbered(connection, PlanSectionRow, case_id, seqs, at, DONE_OVER)
    if notices:
        connection.execute(_SUPERSEDE_NOTICES, given | {"superseded_at": at})
    if links:
        supersede_links(connection, case_id, _tied(record), at)


def _not_said_again(stored: Sequence[Row[Any]], said: Iterable[Values]) -> list[int]:
    """The numbers of the stored rows that a record does not say again word for word."""
    again = {row["seq"]: row for row in said}
    return [row.seq for row in stored if dict(row._mapping) != again.get(row.seq)]


def rows_of(record: Record) -> dict[type[Base], list[Values]]:
    """All that a record says of its case but its notices, as rows by table; a table comes after those it points to."""
    return {
        CaseRow: [_case(record)],
        **rows_of_its_kind(record),
        CaseSeatRow: _seats(record),
        CaseLinkRow: _links(record),
        DutyRow: [
            _duty(record.case_id, duty, duty.model_dump(mode="json"))
            for duty in record.duties
        ],
        DutyHolderRow: [
            row for duty in record.duties for row in _holders(record.case_id, duty)
        ],
        EntryRow: _entries(record),
        PlanSectionRow: _writings(record),
        MessageRow: _messages(record),
    }


# -- the snapshot ---------------------------------------------------------------------------------------------------


def _case(record: Record) -> Values:
    return {
        "id": record.case_id,
        "kind": record.kind,
        "agency_id": record.agency,
        "program": record.program,
        "pack_id": record.pack.id,
        "pack_version": record.pack.version,
        "pack_digest": record.pack.digest,
        "client_id": record.client,
        "opened_by": record.opened_by,
        "opened_at": record.opened_at,
        "closed_at": record.closed_at,
        "status": record.status,
        "program_title": record.program_title,
        "step": record.step or None,
        "step_title": record.step_title,
        "level": record.level,
        "due_at": record.due_at,
        "overdue": record.overdue,
        "allowed": [allowed.model_dump(mode="json") for allowed in record.allowed],
        "facts": record.facts,
        "carried": record.carried or record.kept or None,
        "at": record.at,
        "version": record.version,
    }


def _take_facts(connection: Connection, record: Record) -> None:
    """What only this kind of case has; only a table that differs is written."""
    for table, facts in rows_of_its_kind(record).items():
        columns = table.__table__.columns
        mine = columns.case_id == record.case_id
        stored = connection.execute(select(*columns).where(mine))
        known = [dict(row._mapping) for row in stored]
        if _by_key(table, known) != _by_key(table, facts):
            connection.execute(delete(table).where(mine))
            write(connection, put(connection, table), facts)


def _by_key(
    table: type[Base], found: Iterable[Values]
) -> dict[tuple[object, ...], Values]:
    return {tuple(row[name] for name in _keys(table)): row for row in found}


def _take_seats(connection: Connection, record: Record) -> None:
    """Seldom does a seat change hands; only what differs is written."""
    stored = connection.execute(_SEATS, {"case_id": record.case_id})
    known = {row.role: dict(row._mapping) for row in stored}
    seats = _seats(record)
    gone = known.keys() - {seated.role for seated in record.seats}
    if gone:
        which = {"case_id": record.case_id, "roles": list(gone)}
        connection.execute(_REMOVE_SEATS, which)
    changed = [seat for seat in seats if seat != known.get(str(seat["role"]))]
    write(connection, put(connection, CaseSeatRow), changed)


def _seats(record: Record) -> list[Values]:
    return [
        {
            "case_id": record.case_id,
            "role": seated.role,
            "seat_id": seated.seat,
            "person_id": seated.person,
            "title": seated.title,
            "organization": seated.organization,
            "capacity": seated.capacity,
            "on_side": seated.on_side,
        }
        for seated in record.seats
    ]


def _links(record: Record) -> list[Values]:
    return [
        {
            "case_id": record.case_id,
            "other_id": other,
            "relation": relation,
            "superseded_at": None,
        }
        for other, relation in _tied(record)
    ]


def _tied(record: Record) -> list[tuple[str, str]]:
    return [(each.case, each.relation) for each in record.links]


def _take_duties(connection: Connection, record: Record) -> None:
    """Most duties of a case are over and stay as they are; only what differs is written."""
    bodies = {duty.id: duty.model_dump(mode="json") for duty in record.duties}
    listed = {"case_id": record.case_id, "listed": list(bodies)}
    stored = connection.execute(_DUTIES, listed)
    known: dict[str, Json | None] = {duty_id: body for duty_id, body in stored}
    changed = [duty for duty in record.duties if bodies[duty.id] != known.get(duty.id)]
    its_own = bodies.keys() | set(record.settled)
    gone = known.keys() - its_own
    if gone:
        # A workflow that was set back to an earlier point no longer has them.
        supersede_duties(connection, record.case_id, gone, record.at)
    duties = [_duty(record.case_id, duty, bodies[duty.id]) for duty in changed]
    write(connection, put(connection, DutyRow), duties)
    moved = [duty.id for duty in changed if _changed_roles(duty, known.get(duty.id))]
    if moved:
        which = {"case_id": record.case_id, "duties": moved}
        connection.execute(_REMOVE_HOLDERS, which)
    holders = [row for duty in changed for row in _holders(record.case_id, duty)]
    write(connection, put(connection, DutyHolderRow), holders)


def _changed_roles(duty: Duty, before: Json | None) -> bool:
    """A duty that went to another role is in nobody's list any more who had it before."""
    roles = {holder.role for holder in duty.holders}
    held = Duty.model_validate(before).holders if before else duty.holders
    return {holder.role for holder in held} != roles


def _duty(case_id: str, duty: Duty, body: Values) -> Values:
    end = duty.discharge
    return {
        "case_id": case_id,
        "id": duty.id,
        "clause": duty.clause,
        "act": duty.act,
        "text": duty.text,
        "step": duty.step,
        "status": duty.status,
        "superseded_at": None,
        "basis": duty.basis,
        "target": duty.target,
        "organization": duty.holders[0].organization if duty.holders else "",
        "opened_at": duty.opened_at,
        "due_at": duty.due_at,
        "done_at": end.event_at if end else None,
        "done_by": end.person if end else None,
        "body": body,
    }


def _holders(case_id: str, duty: Duty) -> Iterable[Values]:
    for holder in duty.holders:
        yield {
            "case_id": case_id,
            "duty_id": duty.id,
            "role": holder.role,
            "seat_id": holder.seat,
            "person_id": holder.person,
            # A missed duty is still to be done, and stays in its holder's list.
            "open": duty.is_waited_for_from(holder.role),
        }


# -- what is only ever added ----------------------------------------------------------------------------------------


def _entries(record: Record) -> list[Values]:
    return [
        {
            "case_id": record.case_id,
            "seq": entry.seq,
            "supersession": 0,
            "kind": entry.kind,
            "at": entry.at,
            "event_at": entry.event_at,
            "body": entry.model_dump(mode="json"),
        }
        for entry in record.entries
    ]


def _writings(record: Record) -> list[Values]:
    writings = [Writing.model_validate(each) for each in record.writings]
    return [
        {
            "case_id": record.case_id,
            "seq": each.seq,
            "supersession": 0,
            "section": each.section,
            "revision": each.revision,
            "content": each.content.model_dump(mode="json"),
            "person": each.person,
            "seat": each.seat,
            "at": each.at,
        }
        for each in writings
    ]


def _notices(connection: Connection, record: Record) -> list[Values]:
    """A case wants to hear of those that discharge a duty, and once it is closed of all."""
    return [
        queued(
            record.case_id,
            notice,
            record.at,
            version=record.version,
            place=place,
            reports=notice.duty is not None or record.closed_at is not None,
        )
        for place, notice in enumerate(unused(connection, record.notices))
    ]


def _messages(record: Record) -> list[Values]:
    return [
        {
            "id": answer.message_id,
            "case_id": record.case_id,
            "name": answer.name,
            "person_id": answer.person,
            "received_at": answer.received_at,
            "applied": answer.refusal is None,
            "refusal": answer.refusal.model_dump(mode="json")
            if answer.refusal
            else None,
            "superseded_at": None,
        }
        for answer in record.answers
    ]


# -- writing --------------------------------------------------------------------------------------------------------
#
# This is on the way of every answer, so the statements are built once: building them takes longer than running them.

_THIS: BindParameter[str] = bindparam("case_id")
_THESE_DUTIES: BindParameter[Sequence[str]] = bindparam("duties", expanding=True)

_SEATS = select(*CaseSeatRow.__table__.columns).where(CaseSeatRow.case_id == _THIS)
_REMOVE_SEATS = delete(CaseSeatRow).where(
    CaseSeatRow.case_id == _THIS,
    CaseSeatRow.role.in_(bindparam("roles", expanding=True)),
)

# Of a duty that the record does not list nobody reads the body: a case of years has hundreds.
_LISTED_BODY = case((DutyRow.id.in_(bindparam("listed", expanding=True)), DutyRow.body))
_DUTIES = select(DutyRow.id, _LISTED_BODY).where(
    DutyRow.case_id == _THIS, DutyRow.superseded_at.is_(None)
)
_REMOVE_HOLDERS = delete(DutyHolderRow).where(
    DutyHolderRow.case_id == _THIS, DutyHolderRow.duty_id.in_(_THESE_DUTIES)
)


def _said(table: NumberedTable) -> list[ColumnElement[Any]]:
    """What a record says of such a row; when and why it was superseded no record says."""
    columns = table.__table__.columns
    return [each for each in columns if not each.name.startswith("superseded_")]


# Of a record that does not say what was before it the value is NULL, and nothing is greater than that.
_ENTRIES_ASTRAY = (
    EntryRow.case_id == _THIS,
    EntryRow.seq > bindparam("entries_before"),
    stands(EntryRow),
)
_WRITINGS_ASTRAY = (
    PlanSectionRow.case_id == _THIS,
    PlanSectionRow.seq > bindparam("writings_before"),
    stands(PlanSectionRow),
)
# One that somebody began to send meanwhile stays: it may have gone out.
_NOTICES_ASTRAY = (
    NoticeRow.case_id == bindparam("of_case"),
    NoticeRow.queued_at > bindparam("follows_at"),
    NoticeRow.attempts == 0,
    NoticeRow.delivery == Delivery.queued,
    # A person had it sent again, and no record.
    NoticeRow.again_of.is_(None),
)
# There is hardly ever anything, and to ask for all of it takes one statement.
_ASTRAY = select(
    exists().where(*_ENTRIES_ASTRAY),
    exists().where(*_WRITINGS_ASTRAY),
    exists().where(*_NOTICES_ASTRAY),
    exists().where(CaseLinkRow.case_id == _THIS),
)
_ASTRAY_ENTRIES = select(*_said(EntryRow)).where(*_ENTRIES_ASTRAY)
_ASTRAY_WRITINGS = select(*_said(PlanSectionRow)).where(*_WRITINGS_ASTRAY)
_SUPERSEDE_NOTICES = (
    update(NoticeRow)
    .where(*_NOTICES_ASTRAY)
    .values(
        delivery=Delivery.superseded,
        reason=DONE_OVER,
        settled_at=bindparam("superseded_at", type_=Utc),
        done_at=bindparam("superseded_at", type_=Utc),
    )
)


def add(connection: Connection, table: type[Base]) -> Upsert:
    """Insert what is not there yet."""
    return _adding(connection.dialect.name, table)


def put(connection: Connection, table: type[Base]) -> Upsert:
    """Insert, or overwrite what is there."""
    return _putting(connection.dialect.name, table)


def _queue(connection: Connection) -> Upsert:
    """Queue a notice once for its key; again, where nobody began to send it before it was superseded."""
    return _queueing(connection.dialect.name)


def _put_newer_case(connection: Connection) -> Upsert:
    return _putting_newer_case(connection.dialect.name)


@cache
def _adding(dialect: str, table: type[Base]) -> Upsert:
    return insert_into(dialect, table).on_conflict_do_nothing()


@cache
def _putting(dialect: str, table: type[Base]) -> Upsert:
    insert = insert_into(dialect, table)
    others = _others(insert, table)
    if not others:
        # All of such a row is its key: what is there says the same.
        return _adding(dialect, table)
    return insert.on_conflict_do_update(index_elements=_keys(table), set_=others)


@cache
def _queueing(dialect: str) -> Upsert:
    insert = insert_into(dialect, NoticeRow)
    return insert.on_conflict_do_update(
        index_elements=_keys(NoticeRow),
        set_=_others(insert, NoticeRow),
        where=(NoticeRow.delivery == Delivery.superseded) & (NoticeRow.attempts == 0),
    )


@cache
def _putting_newer_case(dialect: str) -> Upsert:
    insert = insert_into(dialect, CaseRow)
    new = insert.excluded
    is_newer = or_(
        CaseRow.at < new.at, (CaseRow.at == new.at) & (CaseRow.version < new.version)
    )
    return insert.on_conflict_do_update(
        index_elements=_keys(CaseRow), set_=_others(insert, CaseRow), where=is_newer
    )


def _keys(table: type[Base]) -> list[str]:
    return [column.name for column in table.__table__.primary_key]


def _others(insert: Upsert, table: type[Base]) -> dict[str, ColumnElement[object]]:
    keys = _keys(table)
    return {
        column.name: column for column in insert.excluded if column.name not in keys
    }


def changes(connection: Connection, statement: Upsert, row: Values) -> bool:
    # Of an INSERT, unlike an UPDATE, SQLAlchemy keeps no row count unless it is asked to.
    result = connection.execute(
        statement, row, execution_options={"preserve_rowcount": True}
    )
    return result.rowcount == 1


def write(connection: Connection, statement: Upsert, rows: Sequence[Values]) -> None:
    if rows:
        connection.execute(statement, rows)
