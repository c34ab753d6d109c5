"""The packs this installation adopted, at hand."""

from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen
from throughcare.case.parts import ClauseId, PackRef
from throughcare.errors import ThroughcareError
from throughcare.lifecycles.client.policy import Independence
from throughcare.packs.pack import Approval, Pack
from throughcare.packs.reading import (
    NoPacks,
    load_pack,
    needs_adoption,
)
from throughcare.packs.yamlfile import BadFile
from throughcare.store.database import Database, within
from throughcare.store.directory import AgencyFacts, agency
from throughcare.store.packs import (
    Adoption,
    NotApproved,
    adopt,
    adoption_of,
    pack_by_digest,
    record_adoption,
)
from throughcare.store.tables import PackRow

log = structlog.get_logger("throughcare.api")


class NoPolicyInForce(ThroughcareError):
    status = 503

    def __init__(self) -> None:
        super().__init__(
            "No policy is in force, so nothing can be opened. An operator must have the agency adopt a pack."
        )


class WrongVersion(ThroughcareError):
    status = 409

    def __init__(self, pack_id: str, version: int) -> None:
        super().__init__(
            f"The version of {pack_id} that is there is {version}. Adopt that one, or have the other one installed."
        )


class PackNotSound(ThroughcareError):
    status = 409

    def __init__(self, pack_id: str) -> None:
        super().__init__(
            f"The files of {pack_id} hold mistakes; `throughcare policy check` lists them."
        )


class PackInForce(Frozen):
    """A pack the agency adopted, and since when."""

    ref: PackRef
    pack: Pack
    adopted_at: datetime
    approvals: tuple[Approval, ...]
    """The pack's own, and the agency's where it recorded its adoption (CS-M-1)."""


class AdoptedPacks:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def adopt(self, folder: Path) -> None:
        """Adopt every pack in the folder that may go live. One that is broken or that nobody approved is refused, and
        the earlier one stays in force (CR-M-2); one that nobody signed waits for the agency's own adoption (CS-M-1). Raises
        NoPacks where there is no such folder."""
        for each in _folders(folder):
            try:
                await self._adopt(load_pack(each))
            except (BadFile, NoPacks, NotApproved) as error:
                log.error("pack.refused", pack=each.name, kind=type(error).__name__)

    async def adopt_here(
        self, folder: Path, pack_id: str, adoption: Adoption, by: str
    ) -> None:
        """Put a version into force that the agency itself adopted, where the pack names nobody who approved it (CS-M-1).
        Raises NoPacks where there is no such pack, PackNotSound, WrongVersion and AdoptedBefore."""
        if pack_id not in [each.name for each in _folders(folder)]:
            raise NoPacks(folder / pack_id, "is no pack")
        try:
            pack = load_pack(folder / pack_id)
        except BadFile:
            raise PackNotSound(pack_id) from None
        if pack.header.version != adoption.version:
            raise WrongVersion(pack_id, pack.header.version)
        now = datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            await within(session, record_adoption, pack_id, adoption, by=by, at=now)
            await _go_live(session, pack, now)

    async def _adopt(self, pack: Pack) -> None:
        header, now = pack.header, datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            recorded = await within(session, adoption_of, header.id, header.version)
            if needs_adoption(pack) and recorded is None:
                log.info("pack.waits_for_adoption", pack=header.id)
                return
            await _go_live(session, pack, now)

    async def pack(self, digest: str) -> Pack:
        pack = await self._database.read(pack_by_digest, digest)
        if pack is None:
            raise NoPolicyInForce
        return pack

    async def in_force(self) -> tuple[AgencyFacts, tuple[PackInForce, ...]]:
        """The agency, and the packs it adopted in its own order. Packs are never blended (ruling 8)."""
        async with self._database.sessions() as session:
            facts = await within(session, agency)
            newest = select(
                PackRow.id, PackRow.version, PackRow.digest, PackRow.adopted_at
            )
            newest = newest.where(PackRow.id.in_(facts.packs))
            order = (PackRow.adopted_at, PackRow.version)
            rows = {
                row.id: row for row in await session.execute(newest.order_by(*order))
            }
            found = [rows[pack_id] for pack_id in facts.packs if pack_id in rows]
            recorded = {
                row.id: await within(session, adoption_of, row.id, row.version)
                for row in found
            }
        packs = {row.id: await self.pack(row.digest) for row in found}
        return facts, tuple(
            PackInForce(
                ref=PackRef(id=row.id, version=row.version, digest=row.digest),
                pack=packs[row.id],
                adopted_at=row.adopted_at,
                approvals=_approvals(packs[row.id], recorded[row.id]),
            )
            for row in found
        )


def independence_in(packs: tuple[PackInForce, ...]) -> Independence | None:
    """The rules of an advisory pack that the agency adopted beside its own."""
    rules = (each.pack.independence for each in packs)
    return next((each for each in rules if each), None)


def closure_in(packs: tuple[PackInForce, ...]) -> ClauseId | None:
    """The clause by which an adopted pack has a care plan go on until its team agrees to the end (CC-08.4)."""
    found = (each.pack.competencies for each in packs)
    return next((each.closure for each in found if each), None)


async def _go_live(session: AsyncSession, pack: Pack, at: datetime) -> None:
    if await adopt(session, pack, at):
        header = pack.header
        log.info("pack.adopted", pack=header.id, pack_version=header.version)


def _approvals(pack: Pack, recorded: Approval | None) -> tuple[Approval, ...]:
    return (*pack.header.approvals, *([recorded] if recorded else []))


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NoPacks(folder, "is no folder")
    return sorted(
        each
        for each in folder.iterdir()
        if each.is_dir() and not each.name.startswith(".")
    )
