"""Entering somebody else's word, and naming another seat for a part: what only the directory can judge."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import Field, JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import Asking, Parts
from api.errors import BadRequestValue
from throughcare.case.base import Written
from throughcare.case.seats import (
    Actor,
    Attestation,
    Capacity,
    HeldSeat,
    SeatKind,
)
from throughcare.store.database import within
from throughcare.store.directory import names, seat_facts
from throughcare.store.tables import CaseRow, CaseSeatRow
from throughcare.time.deadline import Instant


class Attested(Written):
    """Somebody without an account said it, and you enter it for them: it is marked so for ever, and they are told."""

    seat: str = Field(description="The seat whose word it is, as the case shows it.")
    how: str = Field(
        min_length=1,
        max_length=200,
        description="How they said it: by phone, by letter, in person.",
    )
    said_at: Instant = Field(description="When they said it, with its zone.")
    told_to: str | None = Field(
        default=None, description="Who heard it, where that was not you."
    )


async def attested_actor(
    case_id: str, seat: str | None, attested: Attested, asking: Asking, parts: Parts
) -> Actor:
    """Whoever sits there, speaking through another's entry (ruling 6). Raises BadRequestValue."""
    if seat is not None:
        raise BadRequestValue("seat", "Leave it out where `attested` names a seat.")
    now = datetime.now(UTC)
    if attested.said_at > now:
        raise BadRequestValue("attested.said_at", "It lies in the future.")
    told_to = attested.told_to or asking.person_id
    async with parts.database.sessions() as session:
        said_by = await _who_sits(session, case_id, attested.seat, asking, now)
        if told_to not in await within(session, names, {told_to}):
            raise BadRequestValue(
                "attested.told_to", "GET /people lists those there are."
            )
    attestation = Attestation(
        entered_by=asking.person_id,
        said_by=said_by,
        told_to=told_to,
        how=attested.how,
        said_at=attested.said_at,
    )
    held = HeldSeat(seat=attested.seat, capacity=Capacity.attested)
    return Actor(
        person=said_by, seats=(held,), chosen=attested.seat, attestation=attestation
    )


async def _who_sits(
    session: AsyncSession, case_id: str, seat: str, asking: Asking, now: datetime
) -> str:
    in_case = select(CaseSeatRow.seat_id).where(CaseSeatRow.case_id == case_id)
    parts = sorted({each for each in await session.scalars(in_case) if each})
    if seat not in parts:
        raise BadRequestValue(
            "attested.seat", f"It must be a seat of this case: {', '.join(parts)}."
        )
    facts = await within(session, seat_facts, seat, now)
    if facts is None or facts.person is None:
        raise BadRequestValue("attested.seat", "Nobody sits there now.")
    own = [await within(session, seat_facts, each, now) for each in asking.own_seats]
    if facts.organization in {each.organization for each in own if each}:
        raise BadRequestValue(
            "attested.seat",
            "A word is entered for another agency's people; those of your own send it themselves.",
        )
    return facts.person


async def check_assigned(
    row: CaseRow, name: str, facts: Mapping[str, JsonValue], parts: Parts
) -> None:
    """Of a message that gives a part in a conflict to another seat: the seat exists and is of a kind that can take it.
    Raises BadRequestValue."""
    if name != "assign_seat":
        return
    seat = await parts.database.read(
        seat_facts, str(facts["assigned"]), datetime.now(UTC)
    )
    policy = (await parts.adopted_packs.pack(row.pack_digest)).conflict_policy
    role = policy.roles.get(str(facts["role"]))
    if seat is None:
        raise BadRequestValue("assigned", "The directory has no such seat.")
    if role and not any(k.includes(seat.role, seat.program) for k in role.accepts):
        kinds = ", ".join(str(each) for each in role.accepts)
        kind = SeatKind(role=seat.role, program=seat.program)
        raise BadRequestValue(
            "assigned",
            f"{seat.title} ({kind}) cannot take the part of {role.title}. Seats that can: {kinds}.",
        )
