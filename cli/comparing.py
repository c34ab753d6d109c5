"""Reaches what `throughcare records` compares: the tables, and the workflows through Temporal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.service import RPCError

from throughcare.config import PREFIX, Settings
from throughcare.errors import ThroughcareError
from throughcare.logging import configure
from throughcare.store.database import Database, open_database
from throughcare.store.differences import Compared
from throughcare.temporal.client import connect
from throughcare.temporal.keys import read
from throughcare.usecases.ids import new_id
from throughcare.usecases.reconciliation import Reconciliation

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
    # Its lines are for whoever runs it; what would be logged stands in the row it leaves.
    configure("error", json=False)
    try:
        async with _database(settings) as database:
            check = Reconciliation(
                await _reach_temporal(settings),
                database,
                lambda: datetime.now(UTC),
                mend=mend,
                everything=everything,
                clocks=clocks,
            )
            if cases:
                return await check.run(f"{SOME}{new_id()}", cases)
            return await check.run(new_id(), await check.every_case(closed_for))
    except RPCError:
        raise CannotCompare(NO_TEMPORAL) from None
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        # What the driver said. The rest repeats the statement, or the address with its password.
        said = str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
        raise CannotCompare(
            f"The database cannot be used: {said}. {PREFIX}DATABASE_URL says which it is."
        ) from None
    finally:
        await asyncio.sleep(PARTING.total_seconds())


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings.database)
    try:
        yield database
    finally:
        await database.close()


async def _reach_temporal(settings: Settings) -> Client:
    # Only read: keys made up here could open nothing.
    keys = read(settings.keys)
    try:
        return await connect(keys, service="records")
    except RuntimeError:
        raise CannotCompare(NO_TEMPORAL) from None
