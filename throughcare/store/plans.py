"""Reading the text of care plans: its sections as they were written, one writing after the other. Plain SQL."""

from collections.abc import Sequence

from sqlalchemy import Connection, Select, select

from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.client.plan_facts import Writing
from throughcare.store.client_cases import known_of
from throughcare.store.packs import pack_by_digest
from throughcare.store.rows import NO_TOTAL, Total, one_row, rows
from throughcare.store.superseding import stands
from throughcare.store.tables import CaseRow, EntryRow, PlanSectionRow


def writings_of(connection: Connection, case_id: str) -> tuple[Writing, ...]:
    """Every writing of every section of one care plan, in order."""
    query = select(PlanSectionRow).where(
        PlanSectionRow.case_id == case_id, stands(PlanSectionRow)
    )
    return tuple(
        writing_of(row) for row in rows(connection, query.order_by(PlanSectionRow.seq))
    )


def last_writing(connection: Connection, case_id: str, section: str) -> Writing | None:
    """The text of a section as it is now."""
    query = _of_section(case_id, section).order_by(PlanSectionRow.seq.desc())
    row = one_row(connection, query.limit(1))
    return writing_of(row) if row else None


def history_of(
    connection: Connection,
    case_id: str,
    section: str,
    *,
    after: int,
    limit: int,
    total: Total = NO_TOTAL,
) -> Sequence[PlanSectionRow]:
    """A section's writings from the one behind revision `after`; one more than `limit` where there is another page."""
    query = _of_section(case_id, section)
    total.count(connection, query)
    query = query.where(PlanSectionRow.revision > after)
    return rows(connection, query.order_by(PlanSectionRow.revision).limit(limit + 1))


def said_in(connection: Connection, case_id: str) -> set[str]:
    """The kinds of the entries on its timeline."""
    query = select(EntryRow.kind).where(EntryRow.case_id == case_id, stands(EntryRow))
    return set(connection.scalars(query.distinct()))


def plan_recorded(connection: Connection, row: CaseRow) -> CarePlan | None:
    """The care plan as it was recorded last, to be judged as its workflow judges it: it has its facts and its text, and
    nobody in its seats. None where its policy knows of no team."""
    known, pack = known_of(row), pack_by_digest(connection, row.pack_digest)
    if not pack or not pack.intake or not pack.care_plan or not known.life:
        return None
    return CarePlan(
        case_id=row.id,
        policy=pack.intake,
        rules=pack.care_plan,
        client=row.client_id or "",
        opened_at=row.opened_at,
        known=known,
        writings=list(writings_of(connection, row.id)),
    )


def writing_of(row: PlanSectionRow) -> Writing:
    return Writing.model_validate(row, from_attributes=True)


def _of_section(case_id: str, section: str) -> Select[PlanSectionRow]:
    return select(PlanSectionRow).where(
        PlanSectionRow.case_id == case_id,
        PlanSectionRow.section == section,
        stands(PlanSectionRow),
    )
