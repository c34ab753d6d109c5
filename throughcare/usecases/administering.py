"""What an operator does to the directory and its keys, in the database itself."""

import os
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from throughcare.case.notice import Delivery
from throughcare.config import Settings
from throughcare.errors import ThroughcareError
from throughcare.packs.calendars import load_calendars
from throughcare.packs.reading import load_packs
from throughcare.store.apikeys import KnownKey, issue_key, keys, revoke_key
from throughcare.store.changes import record_change, someone_here
from throughcare.store.database import Given, Got, Transaction, open_database, undone
from throughcare.store.resending import UndeliveredNotice, send_again, undelivered
from throughcare.store.seatings import Seating, pending_seatings
from throughcare.store.tables import Json
from throughcare.usecases.directory_file import (
    DirectoryFile,
    missing_data,
    read_directory,
    refuse,
)
from throughcare.usecases.installing import (
    OPERATOR,
    ImportedChange,
    conflicting,
    import_alone,
    install,
)
from throughcare.usecases.seatings import confirm, decline


class DatabaseUnusable(ThroughcareError):
    status = 500

    def __init__(self, error: SQLAlchemyError) -> None:
        super().__init__(
            f"The database cannot be used ({type(error).__name__}). Is it running, and are its tables up to date "
            "(`throughcare database upgrade`)?"
        )


SYSTEM_USER = "system:"
"""Stands before the name of a user of the machine, in the trail, where no person is named."""


class NobodyNamed(ThroughcareError):
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "Say who makes this change with `--by PERSON`: the machine does not know who you are."
        )


async def import_file(
    settings: Settings, path: Path, *, dry_run: bool, by: str | None
) -> tuple[ImportedChange, ...]:
    """Raises BadFile, NoSuchPerson for `by`, and DatabaseUnusable."""
    written = read_directory(path)
    calendars, packs = load_calendars(settings.calendars), load_packs(settings.policies)
    refuse(path, missing_data(written, calendars, packs))
    return await _write(settings, _import, path, written, dry_run=dry_run, by=by)


def _import(
    connection: Connection,
    path: Path,
    written: DirectoryFile,
    *,
    dry_run: bool,
    by: str | None,
) -> tuple[ImportedChange, ...]:
    now = datetime.now(UTC)
    import_alone(connection)
    if by is not None:
        someone_here(connection, by, now)
    refuse(path, conflicting(connection, written, now))
    with undone(connection) if dry_run else nullcontext():
        return install(connection, written, by=by or OPERATOR, at=now)


async def seatings(settings: Settings) -> tuple[Seating, ...]:
    """Those that wait for a second person. Raises DatabaseUnusable."""
    return await _write(settings, pending_seatings)


async def settle_seating(
    settings: Settings, seating_id: str, *, by: str, is_confirmed: bool
) -> Seating:
    """Raises NoSuchSeating, NotForYou, NeedsSecondPerson and DatabaseUnusable."""
    settled = confirm if is_confirmed else decline
    return await _write(settings, settled, seating_id, by=by, at=datetime.now(UTC))


async def create_key(settings: Settings, person: str, *, by: str | None) -> str:
    """Raises NoSuchPerson, HasLeft, NobodyNamed and DatabaseUnusable."""
    return await _write(settings, _create_key, person, **_maker(by))


def _create_key(connection: Connection, person: str, *, by: str, login: str) -> str:
    now = datetime.now(UTC)
    _check_maker(connection, by, login, now)
    someone_here(connection, person, now)
    key = issue_key(connection, person, now)
    said: Json = {"key": key.split("_")[1], "person": person, **_made_at(login)}
    record_change(connection, "key_created", [], {}, said, by=by, at=now)
    return key


async def renew_key(settings: Settings, key_id: str, *, by: str | None) -> str:
    """Another key for whose it was; this one ends at once. Raises NoSuchKey, and as create_key."""
    return await _write(settings, _renew_key, key_id, **_maker(by))


def _renew_key(connection: Connection, key_id: str, *, by: str, login: str) -> str:
    person = _end_key(connection, key_id, by=by, login=login)
    return _create_key(connection, person, by=by, login=login)


async def end_key(settings: Settings, key_id: str, *, by: str | None) -> None:
    """Raises NoSuchKey, NoSuchPerson and HasLeft for `by`, NobodyNamed and DatabaseUnusable."""
    await _write(settings, _end_key, key_id, **_maker(by))


def _end_key(connection: Connection, key_id: str, *, by: str, login: str) -> str:
    now = datetime.now(UTC)
    _check_maker(connection, by, login, now)
    person = revoke_key(connection, key_id, now)
    said: Json = {"key": key_id, "person": person, **_made_at(login)}
    record_change(connection, "key_revoked", [], said, {}, by=by, at=now)
    return person


def _maker(by: str | None) -> dict[str, str]:
    """Who makes a change of keys: a person of the directory, or whoever is signed in to the machine. Raises NobodyNamed."""
    login = login_name()
    if by is None and login is None:
        raise NobodyNamed
    return {"by": by or f"{SYSTEM_USER}{login}", "login": login or ""}


def _check_maker(connection: Connection, by: str, login: str, at: datetime) -> None:
    if by != f"{SYSTEM_USER}{login}":
        someone_here(connection, by, at)


def _made_at(login: str) -> dict[str, object]:
    """Also where a person is named: nobody proves on the command line who they are."""
    return {"system_user": login} if login else {}


def login_name() -> str | None:
    """Who signed in to the machine, whoever they act as since. None in a container or a job, where nobody did, and for the
    superuser, whom several people share."""
    try:
        name = os.getlogin()
    except OSError:
        return None
    return None if name == "root" else name


async def known_keys(settings: Settings) -> tuple[KnownKey, ...]:
    """Raises DatabaseUnusable."""
    return await _write(settings, keys, datetime.now(UTC))


async def list_undelivered(
    settings: Settings, delivery: Delivery | None
) -> Sequence[UndeliveredNotice]:
    """Raises DatabaseUnusable."""
    return await _write(settings, undelivered, delivery)


async def send_notices_again(
    settings: Settings, keys: Collection[str] | Delivery, by: str
) -> tuple[str, ...]:
    """These, or all that ended so. Raises NoSuchPerson, HasLeft and DatabaseUnusable."""
    return await _write(settings, _send_again, keys, by)


def _send_again(
    connection: Connection, keys: Collection[str] | Delivery, by: str
) -> tuple[str, ...]:
    now = datetime.now(UTC)
    someone_here(connection, by, now)
    if isinstance(keys, Delivery):
        keys = [each.key for each in undelivered(connection, keys)]
    return send_again(connection, keys, by, now)


async def _write(
    settings: Settings,
    transaction: Transaction[Given, Got],
    *args: Given.args,
    **kwargs: Given.kwargs,
) -> Got:
    database = open_database(settings.database)
    try:
        return await database.write(transaction, *args, **kwargs)
    except SQLAlchemyError as error:
        raise DatabaseUnusable(error) from None
    finally:
        await database.close()
