"""Reading the text of care plans: its sections as they were written, one writing after the other. Plain SQL."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.client.plan_facts import Writing
from throughcare.packs.pack import Pack
from throughcare.store.client_cases import known_of
from throughcare.store.tables import CaseRow, EntryRow, PlanSectionRow


async def writings_of(session: AsyncSession, case_id: str) -> tuple[Writing, ...]:
    """Every writing of every section of one care plan, in order."""
    query = select(PlanSectionRow).where(PlanSectionRow.case_id == case_id)
    rows = await session.scalars(query.order_by(PlanSectionRow.seq))
    return tuple(writing_of(row) for row in rows)


async def last_writing(
    session: AsyncSession, case_id: str, section: str
) -> Writing | None:
    """The text of a section as it is now."""
    query = _of_section(case_id, section).order_by(PlanSectionRow.seq.desc()).limit(1)
    row = (await session.scalars(query)).one_or_none()
    return writing_of(row) if row else None


async def history_of(
    session: AsyncSession, case_id: str, section: str, *, after: int, limit: int
) -> Sequence[PlanSectionRow]:
    """A section's writings from the one behind revision `after`; one more than `limit` where there is another page."""
    query = _of_section(case_id, section).where(PlanSectionRow.revision > after)
    query = query.order_by(PlanSectionRow.revision).limit(limit + 1)
    return (await session.scalars(query)).all()


async def said_in(session: AsyncSession, case_id: str) -> set[str]:
    """The kinds of the entries on its timeline."""
    query = select(EntryRow.kind).where(EntryRow.case_id == case_id).distinct()
    return set(await session.scalars(query))


async def plan_recorded(
    session: AsyncSession, row: CaseRow, pack: Pack
) -> CarePlan | None:
    """The care plan as it was recorded last, to be judged as its workflow judges it: it has its facts and its text, and
    nobody in its seats. None where its policy knows of no team."""
    known = known_of(row)
    if pack.intake is None or pack.care_plan is None or known.life is None:
        return None
    return CarePlan(
        case_id=row.id,
        policy=pack.intake,
        rules=pack.care_plan,
        client=row.client_id or "",
        opened_at=row.opened_at,
        known=known,
        writings=list(await writings_of(session, row.id)),
    )


def writing_of(row: PlanSectionRow) -> Writing:
    return Writing.model_validate(row, from_attributes=True)


def _of_section(case_id: str, section: str) -> Select[PlanSectionRow]:
    return select(PlanSectionRow).where(
        PlanSectionRow.case_id == case_id, PlanSectionRow.section == section
    )
