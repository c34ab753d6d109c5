"""The packs this installation adopted, at hand."""

from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import select

from api.errors import NoPolicyInForce
from throughcare.domain.base import Frozen
from throughcare.domain.pack import Pack
from throughcare.messages import PackRef
from throughcare.packs import NoPacks, load_pack
from throughcare.store.database import Database
from throughcare.store.directory import AgencyFacts, agency
from throughcare.store.packs import NotApproved, adopt, pack_by_digest
from throughcare.store.tables import PackRow
from throughcare.yamlfile import BadFile

log = structlog.get_logger("throughcare.api")


class InForce(Frozen):
    """A pack the agency adopted, and since when."""

    ref: PackRef
    pack: Pack
    adopted_at: datetime


class Shelf:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def adopt(self, folder: Path) -> None:
        """Adopt every pack in the folder that may go live. One that is broken or that nobody approved is refused, and
        the earlier one stays in force (CR-M-2). Raises NoPacks where there is no such folder."""
        for each in _folders(folder):
            try:
                await self._adopt(load_pack(each))
            except (BadFile, NoPacks, NotApproved) as error:
                log.error("pack.refused", pack=each.name, kind=type(error).__name__)

    async def _adopt(self, pack: Pack) -> None:
        async with self._database.sessions.begin() as session:
            if await adopt(session, pack, datetime.now(UTC)):
                header = pack.header
                log.info("pack.adopted", pack=header.id, pack_version=header.version)

    async def pack(self, digest: str) -> Pack:
        async with self._database.sessions() as session:
            pack = await pack_by_digest(session, digest)
        if pack is None:
            raise NoPolicyInForce
        return pack

    async def in_force(self) -> tuple[AgencyFacts, tuple[InForce, ...]]:
        """The agency, and the packs it adopted in its own order. Packs are never blended (ruling 8)."""
        async with self._database.sessions() as session:
            facts = await agency(session)
            newest = select(
                PackRow.id, PackRow.version, PackRow.digest, PackRow.adopted_at
            )
            newest = newest.where(PackRow.id.in_(facts.packs))
            order = (PackRow.adopted_at, PackRow.version)
            rows = {
                row.id: row for row in await session.execute(newest.order_by(*order))
            }
        found = [rows[pack_id] for pack_id in facts.packs if pack_id in rows]
        return facts, tuple(
            [
                InForce(
                    ref=PackRef(id=row.id, version=row.version, digest=row.digest),
                    pack=await self.pack(row.digest),
                    adopted_at=row.adopted_at,
                )
                for row in found
            ]
        )


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NoPacks(folder, "is no folder")
    return sorted(
        each
        for each in folder.iterdir()
        if each.is_dir() and not each.name.startswith(".")
    )
