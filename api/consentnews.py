"""Tells open cases that the consents of their client changed; each looks up for itself which are on file."""

from datetime import UTC, datetime

import structlog

from throughcare.store.clients import open_cases_of
from throughcare.store.consents import mark_told, untold_consents
from throughcare.store.database import Database
from throughcare.usecases.desk import Desk, TemporalAway

log = structlog.get_logger("throughcare.api")


async def tell_cases(database: Database, desk: Desk, client_id: str) -> None:
    """Whatever is said of this client's cases from now on, they know their consents. While Temporal is away they are not
    told; the outbox goes on trying."""
    try:
        await _tell(database, desk, client_id)
    except TemporalAway as error:
        log.warning("consent_change.delayed", exc_info=error)


async def tell_untold(database: Database, desk: Desk) -> None:
    """Of every change that no case has been told of yet. Raises TemporalAway; what is told by then stays told."""
    async with database.sessions() as session:
        untold = await untold_consents(session)
    for client_id in dict.fromkeys(each.client_id for each in untold):
        await _tell(database, desk, client_id)


async def _tell(database: Database, desk: Desk, client_id: str) -> None:
    async with database.sessions() as session:
        untold = await untold_consents(session, client_id)
        cases = await open_cases_of(session, client_id)
    for kind, case_id in cases:
        await desk.tell_consents_changed(kind, case_id)
    async with database.sessions.begin() as session:
        await mark_told(session, untold, datetime.now(UTC))
    log.info("consent_change.told", count=len(cases))
