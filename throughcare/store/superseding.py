"""What a case's workflow does not have any more, marked so and kept (ruling 23): nothing is ever deleted from the record.

A workflow goes back where a worker died between a record and the end of its task, where an operator reset it, or where Temporal
was restored from an earlier moment.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from throughcare.store.tables import (
    CaseLinkRow,
    DutyHolderRow,
    DutyRow,
    EntryRow,
    MessageRow,
    PlanSectionRow,
)

SUPERSEDED = "superseded"
"""The status of a duty and the delivery of a notice that their case does not have any more."""

DONE_OVER = "its case went on from a moment before it"
MENDED = "its workflow, which the tables were mended by, does not have it"
RESTORED = "its case was restored from a moment before it (restore {number})"

NumberedTable = type[EntryRow] | type[PlanSectionRow]


def stands(table: NumberedTable) -> ColumnElement[bool]:
    """Of a row, that it is not superseded."""
    return table.supersession == 0


def supersede_entries(
    connection: Connection, case_id: str, seqs: Collection[int], at: datetime, why: str
) -> None:
    """These entries, and the messages that left them."""
    mine = _these(EntryRow, case_id, seqs)
    message_id = EntryRow.body["message_id"].as_string()
    messages = set(connection.scalars(select(message_id).where(*mine)))
    supersede_numbered(connection, EntryRow, case_id, seqs, at, why)
    supersede_messages(connection, case_id, messages - {None}, at)


def supersede_numbered(
    connection: Connection,
    table: NumberedTable,
    case_id: str,
    seqs: Collection[int],
    at: datetime,
    why: str,
) -> None:
    """Entries or writings, which make room for others of the same number."""
    last = select(func.max(table.supersession)).where(table.case_id == case_id)
    number = 1 + (connection.scalar(last) or 0)
    said = {"supersession": number, "superseded_at": at, "superseded_why": why}
    connection.execute(update(table).where(*_these(table, case_id, seqs)).values(said))


def supersede_messages(
    connection: Connection, case_id: str, ids: Collection[str], at: datetime
) -> None:
    mine = MessageRow.case_id == case_id, MessageRow.id.in_(ids)
    stand = MessageRow.superseded_at.is_(None)
    connection.execute(update(MessageRow).where(*mine, stand).values(superseded_at=at))


def supersede_duties(
    connection: Connection, case_id: str, ids: Collection[str], at: datetime
) -> None:
    """They are in nobody's list any more, and come back if their case opens them again. Whose each was its body still says."""
    duties = DutyRow.case_id == case_id, DutyRow.id.in_(ids)
    said = {"status": SUPERSEDED, "superseded_at": at}
    connection.execute(update(DutyRow).where(*duties).values(said))
    held = DutyHolderRow.case_id == case_id, DutyHolderRow.duty_id.in_(ids)
    connection.execute(delete(DutyHolderRow).where(*held))


def supersede_links(
    connection: Connection,
    case_id: str,
    standing: Collection[tuple[str, str]],
    at: datetime,
) -> None:
    """All but these, each another case and how it is tied."""
    mine = CaseLinkRow.case_id == case_id, CaseLinkRow.superseded_at.is_(None)
    links = select(CaseLinkRow.other_id, CaseLinkRow.relation).where(*mine)
    for other, relation in connection.execute(links).all():
        if (other, relation) not in standing:
            this = CaseLinkRow.other_id == other, CaseLinkRow.relation == relation
            connection.execute(
                update(CaseLinkRow).where(*mine, *this).values(superseded_at=at)
            )


def _these(
    table: NumberedTable, case_id: str, seqs: Collection[int]
) -> list[ColumnElement[bool]]:
    return [table.case_id == case_id, table.seq.in_(seqs), stands(table)]
