"""Notifies open cases about clients of what was said or changed elsewhere and concerns them.

That consents changed is an update without facts: each case looks up for itself which are on file. The rest is a message like
any other, from whoever made the change. Where a case does not take it from them, or none can be sent now, the case's own duty
stays open and goes on asking for it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import structlog
from pydantic import JsonValue
from sqlalchemy import Connection

from throughcare.case.seats import Actor, SeatKind
from throughcare.case.wire import Envelope
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.fit import rank
from throughcare.store.client_cases import cases_of, known_of
from throughcare.store.clients import may_be_seen, open_cases_of
from throughcare.store.database import Database
from throughcare.store.directory import SeatFacts
from throughcare.store.likenesses import likenesses, records_of_same_person
from throughcare.store.outbox import Untold, drop_told, untold
from throughcare.store.tables import CaseRow
from throughcare.store.workers import candidates, open_cases_with
from throughcare.usecases.asking import Asking
from throughcare.usecases.desk import (
    Desk,
    GoneFromTemporal,
    RefusedByCase,
    TemporalAway,
)
from throughcare.usecases.ids import new_id
from throughcare.usecases.intake_staff import Staff

log = structlog.get_logger("throughcare.api")


# -- consents -------------------------------------------------------------------------------------------------------


async def notify_of_consents(database: Database, desk: Desk, client_id: str) -> None:
    """The cases of this client, by any of their records. Raises TemporalAway; what is told by then stays told."""
    told, cases = await database.read(_untold_of, client_id)
    for kind, case_id in cases:
        await desk.tell_consents_changed(kind, case_id)
    await database.write(drop_told, told)
    log.info("consent_change.told", count=len(cases))


async def notify_at_once(database: Database, desk: Desk, client_id: str) -> None:
    """Whatever is said of this client's cases from now on, they know their consents. While Temporal is away they are not
    told; the outbox goes on trying."""
    try:
        await notify_of_consents(database, desk, client_id)
    except TemporalAway as error:
        log.warning("consent_change.delayed", exc_info=error)


def _untold_of(
    connection: Connection, client_id: str
) -> tuple[tuple[Untold, ...], tuple[tuple[str, str], ...]]:
    """With the kind and id of the cases it concerns."""
    records = records_of_same_person(connection, client_id)
    return untold(connection, records), open_cases_of(connection, client_id)


# -- who somebody is, and who has room ------------------------------------------------------------------------------


async def notify_of_identity(
    database: Database, desk: Desk, asking: Asking, client_id: str
) -> None:
    """That it is known who this client is, once nothing about it is unsettled that this person sees."""
    facts, waiting = await database.read(_identity_news, asking, client_id)
    for row in waiting:
        await _send(desk, asking.actor(None), row, "identity_answered", facts)


def _identity_news(
    connection: Connection, asking: Asking, client_id: str
) -> tuple[dict[str, JsonValue], Sequence[CaseRow]]:
    alike = likenesses(connection, client_id)
    unsettled = [each.client for each in alike if each.settled is None]
    seen = Staff.of(connection).clients_seen_by(asking)
    if may_be_seen(connection, seen, unsettled):
        return {}, ()
    records = records_of_same_person(connection, client_id)
    others = [each for each in records if each != client_id]
    earlier = [row.id for each in others for row in cases_of(connection, each)]
    waiting = open_cases_with(connection, ClientAct.identity)
    same_as = others[0] if others else None
    return {"same_as": same_as, "cases": list(earlier)}, [
        row for row in waiting if row.client_id == client_id
    ]


async def notify_of_room(
    database: Database, desk: Desk, actor: Actor, seat: SeatFacts
) -> None:
    """That this worker has room, to every case that looks for one and whose wish they would meet (CS-V-2)."""
    for row in await database.read(_looking_for, seat):
        await _send(desk, actor, row, "capacity_freed", {"worker": seat.id})


def _looking_for(connection: Connection, seat: SeatFacts) -> list[CaseRow]:
    kind = SeatKind(role=seat.role, program=seat.program)
    waiting = open_cases_with(connection, ClientAct.revisit)
    found = candidates(connection, [kind], {}, (), datetime.now(UTC))
    worker = [each for each in found if each.seat == seat.id]
    return [
        row
        for row in waiting
        for ranked in rank(worker, known_of(row).preferences or (), ())
        if row.program == seat.program and ranked.available and ranked.meets
    ]


async def _send(
    desk: Desk, actor: Actor, row: CaseRow, name: str, facts: Mapping[str, JsonValue]
) -> None:
    envelope = Envelope(
        message_id=new_id(),
        actor=actor,
        received_at=datetime.now(UTC),
        facts=dict(facts),
    )
    try:
        await desk.send(row.kind, row.id, name, envelope)
    except (RefusedByCase, GoneFromTemporal, TemporalAway) as error:
        log.info("news.not_taken", case_id=row.id, kind=type(error).__name__)
