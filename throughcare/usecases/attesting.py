"""Entering somebody else's word, and naming another seat for a part: what only the directory can judge."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import Field, JsonValue
from sqlalchemy import Connection, select

from throughcare.case.base import Written
from throughcare.case.seats import (
    Actor,
    Attestation,
    Capacity,
    HeldSeat,
    SeatKind,
)
from throughcare.case.wording import listed
from throughcare.errors import BadRequestValue
from throughcare.store.directory import names, seat_facts
from throughcare.store.tables import CaseRow, CaseSeatRow
from throughcare.time.deadline import Instant
from throughcare.usecases.asking import Asking
from throughcare.usecases.services import Services


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
    case_id: str,
    seat: str | None,
    attested: Attested,
    asking: Asking,
    services: Services,
) -> Actor:
    """Whoever sits there, speaking through another's entry (ruling 6). Raises BadRequestValue."""
    if seat is not None:
        raise BadRequestValue("seat", "Leave it out where `attested` names a seat.")
    now = datetime.now(UTC)
    if attested.said_at > now:
        raise BadRequestValue("attested.said_at", "It lies in the future.")
    said_by = await services.database.read(
        _judge_attested, case_id, attested, asking, now
    )
    attestation = Attestation(
        entered_by=asking.person_id,
        said_by=said_by,
        told_to=attested.told_to or asking.person_id,
        how=attested.how,
        said_at=attested.said_at,
    )
    held = HeldSeat(seat=attested.seat, capacity=Capacity.attested)
    return Actor(
        person=said_by, seats=(held,), chosen=attested.seat, attestation=attestation
    )


def _judge_attested(
    connection: Connection,
    case_id: str,
    attested: Attested,
    asking: Asking,
    now: datetime,
) -> str:
    """Who said it. Raises BadRequestValue."""
    said_by = _who_sits(connection, case_id, attested.seat, asking, now)
    told_to = attested.told_to or asking.person_id
    if told_to not in names(connection, {told_to}):
        raise BadRequestValue("attested.told_to", "GET /people lists those there are.")
    return said_by


def _who_sits(
    connection: Connection, case_id: str, seat: str, asking: Asking, now: datetime
) -> str:
    in_case = select(CaseSeatRow.seat_id).where(CaseSeatRow.case_id == case_id)
    parts = sorted({each for each in connection.scalars(in_case) if each})
    if seat not in parts:
        raise BadRequestValue(
            "attested.seat", f"It must be a seat of this case: {listed(parts)}."
        )
    facts = seat_facts(connection, seat, now)
    if facts is None or facts.person is None:
        raise BadRequestValue("attested.seat", "Nobody sits there now.")
    own = [seat_facts(connection, each, now) for each in asking.own_seats]
    if facts.organization in {each.organization for each in own if each}:
        raise BadRequestValue(
            "attested.seat",
            "A word is entered for another agency's people; those of your own send it themselves.",
        )
    return facts.person


async def check_assigned(
    row: CaseRow, name: str, facts: Mapping[str, JsonValue], services: Services
) -> None:
    """Of a message that gives a part in a conflict to another seat: the seat exists and is of a kind that can take it.
    Raises BadRequestValue."""
    if name != "assign_seat":
        return
    seat = await services.database.read(
        seat_facts, str(facts["assigned"]), datetime.now(UTC)
    )
    policy = (await services.adopted_packs.pack(row.pack_digest)).conflict_policy
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
