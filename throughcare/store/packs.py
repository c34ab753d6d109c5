"""Policy packs as this installation adopted them. The newest adopted one of an id is in force for new cases (CR-M-2)."""

from datetime import date, datetime

from pydantic import Field
from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen, Written
from throughcare.errors import ThroughcareError
from throughcare.packs.pack import Approval, Pack
from throughcare.packs.reading import digest, problems
from throughcare.store.database import insert_into, within
from throughcare.store.rows import one_row
from throughcare.store.tables import PackAdoptionRow, PackRow


class NotApproved(ThroughcareError):
    status = 409

    def __init__(self, pack: Pack) -> None:
        header = pack.header
        super().__init__(
            f"{header.id} v{header.version} does not go live: {'; '.join(problems(pack))}. The version before it stays in force."
        )


class AdoptedBefore(ThroughcareError):
    status = 409

    def __init__(self, pack_id: str, known: Approval) -> None:
        super().__init__(
            f"{pack_id} v{known.version} is on record as adopted on {known.on}, approved by: {known.title}. That stays as it "
            "is; what changes is a new version, adopted anew."
        )


class AdoptedPack(Frozen):
    pack: Pack
    digest: str
    adopted_at: datetime


async def adopt(session: AsyncSession, pack: Pack, at: datetime) -> bool:
    """False if exactly this pack is in force already. Raises NotApproved (CR-M-2), unless the agency has recorded its own
    adoption of this version (CS-M-1)."""
    header = pack.header
    if problems(pack) and not await within(
        session, adoption_of, header.id, header.version
    ):
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


class Adoption(Written):
    """The agency's own record that a version of a pack is in force there: who approved it, by title, and on which day."""

    version: int = Field(ge=1)
    title: str = Field(
        min_length=1, max_length=200, description="Who approved it, never by name"
    )
    on: date


def adoption_of(connection: Connection, pack_id: str, version: int) -> Approval | None:
    """What the agency has on record of its own adoption of this version."""
    query = select(PackAdoptionRow).where(
        PackAdoptionRow.pack_id == pack_id, PackAdoptionRow.version == version
    )
    row = one_row(connection, query)
    if row is None:
        return None
    return Approval(version=version, title=row.title, on=row.adopted_on)


def record_adoption(
    connection: Connection, pack_id: str, adoption: Adoption, *, by: str, at: datetime
) -> bool:
    """Once for a version: False where the same is on record already. Raises AdoptedBefore."""
    row = {
        "pack_id": pack_id,
        "version": adoption.version,
        "title": adoption.title,
        "adopted_on": adoption.on,
        "recorded_by": by,
        "recorded_at": at,
    }
    # Of two at once one is first, and the other finds it on record.
    upsert = insert_into(connection.dialect.name, PackAdoptionRow)
    unless_there = upsert.values(row).on_conflict_do_nothing()
    added = connection.scalar(unless_there.returning(PackAdoptionRow.version))
    known = adoption_of(connection, pack_id, adoption.version)
    if known and (known.title, known.on) != (adoption.title, adoption.on):
        raise AdoptedBefore(pack_id, known)
    return added is not None


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


def pack_by_digest(connection: Connection, digest: str) -> Pack | None:
    if digest not in _AT_HAND:
        body = connection.scalar(select(PackRow.body).where(PackRow.digest == digest))
        if body is None:
            return None
        _AT_HAND[digest] = Pack.model_validate(body)
    return _AT_HAND[digest]


_AT_HAND: dict[str, Pack] = {}
"""Each pack is read once: its digest fixes its text, and to read it takes longer than to send a notice."""
