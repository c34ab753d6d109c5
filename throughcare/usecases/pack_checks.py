"""What an agency should know of its packs beside what is in force: what has no seat here, and what changed without a number."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from throughcare.case.base import Frozen
from throughcare.case.parts import Role
from throughcare.case.wording import listed
from throughcare.config import Settings
from throughcare.lifecycles.client.policy import IntakePolicy
from throughcare.packs.pack import Pack
from throughcare.packs.reading import digest
from throughcare.store.database import open_database
from throughcare.store.directory import (
    AgencyFacts,
    NoAgency,
    SeatFacts,
    agency,
    seats,
)
from throughcare.store.tables import PackRow
from throughcare.usecases.dry_run import fills


class Installed(Frozen):
    """What the database has: the agency, its seats now, and the digest of every version of a pack it adopted."""

    agency: AgencyFacts
    seats: tuple[SeatFacts, ...]
    digests: dict[tuple[str, int], tuple[str, ...]]


async def installed(settings: Settings) -> Installed | None:
    """None where there is no database yet, or none of an agency."""
    if not _is_there(settings.database):
        return None
    database = open_database(settings.database)
    try:
        return await database.read(_read)
    except (SQLAlchemyError, NoAgency):
        return None
    finally:
        await database.close()


def _is_there(address: str) -> bool:
    """A file that is not would be made by looking into it."""
    url = make_url(address)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


def _read(connection: Connection) -> Installed:
    here, now = agency(connection), datetime.now(UTC)
    digests: dict[tuple[str, int], tuple[str, ...]] = {}
    for row in connection.execute(select(PackRow.id, PackRow.version, PackRow.digest)):
        key = (row.id, row.version)
        digests[key] = (*digests.get(key, ()), row.digest)
    found = tuple(seats(connection, now, here.id))
    return Installed(agency=here, seats=found, digests=digests)


def warnings_here(pack: Pack, here: Installed) -> Iterator[str]:
    """Of a pack on its way into force, or in force."""
    header = pack.header
    known = here.digests.get((header.id, header.version), ())
    if known and digest(pack) not in known:
        yield f"its text is not that of version {header.version} as adopted here, and its number is the same; raise version in pack.yaml"
    if header.id not in here.agency.packs:
        return
    for policy in pack.policies.values():
        roles: dict[str, Role] = getattr(policy, "roles", {})
        for role_id, role in roles.items():
            mine = [each for each in here.seats if fills(role.accepts, each)]
            if not mine:
                yield f"role {role_id} ({role.title}): the directory has no seat of {listed(role.accepts)}"
            elif strange := _strange_words(role.title, mine, here.seats):
                yield f"role {role_id} is called {role.title}, and the directory knows no {strange}; is that another agency's name?"
        if isinstance(policy, IntakePolicy):
            yield from _strange_programs(policy.programs, here.seats)


def _strange_words(
    title: str, mine: Sequence[SeatFacts], seats: Sequence[SeatFacts]
) -> str:
    """The short name of some organization that none here has, or the whole title where its seats share no word of it."""
    words = title.split()
    known = {e for seat in seats for e in f"{seat.title} {seat.organization}".split()}
    if short := [
        each for each in words if len(each) > 1 and each.isupper() and each not in known
    ]:
        return listed(short)
    held = {each.casefold() for seat in mine for each in seat.title.split()}
    return "" if held & {each.casefold() for each in words} else title


def _strange_programs(
    programs: Sequence[str], seats: Sequence[SeatFacts]
) -> Iterator[str]:
    known = sorted({seat.program for seat in seats if seat.program})
    for program in programs:
        if program not in known:
            yield f"program {program}: no seat of the directory is of it; programs there are: {listed(known)}"
