"""Messages that concern more than one case, or the ladder it is on: merge, refile."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Response
from pydantic import Field
from sqlalchemy import Connection

from api.cases.messages import MESSAGE_ANSWERS, hand_in, seen
from api.cases.reading import read_page, shown_as
from api.deps import Asking, Parts, SignedIn, TheParts
from api.examples import REFILE
from api.once import AnsweredOnce
from throughcare.case.base import Written
from throughcare.case.seats import Side
from throughcare.case.wire import Envelope, OpenCase
from throughcare.errors import (
    BadRequestValue,
)
from throughcare.lifecycles.conflict.lifecycle import CONFLICT, ConflictOpening
from throughcare.lifecycles.conflict.opening import choose
from throughcare.store.cases import facts_of, find_case
from throughcare.store.directory import SeatFacts, seat_facts
from throughcare.store.idempotency import Reply
from throughcare.store.tables import CaseRow
from throughcare.usecases.open_conflict import named_seat
from throughcare.usecases.storable import Storable

router = APIRouter(tags=["messages"])

Reason = Annotated[str, Field(min_length=1, max_length=1000)]


class Merged(Storable, Written):
    """This case is about the same dispute as another one, which goes on with both."""

    into: str = Field(description="The case that goes on.")
    reason: Reason
    seat: str | None = None


class Refiled(Storable, Written):
    """The two seats the dispute is really between. They decide the ladder, as at an opening."""

    coordinator_seat: str
    counterpart_seat: str
    supervisor_is_party: Side | None = None
    reason: Reason
    seat: str | None = None


@router.post(
    "/conflicts/{case_id}/messages/merge",
    response_model=shown_as(CONFLICT),
    responses=MESSAGE_ANSWERS,
)
async def merge(
    case_id: str,
    body: Annotated[Merged, Body(examples=[CONFLICT.messages["merge"].example])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """End this case in another about the same dispute, opened twice. Both name each other from then on."""
    case = await seen("conflict", case_id, asking, parts)
    other = await _other(body.into, case, asking, parts)
    actor = asking.actor(body.seat)

    async def act(message_id: str) -> Reply:
        now = datetime.now(UTC)
        envelope = Envelope(
            message_id=message_id,
            actor=actor,
            received_at=now,
            facts={"into": other.id, "reason": body.reason},
        )
        return await hand_in("conflict", case_id, "merge", envelope, asking, parts)

    return await once.answer(body, act)


@router.post(
    "/conflicts/{case_id}/messages/refile",
    response_model=shown_as(CONFLICT),
    responses=MESSAGE_ANSWERS,
)
async def refile(
    case_id: str,
    body: Annotated[Refiled, Body(examples=[REFILE])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """File a case anew on the ladder it belongs on. This one ends; `links` names the new one, which begins at once."""
    case = await seen("conflict", case_id, asking, parts)
    actor = asking.actor(body.seat)

    async def act(message_id: str) -> Reply:
        # One id for both, so that the same message twice begins one new case.
        opening = await _anew(message_id, case, body, asking, parts)
        envelope = Envelope(
            message_id=message_id,
            actor=actor,
            received_at=opening.received_at,
            facts={
                "reason": body.reason,
                "case": opening.case_id,
                "ladder": opening.about.policy.ladders[0].id,
                "opening": opening.model_dump(mode="json"),
            },
        )
        return await hand_in("conflict", case_id, "refile", envelope, asking, parts)

    return await once.answer(body, act)


async def _other(other_id: str, case: CaseRow, asking: Asking, parts: Parts) -> CaseRow:
    """The case that is to go on: open, to be seen by the asker, and between the same two seats. Raises BadRequestValue."""
    other = await parts.database.read(
        find_case, asking.scope, other_id, kind="conflict"
    )
    if other is None or other.id == case.id:
        raise BadRequestValue("into", "There is no other such case you may see.")
    if other.closed_at:
        raise BadRequestValue("into", "That case is closed.")
    pages = [
        await read_page("conflict", each, asking, parts) for each in (case.id, other.id)
    ]
    pack = await parts.adopted_packs.pack(case.pack_digest)
    workers = pack.conflict_policy.ladder(facts_of(case).ladder).workers.values()
    between = [
        {seat.seat for seat in page.seats if seat.role in workers}
        for page in pages
        if page
    ]
    if facts_of(other).ladder != facts_of(case).ladder or between[0] != between[1]:
        raise BadRequestValue("into", "That case is between other seats.")
    return other


async def _anew(
    new_id: str, case: CaseRow, body: Refiled, asking: Asking, parts: Parts
) -> OpenCase[ConflictOpening]:
    agency, packs = await parts.adopted_packs.in_force()
    in_force = next((each for each in packs if each.ref.id == case.pack_id), None)
    if in_force is None:
        raise BadRequestValue("case", "The agency no longer uses the pack it is under.")
    policy, now = in_force.pack.conflict_policy, datetime.now(UTC)

    def seats(connection: Connection) -> tuple[SeatFacts | None, SeatFacts | None]:
        named = (body.coordinator_seat, body.counterpart_seat)
        first, second = (seat_facts(connection, each, now) for each in named)
        return first, second

    coordinator, counterpart = await parts.database.read(seats)
    chosen = choose(
        policy,
        named_seat(coordinator, "coordinator_seat"),
        named_seat(counterpart, "counterpart_seat"),
        party=body.supervisor_is_party,
    )
    facts = facts_of(case)
    if chosen.ladder.id == facts.ladder:
        raise BadRequestValue(
            "counterpart_seat",
            f"These seats are on ladder {facts.ladder}, where the case already is.",
        )
    side = facts.raised_by
    about = ConflictOpening(
        policy=policy.model_copy(update={"ladders": (chosen.ladder,)}),
        raised_by=side,
        chosen=chosen.chosen,
        supervisor_is_party=body.supervisor_is_party,
        youth=facts.youth,
        subject=facts.subject,
        refiled_from=case.id,
    )
    return OpenCase[ConflictOpening](
        kind="conflict",
        case_id=new_id,
        agency=agency.id,
        calendar=agency.calendar,
        program=(coordinator.program if coordinator else None) or "",
        pack=in_force.ref,
        opened_by=asking.person_id,
        opened_from=chosen.seats[side],
        received_at=now,
        about=about,
    )
