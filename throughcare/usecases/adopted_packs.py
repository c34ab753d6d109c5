"""The packs this installation adopted, at hand."""

from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import Connection

from throughcare.case.parts import ClauseId
from throughcare.errors import ThroughcareError
from throughcare.lifecycles.client.policy import Independence
from throughcare.packs.pack import Pack
from throughcare.packs.reading import (
    NoPacks,
    load_pack,
    needs_adoption,
)
from throughcare.packs.yamlfile import BadFile
from throughcare.store.database import Database
from throughcare.store.directory import AgencyFacts
from throughcare.store.packs import (
    Adoption,
    NotApproved,
    PackInForce,
    adopt,
    adoption_of,
    pack_by_digest,
    packs_in_force,
    record_adoption,
)

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
        _log(pack, await self._database.write(_adopt_here, pack, adoption, by))

    async def _adopt(self, pack: Pack) -> None:
        _log(pack, await self._database.write(_adopt_signed, pack))

    async def pack(self, digest: str) -> Pack:
        pack = await self._database.read(pack_by_digest, digest)
        if pack is None:
            raise NoPolicyInForce
        return pack

    async def in_force(self) -> tuple[AgencyFacts, tuple[PackInForce, ...]]:
        """The agency, and the packs it adopted in its own order. Packs are never blended (ruling 8)."""
        return await self._database.read(packs_in_force)


def independence_in(packs: tuple[PackInForce, ...]) -> Independence | None:
    """The rules of an advisory pack that the agency adopted beside its own."""
    rules = (each.pack.independence for each in packs)
    return next((each for each in rules if each), None)


def closure_in(packs: tuple[PackInForce, ...]) -> ClauseId | None:
    """The clause by which an adopted pack has a care plan go on until its team agrees to the end (CC-08.4)."""
    found = (each.pack.competencies for each in packs)
    return next((each.closure for each in found if each), None)


def _adopt_here(
    connection: Connection, pack: Pack, adoption: Adoption, by: str
) -> str | None:
    now = datetime.now(UTC)
    record_adoption(connection, pack.header.id, adoption, by=by, at=now)
    return "pack.adopted" if adopt(connection, pack, now) else None


def _adopt_signed(connection: Connection, pack: Pack) -> str | None:
    """What became of it."""
    header = pack.header
    if needs_adoption(pack) and not adoption_of(connection, header.id, header.version):
        return "pack.waits_for_adoption"
    return "pack.adopted" if adopt(connection, pack, datetime.now(UTC)) else None


def _log(pack: Pack, event: str | None) -> None:
    if event:
        log.info(event, pack=pack.header.id, pack_version=pack.header.version)


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NoPacks(folder, "is no folder")
    return sorted(
        each
        for each in folder.iterdir()
        if each.is_dir() and not each.name.startswith(".")
    )
