"""Policy packs as this installation adopted them. The newest adopted one of an id is in force for new cases (CR-M-2)."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from pydantic import Field
from sqlalchemy import Connection, insert, select

from throughcare.case.base import Frozen, Written
from throughcare.case.parts import PackRef
from throughcare.errors import ThroughcareError
from throughcare.packs.pack import Approval, Pack
from throughcare.packs.reading import digest, problems
from throughcare.store.database import insert_into, lock
from throughcare.store.directory import AgencyFacts, agency
from throughcare.store.rows import one_row, rows
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


class Adoption(Written):
    """The agency's own record that a version of a pack is in force there: who approved it, by title, and on which day."""

    version: int = Field(ge=1)
    title: str = Field(
        min_length=1, max_length=200, description="Who approved it, never by name"
    )
    on: date


class PackInForce(Frozen):
    """A pack the agency adopted, and since when."""

    ref: PackRef
    pack: Pack
    adopted_at: datetime
    approvals: tuple[Approval, ...]
    """The pack's own, and the agency's where it recorded its adoption (CS-M-1)."""


def adopt(connection: Connection, pack: Pack, at: datetime) -> bool:
    """False if exactly this pack is in force already. Raises NotApproved (CR-M-2), unless the agency has recorded its own
    adoption of this version (CS-M-1)."""
    header = pack.header
    _lock_pack(connection, header.id)
    if problems(pack) and not adoption_of(connection, header.id, header.version):
        raise NotApproved(pack)
    known = adopted(connection, [header.id]).get(header.id)
    if known is not None and known.ref.digest == digest(pack):
        return False
    # Going back to an earlier text adopts it again.
    connection.execute(
        insert_into(connection.dialect.name, PackRow)
        .values(
            digest=digest(pack),
            id=header.id,
            version=header.version,
            body=pack.model_dump(mode="json"),
            adopted_at=at,
        )
        .on_conflict_do_update(index_elements=["digest"], set_={"adopted_at": at})
    )
    return True


def adoption_of(connection: Connection, pack_id: str, version: int) -> Approval | None:
    """What the agency has on record of its own adoption of this version."""
    query = select(PackAdoptionRow).where(
        PackAdoptionRow.pack_id == pack_id, PackAdoptionRow.version == version
    )
    row = one_row(connection, query)
    return _approval(row) if row else None


def record_adoption(
    connection: Connection, pack_id: str, adoption: Adoption, *, by: str, at: datetime
) -> bool:
    """Once for a version: False where the same is on record already. Raises AdoptedBefore."""
    _lock_pack(connection, pack_id)
    known = adoption_of(connection, pack_id, adoption.version)
    if known is not None:
        if (known.title, known.on) != (adoption.title, adoption.on):
            raise AdoptedBefore(pack_id, known)
        return False
    connection.execute(
        insert(PackAdoptionRow),
        {
            "pack_id": pack_id,
            "version": adoption.version,
            "title": adoption.title,
            "adopted_on": adoption.on,
            "recorded_by": by,
            "recorded_at": at,
        },
    )
    return True


def packs_in_force(
    connection: Connection,
) -> tuple[AgencyFacts, tuple[PackInForce, ...]]:
    """The agency, and the packs it adopted in its own order. Packs are never blended (ruling 8)."""
    facts = agency(connection)
    found = adopted(connection, facts.packs)
    return facts, tuple(found[each] for each in facts.packs if each in found)


def adopted(
    connection: Connection, pack_ids: Collection[str]
) -> Mapping[str, PackInForce]:
    """Of each of these packs the one in force, by id."""
    newest = select(PackRow.id, PackRow.version, PackRow.digest, PackRow.adopted_at)
    mine = newest.where(PackRow.id.in_(list(pack_ids)))
    ordered = mine.order_by(PackRow.adopted_at, PackRow.version)
    found = {row.id: row for row in connection.execute(ordered)}
    approved = _agencys_own(connection, found)
    in_force = {}
    for pack_id, row in found.items():
        pack = pack_by_digest(connection, row.digest)
        assert pack is not None, "it was found a moment ago"
        in_force[pack_id] = PackInForce(
            ref=PackRef(id=row.id, version=row.version, digest=row.digest),
            pack=pack,
            adopted_at=row.adopted_at,
            approvals=(
                *pack.header.approvals,
                *approved.get((row.id, row.version), ()),
            ),
        )
    return in_force


def _agencys_own(
    connection: Connection, pack_ids: Collection[str]
) -> dict[tuple[str, int], tuple[Approval, ...]]:
    query = select(PackAdoptionRow).where(PackAdoptionRow.pack_id.in_(list(pack_ids)))
    return {
        (row.pack_id, row.version): (_approval(row),) for row in rows(connection, query)
    }


def pack_by_digest(connection: Connection, digest: str) -> Pack | None:
    if digest not in _AT_HAND:
        body = connection.scalar(select(PackRow.body).where(PackRow.digest == digest))
        if body is None:
            return None
        _AT_HAND[digest] = Pack.model_validate(body)
    return _AT_HAND[digest]


_AT_HAND: dict[str, Pack] = {}
"""Each pack is read once: its digest fixes its text, and to read it takes longer than to send a notice."""


def _approval(row: PackAdoptionRow) -> Approval:
    return Approval(version=row.version, title=row.title, on=row.adopted_on)


def _lock_pack(connection: Connection, pack_id: str) -> None:
    """Of several that adopt a pack at once, as API processes that start together do, one does and the others find it."""
    lock(connection, f"pack {pack_id}")
