"""What is in the tables already of a caseload that is brought in."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, select

from throughcare.store.tables import CaseRow, MessageRow

SOME = 500
"""Ids in one statement; a database takes only so many."""


def recorded(connection: Connection, case_ids: Sequence[str]) -> dict[str, set[str]]:
    """Of these cases those that are on record, each with the messages it has heard."""
    found: dict[str, set[str]] = {}
    for ids in _by_some(case_ids):
        cases = connection.scalars(select(CaseRow.id).where(CaseRow.id.in_(ids)))
        found.update((case_id, set()) for case_id in cases)
        heard = connection.execute(
            select(MessageRow.case_id, MessageRow.id).where(MessageRow.case_id.in_(ids))
        )
        for case_id, message_id in heard:
            found.setdefault(case_id, set()).add(message_id)
    return found


def _by_some(ids: Sequence[str]) -> Iterator[Collection[str]]:
    for start in range(0, len(ids), SOME):
        yield ids[start : start + SOME]
