"""Who had payloads of which case decoded, and who was refused."""

import secrets  # noqa: TID251 (ids are made at the edge, never in a workflow)
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.store.tables import PayloadReadRow


async def note_read(
    session: AsyncSession,
    person_id: str | None,
    payloads: Mapping[str | None, int],
    *,
    allowed: bool,
    at: datetime,
) -> None:
    """`payloads`: how many of each case, by workflow id; None is for those encrypted before cases were named."""
    session.add_all(
        PayloadReadRow(
            id=secrets.token_hex(16),
            at=at,
            person_id=person_id,
            workflow_id=workflow_id,
            count=count,
            allowed=allowed,
        )
        for workflow_id, count in payloads.items()
    )


async def reads(session: AsyncSession, limit: int) -> Sequence[PayloadReadRow]:
    """The latest first."""
    query = select(PayloadReadRow).order_by(PayloadReadRow.at.desc(), PayloadReadRow.id)
    return (await session.scalars(query.limit(limit))).all()
