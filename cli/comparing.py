"""Reaches what `throughcare records` compares and begins again: the tables, and the workflows through Temporal."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.service import RPCError

from throughcare.config import PREFIX, Settings
from throughcare.errors import ThroughcareError
from throughcare.logging import configure
from throughcare.store.changes import someone_here
from throughcare.store.database import Database, open_database
from throughcare.store.differences import Compared
from throughcare.store.restores import declare_restore
from throughcare.temporal.client import connect
from throughcare.temporal.keys import read
from throughcare.usecases.belonging import hold_together
from throughcare.usecases.ids import new_id
from throughcare.usecases.reconciliation import Reconciliation
from throughcare.usecases.restoring import Begun, CannotBegin, Restoring

PARTING = timedelta(seconds=0.3)
"""A call to Temporal that was given up is still being undone; the interpreter may crash if it ends meanwhile."""

SOME = "case-"
"""Begins the id of a comparison of single cases, which says nothing about all the others."""

NO_TEMPORAL = "Temporal cannot be reached. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say where it is."


class CannotCompare(ThroughcareError):
    status = 503


async def compare(
    settings: Settings,
    cases: list[str] | None,
    *,
    closed_for: timedelta | None,
    clocks: bool,
    mend: bool,
    everything: bool,
) -> Compared:
    """Raises a ThroughcareError where it could not be done."""
    async with _reached(settings) as (client, database):
        check = Reconciliation(
            client,
            database,
            _now,
            mend=mend,
            everything=everything,
            clocks=clocks,
        )
        if cases:
            return await check.run(f"{SOME}{new_id()}", cases)
        return await check.run(new_id(), await check.every_case(closed_for))


async def begin_again(
    settings: Settings, cases: list[str] | None, by: str, reason: str, *, dry_run: bool
) -> tuple[list[Begun], list[CannotBegin]]:
    """Raises a ThroughcareError where it could not be done."""
    async with _reached(settings) as (client, database):
        await database.write(someone_here, by, _now())
        restoring = Restoring(client, database)
        found = [
            each async for each in restoring.begin(cases, by, reason, dry_run=dry_run)
        ]
    begun = [each for each in found if isinstance(each, Begun)]
    return begun, [each for each in found if isinstance(each, CannotBegin)]


async def declare(settings: Settings, by: str, reason: str) -> int:
    """The number of the restore. Raises a ThroughcareError where it could not be done."""
    with _said_in_words():
        async with _database(settings) as database:
            return await database.write(_declare, by, reason)


def _declare(connection: Connection, by: str, reason: str) -> int:
    now = _now()
    someone_here(connection, by, now)
    return declare_restore(connection, now, by, reason).number


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def _reached(settings: Settings) -> AsyncIterator[tuple[Client, Database]]:
    # Its lines are for whoever runs it; what would be logged stands in the rows it leaves.
    configure("error", json=False)
    try:
        with _said_in_words():
            async with _database(settings) as database:
                yield await _reach_temporal(settings, database), database
    finally:
        await asyncio.sleep(PARTING.total_seconds())


@contextmanager
def _said_in_words() -> Iterator[None]:
    """Raises CannotCompare."""
    try:
        yield
    except RPCError:
        raise CannotCompare(NO_TEMPORAL) from None
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        # What the driver said. The rest repeats the statement, or the address with its password.
        said = str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
        raise CannotCompare(
            f"The database cannot be used: {said}. {PREFIX}DATABASE_URL says which it is."
        ) from None


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings.database)
    try:
        yield database
    finally:
        await database.close()


async def _reach_temporal(settings: Settings, database: Database) -> Client:
    # Only read: keys made up here could open nothing.
    keys = read(settings.keys)
    try:
        client = await connect(keys, service="records")
    except RuntimeError:
        raise CannotCompare(NO_TEMPORAL) from None
    await hold_together(client, database, keys)
    return client
