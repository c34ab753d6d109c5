"""Tells open cases about clients what was said or changed elsewhere and concerns them.

It is a message like any other, from whoever made the change. Where a case does not take it from them, or none can be sent
now, the case's own duty stays open and goes on asking for it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog
from pydantic import JsonValue

from throughcare.case.seats import SeatKind
from throughcare.case.wire import Envelope
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.fit import rank
from throughcare.store.client_cases import cases_of, known_of
from throughcare.store.clients import likenesses, records_of_same_person
from throughcare.store.database import within
from throughcare.store.directory import SeatFacts
from throughcare.store.tables import CaseRow
from throughcare.store.workers import candidates, open_cases_with
from throughcare.usecases.asking import Asking
from throughcare.usecases.desk import GoneFromTemporal, RefusedByCase, TemporalAway
from throughcare.usecases.ids import new_id
from throughcare.usecases.services import Services

log = structlog.get_logger("throughcare.api")


async def tell_identity(services: Services, asking: Asking, client_id: str) -> None:
    """That it is known who this client is, once nothing about it is unsettled."""
    async with services.database.sessions() as session:
        if any(e.settled is None for e in await likenesses(session, client_id)):
            return
        others = [
            each
            for each in await within(session, records_of_same_person, client_id)
            if each != client_id
        ]
        earlier = [
            row.id for each in others for row in await within(session, cases_of, each)
        ]
        waiting = await open_cases_with(session, ClientAct.identity)
    facts: dict[str, JsonValue] = {
        "same_as": others[0] if others else None,
        "cases": list(earlier),
    }
    for row in waiting:
        if row.client_id == client_id:
            await _tell(services, asking, row, "identity_answered", facts)


async def tell_room(services: Services, asking: Asking, seat: SeatFacts) -> None:
    """That this worker has room, to every case that looks for one and whose wish they would meet (CS-V-2)."""
    kind = SeatKind(role=seat.role, program=seat.program)
    async with services.database.sessions() as session:
        waiting = await open_cases_with(session, ClientAct.revisit)
        found = await candidates(session, [kind], {}, (), datetime.now(UTC))
    worker = [each for each in found if each.seat == seat.id]
    for row in waiting:
        for ranked in rank(worker, known_of(row).preferences or (), ()):
            if row.program == seat.program and ranked.available and ranked.meets:
                await _tell(
                    services, asking, row, "capacity_freed", {"worker": seat.id}
                )


async def _tell(
    services: Services,
    asking: Asking,
    row: CaseRow,
    name: str,
    facts: Mapping[str, JsonValue],
) -> None:
    envelope = Envelope(
        message_id=new_id(),
        actor=asking.actor(None),
        received_at=datetime.now(UTC),
        facts=dict(facts),
    )
    try:
        await services.desk.send(row.kind, row.id, name, envelope)
    except (RefusedByCase, GoneFromTemporal, TemporalAway) as error:
        log.info("news.not_taken", case_id=row.id, kind=type(error).__name__)
