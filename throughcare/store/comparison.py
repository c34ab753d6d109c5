"""What the tables say of a case beside what its workflow says of it, and mending them. Asks nobody: see
throughcare.usecases.reconciliation.

A difference names table, key and columns. Values are shown only of columns that never tell who a client is.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Connection, delete, select

from throughcare.case.duty import DutyStatus
from throughcare.case.entry import Entry
from throughcare.case.refusals import Allowed
from throughcare.case.wire import RecordedDuty
from throughcare.lifecycles.client.plan_facts import Content
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.case_changes import note_change
from throughcare.store.differences import Compared, Difference, Kind
from throughcare.store.facts import RowsByTable, Values
from throughcare.store.records import (
    Record,
    add,
    changes,
    put,
    rows_of,
    write,
)
from throughcare.store.superseding import (
    MENDED,
    supersede_duties,
    supersede_entries,
    supersede_links,
    supersede_numbered,
)
from throughcare.store.tables import (
    Base,
    CaseLinkRow,
    CaseRow,
    CaseSeatRow,
    ChoiceOfferedRow,
    ClientCaseRow,
    ConflictCaseRow,
    DutyHolderRow,
    DutyRow,
    EntryRow,
    FundPaymentRow,
    IndependenceExceptionRow,
    MessageRow,
    PlanSectionRow,
    RecordCheckRow,
    RecusalRow,
    ReferralRow,
)

Table = type[Base]
PrimaryKey = tuple[object, ...]

OF_ITS_KIND: tuple[Table, ...] = (
    ConflictCaseRow,
    RecusalRow,
    ClientCaseRow,
    FundPaymentRow,
    IndependenceExceptionRow,
    ReferralRow,
    ChoiceOfferedRow,
)
TABLES: tuple[Table, ...] = (
    CaseRow,
    *OF_ITS_KIND,
    CaseSeatRow,
    CaseLinkRow,
    DutyRow,
    DutyHolderRow,
    EntryRow,
    PlanSectionRow,
    MessageRow,
)
REWRITTEN: tuple[Table, ...] = (*OF_ITS_KIND, DutyHolderRow, CaseSeatRow)
"""How a case stands now; emptied of it before it is written again. What is on record stays, marked where it is superseded."""

_SHOWN = "act basis clause closed_at done_at due_at kind level on_side open opened_at overdue status step version"
SHOWN = frozenset(_SHOWN.split())
"""Columns whose values may be shown; of any other it is only said that it differs."""


STORED: dict[tuple[Table, str], TypeAdapter[Any]] = {
    (DutyRow, "body"): TypeAdapter(RecordedDuty),
    (EntryRow, "body"): TypeAdapter(Entry),
    (PlanSectionRow, "content"): TypeAdapter(Content),
    (CaseRow, "allowed"): TypeAdapter(tuple[Allowed, ...]),
}
"""Columns that hold facts whole. One stored before its fact gained a field says the same as one stored today."""


class Stamp(NamedTuple):
    """What orders the records of a case: a row with another stamp was written since."""

    at: datetime
    version: int


class Recorded(NamedTuple):
    """All that the tables say of one case, at one moment."""

    rows: Mapping[Table, list[Values]]

    @property
    def case(self) -> Values | None:
        return next(iter(self.rows[CaseRow]), None)

    @property
    def kind(self) -> str | None:
        return str(self.case["kind"]) if self.case else None

    @property
    def stamp(self) -> Stamp | None:
        if self.case is None:
            return None
        at, version = self.case["at"], self.case["version"]
        return Stamp(at, version)  # type: ignore[arg-type]  # As tables.CaseRow says.

    @property
    def is_open(self) -> bool:
        return self.case is not None and self.case["closed_at"] is None

    def open_dues(self) -> list[tuple[str, datetime]]:
        """The id and due date of every open duty that has one."""
        duties = self.rows[DutyRow]
        return [
            (str(duty["id"]), due_at)
            for duty in duties
            if duty["status"] == DutyStatus.open
            and isinstance(due_at := duty["due_at"], datetime)
        ]


def read_recorded(connection: Connection, case_id: str) -> Recorded:
    """To be called first in its transaction."""
    if connection.dialect.name == "postgresql":
        # All of it as of one moment, as SQLite reads anyway: half of a record would look like a difference.
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    rows: dict[Table, list[Values]] = {}
    for table in TABLES:
        columns = Base.metadata.tables[table.__tablename__].c
        mine = select(*columns).where(_is_of(table, case_id))
        if "superseded_at" in columns and table is not MessageRow:
            mine = mine.where(columns.superseded_at.is_(None))
        found = connection.execute(mine)
        rows[table] = [dict(row._mapping) for row in found]
    return Recorded(rows)


def open_cases(connection: Connection) -> set[str]:
    query = select(CaseRow.id).where(CaseRow.closed_at.is_(None))
    return set(connection.scalars(query))


def closed_cases(connection: Connection, since: datetime) -> set[str]:
    query = select(CaseRow.id).where(CaseRow.closed_at >= since)
    return set(connection.scalars(query))


def note_check(
    connection: Connection,
    check_id: str,
    started_at: datetime,
    ended_at: datetime | None,
    compared: Compared,
) -> None:
    """Leave a row of a comparison, or write what it came to over the row it began with."""
    row = {
        "id": check_id,
        "started_at": started_at,
        "ended_at": ended_at,
        **compared.model_dump(mode="json"),
    }
    write(connection, put(connection, RecordCheckRow), [row])


def differences(record: Record, here: Recorded) -> list[Difference]:
    """None where the tables say what the workflow does. A case without its row is one difference, whatever else is gone."""
    case = record.case_id
    if here.case is None:
        text = "its workflow has it, and the table does not"
        return [_difference(case, Kind.missing, CaseRow, (case,), text)]
    there = rows_of(record)
    return [
        difference
        for table in TABLES
        for difference in _compared(
            case, table, here.rows[table], there.get(table, []), record
        )
    ]


def is_ahead(record: Record, here: Recorded) -> bool:
    """Whether the tables were recorded later than the workflow knows: it was set back, or restored from an earlier moment."""
    stamp = here.stamp
    return stamp is not None and (
        stamp.at > record.at or stamp.version > record.version
    )


def rewrite(
    connection: Connection,
    record: Record,
    here: Recorded,
    at: datetime,
    why: str = MENDED,
) -> bool:
    """Have the tables say what the record does; what it does not have is superseded, and kept. False, and nothing is done, where
    the workflow has recorded something since they were read as `here`. The caller's transaction makes it all or nothing."""
    query = select(CaseRow.at, CaseRow.version)
    query = query.where(CaseRow.id == record.case_id).with_for_update()
    found = connection.execute(query).one_or_none()
    if (Stamp(found.at, found.version) if found else None) != here.stamp:
        return False
    rows = rows_of(record)
    (case,) = rows[CaseRow]
    if found is None and not changes(connection, add(connection, CaseRow), case):
        return False
    if here.case:
        case["carried"] = case["carried"] or here.case["carried"]
    _supersede(connection, record, here, at, why)
    for table in REWRITTEN:
        connection.execute(delete(table).where(_is_of(table, record.case_id)))
    for table in TABLES:
        write(connection, put(connection, table), rows.get(table, []))
    note_change(connection, record.case_id, at)
    return True


