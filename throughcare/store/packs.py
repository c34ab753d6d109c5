"""Policy packs as this installation adopted them. The newest adopted one of an id is in force for new cases (CR-M-2)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.domain.base import Frozen
from throughcare.domain.pack import Pack
from throughcare.errors import ThroughcareError
from throughcare.packs import digest, problems
from throughcare.store.tables import PackRow


class NotApproved(ThroughcareError):
    status = 409

    def __init__(self, pack: Pack) -> None:
        header = pack.header
        super().__init__(
            f"{header.id} v{header.version} does not go live: {'; '.join(problems(pack))}. The version before it stays in force."
        )


class AdoptedPack(Frozen):
    pack: Pack
    digest: str
    adopted_at: datetime


async def adopt(session: AsyncSession, pack: Pack, at: datetime) -> bool:
    """False if exactly this pack is in force already. Raises NotApproved (CR-M-2)."""
    if problems(pack):
        raise NotApproved(pack)
    in_force = await adopted(session, pack.header.id)
    if in_force is not None and in_force.digest == digest(pack):
        return False
    row = PackRow(
        digest=digest(pack),
        id=pack.header.id,
        version=pack.header.version,
        body=pack.model_dump(mode="json"),
        adopted_at=at,
    )
    # Going back to an earlier text adopts it again.
    await session.merge(row)
    await session.flush()
    return True


async def adopted(session: AsyncSession, pack_id: str) -> AdoptedPack | None:
    """The one in force."""
    row = await session.scalar(
        select(PackRow)
        .where(PackRow.id == pack_id)
        .order_by(PackRow.adopted_at.desc(), PackRow.version.desc())
        .limit(1)
    )
    if row is None:
        return None
    return AdoptedPack(
        pack=Pack.model_validate(row.body),
        digest=row.digest,
        adopted_at=row.adopted_at,
    )


async def pack_by_digest(session: AsyncSession, digest: str) -> Pack | None:
    if digest not in _AT_HAND:
        row = await session.get(PackRow, digest)
        if row is None:
            return None
        _AT_HAND[digest] = Pack.model_validate(row.body)
    return _AT_HAND[digest]


_AT_HAND: dict[str, Pack] = {}
"""Each pack is read once: its digest fixes its text, and to read it takes longer than to send a notice."""
