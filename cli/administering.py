"""What an operator does to the directory and its keys, in the database itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.config import Settings
from throughcare.errors import ThroughcareError
from throughcare.packs.calendars import load_calendars
from throughcare.packs.reading import load_packs
from throughcare.store.apikeys import KnownKey, issue_key, keys, revoke_key
from throughcare.store.changes import record_change, someone_here
from throughcare.store.database import open_database
from throughcare.usecases.directory_file import (
    missing_data,
    read_directory,
    refuse,
)
from throughcare.usecases.installing import OPERATOR, Change, conflicting, install


class DatabaseUnusable(ThroughcareError):
    status = 500

    def __init__(self, error: SQLAlchemyError) -> None:
        super().__init__(
            f"The database cannot be used ({type(error).__name__}). Is it running, and are its tables up to date "
            "(`throughcare database upgrade`)?"
        )


async def import_file(
    settings: Settings, path: Path, *, dry_run: bool, by: str | None
) -> tuple[Change, ...]:
    """Raises BadFile, NoSuchPerson for `by`, and DatabaseUnusable."""
    written, now = read_directory(path), datetime.now(UTC)
    calendars, packs = load_calendars(settings.calendars), load_packs(settings.policies)
    refuse(path, missing_data(written, calendars, packs))
    async with _writing(settings) as session:
        if by is not None:
            await someone_here(session, by, now)
        refuse(path, await conflicting(session, written, now))
        changes = await install(session, written, by=by or OPERATOR, at=now)
        if dry_run:
            await session.rollback()
    return changes


async def create_key(settings: Settings, person: str) -> str:
    """Raises NoSuchPerson, HasLeft and DatabaseUnusable."""
    now = datetime.now(UTC)
    async with _writing(settings) as session:
        await someone_here(session, person, now)
        key = await issue_key(session, person, now)
        said = {"key": key.split("_")[1], "person": person}
        record_change(session, "key_created", [], {}, {**said}, by=OPERATOR, at=now)
    return key


async def end_key(settings: Settings, key_id: str) -> None:
    """Raises NoSuchKey and DatabaseUnusable."""
    now = datetime.now(UTC)
    async with _writing(settings) as session:
        person = await revoke_key(session, key_id, now)
        said = {"key": key_id, "person": person}
        record_change(session, "key_revoked", [], {**said}, {}, by=OPERATOR, at=now)


async def known_keys(settings: Settings) -> tuple[KnownKey, ...]:
    """Raises DatabaseUnusable."""
    async with _writing(settings) as session:
        return await keys(session, datetime.now(UTC))


@asynccontextmanager
async def _writing(settings: Settings) -> AsyncIterator[AsyncSession]:
    database = open_database(settings.database)
    try:
        async with database.sessions.begin() as session:
            yield session
    except SQLAlchemyError as error:
        raise DatabaseUnusable(error) from None
    finally:
        await database.close()
