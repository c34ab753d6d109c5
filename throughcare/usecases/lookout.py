"""Looks, again and again, for what keeps the service from its work while it seems to run, and tells a person: by mail, which needs
no database, and always in the log, in the metrics and under `/readyz`."""

import asyncio
import secrets
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path

import structlog
from sqlalchemy import Connection, exists, select, update
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.service import RPCError

from throughcare.case.notice import Delivery
from throughcare.notices.failures import NotSent
from throughcare.notices.mail import Letter, Mailer
from throughcare.store.database import Database, DatabaseBusy
from throughcare.store.tables import InstallationRow, NoticeRow
from throughcare.temporal.liveness import count_stuck

ROUND = timedelta(seconds=15)
PATIENCE = timedelta(seconds=5)

LEAST_FREE = 500_000_000
"""Bytes. With less, a disk is full before somebody has seen to it."""

IN_A_ROW = 5
"""Notices, one after the other, that did not arrive; or attempts of one."""

LATELY = timedelta(hours=1)

PARTS = ("database", "disk", "cases", "notices")
UNREADY = ("database", "disk")
"""With one of these nothing can be recorded; with another most of the work goes on."""

log = structlog.get_logger("throughcare.lookout")


class Lookout:
    """`found` says of each part that ails what it lacks, as of the last look."""

    def __init__(
        self,
        database: Database,
        client: Client,
        mailer: Mailer,
        operator: str | None,
        folder: Path,
        *,
        least_free: int = LEAST_FREE,
    ) -> None:
        self._database = database
        self._client = client
        self._mailer = mailer
        self._operator = parseaddr(operator)[1] if operator else None
        self._folder = folder
        self._least_free = least_free
        self._told: set[str] = set()
        self.found: Mapping[str, str] = {}

    async def run(self) -> None:
        """For as long as the application runs."""
        while True:
            try:
                await self.look()
            except Exception as error:
                # Whatever it was, the others who look would not be missed by anybody.
                log.error("lookout.failed", exc_info=error)
            await asyncio.sleep(ROUND.total_seconds())

    async def look(self) -> None:
        """Once; a person is told of each part once, until it is well again."""
        found = await self._of_database() | self._of_disk() | await self._of_cases()
        self.found = found
        self._told &= found.keys()
        new = found.keys() - self._told
        for part in sorted(new):
            log.error("lookout.trouble", part=part)
        if new and await self._tell({part: found[part] for part in sorted(new)}):
            self._told |= new

    async def _of_database(self) -> dict[str, str]:
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await self._database.write(_write)
        except (TimeoutError, SQLAlchemyError, DatabaseBusy) as error:
            log.error("database.not_written", exc_info=error)
            return {"database": "cannot be written"}
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                fail = await self._database.read(_notices_fail, datetime.now(UTC))
        except (TimeoutError, SQLAlchemyError, DatabaseBusy):
            return {"database": "cannot be read"}
        return {"notices": "fail one after the other"} if fail else {}

    def _of_disk(self) -> dict[str, str]:
        if not self._folder.exists():
            return {}
        free = shutil.disk_usage(self._folder).free
        if free >= self._least_free:
            return {}
        return {"disk": f"only {free // 1_000_000} MB are free where the state is kept"}

    async def _of_cases(self) -> dict[str, str]:
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                stuck = await count_stuck(self._client)
        except (TimeoutError, RPCError, RuntimeError):
            # That Temporal is away /readyz says by itself.
            return {}
        return {"cases": f"{stuck} cannot go on"} if stuck else {}

    async def _tell(self, new: Mapping[str, str]) -> bool:
        """False where nobody could be told, so that it is tried again."""
        if self._operator is None:
            return True
        lines = [f"{part}: {lack}" for part, lack in new.items()]
        letter = Letter(
            to=self._operator,
            subject=f"Throughcare needs you: {', '.join(new)}",
            body="\n".join(
                [*lines, "", "docs/running.md, Health, says what to do about each."]
            ),
            message_id=secrets.token_hex(16),
        )
        connection = self._mailer.connection()
        try:
            await connection.send(letter)
        except NotSent as error:
            log.error("lookout.untold", exc_info=error)
            return False
        finally:
            await connection.close()
        return True


def _write(connection: Connection) -> None:
    # As it was; but whatever keeps others from writing keeps this from it.
    same = update(InstallationRow).values(sealed_id=InstallationRow.sealed_id)
    connection.execute(same)


def _notices_fail(connection: Connection, now: datetime) -> bool:
    """Whether the last ones did not arrive, or one was tried in vain as often."""
    tried = exists().where(
        NoticeRow.done_at.is_(None),
        NoticeRow.delivery == Delivery.queued,
        NoticeRow.attempts >= IN_A_ROW,
    )
    if connection.scalar(select(tried)):
        return True
    ended = (
        select(NoticeRow.delivery)
        .where(
            NoticeRow.settled_at > now - LATELY,
            NoticeRow.delivery != Delivery.superseded,
        )
        .order_by(NoticeRow.settled_at.desc())
    )
    last = connection.scalars(ended.limit(IN_A_ROW)).all()
    return len(last) == IN_A_ROW and Delivery.delivered not in last
