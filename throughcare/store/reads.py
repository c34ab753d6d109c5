"""Who had payloads of which case decoded, and who was refused."""

import secrets  # noqa: TID251 (ids are made at the edge, never in a workflow)
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from throughcare.store.rows import rows
from throughcare.store.tables import PayloadReadRow


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
