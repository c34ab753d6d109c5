"""An answer that came through a signed link, on its way to its case: taken once, and given back where it is not heard."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import sha256

import structlog
from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import Parts
from api.followed import Shut
from throughcare.case.refusals import Refused
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
)
from throughcare.case.wire import Envelope
from throughcare.store.cases import find_message
from throughcare.store.database import within
from throughcare.store.links import give_back, use
from throughcare.store.tables import LinkRow, MessageRow
from throughcare.usecases.desk import RefusedByCase, TemporalAway

log = structlog.get_logger("throughcare.api")

ANOTHER_ANSWER = Shut(
    409,
    "Another answer was sent with this link",
    "It is being applied. Open the link again in a minute to see what became of it.",
)
TAKEN_LATER = "It cannot be taken just now. Please send it again in a minute."


async def hand_in(
    link: LinkRow,
    heard: MessageRow | None,
    name: str,
    facts: dict[str, JsonValue],
    send: Callable[[Envelope], Awaitable[bool]],
    parts: Parts,
) -> bool:
    """As `send`, which is given the answer as a message. `heard` is an earlier answer that was refused late. The link is taken
    before the case hears of it, so that two clicks never send two answers. Raises Shut, Refused and TemporalAway."""
    now = datetime.now(UTC)
    refused = heard.id if heard else None
    async with parts.database.sessions.begin() as session:
        message_id = await _message_id(session, link, name, facts)
        if not await use(session, link.id, message_id, now, refused=refused):
            raise ANOTHER_ANSWER
    held = HeldSeat(seat=link.seat_id, capacity=Capacity.link)
    envelope = Envelope(
        message_id=message_id,
        actor=Actor(person=link.person_id, seats=(held,), chosen=link.seat_id),
        received_at=now,
        facts=facts,
    )
    try:
        applied = await send(envelope)
    except (Refused, TemporalAway) as error:
        async with parts.database.sessions.begin() as session:
            await give_back(session, link.id, message_id)
        kind = error.kind if isinstance(error, RefusedByCase) else type(error).__name__
        _log("link.refused", link, name, kind=kind)
        raise
    _log("link.used", link, name)
    return applied


async def _message_id(
    session: AsyncSession, link: LinkRow, name: str, facts: dict[str, JsonValue]
) -> str:
    """The same answer sent twice is the same message, and heard once. One that was kept and then refused is a new one:
    a case never changes what it said of a message."""
    said = json.dumps([name, facts], sort_keys=True)
    words = f"{link.id}-{sha256(said.encode()).hexdigest()[:12]}"
    times = 1
    while True:
        message_id = f"{words}-{times}"
        heard = await within(session, find_message, link.case_id, message_id)
        if heard is None or heard.applied:
            return message_id
        times += 1


def _log(event: str, link: LinkRow, name: str, **more: str) -> None:
    log.info(event, link_id=link.id, case_id=link.case_id, message_name=name, **more)
