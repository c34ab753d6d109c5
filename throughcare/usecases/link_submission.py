"""An answer that came through a signed link, on its way to its case: taken once, and given back where it is not heard."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import structlog
from pydantic import JsonValue
from sqlalchemy import Connection

from throughcare.case.refusals import Refused
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
)
from throughcare.case.wire import Envelope
from throughcare.store.cases import find_message
from throughcare.store.links import give_back, use
from throughcare.store.tables import LinkRow
from throughcare.usecases.desk import NotConfirmed, RefusedByCase, TemporalAway
from throughcare.usecases.link_access import LinkAccess, LinkUnusable
from throughcare.usecases.messages import deliver
from throughcare.usecases.services import Services

log = structlog.get_logger("throughcare.api")

ANOTHER_ANSWER = LinkUnusable(
    409,
    "Another answer was sent with this link",
    "It is being applied. Open the link again in a minute to see what became of it.",
)


@dataclass(frozen=True)
class LinkAnswer:
    """What was answered by a link, which is taken for it."""

    access: LinkAccess
    name: str
    envelope: Envelope


def take_link(
    connection: Connection,
    access: LinkAccess,
    name: str,
    facts: dict[str, JsonValue],
    now: datetime,
) -> LinkAnswer:
    """Take the link, which is locked, before its case hears of the answer, so that two clicks never send two. Raises
    ANOTHER_ANSWER."""
    link, earlier = access.link, access.answered
    message_id = _message_id(connection, link, name, facts)
    refused = earlier.id if earlier else None
    if not use(connection, link.id, message_id, now, refused=refused):
        raise ANOTHER_ANSWER
    sent_before = link.used_at if link.message_id == message_id else None
    held = HeldSeat(seat=link.seat_id, capacity=Capacity.link)
    envelope = Envelope(
        message_id=message_id,
        actor=Actor(person=link.person_id, seats=(held,), chosen=link.seat_id),
        received_at=sent_before or now,
        facts=facts,
    )
    return LinkAnswer(access, name, envelope)


async def submit(
    take: Callable[[Connection], LinkAnswer], services: Services
) -> tuple[LinkAnswer, bool]:
    """What was answered, and whether it was applied or is kept for later. `take` reads the answer and ends with `take_link`.
    Raises what `take` raises, and as `deliver`."""
    answer = await services.database.write(take)
    case, link = answer.access.case, answer.access.link
    try:
        applied = await deliver(
            case.kind, case.id, answer.name, answer.envelope, services
        )
    except NotConfirmed:
        # It may have been heard: only the same answer may come by this link now, and counts once.
        _log("link.uncertain", answer)
        raise
    except (Refused, TemporalAway) as error:
        await services.database.write(give_back, link.id, answer.envelope.message_id)
        kind = error.kind if isinstance(error, RefusedByCase) else type(error).__name__
        _log("link.refused", answer, kind=kind)
        raise
    _log("link.used", answer)
    return answer, applied


def _message_id(
    connection: Connection, link: LinkRow, name: str, facts: dict[str, JsonValue]
) -> str:
    """The same answer sent twice is the same message, and heard once. One that was kept and then refused is a new one:
    a case never changes what it said of a message."""
    said = json.dumps([name, facts], sort_keys=True)
    words = f"{link.id}-{sha256(said.encode()).hexdigest()[:12]}"
    times = 1
    while True:
        message_id = f"{words}-{times}"
        heard = find_message(connection, link.case_id, message_id)
        if heard is None or heard.applied:
            return message_id
        times += 1


def _log(event: str, answer: LinkAnswer, **more: str) -> None:
    link = answer.access.link
    log.info(
        event,
        link_id=link.id,
        case_id=link.case_id,
        message_name=answer.name,
        **more,
    )