def _supersede(
    connection: Connection, record: Record, here: Recorded, at: datetime, why: str
) -> None:
    case, there = record.case_id, rows_of(record)
    strays = _otherwise(EntryRow, here, there, record, Kind.stray)
    supersede_entries(connection, case, strays, at, why)
    changed = _otherwise(EntryRow, here, there, record, Kind.changed)
    supersede_numbered(connection, EntryRow, case, changed, at, why)
    writings = _otherwise(PlanSectionRow, here, there, record, Kind.stray, Kind.changed)
    supersede_numbered(connection, PlanSectionRow, case, writings, at, why)
    duties = {str(row["id"]) for row in here.rows[DutyRow]}
    gone = duties - {each.id for each in record.duties}
    supersede_duties(connection, case, gone, at)
    tied = [(each.case, each.relation) for each in record.links]
    supersede_links(connection, case, tied, at)


def _otherwise(
    table: Table,
    here: Recorded,
    there: RowsByTable,
    record: Record,
    *kinds: Kind,
) -> list[int]:
    """The numbers of entries or writings that the workflow does not have, or has otherwise."""
    case, rows = record.case_id, there.get(table, [])
    found = _compared(case, table, here.rows[table], rows, record)
    return [int(each.key) for each in found if each.kind in kinds]


