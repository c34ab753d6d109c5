"""Drops what is kept only for a while, answers to an Idempotency-Key and the feed of changes, and reminds of reviews that are
overdue."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from throughcare.store.case_changes import drop_old_changes
from throughcare.store.database import Database, DatabaseBusy
from throughcare.store.idempotency import drop_old_replies
from throughcare.usecases.emergency_access import remind_of_reviews

ROUND = timedelta(hours=1)

log = structlog.get_logger("throughcare.api")


async def keep_house(database: Database) -> None:
    """For as long as the application runs. Two processes that do it at once do no harm."""
    while True:
        try:
            now = datetime.now(UTC)
            await drop_what_is_old(database, now)
            await database.write(remind_of_reviews, now)
        except (SQLAlchemyError, DatabaseBusy) as error:
            log.warning("housekeeping.delayed", exc_info=error)
        await asyncio.sleep(ROUND.total_seconds())


async def drop_what_is_old(database: Database, now: datetime) -> None:
    await database.write(drop_old_replies, now)
    await database.write(drop_old_changes, now)
