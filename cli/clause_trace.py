"""What became of each clause in one case: its duties, and what the timeline says under it."""

import asyncio
from collections import defaultdict

from sqlalchemy import Connection

from throughcare.case.duty import Duty
from throughcare.case.entry import Entry
from throughcare.case.parts import ClauseId
from throughcare.config import read_settings
from throughcare.errors import ThroughcareError
from throughcare.store.access import Scope
from throughcare.store.cases import timeline, whole_case
from throughcare.store.database import open_database

WHOLE_TIMELINE = 10_000


class NoSuchCase(ThroughcareError):
    status = 404

    def __init__(self, case_id: str) -> None:
        super().__init__(
            f"There is no case {case_id!r} in this database. GET /conflicts, /intakes, /care-plans and /service-requests list them."
        )


def trace_clauses(case_id: str) -> dict[ClauseId, tuple[str, ...]]:
    """Per clause that fired, a line for each duty and each timeline entry. Raises NoSuchCase and BadSettings."""
    duties, entries = asyncio.run(_read(case_id))
    found: dict[ClauseId, list[str]] = defaultdict(list)
    for duty in duties:
        found[duty.clause].append(_duty(duty))
    for entry in entries:
        if entry.clause:
            found[entry.clause].append(f"{entry.event_at:%Y-%m-%d %H:%M} {entry.text}")
    return {clause: tuple(lines) for clause, lines in found.items()}


async def _read(case_id: str) -> tuple[list[Duty], list[Entry]]:
    database = open_database(read_settings().database)
    try:
        return await database.read(_duties_and_entries, case_id)
    finally:
        await database.close()


def _duties_and_entries(
    connection: Connection, case_id: str
) -> tuple[list[Duty], list[Entry]]:
    # Whoever may run commands on this machine may read its database.
    case = whole_case(connection, Scope(seats=None), case_id)
    if case is None:
        raise NoSuchCase(case_id)
    lines = timeline(connection, case_id, after=None, limit=WHOLE_TIMELINE)
    return list(case.duties), [each.entry for each in lines if not each.superseded_at]


def _duty(duty: Duty) -> str:
    status = duty.status.replace("_", " ")
    if duty.entered_late:
        status += " (entered late)"
    whose = f", {duty.basis.whose} limit" if duty.due_at and duty.basis else ""
    due = f", due {duty.due_at:%Y-%m-%d %H:%M}{whose}" if duty.due_at else ", no limit"
    return f"{duty.step} duty: {duty.text}: {status}{due}"