def _is_of(table: Table, case_id: str) -> ColumnElement[bool]:
    columns = Base.metadata.tables[table.__tablename__].c
    return (columns.id if table is CaseRow else columns.case_id) == case_id


def _compared(
    case: str,
    table: Table,
    here_rows: list[Values],
    there_rows: list[Values],
    record: Record,
) -> Iterator[Difference]:
    here = {_key(table, row): row for row in here_rows}
    there = {_key(table, row): row for row in there_rows}
    for key, row in there.items():
        if key not in here:
            text = "its workflow has it, and the table does not"
            yield _difference(case, Kind.missing, table, key, text)
        elif columns := [*_differing(table, here[key], row, record)]:
            text = "; ".join(_said(each, here[key], row) for each in columns)
            yield _difference(case, Kind.changed, table, key, text, columns)
    for key in here.keys() - there.keys():
        if not _is_forgotten(table, here[key], record):
            text = "the table has it, and its workflow does not"
            yield _difference(case, Kind.stray, table, key, text)


def _is_forgotten(table: Table, row: Values, record: Record) -> bool:
    """What the tables keep for longer than a workflow carries it."""
    if table is EntryRow:
        return row["seq"] <= (record.entries_before or 0)  # type: ignore[operator]  # As tables.EntryRow says.
    if table is PlanSectionRow:
        return row["seq"] <= (record.writings_before or 0)  # type: ignore[operator]  # As tables.PlanSectionRow says.
    return table is MessageRow


def _differing(
    table: Table, here: Values, there: Values, record: Record
) -> Iterator[str]:
    for column, value in there.items():
        match column:
            case "carried":
                # A workflow asked now tells it only where it has it at hand, and its content is nobody's to read here.
                if value and not here[column]:
                    yield column
            case "at" if "version" in there:
                # The row has the instant of its record, the workflow that of the last thing it did. Were the row's
                # the later one, no record to come would be taken.
                if here[column] > record.at:  # type: ignore[operator]  # As tables.CaseRow says.
                    yield column
            case _:
                if here[column] != value and _today(table, column, here) != value:
                    yield column


def _today(table: Table, column: str, here: Values) -> object:
    """What is stored here as it would be stored today."""
    stored, value = STORED.get((table, column)), here[column]
    if table is CaseRow and column == "facts":
        facts: Any = LIFECYCLES[str(here["kind"])].facts
        stored = TypeAdapter(facts)
    if stored is None or value is None:
        return value
    try:
        return stored.dump_python(stored.validate_python(value), mode="json")
    except ValidationError:
        return value


def _said(column: str, here: Values, there: Values) -> str:
    if column not in SHOWN:
        return f"{column} differs"
    return f"{column}: {_shown(here[column])} here, {_shown(there[column])} in the workflow"


def _shown(value: object) -> str:
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S} UTC"
        case None:
            return "none"
        case _:
            return str(value)


def _key(table: Table, row: Values) -> PrimaryKey:
    return tuple(
        row[column.name]
        for column in Base.metadata.tables[table.__tablename__].primary_key
        if column.name != "supersession"
    )


def _difference(
    case: str,
    kind: Kind,
    table: Table,
    key: PrimaryKey,
    text: str,
    columns: list[str] | None = None,
) -> Difference:
    return Difference(
        case=case,
        kind=kind,
        table=table.__tablename__,
        key=" ".join(str(part) for part in key if part != case),
        columns=tuple(columns or ()),
        text=text,
    )
