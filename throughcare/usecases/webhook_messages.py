"""Messages from another agency's own system, which speaks for whoever sits in the seats of that agency (ruling 6)."""

import json
from datetime import UTC, datetime
from hashlib import sha256

from pydantic import JsonValue
from sqlalchemy import Connection, select

from throughcare.case.seats import Actor, Capacity, HeldSeat
from throughcare.errors import NotForYou, NotThere, WebhookIdReused
from throughcare.lifecycles.conflict.lifecycle import CONFLICT
from throughcare.store.access import Scope, check_not_recused
from throughcare.store.cases import find_case
from throughcare.store.directory import seat_facts
from throughcare.store.idempotency import (
    KEPT,
    IdempotencyKeyReused,
    Reply,
    claim,
    keep,
)
from throughcare.store.tables import CaseRow, SeatRow
from throughcare.usecases.attesting import check_assigned
from throughcare.usecases.messages import deliver, make_envelope
from throughcare.usecases.services import Services


def addressed(
    connection: Connection,
    organization_id: str,
    case_id: str,
    seat: str,
    person: str | None,
) -> tuple[CaseRow, Actor]:
    """The case, and whoever sits in the seat now, who is `person` where one is named. Raises NotForYou, NotThere and IsRecused."""
    whose = connection.scalar(select(SeatRow.organization_id).where(SeatRow.id == seat))
    if whose is None or whose != organization_id:
        raise NotForYou("A system speaks for the seats of its own organization.")
    facts = seat_facts(connection, seat, datetime.now(UTC))
    case = find_case(connection, Scope(seats=(seat,)), case_id, kind=CONFLICT.kind)
    if case is None:
        raise NotThere("conflict")
    here = facts.person if facts else None
    if here is None or person not in (None, here):
        who = f"{here} does" if here else "nobody does"
        raise NotForYou(f"That person does not sit there now; {who}.")
    check_not_recused(connection, case_id, here)
    held = HeldSeat(seat=seat, capacity=Capacity.webhook)
    return case, Actor(person=here, seats=(held,), chosen=seat)


async def deliver_webhook(
    organization_id: str,
    webhook_id: str,
    row: CaseRow,
    name: str,
    facts: dict[str, JsonValue],
    actor: Actor,
    services: Services,
) -> tuple[str, bool]:
    """The id of the message, the same whenever the same webhook about the same case comes, and whether it was applied or is kept for later. Raises
    BadRequestValue, WebhookIdReused, and as `deliver`."""
    await check_assigned(row, name, facts, services)
    words = (organization_id, row.id, webhook_id)
    message_id = sha256("\0".join(words).encode()).hexdigest()[:32]
    said = json.dumps([row.id, name, actor.chosen, facts], sort_keys=True)
    whose = f"webhook {organization_id}"
    await services.database.write(_take_id, whose, message_id, said)
    envelope = await make_envelope(
        row, name, facts, actor, services, message_id, datetime.now(UTC)
    )
    return message_id, await deliver(row.kind, row.id, name, envelope, services)


def _take_id(connection: Connection, whose: str, message_id: str, said: str) -> None:
    """Nothing of an answer is kept, for the case answers the same message alike; only, as long as that of a message, what the
    id was for. Raises WebhookIdReused."""
    hashed = sha256(said.encode()).hexdigest()
    try:
        claim(
            connection,
            whose,
            message_id,
            request_hash=hashed,
            resource_id=message_id,
            at=datetime.now(UTC),
        )
    except IdempotencyKeyReused:
        raise WebhookIdReused from None
    keep(connection, whose, message_id, Reply(status=KEPT, body=""))
