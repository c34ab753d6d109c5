"""Opening a conflict: what its sender says, judged by the policy in force and by who sits where."""

from datetime import UTC, datetime

from pydantic import ConfigDict, Field
from sqlalchemy import Connection, exists, select

from throughcare.case.base import Written
from throughcare.case.seats import SeatKind, Side
from throughcare.case.wire import OpenCase
from throughcare.errors import BadRequestValue
from throughcare.lifecycles.client.names import reference_keys
from throughcare.lifecycles.conflict.lifecycle import ConflictOpening
from throughcare.lifecycles.conflict.opening import (
    NamedSeat,
    Opening,
    choose,
    raised_by,
)
from throughcare.store.directory import SeatFacts, seat_facts
from throughcare.store.packs import packs_in_force
from throughcare.store.tables import CaseRow, CaseSeatRow, ConflictCaseRow
from throughcare.usecases.adopted_packs import NoPolicyInForce
from throughcare.usecases.asking import Asking
from throughcare.usecases.services import Services
from throughcare.usecases.storable import Storable

MOST_TIED = 5
"""Each case that is tied is told before the opening is answered. Those before the newest are tied to them."""


class ConflictBegun(Storable, Written):
    """A dispute between the people in two seats. The seat on the other side decides the ladder. The enrollee is called
    the youth at any age, and none is asked for (CR-N-1b)."""

    model_config = ConfigDict(str_strip_whitespace=True)

    coordinator_seat: str = Field(
        description="The care coordinator's seat, or the supervisor's where that one is the party"
    )
    counterpart_seat: str = Field(
        description="The other side's seat, or the supervisor's where that one is the party"
    )
    ladder: str | None = Field(
        default=None,
        description="Refused where it is not the one the seats lead to",
        examples=["A"],
    )
    supervisor_is_party: Side | None = Field(
        default=None,
        description="The side whose supervisor is the one concerned, where the ladder knows that",
    )
    youth: str = Field(
        min_length=1, max_length=200, description="Your own reference to the enrollee"
    )
    subject: str = Field(
        min_length=1, max_length=4000, description="What the two cannot agree on"
    )
    seat: str | None = Field(
        default=None,
        description="The seat you speak from, where you may act from both",
    )


async def conflict_opening(
    case_id: str,
    body: ConflictBegun,
    asking: Asking,
    services: Services,
    received_at: datetime,
) -> OpenCase[ConflictOpening]:
    """Raises NoPolicyInForce, BadRequestValue, CannotOpen and NotYoursToOpen."""
    return await services.database.read(_judge, case_id, body, asking, received_at)


def _judge(
    connection: Connection,
    case_id: str,
    body: ConflictBegun,
    asking: Asking,
    received_at: datetime,
) -> OpenCase[ConflictOpening]:
    agency, packs = packs_in_force(connection)
    in_force = next((each for each in packs if each.pack.conflict), None)
    if in_force is None:
        raise NoPolicyInForce
    policy = in_force.pack.conflict_policy
    now = datetime.now(UTC)
    coordinator = seat_facts(connection, body.coordinator_seat, now)
    counterpart = seat_facts(connection, body.counterpart_seat, now)
    chosen = choose(
        policy,
        named_seat(coordinator, "coordinator_seat"),
        named_seat(counterpart, "counterpart_seat"),
        ladder=body.ladder,
        party=body.supervisor_is_party,
    )
    raised = raised_by(policy, chosen, asking.actor(body.seat))
    about = ConflictOpening(
        policy=policy.model_copy(update={"ladders": (chosen.ladder,)}),
        raised_by=raised.side,
        chosen=chosen.chosen,
        supervisor_is_party=body.supervisor_is_party,
        youth=body.youth,
        subject=body.subject,
        same_dispute=_same_disputes(connection, case_id, body.youth, chosen),
    )
    return OpenCase[ConflictOpening](
        kind="conflict",
        case_id=case_id,
        agency=agency.id,
        calendar=agency.calendar,
        program=(coordinator.program if coordinator else None) or "",
        pack=in_force.ref,
        opened_by=asking.person_id,
        opened_from=raised.seat,
        opened_by_right=raised.capacity,
        received_at=received_at,
        about=about,
    )


def _same_disputes(
    connection: Connection, case_id: str, youth: str, chosen: Opening
) -> tuple[str, ...]:
    """The open cases about this youth between these two seats, the newest first (O-11)."""
    between = [
        exists().where(CaseSeatRow.case_id == CaseRow.id, CaseSeatRow.seat_id == seat)
        for seat in chosen.seats.values()
    ]
    query = (
        select(CaseRow.id, ConflictCaseRow.youth)
        .join(ConflictCaseRow, ConflictCaseRow.case_id == CaseRow.id)
        .where(CaseRow.closed_at.is_(None), CaseRow.id != case_id, *between)
        .order_by(CaseRow.opened_at.desc(), CaseRow.id.desc())
    )
    same = reference_keys([youth])
    found = connection.execute(query)
    others = [other for other, theirs in found if reference_keys([theirs]) == same]
    return tuple(others[:MOST_TIED])


def named_seat(seat: SeatFacts | None, field: str) -> NamedSeat:
    if seat is None:
        raise BadRequestValue(
            field, "The directory has no such seat; GET /seats lists them."
        )
    kind = SeatKind(role=seat.role, program=seat.program)
    return NamedSeat(id=seat.id, title=seat.title, kind=kind)
